//! What one node contributes to the logs: the records that were sent to it, the
//! offsets that were committed at it, and how much it has seen of the others.

use std::collections::BTreeMap;

use gossip::Replica;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A record of a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The log.
    pub key: String,
    /// Its place in the log.
    pub offset: u64,
    /// What a client sent.
    pub msg: Value,
}

/// A node's part in the logs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contribution {
    version: u64,
    /// Each with the version that added it.
    records: Vec<(u64, Record)>,
    /// By key, the highest offset that was committed here, and the version that
    /// made it so.
    committed: BTreeMap<String, (u64, u64)>,
    /// The version that changed this, and how many records of each other node
    /// this one has, by node.
    seen: (u64, Vec<usize>),
}

/// What has changed from one version to another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Changes {
    from: u64,
    to: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<(u64, Record)>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    committed: BTreeMap<String, (u64, u64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen: Option<(u64, Vec<usize>)>,
}

impl Contribution {
    /// The records, in the order in which they were sent to this node.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &Record> {
        self.records.iter().map(|(_, record)| record)
    }

    /// The record at this place in that order.
    pub fn record(&self, place: usize) -> Option<&Record> {
        self.records.get(place).map(|(_, record)| record)
    }

    /// How many records of each other node this one has.
    pub fn seen(&self) -> &[usize] {
        &self.seen.1
    }

    /// The highest offset of the key that was committed here.
    pub fn committed(&self, key: &str) -> Option<u64> {
        self.committed.get(key).map(|(_, offset)| *offset)
    }

    /// Adds a record.
    pub fn add(&mut self, record: Record) {
        self.version += 1;
        self.records.push((self.version, record));
    }

    /// Takes note that a client is done with everything up to this offset.
    pub fn commit(&mut self, key: &str, offset: u64) {
        if self.committed(key).is_none_or(|before| before < offset) {
            self.version += 1;
            (self.committed).insert(key.to_owned(), (self.version, offset));
        }
    }

    /// Takes note of how many records of each other node this one has.
    pub fn see(&mut self, seen: Vec<usize>) {
        // They only grow.
        if seen.iter().sum::<usize>() > self.seen.1.iter().sum() {
            self.version += 1;
            self.seen = (self.version, seen);
        }
    }
}

impl Replica for Contribution {
    type Delta = Changes;

    fn version(&self) -> u64 {
        self.version
    }

    fn since(&self, version: u64) -> Changes {
        let is_new = |at: u64| at > version;
        let old = self.records.partition_point(|(at, _)| !is_new(*at));
        let committed = self.committed.iter().filter(|(_, (at, _))| is_new(*at));
        Changes {
            from: version,
            to: self.version,
            records: self.records[old..].to_vec(),
            committed: committed
                .map(|(key, entry)| (key.clone(), *entry))
                .collect(),
            seen: is_new(self.seen.0).then(|| self.seen.clone()),
        }
    }

    fn version_after(&self, changes: &Changes) -> Option<u64> {
        (changes.from <= self.version).then_some(changes.to.max(self.version))
    }

    fn apply(&mut self, changes: Changes) -> bool {
        if changes.from > self.version {
            return false;
        }
        if changes.to <= self.version {
            return true;
        }
        let known = self.version;
        let records = changes.records.into_iter().filter(|(at, _)| *at > known);
        self.records.extend(records);
        self.committed.extend(changes.committed);
        if let Some(seen) = changes.seen {
            self.seen = seen;
        }
        self.version = changes.to;
        true
    }
}
