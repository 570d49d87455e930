//! Databases of transactions in virtual time: a good one that keeps to every
//! model, and broken ones, each convicted under the models that forbid what it
//! does and acquitted under those that allow it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use maelstrom_node::{Error, Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use simulation::run::Config;
use simulation::workload::Workload;
use simulation::{Simulated, simulate};
use verdict::{Rules, Validity};

/// How a database isolates transactions, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Isolation {
    /// One transaction after the other.
    Strict,
    /// Some are refused when others may have read what they wrote.
    DirtyRead,
    /// Writes take effect key by key; only reads do not wait for them.
    Fractured,
    /// Writes depend on what was read a while before, and are not checked.
    LostUpdate,
    /// Reads alone are answered from an old state.
    StaleSnapshot,
    /// Snapshots, of which the first to commit a key wins.
    WriteSkew,
    /// Every node has a database of its own.
    LocalOnly,
    /// Every tenth read is of a value that nobody wrote.
    Garbage,
    /// The last part of a transaction is sometimes forgotten.
    Forgetful,
}

type Values = BTreeMap<i64, Json>;

#[derive(Default)]
struct State {
    values: Values,
    /// How often each key was committed.
    versions: BTreeMap<i64, u64>,
    /// Whether a transaction is writing.
    writing: bool,
    /// Earlier values, and until when they were the newest.
    past: Vec<(Duration, Values)>,
}

struct Database {
    node: Node,
    isolation: Isolation,
    state: Rc<RefCell<State>>,
}

type Part = (String, i64, Json);

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Txn { txn: Vec<Part> },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    TxnOk { txn: Vec<Part> },
}

/// Fills in reads and applies writes.
fn apply(txn: &mut [Part], values: &mut Values) {
    for (f, key, value) in txn {
        let current = values.entry(*key).or_default();
        match f.as_str() {
            "r" => *value = current.clone(),
            "append" => match current {
                Json::Array(list) => list.push(value.clone()),
                _ => *current = json!([value]),
            },
            _ => *current = value.clone(),
        }
    }
}

fn written(txn: &[Part]) -> Vec<i64> {
    let writes = txn.iter().filter(|(f, ..)| f != "r");
    writes.map(|(_, key, _)| *key).collect()
}

impl Database {
    async fn wait(&self, milliseconds: u64) {
        self.node.sleep(Duration::from_millis(milliseconds)).await;
    }

    fn apply_now(&self, txn: &mut [Part]) {
        let state = &mut *self.state.borrow_mut();
        apply(txn, &mut state.values);
    }

    async fn run(&self, txn: &mut Vec<Part>) -> Result<()> {
        match self.isolation {
            Isolation::Strict | Isolation::LocalOnly => self.apply_now(txn),
            Isolation::DirtyRead => {
                self.apply_now(txn);
                self.wait(20).await;
                if self.node.rng().chance(0.1) {
                    return Err(Error::txn_conflict("too late"));
                }
            }
            Isolation::Fractured => self.write_key_by_key(txn).await,
            Isolation::LostUpdate => {
                let mut values = self.state.borrow().values.clone();
                self.wait(20).await;
                apply(txn, &mut values);
                self.commit(txn, &values);
            }
            Isolation::StaleSnapshot => self.read_the_past(txn),
            Isolation::WriteSkew => self.first_committer_wins(txn).await?,
            Isolation::Garbage => {
                self.apply_now(txn);
                let reads = txn.iter_mut().filter(|(f, ..)| f == "r");
                for (_, _, value) in reads {
                    if self.node.rng().chance(0.1) {
                        *value = json!("rubbish");
                    }
                }
            }
            Isolation::Forgetful => {
                if txn.len() > 1 && self.node.rng().chance(0.1) {
                    txn.pop();
                }
                self.apply_now(txn);
            }
        }
        Ok(())
    }

    /// Sets what a transaction wrote to what it came to.
    fn commit(&self, txn: &[Part], values: &Values) {
        let state = &mut *self.state.borrow_mut();
        for key in written(txn) {
            state.values.insert(key, values[&key].clone());
            *state.versions.entry(key).or_default() += 1;
        }
    }

