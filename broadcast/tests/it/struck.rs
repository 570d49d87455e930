//! Nodes that are killed, and whatever else may happen to them: with `--durable`, every message
//! that was acknowledged is everywhere in the end.

use broadcast::mutation::{Mutation, broken};
use broadcast::{Broadcast, Options};
use programs::conformance::assert_kept;
use programs::in_lockstep;
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::broadcast::{Broadcast as Workload, Topology};
use workloads::struck::{assert_alike, convicts, sweep};

fn workload() -> Workload {
    Workload::new(Topology::Grid)
}

fn struck(config: &Config) -> Simulated {
    simulate(config, &mut workload(), |node| {
        Broadcast::durable(&node, Options::default())
    })
}

#[test]
fn no_acknowledged_message_is_lost() {
    let swept = sweep(struck);
    assert!(swept.ok_fraction > 0.3, "{swept:?}");
}

#[test]
fn who_breaks_a_promise_is_convicted() {
    for mutation in [Mutation::AcknowledgesUnsynced, Mutation::RecallsNothing] {
        convicts(struck, |config| broken(mutation, || struck(config))).names_the_death();
    }
}

#[test]
fn the_binary_in_lockstep_is_struck_alike() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_broadcast");
    assert_alike(struck, |config| {
        in_lockstep(bin, &["--durable"], logs.path(), config, &mut workload())
    });
}

#[test]
fn the_binary_keeps_the_rules_of_lockstep() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_broadcast");
    assert_kept(bin, &[], logs.path());
    let report = assert_kept(bin, &["--durable"], logs.path());
    assert_eq!(report.not_tried(), [], "{report}");
}
