//! The log: entries by index, the first of which may have been replaced by a
//! snapshot (Raft paper, section 7).

use serde::{Deserialize, Serialize};

use crate::configuration::Configuration;

/// A reign: at most one leader each (paper, 5.1). 0 before the first.
pub type Term = u64;

/// An entry's number, from 1.
pub type Index = u64;

/// An entry by its index and its term: there is one such entry, and what comes
/// before it is the same wherever it is (paper, 5.3). The default is the place
/// before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// First, so that of two ends of a log the greater is the more up to date
    /// (paper, 5.4.1).
    pub term: Term,
    /// The entry's number.
    pub index: Index,
}

/// What the members agree on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry<C> {
    /// The term of the leader that made it.
    pub term: Term,
    /// What the state machine is to do. Nothing in the entry that every leader
    /// begins with (thesis, 6.4).
    pub command: Option<C>,
    /// Who the members are from here on, where that changes. Such an entry has no command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Configuration>,
}

impl<C> Entry<C> {
    /// For the state machine.
    pub(crate) fn command(term: Term, command: C) -> Self {
        let (command, configuration) = (Some(command), None);
        Entry {
            term,
            command,
            configuration,
        }
    }

    /// What a leader begins with.
    pub(crate) fn nothing(term: Term) -> Self {
        let (command, configuration) = (None, None);
        Entry {
            term,
            command,
            configuration,
        }
    }

    /// Other members.
    pub(crate) fn configuration(term: Term, configuration: Configuration) -> Self {
        let (command, configuration) = (None, Some(configuration));
        Entry {
            term,
            command,
            configuration,
        }
    }
}

/// Entries from one behind [`Log::base`] to [`Log::last`].
#[derive(Clone, Debug)]
pub struct Log<C> {
    base: Position,
    entries: Vec<Entry<C>>,
}

impl<C> Default for Log<C> {
    fn default() -> Self {
        Log::after(Position::default())
    }
}

impl<C> Log<C> {
    /// An empty log that goes on after this.
    pub fn after(base: Position) -> Self {
        Log {
            base,
            entries: Vec::new(),
        }
    }

    /// The last position that has no entry here any more.
    pub fn base(&self) -> Position {
        self.base
    }

    /// The end of the log.
    pub fn last(&self) -> Position {
        let index = self.base.index + self.entries.len() as Index;
        let term = self.entries.last().map_or(self.base.term, |last| last.term);
        Position { term, index }
    }

    /// The entry's term. `None` if it is not here.
    pub fn term(&self, index: Index) -> Option<Term> {
        if index == self.base.index {
            return Some(self.base.term);
        }
        self.get(index).map(|entry| entry.term)
    }

    /// Whether this very entry is here.
    pub fn has(&self, position: Position) -> bool {
        self.term(position.index) == Some(position.term)
    }

    /// An entry, if it is here.
    pub fn get(&self, index: Index) -> Option<&Entry<C>> {
        let offset = index.checked_sub(self.base.index + 1)?;
        self.entries.get(usize::try_from(offset).ok()?)
    }

    /// The entries from this one to the end. All that are here, if it is not.
    pub fn from(&self, index: Index) -> &[Entry<C>] {
        let offset = index.saturating_sub(self.base.index + 1) as usize;
        self.entries.get(offset..).unwrap_or_default()
    }

    /// The first entry of the same term as this one, as far as they are here.
    pub(crate) fn first_of_term(&self, index: Index) -> Index {
        let term = self.term(index);
        let mut first = index;
        while first > self.base.index + 1 && self.term(first - 1) == term {
            first -= 1;
        }
        first
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: Entry<C>) {
        self.entries.push(entry);
    }

    /// Removes this entry and all that follow.
    pub fn truncate(&mut self, index: Index) {
        let kept = index.saturating_sub(self.base.index + 1);
        self.entries.truncate(kept as usize);
    }

    /// Removes the entries up to this one, which a snapshot holds.
    pub fn compact(&mut self, up_to: Index) {
        let Some(term) = self.term(up_to) else {
            return;
        };
        self.entries.drain(..(up_to - self.base.index) as usize);
        self.base = Position { term, index: up_to };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(terms: &[Term]) -> Log<()> {
        let mut log = Log::default();
        for &term in terms {
            log.push(Entry::command(term, ()));
        }
        log
    }

    #[test]
    fn positions_stay_when_the_beginning_goes() {
        let mut log = log(&[1, 1, 2, 2, 2, 5]);
        assert_eq!(log.last(), Position { term: 5, index: 6 });
        assert_eq!(log.first_of_term(5), 3);
        log.compact(4);
        assert_eq!(log.base(), Position { term: 2, index: 4 });
        assert_eq!(log.last(), Position { term: 5, index: 6 });
        let terms = [3, 4, 5, 6, 7].map(|index| log.term(index));
        assert_eq!(terms, [None, Some(2), Some(2), Some(5), None]);
        assert_eq!(log.first_of_term(5), 5);
        assert_eq!((log.from(2).len(), log.from(6).len()), (2, 1));
        log.compact(9);
        log.truncate(6);
        assert_eq!(log.last(), Position { term: 2, index: 5 });
        log.compact(5);
        assert_eq!(log.last(), log.base());
    }

    #[test]
    fn the_later_term_is_more_up_to_date_then_the_longer_log() {
        let short_and_new = log(&[1, 3]).last();
        let long_and_old = log(&[1, 2, 2, 2]).last();
        assert!(short_and_new > long_and_old);
        assert!(log(&[1, 3, 3]).last() > short_and_new);
    }
}
