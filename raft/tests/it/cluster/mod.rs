//! Members on a network of their own, with clocks that drift, disks that
//! survive crashes, and an eye on what must always hold.
//!
//! Why not on the workbench's: of a member only answers to clients can be seen
//! there, where here every log, vote and disk is looked at
//! after every step. That is the difference between a rule that is kept and one whose breach has
//! not been noticed yet: of sixteen ways to break one ([`raft::mutation`]), 120 runs each of
//! lin-kv's workload under partitions, losses and tired machines convict seven; the schedules here
//! convict all, and bad disks of ten kinds ([`disk::Bad`]).

mod digest;
pub(crate) mod disk;
pub(crate) mod invariants;
mod moment;

use std::collections::BTreeMap;
use std::time::Duration;

use raft::mutation::Mutation;
use raft::{Change, ChangeError, Config, Member, MessageOf, Output, Position, Raft, Role};
use rng::Rng;

pub(crate) use digest::Digest;
use disk::{Bad, Disk};
use invariants::Invariants;
pub(crate) use moment::Moment;

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) type Message = MessageOf<Digest>;

/// What can go wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faults {
    /// The mean time that a message takes; single ones take up to six times as
    /// long.
    pub(crate) latency: Duration,
    /// The probability that a message is lost, and that it comes twice.
    pub(crate) loss: f64,
    pub(crate) twice: f64,
    /// The probability that one is very late.
    pub(crate) late: f64,
    /// Clocks are this part too fast or too slow at most.
    pub(crate) drift: f64,
}

impl Faults {
    pub(crate) const NONE: Faults = Faults {
        latency: ms(1),
        loss: 0.0,
        twice: 0.0,
        late: 0.0,
        drift: 0.0,
    };
}

pub(crate) struct Node {
    /// `None` while it is down.
    pub(crate) raft: Option<Raft<Digest>>,
    disk: Disk,
    /// How fast its clock is.
    rate: f64,
    /// When its clock began, with it.
    started: Duration,
    /// How far its clock has jumped ahead since.
    jumped: Duration,
    /// When it did so for the last time.
    jumped_at: Duration,
    /// It does nothing until then, and does not know it.
    paused_until: Duration,
    /// When it is to be woken next.
    wake_at: Option<Duration>,
}

enum Happening {
    Deliver(Member, Member, Message),
    Wake(Member),
    Restart(Member),
}

pub(crate) struct Cluster {
    pub(crate) config: Config,
    /// How many members it began with. There may be more who could join.
    pub(crate) founders: usize,
    pub(crate) now: Duration,
    pub(crate) nodes: Vec<Node>,
    pub(crate) faults: Faults,
    /// From whom to whom nothing gets through.
    pub(crate) cut: Vec<(Member, Member)>,
    /// From whom to whom messages take three times as long.
    pub(crate) slow: Vec<(Member, Member)>,
    /// The last thing that happened, if it matters, until someone has looked.
    pub(crate) moment: Option<Moment>,
    pub(crate) rng: Rng,
    happenings: BTreeMap<(Duration, u64), Happening>,
    scheduled: u64,
    pub(crate) invariants: Invariants,
    /// Messages that were sent.
    pub(crate) sent: u64,
    next_command: u64,
    /// What every member does wrong.
    broken: Option<Broken>,
}

/// What a member does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It breaks a rule.
    Rule(Mutation),
    /// It does not remember as it should.
    Memory(Bad),
}

impl Cluster {
    pub(crate) fn new(config: Config, count: usize, faults: Faults, seed: u64) -> Self {
        Cluster::broken(config, count, faults, seed, None)
    }

    /// One all of whose members do something wrong.
    pub(crate) fn broken(
        config: Config,
        count: usize,
        faults: Faults,
        seed: u64,
        broken: Option<Broken>,
    ) -> Self {
        Cluster::with_spares(config, (count, 0), faults, seed, broken)
    }

