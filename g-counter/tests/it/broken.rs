//! The chapter's broken node, `examples/read-then-write.rs`, is convicted of what the
//! chapter says; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/read-then-write.rs"]
mod read_then_write;

use std::time::Duration;

use g_counter::GCounter;
use maelstrom_node::{Node, Server};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::counter::Counter;

/// The chapter's command, with this seed.
fn run<S: Server>(seed: u64, start: impl Fn(Node) -> S + Clone + 'static) -> Simulated {
    let config = Config {
        rate: 100.0,
        time_limit: Duration::from_secs(5),
        ..Config::for_nodes(3).seed(seed)
    };
    simulate(&config, &mut Counter::g(), start)
}

#[test]
fn updates_are_lost() {
    for seed in 1..=10 {
        run(seed, read_then_write::start).assert_invalid("where the adds make");
        run(seed, GCounter::new).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    let chapter = include_str!("../../README.md");
    let mut commands = chapter
        .lines()
        .filter(|line| line.contains("--example read-then-write "));
    assert!(commands.any(|line| line.contains("--seed 1 # invalid: ")));
    run(1, read_then_write::start).assert_quoted(chapter);
}
