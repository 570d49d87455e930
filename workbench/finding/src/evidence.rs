//! What proves a finding, by what it looks like: the evidence holds all that a sentence
//! and a picture need, but for what the operations themselves say.

use std::fmt;
use std::sync::Arc;

use history::edn::Value;
use history::{Op, OpType, Process};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Contradiction, Cycle, Element, Reply, Window, log};

/// What proves a finding; its `Display` is a sentence, without a full stop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// That something is so.
    Statement(Statement),
    /// Operations that cannot all be, beside each other in time.
    Case(Case),
    /// Transactions, each of which must come before the next.
    Cycle(Cycle),
    /// The same among sends and polls.
    Causes(log::Causes),
    /// Transactions that contradict each other, or themselves.
    Contradiction(Contradiction),
    /// Operations on a register that have no order.
    Window(Window),
    /// The way of an element.
    Element(Element),
    /// Offsets of a log.
    Offsets(log::Offsets),
    /// An id that was given more than once.
    Twins(Twins),
    /// A read of what no adds make.
    Sum(Sum),
    /// A reply that is no echo.
    Mismatch(Mismatch),
    /// A reply that no server may give.
    Reply(Reply),
}

impl Evidence {
    /// A case of these operations.
    pub fn case<'a>(
        words: impl Into<String>,
        operations: impl IntoIterator<Item = &'a Op>,
    ) -> Self {
        Evidence::Case(Case {
            words: words.into(),
            operations: operations.into_iter().map(Operation::from).collect(),
        })
    }

    /// The operations that it names, by their index in the history.
    pub fn operations(&self) -> Vec<usize> {
        let indices = |operations: &[Operation]| operations.iter().map(|op| op.index).collect();
        match self {
            Evidence::Statement(statement) => statement.operations.clone(),
            Evidence::Case(case) => indices(&case.operations),
            Evidence::Cycle(cycle) => indices(&cycle.transactions),
            Evidence::Causes(causes) => causes.steps.iter().map(|step| step.op.index).collect(),
            Evidence::Contradiction(contradiction) => indices(&contradiction.operations()),
            Evidence::Window(window) => window.operations(),
            Evidence::Element(element) => indices(&element.operations()),
            Evidence::Offsets(offsets) => indices(&offsets.operations()),
            Evidence::Twins(twins) => indices(&twins.operations),
            Evidence::Sum(sum) => vec![sum.read.index],
            Evidence::Mismatch(Mismatch { sent, got, .. }) => vec![sent.index, got.index],
            Evidence::Reply(reply) => vec![reply.operation().index],
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evidence::Statement(statement) => f.write_str(&statement.words),
            Evidence::Case(case) => case.fmt(f),
            Evidence::Cycle(cycle) => cycle.fmt(f),
            Evidence::Causes(causes) => causes.fmt(f),
            Evidence::Contradiction(contradiction) => contradiction.fmt(f),
            Evidence::Window(window) => window.fmt(f),
            Evidence::Element(element) => element.fmt(f),
            Evidence::Offsets(offsets) => offsets.fmt(f),
            Evidence::Twins(twins) => twins.fmt(f),
            Evidence::Sum(sum) => sum.fmt(f),
            Evidence::Mismatch(mismatch) => mismatch.fmt(f),
            Evidence::Reply(reply) => reply.fmt(f),
        }
    }
}

/// A sentence that says all there is to say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// The sentence.
    pub words: String,
    /// The operations that it names, by their index in the history; none, if it is about
    /// all of it.
    pub operations: Vec<usize>,
}

impl From<String> for Statement {
    fn from(words: String) -> Self {
        Statement {
            words,
            operations: Vec::new(),
        }
    }
}

/// An event of a history, as a finding refers to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Its number in the history it is from.
    pub index: usize,
    /// When it happened, in nanoseconds since the start.
    pub time: i64,
    /// Whether it begins an operation or how it ends one.
    pub typ: OpType,
    /// Who did it.
    pub process: Process,
    /// The function.
    pub f: String,
}

