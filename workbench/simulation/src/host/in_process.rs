//! Engines within this process: as fast as they can think, and the same every
//! time.

use std::time::Duration;

use maelstrom_node::{Engine, Node, Rng, Server};

use super::{Output, TimedNode, VirtualTime};

/// An engine, and a buffer for what it writes.
pub struct InProcess<S: Server> {
    engine: Engine<S>,
    buffer: Vec<u8>,
}

/// This many engines, each with a seed of its own drawn from `rng`. Each node's
/// server is made by `start`.
pub fn in_process<S, F>(nodes: usize, rng: &Rng, start: F) -> VirtualTime<InProcess<S>>
where
    S: Server,
    F: Fn(Node) -> S + Clone + 'static,
{
    let node = |_| InProcess {
        engine: Engine::new(rng.u64(), start.clone()),
        buffer: Vec::new(),
    };
    VirtualTime::new((0..nodes).map(node).collect())
}

impl<S: Server> InProcess<S> {
    fn collect(&mut self, say: &mut dyn FnMut(Output)) {
        self.engine.swap_output(&mut self.buffer);
        for line in self.buffer.split(|&b| b == b'\n') {
            if !line.is_empty() {
                say(Output::Line(line.to_vec()));
            }
        }
        self.buffer.clear();
    }
}

impl<S: Server> TimedNode for InProcess<S> {
    fn line(&mut self, now: Duration, line: &[u8], say: &mut dyn FnMut(Output)) {
        // What was due by now comes first, as in a binary.
        self.engine.advance(now);
        self.engine.line(now, line);
        self.collect(say);
    }

    fn advance(&mut self, now: Duration, say: &mut dyn FnMut(Output)) {
        self.engine.advance(now);
        self.collect(say);
    }

    fn deadline(&self) -> Option<Duration> {
        self.engine.deadline()
    }
}

#[cfg(test)]
mod tests {
    use maelstrom_node::{NodeId, Result};
    use serde_json::{Value, json};

    use super::*;

    /// Wakes up after a second, and repeats what it is told.
    struct Waking;

    impl Server for Waking {
        type Request = Value;
        type Response = Value;

        async fn handle(&self, request: Value, _from: &NodeId) -> Result<Value> {
            Ok(request)
        }
    }

    #[test]
    fn what_is_due_comes_before_a_message_of_the_same_moment() {
        let start = |node: Node| {
            let waking = node.clone();
            drop(node.spawn(async move {
                waking.sleep(Duration::from_secs(1)).await;
                waking.send("c1", &json!({"type": "awake"})).expect("sent");
            }));
            Waking
        };
        let mut node = InProcess {
            engine: Engine::new(0, start),
            buffer: Vec::new(),
        };
        let mut said = Vec::new();
        let mut say = |output| match output {
            Output::Line(line) => said.push(String::from_utf8(line).expect("UTF-8")),
            output => panic!("{output:?}"),
        };
        let init = r#"{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}"#;
        let hello = r#"{"src":"c1","dest":"n1","body":{"type":"hello","msg_id":1}}"#;
        node.line(Duration::ZERO, init.as_bytes(), &mut say);
        node.line(Duration::from_secs(1), hello.as_bytes(), &mut say);
        assert!(
            said[1].contains("awake") && said[2].contains("hello"),
            "{said:?}"
        );
    }
}
