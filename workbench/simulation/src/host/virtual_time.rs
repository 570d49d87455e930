//! Nodes in virtual time: it jumps from one deadline to the next, and stands
//! still while a node thinks. On a tired machine ([`Noise`]) a node's turn comes
//! later than what it is for.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::noise::{Noise, Tiredness};
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

    /// Ends it before the others.
    fn give_up(&mut self) {}

    /// What it wrote to its log last.
    fn last_words(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// How often a node may ask to be woken, for each second that has passed and one more,
const WAKES_PER_SECOND: f64 = 10_000.0;
/// and for each message that it was given. One that asks more often would never let the
/// time pass, or hardly.
const WAKES_PER_LINE: f64 = 10.0;

/// Nodes that share one virtual clock.
#[derive(Debug)]
pub struct VirtualTime<N> {
    nodes: Vec<Hosted<N>>,
    now: Duration,
    /// Every node's next wake-up, the next one first.
    wakes: BTreeSet<(Duration, usize)>,
    /// `None` on a perfect machine: whoever is woken has its turn at once.
    tiredness: Option<Tiredness>,
    ready: VecDeque<(usize, Output)>,
    /// A node was given up, and so the run: the others have no more turns, which might
    /// take as long as the one that was given up for it.
    is_over: bool,
}

#[derive(Debug)]
struct Hosted<N> {
    node: N,
    /// Its entry among the wake-ups: its turn, or else its deadline.
    wakes_at: Option<Duration>,
    /// The turn it was woken for and has not had yet.
    turn_at: Option<Duration>,
    /// What it will find then.
    inbox: Vec<Vec<u8>>,
    /// How often it was woken because it had asked for it.
    wakes: u64,
    /// How many lines it was given.
    lines: u64,
}

impl<N: TimedNode> VirtualTime<N> {
    /// These nodes, at time 0, on a perfect machine.
    pub fn new(nodes: Vec<N>) -> Self {
        let hosted = |node| Hosted {
            node,
            wakes_at: None,
            turn_at: None,
            inbox: Vec::new(),
            wakes: 0,
            lines: 0,
        };
        VirtualTime {
            nodes: nodes.into_iter().map(hosted).collect(),
            now: Duration::ZERO,
            wakes: BTreeSet::new(),
            tiredness: None,
            ready: VecDeque::new(),
            is_over: false,
        }
    }

    /// The same on a machine that is as tired as this; `seed` says when.
    #[must_use]
    pub fn with_noise(mut self, noise: Noise, seed: u64) -> Self {
        let count = self.nodes.len();
        self.tiredness = (noise != Noise::NONE).then(|| Tiredness::new(noise, count, seed));
        self
    }

    /// A node has its turn: what was due first, as in a binary, then what arrived.
    fn turn(&mut self, node: usize, lines: &[impl AsRef<[u8]>]) {
        if self.is_over {
            return;
        }
        let (ready, is_over) = (&mut self.ready, &mut self.is_over);
        let mut say = |output| {
            *is_over |= matches!(output, Output::GivenUp(_));
            ready.push_back((node, output));
        };
        let hosted = &mut self.nodes[node];
        hosted.turn_at = None;
        hosted.lines += lines.len() as u64;
        hosted.wakes += u64::from(lines.is_empty());
        let allowed = WAKES_PER_SECOND * (1.0 + self.now.as_secs_f64())
            + WAKES_PER_LINE * hosted.lines as f64;
        if hosted.wakes as f64 > allowed {
            hosted.node.give_up();
            let (wakes, now) = (hosted.wakes, self.now.as_secs_f64());
            say(Output::GivenUp(format!(
                "it asked to be woken {wakes} times in {now:.3} s: does it sleep for no time in a \
                 loop?"
            )));
            return self.wake_at(node, None);
        }
        for line in lines {
            hosted.node.line(self.now, line.as_ref(), &mut say);
        }
        if lines.is_empty() {
            hosted.node.advance(self.now, &mut say);
        }
        let deadline = hosted.node.deadline();
        self.wake_at(node, deadline);
    }

    fn wake_at(&mut self, node: usize, at: Option<Duration>) {
        let before = std::mem::replace(&mut self.nodes[node].wakes_at, at);
        if before != at {
            if let Some(before) = before {
                self.wakes.remove(&(before, node));
            }
            self.wakes.extend(at.map(|at| (at, node)));
        }
    }

    /// Something happened that a node wants to act on: it has its turn, or will.
    fn wake(&mut self, node: usize) {
        let due = match &self.tiredness {
            None => self.now,
            Some(tiredness) => {
                let now = self.now;
                let drawn = || tiredness.turn(node, now);
                let at = *self.nodes[node].turn_at.get_or_insert_with(drawn);
                self.wake_at(node, Some(at));
                at
            }
        };
        if due <= self.now {
            let lines = std::mem::take(&mut self.nodes[node].inbox);
            self.turn(node, &lines);
        }
    }

    /// A node begins to stand still.
    fn stall(&mut self) {
        let Some(stall) = self.tiredness.as_mut().and_then(Tiredness::stall) else {
            return;
        };
        let node = stall.node;
        if let Some(at) = self.nodes[node].turn_at
            && at < stall.until
        {
            self.nodes[node].turn_at = Some(stall.until);
            self.wake_at(node, Some(stall.until));
        }
        self.ready.push_back((node, Output::Still(stall.until)));
    }
}

impl<N: TimedNode> Host for VirtualTime<N> {
    fn deliver(&mut self, node: usize, line: &[u8]) {
        if self.tiredness.is_none() {
            return self.turn(node, &[line]);
        }
        self.nodes[node].inbox.push(line.to_vec());
        self.wake(node);
    }

    fn wait(&mut self, until: Option<Duration>) -> (Duration, Vec<(usize, Output)>) {
        while self.ready.is_empty() && !self.is_over {
            let wake = self.wakes.first().copied();
            let next = match (wake.map(|(at, _)| at), until) {
                (Some(at), Some(until)) => at.min(until),
                (None, None) => break,
                (at, until) => at.or(until).unwrap_or_default(),
            };
            // A node that stands still at a moment does nothing more at that moment.
            let stall = self.tiredness.as_ref().and_then(Tiredness::next_stall);
            if let Some(at) = stall.filter(|at| *at <= next) {
                self.now = at.max(self.now);
                self.stall();
                continue;
            }
            self.now = next.max(self.now);
            match wake {
                Some((at, node)) if until.is_none_or(|until| at <= until) => self.wake(node),
                _ => break,
            }
        }
        (self.now, self.ready.drain(..).collect())
    }

    fn stop(&mut self) -> Vec<Ending> {
        let nodes = self.nodes.iter_mut();
        nodes.map(|hosted| hosted.node.stop()).collect()
    }

    fn last_words(&mut self, node: usize) -> Vec<String> {
        self.nodes[node].node.last_words()
    }
}
