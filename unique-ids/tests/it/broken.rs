//! The chapter's broken node, `examples/nameless.rs`, is convicted of what the
//! chapter says; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/nameless.rs"]
mod nameless;

use std::time::Duration;

use maelstrom_node::{Node, Server};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use unique_ids::UniqueIds;
use workloads::unique_ids::UniqueIds as Workload;

/// The chapter's command, with this seed.
fn run<S: Server>(seed: u64, start: impl Fn(Node) -> S + Clone + 'static) -> Simulated {
    let config = Config {
        rate: 1000.0,
        time_limit: Duration::from_secs(5),
        ..Config::for_nodes(3).seed(seed)
    };
    simulate(&config, &mut Workload, start)
}

#[test]
fn ids_are_given_twice() {
    for seed in 1..=10 {
        run(seed, nameless::start).assert_invalid("was given");
        run(seed, UniqueIds::new).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    let chapter = include_str!("../../README.md");
    let mut commands = chapter
        .lines()
        .filter(|line| line.contains("--example nameless "));
    assert!(commands.any(|line| line.contains("--seed 1 # invalid: ")));
    run(1, nameless::start).assert_quoted(chapter);
}
