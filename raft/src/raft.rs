//! A member: what it keeps, what it is told, what it gives back.
//!
//! - [`election`]: who is leader.
//! - [`follower`]: what those do that are not.
//! - [`leader`], [`peer`]: what the leader knows of each other member, sends and
//!   commits.
//! - [`reads`]: reads without an entry in the log.
//! - [`hand_over`]: another leader, on purpose.
//! - [`membership`]: other members, on purpose.
//! - [`doubt`]: what cannot be true.

mod doubt;
mod election;
mod follower;
mod hand_over;
mod leader;
mod membership;
mod peer;
mod reads;

use std::time::Duration;

use rng::Rng;
use serde::Serialize;

use crate::config::Config;
use crate::configuration::{Configuration, Configurations};
use crate::log::{Entry, Index, Log, Position, Term};
use crate::machine::StateMachine;
use crate::message::{Body, Match, Member, Message, MessageOf, Snapshot, Stamp};
use crate::output::{Event, Output};
use crate::round_trip::RoundTrip;
use crate::rules::{Kept, Rules};
pub use doubt::Doubt;
use election::Votes;
use leader::Leadership;

type BodyOf<M> = Body<<M as StateMachine>::Command, <M as StateMachine>::Snapshot>;

/// What a member must find again after a crash: what it was last told to save.
#[derive(Clone, Debug)]
pub struct Saved<C, S> {
    /// The last term it knew of.
    pub term: Term,
    /// For whom it voted in that term.
    pub vote: Option<Member>,
    /// The state, if entries before it are gone.
    pub snapshot: Option<Snapshot<S>>,
    /// The entries.
    pub log: Log<C>,
}

impl<C, S> Default for Saved<C, S> {
    fn default() -> Self {
        Saved {
            term: 0,
            vote: None,
            snapshot: None,
            log: Log::default(),
        }
    }
}

/// Only the leader can do this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotLeader {
    /// Whom this member last heard of as the leader, if of anyone; it may no longer be.
    pub leader: Option<Member>,
}

/// What a member is at the moment (paper, 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It follows a leader, or waits for one.
    Follower,
    /// It asks whether it would be elected.
    PreCandidate,
    /// It asks for votes.
    Candidate,
    /// It is the leader.
    Leader,
}

enum State {
    Follower,
    PreCandidate(Votes),
    Candidate(Votes),
    Leader(Leadership),
}

/// A member. Time is what it is told, by a clock of its own that never goes
/// back.
pub struct Raft<M: StateMachine> {
    pub(crate) config: Config,
    me: Member,
    /// Those of the log, and of what the snapshot stands for.
    configurations: Configurations,
    pub(crate) rules: Kept,
    rng: Rng,
    pub(crate) now: Duration,

    // Saved.
    pub(crate) term: Term,
    vote: Option<Member>,
    log: Log<M::Command>,
    snapshot: Option<Snapshot<M::Snapshot>>,

    machine: M,
    commit: Index,
    applied: Index,

    state: State,
    leader: Option<Member>,
    /// Until when it votes for no one, since it has heard of a leader.
    pub(crate) promised_until: Duration,
    /// When it wants to be leader, unless it is.
    election_at: Duration,
    /// Elections without a result, one after the other.
    failed_elections: u32,
    round_trip: RoundTrip,
    last_stamp: Stamp,
    last_read: u64,
    output: Output<M>,
}

impl<M: StateMachine> Raft<M> {
    /// A member at the time `now`. `count` is how many the cluster begins with, members 0 to
    /// `count - 1`; it is the same for all members of a cluster, also those that [join
    /// later](Raft::change), and so is the configuration. `machine` is as it was before the first
    /// command. `seed` is another number for each member: by it, no two wait for the same time
    /// before they stand for election.
    pub fn new(
        config: Config,
        me: Member,
        count: usize,
        machine: M,
        seed: u64,
        now: Duration,
    ) -> Self {
        Raft::restart(config, me, count, machine, seed, now, Saved::default())
    }

