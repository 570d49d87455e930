//! Cycles of transactions: each must come before the next, and the last before the
//! first.

use std::fmt;

use history::edn::Value;
use serde::{Deserialize, Serialize};

use crate::Operation;

/// Transactions in a circle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cycle {
    /// Their ends, each once.
    pub transactions: Vec<Operation>,
    /// Why each is before the next, and the last before the first: as many.
    pub steps: Vec<Step>,
}

/// Why one transaction is before another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// How it depends on it.
    pub relation: Relation,
    /// What shows that.
    pub reason: Reason,
}

/// How a transaction depends on another (Adya, "Weak Consistency", 1999, section 3.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// It overwrote what the other wrote.
    Ww,
    /// It read what the other wrote.
    Wr,
    /// It overwrote what the other read.
    Rw,
    /// The same client did it later.
    Process,
    /// It began when the other had ended.
    Realtime,
}

impl Relation {
    /// As results have it: `ww`, `wr`, `rw`, `process` or `realtime`.
    pub fn name(self) -> &'static str {
        match self {
            Relation::Ww => "ww",
            Relation::Wr => "wr",
            Relation::Rw => "rw",
            Relation::Process => "process",
            Relation::Realtime => "realtime",
        }
    }
}

/// What shows that a transaction is before another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The second wrote `value` over the version that the first wrote or read.
    Overwrites {
        /// The key.
        key: Value,
        /// That version; none is the initial one.
        before: Option<Value>,
        /// The version after it.
        value: Value,
        /// How values are written.
        by: Write,
    },
    /// The second read what the first wrote.
    Reads {
        /// The key.
        key: Value,
        /// What was written.
        value: Value,
        /// How values are written.
        by: Write,
    },
    /// The same client did the second after the first.
    SameProcess,
    /// The second began, with the operation of this index, when the first had ended.
    Later(usize),
    /// It follows from several others.
    Unknown,
}

/// How transactions write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Write {
    /// A value in place of another.
    Wrote,
    /// An element to a list.
    Appended,
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Write::Wrote => "wrote",
            Write::Appended => "appended",
        })
    }
}

impl Cycle {
    /// Why the transaction at this place comes before the next; they are called T1, T2,
    /// ... by their places.
    pub fn because(&self, at: usize) -> String {
        let count = self.steps.len();
        let (a, b) = (at + 1, (at + 1) % count + 1);
        match &self.steps[at].reason {
            Reason::Overwrites {
                key,
                before: None,
                value,
                by,
            } => format!("T{a} read key {key} before T{b} {by} {value} to key {key}"),
            Reason::Overwrites {
                key,
                before: Some(before),
                value,
                by,
            } => match self.steps[at].relation {
                Relation::Rw => format!(
                    "T{a} read key {key} at {before}, before T{b} {by} {value} to key {key}"
                ),
                _ => format!("T{a} {by} {before} before T{b} {by} {value} to key {key}"),
            },
            Reason::Reads { key, value, by } => {
                format!("T{a} {by} {value} to key {key}, which T{b} read")
            }
            Reason::SameProcess => {
                let process = self.transactions[at].process;
                format!("client {process} did T{a} before T{b}")
            }
            Reason::Later(began) => {
                format!("T{a} had ended when T{b} began, with operation {began}")
            }
            Reason::Unknown => format!("T{a} comes before T{b}"),
        }
    }
}

/// A sentence for each step; transactions are T1, T2, ... in it.
impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, op) in (1..).zip(&self.transactions) {
            let before = if n == 1 { "" } else { ", " };
            let Operation { index, process, .. } = op;
            write!(f, "{before}T{n} (operation {index}, client {process})")?;
        }
        for at in 0..self.steps.len() {
            let before = if at == 0 { ": " } else { "; " };
            write!(f, "{before}{}", self.because(at))?;
        }
        f.write_str("; so each would have to come before itself")
    }
}
