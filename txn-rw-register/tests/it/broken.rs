//! The chapter's broken node, `examples/write-by-write.rs`, is convicted of what the
//! chapter says; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/write-by-write.rs"]
mod write_by_write;

use std::time::Duration;

use maelstrom_node::{Node, Server};
use simulation::network::{self, Distribution, Latency};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use txn_rw_register::TxnRwRegister;
use workloads::txn::Options;
use workloads::txn_rw_register::TxnRwRegister as Workload;

/// The chapter's command, with this seed.
fn run<S: Server>(seed: u64, start: impl Fn(Node) -> S + Clone + 'static) -> Simulated {
    let config = Config {
        network: network::Config {
            latency: Latency {
                mean: Duration::from_millis(10),
                distribution: Distribution::Constant,
            },
            ..network::Config::default()
        },
        concurrency: 4,
        rate: 100.0,
        time_limit: Duration::from_secs(5),
        ..Config::for_nodes(2).seed(seed)
    };
    let options = Options {
        consistency_models: "read-committed".parse().expect("a model"),
        ..Options::default()
    };
    simulate(&config, &mut Workload::new(&options), start)
}

#[test]
fn halves_of_transactions_are_read() {
    for seed in 1..=10 {
        run(seed, write_by_write::start).assert_invalid("G1b: ");
        run(seed, TxnRwRegister::new).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    let chapter = include_str!("../../README.md");
    let mut commands = chapter
        .lines()
        .filter(|line| line.contains("--example write-by-write "));
    assert!(commands.any(|line| line.contains("--seed 18 # invalid: ")));
    run(18, write_by_write::start).assert_quoted(chapter);
}
