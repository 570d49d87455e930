//! A node that keeps logs for the kafka workload, and the ways in which it can
//! be broken.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use maelstrom_node::{Error, ErrorCode, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

/// What is wrong with a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// It is sound.
    None,
    /// Some records of key 9 are acknowledged, but not kept.
    Loses,
    /// Some records are kept in the place of the last one.
    ReusesOffsets,
    /// Some records are kept twice.
    KeepsTwice,
    /// Polls of several records leave out the second.
    Skips,
    /// Some polls leave out the first record they are to return.
    SkipsAhead,
    /// Some polls begin one record too early.
    GoesBack,
    /// Polls of several records return the first two the wrong way round.
    Swaps,
    /// Every two records are kept in the wrong order.
    Reorders,
    /// Some sends are refused, but kept.
    KeepsRefused,
    /// The last record of key 9 is never returned.
    Hides,
    /// Commits are acknowledged, but not kept.
    ForgetsCommits,
}

/// What it is asked.
#[allow(missing_docs, reason = "as the workload has them")]
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    Send { key: String, msg: i64 },
    Poll { offsets: BTreeMap<String, i64> },
    CommitOffsets { offsets: BTreeMap<String, i64> },
    ListCommittedOffsets { keys: Vec<String> },
}

/// What it answers.
#[allow(missing_docs, reason = "as the workload has them")]
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Response {
    SendOk {
        offset: i64,
    },
    PollOk {
        msgs: BTreeMap<String, Vec<(i64, i64)>>,
    },
    CommitOffsetsOk,
    ListCommittedOffsetsOk {
        offsets: BTreeMap<String, i64>,
    },
}

/// One node with all logs, by offset.
pub struct Logs {
    fault: Fault,
    requests: Cell<u64>,
    logs: RefCell<BTreeMap<String, BTreeMap<i64, i64>>>,
    next: RefCell<BTreeMap<String, i64>>,
    committed: RefCell<BTreeMap<String, i64>>,
}

impl Logs {
    /// Such a node.
    pub fn new(fault: Fault) -> Self {
        Logs {
            fault,
            requests: Cell::default(),
            logs: RefCell::default(),
            next: RefCell::default(),
            committed: RefCell::default(),
        }
    }

    /// Whether it is the fault's turn.
    fn fails(&self, fault: Fault) -> bool {
        self.fault == fault && self.requests.get().is_multiple_of(5)
    }

    fn send(&self, key: String, msg: i64) -> Result<i64> {
        let mut logs = self.logs.borrow_mut();
        let mut next = self.next.borrow_mut();
        let next = next.entry(key.clone()).or_default();
        let is_lost = self.fault == Fault::Loses && key == "9" && msg % 5 == 3;
        let log = logs.entry(key).or_default();
        let offset = match self.fault {
            Fault::Reorders => *next ^ 1,
            _ if self.fails(Fault::ReusesOffsets) && *next > 0 => *next - 1,
            _ => *next,
        };
        *next = match self.fault {
            Fault::Reorders => *next + 1,
            _ => offset + 1,
        };
        if !is_lost {
            log.insert(offset, msg);
        }
        if self.fails(Fault::KeepsTwice) {
            log.insert(*next, msg);
            *next += 1;
        }
        if self.fails(Fault::KeepsRefused) {
            return Err(Error::new(ErrorCode::TemporarilyUnavailable, "later"));
        }
        Ok(offset)
    }

    fn poll(&self, key: &str, mut from: i64) -> Vec<(i64, i64)> {
        let logs = self.logs.borrow();
        let Some(log) = logs.get(key) else {
            return Vec::new();
        };
        let end = match self.fault == Fault::Hides && key == "9" {
            true => log.len() as i64 - 1,
            false => i64::MAX,
        };
        if self.fails(Fault::GoesBack) {
            from = (from - 1).max(0);
        }
        let records = log.range(from..).filter(|(offset, _)| **offset < end);
        let mut records: Vec<(i64, i64)> = records.map(|(o, m)| (*o, *m)).collect();
        match self.fault {
            Fault::Skips if records.len() > 2 => drop(records.remove(1)),
            Fault::SkipsAhead if self.fails(Fault::SkipsAhead) && records.len() > 1 => {
                records.remove(0);
            }
            Fault::Swaps if records.len() > 1 => records.swap(0, 1),
            _ => {}
        }
        records
    }
}

impl Server for Logs {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, request: Request, _from: &NodeId) -> Result<Response> {
        self.requests.set(self.requests.get() + 1);
        Ok(match request {
            Request::Send { key, msg } => Response::SendOk {
                offset: self.send(key, msg)?,
            },
            Request::Poll { offsets } => {
                let polled = offsets.into_iter().map(|(key, from)| {
                    let records = self.poll(&key, from);
                    (key, records)
                });
                Response::PollOk {
                    msgs: polled.filter(|(_, records)| !records.is_empty()).collect(),
                }
            }
            Request::CommitOffsets { offsets } => {
                if self.fault != Fault::ForgetsCommits {
                    self.committed.borrow_mut().extend(offsets);
                }
                Response::CommitOffsetsOk
            }
            Request::ListCommittedOffsets { keys } => {
                let committed = self.committed.borrow();
                let known = keys.into_iter().filter_map(|key| {
                    let offset = *committed.get(&key)?;
                    Some((key, offset))
                });
                Response::ListCommittedOffsetsOk {
                    offsets: known.collect(),
                }
            }
        })
    }
}
