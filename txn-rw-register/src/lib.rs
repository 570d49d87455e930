//! Challenge 6: transactions that read and write registers, on several nodes,
//! each of which answers by itself, whatever happens to the network.
//!
//! A transaction is executed at once, on what its node holds, and commits
//! there. Its writes get one time, of Lamport's clock, later than everything it
//! could see; everywhere, the latest write of a register counts (ties are
//! broken by the node). [`gossip`] brings every node what the others have
//! written, always whole transactions and always with all that they could have
//! seen. So a node's state is at every moment the outcome of a set of
//! transactions, one after the other in the order of their times, which with
//! each transaction holds all that led to it: atomic and causally consistent.
//! (Bailis et al., "Highly Available Transactions", 2013, show that this much is
//! possible while the network is partitioned, for clients that stay with their
//! node; and that preventing lost updates is not.)
//!
//! A node that was killed and starts again has seen nothing, and answers nevertheless: until the
//! others have told it more, its transactions are concurrent with all that were before. With
//! `--durable` it has on its disk what it has seen, and whatever it answered rests on that: so its
//! clients find what they wrote and read, in every life of the node.

pub mod writes;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use broadcast::{Gossip, Keeps, durability};
use gossip::{Config, Known};
use maelstrom_node::{Error, Json, Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};
use writes::Writes;

/// What `--help` says.
const HELP: &str = "\
A node for challenge 6, transactions over registers.

usage: txn-rw-register [--durable]

  --durable  a transaction is acknowledged once its writes and all that it could
             see are on the disk of this node: a node that was killed and starts
             again knows them

All nodes of a test must be given the same options.
";

/// Within this time of a commit every node knows it, if nothing is lost.
pub const WITHIN: Duration = Duration::from_millis(130);

const CONFIG: Config = Config {
    within: WITHIN,
    eager: false,
    causal: true,
};

/// A read or a write: `["r", key, null]`, and with its value in the reply; or
/// `["w", key, value]`.
pub type Operation = (String, Json, Json);

/// All of `main`: runs the node on stdin and stdout. It is compiled here, once for the command, its
/// tests and the examples.
pub fn main() -> ExitCode {
    durability::run(HELP, TxnRwRegister::new, TxnRwRegister::durable)
}

/// The node.
pub struct TxnRwRegister {
    writes: Gossip<Writes>,
}

impl TxnRwRegister {
    /// A node that knows of no write.
    pub fn new(node: Node) -> Self {
        TxnRwRegister {
            writes: Gossip::new(&node, CONFIG),
        }
    }

    /// A node with a disk. It begins with all that it has seen in its former lives, and answers once
    /// that what it says rests on is there.
    pub fn durable(node: Node) -> Self {
        TxnRwRegister {
            writes: Gossip::durable(&node, CONFIG, Keeps::All),
        }
    }

    /// Executes a transaction, all of it or nothing.
    ///
    /// # Errors
    /// If one of its operations is neither a read nor a write.
    pub fn execute(&self, txn: Vec<Operation>) -> Result<Vec<Operation>> {
        let mut written: BTreeMap<String, Json> = BTreeMap::new();
        let execute = |all: &[Known<Writes>]| -> Result<Vec<Operation>> {
            let operation = |(f, key, value): Operation| {
                let name = key.normal().to_owned();
                match f.as_str() {
                    "r" => {
                        let own = written.get(&name).cloned();
                        let value = own.unwrap_or_else(|| read(all, &name));
                        Ok((f, key, value))
                    }
                    "w" => {
                        written.insert(name, value.clone());
                        Ok((f, key, value))
                    }
                    _ => Err(Error::malformed_request(format!(
                        "expected \"r\" or \"w\" in an operation, found {f:?}"
                    ))),
                }
            };
            txn.into_iter().map(operation).collect()
        };
        let done = self.writes.read(execute)?;
        if !written.is_empty() {
            let seen = |all: &[Known<Writes>]| all.iter().map(|one| one.time()).max().unwrap_or(0);
            let time = self.writes.read(seen) + 1;
            self.writes.change(|own| own.commit(time, written))?;
        }
        Ok(done)
    }

    /// The value of every register, by its key as JSON.
    pub fn state(&self, keys: impl IntoIterator<Item = String>) -> Vec<Json> {
        let keys = keys.into_iter();
        self.writes
            .read(|all| keys.map(|key| read(all, &key)).collect())
    }
}

/// The latest write of the register, of all nodes'; `null` if there is none.
fn read(all: &[Known<Writes>], key: &str) -> Json {
    let writes = (all.iter()).filter_map(|one| Some((one.owner, one.get(key)?)));
    // Of equal times, the last node's.
    let latest = writes.max_by_key(|(owner, write)| (write.time, *owner));
    latest.map_or_else(Json::null, |(_, write)| write.value.clone())
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
    /// Another node brings what this one may not have.
    Gossip(gossip::Message<Writes>),
}

/// What it answers.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// The transaction is committed.
    TxnOk {
        /// Its operations, with what was read.
        txn: Vec<Operation>,
    },
}

impl Server for TxnRwRegister {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, from: &NodeId) -> Result<Option<Response>> {
        Ok(match request {
            Request::Txn { txn } => {
                let txn = self.execute(txn)?;
                // What it read, too: whoever was told of it must not find it gone.
                self.writes.synced().await;
                Some(Response::TxnOk { txn })
            }
            Request::Gossip(message) => {
                self.writes.receive(from, message)?;
                None
            }
        })
    }
}
