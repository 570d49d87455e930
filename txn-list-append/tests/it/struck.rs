//! Nodes that are killed and begin again: all that is known is in the store.

use programs::conformance::{Rule, assert_kept};
use programs::in_lockstep;
use simulation::run::Config;
use simulation::{Simulated, simulate};
use txn_list_append::TxnListAppend;
use workloads::struck::{assert_alike, convicts, sweep};
use workloads::txn_list_append::TxnListAppend as Workload;

fn workload() -> Workload {
    Workload::new(&Default::default())
}

fn struck(config: &Config) -> Simulated {
    simulate(config, &mut workload(), TxnListAppend::new)
}

#[test]
fn strictly_serializable_whatever_happens() {
    let swept = sweep(struck);
    assert!(swept.ok_fraction > 0.3, "{swept:?}");
}

/// It takes an entry of its former life for the one that it has just made.
#[test]
fn who_does_not_tell_its_lives_apart_is_convicted() {
    convicts(struck, |config| {
        simulate(config, &mut workload(), TxnListAppend::in_one_life)
    });
}

#[test]
fn the_binary_in_lockstep_is_struck_alike() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_txn-list-append");
    assert_alike(struck, |config| {
        in_lockstep(bin, &[], logs.path(), config, &mut workload())
    });
}

#[test]
fn the_binary_keeps_the_rules_of_lockstep() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_txn-list-append");
    let report = assert_kept(bin, &[], logs.path());
    assert_eq!(report.not_tried(), [Rule::Sync, Rule::Failed], "{report}");
}
