//! The workload in virtual time: linearizable, whatever happens.

use std::time::Duration;

use crate::seeds;
use lin_kv::{LinKv, Request, Response};
use maelstrom_node::{ErrorCode, NodeId, Result, Server};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::lin_kv::LinKv as Workload;

fn run(config: &Config) -> Simulated {
    let mut workload = Workload::new(config.nodes.len(), config.network.latency.mean);
    let simulated = simulate(config, &mut workload, LinKv::new);
    simulated.assert_valid();
    simulated
}

/// The guide's command.
fn guide(seed: u64, nodes: usize) -> Config {
    Config {
        concurrency: 4 * nodes,
        rate: 30.0,
        partitions: Some(Duration::from_secs(10)),
        ..Config::for_nodes(nodes).seed(seed)
    }
}

/// Everything that can go wrong between nodes at once.
fn rough(seed: u64, nodes: usize) -> Config {
    Config {
        concurrency: 4 * nodes,
        rate: 60.0,
        time_limit: Duration::from_secs(20),
        partitions: Some(Duration::from_secs(3)),
        ..Config::rough(seed, nodes)
    }
}

#[test]
fn linearizable_under_partitions() {
    for seed in seeds(60) {
        let simulated = run(&guide(seed, 3 + 2 * (seed as usize % 2)));
        assert!(
            simulated.figure("stats.ok-count") > Some(300.0),
            "seed {seed}"
        );
    }
}

#[test]
fn linearizable_whatever_the_network_does() {
    for seed in seeds(80) {
        let mut config = rough(seed, 1 + seed as usize % 5);
        if config.nodes.len() == 2 {
            // Both are needed, so any partition stops them: for half of the time.
            config.time_limit *= 2;
        }
        assert!(
            run(&config).figure("stats.ok-count") > Some(100.0),
            "seed {seed}"
        );
    }
}

#[test]
fn few_messages() {
    for seed in 0..5 {
        let config = Config {
            rate: 100.0,
            partitions: None,
            ..guide(seed, 3)
        };
        let simulated = run(&config);
        let found = simulated
            .figure("net.servers.msgs-per-op")
            .expect("a figure");
        assert!(found <= 2.5, "seed {seed}: {found}");
    }
}

/// The same node, but it never says that it could not do something.
struct TimesOut(LinKv);

impl Server for TimesOut {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, from: &NodeId) -> Result<Option<Response>> {
        match self.0.handle(request, from).await {
            Err(e) if e.code == ErrorCode::TemporarilyUnavailable => std::future::pending().await,
            answer => answer,
        }
    }
}

#[test]
fn hardly_anything_is_left_open() {
    let mut open = [0.0, 0.0];
    for seed in 0..20 {
        let config = guide(seed, 3);
        let mut workload = Workload::new(3, Duration::ZERO);
        let simulated = [
            simulate(&config, &mut workload, LinKv::new),
            simulate(&config, &mut Workload::new(3, Duration::ZERO), |node| {
                TimesOut(LinKv::new(node))
            }),
        ];
        for (open, simulated) in open.iter_mut().zip(simulated) {
            simulated.assert_valid();
            *open += simulated.figure("stats.info-count").expect("a figure");
        }
    }
    let [here, times_out] = open;
    assert!(times_out > 100.0, "{times_out}");
    assert!(3.0 * here <= times_out, "{here} of {times_out}");
    eprintln!("left open: {here} operations, {times_out} if it only times out");
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let bytes = |seed| {
        let mut bytes = Vec::new();
        let run = run(&rough(seed, 3));
        let history = &run.outcome.history;
        history.write_edn(&mut bytes).expect("memory does not fail");
        bytes
    };
    for seed in 0..3 {
        assert!(bytes(seed) == bytes(seed), "seed {seed}");
    }
}
