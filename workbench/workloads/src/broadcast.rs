//! Broadcast: clients hand messages to any node; sooner or later every node
//! must know them all.

mod topology;

use history::History;
use history::edn::Value;
use maelstrom_node::Rng;
use serde_json::{Map, Value as Json, json};
use verdict::{self, Checked, Rules};

use simulation::client::{Client, Completion, Operation, Step, expect};
use simulation::wire::Body;
use simulation::workload::{Workload, acknowledged, ask, body, elements};

pub use topology::Topology;

/// The broadcast workload: half broadcasts of 0, 1, 2, ..., half reads.
#[derive(Clone, Debug)]
pub struct Broadcast {
    topology: Topology,
    next: i64,
}

impl Broadcast {
    /// With this topology, which every node is told at the start.
    pub fn new(topology: Topology) -> Self {
        Broadcast { topology, next: 0 }
    }
}

impl Workload for Broadcast {
    fn name(&self) -> &'static str {
        "broadcast"
    }

    fn setup(&self, nodes: &[String]) -> Option<Map<String, Json>> {
        let topology = self.topology.neighbours(nodes);
        Some(body("topology", [("topology", json!(topology))]))
    }

    fn generate(&mut self, _: Client, rng: &Rng) -> Operation {
        match rng.chance(0.5) {
            true => {
                self.next += 1;
                Operation::new("broadcast", Value::Int(self.next - 1))
            }
            false => Operation::new("read", Value::Nil),
        }
    }

    fn final_operation(&self) -> Option<Operation> {
        Some(Operation::new("read", Value::Nil).with("final?", true))
    }

    fn request(&mut self, _: Client, operation: &Operation) -> Step {
        match &*operation.f {
            "broadcast" => ask("broadcast", [("message", operation.value.to_json())]),
            _ => ask("read", []),
        }
    }

    fn complete(
        &mut self,
        _: Client,
        operation: &Operation,
        reply: &Body<'_>,
    ) -> Result<Step, String> {
        match &*operation.f {
            "broadcast" => acknowledged(operation, reply),
            _ => {
                expect(reply, "read_ok", &["messages"])?;
                elements(reply, "messages").map(|value| Completion::ok(value).into())
            }
        }
    }

    fn is_idempotent(&self, f: &str) -> bool {
        f == "read"
    }

    fn check(&self, history: &History, rules: Rules) -> Checked {
        verdict::set_full::check(history, "broadcast", rules)
    }
}
