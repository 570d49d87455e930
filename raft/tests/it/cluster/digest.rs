//! What the members' log is for, here.

use raft::StateMachine;

/// Counts commands and mixes them into a number, so that two that differ in a
/// command, or in the order, differ from then on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digest {
    pub(crate) count: u64,
    pub(crate) mix: u64,
}

impl StateMachine for Digest {
    type Command = u64;
    type Response = Digest;
    type Snapshot = Digest;

    fn apply(&mut self, command: &u64) -> Digest {
        self.count += 1;
        self.mix = (self.mix ^ command).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        *self
    }

    fn snapshot(&self) -> Digest {
        *self
    }

    fn restore(&mut self, snapshot: &Digest) {
        *self = *snapshot;
    }
}
