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
