//! Maelstrom's txn-list-append: transactions that read lists and append to them,
//! strictly serializable, with the service `lin-kv`.
//!
//! All transactions that append make one history, whose end is under one key
//! (`history.rs`). Each node keeps the lists in memory, as of the history
//! that it knows. A transaction is executed on that, and commits by one `cas`
//! that succeeds only if nothing came in between; then what it read was true at
//! that moment. Transactions that wait at one node commit together. One that
//! only reads asks for the root, and is true as of then.
//!
//! A request whose reply is lost is never guessed at: each entry of the history
//! has an id, so the history itself says whether it is there; and once another
//! one is in its place, it can never come.

mod committer;
mod history;
mod lists;

use maelstrom_node::{Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

use committer::Committer;
pub use lists::{Append, Done, Found, Operation};

/// The node.
pub struct TxnListAppend {
    committer: Committer,
}

impl TxnListAppend {
    /// A node that has not looked at the history yet.
    pub fn new(node: Node) -> Self {
        let life = node.rng().u64() as u32;
        TxnListAppend {
            committer: Committer::new(node, life),
        }
    }

    /// One whose ids do not tell its lives apart, for tests to see what that is good for.
    #[cfg(feature = "mutations")]
    pub fn in_one_life(node: Node) -> Self {
        TxnListAppend {
            committer: Committer::new(node, 0),
        }
    }
}

/// What it is asked.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Asks for a transaction.
    Txn {
        /// Its operations.
        txn: Vec<Operation>,
    },
}

/// What it answers.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// The transaction is committed.
    TxnOk {
        /// Its operations, with what was read.
        txn: Vec<Done>,
    },
}

impl Server for TxnListAppend {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, Request::Txn { txn }: Request, _from: &NodeId) -> Result<Response> {
        lists::check(&txn)?;
        Ok(Response::TxnOk {
            txn: self.committer.execute(txn).await?,
        })
    }
}
