//! Counters: clients add numbers and read the sum. After the recovery, every
//! node must give the same one, and the right one.

use history::History;
use history::edn::Value;
use maelstrom_node::Rng;
use verdict::{self, Checked, Rules};

use simulation::client::{Client, Completion, Operation, Step, expect};
use simulation::wire::Body;
use simulation::workload::{Workload, acknowledged, ask};

/// The workloads g-counter and pn-counter, which differ in what is added.
#[derive(Clone, Debug)]
pub struct Counter {
    name: &'static str,
    least: i64,
}

impl Counter {
    /// pn-counter: adds from -5 to 4, as often as reads.
    pub fn pn() -> Self {
        Counter {
            name: "pn-counter",
            least: -5,
        }
    }

    /// g-counter: the same without the negative ones, so twice as many reads
    /// as adds.
    pub fn g() -> Self {
        Counter {
            name: "g-counter",
            least: 0,
        }
    }
}

impl Workload for Counter {
    fn name(&self) -> &'static str {
        self.name
    }

    fn generate(&mut self, _: Client, rng: &Rng) -> Operation {
        loop {
            if rng.chance(0.5) {
                return Operation::new("read", Value::Nil);
            }
            let delta = rng.below(10) as i64 - 5;
            if delta >= self.least {
                return Operation::new("add", Value::Int(delta));
            }
        }
    }

    fn final_operation(&self) -> Option<Operation> {
        Some(Operation::new("read", Value::Nil).with("final?", true))
    }

    fn request(&mut self, _: Client, operation: &Operation) -> Step {
        match &*operation.f {
            "add" => ask("add", [("delta", operation.value.to_json())]),
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
                let value = reply.get("value").map_or("", |value| value.get());
                let value = value.parse().map_err(|_| {
                    format!("expected an integer as the value of read_ok, found {value}")
                })?;
                Ok(Completion::ok(Value::Int(value)).into())
            }
        }
    }

    fn throws_errors(&self) -> bool {
        true
    }

    fn check(&self, history: &History, rules: Rules) -> Checked {
        verdict::counter::check(history, rules)
    }
}
