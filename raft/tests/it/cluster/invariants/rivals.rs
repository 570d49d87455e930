//! What single steps of membership rest on (Ongaro, "bug in single-server membership changes",
//! raft-dev, 2015): when a leader begins a change, the changes that former leaders began, and that
//! it does not have, are over. Nobody could be elected by one of them any more, let alone by others than
//! those who could commit the new one.

use raft::{Log, Member};

use super::{Invariants, Node, is_majority};

impl Invariants {
    /// Looks at a leader that may just have begun a change.
    pub(super) fn no_rivals(&mut self, leader: Member, nodes: &[Node]) {
        let Some(raft) = &nodes[leader.0].raft else {
            return;
        };
        let (log, term) = (raft.log(), raft.term());
        let new = self.members_at(log.last());
        let (at, new) = (new.at, &new.members);
        if at.term != term || self.begun.contains(&at) {
            return;
        }
        let durable = |node: &Node| node.disk.durable.log.last();
        let is_rival = |node: &&Node| {
            let last = durable(node);
            let old = self.members_at(last);
            let is_left_behind = old.at.term < term && !has(log, old.at);
            let votes = |Member(voter): Member| durable(&nodes[voter]) <= last;
            let voters = old.members.voters();
            if !is_left_behind || !is_majority(voters, votes) {
                return false;
            }
            // Its majority, of as many as possible who have no say in the new one.
            let majority = |count: usize| count / 2 + 1;
            let for_it = voters.iter().filter(|voter| votes(**voter));
            let elsewhere = for_it.filter(|voter| !new.voters().contains(voter)).count();
            let taken = majority(voters.len()).saturating_sub(elsewhere);
            new.voters().len() - taken >= majority(new.voters().len())
        };
        let rival = nodes.iter().find(is_rival).map(durable);
        self.begun.insert(at);
        self.require(rival.is_none(), || {
            format!(
                "one step at a time: {leader:?} begins a change with {at:?}, and by another, at the \
                 end of {rival:?}, another leader could be elected by others"
            )
        });
    }
}

/// Whether an entry is in a log, or in what it goes on from.
fn has(log: &Log<u64>, position: raft::Position) -> bool {
    position.index <= log.base().index || log.has(position)
}
