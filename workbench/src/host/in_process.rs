//! Engines within this process, in virtual time: as fast as they can think,
//! and the same every time.

use std::collections::VecDeque;
use std::time::Duration;

use maelstrom_node::{Engine, Node, Rng, Server};

use super::{Ending, Host, Output};

/// Engines of one kind of server.
pub struct InProcess<S: Server> {
    nodes: Vec<Engine<S>>,
    now: Duration,
    ready: VecDeque<(usize, Output)>,
    buffer: Vec<u8>,
}

impl<S: Server> InProcess<S> {
    /// This many engines, each with a seed of its own drawn from `rng`.
    pub fn new<F>(nodes: usize, rng: &Rng, start: F) -> Self
    where
        F: Fn(Node) -> S + Clone + 'static,
    {
        InProcess {
            nodes: (0..nodes)
                .map(|_| Engine::new(rng.u64(), start.clone()))
                .collect(),
            now: Duration::ZERO,
            ready: VecDeque::new(),
            buffer: Vec::new(),
        }
    }

    fn collect(&mut self, node: usize) {
        let mut buffer = std::mem::take(&mut self.buffer);
        self.nodes[node].swap_output(&mut buffer);
        let lines = buffer
            .split(|&b| b == b'\n')
            .filter(|line| !line.is_empty());
        let lines = lines.map(|line| (node, Output::Line(line.to_vec())));
        self.ready.extend(lines);
        buffer.clear();
        self.buffer = buffer;
    }

    /// The node that wants to be woken first, and when.
    fn next(&self) -> Option<(Duration, usize)> {
        let deadlines = self.nodes.iter().enumerate();
        deadlines
            .filter_map(|(i, node)| Some((node.deadline()?, i)))
            .min()
    }
}

impl<S: Server> Host for InProcess<S> {
    fn deliver(&mut self, node: usize, line: &[u8]) {
        self.nodes[node].line(self.now, line);
        self.collect(node);
    }

    fn wait(&mut self, until: Option<Duration>) -> (Duration, Vec<(usize, Output)>) {
        while self.ready.is_empty() {
            match (self.next(), until) {
                (Some((at, node)), until) if until.is_none_or(|until| at <= until) => {
                    self.now = at.max(self.now);
                    self.nodes[node].advance(self.now);
                    self.collect(node);
                }
                (_, Some(until)) => {
                    self.now = until.max(self.now);
                    break;
                }
                (_, None) => break,
            }
        }
        (self.now, self.ready.drain(..).collect())
    }

    fn stop(&mut self) -> Vec<Ending> {
        self.nodes.iter().map(|_| Ending::Stopped).collect()
    }

    fn last_words(&mut self, _node: usize) -> Vec<String> {
        Vec::new()
    }
}
