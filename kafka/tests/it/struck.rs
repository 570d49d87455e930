//! Nodes that are killed, and whatever else may happen to them: with `--acks all`, every record
//! that was acknowledged is there in the end, and no poll skips one.

use std::time::Duration;

use broadcast::mutation::{Mutation, broken};
use kafka::{Acks, Kafka};
use programs::conformance::assert_kept;
use programs::in_lockstep;
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::kafka::Kafka as Workload;
use workloads::struck::{assert_alike, convicts, sweep};

fn workload() -> Workload {
    Workload::new(&Default::default())
}

/// For longer, and with more clients: a record that cannot come to a node waits 1.3 s for it, or
/// until its own node is killed.
fn patient(config: &Config) -> Config {
    Config {
        time_limit: Duration::from_secs(20),
        concurrency: 4 * config.nodes.len(),
        ..config.clone()
    }
}

fn struck(config: &Config) -> Simulated {
    run(&patient(config))
}

fn run(config: &Config) -> Simulated {
    simulate(config, &mut workload(), |node| Kafka::new(&node, Acks::All))
}

#[test]
fn no_acknowledged_record_is_lost_or_skipped() {
    let swept = sweep(struck);
    assert!(swept.ok_fraction > 0.3, "{swept:?}");
}

/// Each breaks what a node promises of its disk.
const PROMISES: [Mutation; 4] = [
    Mutation::AcknowledgesUnsynced,
    Mutation::SendsUnsynced,
    Mutation::RecallsNothing,
    Mutation::KeepsOwn,
];

#[test]
fn who_breaks_a_promise_is_convicted() {
    for mutation in PROMISES {
        convicts(struck, |config| broken(mutation, || struck(config))).names_the_death();
    }
}

/// `cargo test --release --package kafka how_small -- --ignored --nocapture`
#[test]
#[ignore = "it is a figure, and takes minutes"]
fn how_small_each_becomes() {
    for mutation in PROMISES {
        let base = |start| patient(&Config::struck(start, 3));
        let figure = broken(mutation, || hunt::how_small(base, run));
        eprint!("{mutation:?}:\n{figure}");
    }
}

/// `cargo test --release --package kafka how_soon -- --ignored --nocapture`
#[test]
#[ignore = "it is a figure, and takes minutes"]
fn how_soon_each_is_found() {
    for mutation in PROMISES {
        let base = |start| Config::struck(start, 3);
        let figure = broken(mutation, || hunt::how_soon(base, struck));
        eprintln!("{mutation:?}: {figure}");
    }
}

#[test]
fn the_binary_in_lockstep_is_struck_alike() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_kafka");
    assert_alike(struck, |config| {
        in_lockstep(
            bin,
            &["--acks", "all"],
            logs.path(),
            &patient(config),
            &mut workload(),
        )
    });
}

#[test]
fn the_binary_keeps_the_rules_of_lockstep() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_kafka");
    assert_kept(bin, &[], logs.path());
    let report = assert_kept(bin, &["--acks", "all"], logs.path());
    assert_eq!(report.not_tried(), [], "{report}");
}
