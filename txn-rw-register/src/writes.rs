//! What the transactions of one node have written.

use std::collections::BTreeMap;

use gossip::{Known, Replica};
use maelstrom_node::Json;
use serde::{Deserialize, Serialize};

/// A time may be this far ahead of all that are known: more transactions than there are
/// anywhere while a node hears nothing of them.
const FAR: u64 = 1 << 48;

/// A value, and the time of the transaction that wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Write {
    /// Lamport's clock: later than everything the transaction could see.
    pub time: u64,
    /// The value.
    pub value: Json,
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
    pub fn commit(&mut self, time: u64, writes: BTreeMap<String, Json>) {
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

    /// Times are near each other, and no write is later than its transactions: one near the end
    /// of its range would hide all others for ever.
    fn check(
        _nodes: usize,
        all: &[Known<Writes>],
        news: &[(usize, Changes)],
    ) -> Result<(), String> {
        for (of, changes) in news {
            let node = all[*of].owner.node;
            let Changes { from, to, time, .. } = *changes;
            for (key, (at, write)) in &changes.keys {
                if !(from < *at && *at <= to) || write.time > time {
                    return Err(format!(
                        "node {node}, key {key}: expected a version in {from}..={to} and a time up \
                         to {time}, found {at} and {}",
                        write.time
                    ));
                }
            }
        }
        // One that seems far ahead may follow on another that comes with it.
        let mut times: Vec<u64> = news.iter().map(|(_, changes)| changes.time).collect();
        times.sort_unstable();
        let mut known = all.iter().map(|one| one.time()).max().unwrap_or(0);
        for time in times {
            if time > known.saturating_add(FAR) {
                return Err(format!(
                    "time {time} is too far from {known}, which is known"
                ));
            }
            known = known.max(time);
        }
        Ok(())
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
