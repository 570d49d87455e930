//! The chapter's broken node, `examples/fire-and-forget.rs`, is convicted of what the
//! chapter says; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/fire-and-forget.rs"]
mod fire_and_forget;

use std::time::Duration;

use broadcast::{Broadcast, Options};
use maelstrom_node::{Node, Server};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::broadcast::{Broadcast as Workload, Topology};

/// The chapter's command, with this seed.
fn run<S: Server>(seed: u64, start: impl Fn(Node) -> S + Clone + 'static) -> Simulated {
    let config = Config {
        rate: 10.0,
        time_limit: Duration::from_secs(20),
        partitions: Some(Duration::from_secs(2)),
        ..Config::for_nodes(5).seed(seed)
    };
    simulate(&config, &mut Workload::new(Topology::Grid), start)
}

#[test]
fn a_partition_loses_messages() {
    for seed in 1..=10 {
        run(seed, fire_and_forget::start).assert_invalid("is lost");
        run(seed, |node| Broadcast::new(&node, Options::default())).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    let chapter = include_str!("../../README.md");
    let mut commands = chapter
        .lines()
        .filter(|line| line.contains("--example fire-and-forget "));
    assert!(commands.any(|line| line.contains("--seed 1 # invalid: ")));
    run(1, fire_and_forget::start).assert_quoted(chapter);
}
