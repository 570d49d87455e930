//! A kafka node with a mistake: it gives each record the offset that is next in
//! its own copy of the log.
//!
//! Records are sent to the other nodes at once, so the copies are nearly always
//! the same. But two nodes that are sent a record of one key before they hear of
//! each other's give both the same offset, and each keeps its own record there.
//! The anomalies are an offset with two values, and a record that was
//! acknowledged and that the polls of the other node never return.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::process::ExitCode;

use maelstrom_node::{Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};
use serde_json::Value;

struct OwnOffsets {
    node: Node,
    /// By key, the records by their offsets.
    logs: RefCell<BTreeMap<String, BTreeMap<u64, Value>>>,
    committed: RefCell<BTreeMap<String, u64>>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Send {
        key: String,
        msg: Value,
    },
    Poll {
        offsets: BTreeMap<String, u64>,
    },
    CommitOffsets {
        offsets: BTreeMap<String, u64>,
    },
    ListCommittedOffsets {
        keys: Vec<String>,
    },
    /// From another node.
    Record {
        key: String,
        offset: u64,
        msg: Value,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    SendOk {
        offset: u64,
    },
    PollOk {
        msgs: BTreeMap<String, Vec<(u64, Value)>>,
    },
    CommitOffsetsOk,
    ListCommittedOffsetsOk {
        offsets: BTreeMap<String, u64>,
    },
}

impl OwnOffsets {
    fn send(&self, key: String, msg: Value) -> Result<u64> {
        let mut logs = self.logs.borrow_mut();
        let log = logs.entry(key.clone()).or_default();
        // The mistake: another node may have given this one already.
        let offset = log.last_key_value().map_or(0, |(last, _)| last + 1);
        log.insert(offset, msg.clone());
        let record = Request::Record { key, offset, msg };
        for peer in self.node.peers() {
            self.node.send(peer, &record)?;
        }
        Ok(offset)
    }

    fn poll(&self, key: &str, from: u64) -> Vec<(u64, Value)> {
        let logs = self.logs.borrow();
        let records = logs.get(key).into_iter().flat_map(|log| log.range(from..));
        records
            .map(|(offset, msg)| (*offset, msg.clone()))
            .collect()
    }
}

impl Server for OwnOffsets {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, _from: &NodeId) -> Result<Option<Response>> {
        Ok(Some(match request {
            Request::Send { key, msg } => Response::SendOk {
                offset: self.send(key, msg)?,
            },
            Request::Poll { offsets } => {
                let offsets = offsets.into_iter();
                let msgs = offsets.map(|(key, from)| (key.clone(), self.poll(&key, from)));
                Response::PollOk {
                    msgs: msgs.collect(),
                }
            }
            Request::CommitOffsets { offsets } => {
                self.committed.borrow_mut().extend(offsets);
                Response::CommitOffsetsOk
            }
            Request::ListCommittedOffsets { keys } => {
                let committed = self.committed.borrow();
                let offsets = keys
                    .into_iter()
                    .filter_map(|key| committed.get_key_value(&key));
                Response::ListCommittedOffsetsOk {
                    offsets: offsets
                        .map(|(key, offset)| (key.clone(), *offset))
                        .collect(),
                }
            }
            Request::Record { key, offset, msg } => {
                let mut logs = self.logs.borrow_mut();
                logs.entry(key).or_default().entry(offset).or_insert(msg);
                return Ok(None);
            }
        }))
    }
}

pub(crate) fn start(node: Node) -> impl Server {
    OwnOffsets {
        node,
        logs: RefCell::default(),
        committed: RefCell::default(),
    }
}

fn main() -> ExitCode {
    maelstrom_node::run(start)
}
