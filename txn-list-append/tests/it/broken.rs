//! The chapter's broken node, `examples/key-by-key.rs`, is convicted of what the
//! chapter says; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/key-by-key.rs"]
mod key_by_key;

use std::time::Duration;

use maelstrom_node::{Node, Server};
use simulation::network::{self, Distribution, Latency};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use txn_list_append::TxnListAppend;
use workloads::txn_list_append::TxnListAppend as Workload;

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
        rate: 100.0,
        time_limit: Duration::from_secs(10),
        ..Config::for_nodes(2).seed(seed)
    };
    simulate(&config, &mut Workload::new(&Default::default()), start)
}

#[test]
fn lists_lose_what_was_appended() {
    for seed in 1..=10 {
        run(seed, key_by_key::start).assert_invalid("incompatible-order: ");
        run(seed, TxnListAppend::new).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    let chapter = include_str!("../../README.md");
    let mut commands = chapter
        .lines()
        .filter(|line| line.contains("--example key-by-key "));
    assert!(commands.any(|line| line.contains("--seed 5 # invalid: ")));
    run(5, key_by_key::start).assert_quoted(chapter);
}
