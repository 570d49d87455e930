//! Unique ids: clients ask for ids, no two of which may be the same.

use history::History;
use history::edn::Value;
use maelstrom_node::Rng;
use verdict::{self, Checked, Rules};

use simulation::client::{Client, Completion, Operation, Step, expect};
use simulation::wire::Body;
use simulation::workload::{Workload, ask, value};

/// The unique-ids workload. It has no state.
#[derive(Clone, Debug)]
pub struct UniqueIds;

impl Workload for UniqueIds {
    fn name(&self) -> &'static str {
        "unique-ids"
    }

    fn generate(&mut self, _: Client, _: &Rng) -> Operation {
        Operation::new("generate", Value::Nil)
    }

    fn request(&mut self, _: Client, _: &Operation) -> Step {
        ask("generate", [])
    }

    fn complete(&mut self, _: Client, _: &Operation, reply: &Body<'_>) -> Result<Step, String> {
        expect(reply, "generate_ok", &["id"])?;
        Ok(Completion::ok(value(reply, "id")?).into())
    }

    fn reuses_clients(&self) -> bool {
        true
    }

    fn shares_state(&self) -> bool {
        false
    }

    fn check(&self, history: &History, rules: Rules) -> Checked {
        verdict::unique_ids::check(history, rules)
    }
}
