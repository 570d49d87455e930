//! The pn-counter workload: clients add numbers, also negative ones, at any
//! node, and soon every node knows the sum.
//!
//! A node keeps the sum of what was added at it; [`gossip`] brings every node
//! the latest sum of each. Only its own node changes a sum, so of two copies
//! the later one is right, and the counter is the sum of the sums (the
//! PN-Counter of Shapiro et al. 2011 keeps increments and decrements apart
//! because it merges by maximum; versions make that unnecessary).

use std::process::ExitCode;
use std::time::Duration;

use broadcast::{Gossip, Keeps, durability};
use gossip::{Config, Known, Latest};
use maelstrom_node::{Error, Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

/// Within this time of a change every node knows it, if nothing is lost.
pub const WITHIN: Duration = Duration::from_millis(1430);

const CONFIG: Config = Config {
    within: WITHIN,
    eager: false,
    causal: false,
};

/// What `--help` says.
const HELP: &str = "\
A node for the pn-counter workload.

usage: pn-counter [--durable]

  --durable  a number is acknowledged once it is on the disk of this node, and is
             not lost if that is killed

All nodes of a test must be given the same options.
";

/// All of `main`: runs the node on stdin and stdout. It is compiled here, once for the command, its
/// tests and the examples.
pub fn main() -> ExitCode {
    durability::run(HELP, PnCounter::new, PnCounter::durable)
}

/// The node.
pub struct PnCounter {
    sums: Gossip<Latest<i64>>,
}

impl PnCounter {
    /// A node that knows of no change: 0.
    pub fn new(node: Node) -> Self {
        PnCounter {
            sums: Gossip::new(&node, CONFIG),
        }
    }

    /// A node with a disk. It begins with what was added at it in its former lives, and
    /// acknowledges a change once it is there.
    pub fn durable(node: Node) -> Self {
        PnCounter {
            sums: Gossip::durable(&node, CONFIG, Keeps::Own),
        }
    }

    /// What all changes that are known here make. It fits, since the nodes' sums
    /// are far apart from what 128 bits hold.
    fn total(&self) -> i128 {
        let sum =
            |sums: &[Known<Latest<i64>>]| sums.iter().map(|sum| i128::from(*sum.value())).sum();
        self.sums.read(sum)
    }
}

/// What it is asked.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Adds a number.
    Add {
        /// The number, which may be negative.
        delta: i64,
    },
    /// Asks for the sum.
    Read,
    /// Another node brings what this one may not have.
    Gossip(gossip::Message<Latest<i64>>),
}

/// What it answers.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// It is added here, and will be everywhere.
    AddOk,
    /// The sum of all that has come here.
    ReadOk {
        /// The sum.
        value: i64,
    },
}

impl Server for PnCounter {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, from: &NodeId) -> Result<Option<Response>> {
        let overflow = || Error::precondition_failed("the sum would not fit into 64 bits");
        Ok(match request {
            Request::Add { delta } => {
                i64::try_from(self.total() + i128::from(delta)).map_err(|_| overflow())?;
                let mut fits = true;
                self.sums.change(|sum| {
                    let before = *sum.value();
                    fits = before.checked_add(delta).is_some();
                    if fits && delta != 0 {
                        sum.change(|sum| *sum += delta);
                    }
                })?;
                if !fits {
                    return Err(overflow());
                }
                self.sums.synced().await;
                Some(Response::AddOk)
            }
            Request::Read => {
                let value = i64::try_from(self.total()).map_err(|_| overflow())?;
                self.sums.synced().await;
                Some(Response::ReadOk { value })
            }
            Request::Gossip(message) => {
                self.sums.receive(from, message)?;
                None
            }
        })
    }
}
