//! What a member keeps on its disk, so that it is the same one after it was killed: its term, its
//! vote, its log and the state that stands for the log's beginning (Raft paper, figure 2:
//! persistent state; 7).
//!
//! All of it is in one log of lines, each of which says what is true from then on. So there is one
//! order of all changes, and what a crash leaves of those that were not synced is how the member
//! was at an earlier moment: a vote is never there without its term, nor a log without the state
//! that it goes on from. A snapshot begins that log anew, at one stroke.

use maelstrom_node::disk::{Disk, Log};
use raft::{Entry, Index, Member, Position, Raft, Saved, Snapshot, Term, Unsaved};
use serde::{Deserialize, Serialize};

use crate::rules::{Kept, Rules};
use crate::store::{Command, Store};

/// What a member keeps.
pub(crate) struct Storage {
    disk: Disk,
    lines: Log<Line>,
    rules: Kept,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The term, and for whom this one voted in it.
    Vote { term: Term, vote: Option<Member> },
    /// The log from `first` on; what was there is void.
    Entries {
        first: Index,
        entries: Vec<Entry<Command>>,
    },
    /// The state, and where the log begins that goes on from it: at the state's last entry, or
    /// before it. The entries follow.
    Snapshot {
        snapshot: Snapshot<Store>,
        base: Position,
    },
}

impl Storage {
    /// What is on the disk, and what a member was that wrote it. `None` if none did.
    pub(crate) fn open(disk: Disk, rules: Kept) -> (Storage, Option<Saved<Command, Store>>) {
        let (lines, found) = disk.log("raft");
        let saved = (!found.is_empty()).then(|| replay(found));
        let storage = Storage { disk, lines, rules };
        (storage, saved)
    }

    /// Writes what a member wants saved. Whether there was anything: then nothing may depend on
    /// it before [`Storage::sync`].
    pub(crate) fn save(&self, raft: &Raft<Store>, unsaved: Unsaved) -> bool {
        if unsaved == Unsaved::default() {
            return false;
        }
        let (term, vote) = (raft.term(), raft.vote());
        let vote = Line::Vote { term, vote };
        if unsaved.snapshot
            && let Some(snapshot) = raft.snapshot()
        {
            let base = raft.log().base();
            let snapshot = Line::Snapshot {
                snapshot: snapshot.clone(),
                base,
            };
            let mut lines = vec![snapshot, vote];
            if self.rules.keeps_what_follows() {
                lines.push(entries(raft, base.index + 1));
            }
            self.lines.rewrite(&lines);
            return true;
        }
        // The vote first: an entry of a term that this one does not know of would be strange.
        if unsaved.vote {
            self.lines.append(&vote);
        }
        if let Some(first) = unsaved.log {
            self.lines.append(&entries(raft, first));
        }
        true
    }

    /// Waits until all that was written is durable.
    pub(crate) async fn sync(&self) {
        self.disk.sync().await;
    }
}

/// The log from there on.
fn entries(raft: &Raft<Store>, first: Index) -> Line {
    let first = first.max(raft.log().base().index + 1);
    Line::Entries {
        first,
        entries: raft.log().from(first).to_vec(),
    }
}

/// What a member was that wrote these lines.
fn replay(lines: Vec<Line>) -> Saved<Command, Store> {
    let mut saved = Saved::default();
    for line in lines {
        match line {
            Line::Vote { term, vote } => (saved.term, saved.vote) = (term, vote),
            Line::Entries { first, entries } => {
                saved.log.truncate(first);
                entries.into_iter().for_each(|entry| saved.log.push(entry));
            }
            Line::Snapshot { snapshot, base } => {
                saved.log = raft::Log::after(base);
                saved.snapshot = Some(snapshot);
            }
        }
    }
    saved
}
