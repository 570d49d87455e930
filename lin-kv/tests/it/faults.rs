//! Everything fails at once: nodes are killed and paused, their clocks are wrong, their disks are
//! slow, full or broken, the network is in pieces and loses messages. What was acknowledged
//! stays so.

use std::time::Duration;

use crate::seeds;
use history::{History, Process};
use lin_kv::LinKv;
use programs::in_lockstep;
use raft::Config as Raft;
use simulation::host::Noise;
use simulation::nemesis::{NodeFault, NodeFaults};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::lin_kv::LinKv as Workload;

/// All that an honest disk does, and all the rest.
const ALL: [NodeFault; 4] = [
    NodeFault::Kill,
    NodeFault::Pause,
    NodeFault::Clock,
    NodeFault::Disk,
];

/// Each kind of fault begins or ends every second, on average.
fn everything(seed: u64, nodes: usize) -> Config {
    let second = Duration::from_secs(1);
    let mut config = Config {
        concurrency: 4 * nodes,
        rate: 60.0,
        time_limit: Duration::from_secs(20),
        partitions: Some(second),
        one_way: seed.is_multiple_of(3),
        node_faults: Some(NodeFaults::new(ALL, second)),
        noise: Noise::LEVELS[seed as usize % 3],
        ..Config::for_nodes(nodes).seed(seed)
    };
    config.network.loss = 0.02;
    config.network.latency.mean = Duration::from_millis(seed % 11);
    config
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

/// Where so much fails, it may be that hardly anything gets done, which the verdict counts as
/// a fault.
#[track_caller]
fn assert_linearizable(simulated: &Simulated) {
    let is_of_too_little = |sentence: &String| {
        sentence.starts_with("not one ") || sentence.starts_with("the rate was not reached")
    };
    let is_wrong = !simulated.outcome.problems.is_empty();
    if is_wrong || !simulated.checked.sentences().iter().all(is_of_too_little) {
        simulated.assert_valid();
    }
}

#[test]
fn linearizable_when_everything_fails_at_once() {
    let (mut ok, mut restarts) = ([0.0, 0.0], 0);
    for seed in seeds(30) {
        for (nodes, ok) in [3, 5].into_iter().zip(&mut ok) {
            let simulated = simulated(&everything(seed, nodes));
            assert_linearizable(&simulated);
            *ok += simulated.figure("stats.ok-count").expect("a figure");
            let ops = simulated.outcome.history.ops().iter();
            let starts = ops.filter(|op| op.process == Process::Nemesis && &*op.f == "start");
            restarts += starts.count();
        }
    }
    let seeds = seeds(30);
    let runs = (seeds.end - seeds.start) as f64;
    eprintln!("{runs} seeds: ok {ok:?}, {restarts} restarts");
    if runs > 1.0 {
        assert!(ok.iter().all(|ok| *ok > 100.0 * runs), "{ok:?}");
        assert!(restarts as f64 > 5.0 * runs, "{restarts}");
    }
}

#[test]
fn the_binary_in_lockstep_does_as_the_engine_does() {
    let logs = tempfile::tempdir().expect("there is room");
    let bin = env!("CARGO_BIN_EXE_lin-kv");
    // The binary has the default amounts, as those of even seeds.
    for seed in [0, 2, 4, 6] {
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
