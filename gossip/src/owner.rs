//! Whose a replica is: a node's, of one of its lives.
//!
//! A node that was killed and starts again knows nothing of what it said before, and begins
//! another replica. So a replica belongs to a node *in a life*, a number that the node draws when
//! it starts; what it contributed in former lives stays, as if it were another's.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// A node in one of its lives. On the wire, two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(usize, u32)", into = "(usize, u32)")]
pub struct Owner {
    /// The node's place in the list of all nodes.
    pub node: usize,
    /// What it drew when it started; not 0.
    pub life: u32,
}

impl From<(usize, u32)> for Owner {
    fn from((node, life): (usize, u32)) -> Self {
        Owner { node, life }
    }
}

impl From<Owner> for (usize, u32) {
    fn from(Owner { node, life }: Owner) -> Self {
        (node, life)
    }
}

/// A replica, as far as it is known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<R> {
    /// Whose it is.
    pub owner: Owner,
    /// What that one contributed.
    pub replica: R,
}

impl<R> Deref for Known<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.replica
    }
}
