//! Nodes that are killed, stand still, and have clocks and disks that are wrong: whoever is
//! answered, is answered rightly.

use std::path::Path;

use echo::Echo;
use programs::{Clock, Program, Programs};
use simulation::host::Host;
use simulation::run::{self, Config};
use simulation::{Simulated, simulate};
use workloads::echo::Echo as Workload;
use workloads::struck::sweep;

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
    let program = Program {
        bin: Path::new(env!("CARGO_BIN_EXE_echo")).to_owned(),
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
