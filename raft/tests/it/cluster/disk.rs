//! A member's disk: what it finds again after a crash, and the ways in which it, or who writes to
//! it, may be bad.

use std::time::Duration;

use raft::{Log, Member, Raft, Saved, Unsaved};

use super::{Digest, ms};

/// How long a write takes where nobody waits for it.
const WRITE: Duration = ms(10);

/// What is wrong with a member's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bad {
    /// It does not keep its term (paper, figure 2: persistent state).
    ForgetsTerm,
    /// It does not keep for whom it voted.
    ForgetsVote,
    /// It does not keep that it voted for itself.
    ForgetsOwnVote,
    /// It does not keep its log.
    ForgetsLog,
    /// It votes before its vote is durable.
    VotesBeforeSaved,
    /// It acknowledges entries before they are durable.
    AcknowledgesBeforeSaved,
    /// Of entries that come together, it keeps the first.
    TearsEntries,
    /// It does not cut its kept log off where other entries take its place.
    KeepsConflicts,
    /// It keeps a leader's snapshot, and its own log with it.
    KeepsLogUnderSnapshot,
    /// It cuts its log off before the snapshot is durable that stands for it.
    CutsLogBeforeSnapshot,
}

impl Bad {
    /// All of them.
    pub(crate) const ALL: [Bad; 10] = [
        Bad::ForgetsTerm,
        Bad::ForgetsVote,
        Bad::ForgetsOwnVote,
        Bad::ForgetsLog,
        Bad::VotesBeforeSaved,
        Bad::AcknowledgesBeforeSaved,
        Bad::TearsEntries,
        Bad::KeepsConflicts,
        Bad::KeepsLogUnderSnapshot,
        Bad::CutsLogBeforeSnapshot,
    ];
}

/// What is kept.
#[derive(Default)]
pub(crate) struct Disk {
    /// What is there after a crash.
    pub(crate) durable: Saved<u64, Digest>,
    /// What will be, once it is written.
    written: Saved<u64, Digest>,
    until: Duration,
}

impl Disk {
    /// Writes what a member wants saved. It waits until that is durable, unless it is bad.
    pub(crate) fn save(
        &mut self,
        now: Duration,
        raft: &Raft<Digest>,
        unsaved: Unsaved,
        bad: Option<Bad>,
    ) {
        self.pass(now);
        if unsaved == Unsaved::default() {
            return;
        }
        self.write(raft, unsaved, bad);
        let before = std::mem::replace(&mut self.durable, self.written.clone());
        match bad {
            Some(Bad::VotesBeforeSaved) => {
                (self.durable.term, self.durable.vote) = (before.term, before.vote);
            }
            Some(Bad::AcknowledgesBeforeSaved) if unsaved.log.is_some() => {
                self.durable.log = before.log;
            }
            Some(Bad::CutsLogBeforeSnapshot) => self.durable.snapshot = before.snapshot,
            _ => return,
        }
        self.until = now + WRITE;
    }

    /// What was written is durable after a while.
    fn pass(&mut self, now: Duration) {
        if self.until > Duration::ZERO && self.until <= now {
            self.durable = self.written.clone();
        }
    }

    fn write(&mut self, raft: &Raft<Digest>, unsaved: Unsaved, bad: Option<Bad>) {
        let written = &mut self.written;
        if unsaved.vote {
            (written.term, written.vote) = (raft.term(), raft.vote());
        }
        if unsaved.snapshot {
            written.snapshot = raft.snapshot().cloned();
        }
        let base = raft.log().base();
        if let Some(from) = unsaved.log {
            // Only what is told to be new is written.
            let saved = &mut written.log;
            if bad != Some(Bad::KeepsConflicts) {
                saved.truncate(from);
            }
            let is_behind = base.index > saved.last().index;
            let is_another = !saved.has(base) && base.index > saved.base().index;
            if (is_behind || is_another) && bad != Some(Bad::KeepsLogUnderSnapshot) {
                *saved = Log::after(base);
            }
            let most = match bad {
                Some(Bad::TearsEntries) => 1,
                _ => usize::MAX,
            };
            let new = raft.log().from(saved.last().index + 1);
            for entry in new.iter().take(most) {
                saved.push(entry.clone());
            }
        }
        if base.index > written.log.base().index && bad != Some(Bad::KeepsLogUnderSnapshot) {
            written.log.compact(base.index);
        }
    }

    /// What a member finds that comes back.
    pub(crate) fn found(
        &mut self,
        now: Duration,
        me: Member,
        bad: Option<Bad>,
    ) -> Saved<u64, Digest> {
        self.pass(now);
        self.until = Duration::ZERO;
        match bad {
            Some(Bad::ForgetsTerm) => {
                (self.durable.term, self.durable.vote) = (self.durable.log.last().term, None);
            }
            Some(Bad::ForgetsVote) => self.durable.vote = None,
            Some(Bad::ForgetsOwnVote) => {
                self.durable.vote = self.durable.vote.filter(|vote| *vote != me);
            }
            Some(Bad::ForgetsLog) => self.durable.log = Log::after(self.durable.log.base()),
            _ => {}
        }
        self.written = self.durable.clone();
        self.durable.clone()
    }
}
