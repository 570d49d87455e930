//! Broken nodes under everything that can go wrong: what is left of a run in which that
//! shows.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::time::Duration;

use hunt::{Failure, Shrunk, Size, shrink};
use maelstrom_node::{NodeId, Result, Server};
use simulation::nemesis::{Moment, NodeFault, NodeFaults, Rule};
use simulation::run::Config;
use simulation::schedule::Schedule;
use simulation::{Simulated, simulate};
use specimens::flood::{self, Flood};
use specimens::logs::{self, Logs};
use specimens::registers::{self, Registers};
use workloads::Options;
use workloads::broadcast::{Broadcast, Topology};
use workloads::g_set::GSet;
use workloads::kafka::Kafka;
use workloads::lin_kv::LinKv;

fn flooded(config: &Config, fault: flood::Fault) -> Simulated {
    let mut workload = Broadcast::new(Topology::Grid);
    simulate(config, &mut workload, move |node| Flood::new(node, fault))
}

fn logged(config: &Config, fault: logs::Fault) -> Simulated {
    let mut workload = Kafka::new(&Options::default().txn);
    simulate(config, &mut workload, move |_| Logs::new(fault))
}

fn registered(config: &Config, fault: registers::Fault) -> Simulated {
    let mut workload = LinKv::new(config.nodes.len(), config.network.latency.mean);
    simulate(config, &mut workload, move |node| {
        Registers::new(node, fault)
    })
}

/// The smallest run, from the first seed that fails.
fn smallest(run: &dyn Fn(&Config) -> Simulated, nodes: usize) -> (Size, Shrunk, Failure) {
    for seed in 0..200 {
        let first = run(&Config {
            rate: 20.0,
            concurrency: 2 * nodes,
            time_limit: Duration::from_secs(10),
            ..Config::rough(seed, nodes)
        });
        if let Some(failure) = Failure::of(&first) {
            let mut fails = |schedule: &Schedule| failure.struck_in(&run(&schedule.config()));
            let before = first.schedule();
            let shrunk = shrink(before.clone(), &mut fails, &mut |_| true);
            assert!(shrunk.is_smallest);
            assert!(failure.is_in(&run(&shrunk.schedule.config())));
            return (Size::of(&before), shrunk, failure);
        }
    }
    panic!("no seed of 200 fails");
}

/// Some of these fail at every so-many-th request, and so need that many.
#[test]
fn what_is_left_is_what_the_failure_needs() {
    let mut table = String::new();
    let mut sizes = Vec::new();
    let mut row = |name: &str, run: &dyn Fn(&Config) -> Simulated, nodes: usize| {
        let (before, shrunk, failure) = smallest(run, nodes);
        let _ = writeln!(
            table,
            "{name} ({failure}), in {} runs\n  {before}\n  {}",
            shrunk.runs, shrunk.size
        );
        sizes.push(shrunk.size);
    };
    {
        use flood::Fault::*;
        for fault in [NoRetry, Loses, Forgets, Amnesia] {
            row(&format!("{fault:?}"), &|config| flooded(config, fault), 5);
        }
    }
    {
        use logs::Fault::*;
        for fault in [
            Loses,
            ReusesOffsets,
            KeepsTwice,
            Skips,
            SkipsAhead,
            GoesBack,
        ] {
            row(&format!("{fault:?}"), &|config| logged(config, fault), 1);
        }
    }
    {
        use registers::Fault::*;
        for fault in [
            StaleReads,
            LosesWrites,
            SplitBrain,
            AppliesTwice,
            RacyCas,
            RefusesAndSets,
        ] {
            row(
                &format!("{fault:?}"),
                &|config| registered(config, fault),
                3,
            );
        }
    }
    eprintln!("{table}");
    let mut operations: Vec<usize> = sizes.iter().map(|size| size.operations).collect();
    operations.sort_unstable();
    assert!(
        operations[sizes.len() / 2] <= 5 && operations[sizes.len() - 1] <= 20,
        "{table}"
    );
    let is_plain = |size: &&Size| size.faults() + size.lost + size.late + size.old_answers == 0;
    assert!(
        sizes.iter().filter(is_plain).count() > sizes.len() / 2,
        "{table}"
    );
    assert!(
        sizes
            .iter()
            .all(|size| size.nodes <= 3 && size.faults() <= 1),
        "{table}"
    );
}

