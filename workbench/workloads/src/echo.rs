//! Echo: a client sends a payload and wants just that back.

use history::History;
use history::edn::Value;
use maelstrom_node::Rng;
use verdict::{self, Checked, Rules};

use simulation::client::{Client, Completion, Operation, Step, expect};
use simulation::wire::Body;
use simulation::workload::{Workload, ask, value};

/// The echo workload. It has no state.
#[derive(Clone, Debug)]
pub struct Echo;

impl Workload for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn generate(&mut self, _: Client, rng: &Rng) -> Operation {
        let payload = format!("Please echo {}", rng.below(128));
        Operation::new("echo", payload.into())
    }

    fn request(&mut self, _: Client, operation: &Operation) -> Step {
        ask("echo", [("echo", operation.value.to_json())])
    }

    /// The value of an `ok` is the whole body.
    fn complete(&mut self, _: Client, _: &Operation, reply: &Body<'_>) -> Result<Step, String> {
        expect(reply, "echo_ok", &["echo"])?;
        let keys = reply.fields().map(|(key, _)| key);
        let entries = keys.map(|key| Ok((Value::keyword(key), value(reply, key)?)));
        let whole = entries.collect::<Result<_, String>>()?;
        Ok(Completion::ok(Value::Map(whole)).into())
    }

    fn shares_state(&self) -> bool {
        false
    }

    fn check(&self, history: &History, rules: Rules) -> Checked {
        verdict::echo::check(history, rules)
    }
}