    /// One with so many members, and so many more who could join.
    pub(crate) fn with_spares(
        config: Config,
        (founders, spares): (usize, usize),
        faults: Faults,
        seed: u64,
        broken: Option<Broken>,
    ) -> Self {
        let rng = Rng::new(seed);
        let count = founders + spares;
        let mut cluster = Cluster {
            config,
            founders,
            now: Duration::ZERO,
            nodes: Vec::new(),
            faults,
            cut: Vec::new(),
            slow: Vec::new(),
            moment: None,
            happenings: BTreeMap::new(),
            scheduled: 0,
            invariants: Invariants::new(founders, count),
            sent: 0,
            next_command: 0,
            broken,
            rng,
        };
        for _ in 0..count {
            let rate = 1.0 + faults.drift * (2.0 * cluster.rng.f64() - 1.0);
            cluster.nodes.push(Node {
                raft: None,
                disk: Disk::default(),
                rate,
                started: Duration::ZERO,
                jumped: Duration::ZERO,
                jumped_at: Duration::ZERO,
                paused_until: Duration::ZERO,
                wake_at: None,
            });
        }
        for member in cluster.members() {
            cluster.start(member);
        }
        cluster
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = Member> + use<> {
        (0..self.nodes.len()).map(Member)
    }

    pub(crate) fn raft(&self, member: Member) -> Option<&Raft<Digest>> {
        self.nodes[member.0].raft.as_ref()
    }

    /// Whether it can do anything now.
    pub(crate) fn is_up(&self, member: Member) -> bool {
        let node = &self.nodes[member.0];
        node.raft.is_some() && node.paused_until <= self.now
    }

    /// Its own time.
    fn clock(&self, member: Member) -> Duration {
        let node = &self.nodes[member.0];
        (self.now - node.started).mul_f64(node.rate) + node.jumped
    }

    /// The network's time when it is this by a member's own.
    fn moment(&self, member: Member, clock: Duration) -> Duration {
        let node = &self.nodes[member.0];
        node.started + clock.saturating_sub(node.jumped).div_f64(node.rate)
    }

    /// From now on its clock is so fast.
    pub(crate) fn set_rate(&mut self, member: Member, rate: f64) {
        let clock = self.clock(member);
        let node = &mut self.nodes[member.0];
        (node.started, node.jumped, node.rate) = (self.now, clock, rate);
        node.wake_at = None;
        self.tell(member, |_, _| ());
    }

    /// Its clock jumps ahead, if that is not too much within so short a time.
    pub(crate) fn jump(&mut self, member: Member, far: Duration) {
        let now = self.now;
        let node = &mut self.nodes[member.0];
        if now >= node.jumped_at + self.config.election_min * 2 {
            node.jumped_at = now;
            node.jumped += far.min(self.config.jump);
            self.tell(member, |_, _| ());
        }
    }

    fn at(&mut self, time: Duration, happening: Happening) {
        self.scheduled += 1;
        self.happenings
            .insert((time.max(self.now), self.scheduled), happening);
    }

    /// What is wrong with the members' memory.
    fn bad(&self) -> Option<Bad> {
        match self.broken {
            Some(Broken::Memory(bad)) => Some(bad),
            _ => None,
        }
    }

    fn start(&mut self, member: Member) {
        let bad = self.bad();
        let node = &mut self.nodes[member.0];
        (node.started, node.jumped) = (self.now, Duration::ZERO);
        let saved = node.disk.found(self.now, member, bad);
        let clock = self.clock(member);
        let (seed, count) = (self.rng.u64(), self.founders);
        let machine = Digest::default();
        let mut raft = Raft::restart(self.config, member, count, machine, seed, clock, saved);
        if let Some(Broken::Rule(rule)) = self.broken {
            raft.break_rule(rule);
        }
        self.nodes[member.0].raft = Some(raft);
        self.then(member);
    }

    /// It stops now, and comes back after a while with what it had saved.
    pub(crate) fn crash(&mut self, member: Member, down: Duration) {
        // It comes back when the first crash says so.
        if self.nodes[member.0].raft.is_none() {
            return;
        }
        self.nodes[member.0].raft = None;
        self.invariants.crashed(member);
        self.at(self.now + down, Happening::Restart(member));
    }

    /// It stands still for a while, and does not know it.
    pub(crate) fn pause(&mut self, member: Member, time: Duration) {
        self.nodes[member.0].paused_until = self.now + time;
    }

    /// Cuts more links.
    pub(crate) fn cut(&mut self, is_cut: impl Fn((Member, Member)) -> bool) {
        let members: Vec<Member> = self.members().collect();
        for &from in &members {
            let pairs = members.iter().map(|&to| (from, to));
            self.cut.extend(pairs.filter(|&pair| is_cut(pair)));
        }
    }

    /// Asks for a new command where the leader is, in another's name.
    pub(crate) fn propose(&mut self, member: Member, near: Option<Member>) -> bool {
        self.next_command += 1;
        let command = self.next_command;
        self.tell(member, |raft, _| raft.propose(command, near).is_ok())
            .unwrap_or(false)
    }

    /// Asks for a read.
    pub(crate) fn read(&mut self, member: Member) -> bool {
        let floor = self.invariants.committed();
        let asked = self.tell_first(member, |raft, clock| {
            raft.tick(clock);
            raft.read().ok()
        });
        let Some(Some(id)) = asked else {
            return false;
        };
        self.invariants.asked(member, id, floor);
        self.then(member);
        true
    }

    /// Asks for other members.
    pub(crate) fn change(
        &mut self,
        member: Member,
        change: Change,
    ) -> Option<Result<Position, ChangeError>> {
        self.tell(member, |raft, _| raft.change(change))
    }

    pub(crate) fn hand_over(&mut self, member: Member, to: Member) {
        self.tell(member, |raft, _| {
            let _ = raft.hand_over(to);
        });
    }

    pub(crate) fn campaign(&mut self, member: Member) {
        self.tell(member, |raft, _| raft.campaign());
    }

    pub(crate) fn leader(&self) -> Option<Member> {
        let leads = |&member: &Member| {
            self.raft(member)
                .is_some_and(|raft| raft.role() == Role::Leader)
        };
        let term = |&member: &Member| self.raft(member).map(Raft::term);
        self.members().filter(leads).max_by_key(term)
    }

    /// All that think so.
    pub(crate) fn leaders(&self) -> Vec<Member> {
        let leads = |raft: &Raft<Digest>| raft.role() == Role::Leader;
        let members = self.members();
        members
            .filter(|&member| self.raft(member).is_some_and(leads))
            .collect()
    }

    fn tell_first<T>(
        &mut self,
        member: Member,
        what: impl FnOnce(&mut Raft<Digest>, Duration) -> T,
    ) -> Option<T> {
        let clock = self.clock(member);
        if !self.is_up(member) {
            return None;
        }
        let raft = self.nodes[member.0].raft.as_mut()?;
        Some(what(raft, clock))
    }

    fn tell<T>(
        &mut self,
        member: Member,
        what: impl FnOnce(&mut Raft<Digest>, Duration) -> T,
    ) -> Option<T> {
        let told = self.tell_first(member, |raft, clock| {
            raft.tick(clock);
            what(raft, clock)
        });
        if told.is_some() {
            self.then(member);
        }
        told
    }

    /// Does what a member wants done.
    fn then(&mut self, member: Member) {
        let bad = self.bad();
        let node = &mut self.nodes[member.0];
        let Some(raft) = &mut node.raft else {
            return;
        };
        let Output {
            unsaved,
            messages,
            events,
        } = raft.output();
        node.disk.save(self.now, raft, unsaved, bad);
        let deadline = raft.deadline();
        self.invariants
            .look(member, &self.nodes, &messages, &events);
        self.moment = Moment::of(member, &messages, &events).or(self.moment);
        for (to, message) in messages {
            self.sent += 1;
            self.dispatch(member, to, message);
        }
        let wake = self.moment(member, deadline) + Duration::from_nanos(10);
        self.wake(member, wake);
    }

    fn wake(&mut self, member: Member, at: Duration) {
        let node = &mut self.nodes[member.0];
        let at = at.max(node.paused_until).max(self.now);
        if node.wake_at.is_some_and(|before| before <= at) {
            return;
        }
        node.wake_at = Some(at);
        self.at(at, Happening::Wake(member));
    }

    fn dispatch(&mut self, from: Member, to: Member, message: Message) {
        let copies = match () {
            () if self.rng.chance(self.faults.loss) => 0,
            () if self.rng.chance(self.faults.twice) => 2,
            () => 1,
        };
        for _ in 0..copies {
            let factor = self.rng.exponential().min(6.0);
            let mut takes = self.faults.latency.mul_f64(factor);
            if self.slow.contains(&(from, to)) {
                takes *= 3;
            }
            if self.rng.chance(self.faults.late) {
                takes += ms(self.rng.below(2000));
            }
            let deliver = Happening::Deliver(from, to, message.clone());
            self.at(self.now + takes, deliver);
        }
    }

    /// Lets this much time pass.
    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.step(end) {}
        self.now = end;
    }

