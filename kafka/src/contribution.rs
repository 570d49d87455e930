//! What one node contributes to the logs: the records that were sent to it, the
//! offsets that were committed at it, and how much it has seen of the others.

use std::collections::BTreeMap;

use gossip::{Known, Owner, Replica};
use maelstrom_node::Json;
use serde::{Deserialize, Serialize};

/// An offset may be this far ahead of all that are known of its log, and a node may have seen
/// this many records more of another than are here.
const FAR: u64 = 1 << 48;

/// A record of a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The log.
    pub key: String,
    /// Its place in the log.
    pub offset: u64,
    /// What a client sent.
    pub msg: Json,
}

/// A node's part in the logs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contribution {
    version: u64,
    /// Each with the version that added it.
    records: Vec<(u64, Record)>,
    /// By key, the offset of the last of them.
    ends: BTreeMap<String, u64>,
    /// By key, the highest offset that was committed here, and the version that
    /// made it so.
    committed: BTreeMap<String, (u64, u64)>,
    /// The version that changed this, and how many records of each other contribution
    /// this node has.
    seen: (u64, Vec<(Owner, usize)>),
    /// The version that changed this, and of each former life of the node, how many records
    /// there are.
    former: Option<(u64, Vec<(u32, usize)>)>,
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
    seen: Option<(u64, Vec<(Owner, usize)>)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    former: Option<(u64, Vec<(u32, usize)>)>,
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

    /// How many records of each other contribution its node has.
    pub fn seen(&self) -> &[(Owner, usize)] {
        &self.seen.1
    }

    /// Of each former life of its node, how many records there are: no more will come. `None`
    /// as long as it does not know.
    pub fn former(&self) -> Option<&[(u32, usize)]> {
        self.former.as_ref().map(|(_, former)| &former[..])
    }

    /// Takes note of that.
    pub fn outlive(&mut self, former: Vec<(u32, usize)>) {
        self.version += 1;
        self.former = Some((self.version, former));
    }

    /// The highest offset of the key that was committed here.
    pub fn committed(&self, key: &str) -> Option<u64> {
        self.committed.get(key).map(|(_, offset)| *offset)
    }

    /// Adds a record.
    pub fn add(&mut self, record: Record) {
        self.version += 1;
        self.push(self.version, record);
    }

    fn push(&mut self, at: u64, record: Record) {
        match self.ends.get_mut(&record.key) {
            Some(end) => *end = record.offset,
            None => drop(self.ends.insert(record.key.clone(), record.offset)),
        }
        self.records.push((at, record));
    }

    /// Takes note that a client is done with everything up to this offset.
    pub fn commit(&mut self, key: &str, offset: u64) {
        if self.committed(key).is_none_or(|before| before < offset) {
            self.version += 1;
            (self.committed).insert(key.to_owned(), (self.version, offset));
        }
    }

    /// Takes note of how many records of each other contribution this node has.
    pub fn see(&mut self, seen: Vec<(Owner, usize)>) {
        let sum = |seen: &[(Owner, usize)]| seen.iter().map(|(_, count)| count).sum::<usize>();
        // They only grow.
        if sum(&seen) > sum(&self.seen.1) {
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
            former: self.former.clone().filter(|(at, _)| is_new(*at)),
        }
    }

    fn version_after(&self, changes: &Changes) -> Option<u64> {
        (changes.from <= self.version).then_some(changes.to.max(self.version))
    }

    /// What the order of the logs rests on: a node's offsets are of its own class, near those
    /// that are known, and only grow; and nobody has seen what is not there.
    fn check(
        nodes: usize,
        known: &[Known<Contribution>],
        news: &[(usize, Changes)],
    ) -> Result<(), String> {
        for (of, changes) in news {
            let seen = changes.seen.iter().flat_map(|(_, seen)| seen);
            (changes.check_versions())
                .and_then(|()| check_seen(known, seen.copied()))
                .map_err(|why| format!("node {}: {why}", known[*of].owner.node))?;
        }
        check_offsets(nodes as u64, known, news)
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
        for (at, record) in records {
            self.push(at, record);
        }
        self.committed.extend(changes.committed);
        if let Some(seen) = changes.seen {
            self.seen = seen;
        }
        self.former = changes.former.or(self.former.take());
        self.version = changes.to;
        true
    }
}

impl Changes {
    /// Whether everything in it is of a version that it says it holds, records in order.
    fn check_versions(&self) -> Result<(), String> {
        let Changes { from, to, .. } = *self;
        let mut before = from;
        for (at, _) in &self.records {
            if *at <= before || *at > to {
                return Err(format!(
                    "expected a record's version in {}..={to}, found {at}",
                    before.saturating_add(1)
                ));
            }
            before = *at;
        }
        let committed = self.committed.values().map(|(at, _)| *at);
        let seen = self.seen.iter().map(|(at, _)| *at);
        let former = self.former.iter().map(|(at, _)| *at);
        match committed
            .chain(seen)
            .chain(former)
            .find(|at| *at <= from || *at > to)
        {
            Some(at) => Err(format!("expected a version in {from}..={to}, found {at}")),
            None => Ok(()),
        }
    }
}

/// Whether someone can have seen so many records of each.
fn check_seen(
    known: &[Known<Contribution>],
    seen: impl Iterator<Item = (Owner, usize)>,
) -> Result<(), String> {
    for (owner, found) in seen {
        let at = known.iter().position(|one| one.owner == owner);
        let here = at.map_or(0, |at| known[at].records.len());
        let most = match at {
            // What this node has not sent, nobody has seen.
            Some(0) => here,
            _ => here.saturating_add(usize::try_from(FAR).unwrap_or(usize::MAX)),
        };
        if found > most {
            let node = owner.node;
            return Err(format!(
                "seen: expected {most} records of node {node} at most, found {found}"
            ));
        }
    }
    Ok(())
}

/// Whether these can be the offsets of new records.
fn check_offsets(
    nodes: u64,
    known: &[Known<Contribution>],
    news: &[(usize, Changes)],
) -> Result<(), String> {
    // By key, those of all nodes together: one may follow on another that comes with it.
    let mut found: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (of, changes) in news {
        let Known { owner, replica } = &known[*of];
        let node = owner.node;
        let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
        let new = changes
            .records
            .iter()
            .filter(|(at, _)| *at > replica.version);
        for (_, Record { key, offset, .. }) in new {
            let end = ends.insert(key, *offset).or(replica.ends.get(key).copied());
            if *offset % nodes != node as u64 || end.is_some_and(|end| *offset <= end) {
                return Err(format!(
                    "key {key}: expected an offset of node {node} among {nodes} above {end:?}, \
                     found {offset}"
                ));
            }
            found.entry(key).or_default().push(*offset);
        }
    }
    for (key, mut offsets) in found {
        offsets.sort_unstable();
        let ends = known.iter().filter_map(|one| one.ends.get(key));
        let mut end = ends.copied().max().unwrap_or(0);
        for offset in offsets {
            if offset > end.saturating_add(FAR) {
                return Err(format!(
                    "key {key}: offset {offset} is too far from {end}, which is known"
                ));
            }
            end = end.max(offset);
        }
    }
    Ok(())
}
