//! The g-counter challenge: clients add numbers at any node; the counter is kept
//! in `seq-kv`. What is on its way there, a node keeps on its disk.
//!
//! Each node has a key of its own with the sum of what was added at it, so no
//! two nodes ever compete for one. A node synchronizes at most once in
//! [`WINDOW`]: it puts its new sum into its key, then reads those of the
//! others. Clients are answered from what was read last and what was added since: at
//! once, but that an addition is synced to the node's disk before it is
//! acknowledged, and before it goes to the store. So a node that was killed still has
//! the sum of all that it has acknowledged, and that sum is what belongs under its
//! key, however often it is put there.
//!
//! `seq-kv` may answer a read from a state of long ago. But a write that
//! changes something happens in its newest state, and the writer never sees an
//! older one again; so the reads after it are fresh. To make it change
//! something even if nothing was added, the key holds a number that grows with
//! each synchronization.

mod ledger;

use maelstrom_node::{Error, Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

use ledger::Ledger;
pub use ledger::{Mutation, WINDOW};

/// The node.
pub struct GCounter {
    ledger: Ledger,
}

impl GCounter {
    /// A node that has not looked at the counter yet.
    pub fn new(node: Node) -> Self {
        GCounter {
            ledger: Ledger::new(node, None),
        }
    }

    /// One that breaks this promise.
    #[cfg(feature = "mutations")]
    pub fn broken(node: Node, mutation: Mutation) -> Self {
        GCounter {
            ledger: Ledger::new(node, Some(mutation)),
        }
    }
}

/// What it is asked.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Adds a number.
    Add {
        /// Not negative.
        delta: i64,
    },
    /// Asks for the sum.
    Read,
}

/// What it answers.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// It is added.
    AddOk,
    /// The sum, at most two windows old.
    ReadOk {
        /// The sum.
        value: i64,
    },
}

impl Server for GCounter {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, request: Request, _from: &NodeId) -> Result<Response> {
        match request {
            Request::Add { delta } if delta < 0 => Err(Error::malformed_request(format!(
                "this counter only grows: expected a delta of 0 or more, found {delta}"
            ))),
            Request::Add { delta } => {
                self.ledger.add(delta).await?;
                Ok(Response::AddOk)
            }
            Request::Read => Ok(Response::ReadOk {
                value: self.ledger.read().await?,
            }),
        }
    }

    fn state(&self) -> impl Serialize {
        self.ledger.shown()
    }
}
