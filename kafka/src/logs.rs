//! The logs as one node sees them: which offset comes next, and up to where a
//! log is complete.
//!
//! Node i of n assigns the offsets that leave the rest i when divided by n: each
//! the next one above everything it has seen of that log. So two nodes never
//! assign the same offset, and whoever has seen a record never again assigns an
//! offset below it (a Lamport clock for each log; Lamport 1978).
//!
//! That makes a promise of what a node has seen, and the promises of all nodes
//! together say up to where a log is complete: no record will come there any
//! more. Polls stop at that *floor*, so they never skip a record.

use std::collections::BTreeMap;

use crate::contribution::{Contribution, Record};

/// The index of all records that this node has.
#[derive(Debug)]
pub struct Logs {
    me: usize,
    logs: BTreeMap<String, Log>,
    /// By node, and by the node whose records they are: how many the first is
    /// known to have seen, and they are here.
    seen: Vec<Vec<usize>>,
}

#[derive(Debug)]
struct Log {
    /// By offset, whose record it is, and its place among that node's.
    records: BTreeMap<u64, (usize, usize)>,
    /// By node, the lowest offset that it may still assign, for all that is
    /// known here.
    promised: Vec<u64>,
}

impl Log {
    fn new(nodes: usize) -> Self {
        Log {
            records: BTreeMap::new(),
            promised: (0..nodes as u64).collect(),
        }
    }

    /// The node has seen a record at this offset.
    fn sees(&mut self, node: usize, offset: u64) {
        let nodes = self.promised.len() as u64;
        let rest = node as u64;
        // The first above the offset that is the node's.
        let next = offset + 1;
        let next = next + (rest + nodes - next % nodes) % nodes;
        self.promised[node] = self.promised[node].max(next);
    }

    /// Below this, nothing will be added any more.
    fn floor(&self) -> u64 {
        self.promised.iter().copied().min().unwrap_or(0)
    }
}

impl Logs {
    /// The index of node `me` among `nodes`; empty.
    pub fn new(me: usize, nodes: usize) -> Self {
        Logs {
            me,
            logs: BTreeMap::new(),
            seen: vec![vec![0; nodes]; nodes],
        }
    }

    /// The offset for the next record that this node adds to the log.
    pub fn next_offset(&self, key: &str) -> u64 {
        match self.logs.get(key) {
            Some(log) => log.promised[self.me],
            None => self.me as u64,
        }
    }

    /// Takes in what is new in the contributions, which only ever grow. Gives how
    /// many records of each other node are here.
    pub fn update(&mut self, contributions: &[Contribution]) -> Vec<usize> {
        let counts: Vec<usize> = (contributions.iter())
            .map(|contribution| contribution.records().len())
            .collect();
        // First this node's own view, so that every record has its place.
        for (origin, contribution) in contributions.iter().enumerate() {
            let from = self.seen[self.me][origin];
            for place in from..counts[origin] {
                if let Some(record) = contribution.record(place) {
                    let me = self.me;
                    let log = self.log(&record.key);
                    log.records.insert(record.offset, (origin, place));
                    log.sees(me, record.offset);
                    // Whoever added it has seen it.
                    log.sees(origin, record.offset);
                }
            }
            self.seen[self.me][origin] = counts[origin];
        }
        for (node, contribution) in contributions.iter().enumerate() {
            if node == self.me {
                continue;
            }
            for (origin, count) in contribution.seen().iter().enumerate() {
                let Some(records) = contributions.get(origin) else {
                    continue;
                };
                let from = self.seen[node][origin];
                let to = counts[origin].min(*count).max(from);
                for place in from..to {
                    if let Some(record) = records.record(place) {
                        self.log(&record.key).sees(node, record.offset);
                    }
                }
                self.seen[node][origin] = to;
            }
        }
        let mut seen = counts;
        seen[self.me] = 0;
        seen
    }

