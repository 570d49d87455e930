//! The chapter's broken node, `examples/overwrites.rs`, is convicted of what the
//! chapter says; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/overwrites.rs"]
mod overwrites;

use std::time::Duration;

use g_set::GSet;
use maelstrom_node::{Node, Server};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::g_set::GSet as Workload;

/// The chapter's command, with this seed.
fn run<S: Server>(seed: u64, start: impl Fn(Node) -> S + Clone + 'static) -> Simulated {
    let config = Config {
        rate: 10.0,
        time_limit: Duration::from_secs(10),
        ..Config::for_nodes(3).seed(seed)
    };
    simulate(&config, &mut Workload::default(), start)
}

#[test]
fn elements_are_lost() {
    for seed in 1..=10 {
        run(seed, overwrites::start).assert_invalid("is lost");
        run(seed, GSet::new).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    let chapter = include_str!("../../README.md");
    let mut commands = chapter
        .lines()
        .filter(|line| line.contains("--example overwrites "));
    assert!(commands.any(|line| line.contains("--seed 10 # invalid: ")));
    run(10, overwrites::start).assert_quoted(chapter);
}
