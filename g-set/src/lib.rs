//! The g-set workload: clients add elements at any node, and soon every node
//! has them all.
//!
//! A node keeps a log of the elements that were added at it; [`gossip`] brings
//! every node a copy of each log. The set is the union of the logs, which is
//! the same in whatever order and however often they come.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use broadcast::{Gossip, Keeps, durability};
use gossip::{Config, Known, Log};
use maelstrom_node::{Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

/// Within this time of its addition every node has an element, if nothing is lost.
pub const WITHIN: Duration = Duration::from_millis(1430);

const CONFIG: Config = Config {
    within: WITHIN,
    eager: false,
    causal: false,
};

/// What `--help` says.
const HELP: &str = "\
A node for the g-set workload.

usage: g-set [--durable]

  --durable  an element is acknowledged once it is on the disk of this node, and is
             not lost if that is killed

All nodes of a test must be given the same options.
";

/// All of `main`: runs the node on stdin and stdout. It is compiled here, once for the command, its
/// tests and the examples.
pub fn main() -> ExitCode {
    durability::run(HELP, GSet::new, GSet::durable)
}

/// The node.
pub struct GSet {
    logs: Gossip<Log<i64>>,
}

impl GSet {
    /// A node that knows no element.
    pub fn new(node: Node) -> Self {
        GSet {
            logs: Gossip::new(&node, CONFIG),
        }
    }

    /// A node with a disk. It begins with the elements that it was given in its former lives, and
    /// acknowledges one once it is there.
    pub fn durable(node: Node) -> Self {
        GSet {
            logs: Gossip::durable(&node, CONFIG, Keeps::Own),
        }
    }
}

/// What it is asked.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Adds an element.
    Add {
        /// The element.
        element: i64,
    },
    /// Asks for all elements.
    Read,
    /// Another node brings what this one may not have.
    Gossip(gossip::Message<Log<i64>>),
}

/// What it answers.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// The element is here, and will be everywhere.
    AddOk,
    /// All elements that have come here.
    ReadOk {
        /// In ascending order, each once.
        value: BTreeSet<i64>,
    },
}

impl Server for GSet {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, from: &NodeId) -> Result<Option<Response>> {
        Ok(match request {
            Request::Add { element } => {
                self.logs.change(|log| log.push(element))?;
                self.logs.synced().await;
                Some(Response::AddOk)
            }
            Request::Read => {
                let union = |logs: &[Known<Log<i64>>]| {
                    logs.iter().flat_map(|log| log.items()).copied().collect()
                };
                let value = self.logs.read(union);
                self.logs.synced().await;
                Some(Response::ReadOk { value })
            }
            Request::Gossip(message) => {
                self.logs.receive(from, message)?;
                None
            }
        })
    }

    /// The elements that have come here, by the node that they were handed to.
    fn state(&self) -> impl Serialize {
        self.logs.shown()
    }
}
