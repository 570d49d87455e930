//! The workload in virtual time: strictly serializable, whatever happens.

use std::time::Duration;

use simulation::run::Config;
use simulation::{Simulated, simulate};
use txn_list_append::TxnListAppend;
use workloads::txn_list_append::TxnListAppend as Workload;

fn run(config: &Config) -> Simulated {
    let mut workload = Workload::new(&Default::default());
    let simulated = simulate(config, &mut workload, TxnListAppend::new);
    simulated.assert_valid();
    simulated
}

/// Everything that can go wrong between nodes at once.
fn rough(seed: u64, nodes: usize) -> Config {
    Config {
        concurrency: 2 * nodes,
        ..Config::rough(seed, nodes)
    }
}

#[test]
fn few_messages() {
    for seed in 0..5 {
        let config = Config {
            rate: 100.0,
            time_limit: Duration::from_secs(10),
            ..Config::for_nodes(2).seed(seed)
        };
        let simulated = run(&config);
        let found = simulated
            .figure("net.servers.msgs-per-op")
            .expect("a figure");
        assert!(found <= 4.0, "seed {seed}: {found}");
        assert_eq!(simulated.figure("availability.ok-fraction"), Some(1.0));
    }
}

#[test]
fn strictly_serializable_under_partitions() {
    for seed in 0..200 {
        let config = Config {
            rate: 100.0,
            time_limit: Duration::from_secs(3),
            partitions: Some(Duration::from_secs(2)),
            ..Config::for_nodes(2).seed(seed)
        };
        run(&config);
    }
}

#[test]
fn strictly_serializable_whatever_the_network_does() {
    for seed in 0..30 {
        let config = Config {
            rate: 50.0,
            time_limit: Duration::from_secs(8),
            concurrency: 20,
            ..rough(seed, 5)
        };
        let simulated = run(&config);
        assert!(simulated.figure("stats.ok-count") > Some(50.0));
    }
}
