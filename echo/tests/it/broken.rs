//! The chapter's broken node, `examples/shared-buffer.rs`, is convicted of what the
//! chapter says; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/shared-buffer.rs"]
mod shared_buffer;

use std::time::Duration;

use echo::Echo;
use maelstrom_node::{Node, Server};
use simulation::host::Noise;
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::echo::Echo as Workload;

/// The chapter's command, with this seed.
fn config(seed: u64) -> Config {
    Config {
        concurrency: 10,
        rate: 100.0,
        time_limit: Duration::from_secs(5),
        ..Config::for_nodes(1).seed(seed)
    }
}

fn run<S: Server>(seed: u64, start: impl Fn(Node) -> S + Clone + 'static) -> Simulated {
    simulate(&config(seed), &mut Workload, start)
}

#[test]
fn one_gets_what_another_sent() {
    for seed in 1..=10 {
        run(seed, shared_buffer::start).assert_invalid("came back");
        run(seed, |_node| Echo).assert_valid();
    }
}

#[test]
fn a_tired_machine_changes_nothing() {
    for seed in 1..=10 {
        for noise in Noise::LEVELS {
            let config = Config {
                noise,
                ..config(seed)
            };
            let simulated = simulate(&config, &mut Workload, |_node| Echo);
            simulated.assert_valid();
            assert_eq!(simulated.figure("availability.ok-fraction"), Some(1.0));
        }
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    let chapter = include_str!("../../README.md");
    let mut commands = chapter
        .lines()
        .filter(|line| line.contains("--example shared-buffer "));
    assert!(commands.any(|line| line.contains("--seed 1 # invalid: ")));
    run(1, shared_buffer::start).assert_quoted(chapter);
}