    /// The next thing that happens, unless that is after `end`.
    pub(crate) fn step(&mut self, end: Duration) -> bool {
        match self.happenings.first_key_value() {
            Some((&(time, _), _)) if time <= end => {}
            _ => return false,
        }
        let ((time, _), happening) = self.happenings.pop_first().expect("it was looked at");
        self.now = time;
        match happening {
            Happening::Deliver(from, to, message) => {
                let until = self.nodes[to.0].paused_until;
                if until > self.now {
                    self.at(until, Happening::Deliver(from, to, message));
                } else if !self.cut.contains(&(from, to)) {
                    let mut received = Ok(());
                    let receive = |raft: &mut Raft<Digest>, clock| {
                        received = raft.receive(clock, from, message);
                    };
                    if self.tell_first(to, receive).is_some() {
                        self.invariants.believed(to, received);
                        self.then(to);
                    }
                }
            }
            // It has been set for another time since.
            Happening::Wake(member) if self.nodes[member.0].wake_at != Some(time) => {}
            Happening::Wake(member) => {
                self.nodes[member.0].wake_at = None;
                match self.nodes[member.0].paused_until {
                    until if until > self.now => self.wake(member, until),
                    _ => drop(self.tell(member, |_, _| ())),
                }
            }
            Happening::Restart(member) => {
                if self.nodes[member.0].raft.is_none() {
                    self.nodes[member.0].wake_at = None;
                    self.start(member);
                }
            }
        }
        true
    }
}
