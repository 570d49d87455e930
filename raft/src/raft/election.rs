//! Who is leader (paper, 5.2 and 5.4.1), without disturbing one that is well
//! (thesis, 4.2.3 and 9.6).

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Body, BodyOf, Member, Message, Position, Raft, State, StateMachine, Term};
use crate::rules::Rules;

/// What the others answered.
#[derive(Debug, Default)]
pub(super) struct Votes {
    granted: BTreeSet<Member>,
    refused: BTreeSet<Member>,
    /// When they were asked.
    asked: Duration,
}

impl<M: StateMachine> Raft<M> {
    /// Asks whether it would be elected: what a follower does when it has not heard
    /// of a leader for long enough. Whoever starts a cluster saves it the wait if
    /// it calls this on one member. Nothing happens as long as it must trust in a
    /// leader: it does not vote for another one, and that includes itself. Nor does it if this
    /// one is a learner, or no member.
    pub fn campaign(&mut self) {
        if matches!(self.state, State::Leader(_)) {
            return;
        }
        if self.has_promised() {
            self.election_at = self.election_at.max(self.promised_until);
            return;
        }
        self.failed_elections += u32::from(!matches!(self.state, State::Follower));
        self.await_election();
        self.set_leader(None);
        if !self.may_stand() {
            return;
        }
        self.state = State::PreCandidate(self.votes());
        let last = self.log.last();
        let term = self.term + 1;
        for peer in self.other_voters() {
            self.ask(peer, term, Body::PreVote { last });
        }
        self.count_votes();
    }

    fn ask(&mut self, peer: Member, term: Term, body: BodyOf<M>) {
        let message = Message { term, body };
        self.output.messages.push((peer, message));
    }

    /// Its own vote.
    fn votes(&self) -> Votes {
        Votes {
            granted: [self.me].into(),
            refused: BTreeSet::new(),
            asked: self.now,
        }
    }

    /// Begins a term and asks for votes.
    pub(super) fn stand(&mut self, hand_over: bool) {
        self.await_election();
        self.set_leader(None);
        self.set_term(self.term + 1, Some(self.me));
        self.state = State::Candidate(self.votes());
        let last = self.log.last();
        for peer in self.other_voters() {
            self.send(peer, Body::RequestVote { last, hand_over });
        }
        self.count_votes();
    }

    /// Would this one vote for it?
    pub(super) fn pre_vote(&mut self, from: Member, term: Term, last: Position) {
        let is_up_to_date = self.rules.is_up_to_date(last, self.log.last());
        let granted = term > self.term && is_up_to_date && !self.has_promised();
        // A yes is to the term asked for, a no tells this one's.
        let term = if granted { term } else { self.term };
        self.ask(from, term, Body::PreVoted { granted });
    }

    /// It would, or it would not: then this is its term.
    pub(super) fn pre_voted(&mut self, from: Member, term: Term, granted: bool) {
        if !granted && term > self.term {
            return self.follow(term, None);
        }
        match &mut self.state {
            State::PreCandidate(votes) if granted && term == self.term + 1 => {
                votes.granted.insert(from);
            }
            State::PreCandidate(votes) if !granted => {
                votes.refused.insert(from);
            }
            _ => return,
        }
        self.count_votes();
    }

    pub(super) fn request_vote(&mut self, from: Member, last: Position) {
        let granted = self.rules.has_vote_for(from, self.vote)
            && self.rules.is_up_to_date(last, self.log.last());
        if granted {
            if let State::PreCandidate(_) = self.state {
                self.state = State::Follower;
            }
            self.set_term(self.term, Some(from));
            self.await_election();
        }
        self.send(from, Body::Voted { granted });
    }

    pub(super) fn voted(&mut self, from: Member, granted: bool) {
        if let State::Candidate(votes) = &mut self.state {
            match granted {
                true => votes.granted.insert(from),
                false => votes.refused.insert(from),
            };
            self.count_votes();
        }
    }

    /// A majority says yes, or will not any more.
    fn count_votes(&mut self) {
        let (State::PreCandidate(votes) | State::Candidate(votes)) = &self.state else {
            return;
        };
        let majority = |says: &dyn Fn(&Member) -> bool| {
            let agreed = self.agreed(|member| says(&member));
            agreed.unwrap_or(false)
        };
        if !majority(&|voter| votes.granted.contains(voter)) {
            if !majority(&|voter| !votes.refused.contains(voter)) {
                self.retry_soon();
            }
            return;
        }
        let (asked, is_alone) = (votes.asked, votes.granted.len() == 1);
        if !is_alone {
            self.round_trip.measured(self.now.saturating_sub(asked));
        }
        match self.state {
            State::PreCandidate(_) => self.stand(false),
            _ => self.begin_to_lead(),
        }
    }

    /// Refused: others have heard of a leader, or are better suited.
    fn retry_soon(&mut self) {
        let pause = self.between(self.config.election_min / 3, self.config.election_min);
        self.election_at = self.election_at.min(self.now + pause);
    }

    /// There is a later term, or a leader of this one.
    pub(super) fn follow(&mut self, term: Term, leader: Option<Member>) {
        self.stop_leading();
        if term > self.term {
            self.set_term(term, None);
        }
        self.state = State::Follower;
        self.set_leader(leader);
        self.await_election();
    }

    /// The leader of this term has sent something.
    pub(super) fn heard_of_leader(&mut self, leader: Member) {
        self.failed_elections = 0;
        self.follow(self.term, Some(leader));
        self.promised_until = self.now + self.config.election_min;
    }

    /// Whether it has heard of a leader so lately that it must not vote for another
    /// one: what leases rest on (thesis, 6.4.1). A leader has heard of itself as
    /// long as it hears of a majority.
    pub(super) fn has_promised(&self) -> bool {
        let until = match &self.state {
            State::Leader(leadership) => {
                let contact = self.contact(leadership);
                contact.map(|contact| contact + self.config.election_min)
            }
            _ => Some(self.promised_until),
        };
        self.rules.is_bound(self.now, until)
    }

    /// Waits for a leader, each time for another while so that not all stand at once
    /// (paper, 5.2), and longer if elections find no end: then messages take
    /// longer than that.
    pub(super) fn await_election(&mut self) {
        let factor = 1 << self.failed_elections.min(3);
        let wait = self.between(self.config.election_min, self.config.election_max);
        self.election_at = self.now + wait * factor;
    }

    fn between(&self, least: Duration, most: Duration) -> Duration {
        least + most.saturating_sub(least).mul_f64(self.rng.f64())
    }
}
