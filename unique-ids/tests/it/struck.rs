//! Nodes that are killed and begin again, and whatever else may happen to them: in each life
//! they make other ids.

use std::path::Path;

use programs::{Clock, Program, Programs};
use simulation::host::Host;
use simulation::run::{self, Config};
use simulation::{Simulated, simulate};
use unique_ids::UniqueIds;
use workloads::struck::sweep;
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
    let program = Program {
        bin: Path::new(env!("CARGO_BIN_EXE_unique-ids")).to_owned(),
        args: Vec::new(),
        logs: logs.path().to_owned(),
        disks: logs.path().to_owned(),
        show_stderr: None,
    };
    let config = Config::struck(7, 3);
    let mut host = Programs::start(&program, &config.nodes, Clock::of(&config)).unwrap();
    let outcome = run::run(&config, &mut workload(), &mut host, &mut ());
    assert!(!host.is_live());
    assert!(outcome.history == struck(&config).outcome.history);
}