/// A set that a kill takes with it.
#[derive(Default)]
struct Forgetful(RefCell<Vec<i64>>);

#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Add { element: i64 },
    Read,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    AddOk,
    ReadOk { value: Vec<i64> },
}

impl Server for Forgetful {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, request: Request, _from: &NodeId) -> Result<Response> {
        Ok(match request {
            Request::Add { element } => {
                self.0.borrow_mut().push(element);
                Response::AddOk
            }
            Request::Read => Response::ReadOk {
                value: self.0.borrow().clone(),
            },
        })
    }
}

/// A client whose node is dead gets no answer. That is told before what is lost, and it is not
/// what is looked for.
#[test]
fn what_clients_see_of_a_kill_is_not_the_failure() {
    let kills = NodeFaults::new([NodeFault::Kill], Duration::from_millis(500));
    let config = Config {
        rate: 50.0,
        concurrency: 10,
        time_limit: Duration::from_secs(10),
        node_faults: Some(kills),
        ..Config::for_nodes(1).seed(1)
    };
    let run = |config: &Config| simulate(config, &mut GSet::default(), |_| Forgetful::default());
    let first = run(&config);
    let findings = first.checked.findings.iter();
    let mut anomalies: Vec<&str> = findings.map(|finding| &*finding.anomaly).collect();
    anomalies.dedup();
    let all = ["death", "exceptions", "lost", "never-read", "low-rate"];
    assert_eq!(anomalies, all);
    let failure = Failure::of(&first).expect("what it knew dies with a node");
    assert_eq!(failure, Failure::Anomaly("lost".to_owned()));
    let mut fails = |schedule: &Schedule| failure.struck_in(&run(&schedule.config()));
    let shrunk = shrink(first.schedule(), &mut fails, &mut |_| true);
    let size = &shrunk.size;
    assert_eq!((size.nodes, size.faults()), (1, 1), "{size}");
    assert!((1..=3).contains(&size.operations), "{size}");
}

/// A kill at the 30th answer needs 29 operations that nobody else needs.
#[test]
fn what_a_moment_waits_for_goes() {
    let moment = Moment::Sends {
        node: 0,
        kind: "add_ok".to_owned(),
        nth: 30,
    };
    let never = Moment::Receives {
        node: 0,
        kind: "replicate".to_owned(),
        nth: 1,
    };
    let kill = |moment| Rule::new(moment, NodeFault::Kill, vec![0]);
    let config = Config {
        rate: 50.0,
        concurrency: 5,
        time_limit: Duration::from_secs(3),
        rules: vec![kill(never), kill(moment)],
        ..Config::for_nodes(1).seed(1)
    };
    let run = |config: &Config| simulate(config, &mut GSet::default(), |_| Forgetful::default());
    let first = run(&config);
    assert_eq!(first.outcome.struck.len(), 2);
    assert_eq!(first.outcome.struck[0], None);
    let failure = Failure::of(&first).expect("what it knew dies with a node");
    let mut fails = |schedule: &Schedule| failure.struck_in(&run(&schedule.config()));
    let shrunk = shrink(first.schedule(), &mut fails, &mut |_| true);
    assert!(shrunk.size.operations <= 3, "{}", shrunk.size);
    let rules = &shrunk.schedule.world.rules;
    assert!(
        matches!(
            &rules[..],
            [Rule {
                moment: Moment::At(_),
                ..
            }]
        ),
        "{rules:?}"
    );
}

/// Found with other seeds, one way to fail comes to the same few runs: a partition drops the one
/// message, or chance does.
#[test]
fn other_seeds_come_to_the_same() {
    let run = |config: &Config| flooded(config, flood::Fault::NoRetry);
    let mut sizes = std::collections::BTreeSet::new();
    let mut count = 0;
    for seed in 0..20 {
        let first = run(&Config::rough(seed, 5));
        let Some(failure) = Failure::of(&first) else {
            continue;
        };
        let mut fails = |schedule: &Schedule| failure.struck_in(&run(&schedule.config()));
        let shrunk = shrink(first.schedule(), &mut fails, &mut |_| true);
        sizes.insert(shrunk.size.to_string());
        count += 1;
    }
    assert!(count > 10);
    assert!(sizes.len() <= 2, "{sizes:?}");
}
