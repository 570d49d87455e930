//! The workload in virtual time: always available, causal, convergent.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use maelstrom_node::{Node, NodeId, Result, Rng, Server};
use simulation::client::{Client, Operation, Step};
use simulation::history::History;
use simulation::history::edn::{self, Value};
use simulation::run::Config;
use simulation::verdict::Checked;
use simulation::wire::Body;
use simulation::{Simulated, simulate};
use txn_rw_register::{Request, Response, TxnRwRegister};
use workloads::txn::Options;
use workloads::txn_rw_register::TxnRwRegister as Workload;

/// Everything that can go wrong between nodes at once.
fn rough(seed: u64, nodes: usize) -> Config {
    Config {
        concurrency: 2 * nodes,
        ..Config::rough(seed, nodes)
    }
}

/// Challenges 6b and 6c.
fn challenge(seed: u64) -> Config {
    Config {
        rate: 1000.0,
        time_limit: Duration::from_secs(20),
        concurrency: 4,
        partitions: Some(Duration::from_secs(2)),
        ..Config::for_nodes(2).seed(seed)
    }
}

fn run(config: &Config, model: &str) -> Simulated {
    let options = Options {
        consistency_models: model.parse().expect("a model"),
        ..Options::default()
    };
    let simulated = simulate(config, &mut Workload::new(&options), TxnRwRegister::new);
    assert_eq!(simulated.figure("availability.ok-fraction"), Some(1.0));
    simulated
}

#[test]
fn available_and_causal_under_partitions_with_few_messages() {
    for seed in 0..3 {
        let simulated = run(&challenge(seed), "causal-cerone");
        simulated.assert_valid();
        let found = simulated
            .figure("net.servers.msgs-per-op")
            .expect("a figure");
        assert!(found <= 0.03, "seed {seed}: {found}");
    }
}

#[test]
fn under_consistent_view_there_is_nothing_but_lost_update() {
    let simulated = run(&challenge(1), "consistent-view");
    let types = simulated.checked.results.get("workload").expect("results");
    let types = types.get("anomaly-types").expect("types").to_string();
    assert_eq!(types, "(:lost-update)");
}

#[test]
fn causal_whatever_the_network_does() {
    for seed in 0..200 {
        let config = Config {
            rate: 100.0,
            time_limit: Duration::from_secs(8),
            ..rough(seed, [2, 3, 5][seed as usize % 3])
        };
        run(&config, "causal-cerone").assert_valid();
    }
}

/// The node, of which the test keeps a handle.
struct Kept(Rc<TxnRwRegister>);

impl Server for Kept {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, from: &NodeId) -> Result<Option<Response>> {
        self.0.handle(request, from).await
    }
}

/// The workload with one last read after the faults have healed, which gives
/// the nodes time to hear of everything.
#[derive(Clone)]
struct Settling(Workload);

impl simulation::workload::Workload for Settling {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn generate(&mut self, client: Client, rng: &Rng) -> Operation {
        self.0.generate(client, rng)
    }

    fn final_operation(&self) -> Option<Operation> {
        let value: Value = edn::read("[[:r 0 nil]]").expect("EDN");
        Some(Operation::new("txn", value))
    }

    fn request(&mut self, client: Client, operation: &Operation) -> Step {
        self.0.request(client, operation)
    }

    fn complete(
        &mut self,
        client: Client,
        operation: &Operation,
        reply: &Body<'_>,
    ) -> std::result::Result<Step, String> {
        self.0.complete(client, operation, reply)
    }

    fn check(&self, history: &History, rules: simulation::verdict::Rules) -> Checked {
        self.0.check(history, rules)
    }
}

#[test]
fn the_nodes_end_with_the_same_registers() {
    for seed in 0..10 {
        let nodes: Rc<RefCell<Vec<Rc<TxnRwRegister>>>> = Rc::default();
        let kept = Rc::clone(&nodes);
        let start = move |node: Node| {
            let node = Rc::new(TxnRwRegister::new(node));
            kept.borrow_mut().push(Rc::clone(&node));
            Kept(node)
        };
        let config = Config {
            rate: 100.0,
            time_limit: Duration::from_secs(8),
            ..rough(seed, 3)
        };
        let mut workload = Settling(Workload::new(&Options::default()));
        let simulated = simulate(&config, &mut workload, start);
        assert!(simulated.figure("stats.ok-count") > Some(500.0));
        let keys = || (0..100).map(|key| key.to_string());
        let states: Vec<_> = nodes
            .borrow()
            .iter()
            .map(|node| node.state(keys()))
            .collect();
        assert!(states[0].iter().any(|value| !value.is_null()));
        assert!(
            states.windows(2).all(|pair| pair[0] == pair[1]),
            "seed {seed}"
        );
    }
}
