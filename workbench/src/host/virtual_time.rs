//! Nodes in virtual time: it jumps from one deadline to the next, and stands
//! still while a node thinks.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::{Ending, Host, Output};

/// A node that is told what time it is.
pub trait TimedNode {
    /// Gives it a line at this time; what it writes is handed to `say`.
    fn line(&mut self, now: Duration, line: &[u8], say: &mut dyn FnMut(Output));

    /// Lets it do what it waited to do until now.
    fn advance(&mut self, now: Duration, say: &mut dyn FnMut(Output));

    /// When it next has something to do by itself.
    fn deadline(&self) -> Option<Duration>;

    /// Ends it.
    fn stop(&mut self) -> Ending {
        Ending::Stopped
    }

    /// What it wrote to its log last.
    fn last_words(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// Nodes that share one virtual clock.
#[derive(Debug)]
pub struct VirtualTime<N> {
    nodes: Vec<N>,
    now: Duration,
    /// Every node's deadline, the next one first.
    deadlines: BTreeSet<(Duration, usize)>,
    /// The entry of each node among them.
    entered: Vec<Option<Duration>>,
    ready: VecDeque<(usize, Output)>,
}

impl<N: TimedNode> VirtualTime<N> {
    /// These nodes, at time 0.
    pub fn new(nodes: Vec<N>) -> Self {
        VirtualTime {
            entered: vec![None; nodes.len()],
            nodes,
            now: Duration::ZERO,
            deadlines: BTreeSet::new(),
            ready: VecDeque::new(),
        }
    }

    fn turn(&mut self, node: usize, line: Option<&[u8]>) {
        let ready = &mut self.ready;
        let mut say = |output| ready.push_back((node, output));
        match line {
            Some(line) => self.nodes[node].line(self.now, line, &mut say),
            None => self.nodes[node].advance(self.now, &mut say),
        }
        let deadline = self.nodes[node].deadline();
        let entered = std::mem::replace(&mut self.entered[node], deadline);
        if entered != deadline {
            if let Some(before) = entered {
                self.deadlines.remove(&(before, node));
            }
            self.deadlines
                .extend(deadline.map(|deadline| (deadline, node)));
        }
    }
}

impl<N: TimedNode> Host for VirtualTime<N> {
    fn deliver(&mut self, node: usize, line: &[u8]) {
        self.turn(node, Some(line));
    }

    fn wait(&mut self, until: Option<Duration>) -> (Duration, Vec<(usize, Output)>) {
        while self.ready.is_empty() {
            match (self.deadlines.first(), until) {
                (Some(&(at, node)), until) if until.is_none_or(|until| at <= until) => {
                    self.now = at.max(self.now);
                    self.turn(node, None);
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
        self.nodes.iter_mut().map(N::stop).collect()
    }

    fn last_words(&mut self, node: usize) -> Vec<String> {
        self.nodes[node].last_words()
    }
}