    async fn write_key_by_key(&self, txn: &mut [Part]) {
        let keys = written(txn);
        if keys.is_empty() {
            return self.apply_now(txn);
        }
        while self.state.borrow().writing {
            self.wait(1).await;
        }
        self.state.borrow_mut().writing = true;
        let mut values = self.state.borrow().values.clone();
        apply(txn, &mut values);
        for key in keys {
            self.state
                .borrow_mut()
                .values
                .insert(key, values[&key].clone());
            self.wait(5).await;
        }
        self.state.borrow_mut().writing = false;
    }

    fn read_the_past(&self, txn: &mut [Part]) {
        let now = self.node.now();
        let state = &mut *self.state.borrow_mut();
        if !written(txn).is_empty() {
            state.past.push((now, state.values.clone()));
            return apply(txn, &mut state.values);
        }
        let then = now.saturating_sub(Duration::from_millis(500));
        let past = state.past.iter().find(|(until, _)| *until > then);
        let mut values = past.map_or(&state.values, |(_, values)| values).clone();
        apply(txn, &mut values);
    }

    async fn first_committer_wins(&self, txn: &mut [Part]) -> Result<()> {
        let (mut values, versions) = {
            let state = self.state.borrow();
            (state.values.clone(), state.versions.clone())
        };
        self.wait(20).await;
        let changed = |key: &i64| self.state.borrow().versions.get(key) != versions.get(key);
        if written(txn).iter().any(changed) {
            return Err(Error::txn_conflict("another was first"));
        }
        apply(txn, &mut values);
        self.commit(txn, &values);
        Ok(())
    }
}

impl Server for Database {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, request: Request, _from: &NodeId) -> Result<Response> {
        let Request::Txn { mut txn } = request;
        self.run(&mut txn).await?;
        Ok(Response::TxnOk { txn })
    }
}

fn workload(name: &str, models: &str) -> Box<dyn Workload> {
    let mut options = workloads::Options::default();
    options.txn.consistency_models = models.parse().unwrap();
    options.txn.key_count = 4;
    workloads::find(name, &options).unwrap()
}

/// A run of a database. All its nodes have the same state, but for those that
/// have one of their own.
fn run(name: &str, isolation: Isolation, seed: u64) -> Simulated {
    let config = Config {
        rate: 200.0,
        concurrency: 20,
        time_limit: Duration::from_secs(20),
        ..Config::for_nodes(3).seed(seed)
    };
    let shared = Rc::new(RefCell::new(State::default()));
    let database = move |node| Database {
        node,
        isolation,
        state: match isolation {
            Isolation::LocalOnly => Rc::default(),
            _ => Rc::clone(&shared),
        },
    };
    simulate(
        &config,
        &mut *workload(name, "strict-serializable"),
        database,
    )
}

/// The verdict on a run under a model, and the anomalies.
fn judged(simulated: &Simulated, name: &str, model: &str) -> (Validity, Vec<String>) {
    let checked = workload(name, model).check(&simulated.outcome.history, Rules::Maelstrom);
    let types = checked.results.get("anomaly-types");
    let types = types.and_then(|types| types.items()).unwrap_or_default();
    let types = types.iter().map(|anomaly| anomaly.to_string());
    if checked.valid != Validity::Valid {
        assert!(!checked.findings.is_empty(), "{name} {model}");
    }
    (checked.valid, types.collect())
}

const LISTS: &str = "txn-list-append";
const REGISTERS: &str = "txn-rw-register";

#[test]
fn one_transaction_after_the_other_is_strictly_serializable() {
    for seed in 0..8 {
        for name in [LISTS, REGISTERS] {
            run(name, Isolation::Strict, seed).assert_valid();
        }
    }
}