    /// The same, with what it had saved before it crashed.
    pub fn restart(
        config: Config,
        me: Member,
        count: usize,
        mut machine: M,
        seed: u64,
        now: Duration,
        saved: Saved<M::Command, M::Snapshot>,
    ) -> Self {
        let config = Config {
            batch: config.batch.max(1),
            pipeline: config.pipeline.max(1),
            ..config
        };
        let start = saved.snapshot.as_ref().map_or(0, |snapshot| {
            machine.restore(&snapshot.state);
            snapshot.last.index
        });
        let rules: Kept = Default::default();
        let promised_until = rules.bound_at_restart(now, saved.term, &config);
        let first = Configuration::first(count);
        let configurations = Configurations::found(first, saved.snapshot.as_ref(), &saved.log);
        let mut raft = Raft {
            config,
            me,
            configurations,
            rules,
            rng: Rng::new(seed),
            now,
            term: saved.term,
            vote: saved.vote,
            log: saved.log,
            snapshot: saved.snapshot,
            machine,
            commit: start,
            applied: start,
            state: State::Follower,
            leader: None,
            promised_until,
            election_at: Duration::ZERO,
            failed_elections: 0,
            round_trip: RoundTrip::default(),
            last_stamp: Duration::ZERO,
            last_read: 0,
            output: Output::default(),
        };
        raft.await_election();
        raft
    }

    /// A message came from another member.
    ///
    /// # Errors
    /// If what it says cannot be true, such as a term near the end of its range: it counts as
    /// lost.
    pub fn receive(
        &mut self,
        now: Duration,
        from: Member,
        message: MessageOf<M>,
    ) -> Result<(), Doubt> {
        self.pass(now);
        if from == self.me || !self.rules.listens(from, self.configuration()) {
            return Ok(());
        }
        self.doubt(&message)?;
        self.hear(from, message);
        Ok(())
    }

    fn hear(&mut self, from: Member, message: MessageOf<M>) {
        let Message { term, body } = message;
        match body {
            // No one's term changes for a question.
            Body::PreVote { last } => return self.pre_vote(from, term, last),
            Body::PreVoted { granted } => return self.pre_voted(from, term, granted),
            // (thesis, 4.2.3)
            Body::RequestVote { hand_over, .. }
                if term > self.term && !hand_over && self.has_promised() =>
            {
                return;
            }
            _ => {}
        }
        if term > self.term {
            self.follow(term, None);
        }
        if !self.rules.is_current(term, self.term) {
            return self.outdated(from, body);
        }
        match body {
            Body::RequestVote { last, .. } => self.request_vote(from, last),
            Body::Voted { granted } => self.voted(from, granted),
            Body::Append {
                previous,
                entries,
                commit,
                sent,
            } => {
                self.heard_of_leader(from);
                let result = self.append(previous, entries, commit);
                self.send(from, Body::Appended { result, sent });
            }
            Body::Install { snapshot, sent } => {
                self.heard_of_leader(from);
                let result = Match::UpTo(self.install(snapshot));
                self.send(from, Body::Appended { result, sent });
            }
            Body::Appended { result, sent } => self.appended(from, result, sent),
            Body::TakeOver => self.take_over(from),
            Body::PreVote { .. } | Body::PreVoted { .. } => {}
        }
    }

    /// Tells the sender of a message that its term is over, if it should know.
    fn outdated(&mut self, from: Member, body: BodyOf<M>) {
        match body {
            Body::Append { sent, .. } | Body::Install { sent, .. } => {
                let result = Match::Outdated;
                self.send(from, Body::Appended { result, sent });
            }
            Body::RequestVote { .. } => self.send(from, Body::Voted { granted: false }),
            _ => {}
        }
    }

    /// Time has passed. To be called when it is [`Raft::deadline`] at the latest.
    pub fn tick(&mut self, now: Duration) {
        self.pass(now);
        match &self.state {
            State::Leader(_) => self.lead(),
            _ if now >= self.election_at => self.campaign(),
            _ => {}
        }
    }

