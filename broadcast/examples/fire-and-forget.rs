//! A broadcast node with a mistake: it sends each message on once, and does not
//! ask whether it arrived.
//!
//! What is new goes to all neighbours, and they send it on: a flood, that
//! reaches every node in as few hops as can be. But a network that is cut drops
//! what crosses the cut, and after it has healed nobody sends it again. The
//! anomaly is a lost message: a node that never shows it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use maelstrom_node::{Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

struct FireAndForget {
    node: Node,
    neighbours: RefCell<Vec<NodeId>>,
    seen: RefCell<BTreeSet<i64>>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Topology {
        topology: BTreeMap<NodeId, Vec<NodeId>>,
    },
    Broadcast {
        message: i64,
    },
    Read,
    /// From a neighbour.
    Flood {
        message: i64,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    TopologyOk,
    BroadcastOk,
    ReadOk { messages: BTreeSet<i64> },
}

impl FireAndForget {
    fn learn(&self, message: i64, from: &NodeId) -> Result<()> {
        if self.seen.borrow_mut().insert(message) {
            for neighbour in self.neighbours.borrow().iter().filter(|id| *id != from) {
                // The mistake: a message may be lost, and this is the only one.
                self.node.send(neighbour, &Request::Flood { message })?;
            }
        }
        Ok(())
    }
}

impl Server for FireAndForget {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, from: &NodeId) -> Result<Option<Response>> {
        Ok(match request {
            Request::Topology { mut topology } => {
                let neighbours = topology.remove(self.node.id()).unwrap_or_default();
                self.neighbours.replace(neighbours);
                Some(Response::TopologyOk)
            }
            Request::Broadcast { message } => {
                self.learn(message, from)?;
                Some(Response::BroadcastOk)
            }
            Request::Read => {
                let messages = self.seen.borrow().clone();
                Some(Response::ReadOk { messages })
            }
            Request::Flood { message } => {
                self.learn(message, from)?;
                None
            }
        })
    }
}

pub(crate) fn start(node: Node) -> impl Server {
    FireAndForget {
        node,
        neighbours: RefCell::default(),
        seen: RefCell::default(),
    }
}

fn main() -> ExitCode {
    maelstrom_node::run(start)
}
