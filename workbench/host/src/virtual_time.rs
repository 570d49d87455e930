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
use maelstrom_node::disk::{Command, Files};

use super::clock::Clock;
use super::disk::{self, Disk, Health};
use super::noise::{Noise, Tiredness};
use super::{Ending, Host, Output};

/// A node that is told what time it is, by its own clock.
pub trait TimedNode {
    /// Gives it a line at this time; what it writes is handed to `say`.
    fn line(&mut self, now: Duration, line: &[u8], say: &mut dyn FnMut(Output));

    /// Lets it do what it waited to do until now.
    fn advance(&mut self, now: Duration, say: &mut dyn FnMut(Output));

    /// What it asked its disk to sync is synced, or that failed.
    fn synced(&mut self, now: Duration, result: Result<(), String>, say: &mut dyn FnMut(Output));

    /// When it next has something to do by itself.
    fn deadline(&self) -> Option<Duration>;

    /// Takes what it wants done on its disk, since its last turn.
    fn disk_commands(&mut self) -> Vec<Command>;

    /// Why it cannot go on, if it cannot: its disk has failed.
    fn failure(&self) -> Option<String>;

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

/// Starts a node anew: its place, how often that was done before, what time it is, and what its
/// disk holds.
///
/// # Errors
/// When it cannot be started.
pub type Start<N> = Box<dyn FnMut(usize, u64, Duration, Files) -> io::Result<N>>;

/// Nodes that share one virtual clock.
pub struct VirtualTime<N> {
    nodes: Vec<Hosted<N>>,
    start: Start<N>,
    now: Duration,
    /// Every node's next wake-up, the next one first.
    wakes: BTreeSet<(Duration, usize)>,
    /// `None` on a perfect machine: whoever is woken has its turn at once.
    tiredness: Option<Tiredness>,
    ready: VecDeque<(usize, Output)>,
    /// What a node says in its turn.
    said: Vec<Output>,
    /// A node was given up, and so the run: the others have no more turns, which might
    /// take as long as the one that was given up for it.
    is_over: bool,
}

#[derive(Debug)]
struct Hosted<N> {
    /// None if it is dead.
    node: Option<N>,
    clock: Clock,
    disk: Disk,
    is_paused: bool,
    /// How often it was started anew.
    restarts: u64,
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
        }
    }

    /// When it, or its disk, next has something to do.
    fn next(&self) -> Option<Duration> {
        let node = self.node.as_ref()?;
        let deadline = node.deadline().map(|at| self.clock.moment(at));
        deadline.into_iter().chain(self.disk.due()).min()
    }

    /// Why it is woken too often, if it is.
    fn excess(&self, now: Duration) -> Option<String> {
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
            said: Vec::new(),
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

    /// The same with such disks; from `seed` follows how long they take and what they lose.
    #[must_use]
    pub fn with_disks(mut self, config: disk::Config, seed: u64) -> Self {
        let rng = Rng::new(seed);
        for hosted in &mut self.nodes {
            hosted.disk = Disk::new(config, rng.u64());
        }
        self
    }

    /// A node has its turn: what was due first, as in a binary, then what arrived.
    fn turn(&mut self, node: usize, lines: &[impl AsRef<[u8]>]) {
        if self.is_over {
            return;
        }
        let now = self.now;
        let Hosted {
            node: Some(living),
            clock,
            disk,
            ..
        } = &mut self.nodes[node]
        else {
            return;
        };
        let shown = clock.at(now);
        let synced = disk.done(now);
        let is_by_itself = lines.is_empty() && synced.is_none();
        let mut say = |output| self.said.push(output);
        if let Some(result) = synced {
            if result.is_ok() {
                self.ready.push_back((node, Output::Synced));
            }
            living.synced(shown, result, &mut say);
        }
        for line in lines {
            living.line(shown, line.as_ref(), &mut say);
        }
        if is_by_itself {
            living.advance(shown, &mut say);
        }
        let commands = living.disk_commands();
        let failure = living.failure();
        // What it wanted written comes before what it said meanwhile: a node that answers
        // first and writes then is broken in any case.
        let wrote = commands.iter().map(Output::of_disk);
        self.ready.extend(wrote.map(|output| (node, output)));
        disk.take(now, commands);
        for output in self.said.drain(..) {
            self.is_over |= matches!(output, Output::GivenUp(_));
            self.ready.push_back((node, output));
        }
        let hosted = &mut self.nodes[node];
        hosted.turn_at = None;
        hosted.lines += lines.len() as u64;
        hosted.wakes += u64::from(is_by_itself);
        if let Some(why) = failure {
            self.bury(node);
            self.ready.push_back((node, Output::Failed(why)));
        } else if let Some(why) = hosted.excess(now) {
            if let Some(node) = &mut hosted.node {
                node.give_up();
            }
            self.wake_at(node, None);
            self.is_over = true;
            self.ready.push_back((node, Output::GivenUp(why)));
        } else {
            let next = hosted.next();
            self.wake_at(node, next);
        }
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
    fn bury(&mut self, node: usize) {
        let hosted = &mut self.nodes[node];
        if let Some(mut living) = hosted.node.take() {
            living.stop();
            hosted.disk.crash();
        }
        hosted.inbox.clear();
        hosted.turn_at = None;
        hosted.is_paused = false;
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

    fn kill(&mut self, node: usize) {
        self.bury(node);
        self.ready.retain(|(said_by, _)| *said_by != node);
    }

    fn start(&mut self, node: usize) {
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
        self.nodes[node].is_paused = self.nodes[node].node.is_some();
        self.wake_at(node, None);
    }

    fn resume(&mut self, node: usize) {
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
        let now = self.now;
        let hosted = &mut self.nodes[node];
        hosted.clock.change(now, jump, fast);
        if !hosted.is_paused && hosted.turn_at.is_none() {
            let next = hosted.next();
            self.wake_at(node, next);
        }
    }

    fn set_disk(&mut self, node: usize, health: Health) {
        self.nodes[node].disk.be(health);
    }

    fn stop(&mut self) -> Vec<Ending> {
        let stop = |hosted: &mut Hosted<N>| match &mut hosted.node {
            Some(node) => node.stop(),
            None => Ending::Stopped,
        };
        self.nodes.iter_mut().map(stop).collect()
    }

    fn last_words(&mut self, node: usize) -> Vec<String> {
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