impl From<&Op> for Operation {
    fn from(op: &Op) -> Self {
        Operation {
            index: op.index,
            time: op.time,
            typ: op.typ,
            process: op.process,
            f: op.f.to_string(),
        }
    }
}

/// Such as: client 3's poll (operation 7).
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Operation {
            process, f: name, ..
        } = self;
        write!(f, "client {process}'s {name} (operation {})", self.index)
    }
}

/// How many operations a sentence names.
const NAMED: usize = 8;

/// Operations that cannot all be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// What is wrong with them.
    pub words: String,
    /// Their ends, or their beginnings where they have none.
    pub operations: Vec<Operation>,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)?;
        for (i, operation) in self.operations.iter().take(NAMED).enumerate() {
            let before = if i == 0 { ": " } else { ", " };
            write!(f, "{before}{operation}")?;
        }
        match self.operations.len() > NAMED {
            true => f.write_str(", ..."),
            false => Ok(()),
        }
    }
}

/// An id that was given more than once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Twins {
    /// The id.
    pub id: Value,
    /// The ends of the operations that were given it; the first of them.
    pub operations: Vec<Operation>,
    /// How many there are.
    pub count: usize,
}

impl fmt::Display for Twins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Twins {
            id,
            operations,
            count,
        } = self;
        let named = operations.iter().take(NAMED).map(|op| op.index.to_string());
        let named: Vec<String> = named.collect();
        let more = if *count > NAMED { ", ..." } else { "" };
        let named = named.join(", ");
        write!(
            f,
            "the id {id} was given {count} times, by operations {named}{more}"
        )
    }
}

/// Ranges of integers, each from its first to its last.
pub type Ranges = Arc<[(i128, i128)]>;

/// A read of a counter that shows what no adds make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sum {
    /// Its end.
    pub read: Operation,
    /// What it shows.
    pub value: Value,
    /// Whether it is one of the last, when all adds must be known; an earlier one may be
    /// of some of them.
    pub is_final: bool,
    /// What it may show, ascending; the same for all reads.
    #[serde(serialize_with = "write_ranges", deserialize_with = "read_ranges")]
    pub acceptable: Ranges,
}

fn write_ranges<S: Serializer>(ranges: &Ranges, serializer: S) -> Result<S::Ok, S::Error> {
    ranges[..].serialize(serializer)
}

fn read_ranges<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Ranges, D::Error> {
    Ok(Vec::deserialize(deserializer)?.into())
}

/// How many ranges of sums a sentence names.
const RANGES_NAMED: usize = 4;

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Operation { process, index, .. } = self.read;
        let value = &self.value;
        match self.is_final {
            true => write!(
                f,
                "the final read of client {process} (operation {index}) is {value}, where the \
                 adds make "
            )?,
            false => write!(
                f,
                "the read of client {process} (operation {index}) is {value}, where the adds that \
                 had begun make "
            )?,
        }
        for (i, (from, to)) in self.acceptable.iter().take(RANGES_NAMED).enumerate() {
            let or = if i == 0 { "" } else { " or " };
            match from == to {
                true => write!(f, "{or}{from}")?,
                false => write!(f, "{or}{from} to {to}")?,
            }
        }
        match self.acceptable.len() > RANGES_NAMED {
            true => f.write_str(" or others"),
            false => Ok(()),
        }
    }
}

/// A reply that has not in it what was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mismatch {
    /// The request.
    pub sent: Operation,
    /// What was sent with it.
    pub asked: Value,
    /// Its end.
    pub got: Operation,
    /// All that came back, or the error if it failed.
    pub came: Value,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mismatch {
            sent,
            asked,
            got,
            came,
        } = self;
        match got.typ {
            OpType::Fail => write!(
                f,
                "the echo of {asked} failed (operation {}): {came}",
                got.index
            ),
            _ => write!(
                f,
                "{asked} was sent (operation {}), but {came} came back (operation {})",
                sent.index, got.index
            ),
        }
    }
}
