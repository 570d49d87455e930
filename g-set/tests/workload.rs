//! The workload in virtual time: under every fault, and with few messages.

use std::time::Duration;

use g_set::GSet;
use simulation::host::Noise;
use simulation::network::{self, Distribution, Latency};
use simulation::run::Config;
use simulation::simulate;
use simulation::workload::g_set::GSet as Workload;

fn rough(seed: u64) -> Config {
    Config {
        rate: 20.0,
        time_limit: Duration::from_secs(15),
        network: network::Config {
            latency: Latency {
                mean: Duration::from_millis(seed % 70),
                distribution: [Distribution::Constant, Distribution::Exponential]
                    [seed as usize % 2],
            },
            loss: 0.05,
            duplicate: 0.05,
            reorder: 0.05,
            ideal: seed.is_multiple_of(5),
        },
        partitions: Some(Duration::from_secs(2)),
        one_way: seed.is_multiple_of(3),
        noise: Noise::LEVELS[seed as usize / 2 % 3],
        ..Config::for_nodes(1 + seed as usize % 7).seed(seed)
    }
}

#[test]
fn valid_whatever_the_network_does() {
    for seed in 0..200 {
        let simulated = simulate(&rough(seed), &mut Workload::default(), GSet::new);
        simulated.assert_valid();
        assert_eq!(simulated.figure("availability.ok-fraction"), Some(1.0));
    }
}

#[test]
fn few_messages() {
    for seed in 0..5 {
        let config = Config {
            rate: 100.0,
            time_limit: Duration::from_secs(30),
            ..Config::for_nodes(5).seed(seed)
        };
        let simulated = simulate(&config, &mut Workload::default(), GSet::new);
        simulated.assert_valid();
        let found = simulated.figure("net.servers.msgs-per-op").unwrap();
        assert!(found <= 0.07, "seed {seed}: {found}");
    }
}
