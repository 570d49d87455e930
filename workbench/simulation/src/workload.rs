//! Workloads: what clients do to the nodes, and how the history is judged. Each is one
//! file behind the trait [`Workload`]; below are the words that most of them are written
//! with: [`ask`] and [`body`], [`acknowledged`], [`value`] and [`elements`].

use std::time::Duration;

use history::edn::Value;
use history::{History, Op};
use maelstrom_node::Rng;
use serde_json::{Map, Value as Json};
use verdict::{Checked, Rules};

use crate::client::{self, Client, Completion, Final, Operation, Step, Turn};
use crate::wire::Body;

/// A workload as it is now, once more: a run changes it, and the same run can be done
/// again only with one that is unused. Every workload has it that can be cloned.
pub trait Copied {
    /// The other one.
    fn copied(&self) -> Box<dyn Workload>;
}

impl<W: Workload + Clone + 'static> Copied for W {
    fn copied(&self) -> Box<dyn Workload> {
        Box::new(self.clone())
    }
}

/// What clients do, and how to judge what came of it.
pub trait Workload: Copied {
    /// Its name, as the flag `--workload` takes it.
    fn name(&self) -> &'static str;

    /// Whether it can be run with this many clients at a time.
    ///
    /// # Errors
    /// Why not, and with how many it can.
    fn suits(&self, _concurrency: usize) -> Result<(), String> {
        Ok(())
    }

    /// How many reads and writes an operation has at most, where it has several: what
    /// a run keeps in memory grows with it.
    fn operation_size(&self) -> u32 {
        1
    }

    /// What a client does next in the main phase.
    fn generate(&mut self, client: Client, rng: &Rng) -> Operation;

    /// The body of a request that every node must answer before the main phase
    /// begins; by default there is none. Its reply's type is its own with
    /// `_ok`.
    fn setup(&self, _nodes: &[String]) -> Option<Map<String, Json>> {
        None
    }

    /// What each client does once after the faults have healed and ten seconds
    /// have passed; by default there is no such phase.
    fn final_operation(&self) -> Option<Operation> {
        None
    }

    /// Whether clients do anything then; by default, if they do something once.
    fn has_final_phase(&self) -> bool {
        self.final_operation().is_some()
    }

    /// What a client does then, each time it is free, until it is done; by
    /// default its one operation.
    fn finish(&mut self, turn: Turn, _rng: &Rng) -> Final {
        match self.final_operation() {
            Some(operation) if turn.number == 0 => Final::Now(operation),
            _ => Final::Done,
        }
    }

    /// How a client begins an operation.
    fn request(&mut self, client: Client, operation: &Operation) -> Step;

    /// Reads the reply, which is no `error`, to what a client asked last, and
    /// goes on with the operation.
    ///
    /// # Errors
    /// How it breaks the schema.
    fn complete(
        &mut self,
        client: Client,
        operation: &Operation,
        reply: &Body<'_>,
    ) -> Result<Step, String>;

    /// Sees every line of the clients in the history, for those workloads whose
    /// next operations depend on it.
    fn recorded(&mut self, _client: Client, _op: &Op) {}

    /// How long a client waits for each reply.
    fn timeout(&self) -> Duration {
        client::TIMEOUT
    }

    /// Whether an operation of this function may be taken as not having
    /// happened when nobody knows.
    fn is_idempotent(&self, _f: &str) -> bool {
        false
    }

    /// Whether a client outlives an operation whose outcome is not known. Else
    /// its place is taken by a new one with another name.
    fn reuses_clients(&self) -> bool {
        false
    }

    /// Whether this workload's clients take every error, even a definite one,
    /// as an exception, after which nobody knows whether the operation
    /// happened.
    fn throws_errors(&self) -> bool {
        false
    }

    /// Whether what one node is told must become known to others.
    fn shares_state(&self) -> bool {
        true
    }

    /// Judges a history, by these rules.
    fn check(&self, history: &History, rules: Rules) -> Checked;
}

/// A request from its type and fields.
pub fn ask<const N: usize>(kind: &str, fields: [(&str, Json); N]) -> Step {
    Step::Ask(body(kind, fields))
}

/// A request's body from its type and fields.
pub fn body<const N: usize>(kind: &str, fields: [(&str, Json); N]) -> Map<String, Json> {
    std::iter::once(("type", Json::from(kind)))
        .chain(fields)
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// Ends an operation with its own value, if the reply is just `<its function>_ok`.
///
/// # Errors
/// How the reply breaks that schema.
pub fn acknowledged(operation: &Operation, reply: &Body<'_>) -> Result<Step, String> {
    client::expect(reply, &format!("{}_ok", operation.f), &[])?;
    Ok(Completion::ok(operation.value.clone()).into())
}

/// The elements of a set under this key of a reply; null stands for none, as Go
/// writes it.
///
/// # Errors
/// What was expected, if it is no list.
pub fn elements(reply: &Body<'_>, key: &str) -> Result<Value, String> {
    let text = reply.get(key).map_or("", |value| value.get());
    // Nearly all are integers, and there are many of them.
    if let Ok(ints) = serde_json::from_str::<Vec<i64>>(text) {
        return Ok(Value::Vector(ints.into_iter().map(Value::Int).collect()));
    }
    match value(reply, key)? {
        items @ (Value::Vector(_) | Value::Nil) => Ok(items),
        _ => Err(format!(
            "expected a list as the {key} of the reply, found {text}"
        )),
    }
}

/// Whatever a reply has under this key.
///
/// # Errors
/// Why it cannot be read.
pub fn value(reply: &Body<'_>, key: &str) -> Result<Value, String> {
    reply
        .value(key)
        .map_err(|e| format!("the {key} of the reply: {e}"))
}