    /// The records of a log from this offset on that are complete, `most` at
    /// most.
    pub fn read<'a>(
        &'a self,
        contributions: &'a [Contribution],
        key: &str,
        from: u64,
        most: usize,
    ) -> impl Iterator<Item = &'a Record> {
        let log = self.logs.get(key);
        let floor = log.map_or(0, Log::floor);
        let places = log.map(|log| log.records.range(from..floor.max(from)));
        let places = places.into_iter().flatten().take(most);
        places.filter_map(|(_, (origin, place))| contributions.get(*origin)?.record(*place))
    }

    fn log(&mut self, key: &str) -> &mut Log {
        let nodes = self.seen.len();
        if !self.logs.contains_key(key) {
            self.logs.insert(key.to_owned(), Log::new(nodes));
        }
        self.logs.get_mut(key).expect("it was just put there")
    }
}

#[cfg(test)]
mod tests {
    use gossip::Replica;
    use maelstrom_node::Rng;

    use super::*;

    /// Nodes that copy each other's contributions now and then, in any order;
    /// whatever a poll returned, nothing ever appears below it.
    #[test]
    fn nothing_appears_below_a_floor() {
        for seed in 0..200 {
            let rng = Rng::new(seed);
            let nodes = 1 + rng.below(4) as usize;
            let mut copies = vec![vec![Contribution::default(); nodes]; nodes];
            let mut logs: Vec<Logs> = (0..nodes).map(|me| Logs::new(me, nodes)).collect();
            let mut polled: BTreeMap<(usize, &str), Vec<u64>> = BTreeMap::new();
            let mut sent: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
            let keys = ["a", "b"];
            for step in 0..300 {
                let node = rng.below(nodes as u64) as usize;
                let key = *rng.choose(&keys).unwrap();
                if step < 250 && rng.chance(0.4) {
                    let offset = logs[node].next_offset(key);
                    let of_key = sent.entry(key).or_default();
                    assert!(!of_key.contains(&offset), "seed {seed}: {offset} twice");
                    of_key.push(offset);
                    copies[node][node].add(Record {
                        key: key.into(),
                        offset,
                        msg: step.to_string().parse().unwrap(),
                    });
                } else {
                    // Hears from another, about itself or a third.
                    let from = rng.below(nodes as u64) as usize;
                    let of = rng.below(nodes as u64) as usize;
                    if from != node && of != node {
                        let changes = copies[from][of].since(copies[node][of].version());
                        assert!(copies[node][of].apply(changes));
                    }
                }
                let counts = logs[node].update(&copies[node]);
                copies[node][node].see(counts);
                let found = logs[node].read(&copies[node], key, 0, usize::MAX);
                let found: Vec<u64> = found.map(|record| record.offset).collect();
                let before = polled.entry((node, key)).or_default();
                assert!(
                    found.starts_with(before),
                    "seed {seed}, step {step}: {before:?}, then {found:?}"
                );
                *before = found;
            }
            // In the end, everyone hears of everything twice: of the records, and
            // of who has seen them. Then all are complete.
            for _ in 0..2 {
                for node in 0..nodes {
                    for of in (0..nodes).filter(|of| *of != node) {
                        let changes = copies[of][of].since(copies[node][of].version());
                        assert!(copies[node][of].apply(changes));
                    }
                    let counts = logs[node].update(&copies[node]);
                    copies[node][node].see(counts);
                }
            }
            for node in 0..nodes {
                for of in (0..nodes).filter(|of| *of != node) {
                    let changes = copies[of][of].since(copies[node][of].version());
                    assert!(copies[node][of].apply(changes));
                }
                logs[node].update(&copies[node]);
                for (key, sent) in &mut sent {
                    sent.sort_unstable();
                    let found = logs[node].read(&copies[node], key, 0, usize::MAX);
                    let found: Vec<u64> = found.map(|record| record.offset).collect();
                    assert_eq!(found, *sent, "seed {seed}, node {node}, {key}");
                    // Gaps are small.
                    let most = 2 * (nodes * sent.len()) as u64;
                    assert!(sent.iter().all(|offset| *offset <= most));
                }
            }
        }
    }
}
