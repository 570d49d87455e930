//! Engines within this process: as fast as they can think, and the same every
//! time.

use std::time::Duration;

use maelstrom_node::disk::{Command, Files};
use maelstrom_node::{Engine, Node, Rng, Server};

use super::{Happens, Output, TimedNode, VirtualTime};

/// An engine, and a buffer for what it writes.
pub struct InProcess<S: Server> {
    engine: Engine<S>,
    buffer: Vec<u8>,
    /// What is to be done on its disk.
    commands: Vec<Command>,
    /// Whether it was told a line.
    was_told: bool,
}

/// This many engines, each with a seed of its own drawn from `rng`. Each node's
/// server is made by `start`, whenever the node is started.
pub fn in_process<S, F>(nodes: usize, rng: &Rng, start: F) -> VirtualTime<InProcess<S>>
where
    S: Server,
    F: Fn(Node) -> S + Clone + 'static,
{
    let seeds: Vec<u64> = (0..nodes).map(|_| rng.u64()).collect();
    let first = seeds
        .iter()
        .map(|seed| InProcess::new(*seed, start.clone(), Files::new()));
    let first = first.collect();
    let again = move |node: usize, restarts, _now, files| {
        let seed = seed_of_restart(seeds[node], restarts);
        let mut node = InProcess::new(seed, start.clone(), files);
        node.engine.draw_ids();
        Ok(node)
    };
    VirtualTime::new(first, Box::new(again))
}

/// What a node that was started so often again draws its random numbers from, if it drew
/// them from this the first time.
pub fn seed_of_restart(first: u64, restarts: u64) -> u64 {
    Rng::new(first ^ restarts.wrapping_mul(0x9E37_79B9_7F4A_7C15)).u64()
}

impl<S: Server> InProcess<S> {
    /// One that draws its random numbers from this seed, and finds these files on its disk.
    pub fn new(seed: u64, start: impl FnOnce(Node) -> S + 'static, files: Files) -> Self {
        InProcess {
            engine: Engine::new(seed, start).with_disk(|_| Ok(files)),
            buffer: Vec::new(),
            commands: Vec::new(),
            was_told: false,
        }
    }

    fn collect(&mut self, say: &mut dyn FnMut(Output)) {
        self.engine.swap_output(&mut self.buffer);
        for line in self.buffer.split(|&b| b == b'\n') {
            if !line.is_empty() {
                say(Output::Line(line.to_vec()));
            }
        }
        self.buffer.clear();
        // As in a binary, which says what it wants written after each line: a sync that it
        // wants then is of what came before.
        self.commands.extend(self.engine.disk_commands());
    }
}

impl<S: Server> TimedNode for InProcess<S> {
    fn turn(&mut self, now: Duration, happens: Happens<'_>, say: &mut dyn FnMut(Output)) {
        // As in a binary: its clock begins with its first line.
        let is_line = matches!(happens, Happens::Line(_));
        let now = match is_line && !std::mem::replace(&mut self.was_told, true) {
            true => Duration::ZERO,
            false => now,
        };
        self.engine.advance(now);
        match happens {
            Happens::Line(line) => self.engine.line(now, line),
            Happens::Nothing => {}
            Happens::Synced(result) => self.engine.synced(now, result),
        }
        self.collect(say);
    }

    fn deadline(&self) -> Option<Duration> {
        self.engine.deadline()
    }

    fn disk_commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    fn logged(&mut self) -> Vec<String> {
        maelstrom_node::testing::heard()
    }

    fn failure(&self) -> Option<String> {
        self.engine.failure().map(str::to_owned)
    }

    fn state(&mut self) -> Option<String> {
        self.engine.state()
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
        let mut node = InProcess::new(0, start, Files::new());
        let mut said = Vec::new();
        let mut say = |output| match output {
            Output::Line(line) => said.push(String::from_utf8(line).expect("UTF-8")),
            output => panic!("{output:?}"),
        };
        let init = r#"{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}"#;
        let hello = r#"{"src":"c1","dest":"n1","body":{"type":"hello","msg_id":1}}"#;
        node.turn(Duration::ZERO, Happens::Line(init.as_bytes()), &mut say);
        node.turn(
            Duration::from_secs(1),
            Happens::Line(hello.as_bytes()),
            &mut say,
        );
        assert!(
            said[1].contains("awake") && said[2].contains("hello"),
            "{said:?}"
        );
    }
}
