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

use std::time::Duration;

use super::leader::Leadership;
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
        let followers_commit = self.followers_commit();
        let leader = self.leader;
        let State::Leader(leadership) = &mut self.state else {
            return Err(NotLeader { leader });
        };
        let sent = followers_commit.then_some(leadership.sent);
        let after = self.rules.read_after(self.commit, leadership.first, sent);
        self.last_read += 1;
        let id = ReadId(self.last_read);
        let confirm = self.rules.must_be_confirmed(has_lease).then_some(now);
        // One round is enough for all that come while it is under way.
        if confirm.is_some() && leadership.reads.iter().all(|read| read.confirm.is_none()) {
            for peer in &mut leadership.peers {
                peer.due = true;
            }
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
        let contact = self.contact(leadership);
        let State::Leader(Leadership { reads, peers, .. }) = &mut self.state else {
            return;
        };
        let mut is_round_over = false;
        for read in &mut *reads {
            if read.confirm.is_some_and(|asked| contact > Some(asked)) {
                read.confirm = None;
                is_round_over = true;
            }
        }
        if is_round_over && reads.iter().any(|read| read.confirm.is_some()) {
            for peer in peers {
                peer.due = true;
            }
        }
        let events = &mut self.output.events;
        reads.retain(|read| {
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
