//! A broadcast node that sends what is new to its neighbours, and the ways in
//! which it can be broken. `examples/flood.rs` makes it a program.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use maelstrom_node::{Error, Node, NodeId, Result, Retry, Server};
use serde::{Deserialize, Serialize};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The ways in which the node below can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is sound.
    None,
    /// Sends once and does not care whether it arrives.
    NoRetry,
    /// Forgets every seventh message that a client hands to it.
    Loses,
    /// Shows messages for a while and then no more.
    Forgets,
    /// Reads, on the node that is read last, as if it had never heard of
    /// anything. (On another one, Jepsen's checker lets it pass.)
    Amnesia,
    /// Replies with a body that is no `read_ok`.
    WrongShape,
    /// Answers every read with an error.
    Refuses,
    /// Never answers a broadcast.
    Hangs,
    /// Answers a broadcast, and stores it once a neighbour has it, if one has.
    AnswersFirst,
    /// Shows messages that no one sent.
    Invents,
    /// Sends on whatever it hears, be it new or not.
    Floods,
}

/// Sends what is new to its neighbours, until they have it.
pub struct Flood {
    node: Node,
    fault: Fault,
    neighbours: RefCell<Vec<NodeId>>,
    seen: Rc<RefCell<BTreeSet<u64>>>,
    reads: Cell<u32>,
}

/// What it is asked.
#[allow(missing_docs, reason = "as the workload has them")]
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    Topology {
        topology: BTreeMap<NodeId, Vec<NodeId>>,
    },
    Broadcast {
        message: u64,
    },
    Read,
    Flood {
        message: u64,
    },
}

/// What it answers.
#[allow(missing_docs, reason = "as the workload has them")]
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    TopologyOk,
    BroadcastOk,
    ReadOk {
        messages: BTreeSet<u64>,
    },
    #[serde(rename = "read_ok")]
    ReadWrong {
        values: BTreeSet<u64>,
    },
    FloodOk,
}

impl Flood {
    /// Such a node.
    pub fn new(node: Node, fault: Fault) -> Self {
        Flood {
            node,
            fault,
            neighbours: RefCell::default(),
            seen: Rc::default(),
            reads: Cell::default(),
        }
    }

    fn learn(&self, message: u64, from: &NodeId) -> Result<()> {
        let is_new = self.seen.borrow_mut().insert(message);
        if !is_new && self.fault != Fault::Floods {
            return Ok(());
        }
        for neighbour in self.neighbours.borrow().iter().filter(|id| *id != from) {
            let flood = Request::Flood { message };
            if matches!(self.fault, Fault::NoRetry | Fault::Floods) {
                self.node.send(neighbour, &flood)?;
                continue;
            }
            let retry = Retry::within(seconds(60));
            let call = self.node.rpc_retrying(neighbour, &flood, retry);
            drop(self.node.spawn(async {
                let _: Result<()> = call.await;
            }));
        }
        Ok(())
    }

    /// Stores what a client sent, but late.
    fn learn_later(&self, message: u64) {
        let neighbour = self.neighbours.borrow()[0].clone();
        let call = self.node.rpc::<()>(&neighbour, &Request::Flood { message });
        let seen = Rc::clone(&self.seen);
        drop(self.node.spawn(async move {
            if call.await.is_ok() {
                seen.borrow_mut().insert(message);
            }
        }));
    }

    fn read(&self) -> Result<Response> {
        self.reads.set(self.reads.get() + 1);
        let mut messages = self.seen.borrow().clone();
        match self.fault {
            Fault::Refuses => return Err(Error::temporarily_unavailable("not today")),
            Fault::WrongShape => return Ok(Response::ReadWrong { values: messages }),
            Fault::Amnesia if *self.node.id() == "n4" => messages.clear(),
            Fault::Invents => drop(messages.insert(1_000_000)),
            Fault::Forgets if self.node.now() > seconds(15) => messages.retain(|m| m % 10 != 3),
            _ => {}
        }
        Ok(Response::ReadOk { messages })
    }
}

impl Server for Flood {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, request: Request, from: &NodeId) -> Result<Response> {
        match request {
            Request::Topology { mut topology } => {
                let neighbours = topology.remove(self.node.id()).unwrap_or_default();
                *self.neighbours.borrow_mut() = neighbours;
                Ok(Response::TopologyOk)
            }
            Request::Broadcast { message } => {
                if self.fault == Fault::Hangs {
                    std::future::pending::<()>().await;
                }
                match self.fault {
                    Fault::Loses if message % 7 == 6 => {}
                    Fault::AnswersFirst => self.learn_later(message),
                    _ => self.learn(message, from)?,
                }
                Ok(Response::BroadcastOk)
            }
            Request::Read => self.read(),
            Request::Flood { message } => {
                self.learn(message, from)?;
                Ok(Response::FloodOk)
            }
        }
    }

    fn state(&self) -> impl Serialize {
        BTreeMap::from([("seen", &*self.seen)])
    }
}
