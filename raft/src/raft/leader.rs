//! What a leader does: it puts commands into its log, sends them on, and commits
//! what a majority has (paper, 5.3 and 5.4.2).
//!
//! With [`Replication::Quorum`], an entry goes at once to as many members as are
//! needed, first of all to the one that asked for it. Where two make a majority,
//! that one then knows by itself that the entry is committed: the leader has it,
//! and so has it. (What this means for reads, see [`super::reads`].)

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::hand_over::HandOver;
use super::peer::Peer;
use super::reads::Read;
use super::{
    Body, Entry, Index, Match, Member, NotLeader, Position, Raft, Stamp, State, StateMachine,
};
use crate::config::Replication;
use crate::rules::Rules;

/// Later than any message.
const ALWAYS: Stamp = Duration::MAX;

pub(super) struct Leadership {
    /// One for each other member, and for those whose removal is not committed yet.
    pub(super) peers: BTreeMap<Member, Peer>,
    /// The entry that it began with.
    pub(super) first: Index,
    pub(super) since: Duration,
    /// The last entry that anyone was sent who commits it as soon as it has it.
    pub(super) sent: Index,
    pub(super) reads: Vec<Read>,
    pub(super) hand_over: Option<HandOver>,
    /// Someone may have been told to take over: the others' promises do not
    /// hold any more.
    pub(super) lease_is_over: bool,
    /// Who wants to know as soon as these are committed.
    pub(super) wanted: Vec<(Index, Member)>,
}

impl Leadership {
    /// These are to be sent something, whatever it is: their answers count.
    pub(super) fn ask(&mut self, members: &BTreeSet<Member>) {
        for (_, peer) in self.peers.iter_mut().filter(|(at, _)| members.contains(at)) {
            peer.due = true;
        }
    }
}

impl<M: StateMachine> Raft<M> {
    /// Puts a command into the log. `near` is a member that wants to know as
    /// soon as it is committed, if any.
    ///
    /// Where it is in the log, until [`Event::Applied`](crate::Event::Applied) of
    /// that position says that it was carried out. If another command appears
    /// there, or the term ends, it may have been, or not.
    ///
    /// # Errors
    /// If this is not the leader, or is about to hand over.
    pub fn propose(
        &mut self,
        command: M::Command,
        near: Option<Member>,
    ) -> Result<Position, NotLeader> {
        self.must_lead()?;
        self.push(Entry::command(self.term, command));
        let position = self.log.last();
        self.owe(near);
        if let (State::Leader(leadership), Some(near)) = (&mut self.state, near)
            && leadership.peers.contains_key(&near)
        {
            leadership.wanted.push((position.index, near));
        }
        self.commit_what_a_majority_has();
        Ok(position)
    }

    /// Whether it takes commands, or who may.
    pub(super) fn must_lead(&self) -> Result<(), NotLeader> {
        match &self.state {
            State::Leader(leadership) if leadership.hand_over.is_none() => Ok(()),
            _ => Err(NotLeader {
                leader: self.leader.filter(|&leader| leader != self.me),
            }),
        }
    }

    /// Whether what is proposed now is likely to be committed: a leader has lately
    /// had an answer from a majority, a follower a message from the leader.
    /// "Lately" is within two heartbeats and as long as messages take.
    pub fn is_in_touch(&self) -> bool {
        let heartbeats = self.config.heartbeat * 2;
        let State::Leader(leadership) = &self.state else {
            let heard = self.promised_until.saturating_sub(self.config.election_min);
            let late = self.round_trip.margin() + Duration::from_millis(20);
            return self.leader.is_some() && self.now <= heard + heartbeats + late;
        };
        let contact = self.contact(leadership).unwrap_or(leadership.since);
        self.now <= contact + heartbeats + self.round_trip_timeout()
    }

    pub(super) fn begin_to_lead(&mut self) {
        let next = self.log.last().index + 1;
        self.failed_elections = 0;
        self.state = State::Leader(Leadership {
            peers: BTreeMap::new(),
            first: next,
            since: self.stamp(),
            sent: 0,
            reads: Vec::new(),
            hand_over: None,
            lease_is_over: false,
            wanted: Vec::new(),
        });
        self.meet_members(next);
        self.set_leader(Some(self.me));
        self.push(Entry::nothing(self.term));
        self.commit_what_a_majority_has();
    }

    pub(super) fn stop_leading(&mut self) {
        if let State::Leader(leadership) = &mut self.state {
            let reads = std::mem::take(&mut leadership.reads);
            self.state = State::Follower;
            self.lose(reads);
        }
    }

