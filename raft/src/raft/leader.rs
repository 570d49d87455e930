//! What a leader does: it puts commands into its log, sends them on, and commits
//! what a majority has (paper, 5.3 and 5.4.2).
//!
//! With [`Replication::Quorum`], an entry goes at once to as many members as are
//! needed, first of all to the one that asked for it. Where two make a majority,
//! that one then knows by itself that the entry is committed: the leader has it,
//! and so has it. (What this means for reads, see [`super::reads`].)

use std::time::Duration;

use super::hand_over::HandOver;
use super::peer::Peer;
use super::reads::Read;
use super::{
    Body, Entry, Index, Match, Member, NotLeader, Position, Raft, Stamp, State, StateMachine,
};
use crate::config::Replication;
use crate::rules::Rules;

pub(super) struct Leadership {
    /// One for each member; its own is not used.
    pub(super) peers: Vec<Peer>,
    /// The entry that it began with.
    pub(super) first: Index,
    pub(super) since: Duration,
    /// The last entry that anyone was sent.
    pub(super) sent: Index,
    pub(super) reads: Vec<Read>,
    pub(super) hand_over: Option<HandOver>,
    /// Someone may have been told to take over: the others' promises do not
    /// hold any more.
    pub(super) lease_is_over: bool,
    /// Who wants to know as soon as these are committed.
    pub(super) wanted: Vec<(Index, Member)>,
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
        let me = self.me;
        let not_leader = NotLeader {
            leader: self.leader.filter(|&leader| leader != me),
        };
        match &self.state {
            State::Leader(leadership) if leadership.hand_over.is_none() => {}
            _ => return Err(not_leader),
        }
        self.push(Entry {
            term: self.term,
            command: Some(command),
        });
        let position = self.log.last();
        let near = near.filter(|&near| near != me && near.0 < self.count);
        self.owe(near);
        if let (State::Leader(leadership), Some(near)) = (&mut self.state, near) {
            leadership.wanted.push((position.index, near));
        }
        self.commit_what_a_majority_has();
        Ok(position)
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
            peers: (0..self.count).map(|_| Peer::new(next, self.now)).collect(),
            first: next,
            since: self.stamp(),
            sent: 0,
            reads: Vec::new(),
            hand_over: None,
            lease_is_over: false,
            wanted: Vec::new(),
        });
        self.set_leader(Some(self.me));
        self.push(Entry {
            term: self.term,
            command: None,
        });
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
    fn owe(&mut self, near: Option<Member>) {
        let last = self.log.last().index;
        let others = self.majority() - 1;
        let State::Leader(leadership) = &mut self.state else {
            return;
        };
        let mut peers: Vec<Member> = (0..leadership.peers.len())
            .map(Member)
            .filter(|&peer| peer != self.me)
            .collect();
        let mut needed = match self.config.replication {
            Replication::All => peers.len(),
            Replication::Quorum => others,
        };
        // Those that answered last are the likeliest to answer.
        peers.sort_by_key(|&Member(peer)| std::cmp::Reverse(leadership.peers[peer].answered));
        peers.sort_by_key(|&peer| Some(peer) != near);
        for Member(peer) in peers {
            let peer = &mut leadership.peers[peer];
            if needed > 0 {
                peer.owed = last;
                needed -= usize::from(peer.may_send(self.config.pipeline));
            }
        }
    }

    /// Time has passed for a leader.
    pub(super) fn lead(&mut self) {
        let timeout = self.round_trip_timeout();
        let last = self.log.last().index;
        let (now, me) = (self.now, self.me);
        let State::Leader(leadership) = &mut self.state else {
            return;
        };
        let mut is_late = false;
        for (_, peer) in others(&mut leadership.peers, me) {
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
            let answering = others(&mut leadership.peers, me).filter(|(_, peer)| peer.lost == 0);
            for (_, peer) in answering {
                peer.owed = last;
            }
        }
        let contact = contact(&leadership.peers, me, self.count / 2, now);
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
        for (Member(at), peer) in leadership
            .peers
            .iter()
            .enumerate()
            .map(|(at, peer)| (Member(at), peer))
        {
            if Member(at) == self.me {
                continue;
            }
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

    /// When the last message was sent that a majority has answered, or later ones. This one
    /// answers itself at any time.
    pub(super) fn contact(&self, leadership: &Leadership) -> Option<Stamp> {
        contact(&leadership.peers, self.me, self.count / 2, self.now)
    }

    /// A follower answered.
    pub(super) fn appended(&mut self, from: Member, result: Match, sent: Stamp) {
        let now = self.now;
        let last = self.log.last().index;
        let State::Leader(leadership) = &mut self.state else {
            return;
        };
        let peer = &mut leadership.peers[from.0];
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
    fn commit_what_a_majority_has(&mut self) {
        let majority = self.majority();
        let last = self.log.last().index;
        let State::Leader(leadership) = &self.state else {
            return;
        };
        let mut matched: Vec<Index> = leadership.peers.iter().map(|peer| peer.matched).collect();
        matched[self.me.0] = last;
        matched.sort_unstable_by(|a, b| b.cmp(a));
        let index = matched[majority - 1];
        if index > self.commit && self.rules.commits(self.log.term(index), self.term) {
            self.committed(index);
            self.tell_who_wants_to_know();
            self.confirm_reads();
        }
    }

    fn tell_who_wants_to_know(&mut self) {
        let commit = self.commit;
        let knows_itself = self.followers_commit();
        let State::Leader(leadership) = &mut self.state else {
            return;
        };
        let Leadership { wanted, peers, .. } = leadership;
        wanted.retain(|&(index, near)| {
            let is_committed = index <= commit;
            if is_committed && !knows_itself {
                peers[near.0].due = true;
            }
            !is_committed
        });
    }

    /// Whether a follower and the leader are a majority, so that a follower
    /// commits what it has of the leader's term.
    pub(super) fn followers_commit(&self) -> bool {
        self.count / 2 < 2
    }

    /// Sends what is to be sent.
    pub(super) fn flush(&mut self) {
        for Member(to) in self.others() {
            loop {
                let State::Leader(leadership) = &mut self.state else {
                    return;
                };
                let peer = &mut leadership.peers[to];
                let has_news = peer.next <= peer.owed && peer.may_send(self.config.pipeline);
                if !has_news && !peer.due {
                    break;
                }
                peer.due = false;
                self.send_to_peer(Member(to), has_news);
            }
        }
    }

    fn send_to_peer(&mut self, to: Member, has_news: bool) {
        let sent = self.stamp();
        let State::Leader(leadership) = &mut self.state else {
            return;
        };
        let peer = &mut leadership.peers[to.0];
        peer.sent = self.now;
        peer.under_way.push_back(sent);
        if peer.next <= self.log.base().index
            && let Some(snapshot) = &self.snapshot
        {
            let snapshot = snapshot.clone();
            peer.next = snapshot.last.index + 1;
            leadership.sent = leadership.sent.max(snapshot.last.index);
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
        leadership.sent = leadership.sent.max(last);
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

fn others(peers: &mut [Peer], me: Member) -> impl Iterator<Item = (Member, &mut Peer)> {
    let peers = peers.iter_mut().enumerate();
    let peers = peers.map(|(at, peer)| (Member(at), peer));
    peers.filter(move |(at, _)| *at != me)
}

/// When the last message was sent that `needed` others have answered.
fn contact(peers: &[Peer], me: Member, needed: usize, now: Duration) -> Option<Stamp> {
    if needed == 0 {
        return Some(now);
    }
    let others = peers.iter().enumerate().filter(|(at, _)| *at != me.0);
    let mut answered: Vec<Option<Stamp>> = others.map(|(_, peer)| peer.answered).collect();
    answered.sort_unstable_by(|a, b| b.cmp(a));
    answered[needed - 1]
}
