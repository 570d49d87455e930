//! The workload in virtual time: the engine under partitions, with many seeds,
//! and the binary in lockstep.

use std::time::Duration;

use programs::in_lockstep;
use simulation::host::Noise;
use simulation::run::Config;
use simulation::simulate;
use unique_ids::UniqueIds;
use workloads::unique_ids::UniqueIds as Workload;

fn challenge(seed: u64) -> Config {
    Config {
        rate: 1000.0,
        time_limit: Duration::from_secs(3),
        partitions: Some(Duration::from_secs(1)),
        noise: Noise::LEVELS[seed as usize % 3],
        ..Config::for_nodes(3).seed(seed)
    }
}

#[test]
fn unique_and_available_under_partitions() {
    for seed in 0..20 {
        let simulated = simulate(&challenge(seed), &mut Workload, UniqueIds::new);
        simulated.assert_valid();
        assert_eq!(simulated.figure("availability.ok-fraction"), Some(1.0));
        assert_eq!(simulated.figure("net.servers.msg-count"), Some(0.0));
        // On the busiest machine, three clients wait for turns of 3 ms and longer.
        let least = match seed % 3 {
            2 => 1000.0,
            _ => 2500.0,
        };
        assert!(simulated.figure("workload.acknowledged-count").unwrap() > least);
    }
}

#[test]
fn the_binary_in_lockstep_is_as_repeatable_as_the_engine() {
    let logs = tempfile::tempdir().unwrap();
    let config = challenge(7);
    let bin = env!("CARGO_BIN_EXE_unique-ids");
    let binary = || in_lockstep(bin, &[], logs.path(), &config, &mut Workload).history;
    let history = binary();
    assert!(history == binary());
    let engine = simulate(&config, &mut Workload, UniqueIds::new);
    assert!(history == engine.outcome.history);
}
