//! The broadcast challenge: clients hand messages to any node, and soon every
//! node has them all.
//!
//! A node keeps a log of the messages that clients handed to it; [`gossip`]
//! brings every node a copy of each log. Clients are answered at once, or as soon
//! as what they are told is on the disk ([`Broadcast::durable`]).

pub mod dissemination;
pub mod durability;
pub mod mutation;
mod options;

use std::collections::{BTreeMap, BTreeSet};

use gossip::{Known, Log};
use maelstrom_node::{Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

pub use dissemination::{Gossip, Keeps, Shown};
pub use durability::Durability;
pub use options::{Options, main};

/// The node.
pub struct Broadcast {
    logs: Gossip<Log<i64>>,
}

impl Broadcast {
    /// A node that knows no message.
    pub fn new(node: &Node, options: Options) -> Self {
        Broadcast {
            logs: Gossip::new(node, options.config()),
        }
    }

    /// A node that knows the messages on its disk, which are those that it was handed in its
    /// former lives, and keeps there those that it is handed now.
    pub fn durable(node: &Node, options: Options) -> Self {
        Broadcast {
            logs: Gossip::durable(node, options.config(), Keeps::Own),
        }
    }
}

/// What it is asked.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Suggests whom to talk to. Everyone can talk to everyone, so the node
    /// takes its own way.
    Topology {
        /// By node, its neighbours.
        topology: BTreeMap<NodeId, Vec<NodeId>>,
    },
    /// Hands a message to the node.
    Broadcast {
        /// The message.
        message: i64,
    },
    /// Asks for all messages.
    Read,
    /// Another node brings what this one may not have.
    Gossip(gossip::Message<Log<i64>>),
}

/// What it answers.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// Taken note of.
    TopologyOk,
    /// The message is here, and will be everywhere.
    BroadcastOk,
    /// All messages that have come here.
    ReadOk {
        /// In ascending order, each once.
        messages: BTreeSet<i64>,
    },
}

impl Server for Broadcast {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, from: &NodeId) -> Result<Option<Response>> {
        Ok(match request {
            Request::Topology { topology: _ } => Some(Response::TopologyOk),
            Request::Broadcast { message } => {
                self.logs.change(|log| log.push(message))?;
                self.logs.synced().await;
                Some(Response::BroadcastOk)
            }
            Request::Read => {
                let messages = |logs: &[Known<Log<i64>>]| {
                    logs.iter().flat_map(|log| log.items()).copied().collect()
                };
                let messages = self.logs.read(messages);
                self.logs.synced().await;
                Some(Response::ReadOk { messages })
            }
            Request::Gossip(message) => {
                self.logs.receive(from, message)?;
                None
            }
        })
    }

    /// The messages that have come here, by the node that they were handed to.
    fn state(&self) -> impl Serialize {
        self.logs.shown()
    }
}
