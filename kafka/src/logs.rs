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
//!
//! A node that was killed and started again keeps the promises of its former lives: it assigns
//! nothing before it has seen all that any node has seen. Records that nobody had heard of are
//! lost; so that their offsets are not given twice, it leaves a gap of `UNHEARD`. Then it says
//! how many records of each former life there are. What it promises counts for those who have
//! that many.
//!
//! One that has on its disk all that it ever said knows that at once, and leaves no gap.

use std::collections::BTreeMap;

use gossip::{Known, Owner};

use crate::contribution::{Contribution, Record};

/// How many records of a log a node may have taken before it was killed, of which no other heard.
const UNHEARD: u64 = 1 << 16;

/// The index of all records that this node has.
#[derive(Debug)]
pub struct Logs {
    me: usize,
    nodes: usize,
    /// Whether nothing was lost of this node's former lives.
    remembers: bool,
    logs: BTreeMap<String, Log>,
    /// Whose the contributions are.
    owners: Vec<Owner>,
    /// By contribution, whether its owner has said how many records of its former lives there
    /// are. Before that, what it has seen promises nothing.
    promises: Vec<bool>,
    /// By contribution, whether nothing of it is to come any more.
    ended: Vec<bool>,
    /// By node, whether it has had a life of which nothing is here.
    is_missing: Vec<bool>,
    /// By contribution, and by the one whose records they are: how many the owner of the first
    /// is known to have seen, and they are here.
    seen: Vec<Vec<usize>>,
}

#[derive(Debug, Default)]
struct Log {
    /// By offset, of which contribution the record is, and its place there.
    records: BTreeMap<u64, (usize, usize)>,
    /// Whether this node has added any, in its present life.
    has_own: bool,
    /// By contribution, the lowest offset that its owner may still assign, for all that is
    /// known here; where it is not here, the node's first.
    promised: Vec<u64>,
    /// What the floor was when another life of a node came to be known.
    settled: u64,
}

impl Log {
    /// The owner of a contribution has seen a record at this offset.
    fn sees(&mut self, owners: &[Owner], nodes: usize, viewer: usize, offset: u64) {
        for owner in &owners[self.promised.len()..] {
            self.promised.push(owner.node as u64);
        }
        let (nodes, rest) = (nodes as u64, owners[viewer].node as u64);
        // The first above the offset that is the node's.
        let next = offset + 1;
        let next = next + (rest + nodes - next % nodes) % nodes;
        self.promised[viewer] = self.promised[viewer].max(next);
    }
}

impl Logs {
    /// The index of node `me` among `nodes`; empty.
    pub fn new(me: usize, nodes: usize) -> Self {
        Logs {
            me,
            nodes,
            remembers: false,
            logs: BTreeMap::new(),
            owners: Vec::new(),
            promises: Vec::new(),
            ended: Vec::new(),
            is_missing: vec![false; nodes],
            seen: Vec::new(),
        }
    }

    /// Nothing is lost of what this node has said in its former lives: so no offset need be left
    /// out that it might have given.
    pub fn remember(&mut self) {
        self.remembers = true;
    }

    /// The offset for the next record that this node adds to the log.
    pub fn next_offset(&self, key: &str) -> u64 {
        let log = self.logs.get(key);
        let next = log.and_then(|log| log.promised.first().copied());
        let next = next.unwrap_or(self.me as u64);
        if self.remembers || log.is_some_and(|log| log.has_own) {
            return next;
        }
        // Each of the former lives left such a gap itself.
        let former = self
            .owners
            .iter()
            .skip(1)
            .filter(|owner| owner.node == self.me);
        next + former.count() as u64 * UNHEARD * self.nodes as u64
    }

    /// Takes in what is new in the contributions, this node's own first, which only ever grow.
    /// Gives how many records of each other one are here.
    pub fn update(&mut self, known: &[Known<Contribution>]) -> Vec<(Owner, usize)> {
        self.meet(known);
        let counts: Vec<usize> = (known.iter()).map(|one| one.records().len()).collect();
        // First this node's own view, so that every record has its place.
        for (origin, contribution) in known.iter().enumerate() {
            for place in self.seen[0][origin]..counts[origin] {
                if let Some(record) = contribution.record(place) {
                    let log = self.logs.entry(record.key.clone()).or_default();
                    log.records.insert(record.offset, (origin, place));
                    log.has_own |= origin == 0;
                    log.sees(&self.owners, self.nodes, 0, record.offset);
                    // Whoever added it has seen it.
                    log.sees(&self.owners, self.nodes, origin, record.offset);
                }
            }
            self.seen[0][origin] = counts[origin];
        }
        for (viewer, contribution) in known.iter().enumerate().skip(1) {
            for (owner, count) in contribution.seen() {
                let Some(origin) = self.owners.iter().position(|one| one == owner) else {
                    continue;
                };
                let from = self.seen[viewer][origin];
                let to = counts[origin].min(*count).max(from);
                for place in from..to {
                    if let Some(record) = known[origin].record(place) {
                        let log = self.logs.entry(record.key.clone()).or_default();
                        log.sees(&self.owners, self.nodes, viewer, record.offset);
                    }
                }
                self.seen[viewer][origin] = to;
            }
        }
        self.hear_of_former_lives(known, &counts);
        let others = known.iter().zip(counts).skip(1);
        let seen = others.map(|(one, count)| (one.owner, count));
        seen.filter(|(_, count)| *count > 0).collect()
    }

