//! What a follower does with what the leader sends (paper, 5.3 and 7).

use super::{Entry, Index, Match, Position, Raft, Snapshot, StateMachine};
use crate::log::Log;
use crate::mutation::Mutation;
use crate::output::Event;

impl<M: StateMachine> Raft<M> {
    /// Takes the leader's entries, if they follow on what is here.
    pub(super) fn append(
        &mut self,
        previous: Position,
        entries: Vec<Entry<M::Command>>,
        commit: Index,
    ) -> Match {
        let base = self.log.base().index;
        // What is below the base is committed, so it is the same.
        let fits = previous.index <= base
            || self.log.has(previous)
            || (self.config.breaks(Mutation::AppendsAnywhere)
                && previous.index <= self.log.last().index);
        if !fits {
            return Match::Differs {
                previous: previous.index,
                hint: self.hint(previous),
            };
        }
        let mut matched = previous.index + entries.len() as Index;
        if self.config.breaks(Mutation::TruncatesAlways) && matched >= self.commit {
            self.truncate(matched + 1);
        }
        for (entry, index) in entries.into_iter().zip(previous.index + 1..) {
            let is_here = self.log.term(index) == Some(entry.term) || index <= base;
            let is_kept =
                self.config.breaks(Mutation::KeepsConflicts) && self.log.get(index).is_some();
            if is_here || is_kept {
                continue;
            }
            self.truncate(index);
            self.push(entry);
        }
        if self.config.breaks(Mutation::AcknowledgesAll) {
            matched = self.log.last().index;
        }
        let mut committed = commit.min(matched);
        if self.config.breaks(Mutation::CommitsUnchecked) {
            committed = commit.min(self.log.last().index);
        }
        if self.followers_commit() && self.log.term(matched) == Some(self.term) {
            // The leader and this one are a majority; see [`super::leader`].
            committed = committed.max(matched);
        }
        self.committed(committed);
        Match::UpTo(matched)
    }

    fn truncate(&mut self, index: Index) {
        if index <= self.log.last().index {
            self.log.truncate(index);
            self.log_changed(index);
        }
    }

    /// Where the logs may be the same: a term is skipped at a time (paper, 5.3).
    fn hint(&self, previous: Position) -> Index {
        let last = self.log.last();
        if previous.index > last.index {
            return last.index + 1;
        }
        self.log.first_of_term(previous.index).max(self.commit + 1)
    }

    /// Takes the leader's state. Gives the index up to which the logs are then the same.
    pub(super) fn install(&mut self, snapshot: Snapshot<M::Snapshot>) -> Index {
        let last = snapshot.last;
        if last.index <= self.commit && !self.config.breaks(Mutation::RestoresBackwards) {
            return last.index;
        }
        if self.log.has(last) {
            // What follows it may be the leader's.
            self.log.compact(last.index);
        } else {
            self.log = Log::after(last);
        }
        self.log_changed(last.index + 1);
        self.machine.restore(&snapshot.state);
        (self.commit, self.applied) = (last.index, last.index);
        self.snapshot = Some(snapshot);
        self.output.unsaved.snapshot = true;
        self.output.events.push(Event::Restored { last });
        last.index
    }
}
