//! A set that only grows: clients add elements; sooner or later every node must
//! have them all.

use history::History;
use history::edn::Value;
use maelstrom_node::Rng;
use verdict::{self, Checked, Rules};

use simulation::client::{Client, Completion, Operation, Step, expect};
use simulation::wire::Body;
use simulation::workload::{Workload, acknowledged, ask, elements};

/// The g-set workload: half adds of 0, 1, 2, ..., half reads.
#[derive(Clone, Debug, Default)]
pub struct GSet {
    next: i64,
}

impl Workload for GSet {
    fn name(&self) -> &'static str {
        "g-set"
    }

    fn generate(&mut self, _: Client, rng: &Rng) -> Operation {
        match rng.chance(0.5) {
            true => {
                self.next += 1;
                Operation::new("add", Value::Int(self.next - 1))
            }
            false => Operation::new("read", Value::Nil),
        }
    }

    /// Not marked as final in the history: Maelstrom does not.
    fn final_operation(&self) -> Option<Operation> {
        Some(Operation::new("read", Value::Nil))
    }

    fn request(&mut self, _: Client, operation: &Operation) -> Step {
        match &*operation.f {
            "add" => ask("add", [("element", operation.value.to_json())]),
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
            "add" => acknowledged(operation, reply),
            _ => {
                expect(reply, "read_ok", &["value"])?;
                elements(reply, "value").map(|value| Completion::ok(value).into())
            }
        }
    }

    fn throws_errors(&self) -> bool {
        true
    }

    fn check(&self, history: &History, rules: Rules) -> Checked {
        verdict::set_full::check(history, "add", rules)
    }
}
