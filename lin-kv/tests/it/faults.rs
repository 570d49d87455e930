//! Everything fails at once: nodes are killed and paused, their clocks are wrong, their disks are
//! slow, full or broken, the network is in pieces and loses messages. What was acknowledged
//! stays so.

use std::time::Duration;

use crate::seeds;
use history::History;
use lin_kv::LinKv;
use programs::conformance::assert_kept;
use programs::in_lockstep;
use raft::Config as Raft;
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::lin_kv::LinKv as Workload;
use workloads::struck::sweep_over;

/// For longer, and with more clients.
fn everything(seed: u64, nodes: usize) -> Config {
    busy(&Config::struck(seed, nodes))
}

fn busy(config: &Config) -> Config {
    Config {
        concurrency: 4 * config.nodes.len(),
        rate: 60.0,
        time_limit: Duration::from_secs(20),
        ..config.clone()
    }
}

/// With snapshots every few entries with every second seed, so that they are under way when
/// something happens.
fn start(seed: u64) -> impl Fn(maelstrom_node::Node) -> LinKv + Clone {
    let snapshots = Raft {
        compact_after: 20 + seed % 40,
        keep: seed % 20,
        ..Raft::default()
    };
    let config = match seed % 2 {
        0 => Raft::default(),
        _ => snapshots,
    };
    move |node| LinKv::with(node, config)
}

fn simulated(config: &Config) -> Simulated {
    let mut workload = Workload::new(config.nodes.len(), config.network.latency.mean);
    simulate(config, &mut workload, start(config.seed))
}

#[test]
fn linearizable_when_everything_fails_at_once() {
    let swept = sweep_over(seeds(30), |config| simulated(&busy(config)));
    assert!(swept.ok_fraction > 0.2, "{swept:?}");
    assert!(swept.restarts > 5.0, "{swept:?}");
}

#[test]
fn the_binary_in_lockstep_does_as_the_engine_does() {
    let logs = tempfile::tempdir().expect("there is room");
    let bin = env!("CARGO_BIN_EXE_lin-kv");
    // Of a sweep, one of ten. The binary has the default amounts, as those of even seeds.
    for seed in (0..seeds(35).end.div_ceil(5)).step_by(2) {
        let config = Config {
            time_limit: Duration::from_secs(10),
            ..everything(seed, 3)
        };
        let mut workload = Workload::new(3, config.network.latency.mean);
        let outcome = in_lockstep(bin, &[], logs.path(), &config, &mut workload);
        let engine = simulated(&config);
        assert!(
            edn(&outcome.history) == edn(&engine.outcome.history),
            "seed {seed}"
        );
    }
}

fn edn(history: &History) -> Vec<u8> {
    let mut bytes = Vec::new();
    history.write_edn(&mut bytes).expect("memory does not fail");
    bytes
}

#[test]
fn the_binary_keeps_the_rules_of_lockstep() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_lin-kv");
    let report = assert_kept(bin, &[], logs.path());
    assert_eq!(report.not_tried(), [], "{report}");
}
