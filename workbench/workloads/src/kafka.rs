//! Logs in the style of Kafka: clients send messages to logs and poll them, and
//! nothing acknowledged may get lost.
//!
//! This is Jepsen's `jepsen.tests.kafka` as Maelstrom runs it: no transactions,
//! keys assigned by the clients, and clients that crash. What clients do next
//! is drawn in `generator`, and after the recovery in `catch_up`; how they
//! do it is in `consumer`.

mod catch_up;
mod consumer;
mod generator;
mod offsets;

use std::collections::BTreeMap;

use maelstrom_node::Rng;

use catch_up::CatchUp;
use consumer::Consumer;
use generator::Generator;
use history::{History, Op, OpType};
use verdict::{self, Checked, Rules};

use crate::txn;
use simulation::client::{Client, Final, Operation, Step, Turn};
use simulation::wire::Body;
use simulation::workload::Workload;

/// The kafka workload.
#[derive(Clone, Debug)]
pub struct Kafka {
    generator: Generator,
    catch_up: CatchUp,
    /// What each process knows.
    consumers: BTreeMap<i64, Consumer>,
    /// Whether the verdict says in what order clients sent.
    ww_deps: bool,
}

impl Kafka {
    /// With this many keys at a time and messages for each.
    pub fn new(options: &txn::Options) -> Self {
        Kafka {
            generator: Generator::new(options),
            catch_up: CatchUp::default(),
            consumers: BTreeMap::new(),
            ww_deps: false,
        }
    }

    /// The same, whose verdict says or does not say in what order clients sent:
    /// [`ww_deps`](verdict::kafka::Options::ww_deps).
    #[must_use]
    pub fn with_ww_deps(self, ww_deps: bool) -> Self {
        Kafka { ww_deps, ..self }
    }
}

impl Default for Kafka {
    fn default() -> Self {
        Kafka::new(&txn::Options::default())
    }
}

impl Workload for Kafka {
    fn name(&self) -> &'static str {
        "kafka"
    }

    fn generate(&mut self, client: Client, rng: &Rng) -> Operation {
        self.generator.generate(client, rng)
    }

    fn has_final_phase(&self) -> bool {
        true
    }

    fn finish(&mut self, turn: Turn, rng: &Rng) -> Final {
        self.catch_up.next(turn, rng)
    }

    fn request(&mut self, client: Client, operation: &Operation) -> Step {
        let consumer = self.consumers.entry(client.process).or_default();
        consumer.request(operation)
    }

    fn complete(
        &mut self,
        client: Client,
        operation: &Operation,
        reply: &Body<'_>,
    ) -> Result<Step, String> {
        let consumer = self.consumers.entry(client.process).or_default();
        consumer.complete(operation, reply)
    }

    fn recorded(&mut self, client: Client, op: &Op) {
        // A client whose operation has no known outcome is gone, and what it
        // knew with it.
        if op.typ == OpType::Info {
            self.consumers.remove(&client.process);
        }
        self.generator.recorded(op);
        self.catch_up.recorded(client, op);
    }

    fn is_idempotent(&self, f: &str) -> bool {
        f == "assign"
    }

    fn check(&self, history: &History, rules: Rules) -> Checked {
        let ww_deps = self.ww_deps;
        verdict::kafka::check(history, verdict::kafka::Options { rules, ww_deps })
    }
}

/// A key's number as the protocol has it.
fn name(key: i64) -> String {
    key.to_string()
}