    fn hear_of_former_lives(&mut self, known: &[Known<Contribution>], counts: &[usize]) {
        self.is_missing.fill(false);
        for (at, contribution) in known.iter().enumerate() {
            let Some(former) = contribution.former() else {
                continue;
            };
            self.promises[at] = true;
            let node = contribution.owner.node;
            for &(life, count) in former {
                let former = Owner { node, life };
                match self.owners.iter().position(|one| *one == former) {
                    Some(at) => self.ended[at] |= counts[at] >= count,
                    None => self.is_missing[node] |= count > 0,
                }
            }
        }
    }

    /// Makes room for contributions that were not known before.
    fn meet(&mut self, known: &[Known<Contribution>]) {
        if known.len() == self.owners.len() {
            return;
        }
        // A node in another life has promised nothing yet that is known here; but it keeps
        // what it had promised.
        let floors: Vec<u64> = self.logs.values().map(|log| self.floor(log)).collect();
        for (log, floor) in self.logs.values_mut().zip(floors) {
            log.settled = floor;
        }
        let new = &known[self.owners.len()..];
        self.owners.extend(new.iter().map(|one| one.owner));
        self.promises.resize(known.len(), false);
        self.ended.resize(known.len(), false);
        self.seen.resize(known.len(), Vec::new());
        for seen in &mut self.seen {
            seen.resize(known.len(), 0);
        }
    }

    /// Below this, nothing will be added to the log any more.
    fn floor(&self, log: &Log) -> u64 {
        let node_floor = |node: usize| {
            let lives = self
                .owners
                .iter()
                .enumerate()
                .filter(|(at, owner)| owner.node == node && !self.ended[*at]);
            let promised = lives.map(|(at, _)| match self.promises[at] {
                true => log.promised.get(at).copied(),
                false => None,
            });
            let lowest = promised.min().flatten();
            lowest
                .filter(|_| !self.is_missing[node])
                .unwrap_or(node as u64)
        };
        let floor = (0..self.nodes).map(node_floor).min();
        floor.unwrap_or(0).max(log.settled)
    }