    /// When there is something to do.
    pub fn deadline(&self) -> Duration {
        match &self.state {
            State::Leader(leadership) => self.leader_deadline(leadership),
            _ => self.election_at,
        }
    }

    /// What is to be done now. It must be asked for after everything that this was told;
    /// what was told before it was asked goes out together.
    pub fn output(&mut self) -> Output<M> {
        self.flush();
        std::mem::take(&mut self.output)
    }

    /// The leader, as far as is known.
    pub fn leader(&self) -> Option<Member> {
        self.leader
    }

    /// What it is at the moment.
    pub fn role(&self) -> Role {
        match self.state {
            State::Follower => Role::Follower,
            State::PreCandidate(_) => Role::PreCandidate,
            State::Candidate(_) => Role::Candidate,
            State::Leader(_) => Role::Leader,
        }
    }

    /// The last term it knows of.
    pub fn term(&self) -> Term {
        self.term
    }

    /// For whom it voted in this term.
    pub fn vote(&self) -> Option<Member> {
        self.vote
    }

    /// Its log.
    pub fn log(&self) -> &Log<M::Command> {
        &self.log
    }

    /// The state that stands for entries that are gone.
    pub fn snapshot(&self) -> Option<&Snapshot<M::Snapshot>> {
        self.snapshot.as_ref()
    }

    /// The last entry that is known to be committed; all of them were applied.
    pub fn commit(&self) -> Index {
        self.commit
    }

    /// The state, up to [`Raft::commit`].
    pub fn machine(&self) -> &M {
        &self.machine
    }

    fn pass(&mut self, now: Duration) {
        self.now = now.max(self.now);
    }

    fn send(&mut self, to: Member, body: BodyOf<M>) {
        let term = self.term;
        self.output.messages.push((to, Message { term, body }));
    }

    fn set_term(&mut self, term: Term, vote: Option<Member>) {
        if (self.term, self.vote) != (term, vote) {
            (self.term, self.vote) = (term, vote);
            self.output.unsaved.vote = true;
        }
    }

    fn set_leader(&mut self, leader: Option<Member>) {
        if self.leader != leader {
            self.leader = leader;
            self.output.events.push(Event::Leader(leader));
        }
    }

    fn push(&mut self, entry: Entry<M::Command>) {
        let index = self.log.last().index + 1;
        if let Some(configuration) = &entry.configuration {
            self.configurations.push(index, configuration.clone());
        }
        self.log.push(entry);
        self.log_changed(index);
    }

    fn log_changed(&mut self, from: Index) {
        self.output.unsaved.log_from(from);
    }

    /// Everything up to this entry is committed: carries it out.
    fn committed(&mut self, index: Index) {
        if index <= self.commit {
            return;
        }
        self.commit = index;
        while self.applied < self.commit {
            let index = self.applied + 1;
            let Some(entry) = self.log.get(index) else {
                break;
            };
            let position = Position {
                term: entry.term,
                index,
            };
            if entry.configuration.is_some() {
                self.output.events.push(Event::Changed { position });
            }
            if let Some(command) = &entry.command {
                let response = self.machine.apply(command);
                let applied = Event::Applied { position, response };
                self.output.events.push(applied);
            }
            self.applied = index;
        }
        self.compact();
    }

    /// Replaces old entries by a snapshot when there are many (paper, 7).
    fn compact(&mut self) {
        let kept = self.applied - self.log.base().index;
        if kept < self.config.compact_after.max(self.config.keep + 1) {
            return;
        }
        let Some(term) = self.log.term(self.applied) else {
            return;
        };
        self.snapshot = Some(Snapshot {
            last: Position {
                term,
                index: self.applied,
            },
            state: self.machine.snapshot(),
            configuration: self.configuration_of_snapshot(self.applied),
        });
        self.output.unsaved.snapshot = true;
        self.configurations.compact(self.applied);
        self.log.compact(self.applied - self.config.keep);
    }
}
