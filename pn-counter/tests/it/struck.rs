//! Nodes that are killed, and whatever else may happen to them: with `--durable`, everything
//! that was acknowledged counts in the end, and counts once.

use broadcast::mutation::{Mutation, broken};
use pn_counter::PnCounter;
use programs::conformance::assert_kept;
use programs::in_lockstep;
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::counter::Counter;
use workloads::struck::{assert_alike, convicts, sweep};

fn workload() -> Counter {
    Counter::pn()
}

fn struck(config: &Config) -> Simulated {
    simulate(config, &mut workload(), PnCounter::durable)
}

#[test]
fn what_was_acknowledged_counts_once() {
    let swept = sweep(struck);
    assert!(swept.ok_fraction > 0.3, "{swept:?}");
}

#[test]
fn who_breaks_a_promise_is_convicted() {
    let lost = Mutation::AcknowledgesUnsynced;
    convicts(struck, |config| broken(lost, || struck(config))).names_the_death();
    for mutation in [Mutation::RecallsNothing, Mutation::RecallsTwice] {
        convicts(struck, |config| broken(mutation, || struck(config))).names_no_death();
    }
}

#[test]
fn the_binary_in_lockstep_is_struck_alike() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_pn-counter");
    assert_alike(struck, |config| {
        in_lockstep(bin, &["--durable"], logs.path(), config, &mut workload())
    });
}

#[test]
fn the_binary_keeps_the_rules_of_lockstep() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_pn-counter");
    assert_kept(bin, &[], logs.path());
    let report = assert_kept(bin, &["--durable"], logs.path());
    assert_eq!(report.not_tried(), [], "{report}");
}
