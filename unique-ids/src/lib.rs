//! The unique-ids challenge: every node makes ids, no two are ever the same,
//! and nobody is asked.
//!
//! An id is `<node>-<life>-<number>`. The node's name keeps the nodes apart,
//! the number the ids of one node. The *life* is 64 random bits, drawn when the
//! node starts: a node that was killed and started again under the same name
//! counts from 0 again, but in another life. (A clock in its place would do as
//! well, until it is set back.)
//!
//! Two of the lives of one name are equal with a probability of 2^-64; after a
//! million restarts of it, some two of them with one of 3 in 10^8.

use std::cell::Cell;

use maelstrom_node::{Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

/// The node.
pub struct UniqueIds {
    /// `<node>-<life>`, which no other life of any node has.
    life: String,
    next: Cell<u64>,
}

impl UniqueIds {
    /// Begins a life.
    pub fn new(node: Node) -> Self {
        UniqueIds {
            life: format!("{}-{:016x}", node.id(), node.rng().u64()),
            next: Cell::new(0),
        }
    }
}

/// What it is asked.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Asks for a new id.
    Generate,
}

/// What it answers.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// A new id.
    GenerateOk {
        /// It never was and never will be given again.
        id: String,
    },
}

impl Server for UniqueIds {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, Request::Generate: Request, _from: &NodeId) -> Result<Response> {
        let number = self.next.replace(self.next.get() + 1);
        Ok(Response::GenerateOk {
            id: format!("{}-{number}", self.life),
        })
    }
}
