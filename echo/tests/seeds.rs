//! The workload under faults, in virtual time: each seed is a test, a run, and the same run
//! again. One that fails leaves a page behind, and says where.
//!
//! `SEEDS=0..1000` in the environment has it go through others, and `cargo nextest run` takes
//! them apart.

use std::process::ExitCode;
use std::time::Duration;

use echo::Echo;
use simulation::run::Config;
use simulation::{network, simulate};
use workloads::echo::Echo as Workload;

fn main() -> ExitCode {
    seeds::main([seeds::sweep(
        "whatever_happens_it_is_an_echo",
        0..20,
        whatever_happens_it_is_an_echo,
    )])
}

fn whatever_happens_it_is_an_echo(seed: u64) {
    let config = Config {
        rate: 100.0,
        partitions: Some(Duration::from_secs(1)),
        network: network::Config {
            loss: 0.05,
            duplicate: 0.05,
            ..network::Config::default()
        },
        ..Config::for_nodes(3).seed(seed)
    };
    simulate(&config, &mut Workload, |_node| Echo).assert_valid();
}
