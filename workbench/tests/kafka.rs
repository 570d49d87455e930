//! Logs in virtual time: a good node that is valid, broken ones that are
//! convicted of just what is wrong with them, and the clients' final phase.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use maelstrom_node::{Error, ErrorCode, NodeId, Result, Server};
use serde::{Deserialize, Serialize};
use workbench::checker::Validity;
use workbench::history::OpType;
use workbench::run::Config;
use workbench::simulation::{Simulated, simulate};
use workbench::workload::kafka::Kafka;

/// What is wrong with a node.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
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

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Request {
    Send { key: String, msg: i64 },
    Poll { offsets: BTreeMap<String, i64> },
    CommitOffsets { offsets: BTreeMap<String, i64> },
    ListCommittedOffsets { keys: Vec<String> },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Response {
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
struct Logs {
    fault: Fault,
    requests: Cell<u64>,
    logs: RefCell<BTreeMap<String, BTreeMap<i64, i64>>>,
    next: RefCell<BTreeMap<String, i64>>,
    committed: RefCell<BTreeMap<String, i64>>,
}

impl Logs {
    fn new(fault: Fault) -> Self {
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

fn run(seed: u64, fault: Fault) -> Simulated {
    let config = Config {
        concurrency: 4,
        rate: 100.0,
        time_limit: Duration::from_secs(20),
        ..Config::for_nodes(1).seed(seed)
    };
    simulate(&config, &mut Kafka::default(), move |_| Logs::new(fault))
}

fn error_types(simulated: &Simulated) -> Vec<String> {
    let results = simulated.checked.results.to_json();
    let types = results["workload"]["error-types"].as_array().unwrap();
    let types = types.iter().map(|name| name.as_str().unwrap().to_owned());
    types.collect()
}

#[test]
fn a_good_log_is_valid() {
    for seed in 0..20 {
        run(seed, Fault::None).assert_valid();
    }
}

#[test]
fn every_fault_is_told_by_its_name() {
    for (fault, name, finding) in [
        (
            Fault::Loses,
            "lost-write",
            "is lost: no poll ever returned it",
        ),
        (
            Fault::ReusesOffsets,
            "inconsistent-offsets",
            "there are message",
        ),
        (
            Fault::KeepsTwice,
            "duplicate",
            "is in the log more than once",
        ),
        (Fault::Skips, "int-poll-skip", "leaving out message"),
        (Fault::SkipsAhead, "poll-skip", "leaving out message"),
        (Fault::GoesBack, "nonmonotonic-poll", "the same once more"),
        (Fault::Swaps, "int-nonmonotonic-poll", "1 back in the log"),
        (Fault::Reorders, "nonmonotonic-send", "1 back in the log"),
        (Fault::KeepsRefused, "G1a", "though that send was refused"),
        (Fault::Hides, "unseen", "acknowledged, but never polled"),
    ] {
        for seed in 0..5 {
            let simulated = run(seed, fault);
            let types = error_types(&simulated);
            assert_eq!(simulated.checked.valid, Validity::Invalid, "{fault:?}");
            assert!(
                types.iter().any(|found| found == name),
                "{fault:?}: {types:?}"
            );
            let findings = &simulated.checked.findings;
            assert!(
                findings.iter().any(|found| found.contains(finding)),
                "{fault:?}: {findings:#?}"
            );
        }
    }
}

#[test]
fn what_is_polled_twice_because_nobody_kept_the_commit_is_fine() {
    for seed in 0..5 {
        run(seed, Fault::ForgetsCommits).assert_valid();
    }
}

#[test]
fn in_the_end_every_client_begins_anew_and_reads_it_all() {
    let simulated = run(1, Fault::None);
    let ops = simulated.outcome.history.ops();
    let is_first = |key: &str| ops.iter().position(|op| op.get(key).is_some());
    let first = is_first("seek-to-beginning?").unwrap();
    let recovery = ops[first].time;
    assert!(
        (30_000_000_000..30_100_000_000).contains(&recovery),
        "{recovery}"
    );
    // Crashed, assigned, polled: as often as there are clients, and no more.
    let ended = |f: &str| {
        let ops = ops.iter().filter(|op| op.typ != OpType::Invoke);
        let late = ops.filter(|op| op.time >= 30_000_000_000);
        late.filter(|op| op.f == f).count()
    };
    assert_eq!((ended("crash"), ended("assign"), ended("poll")), (4, 4, 4));
    let last = ops.last().unwrap().to_string();
    assert!(last.ends_with(":poll-ms 1000}"), "{last}");
    let keys = ops[first].value.items().unwrap();
    assert!(keys.len() > 50);
    // What cannot be read is waited for, but not for ever.
    let simulated = run(1, Fault::Hides);
    let last = simulated.outcome.history.ops().last().unwrap();
    assert!(
        (39_500_000_000..40_000_000_000).contains(&last.time),
        "{}",
        last.time
    );
}

#[test]
fn clients_crash_twice_a_minute() {
    let crashes: usize = (0..10)
        .map(|seed| {
            let ops = run(seed, Fault::None).outcome.history;
            let crashes = ops.ops().iter().filter(|op| op.f == "crash");
            crashes
                .filter(|op| op.typ == OpType::Info && op.time < 20_000_000_000)
                .count()
        })
        .sum();
    // Ten times 4 clients for 20 seconds, and one at the beginning of each run.
    assert!((20..60).contains(&crashes), "{crashes}");
}
