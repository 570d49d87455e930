//! Nodes that are killed and begin again, and whatever else may happen to them: in each life
//! they make other ids.

use programs::conformance::{Rule, assert_kept};
use programs::in_lockstep;
use simulation::run::Config;
use simulation::{Simulated, simulate};
use unique_ids::UniqueIds;
use workloads::struck::{assert_alike, sweep};
use workloads::unique_ids::UniqueIds as Workload;

fn workload() -> Workload {
    Workload
}

fn struck(config: &Config) -> Simulated {
    simulate(config, &mut workload(), UniqueIds::new)
}

#[test]
fn unique_whatever_happens() {
    let swept = sweep(struck);
    assert!(swept.ok_fraction > 0.5, "{swept:?}");
}

#[test]
fn the_binary_in_lockstep_is_struck_alike() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_unique-ids");
    assert_alike(struck, |config| {
        in_lockstep(bin, &[], logs.path(), config, &mut workload())
    });
}

#[test]
fn the_binary_keeps_the_rules_of_lockstep() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_unique-ids");
    let report = assert_kept(bin, &[], logs.path());
    assert_eq!(
        report.not_tried(),
        [Rule::Wake, Rule::Sync, Rule::Failed],
        "{report}"
    );
}
