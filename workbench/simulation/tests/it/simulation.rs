//! Nodes in virtual time: good ones that pass under faults, broken ones that
//! are convicted with a sentence that names the fault, and the same bytes for
//! the same seed.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use maelstrom_node::kv::SeqKv;
use maelstrom_node::{Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};
use simulation::network::{self, Distribution, Latency};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use specimens::flood::{Fault, Flood};
use verdict::Validity;
use workloads::broadcast::{Broadcast, Topology};
use workloads::counter::Counter;
use workloads::g_set::GSet;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn flood(config: &Config, fault: Fault) -> Simulated {
    let mut workload = Broadcast::new(Topology::Grid);
    simulate(config, &mut workload, move |node| Flood::new(node, fault))
}

fn five_nodes(seed: u64) -> Config {
    Config {
        rate: 20.0,
        time_limit: seconds(20),
        ..Config::for_nodes(5).seed(seed)
    }
}

/// Everything that can go wrong between nodes at once.
fn rough(seed: u64) -> Config {
    Config {
        network: network::Config {
            latency: Latency {
                mean: Duration::from_millis(30),
                distribution: Distribution::Exponential,
            },
            loss: 0.05,
            duplicate: 0.05,
            reorder: 0.05,
            ideal: seed.is_multiple_of(2),
        },
        partitions: Some(seconds(3)),
        one_way: seed.is_multiple_of(3),
        ..five_nodes(seed)
    }
}