    /// Chooses who gets what is new at once.
    pub(super) fn owe(&mut self, near: Option<Member>) {
        let last = self.log.last().index;
        let voters = self.voters();
        let majority = self.rules.majority(voters.len());
        let State::Leader(leadership) = &mut self.state else {
            return;
        };
        let mut peers: Vec<(Member, &mut Peer)> = leadership
            .peers
            .iter_mut()
            .map(|(&at, peer)| (at, peer))
            .collect();
        let mut needed = match self.config.replication {
            Replication::All => peers.len(),
            Replication::Quorum => majority.saturating_sub(usize::from(voters.contains(&self.me))),
        };
        // Those that answered last are the likeliest to answer.
        peers.sort_by_key(|(_, peer)| std::cmp::Reverse(peer.answered));
        peers.sort_by_key(|(at, _)| Some(*at) != near);
        for (at, peer) in peers {
            // Who has no vote is to have one soon, or not for long.
            let is_needed = needed > 0 || !voters.contains(&at);
            if is_needed {
                peer.owed = last;
            }
            if needed > 0 && voters.contains(&at) {
                needed -= usize::from(peer.may_send(self.config.pipeline));
            }
        }
    }

    /// Time has passed for a leader.
    pub(super) fn lead(&mut self) {
        let timeout = self.round_trip_timeout();
        let last = self.log.last().index;
        let now = self.now;
        let State::Leader(leadership) = &mut self.state else {
            return;
        };
        let mut is_late = false;
        for peer in leadership.peers.values_mut() {
            if peer
                .under_way
                .front()
                .is_some_and(|&sent| now >= sent + timeout * (1 << peer.lost.min(4)))
            {
                peer.give_up();
                is_late = true;
            }
            if now >= peer.heartbeat_at(self.config.heartbeat) {
                peer.due = true;
                peer.owed = last;
            }
        }
        if is_late && self.commit < last {
            let peers = leadership.peers.values_mut();
            for peer in peers.filter(|peer| peer.lost == 0) {
                peer.owed = last;
            }
        }
        let State::Leader(leadership) = &self.state else {
            return;
        };
        let contact = self.contact(leadership);
        let contact = contact.unwrap_or(leadership.since).max(leadership.since);
        if now >= contact + self.patience() {
            // (thesis, 6.2: nobody should wait for a leader that has lost the others)
            return self.follow(self.term, None);
        }
        self.hand_over_or_give_up();
    }

    /// How long a leader goes on without a majority.
    fn patience(&self) -> Duration {
        self.config.election_max.max(self.round_trip_timeout() * 3)
    }

    /// When to take a message for lost.
    pub(super) fn round_trip_timeout(&self) -> Duration {
        let timeout = self.round_trip.timeout();
        timeout.unwrap_or(self.config.election_min) + Duration::from_millis(10)
    }

    pub(super) fn leader_deadline(&self, leadership: &Leadership) -> Duration {
        let timeout = self.round_trip_timeout();
        let contact = self.contact(leadership).unwrap_or(Duration::ZERO);
        let mut deadline = contact.max(leadership.since) + self.patience();
        for peer in leadership.peers.values() {
            deadline = deadline.min(peer.heartbeat_at(self.config.heartbeat));
            if let Some(&sent) = peer.under_way.front() {
                deadline = deadline.min(sent + timeout * (1 << peer.lost.min(4)));
            }
        }
        match &leadership.hand_over {
            Some(hand_over) => deadline.min(hand_over.until),
            None => deadline,
        }
    }

    /// When the last message was sent that a majority has answered, or later ones.
    pub(super) fn contact(&self, leadership: &Leadership) -> Option<Stamp> {
        let answered = self.answered(leadership);
        answered.map(|answered| match answered {
            ALWAYS => self.now,
            answered => answered,
        })
    }

    /// The same, where this one answers itself at any time: [`ALWAYS`], if it is a majority alone.
    pub(super) fn answered(&self, leadership: &Leadership) -> Option<Stamp> {
        let answered = |member: Member| match leadership.peers.get(&member) {
            _ if member == self.me => Some(ALWAYS),
            Some(peer) => peer.answered,
            None => None,
        };
        self.agreed(answered).flatten()
    }

    /// A follower answered.
    pub(super) fn appended(&mut self, from: Member, result: Match, sent: Stamp) {
        let now = self.now;
        let last = self.log.last().index;
        let State::Leader(leadership) = &mut self.state else {
            return;
        };
        let Some(peer) = leadership.peers.get_mut(&from) else {
            return;
        };
        // The message may be from a former reign of this member.
        if sent < leadership.since || result == Match::Outdated {
            return;
        }
        let was_lost = peer.lost > 0;
        self.round_trip.measured(now.saturating_sub(sent));
        peer.answers(sent);
        match result {
            Match::UpTo(index) => {
                peer.matches(index.min(last));
                if was_lost {
                    peer.owed = last;
                }
            }
            Match::Differs { previous, hint } => {
                // (paper, 5.3, at its end)
                if previous > peer.matched && previous < peer.next {
                    peer.rewind(hint.min(previous));
                    peer.owed = last;
                    peer.due = true;
                }
            }
            Match::Outdated => unreachable!("looked at above"),
        }
        self.commit_what_a_majority_has();
        self.confirm_reads();
        self.hand_over_or_give_up();
    }

