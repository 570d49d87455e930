//! The rules that safety rests on, each as a function of what it looks at: who may be voted for,
//! what counts as committed, what a follower keeps, when a read may be answered.
//!
//! They are here, and not where they are used, so that each can be seen by itself, and so that
//! tests can break one at a time and see what comes of it.

use std::time::Duration;

use crate::config::Config;
use crate::configuration::Configuration;
use crate::log::{Entry, Index, Log, Position, Term};
use crate::message::Member;

#[cfg(feature = "mutations")]
pub(crate) use crate::mutation::Kept;

/// What every member does.
pub(crate) trait Rules {
    /// How many of so many voters are more than half of them.
    fn majority(&self, members: usize) -> usize {
        members / 2 + 1
    }

    /// Whether a message is of a member's term, or a later one. Else it is of a leader or a
    /// candidate whose time is over (paper, 5.1).
    fn is_current(&self, message: Term, own: Term) -> bool {
        message >= own
    }

    /// Whether there is a vote left for this one: a term has one (paper, 5.2).
    fn has_vote_for(&self, candidate: Member, voted: Option<Member>) -> bool {
        voted.is_none_or(|voted| voted == candidate)
    }

    /// Whether a candidate whose log ends there lacks nothing that this one has: so no one is
    /// elected that lacks what a majority has (paper, 5.4.1).
    fn is_up_to_date(&self, candidate: Position, own: Position) -> bool {
        candidate >= own
    }

    /// Whether a member is bound to its leader until then, and votes for no one: leases rest on
    /// that (thesis, 6.4.1).
    fn is_bound(&self, now: Duration, until: Option<Duration>) -> bool {
        until.is_some_and(|until| now < until)
    }

    /// Whether an entry that a majority has is committed by that: only one of the leader's own
    /// term is, others with it (paper, 5.4.2).
    fn commits(&self, entry: Option<Term>, own: Term) -> bool {
        entry == Some(own)
    }

    /// Whether entries follow on what is here: the one before them is the same (paper, 5.3). What
    /// a snapshot stands for is committed, so it is the same.
    fn follows_on<C>(&self, log: &Log<C>, previous: Position) -> bool {
        previous.index <= log.base().index || log.has(previous)
    }

    /// From where a log gives way to entries that follow on `previous`: from the first of its own
    /// that is not the leader's (paper, 5.3). What is behind them stays: the message may be old.
    fn gives_way<C>(
        &self,
        log: &Log<C>,
        previous: Index,
        entries: &[Entry<C>],
        _commit: Index,
    ) -> Option<Index> {
        let numbered = (previous + 1..).zip(entries);
        let mut known = numbered.filter(|(index, _)| *index > log.base().index);
        let differs = |(index, entry): &(Index, &Entry<C>)| {
            log.term(*index).is_some_and(|term| term != entry.term)
        };
        known.find(differs).map(|(index, _)| index)
    }

    /// Up to where a follower acknowledges: up to the last entry of the message. What it has
    /// beyond that may not be the leader's.
    fn acknowledges(&self, sent: Index, _last: Index) -> Index {
        sent
    }

    /// Up to where a follower knows that what it has is committed: what it has beyond the last
    /// entry of the message may not be what the leader has committed there (paper, figure 2:
    /// AppendEntries, 5).
    fn knows_committed(&self, leaders: Index, matched: Index, _last: Index) -> Index {
        leaders.min(matched)
    }

    /// Whether a snapshot that ends there brings anything new: a state never goes back.
    fn is_news(&self, snapshot: Index, commit: Index) -> bool {
        snapshot > commit
    }

    /// How long after it was sent a message that a majority answered makes sure that there is
    /// no other leader (thesis, 6.4.1).
    ///
    /// Whoever answered it does not vote for `election_min`, counted from when the message
    /// came, which is after it was sent. By its own clock, that is: one that jumps ahead lets
    /// `jump` of it pass in no time, and one that is fast the rest in a shorter time, by the factor
    /// 1/(1+d). The leader counts by a clock that may be slow: so much of its time takes
    /// longer, by the factor 1/(1-d). That its own clock jumps ahead only ends the lease early.
    ///
    /// A pause takes nothing from it: clocks go on meanwhile, and the lease is looked at, after
    /// that, by a clock that was looked at before the state was. So does a restart: whoever may
    /// have promised something before it (see [`Rules::is_bound`]) promises it anew.
    fn lease(&self, config: &Config) -> Duration {
        let drift = config.drift.clamp(0.0, 1.0);
        let certain = config.election_min.saturating_sub(config.jump);
        certain.mul_f64((1.0 - drift) / (1.0 + drift))
    }