#[test]
fn a_good_node_passes_under_every_fault() {
    for seed in 0..50 {
        let simulated = flood(&rough(seed), Fault::None);
        simulated.assert_valid();
        assert!(simulated.figure("net.servers.msgs-per-op").unwrap() > 2.0);
        assert!(simulated.figure("workload.stable-count").unwrap() > 100.0);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let bytes = |seed| {
        let simulated = flood(&rough(seed), Fault::None);
        let mut bytes = Vec::new();
        simulated.outcome.history.write_edn(&mut bytes).unwrap();
        bytes.extend(simulated.checked.results.pretty().into_bytes());
        bytes
    };
    for seed in 0..20 {
        assert!(bytes(seed) == bytes(seed), "seed {seed}");
    }
    assert!(bytes(1) != bytes(2));
}

/// What is said of a broken node: the verdict, and one sentence at least.
#[track_caller]
fn convicted(simulated: &Simulated, verdict: Validity, part: &str) {
    assert_eq!(
        simulated.checked.valid, verdict,
        "{:?}",
        simulated.checked.findings
    );
    let sentences = simulated.checked.sentences();
    let found = sentences.iter().any(|sentence| sentence.contains(part));
    assert!(
        found,
        "{part:?} is not among {:#?}",
        simulated.checked.findings
    );
}

#[test]
fn broken_broadcasts_are_convicted() {
    for (fault, verdict, part) in [
        (
            Fault::Loses,
            Validity::Invalid,
            "element 6 is lost: it was acknowledged by operation",
        ),
        (
            Fault::Forgets,
            Validity::Invalid,
            "element 3 is lost: it was",
        ),
        (Fault::Amnesia, Validity::Invalid, "misses it"),
        (Fault::Refuses, Validity::Invalid, "not one read succeeded"),
        (
            Fault::Hangs,
            Validity::Invalid,
            "not one broadcast succeeded",
        ),
        (
            Fault::WrongShape,
            Validity::Invalid,
            r#"expected a read_ok with the keys"#,
        ),
    ] {
        let simulated = flood(&five_nodes(1), fault);
        convicted(&simulated, verdict, part);
    }
    // Enough where the network loses nothing, not enough where it does.
    flood(&five_nodes(1), Fault::AnswersFirst).assert_valid();
    convicted(
        &flood(&rough(1), Fault::AnswersFirst),
        Validity::Invalid,
        "is lost: it was acknowledged",
    );
    // Not against Jepsen's rules, but against ours.
    convicted(
        &flood(&five_nodes(1), Fault::Invents),
        Validity::Invalid,
        "element 1000000 is in the read that ended as operation",
    );
    // Without faults in the network, sending once is enough; with them it is not.
    flood(&five_nodes(1), Fault::NoRetry).assert_valid();
    convicted(
        &flood(&rough(1), Fault::NoRetry),
        Validity::Invalid,
        "is lost",
    );
}

#[test]
fn a_flood_ends_the_run() {
    let config = Config {
        flood: 10_000,
        ..five_nodes(1)
    };
    // Without latency, time never passes.
    let simulated = flood(&config, Fault::Floods);
    assert_eq!(simulated.checked.valid, Validity::Invalid);
    let problem = &simulated.outcome.problems[0];
    assert!(
        problem
            .what
            .starts_with("a flood: it and the others wrote more than 10000 messages at one moment"),
        "{problem:?}"
    );
    // With it, there are more and more.
    let config = Config {
        network: network::Config {
            ideal: true,
            latency: Latency {
                distribution: Distribution::Exponential,
                ..maelstroms_network().latency
            },
            ..network::Config::default()
        },
        ..config
    };
    let simulated = simulate(&config, &mut Broadcast::new(Topology::Total), |node| {
        Flood::new(node, Fault::Floods)
    });
    let problem = &simulated.outcome.problems[0];
    assert!(
        problem
            .what
            .starts_with("a flood: more than 10000 messages were under way"),
        "{problem:?}"
    );
}

/// A counter in one key of seq-kv.
struct KvCounter {
    kv: SeqKv,
    node: Node,
    stale: bool,
    double: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum CounterRequest {
    Add { delta: i64 },
    Read,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum CounterResponse {
    AddOk,
    ReadOk { value: i64 },
}

impl Server for KvCounter {
    type Request = CounterRequest;
    type Response = CounterResponse;

    async fn handle(&self, request: CounterRequest, _from: &NodeId) -> Result<CounterResponse> {
        match request {
            CounterRequest::Add { delta } => {
                let within = seconds(4);
                let delta = if self.double { 2 * delta } else { delta };
                let add = |sum: Option<i64>| sum.unwrap_or(0) + delta;
                self.kv.update("sum", within, add).await?;
                Ok(CounterResponse::AddOk)
            }
            CounterRequest::Read => {
                let value = match self.stale && *self.node.id() == "n0" {
                    true => Some(0),
                    false => self.kv.read_fresh("sum").await?,
                };
                Ok(CounterResponse::ReadOk {
                    value: value.unwrap_or(0),
                })
            }
        }
    }
}

fn counter(seed: u64, mut workload: Counter, stale: bool, double: bool) -> Simulated {
    let config = Config {
        partitions: Some(seconds(3)),
        ..five_nodes(seed)
    };
    simulate(&config, &mut workload, move |node| KvCounter {
        kv: SeqKv::new(&node),
        node,
        stale,
        double,
    })
}

#[test]
fn a_counter_on_seq_kv_passes_and_broken_ones_are_convicted() {
    for seed in 0..30 {
        counter(seed, Counter::g(), false, false).assert_valid();
        counter(seed, Counter::pn(), false, false).assert_valid();
    }
    let part = "where the adds make";
    convicted(
        &counter(1, Counter::g(), true, false),
        Validity::Invalid,
        part,
    );
    convicted(
        &counter(1, Counter::g(), false, true),
        Validity::Invalid,
        part,
    );
}

/// A set that each node keeps to itself, with gossip or without.
struct Local {
    node: Node,
    elements: std::rc::Rc<RefCell<BTreeSet<u64>>>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum SetRequest {
    Add { element: u64 },
    Read,
    Gossip { elements: BTreeSet<u64> },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum SetResponse {
    AddOk,
    ReadOk { value: BTreeSet<u64> },
}

impl Local {
    fn new(node: Node, gossips: bool) -> Self {
        let elements: std::rc::Rc<RefCell<BTreeSet<u64>>> = Default::default();
        if gossips {
            let (node, elements) = (node.clone(), std::rc::Rc::clone(&elements));
            drop(node.clone().spawn(async move {
                let mut interval = node.interval(seconds(1));
                loop {
                    interval.tick().await;
                    let gossip = SetRequest::Gossip {
                        elements: elements.borrow().clone(),
                    };
                    for peer in node.peers() {
                        node.send(peer, &gossip).expect("a peer");
                    }
                }
            }));
        }
        Local { node, elements }
    }
}

impl Server for Local {
    type Request = SetRequest;
    type Response = Option<SetResponse>;

    async fn handle(&self, request: SetRequest, from: &NodeId) -> Result<Option<SetResponse>> {
        let mut known = self.elements.borrow_mut();
        Ok(match request {
            SetRequest::Add { element } => {
                known.insert(element);
                Some(SetResponse::AddOk)
            }
            SetRequest::Read => Some(SetResponse::ReadOk {
                value: known.clone(),
            }),
            SetRequest::Gossip { mut elements } => {
                assert_ne!(from, self.node.id());
                known.append(&mut elements);
                None
            }
        })
    }
}

#[test]
fn a_set_that_gossips_passes_and_one_that_does_not_is_convicted() {
    for seed in 0..30 {
        simulate(&rough(seed), &mut GSet::default(), |node| {
            Local::new(node, true)
        })
        .assert_valid();
    }
    let alone = simulate(&five_nodes(1), &mut GSet::default(), |node| {
        Local::new(node, false)
    });
    convicted(&alone, Validity::Invalid, "is lost: it was acknowledged");
}

#[test]
fn a_thousand_nodes() {
    let config = Config {
        rate: 20.0,
        concurrency: 50,
        time_limit: seconds(2),
        ..Config::for_nodes(1000)
    };
    let mut workload = Broadcast::new(Topology::Tree4);
    simulate(&config, &mut workload, |node| Flood::new(node, Fault::None)).assert_valid();
}

/// Maelstrom's figures for a node that sends what is new to its neighbours,
/// once, without acknowledgements: 25 nodes, rate 100, latency 100 ms, 20 s.
#[test]
fn figures_agree_with_those_of_maelstrom() {
    for (topology, msgs_per_op, latencies) in [
        (Topology::Tree4, 11.99, [386.0, 489.0, 498.0, 505.0]),
        (Topology::Total, 290.6, [77.0, 95.0, 96.0, 97.0]),
    ] {
        // How many of the operations are broadcasts is chance: a mean of seeds.
        let run = |seed| maelstroms_documentation(topology, seed);
        let runs: Vec<Simulated> = (0..5).map(run).collect();
        let mean = |path: &str| {
            let figures = runs.iter().map(|run| run.figure(path).expect(path));
            figures.sum::<f64>() / runs.len() as f64
        };
        let found = mean("net.servers.msgs-per-op");
        eprintln!("{topology:?} msgs-per-op: {found}, Maelstrom: {msgs_per_op}");
        assert!((found / msgs_per_op - 1.0).abs() < 0.03);
        for (quantile, expected) in ["0.5", "0.95", "0.99", "1"].into_iter().zip(latencies) {
            let found = mean(&format!("workload.stable-latencies.{quantile}"));
            eprintln!("{topology:?} {quantile}: {found} ms, Maelstrom: {expected} ms");
            assert!((found - expected).abs() <= f64::max(10.0, expected / 10.0));
        }
    }
}

fn maelstroms_network() -> network::Config {
    network::Config {
        latency: Latency {
            mean: Duration::from_millis(100),
            distribution: Distribution::Constant,
        },
        ..network::Config::default()
    }
}

fn maelstroms_documentation(topology: Topology, seed: u64) -> Simulated {
    let config = Config {
        rate: 100.0,
        time_limit: seconds(20),
        network: maelstroms_network(),
        ..Config::for_nodes(25).seed(seed)
    };
    let mut workload = Broadcast::new(topology);
    let simulated = simulate(&config, &mut workload, |node| {
        Flood::new(node, Fault::NoRetry)
    });
    simulated.assert_valid();
    simulated
}
