//! The one history of all transactions that append, in the store `lin-kv`.
//!
//! Under one key is the *root*: how many transactions there are, and the last
//! of them. A transaction commits when a `cas` puts the root with it in the
//! place of the root that its node knew; so it saw everything before it. A node
//! that fell behind finds in the root what it has missed. Older transactions
//! are in *segments* of [`SEGMENT`], each under a key of its own and never
//! changed again; so the root stays small however long the history gets.

use std::time::Duration;

use maelstrom_node::kv::LinKv;
use maelstrom_node::{Error, ErrorCode, Node, NodeId, Result};
use serde::{Deserialize, Serialize};

use crate::lists::Append;

/// How many transactions a segment holds. The root holds up to twice as many.
const SEGMENT: usize = 16;

/// How long the store has to answer.
const TIMEOUT: Duration = Duration::from_secs(1);

/// What some transactions of one node appended, committed together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) appends: Vec<Append>,
    /// The node and its life, and the entry's number among those of that life.
    pub(crate) id: Id,
}

/// What no other entry has: a node that was killed and starts again counts from 1 again, but in
/// another life, a random number.
pub(crate) type Id = (NodeId, u32, u64);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Root {
    /// How many entries come before the tail: they are in segments.
    before: usize,
    tail: Vec<Entry>,
}

impl Root {
    fn count(&self) -> usize {
        self.before + self.tail.len()
    }
}

/// How an attempt to commit ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Attempt {
    Committed,
    /// Another entry came first. This one did not and will not take effect.
    Conflict,
    /// Nobody knows. Trying the same again is safe.
    Unknown(Error),
}

/// The history as this node knows it.
#[derive(Debug)]
pub(crate) struct History {
    kv: LinKv,
    /// `None`: the store has none yet, for all that is known.
    root: Option<Root>,
}

impl History {
    pub(crate) fn new(node: &Node) -> Self {
        History {
            kv: LinKv::new(node).with_timeout(TIMEOUT),
            root: None,
        }
    }

    fn count(&self) -> usize {
        self.root.as_ref().map_or(0, Root::count)
    }

    /// Gives what was committed since this was called last.
    pub(crate) async fn catch_up(&mut self) -> Result<Vec<Entry>> {
        let known = self.count();
        let Some(root) = self.kv.read::<Root>("root").await? else {
            return Ok(Vec::new());
        };
        let mut missed = Vec::new();
        for segment in known / SEGMENT..root.before / SEGMENT {
            let entries: Option<Vec<Entry>> = self.kv.read(&segment_key(segment)).await?;
            let lost = || Error::crash(format!("segment {segment} is not in lin-kv"));
            let entries = entries.ok_or_else(lost)?;
            let skip = known.saturating_sub(segment * SEGMENT);
            missed.extend(entries.into_iter().skip(skip));
        }
        let skip = known.saturating_sub(root.before);
        missed.extend(root.tail.iter().skip(skip).cloned());
        self.root = Some(root);
        Ok(missed)
    }

    /// Tries to commit an entry right after those that are known here.
    pub(crate) async fn commit(&mut self, entry: &Entry) -> Attempt {
        let mut new = self.root.clone().unwrap_or_default();
        if new.tail.len() >= 2 * SEGMENT {
            let rest = new.tail.split_off(SEGMENT);
            let key = segment_key(new.before / SEGMENT);
            // Whoever does this writes the same.
            if let Err(e) = self.kv.write(&key, &new.tail).await {
                return Attempt::Unknown(e);
            }
            new.before += SEGMENT;
            new.tail = rest;
        }
        new.tail.push(entry.clone());
        // From `null`, where there is none: that nobody puts there.
        let new = Some(new);
        match self.kv.cas_or_create("root", &self.root, &new).await {
            Ok(()) => {
                self.root = new;
                Attempt::Committed
            }
            Err(e) if e.code == ErrorCode::PreconditionFailed => Attempt::Conflict,
            Err(e) => Attempt::Unknown(e),
        }
    }
}

fn segment_key(segment: usize) -> String {
    format!("segment-{segment}")
}
