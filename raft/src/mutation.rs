//! The rules of [`crate::rules`], each broken on purpose, so that tests see what it is good for.
//! Only with the feature `mutations`, which this crate's own tests turn on.

use std::time::Duration;

use crate::config::Config;
use crate::log::{Entry, Index, Log, Position, Term};
use crate::machine::StateMachine;
use crate::message::Member;
use crate::raft::Raft;
use crate::rules::Rules;

/// A rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Votes for whoever asks, as often as asked.
    VotesTwice,
    /// Votes for candidates that lack entries.
    VotesForAnyLog,
    /// Wins with half of the votes.
    HalfIsEnough,
    /// Commits an entry of an older term because it is on a majority.
    CommitsOldTerms,
    /// Takes entries without looking at what comes before them.
    AppendsAnywhere,
    /// Leaves entries of a former leader in place.
    KeepsConflicts,
    /// Cuts its log off behind whatever a leader sends, be it old.
    TruncatesAlways,
    /// Commits what the leader has committed, be it that it has something else there.
    CommitsUnchecked,
    /// Acknowledges its whole log, whatever the leader knows of it.
    AcknowledgesAll,
    /// Takes a snapshot that is older than its state.
    RestoresBackwards,
    /// Answers reads without making sure that it is still the leader.
    ReadsUnconfirmed,
    /// Answers reads before it has committed an entry of its term.
    NoNoop,
    /// Answers reads without what followers may have committed themselves.
    ReadsBelowFollowers,
    /// Votes while it should trust in the leader, and the leader in its lease.
    VotesDuringLease,
    /// Keeps its lease when it tells another one to take over.
    KeepsLease,
    /// Takes a message of an old leader for one of its own.
    ObeysOldLeaders,
    /// Counts on a lease as if no clock drifted.
    IgnoresDrift,
    /// Counts on a lease as if no clock jumped.
    IgnoresJumps,
    /// Votes when it has come back, whatever it promised before.
    ForgetsPromise,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Mutation; 19] = [
        Mutation::VotesTwice,
        Mutation::VotesForAnyLog,
        Mutation::HalfIsEnough,
        Mutation::CommitsOldTerms,
        Mutation::AppendsAnywhere,
        Mutation::KeepsConflicts,
        Mutation::TruncatesAlways,
        Mutation::CommitsUnchecked,
        Mutation::AcknowledgesAll,
        Mutation::RestoresBackwards,
        Mutation::ReadsUnconfirmed,
        Mutation::NoNoop,
        Mutation::ReadsBelowFollowers,
        Mutation::VotesDuringLease,
        Mutation::KeepsLease,
        Mutation::ObeysOldLeaders,
        Mutation::IgnoresDrift,
        Mutation::IgnoresJumps,
        Mutation::ForgetsPromise,
    ];
}

impl<M: StateMachine> Raft<M> {
    /// From now on, this member breaks a rule. To be called before it is told anything.
    pub fn break_rule(&mut self, rule: Mutation) {
        self.rules.broken = Some(rule);
        self.promised_until = self
            .rules
            .bound_at_restart(self.now, self.term, &self.config);
    }
}

/// All rules, but for one that may be broken.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    broken: Option<Mutation>,
}

impl Kept {
    fn breaks(&self, rule: Mutation) -> bool {
        self.broken == Some(rule)
    }
}

/// The rules as they are.
struct Right;

impl Rules for Right {}

impl Rules for Kept {
    fn majority(&self, members: usize) -> usize {
        match self.breaks(Mutation::HalfIsEnough) {
            true => members.div_ceil(2),
            false => Right.majority(members),
        }
    }

    fn is_current(&self, message: Term, own: Term) -> bool {
        Right.is_current(message, own) || self.breaks(Mutation::ObeysOldLeaders)
    }

    fn has_vote_for(&self, candidate: Member, voted: Option<Member>) -> bool {
        Right.has_vote_for(candidate, voted) || self.breaks(Mutation::VotesTwice)
    }

    fn is_up_to_date(&self, candidate: Position, own: Position) -> bool {
        Right.is_up_to_date(candidate, own) || self.breaks(Mutation::VotesForAnyLog)
    }

    fn is_bound(&self, now: Duration, until: Option<Duration>) -> bool {
        Right.is_bound(now, until) && !self.breaks(Mutation::VotesDuringLease)
    }

    fn commits(&self, entry: Option<Term>, own: Term) -> bool {
        Right.commits(entry, own) || self.breaks(Mutation::CommitsOldTerms)
    }

    fn follows_on<C>(&self, log: &Log<C>, previous: Position) -> bool {
        let is_here = previous.index <= log.last().index;
        Right.follows_on(log, previous) || is_here && self.breaks(Mutation::AppendsAnywhere)
    }

    fn gives_way<C>(
        &self,
        log: &Log<C>,
        previous: Index,
        entries: &[Entry<C>],
        commit: Index,
    ) -> Option<Index> {
        let behind = previous + entries.len() as Index + 1;
        match Right.gives_way(log, previous, entries, commit) {
            _ if self.breaks(Mutation::KeepsConflicts) => None,
            // As far as it notices nothing itself.
            None if self.breaks(Mutation::TruncatesAlways) && behind > commit => Some(behind),
            index => index,
        }
    }

    fn acknowledges(&self, sent: Index, last: Index) -> Index {
        match self.breaks(Mutation::AcknowledgesAll) {
            true => last,
            false => Right.acknowledges(sent, last),
        }
    }

    fn knows_committed(&self, leaders: Index, matched: Index, last: Index) -> Index {
        match self.breaks(Mutation::CommitsUnchecked) {
            true => leaders.min(last),
            false => Right.knows_committed(leaders, matched, last),
        }
    }

    fn is_news(&self, snapshot: Index, commit: Index) -> bool {
        Right.is_news(snapshot, commit) || self.breaks(Mutation::RestoresBackwards)
    }

    fn lease(&self, config: &Config) -> Duration {
        let mut config = *config;
        if self.breaks(Mutation::IgnoresDrift) {
            config.drift = 0.0;
        }
        if self.breaks(Mutation::IgnoresJumps) {
            config.jump = Duration::ZERO;
        }
        Right.lease(&config)
    }

    fn bound_at_restart(&self, now: Duration, term: Term, config: &Config) -> Duration {
        match self.breaks(Mutation::ForgetsPromise) {
            true => Duration::ZERO,
            false => Right.bound_at_restart(now, term, config),
        }
    }

    fn has_lease(&self, was_answered: bool, has_handed_over: bool) -> bool {
        let has_handed_over = has_handed_over && !self.breaks(Mutation::KeepsLease);
        Right.has_lease(was_answered, has_handed_over)
    }

    fn must_be_confirmed(&self, has_lease: bool) -> bool {
        Right.must_be_confirmed(has_lease) && !self.breaks(Mutation::ReadsUnconfirmed)
    }

    fn read_after(&self, commit: Index, first: Index, followers: Option<Index>) -> Index {
        let first = match self.breaks(Mutation::NoNoop) {
            true => 0,
            false => first,
        };
        let followers = followers.filter(|_| !self.breaks(Mutation::ReadsBelowFollowers));
        Right.read_after(commit, first, followers)
    }
}