    /// Commits what is on a majority, if it is of this term: then what is before it
    /// is committed too (paper, 5.4.2).
    pub(super) fn commit_what_a_majority_has(&mut self) {
        let last = self.log.last().index;
        let State::Leader(leadership) = &self.state else {
            return;
        };
        let matched = |member: Member| match leadership.peers.get(&member) {
            _ if member == self.me => last,
            Some(peer) => peer.matched,
            None => 0,
        };
        let index = self.agreed(matched).unwrap_or(0);
        if index > self.commit && self.rules.commits(self.log.term(index), self.term) {
            let before = self.commit;
            self.committed(index);
            self.tell_who_wants_to_know();
            self.confirm_reads();
            let changed = self.configurations.last();
            if before < changed && changed <= index {
                self.part_from_members();
            }
        }
    }

    fn tell_who_wants_to_know(&mut self) {
        let commit = self.commit;
        let State::Leader(leadership) = &mut self.state else {
            return;
        };
        let mut told = Vec::new();
        leadership.wanted.retain(|&(index, near)| {
            let is_committed = index <= commit;
            if is_committed {
                told.push((index, near));
            }
            !is_committed
        });
        for (index, near) in told {
            let knows_itself = self.are_enough(near, index);
            if let State::Leader(leadership) = &mut self.state
                && let Some(peer) = leadership.peers.get_mut(&near)
                && !knows_itself
            {
                peer.due = true;
            }
        }
    }

    /// Whether this member and another one, of which one leads, are a majority by the
    /// configuration at an entry, so that the other one commits it as soon as it has it. That
    /// there may be a later configuration does not matter: who is elected by that one has it, and
    /// so has what is before it; and who is elected without it must ask one of these two.
    pub(super) fn are_enough(&self, other: Member, index: Index) -> bool {
        let at = self.configurations.at(&self.rules, index, self.commit);
        let both = |member| member == self.me || member == other;
        at.1.agreed(&self.rules, self.me, both) == Some(true)
    }

    /// Sends what is to be sent.
    pub(super) fn flush(&mut self) {
        let State::Leader(leadership) = &self.state else {
            return;
        };
        let peers: Vec<Member> = leadership.peers.keys().copied().collect();
        for to in peers {
            while let State::Leader(leadership) = &mut self.state
                && let Some(peer) = leadership.peers.get_mut(&to)
            {
                let has_news = peer.next <= peer.owed && peer.may_send(self.config.pipeline);
                if !has_news && !peer.due {
                    break;
                }
                peer.due = false;
                let is_leaving = peer.is_leaving;
                self.send_to_peer(to, has_news);
                if let State::Leader(leadership) = &mut self.state
                    && is_leaving
                {
                    leadership.peers.remove(&to);
                }
            }
        }
    }

    fn send_to_peer(&mut self, to: Member, has_news: bool) {
        let sent = self.stamp();
        let State::Leader(leadership) = &mut self.state else {
            return;
        };
        let Some(peer) = leadership.peers.get_mut(&to) else {
            return;
        };
        peer.sent = self.now;
        peer.under_way.push_back(sent);
        if peer.next <= self.log.base().index
            && let Some(snapshot) = &self.snapshot
        {
            let snapshot = snapshot.clone();
            peer.next = snapshot.last.index + 1;
            return self.send(to, Body::Install { snapshot, sent });
        }
        let previous = peer.next - 1;
        let entries = match has_news {
            true => self.log.from(peer.next),
            false => &[],
        };
        let entries = entries[..entries.len().min(self.config.batch)].to_vec();
        let last = previous + entries.len() as Index;
        // Should it be lost, its answer is missed, or the next one does not fit.
        peer.next = last + 1;
        if self.are_enough(to, last)
            && let State::Leader(leadership) = &mut self.state
        {
            leadership.sent = leadership.sent.max(last);
        }
        let previous = Position {
            index: previous,
            term: self.log.term(previous).unwrap_or_default(),
        };
        let commit = self.commit;
        let append = Body::Append {
            previous,
            entries,
            commit,
            sent,
        };
        self.send(to, append);
    }

    /// Now, but later than ever before.
    pub(super) fn stamp(&mut self) -> Stamp {
        self.last_stamp = self.now.max(self.last_stamp + Duration::from_nanos(1));
        self.last_stamp
    }
}
