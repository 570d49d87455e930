//! Reads that are as new as the question, without an entry in the log (thesis,
//! 6.4).
//!
//! A leader knows what was committed in former terms once an entry of its own is
//! committed. That it is still the leader, it knows from a message that a majority
//! answered and that was sent after the question came (ReadIndex), or so short a
//! time ago that nobody else can have been elected since (lease).
//!
//! Where a follower commits what it has of the leader's term ([`super::leader`]),
//! that may be more than the leader knows of: there a read waits for everything
//! that was sent.
//!
//! Both are by a majority of the leader's last configuration, be it committed or not, and sound
//! while it changes. Say another one was elected meanwhile, the first one since. Its log ended
//! with the last configuration or with the one before it: that one was committed before the last
//! was appended, so nobody could be elected who lacks it ([`super::membership`]). Of either, a
//! majority has a member in common with the one that answered the leader. It answered, in the
//! leader's term, before it voted for the other: then the message was sent before that
//! election, and what was asked for after it is not confirmed by it. And it has kept its
//! promise: then the lease was over. Learners promise as well, so that who is promoted has
//! done so.

use std::time::Duration;

use super::{Index, NotLeader, Raft, Stamp, State, StateMachine};
use crate::output::{Event, ReadId};
use crate::rules::Rules;

#[derive(Debug)]
pub(super) struct Read {
    id: ReadId,
    /// What must have been carried out.
    after: Index,
    /// A majority must answer a message that is sent after this. Nothing, once it
    /// has, or the lease held.
    confirm: Option<Stamp>,
}

impl<M: StateMachine> Raft<M> {
    /// Asks for a read. [`Event::ReadReady`](crate::Event::ReadReady) says when
    /// [`Raft::machine`] is as new as the question, maybe at once;
    /// [`Event::ReadLost`](crate::Event::ReadLost) that this cannot be known any
    /// more. Whether a lease holds goes by the time that this was last told, so
    /// [`Raft::tick`] comes first.
    ///
    /// # Errors
    /// If this is not the leader.
    pub fn read(&mut self) -> Result<ReadId, NotLeader> {
        let has_lease = self.has_lease();
        let now = self.stamp();
        let leader = self.leader;
        let has_vote = self.voters();
        let State::Leader(leadership) = &mut self.state else {
            return Err(NotLeader { leader });
        };
        let after = (self.rules).read_after(self.commit, leadership.first, leadership.sent);
        self.last_read += 1;
        let id = ReadId(self.last_read);
        let confirm = self.rules.must_be_confirmed(has_lease).then_some(now);
        // One round is enough for all that come while it is under way.
        if confirm.is_some() && leadership.reads.iter().all(|read| read.confirm.is_none()) {
            leadership.ask(&has_vote);
        }
        leadership.reads.push(Read { id, after, confirm });
        self.confirm_reads();
        Ok(id)
    }

    /// Whether nobody else can be the leader now. Never, without [`Config::lease`].
    ///
    /// [`Config::lease`]: crate::Config::lease
    pub fn has_lease(&self) -> bool {
        let State::Leader(leadership) = &self.state else {
            return false;
        };
        if !self.config.lease {
            return false;
        }
        let lease = self.rules.lease(&self.config);
        let ends = |contact: Duration| contact + lease;
        let was_answered = self
            .contact(leadership)
            .is_some_and(|contact| self.now < ends(contact));
        self.rules.has_lease(was_answered, leadership.lease_is_over)
    }

    /// Something was answered, or carried out.
    pub(super) fn confirm_reads(&mut self) {
        let applied = self.applied;
        let State::Leader(leadership) = &self.state else {
            return;
        };
        if leadership.reads.is_empty() {
            return;
        }
        let answered = self.answered(leadership);
        let has_vote = self.voters();
        let State::Leader(leadership) = &mut self.state else {
            return;
        };
        let mut is_round_over = false;
        for read in &mut leadership.reads {
            if read.confirm.is_some_and(|asked| answered > Some(asked)) {
                read.confirm = None;
                is_round_over = true;
            }
        }
        if is_round_over && leadership.reads.iter().any(|read| read.confirm.is_some()) {
            leadership.ask(&has_vote);
        }
        let events = &mut self.output.events;
        leadership.reads.retain(|read| {
            let is_ready = read.confirm.is_none() && read.after <= applied;
            if is_ready {
                events.push(Event::ReadReady(read.id));
            }
            !is_ready
        });
    }

    pub(super) fn lose(&mut self, reads: Vec<Read>) {
        let lost = reads.into_iter().map(|read| Event::ReadLost(read.id));
        self.output.events.extend(lost);
    }
}
