//! Maelstrom's lin-kv: values under keys that are read, written, and compared
//! and set, linearizable, on a few nodes of which most must be reachable.
//!
//! The nodes agree on a log of changes with [`raft`]; [`store`] is what the
//! changes make. What a node has promised the others or a client is on its disk before
//! it says so: it may be killed at any moment, and all of them at once.

#[cfg(feature = "mutations")]
pub mod mutation;
mod options;
mod replica;
mod rules;
mod storage;
pub mod store;

use std::cell::Cell;

use maelstrom_node::{Error, Json, Node, NodeId, Result, Server};
use raft::{Config, MessageOf};
use serde::{Deserialize, Serialize};

pub use options::main;
use replica::Replica;
use rules::{Kept, Rules};
use store::{Change, Command, Outcome, RequestId, Store};

/// The node.
pub struct LinKv {
    node: Node,
    replica: Replica,
    /// Requests without a number get one of this node's: this was the last.
    unnumbered: Cell<u64>,
}

impl LinKv {
    /// A store as it is on the nodes' disks; an empty one, if there is nothing.
    pub fn new(node: Node) -> Self {
        LinKv::with(node, Config::default())
    }

    /// The same, with other times and amounts.
    pub fn with(node: Node, config: Config) -> Self {
        LinKv::keeping(node, config, Default::default())
    }

    fn keeping(node: Node, config: Config, rules: Kept) -> Self {
        let replica = Replica::new(node.clone(), config, rules);
        LinKv {
            replica,
            unnumbered: Cell::new(rules.first_number(node.rng())),
            node,
        }
    }

    /// Whether this node is the leader, as far as it knows.
    pub fn is_leader(&self) -> bool {
        self.replica.is_leader()
    }

    /// A request that comes twice, here or elsewhere, has the same id.
    fn request_id(&self, from: &NodeId, msg_id: Option<u64>) -> RequestId {
        let (client, number) = match msg_id {
            Some(number) => (from, number),
            None => {
                self.unnumbered.set(self.unnumbered.get() + 1);
                (self.node.id(), self.unnumbered.get())
            }
        };
        RequestId {
            client: client.to_string(),
            number,
        }
    }

    async fn change(&self, from: &NodeId, msg_id: Option<u64>, change: Change) -> Result<()> {
        let id = self.request_id(from, msg_id);
        let key = match &change {
            Change::Write { key, .. } | Change::Cas { key, .. } => key.clone(),
        };
        match self.replica.change(Command { id, change }).await? {
            Outcome::Done => Ok(()),
            Outcome::Missing => {
                let text = format!("there is no key {key}");
                Err(Error::key_does_not_exist(text))
            }
            Outcome::Differs(found) => {
                let text = format!("the value of {key} is {found}");
                Err(Error::precondition_failed(text))
            }
        }
    }
}

/// What it is asked.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Asks for a value.
    Read {
        /// Its key.
        key: Json,
    },
    /// Sets a value.
    Write {
        /// Its key.
        key: Json,
        /// The value.
        value: Json,
        /// The number of the message, by which it is known again.
        msg_id: Option<u64>,
    },
    /// Sets a value if it is a certain one now.
    Cas {
        /// Its key.
        key: Json,
        /// What it must be.
        from: Json,
        /// What it is then.
        to: Json,
        /// Whether it may also be none.
        #[serde(default)]
        create_if_not_exists: bool,
        /// The number of the message, by which it is known again.
        msg_id: Option<u64>,
    },
    /// A member of the cluster says something.
    Raft(MessageOf<Store>),
    /// A member was asked for a change and takes this one for the leader.
    Propose {
        /// The change.
        command: Command,
    },
    /// A member was asked for a value and takes this one for the leader.
    Query {
        /// The key, as JSON text.
        key: String,
    },
}

/// What it answers.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// The value.
    ReadOk {
        /// It.
        value: Json,
    },
    /// It is set.
    WriteOk,
    /// It was the one, and is the other.
    CasOk,
}

impl Server for LinKv {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, from: &NodeId) -> Result<Option<Response>> {
        Ok(Some(match request {
            Request::Read { key } => Response::ReadOk {
                value: self.replica.read(key.normal()).await?,
            },
            Request::Write { key, value, msg_id } => {
                let key = key.normal().to_owned();
                let write = Change::Write { key, value };
                self.change(from, msg_id, write).await?;
                Response::WriteOk
            }
            Request::Cas {
                key,
                from: expected,
                to,
                create_if_not_exists: create,
                msg_id,
            } => {
                let cas = Change::Cas {
                    key: key.normal().to_owned(),
                    from: expected,
                    to,
                    create,
                };
                self.change(from, msg_id, cas).await?;
                Response::CasOk
            }
            Request::Query { key } => Response::ReadOk {
                value: self.replica.query(&key).await?,
            },
            Request::Raft(message) => {
                self.replica.receive(from, message)?;
                return Ok(None);
            }
            Request::Propose { command } => {
                self.replica.propose(from, command)?;
                return Ok(None);
            }
        }))
    }

    fn state(&self) -> impl Serialize {
        self.replica.shown()
    }
}
