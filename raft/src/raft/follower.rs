//! What a follower does with what the leader sends (paper, 5.3 and 7).

use super::{Entry, Index, Match, Position, Raft, Snapshot, StateMachine};
use crate::log::Log;
use crate::output::Event;
use crate::rules::Rules;

impl<M: StateMachine> Raft<M> {
    /// Takes the leader's entries, if they follow on what is here.
    pub(super) fn append(
        &mut self,
        previous: Position,
        entries: Vec<Entry<M::Command>>,
        commit: Index,
    ) -> Match {
        if !self.rules.follows_on(&self.log, previous) {
            return Match::Differs {
                previous: previous.index,
                hint: self.hint(previous),
            };
        }
        let sent = previous.index + entries.len() as Index;
        let cut = self
            .rules
            .gives_way(&self.log, previous.index, &entries, self.commit);
        if let Some(index) = cut {
            self.truncate(index);
        }
        for (entry, index) in entries.into_iter().zip(previous.index + 1..) {
            if index > self.log.last().index {
                self.push(entry);
            }
        }
        let last = self.log.last().index;
        let matched = self.rules.acknowledges(sent, last);
        let mut committed = self.rules.knows_committed(commit, matched, last);
        if self.log.term(matched) == Some(self.term)
            && self
                .leader
                .is_some_and(|leader| self.are_enough(leader, matched))
        {
            // The leader and this one are a majority; see [`super::leader`].
            committed = committed.max(matched);
        }
        self.committed(committed);
        Match::UpTo(matched)
    }

    fn truncate(&mut self, index: Index) {
        if index <= self.log.last().index {
            self.log.truncate(index);
            if self.rules.rolls_back() {
                self.configurations.truncate(index);
            }
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
        if !self.rules.is_news(last.index, self.commit) {
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
        if self.rules.takes_configuration() {
            self.find_configurations();
        }
        self.output.unsaved.snapshot = true;
        self.output.events.push(Event::Restored { last });
        last.index
    }
}
