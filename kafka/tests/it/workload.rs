//! The workload in virtual time: under every fault, and with few messages.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use kafka::{Acks, Kafka, Request, Response};
use maelstrom_node::{Node, NodeId, Result, Server};
use simulation::network;
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::kafka::Kafka as Workload;

fn run(config: &Config, acks: Acks) -> Simulated {
    let mut workload = Workload::new(&Default::default());
    let simulated = simulate(config, &mut workload, move |node| Kafka::new(&node, acks));
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

/// Challenge 5c, with as many nodes.
fn challenge(seed: u64, nodes: usize) -> Config {
    Config {
        rate: 1000.0,
        time_limit: Duration::from_secs(20),
        concurrency: 2 * nodes,
        ..Config::for_nodes(nodes).seed(seed)
    }
}

#[test]
fn valid_whatever_the_network_does() {
    let mut seldom = Vec::new();
    for seed in 0..200 {
        let config = Config {
            rate: 100.0,
            time_limit: Duration::from_secs(8),
            ..rough(seed, [2, 4, 8, 3][seed as usize % 4])
        };
        let acks = match seed % 5 {
            0 => Acks::All,
            _ => Acks::One,
        };
        let simulated = run(&config, acks);
        if simulated.figure("availability.ok-fraction") <= Some(0.9) {
            seldom.push(seed);
        }
    }
    // A node that is cut off from the start takes no records until it has heard from all, as
    // it might have been killed and have given their offsets before. With one of these seeds,
    // busy nodes are cut off for so long that more than a tenth of all operations fail.
    assert!(seldom.len() <= 1, "not available with {seldom:?}");
}

#[test]
fn few_messages_and_little_lag() {
    for seed in 0..3 {
        let simulated = run(&challenge(seed, 2), Acks::One);
        for (path, least, most) in [
            ("net.servers.msgs-per-op", 0.0, 0.03),
            ("workload.worst-realtime-lag.lag", 0.0, 0.25),
            ("availability.ok-fraction", 0.9995, 1.0),
        ] {
            let found = simulated.figure(path).expect(path);
            assert!(
                (least..=most).contains(&found),
                "seed {seed}: {path} is {found}"
            );
        }
    }
    run(&challenge(1, 4), Acks::One);
    let found = run(&challenge(1, 2), Acks::All).figure("net.servers.msgs-per-op");
    assert!(found.is_some_and(|found| found <= 1.1), "{found:?}");
}

/// The node, in the sight of all others; fails if it acknowledges a record that
/// another one does not have.
struct Watched {
    node: Rc<Kafka>,
    all: Rc<RefCell<Vec<Rc<Kafka>>>>,
}

impl Server for Watched {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, from: &NodeId) -> Result<Option<Response>> {
        let key = match &request {
            Request::Send { key, .. } => key.clone(),
            _ => String::new(),
        };
        let response = self.node.handle(request, from).await?;
        if let Some(Response::SendOk { offset }) = response {
            let nodes = self.all.borrow();
            let holders = nodes.iter().filter(|node| node.holds(&key, offset)).count();
            assert_eq!(holders, nodes.len(), "of {key}, {offset}");
        }
        Ok(response)
    }
}

#[test]
fn with_acks_all_an_acknowledged_record_is_everywhere() {
    for seed in 0..5 {
        let all: Rc<RefCell<Vec<Rc<Kafka>>>> = Rc::default();
        let start = move |node: Node| {
            let node = Rc::new(Kafka::new(&node, Acks::All));
            all.borrow_mut().push(Rc::clone(&node));
            let all = Rc::clone(&all);
            Watched { node, all }
        };
        let config = Config {
            rate: 100.0,
            time_limit: Duration::from_secs(5),
            partitions: None,
            network: network::Config {
                loss: 0.0,
                ..rough(seed, 4).network
            },
            ..rough(seed, 4)
        };
        let mut workload = Workload::new(&Default::default());
        let simulated = simulate(&config, &mut workload, start);
        simulated.assert_valid();
        assert!(simulated.figure("stats.by-f.send.ok-count") > Some(100.0));
    }
}
