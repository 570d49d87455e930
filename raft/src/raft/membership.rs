//! Other members, on purpose, one step at a time (thesis, 4.1 and 4.2).
//!
//! Of the two ways that the thesis has, this is the one of single servers, not joint consensus:
//! every step is one entry, there is always one configuration by which everyone counts, nothing is
//! begun that another leader must remember to end, and what must be shown is short:
//!
//! - A majority before a step and one after it have a member in common
//!   ([`Configuration::after`]).
//! - Only what is committed is built on: a leader appends a configuration when the last one is
//!   committed and so is an entry of its own term ([`Raft::change`]). So of all configurations
//!   that anyone may be elected by, the last committed one is one, and the others are one step
//!   from it: an earlier one lacks what is committed, and one that a former leader left behind
//!   lacks the entry of the later term, which a majority of the configuration before it has.
//! - So whoever is elected has been voted for by one that has what was committed before, as where
//!   members stay who they are (paper, 5.4.3).
//!
//! Where a whole set is to be replaced, that is one step after the other; in between the cluster
//! has even numbers of voters, which stand no more deaths than one less would.

use std::collections::BTreeSet;

use super::peer::Peer;
use super::{Entry, Index, Member, Position, Raft, State, StateMachine};
use crate::configuration::{Change, ChangeError, Configuration, Configurations};
use crate::log::Log;
use crate::rules::Rules;

impl<M: StateMachine> Raft<M> {
    /// Who the members are: what the last configuration in this one's log says, be it committed
    /// or not.
    pub fn configuration(&self) -> &Configuration {
        &self.last_configuration().1
    }

    /// The same, and which entry it is.
    fn last_configuration(&self) -> &(Index, Configuration) {
        self.configurations.at(&self.rules, Index::MAX, self.commit)
    }

    /// Changes who the members are. A new one, which is told the same
    /// [`count`](Raft::new) as all others, begins as a learner, is sent what there is, and has a
    /// vote once it is promoted.
    ///
    /// Where the change is in the log, until [`Event::Changed`](crate::Event::Changed) of that
    /// position says that it is committed. If another entry appears there, or the term ends, it
    /// may be, or not: [`Raft::configuration`] of a later leader tells.
    ///
    /// A leader that removes itself leads until that is committed, and then hands over. A
    /// member that was removed may be stopped when it knows ([`Raft::configuration`]), or when the
    /// leader has committed it; one that is not hears of no leader any more, and disturbs nobody.
    /// A number whose disk is lost must not come back: take another one.
    ///
    /// # Errors
    /// If this is not the leader, or its time for changes has not come; or if nothing would
    /// change, or no one be left to vote. Then nothing was done.
    pub fn change(&mut self, change: Change) -> Result<Position, ChangeError> {
        self.must_lead()?;
        let State::Leader(leadership) = &self.state else {
            unreachable!("looked at above");
        };
        if !self.rules.is_established(leadership.first, self.commit) {
            return Err(ChangeError::TermBegins);
        }
        let last_change = self.configurations.last();
        if !self.rules.is_settled(last_change, self.commit) {
            return Err(ChangeError::InFlight(last_change));
        }
        let next = self.configuration().after(change)?;
        if let Change::Promote(member) = change {
            let answers = |peer: &&Peer| peer.answered.is_some() && peer.lost == 0;
            let peer = leadership.peers.get(&member).filter(answers);
            let peer = peer.ok_or(ChangeError::Silent(member))?;
            let lacks = self.log.last().index.saturating_sub(peer.matched);
            if lacks > self.config.batch as u64 {
                return Err(ChangeError::Behind { member, lacks });
            }
        }
        self.push(Entry::configuration(self.term, next));
        let position = self.log.last();
        self.meet_members(position.index);
        if let State::Leader(leadership) = &mut self.state
            && !self.rules.remembers_followers()
        {
            leadership.sent = 0;
        }
        self.owe(None);
        self.commit_what_a_majority_has();
        Ok(position)
    }

    /// Begins to send to those that are new, from this entry on.
    pub(super) fn meet_members(&mut self, next: Index) {
        let members: BTreeSet<Member> = self.configuration().members().collect();
        let (me, now) = (self.me, self.now);
        let State::Leader(leadership) = &mut self.state else {
            return;
        };
        for member in members.into_iter().filter(|&member| member != me) {
            let peer = leadership.peers.entry(member);
            let peer = peer.or_insert_with(|| Peer::new(next, now));
            peer.is_leaving = false;
        }
    }

    /// A change is committed: those that are removed by it are sent a last message, and if this
    /// one is, it hands over to the voter that has most of its log.
    pub(super) fn part_from_members(&mut self) {
        let (at, configuration) = self.last_configuration().clone();
        self.meet_members(at);
        let leads_on = self.leads_on();
        let State::Leader(leadership) = &mut self.state else {
            return;
        };
        for (&member, peer) in &mut leadership.peers {
            let stays = configuration.members().any(|stays| stays == member);
            if !stays && !peer.is_leaving {
                (peer.is_leaving, peer.due) = (true, true);
            }
        }
        if leads_on || leadership.hand_over.is_some() {
            return;
        }
        let voters = leadership.peers.iter();
        let voters = voters.filter(|(member, _)| configuration.voters().contains(member));
        let heir = voters.max_by_key(|(_, peer)| (peer.matched, peer.answered));
        match heir.map(|(&member, _)| member) {
            Some(member) => drop(self.hand_over(member)),
            None => self.follow(self.term, None),
        }
    }

    /// Whether a leader goes on as such.
    pub(super) fn leads_on(&self) -> bool {
        let (at, configuration) = self.last_configuration();
        let has_vote = configuration.voters().contains(&self.me);
        self.rules.leads_on(has_vote, *at <= self.commit)
    }

    /// Whether it may ask for votes.
    pub(super) fn may_stand(&self) -> bool {
        let has_vote = |configuration: &Configuration| configuration.voters().contains(&self.me);
        let mut possible = self.configurations.since(self.commit);
        self.rules
            .may_stand(has_vote(self.configuration()), possible.any(has_vote))
    }

    /// Those of whom a majority is asked for.
    pub(super) fn voters(&self) -> BTreeSet<Member> {
        self.configuration().voters().clone()
    }

    pub(super) fn other_voters(&self) -> BTreeSet<Member> {
        let mut voters = self.voters();
        voters.remove(&self.me);
        voters
    }

    /// The greatest value that a majority has reached ([`Configuration::agreed`]).
    pub(super) fn agreed<T: Ord + Copy>(&self, value: impl Fn(Member) -> T) -> Option<T> {
        self.configuration().agreed(&self.rules, self.me, value)
    }

    /// What a snapshot that ends there says of who the members are.
    pub(super) fn configuration_of_snapshot(&self, last: Index) -> Option<Configuration> {
        let at_last = self.configurations.at(&self.rules, last, self.commit);
        let is_news = at_last.1 != *self.configurations.first();
        self.rules.stands_for(is_news.then(|| at_last.1.clone()))
    }

    /// Looks for configurations in the snapshot and the log.
    pub(crate) fn find_configurations(&mut self) {
        let first = self.configurations.first().clone();
        let nothing = Log::default();
        let log = match self.rules.finds_again() {
            true => &self.log,
            false => &nothing,
        };
        self.configurations = Configurations::found(first, self.snapshot.as_ref(), log);
    }
}
