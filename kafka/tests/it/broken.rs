//! The chapter's broken node, `examples/own-offsets.rs`, is convicted of what the
//! chapter says; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/own-offsets.rs"]
mod own_offsets;

use std::time::Duration;

use kafka::{Acks, Kafka};
use maelstrom_node::{Node, Server};
use simulation::network::{self, Distribution, Latency};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::kafka::Kafka as Workload;

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
        rate: 200.0,
        time_limit: Duration::from_secs(10),
        ..Config::for_nodes(2).seed(seed)
    };
    simulate(&config, &mut Workload::default(), start)
}

#[test]
fn two_records_get_one_offset() {
    for seed in 1..=10 {
        run(seed, own_offsets::start).assert_invalid(": at offset ");
        run(seed, |node| Kafka::new(&node, Acks::One)).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    let chapter = include_str!("../../README.md");
    let mut commands = chapter
        .lines()
        .filter(|line| line.contains("--example own-offsets "));
    assert!(commands.any(|line| line.contains("--seed 13 # invalid: ")));
    run(13, own_offsets::start).assert_quoted(chapter);
}
