//! Nodes that are killed, and whatever else may happen to them: with `--durable`, transactions
//! stay causal.

use broadcast::mutation::{Mutation, broken};
use programs::conformance::assert_kept;
use programs::in_lockstep;
use simulation::run::Config;
use simulation::{Simulated, simulate};
use txn_rw_register::TxnRwRegister;
use workloads::struck::{assert_alike, convicts, sweep, sweep_over};
use workloads::txn::Options;
use workloads::txn_rw_register::TxnRwRegister as Workload;

fn workload() -> Workload {
    Workload::new(&Options {
        consistency_models: "causal-cerone,causal".parse().expect("a model"),
        ..Options::default()
    })
}

fn struck(config: &Config) -> Simulated {
    simulate(config, &mut workload(), TxnRwRegister::durable)
}

#[test]
fn causal_whatever_happens() {
    let swept = sweep(struck);
    assert!(swept.ok_fraction > 0.3, "{swept:?}");
}

/// A node that starts again asks another one, which tells it what it has done in this life, and
/// leaves it to the hub to tell the rest, such as what it had done in earlier ones.
#[test]
fn no_effect_is_seen_without_its_cause() {
    sweep_over(115..116, struck);
}

/// Each breaks what a node promises of its disk.
const PROMISES: [Mutation; 3] = [
    Mutation::AcknowledgesUnsynced,
    Mutation::RecallsNothing,
    Mutation::KeepsOwn,
];

#[test]
fn who_breaks_a_promise_is_convicted() {
    for mutation in PROMISES {
        convicts(struck, |config| broken(mutation, || struck(config))).names_the_death();
    }
}

/// `cargo test --release --package txn-rw-register how_small -- --ignored --nocapture`
#[test]
#[ignore = "it is a figure, and takes minutes"]
fn how_small_each_becomes() {
    for mutation in PROMISES {
        let base = |start| Config::struck(start, 3);
        let figure = broken(mutation, || hunt::how_small(base, struck));
        eprint!("{mutation:?}:\n{figure}");
    }
}

/// `cargo test --release --package txn-rw-register how_soon -- --ignored --nocapture`
#[test]
#[ignore = "it is a figure, and takes a minute"]
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
    let bin = env!("CARGO_BIN_EXE_txn-rw-register");
    assert_alike(struck, |config| {
        in_lockstep(bin, &["--durable"], logs.path(), config, &mut workload())
    });
}

#[test]
fn the_binary_keeps_the_rules_of_lockstep() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_txn-rw-register");
    assert_kept(bin, &[], logs.path());
    let report = assert_kept(bin, &["--durable"], logs.path());
    assert_eq!(report.not_tried(), [], "{report}");
}
