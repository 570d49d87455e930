//! What the transactions of one node have written.

use std::collections::BTreeMap;

use gossip::Replica;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A value, and the time of the transaction that wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Write {
    /// Lamport's clock: later than everything the transaction could see.
    pub time: u64,
    /// The value.
    pub value: Value,
}

/// The last write of each key by one node's transactions. Memory is bounded by
/// the number of keys: what was overwritten is gone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Writes {
    /// One more for each transaction.
    version: u64,
    /// The time of the last one.
    time: u64,
    /// By key (as JSON), the version that wrote it, and what.
    keys: BTreeMap<String, (u64, Write)>,
}

/// What several transactions, one after the other, have changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Changes {
    from: u64,
    to: u64,
    time: u64,
    keys: BTreeMap<String, (u64, Write)>,
}

impl Writes {
    /// The last write of the key.
    pub fn get(&self, key: &str) -> Option<&Write> {
        self.keys.get(key).map(|(_, write)| write)
    }

    /// The time of the last transaction.
    pub fn time(&self) -> u64 {
        self.time
    }

    /// Commits a transaction: all its writes at once.
    pub fn commit(&mut self, time: u64, writes: BTreeMap<String, Value>) {
        self.version += 1;
        self.time = self.time.max(time);
        for (key, value) in writes {
            let write = Write { time, value };
            self.keys.insert(key, (self.version, write));
        }
    }
}

impl Replica for Writes {
    type Delta = Changes;

    fn version(&self) -> u64 {
        self.version
    }

    fn since(&self, version: u64) -> Changes {
        let new = self.keys.iter().filter(|(_, (at, _))| *at > version);
        Changes {
            from: version,
            to: self.version,
            time: self.time,
            keys: new
                .map(|(key, write)| (key.clone(), write.clone()))
                .collect(),
        }
    }

    fn version_after(&self, changes: &Changes) -> Option<u64> {
        (changes.from <= self.version).then_some(changes.to.max(self.version))
    }

    fn apply(&mut self, changes: Changes) -> bool {
        if changes.from > self.version {
            return false;
        }
        if changes.to > self.version {
            self.version = changes.to;
            self.time = changes.time;
            self.keys.extend(changes.keys);
        }
        true
    }
}