    /// Until when a member that comes back is bound: it may have heard of a leader just before
    /// it stopped, and promised it something, if it ever heard of a term.
    fn bound_at_restart(&self, now: Duration, term: Term, config: &Config) -> Duration {
        match term {
            0 => Duration::ZERO,
            _ => now + config.election_min,
        }
    }

    /// Whether a leader whose majority answered lately has a lease. Not when it has told another
    /// one to take over: the others vote for that one in spite of their promises.
    fn has_lease(&self, was_answered: bool, has_handed_over: bool) -> bool {
        was_answered && !has_handed_over
    }

    /// Whether a majority must confirm that this is still the leader before a read is answered
    /// (paper, 8).
    fn must_be_confirmed(&self, has_lease: bool) -> bool {
        !has_lease
    }

    /// What must be carried out before a read is answered: what is known to be committed; the
    /// first entry of the leader's term, before which it does not know what former leaders
    /// committed (thesis, 6.4); and where followers commit what they have, what they were sent.
    fn read_after(&self, commit: Index, first: Index, followers: Index) -> Index {
        commit.max(first).max(followers)
    }

    /// Who counts where a majority is asked for: the voters, and nobody else, be it the leader
    /// that counts (thesis, 4.2.1 and 4.2.2).
    fn counted(&self, configuration: &Configuration, _me: Member) -> Vec<Member> {
        configuration.voters().iter().copied().collect()
    }

    /// Whether the configuration of that entry holds: as soon as it is in the log, committed or
    /// not (thesis, 4.1). A member that waited for it to be committed would count by another one
    /// than those by whom it is committed.
    fn is_in_force(&self, _at: Index, _commit: Index) -> bool {
        true
    }

    /// Whether a configuration is gone when its entry is cut off: then the one before it holds
    /// again (thesis, 4.1).
    fn rolls_back(&self) -> bool {
        true
    }

    /// Whether there may be another configuration: not before the last one is committed. Two
    /// steps from where others are, majorities need not overlap (thesis, 4.1).
    fn is_settled(&self, last: Index, commit: Index) -> bool {
        last <= commit
    }

    /// Whether a leader has committed the entry that its term began with, before which it appends
    /// no configuration. Else two leaders of different terms could each make another step from
    /// the same configuration, and the first one's come back when the second one's is committed
    /// (Ongaro, "bug in single-server membership changes", raft-dev, 2015).
    fn is_established(&self, first: Index, commit: Index) -> bool {
        commit >= first
    }

    /// What a snapshot says of the configuration that it stands for: all of it. The entry may be
    /// gone.
    fn stands_for(&self, configuration: Option<Configuration>) -> Option<Configuration> {
        configuration
    }

    /// Whether a member that takes a leader's snapshot takes its configuration, too.
    fn takes_configuration(&self) -> bool {
        true
    }

    /// Whether a member that comes back looks for configurations in its log.
    fn finds_again(&self) -> bool {
        true
    }

    /// Whether one may be elected that has a vote by its log, or may still have one: by a
    /// configuration in its log that may be the last one committed. It may be the only one
    /// that knows that it is to be removed; then the others cannot do without its vote, and it
    /// votes for no one that lacks what it has (thesis, 4.2.2).
    fn may_stand(&self, has_vote: bool, may_have_vote: bool) -> bool {
        has_vote || may_have_vote
    }

    /// Whether a leader goes on: also without a vote, until that it has none is committed
    /// (thesis, 4.2.2).
    fn leads_on(&self, has_vote: bool, is_committed: bool) -> bool {
        has_vote || !is_committed
    }

    /// Whether a member listens to one that is none by its log: to anyone, since its log may be
    /// behind (thesis, 4.1).
    fn listens(&self, _from: Member, _configuration: &Configuration) -> bool {
        true
    }

    /// Whether a leader that changes who the members are remembers what it has sent to those who
    /// may have committed it by the configuration that they had with it.
    fn remembers_followers(&self) -> bool {
        true
    }
}

/// All rules, as they are.
#[cfg(not(feature = "mutations"))]
#[derive(Debug, Default)]
pub(crate) struct Kept;

#[cfg(not(feature = "mutations"))]
impl Rules for Kept {}
