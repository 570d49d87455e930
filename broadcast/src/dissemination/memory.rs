//! What a node still knows of the replicas after it was killed.
//!
//! It is one log on the disk. Each entry says what has changed, of one or several replicas: all
//! that one message brought is one entry, so that what is found again was at some time known here,
//! all that led to it included. What follows from the log is not said, to clients or to other
//! nodes, before the log is synced. So of this node's former lives nobody knows more than the log.

use std::cell::RefCell;

use gossip::{Known, Owner, Protocol, Replica};
use maelstrom_node::Node;
use maelstrom_node::disk::{Disk, Log};

use crate::mutation::{Mutation, breaks};

/// Which replicas a node keeps on its disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Its own, in all its lives. What others contribute is theirs to keep.
    Own,
    /// All that it knows of.
    All,
}

/// What has changed, and of whose replicas.
type Entry<R> = Vec<(Owner, <R as Replica>::Delta)>;

/// The replicas that are on the disk.
pub(super) struct Memory<R: Replica> {
    pub(super) disk: Disk,
    log: Log<Entry<R>>,
    keeps: Keeps,
    /// By replica, the version that is in the log.
    kept: RefCell<Vec<u64>>,
}

impl<R: Replica> Memory<R> {
    /// What is on the disk of this node, and a protocol for its new life, which knows all that.
    pub(super) fn open(
        node: &Node,
        keeps: Keeps,
        begin: impl FnOnce(u32) -> Protocol<R>,
    ) -> (Self, Protocol<R>) {
        let disk = node.disk();
        let (log, entries) = disk.log::<Entry<R>>("replicas");
        let is_former = |life| {
            let mut all = entries.iter().flatten();
            all.any(|(owner, _)| (owner.node, owner.life) == (node.place(), life))
        };
        let mut life = super::draw_life(node);
        while is_former(life) && !breaks(Mutation::LivesOn) {
            life = super::draw_life(node);
        }
        let mut protocol = begin(life);
        let count = entries.len();
        for (owner, delta) in entries.into_iter().flatten() {
            if !breaks(Mutation::RecallsNothing) {
                protocol.recall(owner, delta);
            }
        }
        if breaks(Mutation::RecallsTwice) {
            recall_again(&mut protocol);
        }
        let known = protocol.known();
        if count > known.len() {
            // One entry a replica says as much.
            let all = changes(known, &[]).map(|one| vec![one]);
            log.rewrite(&all.collect::<Vec<Entry<R>>>());
        }
        let kept = RefCell::new(versions(known));
        let memory = Memory {
            disk,
            log,
            keeps,
            kept,
        };
        (memory, protocol)
    }

    /// Puts into the log what is known and not in it.
    pub(super) fn save(&self, known: &[Known<R>]) {
        let known = match self.keeps {
            Keeps::All if !breaks(Mutation::KeepsOwn) => known,
            // Its former lives do not add to theirs any more.
            _ => &known[..1],
        };
        let mut kept = self.kept.borrow_mut();
        let entry: Entry<R> = changes(known, &kept).collect();
        if !entry.is_empty() {
            self.log.append(&entry);
            *kept = versions(known);
        }
    }
}

/// What it did in former lives, in others.
fn recall_again<R: Replica>(protocol: &mut Protocol<R>) {
    let all = protocol.known().iter();
    let all: Vec<(Owner, R::Delta)> = all.map(|one| (one.owner, one.since(0))).collect();
    for (Owner { node, life }, delta) in all {
        protocol.recall(
            Owner {
                node,
                life: life ^ 1 << 31,
            },
            delta,
        );
    }
}

fn versions<R: Replica>(known: &[Known<R>]) -> Vec<u64> {
    known.iter().map(|one| one.version()).collect()
}

/// What is new in these replicas since they had these versions.
fn changes<R: Replica>(
    known: &[Known<R>],
    since: &[u64],
) -> impl Iterator<Item = (Owner, R::Delta)> {
    let since = since.iter().copied().chain(std::iter::repeat(0));
    let new = known
        .iter()
        .zip(since)
        .filter(|(one, since)| one.version() > *since);
    new.map(|(one, since)| (one.owner, one.since(since)))
}
