//! The workload in virtual time: it acquits the sound node under every fault, and convicts
//! the other of what its first lines say.

#[allow(dead_code)] // its main
#[path = "../../examples/sound.rs"]
mod sound;
#[allow(dead_code)] // its main
#[path = "../../examples/torn.rs"]
mod torn;

use std::time::Duration;

use bank::Bank;
use simulation::network::{self, Distribution, Latency};
use simulation::run::Config;
use simulation::simulate;

fn config(seed: u64) -> Config {
    let latency = Latency {
        mean: Duration::from_millis(10),
        distribution: Distribution::Constant,
    };
    Config {
        network: network::Config {
            latency,
            ..network::Config::default()
        },
        rate: 100.0,
        concurrency: 10,
        time_limit: Duration::from_secs(10),
        ..Config::for_nodes(5).seed(seed)
    }
}

#[test]
fn the_sound_node_is_valid() {
    for seed in 0..10 {
        let simulated = simulate(&config(seed), &mut Bank, sound::start);
        simulated.assert_valid();
        assert!(simulated.figure("workload.read-count").unwrap() > 300.0);
    }
}

/// Messages to services are not lost, as under Maelstrom; those that come late are.
#[test]
fn the_sound_node_is_valid_under_faults() {
    for seed in 0..10 {
        simulate(&Config::rough(seed, 5), &mut Bank, sound::start).assert_valid();
    }
}

#[test]
fn the_torn_node_loses_and_makes_money() {
    for seed in 0..10 {
        let simulated = simulate(&config(seed), &mut Bank, torn::start);
        simulated.assert_invalid("in all, of 50: client ");
    }
}
