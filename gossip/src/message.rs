//! What nodes say to each other: one type of message, most of whose fields are
//! left out most of the time.

use serde::{Deserialize, Serialize};

use crate::versions::Versions;

/// A message of the protocol; `D` is the replicas' delta. Nodes are numbers,
/// their places in the list of all nodes; and so are replicas, in the order in which the sender
/// came to know them (`protocol/lives.rs`).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message<D> {
    /// What the sender holds. Acknowledges everything that led to it.
    pub(crate) have: Versions,
    /// By replica, what the sender thinks that the receiver lacks.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub(crate) news: Vec<(usize, D)>,
    /// What came to the sender from others may reach the receiver later, from
    /// them.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) part: bool,
    /// The receiver is the sender's hub.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) up: bool,
    /// The sender says this to everyone: a hub once an epoch, an eager node at
    /// once.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) push: bool,
    /// In how many nanoseconds the sender, a hub, pushes next; and how many come
    /// to pass from one push to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_push: Option<(u64, u64)>,
    /// To a hub: how many nanoseconds ago the oldest change was made that it is
    /// told here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) age: Option<u64>,
    /// To a hub: by how many nanoseconds the worst was late that the sender knows.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) late: u64,
    /// An answer is wanted at once.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) ask: bool,
    /// An earlier message was not acknowledged.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) again: bool,
    /// Nodes that the sender, a hub, cannot reach; can the receiver?
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) relay: Box<[usize]>,
    /// What those have whom the sender relays to, with their lives.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) below: Box<[(usize, u32, Versions)]>,
    /// The sender's clock, in nanoseconds.
    pub(crate) at: u64,
    /// The receiver's clock as it said last, and how long ago that came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) echo: Option<(u64, u64)>,
    /// The sender's life, and the receiver's, or 0 if the sender does not know it.
    pub(crate) lives: (u32, u32),
    /// What the sender's numbers stand for that the receiver may not know: a replica, and its
    /// node and life.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) who: Box<[(usize, usize, u32)]>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}