    /// The records of a log from this offset on that are complete, `most` at
    /// most.
    pub fn read<'a>(
        &'a self,
        known: &'a [Known<Contribution>],
        key: &str,
        from: u64,
        most: usize,
    ) -> impl Iterator<Item = &'a Record> {
        let log = self.logs.get(key);
        let floor = log.map_or(0, |log| self.floor(log));
        let places = log.map(|log| log.records.range(from..floor.max(from)));
        let places = places.into_iter().flatten().take(most);
        places.filter_map(|(_, (origin, place))| known.get(*origin)?.record(*place))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use gossip::Replica;
    use maelstrom_node::Rng;

    use super::*;

    /// Nodes that copy each other's contributions.
    struct World {
        known: Vec<Vec<Known<Contribution>>>,
        logs: Vec<Logs>,
    }

    impl World {
        fn new(nodes: usize) -> Self {
            let mut world = World {
                known: (0..nodes).map(|node| vec![unknown(node, 1)]).collect(),
                logs: (0..nodes).map(|me| Logs::new(me, nodes)).collect(),
            };
            for (me, known) in world.known.iter_mut().enumerate() {
                known[0].replica.outlive(Vec::new());
                let others = (0..nodes).filter(|node| *node != me);
                known.extend(others.map(|node| unknown(node, 1)));
            }
            world
        }

        /// A node hears from another of one contribution.
        fn hear(&mut self, node: usize, from: usize, owner: Owner) {
            let theirs = self.known[from].iter().find(|one| one.owner == owner);
            let theirs = theirs.expect("it knows of it").replica.clone();
            let known = &mut self.known[node];
            if known[0].owner == owner {
                return;
            }
            let at = known.iter().position(|one| one.owner == owner);
            let at = at.unwrap_or_else(|| {
                known.push(unknown(owner.node, owner.life));
                known.len() - 1
            });
            let mine = &mut known[at].replica;
            assert!(mine.apply(theirs.since(mine.version())));
        }

        /// A node hears from every other of all that it knows.
        fn hear_all(&mut self, node: usize) {
            for from in (0..self.known.len()).filter(|from| *from != node) {
                let owners: Vec<Owner> = self.known[from].iter().map(|one| one.owner).collect();
                for owner in owners {
                    self.hear(node, from, owner);
                }
            }
            self.update(node);
        }

        fn update(&mut self, node: usize) {
            let counts = self.logs[node].update(&self.known[node]);
            self.known[node][0].replica.see(counts);
        }

        /// A node is killed and starts again, with nothing.
        fn kill(&mut self, node: usize) {
            let life = self.known[node][0].owner.life + 1;
            self.known[node] = vec![unknown(node, life)];
            self.logs[node] = Logs::new(node, self.logs.len());
            self.hear_all(node);
            // They hear of it.
            for known in &mut self.known {
                if known[0].owner.node != node {
                    known.push(unknown(node, life));
                }
            }
            let former = crate::former_lives(&self.known[node]);
            self.known[node][0].replica.outlive(former);
            self.update(node);
        }

        fn poll(&self, node: usize, key: &str) -> Vec<u64> {
            let found = self.logs[node].read(&self.known[node], key, 0, usize::MAX);
            found.map(|record| record.offset).collect()
        }

        /// The offsets of all records that any node has.
        fn kept(&self, key: &str) -> Vec<u64> {
            let records = self.known.iter().flatten().flat_map(|one| one.records());
            let of_key = records.filter(|record| record.key == key);
            let offsets: BTreeSet<u64> = of_key.map(|record| record.offset).collect();
            offsets.into_iter().collect()
        }
    }

    fn unknown(node: usize, life: u32) -> Known<Contribution> {
        Known {
            owner: Owner { node, life },
            replica: Contribution::default(),
        }
    }

    /// They copy each other's contributions now and then, in any order, and some are killed;
    /// whatever a poll returned, nothing ever appears below it, and no offset is given twice.
    #[test]
    fn nothing_appears_below_a_floor() {
        let mut killed = 0;
        for seed in 0..400 {
            let rng = Rng::new(seed);
            let nodes = 1 + rng.below(4) as usize;
            let kills = [0.0, 0.02][seed as usize % 2];
            let mut world = World::new(nodes);
            let mut polled: BTreeMap<(usize, &str), Vec<u64>> = BTreeMap::new();
            let mut sent: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
            let keys = ["a", "b"];
            for step in 0..300 {
                let node = rng.below(nodes as u64) as usize;
                let key = *rng.choose(&keys).unwrap();
                // One that is alone has nobody to tell it.
                if nodes > 1 && rng.chance(kills) {
                    world.kill(node);
                    polled.retain(|(of, _), _| *of != node);
                    killed += 1;
                } else if step < 250 && rng.chance(0.4) {
                    let offset = world.logs[node].next_offset(key);
                    let of_key = sent.entry(key).or_default();
                    assert!(!of_key.contains(&offset), "seed {seed}: {offset} twice");
                    of_key.push(offset);
                    world.known[node][0].replica.add(Record {
                        key: key.into(),
                        offset,
                        msg: step.to_string().parse().unwrap(),
                    });
                } else {
                    // Hears from another, about itself or a third.
                    let from = rng.below(nodes as u64) as usize;
                    if from != node {
                        let of = rng.below(world.known[from].len() as u64) as usize;
                        world.hear(node, from, world.known[from][of].owner);
                    }
                }
                world.update(node);
                let found = world.poll(node, key);
                let before = polled.entry((node, key)).or_default();
                assert!(
                    found.starts_with(before),
                    "seed {seed}, step {step}: {before:?}, then {found:?}"
                );
                *before = found;
            }
            // In the end, everyone hears of everything twice: of the records, and
            // of who has seen them. Then all are complete.
            for _ in 0..3 {
                (0..nodes).for_each(|node| world.hear_all(node));
            }
            for (key, sent) in &mut sent {
                sent.sort_unstable();
                let kept = world.kept(key);
                for node in 0..nodes {
                    assert_eq!(
                        world.poll(node, key),
                        kept,
                        "seed {seed}, node {node}, {key}"
                    );
                }
                if kills == 0.0 {
                    assert_eq!(kept, *sent);
                    // Gaps are small.
                    let most = 2 * (nodes * sent.len()) as u64;
                    assert!(sent.iter().all(|offset| *offset <= most));
                }
            }
        }
        assert!(killed > 500, "{killed}");
    }
}
