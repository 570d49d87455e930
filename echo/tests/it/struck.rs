//! Nodes that are killed, stand still, and have clocks and disks that are wrong: whoever is
//! answered, is answered rightly.

use echo::Echo;
use programs::conformance::{Rule, assert_kept};
use programs::in_lockstep;
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::echo::Echo as Workload;
use workloads::struck::{assert_alike, sweep};

fn workload() -> Workload {
    Workload
}

fn struck(config: &Config) -> Simulated {
    simulate(config, &mut workload(), |_node| Echo)
}

#[test]
fn what_is_answered_is_right() {
    let swept = sweep(struck);
    assert!(swept.ok_fraction > 0.5, "{swept:?}");
}

#[test]
fn the_binary_in_lockstep_is_struck_alike() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_echo");
    assert_alike(struck, |config| {
        in_lockstep(bin, &[], logs.path(), config, &mut workload())
    });
}

#[test]
fn the_binary_keeps_the_rules_of_lockstep() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_echo");
    let report = assert_kept(bin, &[], logs.path());
    assert_eq!(
        report.not_tried(),
        [Rule::Wake, Rule::Sync, Rule::Failed],
        "{report}"
    );
}
