//! The kafka challenge: logs by key, to which clients send records and from
//! which they poll them, on several nodes.
//!
//! No node asks another before it answers. Each assigns offsets of its own
//! class, and polls stop where a record may still come: see [`logs`]. What was
//! sent where is a [`Contribution`], of which [`gossip`] brings every node a
//! copy.

pub mod contribution;
pub mod logs;
mod options;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use broadcast::{Gossip, Keeps};
use contribution::{Contribution, Record};
use gossip::{Config, Known, Owner};
use logs::Logs;
use maelstrom_node::{Error, Json, Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

pub use options::{Acks, main};

/// Within this time of a change every node knows it, if nothing is lost.
pub const WITHIN: Duration = Duration::from_millis(130);
/// How long a record waits for a node that has just started; less than its client does.
const PATIENCE: Duration = Duration::from_secs(4);
/// How many records of a key a poll returns at most.
pub const PAGE: usize = 256;

/// The node.
pub struct Kafka {
    node: Node,
    contributions: Gossip<Contribution>,
    logs: RefCell<Logs>,
    acks: Acks,
    /// Whether it has all on its disk that it ever said.
    remembers: bool,
}

impl Kafka {
    /// A node with empty logs, or with all that it knew in its former lives, if it is to keep
    /// that on its disk.
    pub fn new(node: &Node, acks: Acks) -> Self {
        let config = Config {
            within: WITHIN,
            eager: false,
            causal: false,
        };
        let contributions = match acks {
            Acks::One => Gossip::new(node, config),
            Acks::All => Gossip::durable(node, config, Keeps::All),
        };
        let mut logs = Logs::new(node.place(), node.node_ids().len());
        let remembers = contributions.read(remembers);
        if remembers {
            logs.remember();
        }
        drop(node.spawn(outlive(contributions.clone(), remembers)));
        Kafka {
            node: node.clone(),
            contributions,
            logs: RefCell::new(logs),
            acks,
            remembers,
        }
    }

    async fn send(&self, key: String, msg: Json) -> Result<u64> {
        // Another offset than those that it has given before, should it have been killed.
        if !self.remembers {
            let caught_up = self.node.timeout(PATIENCE, self.contributions.catch_up());
            caught_up.await.map_err(|_| {
                Error::temporarily_unavailable(
                    "not every node has answered since this one started: it could give an \
                     offset that it has given before",
                )
            })??;
        }
        self.update();
        let offset = self.logs.borrow().next_offset(&key);
        let record = Record { key, offset, msg };
        let add = |own: &mut Contribution| own.add(record);
        match self.acks {
            Acks::One => self.contributions.change(add)?,
            Acks::All => {
                let known = self.contributions.change_everywhere(add)?;
                self.update();
                known.await;
            }
        }
        self.update();
        Ok(offset)
    }

    fn poll(&self, offsets: BTreeMap<String, u64>) -> BTreeMap<String, Vec<(u64, Json)>> {
        // Records that were found on the disk are known before anyone sends one.
        self.update();
        let logs = self.logs.borrow();
        self.contributions.read(|contributions| {
            let records = |(key, from): (String, u64)| {
                let found = logs.read(contributions, &key, from, PAGE);
                let found: Vec<_> = found
                    .map(|record| (record.offset, record.msg.clone()))
                    .collect();
                // A key without records is left out.
                (!found.is_empty()).then_some((key, found))
            };
            offsets.into_iter().filter_map(records).collect()
        })
    }

    /// Whether the record at this offset is here, be it that it cannot be polled
    /// yet.
    pub fn holds(&self, key: &str, offset: u64) -> bool {
        let is_it = |record: &Record| record.key == key && record.offset == offset;
        self.contributions
            .read(|all| all.iter().any(|one| one.records().any(is_it)))
    }

    fn committed(&self, key: &str) -> Option<u64> {
        self.contributions
            .read(|all| all.iter().filter_map(|one| one.committed(key)).max())
    }

    /// Brings the index up to date, and gives the number of records of each
    /// other contribution.
    fn update(&self) -> Vec<(Owner, usize)> {
        let mut logs = self.logs.borrow_mut();
        self.contributions.read(|all| logs.update(all))
    }
}

/// As soon as nothing more of this node's former lives can come, says so: before anyone sends a
/// record, if possible.
async fn outlive(contributions: Gossip<Contribution>, remembers: bool) -> Result<()> {
    if !remembers {
        contributions.catch_up().await?;
    }
    let former = contributions.read(former_lives);
    contributions.change(|own| own.outlive(former))
}

/// Whether the node whose contribution is the first has on its disk all that it has said in
/// its former lives. It has not if the disk is new: then it may have had another one. Once
/// it has heard from all what it had said until then, the disk is as good.
fn remembers(known: &[Known<Contribution>]) -> bool {
    let node = known[0].owner.node;
    let mut own = known.iter().filter(|one| one.owner.node == node);
    own.any(|one| one.former().is_some())
}

/// The former lives of the node whose contribution is the first, and how many records of each
/// are known.
fn former_lives(known: &[Known<Contribution>]) -> Vec<(u32, usize)> {
    let node = known[0].owner.node;
    let former = known.iter().skip(1).filter(|one| one.owner.node == node);
    former
        .map(|one| (one.owner.life, one.records().len()))
        .collect()
}

/// What it is asked.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Adds a record to a log.
    Send {
        /// The log.
        key: String,
        /// The record.
        msg: Json,
    },
    /// Asks for records.
    Poll {
        /// By key, the offset to begin with.
        offsets: BTreeMap<String, u64>,
    },
    /// The client is done with these.
    CommitOffsets {
        /// By key, the last offset that it is done with.
        offsets: BTreeMap<String, u64>,
    },
    /// Asks what was committed.
    ListCommittedOffsets {
        /// The keys.
        keys: Vec<String>,
    },
    /// Another node brings what this one may not have.
    Gossip(gossip::Message<Contribution>),
}

/// What it answers.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// The record is in the log.
    SendOk {
        /// Its place there.
        offset: u64,
    },
    /// The records that follow the offsets, as far as the logs are complete.
    PollOk {
        /// By key, offsets and records.
        msgs: BTreeMap<String, Vec<(u64, Json)>>,
    },
    /// Taken note of.
    CommitOffsetsOk,
    /// What was committed, as far as it has come here.
    ListCommittedOffsetsOk {
        /// By key, the highest offset. Keys without any are left out.
        offsets: BTreeMap<String, u64>,
    },
}

impl Server for Kafka {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, from: &NodeId) -> Result<Option<Response>> {
        let response = match request {
            Request::Send { key, msg } => Response::SendOk {
                offset: self.send(key, msg).await?,
            },
            Request::Poll { offsets } => Response::PollOk {
                msgs: self.poll(offsets),
            },
            Request::CommitOffsets { offsets } => {
                self.contributions.change(|own| {
                    for (key, offset) in &offsets {
                        own.commit(key, *offset);
                    }
                })?;
                Response::CommitOffsetsOk
            }
            Request::ListCommittedOffsets { keys } => {
                let offsets = keys.into_iter().filter_map(|key| {
                    let offset = self.committed(&key)?;
                    Some((key, offset))
                });
                Response::ListCommittedOffsetsOk {
                    offsets: offsets.collect(),
                }
            }
            Request::Gossip(message) => {
                self.contributions.receive(from, message)?;
                let seen = self.update();
                self.contributions.change(|own| own.see(seen))?;
                return Ok(None);
            }
        };
        // Offsets and promises that others rely on are not forgotten.
        self.contributions.synced().await;
        Ok(Some(response))
    }
}
