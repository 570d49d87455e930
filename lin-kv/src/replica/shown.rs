//! What a member shows of itself, to whoever walks through a run.

use maelstrom_node::NodeId;
use raft::{Index, Member, Role, Term};
use serde::Serialize;

use super::Replica;

/// What a member shows of itself.
#[derive(Serialize)]
pub(crate) struct Shown {
    role: Role,
    term: Term,
    /// Whom it has voted for in this term, and whom it takes for the leader.
    vote: Option<NodeId>,
    leader: Option<NodeId>,
    /// The last entry of its log, and the last that is committed.
    log: Index,
    commit: Index,
    /// How many changes and questions wait for an answer here.
    changes: usize,
    questions: usize,
}

impl Replica {
    pub(crate) fn shown(&self) -> Shown {
        let raft = self.0.raft.borrow();
        let name = |member: Member| self.id(member).clone();
        Shown {
            role: raft.role(),
            term: raft.term(),
            vote: raft.vote().map(name),
            leader: raft.leader().map(name),
            log: raft.log().last().index,
            commit: raft.commit(),
            changes: self.0.changes.borrow().values().map(Vec::len).sum(),
            questions: self.0.reads.borrow().len(),
        }
    }
}
