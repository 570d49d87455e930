//! The chapter's broken node, `examples/local-reads.rs`, is convicted of what the
//! chapter says; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/local-reads.rs"]
mod local_reads;

use std::time::Duration;

use lin_kv::LinKv;
use maelstrom_node::{Node, Server};
use simulation::network::{self, Distribution, Latency};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::lin_kv::LinKv as Workload;

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
        concurrency: 6,
        rate: 100.0,
        time_limit: Duration::from_secs(10),
        ..Config::for_nodes(3).seed(seed)
    };
    let mut workload = Workload::new(3, Duration::from_millis(10));
    simulate(&config, &mut workload, start)
}

#[test]
fn reads_are_stale() {
    for seed in 1..=10 {
        run(seed, local_reads::start).assert_invalid("key 0 is not linearizable");
        run(seed, LinKv::new).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    let chapter = include_str!("../../README.md");
    let mut commands = chapter
        .lines()
        .filter(|line| line.contains("--example local-reads "));
    assert!(commands.any(|line| line.contains("--seed 9 # invalid: ")));
    run(9, local_reads::start).assert_quoted(chapter);
}
