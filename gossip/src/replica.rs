//! What a node contributes, of which every other node comes to hold a copy.
//!
//! Only its owner changes a replica, and each change raises its version; so two
//! copies of it are never in conflict, only of different age. That makes any
//! set of replicas a CRDT: merging is taking the newer copy of each.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::owner::Known;

/// One node's contribution.
pub trait Replica: Default + 'static {
    /// What brings an older copy up to date.
    type Delta: Serialize + DeserializeOwned;

    /// How many changes it has seen; 0 is the default value, which every node
    /// begins with.
    fn version(&self) -> u64;

    /// What brings a copy of this version, or a newer one, up to date.
    fn since(&self, version: u64) -> Self::Delta;

    /// The version that this copy would have after the delta: its own, if it
    /// knows all that. `None` if it is too old for the delta.
    fn version_after(&self, delta: &Self::Delta) -> Option<u64>;

    /// Whether what a message brings can be true, on one of so many nodes, beside what that
    /// knows, its own replica first; each piece of news is of one of those. (That versions are
    /// near those that are known is looked at already.) Everything that can be said can be true,
    /// unless a replica knows better.
    ///
    /// # Errors
    /// What was expected, and what was found.
    fn check(
        nodes: usize,
        known: &[Known<Self>],
        news: &[(usize, Self::Delta)],
    ) -> Result<(), String> {
        let _ = (nodes, known, news);
        Ok(())
    }

    /// Brings this copy up to date; a delta that it knows changes nothing.
    /// False if it is too old for the delta, which then changes nothing, either.
    fn apply(&mut self, delta: Self::Delta) -> bool;
}

/// Items in the order in which their node added them; all are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log<T>(Vec<T>);

/// Items of a log that follow one another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run<T> {
    /// How many items come before.
    from: u64,
    items: Vec<T>,
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Log(Vec::new())
    }
}

impl<T> Log<T> {
    /// Adds an item at the end.
    pub fn push(&mut self, item: T) {
        self.0.push(item);
    }

    /// All items.
    pub fn items(&self) -> &[T] {
        &self.0
    }
}

impl<T: Clone + Serialize + DeserializeOwned + 'static> Replica for Log<T> {
    type Delta = Run<T>;

    fn version(&self) -> u64 {
        self.0.len() as u64
    }

    fn since(&self, version: u64) -> Run<T> {
        let from = version.min(self.version());
        Run {
            from,
            items: self.0[from as usize..].to_vec(),
        }
    }

    fn version_after(&self, delta: &Run<T>) -> Option<u64> {
        let after = delta.from.checked_add(delta.items.len() as u64)?;
        (delta.from <= self.version()).then_some(after.max(self.version()))
    }

    fn apply(&mut self, delta: Run<T>) -> bool {
        let Some(known) = self.version().checked_sub(delta.from) else {
            return false;
        };
        self.0.extend(delta.items.into_iter().skip(known as usize));
        true
    }
}

/// One value, of which only the newest counts. Its memory does not grow with
/// the number of changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest<T> {
    version: u64,
    value: T,
}

impl<T> Latest<T> {
    /// Its value now.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Changes the value.
    pub fn change(&mut self, change: impl FnOnce(&mut T)) {
        change(&mut self.value);
        self.version += 1;
    }
}

impl<T: Clone + Default + Serialize + DeserializeOwned + 'static> Replica for Latest<T> {
    type Delta = Latest<T>;

    fn version(&self) -> u64 {
        self.version
    }

    fn since(&self, _version: u64) -> Latest<T> {
        self.clone()
    }

    fn version_after(&self, delta: &Latest<T>) -> Option<u64> {
        Some(delta.version.max(self.version))
    }

    fn apply(&mut self, delta: Latest<T>) -> bool {
        if delta.version > self.version {
            *self = delta;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rng::Rng;

    /// Copies that hear deltas late, twice or not at all are older, never
    /// different.
    fn copies_are_never_in_conflict<R>(change: impl Fn(&mut R, u64))
    where
        R: Replica + Clone + PartialEq + std::fmt::Debug,
        R::Delta: Clone,
    {
        let rng = Rng::new(1);
        let mut history = vec![R::default()];
        let mut copy = R::default();
        let mut deltas = Vec::new();
        for step in 0..1000 {
            let mut owned = history.last().expect("not empty").clone();
            change(&mut owned, step);
            let from = rng.below(owned.version() + 1);
            deltas.push((from, owned.since(from)));
            history.push(owned);
            if let Some((from, delta)) = rng.choose(&deltas) {
                let before = copy.version();
                let after = copy.version_after(delta);
                assert_eq!(copy.apply(delta.clone()), after.is_some());
                assert_eq!(copy.version(), after.unwrap_or(before));
                assert!(after.is_some() || *from > before);
                assert!(copy.version() >= before);
            }
            assert_eq!(copy, history[copy.version() as usize]);
        }
        let newest = history.last().expect("not empty");
        assert!(copy.version() > 100);
        assert!(copy.apply(newest.since(copy.version())));
        assert_eq!(copy, *newest);
    }

    #[test]
    fn copies_of_a_log() {
        copies_are_never_in_conflict::<Log<u64>>(|log, step| log.push(step));
    }

    #[test]
    fn copies_of_a_value() {
        copies_are_never_in_conflict::<Latest<u64>>(|latest, step| {
            latest.change(|value| *value += step);
        });
    }

    #[test]
    fn a_copy_that_is_too_old_says_so() {
        let mut log = Log::default();
        log.push("a");
        log.push("b");
        let log = Log(log.0.iter().map(|item| item.to_string()).collect());
        let mut copy = Log::default();
        assert!(!copy.apply(log.since(1)));
        assert!(copy.apply(log.since(0)));
        assert_eq!(copy, log);
    }
}
