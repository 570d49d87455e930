//! Registers in virtual time: a good store is valid under partitions, broken
//! ones are convicted with operations that have no order.

use std::time::Duration;

use history::{OpType, Process};
use picture::proof;
use simulation::network::{self, Distribution, Latency};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use specimens::registers::{Fault, Registers};
use verdict::Validity;
use workloads::lin_kv::{LinKv, PROCESS_LIMIT};

fn run(seed: u64, fault: Fault) -> Simulated {
    let latency = Duration::from_millis(10);
    let config = Config {
        concurrency: 12,
        rate: 60.0,
        time_limit: Duration::from_secs(30),
        network: network::Config {
            latency: Latency {
                mean: latency,
                distribution: Distribution::Exponential,
            },
            ..network::Config::default()
        },
        partitions: Some(Duration::from_secs(5)),
        ..Config::for_nodes(3).seed(seed)
    };
    simulate(&config, &mut LinKv::new(3, latency), move |node| {
        Registers::new(node, fault)
    })
}

#[test]
fn a_good_store_is_valid_under_partitions() {
    for seed in 0..30 {
        let simulated = run(seed, Fault::None);
        simulated.assert_valid();
        // Not because nothing happened, or nothing went wrong.
        let count = |path: &str| simulated.figure(path).expect(path);
        assert!(count("stats.ok-count") > 400.0);
        assert!(count("stats.by-f.cas.ok-count") > 20.0);
        assert!(count("stats.info-count") > 10.0);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let bytes = |seed| {
        let simulated = run(seed, Fault::SplitBrain);
        let mut bytes = Vec::new();
        simulated.outcome.history.write_edn(&mut bytes).unwrap();
        bytes.extend(simulated.checked.results.pretty().into_bytes());
        bytes
    };
    for seed in 0..3 {
        assert!(bytes(seed) == bytes(seed), "seed {seed}");
    }
    assert!(bytes(0) != bytes(1));
}

#[test]
fn broken_stores_are_convicted() {
    for fault in [
        Fault::StaleReads,
        Fault::LosesWrites,
        Fault::SplitBrain,
        Fault::AppliesTwice,
        Fault::RacyCas,
        Fault::RefusesAndSets,
        Fault::Alone,
    ] {
        for seed in 0..5 {
            let simulated = run(seed, fault);
            let checked = &simulated.checked;
            assert_eq!(checked.valid, Validity::Invalid, "{fault:?}, seed {seed}");
            let sentences = checked.sentences();
            let is_said = |words: &String| words.contains("is not linearizable: ");
            assert!(sentences.iter().any(is_said), "{fault:?}: {sentences:?}");
            let results = checked.results.get("workload").unwrap();
            let failures = results.get("failures").unwrap().items().unwrap();
            let history = &simulated.outcome.history;
            let drawings = proof::drawings(history, &checked.findings, None);
            assert_eq!(drawings.len(), failures.len().min(proof::MOST));
        }
    }
}

/// What a run asks of the nodes is what Maelstrom's would: groups of clients
/// with keys of their own, reads that fail where there is nothing to read, and
/// no more processes than a key may have.
#[test]
fn the_history_is_as_maelstrom_makes_it() {
    let simulated = run(1, Fault::None);
    let history = &simulated.outcome.history;
    let mut processes = std::collections::BTreeMap::<i64, std::collections::BTreeSet<i64>>::new();
    for (_, op) in history.clients() {
        let [key, value] = op.value.items().unwrap() else {
            panic!("{op}")
        };
        let Process::Client(process) = op.process else {
            panic!("{op}")
        };
        let key = key.as_int().unwrap();
        processes.entry(key).or_default().insert(process);
        assert_eq!(op.f == "read", process % 6 < 3, "{op}");
        if op.f == "read" {
            assert_ne!(op.typ, OpType::Info, "{op}");
            assert_eq!(value.as_int().is_some(), op.typ == OpType::Ok, "{op}");
        }
    }
    assert!(processes.len() > 2, "{processes:?}");
    for (key, processes) in &processes {
        assert!(processes.len() <= PROCESS_LIMIT, "{key}: {processes:?}");
        let group = |process: &i64| process % 12 / 6;
        let first = processes.first().map(group);
        assert!(
            processes
                .iter()
                .all(|process| Some(group(process)) == first)
        );
    }
}
