//! The workload in virtual time: under every fault, and with few messages.

use std::time::Duration;

use g_set::GSet;
use simulation::network::{Distribution, Latency};
use simulation::run::Config;
use simulation::simulate;
use workloads::g_set::GSet as Workload;

fn rough(seed: u64) -> Config {
    let mut config = Config::rough(seed, 1 + seed as usize % 7);
    config.rate = 20.0;
    config.time_limit = Duration::from_secs(15);
    config.network.latency = Latency {
        mean: Duration::from_millis(seed % 70),
        distribution: [Distribution::Constant, Distribution::Exponential][seed as usize % 2],
    };
    config
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
