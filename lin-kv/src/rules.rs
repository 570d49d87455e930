//! The rules that durability rests on: what is kept, and what waits until it is.
//!
//! They are here, and not where they are used, so that tests can break one at a time and see
//! what comes of it.

use maelstrom_node::Rng;
use raft::{MessageOf, Raft};

use crate::store::Store;

#[cfg(feature = "mutations")]
pub(crate) use crate::mutation::Kept;

/// What every member does.
pub(crate) trait Rules {
    /// Whether a message waits until all is durable that was changed with it: a vote that is
    /// forgotten is given twice, and an entry that is acknowledged counts as one that is there
    /// for good (Raft paper, 5.2 and 5.3).
    fn waits(&self, _message: &MessageOf<Store>) -> bool {
        true
    }

    /// Whether answers wait: where a follower knows by itself that an entry is committed, since
    /// it and the leader have it, they must both still have it after a crash.
    fn answers_wait(&self) -> bool {
        true
    }

    /// Whether the entries that go on from a snapshot are kept with it: they were
    /// acknowledged.
    fn keeps_what_follows(&self) -> bool {
        true
    }

    /// What the member is told before anything else: nothing.
    fn brief(&self, _raft: &mut Raft<Store>) {}

    /// From which number on requests are numbered that have none of their own. Another one in
    /// each life: what was done for a request of an earlier life would else
    /// count as done for one of this life.
    fn first_number(&self, rng: &Rng) -> u64 {
        rng.u64() >> 12
    }
}

/// All rules, as they are.
#[cfg(not(feature = "mutations"))]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kept;

#[cfg(not(feature = "mutations"))]
impl Rules for Kept {}
