//! Another leader, on purpose: before this one is stopped, say (thesis, 3.10).

use std::time::Duration;

use super::{Body, Member, NotLeader, Raft, State, StateMachine};

#[derive(Debug)]
pub(super) struct HandOver {
    pub(super) to: Member,
    /// When it goes on as leader, should nothing come of it.
    pub(super) until: Duration,
    was_told: bool,
}

impl<M: StateMachine> Raft<M> {
    /// Lets another member be leader: takes no more commands, sends it what it
    /// lacks, and tells it to stand. If that takes longer than an election, this
    /// one goes on. Nothing happens if that one has no vote.
    ///
    /// # Errors
    /// If this is not the leader.
    pub fn hand_over(&mut self, to: Member) -> Result<(), NotLeader> {
        let leader = self.leader;
        let last = self.log.last().index;
        let has_vote = self.configuration().voters().contains(&to);
        let State::Leader(leadership) = &mut self.state else {
            return Err(NotLeader { leader });
        };
        let Some(peer) = leadership.peers.get_mut(&to).filter(|_| has_vote) else {
            return Ok(());
        };
        peer.owed = last;
        peer.due = true;
        leadership.hand_over = Some(HandOver {
            to,
            until: self.now + self.config.election_max,
            was_told: false,
        });
        self.hand_over_or_give_up();
        Ok(())
    }

    pub(super) fn hand_over_or_give_up(&mut self) {
        let last = self.log.last().index;
        let State::Leader(leadership) = &mut self.state else {
            return;
        };
        let Some(hand_over) = &mut leadership.hand_over else {
            return;
        };
        if self.now >= hand_over.until {
            leadership.hand_over = None;
            if !self.leads_on() {
                self.follow(self.term, None);
            }
            return;
        }
        let peer = leadership.peers.get(&hand_over.to);
        if !hand_over.was_told && peer.is_some_and(|peer| peer.matched == last) {
            hand_over.was_told = true;
            // It may do so at any time from now on, and the others will vote for it.
            leadership.lease_is_over = true;
            let to = hand_over.to;
            self.send(to, Body::TakeOver);
        }
    }

    /// The leader wants this one to be it.
    pub(super) fn take_over(&mut self, from: Member) {
        if self.leader == Some(from) && self.may_stand() {
            self.stand(true);
        }
    }
}
