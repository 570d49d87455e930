//! Nodes that are killed, and whatever else may happen to them: with `--durable`, every element
//! that was acknowledged is there in the end.

use std::time::Duration;

use broadcast::mutation::{Mutation, broken};
use g_set::GSet;
use programs::conformance::assert_kept;
use programs::in_lockstep;
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::g_set::GSet as Workload;
use workloads::struck::{assert_alike, convicts, sweep};

fn workload() -> Workload {
    Workload::default()
}

fn struck(config: &Config) -> Simulated {
    simulate(config, &mut workload(), GSet::durable)
}

#[test]
fn no_acknowledged_element_is_lost() {
    let swept = sweep(struck);
    assert!(swept.ok_fraction > 0.3, "{swept:?}");
}

/// Each breaks what a node promises of its disk.
const PROMISES: [Mutation; 3] = [
    Mutation::AcknowledgesUnsynced,
    Mutation::SendsUnsynced,
    Mutation::RecallsNothing,
];

#[test]
fn who_breaks_a_promise_is_convicted() {
    for mutation in PROMISES {
        convicts(struck, |config| broken(mutation, || struck(config))).names_the_death();
    }
}

/// With one life for all, nodes disagree about what a number in a message stands for, and about
/// who has seen what. (At a latency, since they tell each other so without end.)
#[test]
fn who_is_taken_for_what_it_was_is_convicted() {
    let slowly = |config: &Config| struck(&slow(config));
    let broken = |config: &Config| broken(Mutation::LivesOn, || slowly(config));
    convicts(slowly, broken).names_the_death();
}

fn slow(config: &Config) -> Config {
    let mut config = config.clone();
    config.network.latency.mean = Duration::from_millis(50);
    config
}

/// `cargo test --release --package g-set how_small -- --ignored --nocapture`
#[test]
#[ignore = "it is a figure, and takes minutes"]
fn how_small_each_becomes() {
    for mutation in PROMISES {
        let base = |start| Config::struck(start, 3);
        let figure = broken(mutation, || hunt::how_small(base, struck));
        eprint!("{mutation:?}:\n{figure}");
    }
    let slow = |start| slow(&Config::struck(start, 3));
    let figure = broken(Mutation::LivesOn, || hunt::how_small(slow, struck));
    eprint!("{:?}:\n{figure}", Mutation::LivesOn);
}

/// `cargo test --release --package g-set how_soon -- --ignored --nocapture`
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
    let bin = env!("CARGO_BIN_EXE_g-set");
    assert_alike(struck, |config| {
        in_lockstep(bin, &["--durable"], logs.path(), config, &mut workload())
    });
}

#[test]
fn the_binary_keeps_the_rules_of_lockstep() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_g-set");
    assert_kept(bin, &[], logs.path());
    let report = assert_kept(bin, &["--durable"], logs.path());
    assert_eq!(report.not_tried(), [], "{report}");
}
