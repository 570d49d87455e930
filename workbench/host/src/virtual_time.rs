//! Nodes in virtual time: it jumps from one deadline to the next, and stands
//! still while a node thinks. On a tired machine ([`Noise`]) a node's turn comes
//! later than what it is for.
//!
//! Each node has a clock of its own and a disk. When it is killed, its disk is what is
//! left of it ([`disk`](super::disk)): whoever is started in its place finds that.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::io;
use std::time::Duration;

use maelstrom_node::Rng;
use maelstrom_node::disk::Files;

use super::clock::Clock;
use super::disk::{self, Disk, Health};
use super::foresight::Foresight;
use super::noise::{Noise, Tiredness};
use super::turns::Turns;
use super::{Ending, Host, Output, TimedNode};

/// How often a node may ask to be woken, for each second that has passed and one more,
const WAKES_PER_SECOND: f64 = 10_000.0;
/// and for each message that it was given. One that asks more often would never let the
/// time pass, or hardly.
const WAKES_PER_LINE: f64 = 10.0;

/// Starts a node anew: its place, how often that was done before, what time it is, and what its
/// disk holds.
///
/// # Errors
/// When it cannot be started.
pub type Start<N> = Box<dyn FnMut(usize, u64, Duration, Files) -> io::Result<N>>;

/// Nodes that share one virtual clock.
pub struct VirtualTime<N> {
    pub(super) nodes: Vec<Hosted<N>>,
    start: Start<N>,
    pub(super) now: Duration,
    /// Every node's next wake-up, the next one first.
    wakes: BTreeSet<(Duration, usize)>,
    /// `None` on a perfect machine: whoever is woken has its turn at once.
    pub(super) tiredness: Option<Tiredness>,
    pub(super) ready: VecDeque<(usize, Output)>,
    /// How many of them only tell of a node: they do not end a wait, or a run would differ by whether
    /// somebody listens.
    pub(super) aside: usize,
    pub(super) turns: Turns,
    /// A node was given up, and so the run: the others have no more turns, which might
    /// take as long as the one that was given up for it.
    pub(super) is_over: bool,
    /// Whether nodes are asked for their states.
    pub(super) shows_states: bool,
}

#[derive(Debug)]
pub(super) struct Hosted<N> {
    /// None if it is dead.
    pub(super) node: Option<N>,
    pub(super) clock: Clock,
    pub(super) disk: Disk,
    pub(super) is_paused: bool,
    /// How often it was started anew.
    restarts: u64,
    /// Its entry among the wake-ups: its turn, or else its deadline.
    wakes_at: Option<Duration>,
    /// The turn it was woken for and has not had yet.
    pub(super) turn_at: Option<Duration>,
    /// What it will find then.
    inbox: Vec<Vec<u8>>,
    /// How often it was woken because it had asked for it.
    pub(super) wakes: u64,
    /// How many lines it was given.
    pub(super) lines: u64,
    /// How many turns it has begun and not ended.
    pub(super) begun: usize,
    pub(super) foresight: Foresight,
    /// What it last showed of its state.
    pub(super) shown: Option<String>,
}

impl<N: TimedNode> Hosted<N> {
    fn new(node: N) -> Self {
        Hosted {
            node: Some(node),
            clock: Clock::started(Duration::ZERO),
            disk: Disk::new(disk::Config::default(), 0),
            is_paused: false,
            restarts: 0,
            wakes_at: None,
            turn_at: None,
            inbox: Vec::new(),
            wakes: 0,
            lines: 0,
            begun: 0,
            foresight: Foresight::default(),
            shown: None,
        }
    }

    /// When it, or its disk, next has something to do.
    pub(super) fn next(&self) -> Option<Duration> {
        let node = self.node.as_ref()?;
        let deadline = node.deadline().map(|at| self.clock.moment(at));
        deadline.into_iter().chain(self.disk.due()).min()
    }

    /// Why it is woken too often, if it is.
    pub(super) fn excess(&self, now: Duration) -> Option<String> {
        let (wakes, now) = (self.wakes, now.as_secs_f64());
        let allowed = WAKES_PER_SECOND * (1.0 + now) + WAKES_PER_LINE * self.lines as f64;
        (wakes as f64 > allowed).then(|| {
            format!(
                "it asked to be woken {wakes} times in {now:.3} s: does it sleep for no time in a \
                 loop?"
            )
        })
    }
}

impl<N: TimedNode> VirtualTime<N> {
    /// These nodes, at time 0, on a perfect machine; `start` makes others in the place of
    /// those that were killed.
    pub fn new(nodes: Vec<N>, start: Start<N>) -> Self {
        VirtualTime {
            nodes: nodes.into_iter().map(Hosted::new).collect(),
            start,
            now: Duration::ZERO,
            wakes: BTreeSet::new(),
            tiredness: None,
            ready: VecDeque::new(),
            aside: 0,
            turns: Turns::new(false),
            is_over: false,
            shows_states: false,
        }
    }

    /// The same on a machine that is as tired as this; `seed` says when.
    #[must_use]
    pub fn with_noise(mut self, noise: Noise, seed: u64) -> Self {
        let count = self.nodes.len();
        self.tiredness = (noise != Noise::NONE).then(|| Tiredness::new(noise, count, seed));
        self
    }

