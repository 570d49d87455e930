//! The chapter's broken node, `examples/one-total.rs`, is convicted of what the
//! chapter says; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/one-total.rs"]
mod one_total;

use std::time::Duration;

use maelstrom_node::{Node, Server};
use pn_counter::PnCounter;
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::counter::Counter;

/// The chapter's command, with this seed.
fn run<S: Server>(seed: u64, start: impl Fn(Node) -> S + Clone + 'static) -> Simulated {
    let config = Config {
        rate: 10.0,
        time_limit: Duration::from_secs(10),
        ..Config::for_nodes(3).seed(seed)
    };
    simulate(&config, &mut Counter::pn(), start)
}

#[test]
fn the_final_reads_are_not_the_sum() {
    for seed in 1..=10 {
        run(seed, one_total::start).assert_invalid("where the adds make");
        run(seed, PnCounter::new).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    let chapter = include_str!("../../README.md");
    let mut commands = chapter
        .lines()
        .filter(|line| line.contains("--example one-total "));
    assert!(commands.any(|line| line.contains("--seed 1 # invalid: ")));
    run(1, one_total::start).assert_quoted(chapter);
}
