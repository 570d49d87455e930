//! Workloads: what clients do to the nodes, and how the history is judged.
//!
//! Each is one file behind the trait [`Workload`]; [`ALL`] lists those that the
//! command knows. A crate of one's own can run a workload of its own with
//! [`run`](crate::run::run).

pub mod echo;
pub mod unique_ids;

use maelstrom_node::Rng;
use maelstrom_node::wire::Body;
use serde_json::{Map, Value as Json};

use crate::checker::Checked;
use crate::client::{Completion, Operation};
use crate::history::History;

/// What clients do, and how to judge what came of it.
pub trait Workload {
    /// Its name, as the flag `--workload` takes it.
    fn name(&self) -> &'static str;

    /// The next operation of the main phase.
    fn generate(&mut self, rng: &Rng) -> Operation;

    /// What each client does once after the faults have healed and ten seconds
    /// have passed; by default there is no such phase.
    fn final_operation(&self) -> Option<Operation> {
        None
    }

    /// The body of the request for an operation, without `msg_id`.
    fn request(&self, operation: &Operation) -> Map<String, Json>;

    /// Reads the reply to an operation, which is no `error`.
    ///
    /// # Errors
    /// How it breaks the schema.
    fn complete(&self, operation: &Operation, reply: &Body<'_>) -> Result<Completion, String>;

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

    /// Judges a history.
    fn check(&self, history: &History) -> Checked;
}

/// Makes a workload, ready for one run.
pub type Make = fn() -> Box<dyn Workload>;

/// How to make each workload, by its name.
pub const ALL: &[(&str, Make)] = &[
    ("echo", || Box::new(echo::Echo)),
    ("unique-ids", || Box::new(unique_ids::UniqueIds)),
];

/// The workload of this name.
pub fn find(name: &str) -> Option<Box<dyn Workload>> {
    let (_, make) = ALL.iter().find(|(known, _)| *known == name)?;
    Some(make())
}

/// A request's body from its type and fields.
fn body<const N: usize>(kind: &str, fields: [(&str, Json); N]) -> Map<String, Json> {
    std::iter::once(("type", Json::from(kind)))
        .chain(fields)
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}
