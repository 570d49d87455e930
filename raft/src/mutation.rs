//! The rules of [`crate::rules`], each broken on purpose, so that tests see what it is good for.
//! Only with the feature `mutations`, which this crate's own tests turn on.

use std::time::Duration;

use crate::config::Config;
use crate::configuration::Configuration;
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
    /// Counts by a new configuration once it is committed, not once it is appended.
    ConfiguresLate,
    /// Begins a change of the members before the last one is committed.
    ChangesTwice,
    /// Begins a change before it has committed anything in its term.
    ChangesAtOnce,
    /// Goes by a configuration whose entry was cut off.
    KeepsConfiguration,
    /// Counts learners where a majority is asked for.
    CountsLearners,
    /// Counts itself, though it has no vote.
    CountsItself,
    /// Leads on when it was removed.
    LeadsOn,
    /// Does not stand for election once its log says that it was removed.
    LeavesAtOnce,
    /// Listens to those that are members by its own log.
    IgnoresStrangers,
    /// Makes snapshots without the configuration.
    OmitsConfiguration,
    /// Goes by its snapshot's configuration when it has come back, whatever its log says.
    ForgetsConfiguration,
    /// Takes a leader's snapshot, and goes by the configuration that it had.
    IgnoresConfiguration,
    /// Answers reads without what followers may have committed by an earlier configuration.
    ReadsBelowFormerFollowers,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Mutation; 32] = [
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
        Mutation::ConfiguresLate,
        Mutation::ChangesTwice,
        Mutation::ChangesAtOnce,
        Mutation::KeepsConfiguration,
        Mutation::CountsLearners,
        Mutation::CountsItself,
        Mutation::LeadsOn,
        Mutation::LeavesAtOnce,
        Mutation::IgnoresStrangers,
        Mutation::OmitsConfiguration,
        Mutation::ForgetsConfiguration,
        Mutation::IgnoresConfiguration,
        Mutation::ReadsBelowFormerFollowers,
    ];
}

impl<M: StateMachine> Raft<M> {
    /// From now on, this member breaks a rule. To be called before it is told anything.
    pub fn break_rule(&mut self, rule: Mutation) {
        self.rules.broken = Some(rule);
        self.promised_until = self
            .rules
            .bound_at_restart(self.now, self.term, &self.config);
        self.find_configurations();
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

    fn read_after(&self, commit: Index, first: Index, followers: Index) -> Index {
        let first = match self.breaks(Mutation::NoNoop) {
            true => 0,
            false => first,
        };
        let followers = match self.breaks(Mutation::ReadsBelowFollowers) {
            true => 0,
            false => followers,
        };
        Right.read_after(commit, first, followers)
    }

    fn counted(&self, configuration: &Configuration, me: Member) -> Vec<Member> {
        let mut counted = Right.counted(configuration, me);
        if self.breaks(Mutation::CountsLearners) {
            counted.extend(configuration.learners());
        }
        if self.breaks(Mutation::CountsItself) && !counted.contains(&me) {
            counted.push(me);
        }
        counted
    }

    fn is_in_force(&self, at: Index, commit: Index) -> bool {
        let is_late = self.breaks(Mutation::ConfiguresLate);
        Right.is_in_force(at, commit) && (at <= commit || !is_late)
    }

    fn rolls_back(&self) -> bool {
        Right.rolls_back() && !self.breaks(Mutation::KeepsConfiguration)
    }

    fn is_settled(&self, last: Index, commit: Index) -> bool {
        Right.is_settled(last, commit) || self.breaks(Mutation::ChangesTwice)
    }

    fn is_established(&self, first: Index, commit: Index) -> bool {
        Right.is_established(first, commit) || self.breaks(Mutation::ChangesAtOnce)
    }

    fn stands_for(&self, configuration: Option<Configuration>) -> Option<Configuration> {
        let told = configuration.filter(|_| !self.breaks(Mutation::OmitsConfiguration));
        Right.stands_for(told)
    }

    fn finds_again(&self) -> bool {
        Right.finds_again() && !self.breaks(Mutation::ForgetsConfiguration)
    }

    fn may_stand(&self, has_vote: bool, may_have_vote: bool) -> bool {
        let may_have_vote = may_have_vote && !self.breaks(Mutation::LeavesAtOnce);
        Right.may_stand(has_vote, may_have_vote)
    }

    fn leads_on(&self, has_vote: bool, is_committed: bool) -> bool {
        Right.leads_on(has_vote, is_committed) || self.breaks(Mutation::LeadsOn)
    }

    fn listens(&self, from: Member, configuration: &Configuration) -> bool {
        let is_member = configuration.members().any(|member| member == from);
        let ignored = !is_member && self.breaks(Mutation::IgnoresStrangers);
        Right.listens(from, configuration) && !ignored
    }

    fn takes_configuration(&self) -> bool {
        Right.takes_configuration() && !self.breaks(Mutation::IgnoresConfiguration)
    }

    fn remembers_followers(&self) -> bool {
        Right.remembers_followers() && !self.breaks(Mutation::ReadsBelowFormerFollowers)
    }
}