    /// The same, where nodes that take their turns elsewhere are at work side by side: with the
    /// same outcome, only sooner.
    #[must_use]
    pub fn side_by_side(mut self) -> Self {
        self.turns = Turns::new(true);
        self
    }

    /// The same, where nodes are asked what they [show](Output::Shows) of their states, if
    /// `wanted`. Nothing else is other than without.
    #[must_use]
    pub fn with_states(mut self, wanted: bool) -> Self {
        self.shows_states = wanted;
        self
    }

    /// The same with such disks; from `seed` follows how long they take and what they lose.
    #[must_use]
    pub fn with_disks(mut self, config: disk::Config, seed: u64) -> Self {
        let rng = Rng::new(seed);
        for hosted in &mut self.nodes {
            hosted.disk = Disk::new(config, rng.u64());
        }
        self
    }

    pub(super) fn wake_at(&mut self, node: usize, at: Option<Duration>) {
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
        if self.nodes[node].is_paused {
            return self.wake_at(node, None);
        }
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
            if !self.nodes[node].is_paused {
                self.wake_at(node, Some(stall.until));
            }
        }
        self.ready.push_back((node, Output::Still(stall.until)));
    }

    /// It is gone, with all that it has not taken in.
    pub(super) fn bury(&mut self, node: usize) {
        let hosted = &mut self.nodes[node];
        if let Some(mut living) = hosted.node.take() {
            living.stop();
            hosted.disk.crash();
        }
        hosted.inbox.clear();
        hosted.foresight = Foresight::default();
        hosted.turn_at = None;
        hosted.is_paused = false;
        hosted.shown = None;
        self.wake_at(node, None);
    }
}

impl<N: TimedNode> Host for VirtualTime<N> {
    fn deliver(&mut self, node: usize, line: &[u8]) {
        let hosted = &mut self.nodes[node];
        if hosted.node.is_none() {
            return;
        }
        if self.tiredness.is_none() && !hosted.is_paused {
            return self.turn(node, &[line]);
        }
        hosted.inbox.push(line.to_vec());
        if !hosted.is_paused {
            self.wake(node);
        }
    }

    fn foresee(&mut self, node: usize, at: Duration, line: &[u8]) {
        if self.turns.are_side_by_side() {
            self.foresee_line(node, at, line);
        }
    }

    fn wait(&mut self, until: Option<Duration>) -> (Duration, Vec<(usize, Output)>) {
        self.end_turns();
        while self.ready.len() == self.aside && !self.is_over {
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
                Some((at, node)) if until.is_none_or(|until| at <= until) => {
                    self.wake(node);
                    self.end_turns();
                }
                _ => break,
            }
        }
        self.aside = 0;
        (self.now, self.ready.drain(..).collect())
    }

    fn kill(&mut self, node: usize) {
        self.end_turns();
        self.bury(node);
        // What it told of itself, it did.
        (self.ready).retain(|(said_by, output)| *said_by != node || output.is_aside());
    }

    fn start(&mut self, node: usize) {
        self.end_turns();
        let hosted = &mut self.nodes[node];
        if hosted.node.is_some() {
            return;
        }
        hosted.restarts += 1;
        match (self.start)(node, hosted.restarts, self.now, hosted.disk.files()) {
            Ok(living) => {
                hosted.node = Some(living);
                hosted.clock = Clock::started(self.now);
                (hosted.wakes, hosted.lines) = (0, 0);
            }
            Err(e) => {
                let why = format!("it cannot be started again: {e}");
                self.ready.push_back((node, Output::GivenUp(why)));
            }
        }
    }

    fn pause(&mut self, node: usize) {
        self.end_turns();
        self.nodes[node].is_paused = self.nodes[node].node.is_some();
        self.wake_at(node, None);
    }

    fn resume(&mut self, node: usize) {
        self.end_turns();
        let hosted = &mut self.nodes[node];
        if std::mem::take(&mut hosted.is_paused) {
            hosted.turn_at = None;
            let next = hosted.next();
            match next.is_some_and(|at| at <= self.now) || !hosted.inbox.is_empty() {
                true => self.wake(node),
                false => self.wake_at(node, next),
            }
        }
    }

    fn set_clock(&mut self, node: usize, jump: Duration, fast: i32) {
        self.end_turns();
        let now = self.now;
        let hosted = &mut self.nodes[node];
        hosted.clock.change(now, jump, fast);
        if !hosted.is_paused && hosted.turn_at.is_none() {
            let next = hosted.next();
            self.wake_at(node, next);
        }
    }

    fn set_disk(&mut self, node: usize, health: Health) {
        self.end_turns();
        self.nodes[node].disk.be(health);
    }

    fn stop(&mut self) -> Vec<Ending> {
        self.end_turns();
        let stop = |hosted: &mut Hosted<N>| match &mut hosted.node {
            Some(node) => {
                if hosted.foresight.is_ahead()
                    && let Some(elsewhere) = node.elsewhere()
                {
                    elsewhere.abandon();
                }
                node.stop()
            }
            None => Ending::Stopped,
        };
        self.nodes.iter_mut().map(stop).collect()
    }

    fn last_words(&mut self, node: usize) -> Vec<String> {
        self.end_turns();
        let node = self.nodes[node].node.as_mut();
        node.map_or_else(Vec::new, N::last_words)
    }
}

impl<N: fmt::Debug> fmt::Debug for VirtualTime<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualTime")
            .field("nodes", &self.nodes)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