#[test]
fn broken_databases_are_convicted_under_the_models_that_forbid_what_they_do() {
    for (isolation, name, allowing, forbidding, anomaly) in [
        (
            Isolation::DirtyRead,
            LISTS,
            &["read-uncommitted"][..],
            &["read-committed", "read-atomic", "snapshot-isolation"][..],
            ":G1a",
        ),
        (
            Isolation::DirtyRead,
            REGISTERS,
            &["read-uncommitted"],
            &["read-committed", "read-atomic", "snapshot-isolation"],
            ":G1a",
        ),
        (
            Isolation::Fractured,
            LISTS,
            &["read-committed", "cursor-stability"],
            &["consistent-view", "snapshot-isolation", "serializable"],
            ":G-single-item",
        ),
        (
            Isolation::LostUpdate,
            REGISTERS,
            &["read-committed", "causal-cerone", "prefix"],
            &[
                "update-atomic",
                "parallel-snapshot-isolation",
                "cursor-stability",
                "snapshot-isolation",
            ],
            ":lost-update",
        ),
        (
            Isolation::StaleSnapshot,
            LISTS,
            &["serializable", "snapshot-isolation"],
            &[
                "strict-serializable",
                "strong-snapshot-isolation",
                "strong-session-serializable",
            ],
            // Found in the order of time, as well as in that of clients.
            ":G-single-item",
        ),
        (
            Isolation::WriteSkew,
            LISTS,
            &["snapshot-isolation", "strong-session-snapshot-isolation"],
            &["repeatable-read", "serializable", "strict-serializable"],
            ":G2-item",
        ),
        (
            Isolation::LocalOnly,
            REGISTERS,
            &["read-committed", "monotonic-atomic-view", "causal-cerone"],
            &["update-atomic", "consistent-view", "serializable"],
            ":lost-update",
        ),
        (
            Isolation::LocalOnly,
            LISTS,
            &[],
            &["read-committed", "read-atomic", "strict-serializable"],
            ":incompatible-order",
        ),
    ] {
        for seed in 0..3 {
            let simulated = run(name, isolation, seed);
            let case = format!("{isolation:?} of {name}, seed {seed}");
            for model in allowing {
                let (valid, types) = judged(&simulated, name, model);
                assert_eq!(valid, Validity::Valid, "{case}, {model}: {types:?}");
            }
            for model in forbidding {
                let (valid, types) = judged(&simulated, name, model);
                assert_eq!(valid, Validity::Invalid, "{case}, {model}");
                let shown = types.iter().any(|found| found.starts_with(anomaly));
                assert!(shown, "{case}, {model}: {anomaly} is not among {types:?}");
            }
        }
    }
}

#[test]
fn a_proof_is_a_story_of_what_happened() {
    let simulated = run(LISTS, Isolation::WriteSkew, 1);
    let sentences = simulated.checked.sentences();
    let is_proof = |words: &&String| words.starts_with("G2-item: T1 (operation ");
    let proof = sentences.iter().find(is_proof);
    let proof = proof.unwrap_or_else(|| panic!("{sentences:?}"));
    assert!(proof.contains(" read key "), "{proof}");
    assert!(proof.contains(" before T2 appended "), "{proof}");
    assert!(
        proof.ends_with("so each would have to come before itself"),
        "{proof}"
    );
}

#[test]
fn what_elle_lets_pass_is_told_and_does_not_change_the_verdict() {
    for (isolation, key, part) in [
        (Isolation::Garbage, "garbage-reads", ", which nobody wrote"),
        (
            Isolation::Forgetful,
            "altered-replies",
            " and was answered ",
        ),
    ] {
        let simulated = run(REGISTERS, isolation, 1);
        let checked = workload(REGISTERS, "read-committed")
            .check(&simulated.outcome.history, Rules::Maelstrom);
        assert_eq!(checked.valid, Validity::Valid, "{:#?}", checked.findings);
        assert!(checked.results.get(key).is_some(), "{:?}", checked.results);
        let sentences = checked.sentences();
        let told = sentences.iter().any(|sentence| sentence.contains(part));
        assert!(told, "{part} is not in {:#?}", checked.findings);
    }
}

#[test]
fn the_same_history_gives_the_same_results() {
    let results = || {
        let simulated = run(LISTS, Isolation::LocalOnly, 7);
        simulated.checked.results.pretty()
    };
    assert_eq!(results(), results());
}
