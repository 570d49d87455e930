//! Transactions that contradict each other, or themselves, without a cycle.

use std::fmt;

use history::OpType;
use history::edn::Value;
use serde::{Deserialize, Serialize};

use crate::Operation;
use crate::cycle::Write;

/// What transactions cannot have read or written. Transactions are given by their ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contradiction {
    /// A read of a version that was aborted, if its writer failed, or else intermediate.
    Read {
        /// Who read it.
        reader: Operation,
        /// The key.
        key: Value,
        /// The version, or the element of it.
        value: Value,
        /// Who wrote it.
        writer: Operation,
    },
    /// A read that contradicts what the transaction itself did before.
    Internal {
        /// The transaction.
        transaction: Operation,
        /// The key.
        key: Value,
        /// What it read.
        found: Value,
        /// What it must have read.
        expected: Expected,
    },
    /// A read of what the transaction itself writes later.
    FutureRead {
        /// The transaction.
        transaction: Operation,
        /// The key.
        key: Value,
        /// What it read and wrote.
        value: Value,
    },
    /// A write that succeeded, upon one that failed.
    DirtyUpdate {
        /// The key.
        key: Value,
        /// Who failed, and its value.
        aborted: (Operation, Value),
        /// Who wrote upon it, and that value.
        committed: (Operation, Value),
        /// How values are written.
        by: Write,
    },
    /// Transactions that read the same version and then wrote the key.
    LostUpdate {
        /// The key.
        key: Value,
        /// The version.
        seen: Value,
        /// They.
        transactions: Vec<Operation>,
    },
    /// Reads neither of which shows an earlier state of the other.
    IncompatibleOrder {
        /// The key.
        key: Value,
        /// Who read, and what.
        reads: [(Operation, Value); 2],
    },
    /// A list with an element twice.
    Duplicate {
        /// Who read it.
        transaction: Operation,
        /// The key.
        key: Value,
        /// The list.
        seen: Value,
        /// The element.
        value: Value,
    },
    /// Versions each of which comes before each other.
    CyclicVersions {
        /// The key.
        key: Value,
        /// The versions.
        values: Vec<Value>,
    },
    /// There is a cycle somewhere among these that breaks a model.
    CycleExists {
        /// The model's name.
        model: String,
        /// The first of them.
        transactions: Vec<Operation>,
        /// How many there are.
        count: usize,
    },
    /// The search for cycles among so many transactions was broken off.
    GivenUp {
        /// How many.
        count: usize,
    },
    /// No transaction depends on any other.
    Empty,
}

/// What a read must have found after the transaction's own reads and writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// This.
    Value(Value),
    /// A list that ends with these.
    Ending(Value),
}

impl Contradiction {
    /// The ends of the transactions concerned, as far as they are known.
    pub fn operations(&self) -> Vec<Operation> {
        match self {
            Contradiction::Read { reader, writer, .. } => vec![reader.clone(), writer.clone()],
            Contradiction::Internal { transaction, .. }
            | Contradiction::FutureRead { transaction, .. }
            | Contradiction::Duplicate { transaction, .. } => vec![transaction.clone()],
            Contradiction::DirtyUpdate {
                aborted, committed, ..
            } => vec![aborted.0.clone(), committed.0.clone()],
            Contradiction::LostUpdate { transactions, .. }
            | Contradiction::CycleExists { transactions, .. } => transactions.clone(),
            Contradiction::IncompatibleOrder { reads, .. } => {
                reads.iter().map(|(op, _)| op.clone()).collect()
            }
            Contradiction::CyclicVersions { .. }
            | Contradiction::GivenUp { .. }
            | Contradiction::Empty => Vec::new(),
        }
    }
}

/// A transaction by whose it is, and where its end is in the history.
fn name(op: &Operation) -> String {
    format!("client {} (operation {})", op.process, op.index)
}

/// It in plain words, without the anomaly's name.
impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Contradiction::Read {
                reader,
                key,
                value,
                writer,
            } => {
                let why = match writer.typ {
                    OpType::Fail => "which failed",
                    _ => "which wrote that key again",
                };
                let (reader, writer) = (name(reader), name(writer));
                write!(
                    f,
                    "{reader} read {value} in key {key}, written by {writer}, {why}"
                )
            }
            Contradiction::Internal {
                transaction,
                key,
                found,
                expected,
            } => {
                write!(
                    f,
                    "{} read key {key} as {found}, where after its own reads and writes it must be ",
                    name(transaction)
                )?;
                match expected {
                    Expected::Value(value) => value.fmt(f),
                    Expected::Ending(values) => write!(f, "a list that ends with {values}"),
                }
            }
            Contradiction::FutureRead {
                transaction,
                key,
                value,
            } => write!(
                f,
                "{} read {value} in key {key} before it wrote that itself",
                name(transaction)
            ),
            Contradiction::DirtyUpdate {
                key,
                aborted: (failed, first),
                committed: (succeeded, second),
                by,
            } => write!(
                f,
                "{} {by} {first} to key {key}, and failed; {} {by} {second} to key {key}, after \
                 that, and succeeded",
                name(failed),
                name(succeeded)
            ),
            Contradiction::LostUpdate {
                key,
                seen,
                transactions,
            } => {
                let names: Vec<String> = transactions.iter().map(name).collect();
                write!(
                    f,
                    "{} all read key {key} as {seen} and then wrote it, none having seen another's \
                     write",
                    names.join(" and ")
                )
            }
            Contradiction::IncompatibleOrder {
                key,
                reads: [(a, first), (b, second)],
            } => write!(
                f,
                "{} read key {key} as {first}, but {} read it as {second}: neither is an earlier \
                 state of the other",
                name(a),
                name(b)
            ),
            Contradiction::Duplicate {
                transaction,
                key,
                seen,
                value,
            } => write!(
                f,
                "{} read key {key} as {seen}, with {value} twice",
                name(transaction)
            ),
            Contradiction::CyclicVersions { key, values } => write!(
                f,
                "the versions {} of key {key} each come before each other, by what transactions \
                 read before they wrote",
                Value::from(values.clone())
            ),
            Contradiction::CycleExists { model, count, .. } => write!(
                f,
                "among {count} transactions there is a cycle that {model} does not have"
            ),
            Contradiction::GivenUp { count } => write!(
                f,
                "there are too many paths between {count} transactions to try them all"
            ),
            Contradiction::Empty => f.write_str(
                "no transaction read what another wrote, so nothing can be said about their order",
            ),
        }
    }
}
