//! One case of an anomaly: what shows it, as data for the results and in words
//! for a person.

use super::anomaly::Anomaly;
use super::model::Model;
use super::reason::{Reason, Reasons};
use super::relation::{self, PROCESS, REALTIME};
use super::transaction::{Datatype, Id, Seen, Step, Transactions};
use crate::edn::Value;
use crate::history::{History, Op};

/// One case of an anomaly.
#[derive(Clone, Debug)]
pub(super) enum Instance {
    /// A read of a version that was aborted or intermediate.
    Read {
        reader: u32,
        key: Id,
        value: Id,
        writer: u32,
    },
    /// A read that contradicts what the transaction itself did before.
    Internal {
        transaction: u32,
        step: Step,
        /// Whether only the end of the list is known.
        is_end: bool,
        expected: Vec<Id>,
    },
    /// A read of what the transaction itself writes later.
    FutureRead {
        transaction: u32,
        key: Id,
        value: Id,
    },
    /// An append that succeeded, upon one that failed.
    DirtyUpdate {
        key: Id,
        aborted: (u32, Id),
        committed: (u32, Id),
    },
    /// Transactions that read the same version and then wrote the key.
    LostUpdate {
        key: Id,
        seen: Seen,
        transactions: Vec<u32>,
    },
    /// Reads neither of which shows an earlier state of the other.
    IncompatibleOrder { key: Id, reads: [(u32, Seen); 2] },
    /// A list with an element twice.
    Duplicate {
        transaction: u32,
        key: Id,
        seen: Seen,
        value: Id,
    },
    /// Versions each of which comes before each other.
    CyclicVersions { key: Id, values: Vec<Id> },
    /// A cycle of transactions, each before the next by the relation at its
    /// place.
    Cycle {
        transactions: Vec<u32>,
        relations: Vec<u8>,
    },
    /// There is a cycle among these that breaks a model.
    CycleExists {
        model: Model,
        transactions: Vec<u32>,
    },
    /// The search for these among so many transactions was broken off.
    GivenUp { size: usize, sought: Vec<Anomaly> },
    /// No transaction depends on any other.
    Empty,
}

/// What an instance is told with.
pub(super) struct Teller<'a> {
    pub(super) history: &'a History,
    pub(super) transactions: &'a Transactions,
    pub(super) reasons: &'a dyn Reasons,
}

impl Teller<'_> {
    pub(super) fn op(&self, transaction: u32) -> &Op {
        &self.history.ops()[self.transactions.all[transaction as usize].place]
    }

    fn index(&self, transaction: u32) -> Value {
        self.op(transaction).index.into()
    }

    pub(super) fn key(&self, key: Id) -> &Value {
        self.transactions.keys.value(key)
    }

    pub(super) fn value(&self, value: Id) -> &Value {
        self.transactions.values.value(value)
    }

    pub(super) fn values(&self, values: &[Id]) -> Value {
        Value::Vector(values.iter().map(|id| self.value(*id).clone()).collect())
    }

    /// The instance as a map, with the words as its `:proof`.
    pub(super) fn data(&self, instance: &Instance) -> Value {
        let (key, value) = (|id| self.key(id).clone(), |id| self.value(id).clone());
        let op = |transaction| self.op(transaction).to_edn();
        let indices = |transactions: &[u32]| {
            let indices = transactions.iter().map(|i| self.index(*i));
            Value::Vector(indices.collect())
        };
        let mut data = match instance {
            Instance::Read {
                reader,
                key: k,
                value: v,
                writer,
            } => Value::map([
                ("key", key(*k)),
                ("element", value(*v)),
                ("op", op(*reader)),
                ("writer", op(*writer)),
            ]),
            Instance::Internal {
                transaction,
                step,
                expected,
                ..
            } => Value::map([
                ("op", op(*transaction)),
                ("mop", self.transactions.step_value(*step)),
                (
                    "expected",
                    match self.transactions.datatype {
                        Datatype::List => self.values(expected),
                        Datatype::Register => expected.first().map_or(Value::Nil, |v| value(*v)),
                    },
                ),
            ]),
            Instance::FutureRead {
                transaction,
                key: k,
                value: v,
            } => Value::map([
                ("op", op(*transaction)),
                ("key", key(*k)),
                ("element", value(*v)),
            ]),
            Instance::DirtyUpdate {
                key: k,
                aborted,
                committed,
            } => Value::map([
                ("key", key(*k)),
                ("values", self.values(&[aborted.1, committed.1])),
                ("txns", Value::Vector(vec![op(aborted.0), op(committed.0)])),
            ]),
            Instance::LostUpdate {
                key: k,
                seen,
                transactions,
            } => Value::map([
                ("key", key(*k)),
                ("value", self.transactions.seen(*seen)),
                (
                    "txns",
                    Value::Vector(transactions.iter().map(|i| op(*i)).collect()),
                ),
            ]),
            Instance::IncompatibleOrder { key: k, reads } => Value::map([
                ("key", key(*k)),
                (
                    "values",
                    Value::Vector(reads.map(|(_, seen)| self.transactions.seen(seen)).into()),
                ),
                ("ops", indices(&reads.map(|(transaction, _)| transaction))),
            ]),
            Instance::Duplicate {
                transaction,
                key: k,
                value: v,
                ..
            } => Value::map([
                ("op", op(*transaction)),
                ("key", key(*k)),
                ("element", value(*v)),
            ]),
            Instance::CyclicVersions { key: k, values } => {
                Value::map([("key", key(*k)), ("scc", self.values(values))])
            }
            Instance::Cycle {
                transactions,
                relations,
            } => {
                let steps = (0..relations.len()).map(|at| self.step(transactions, relations, at));
                Value::map([
                    (
                        "cycle",
                        Value::Vector(transactions.iter().map(|i| op(*i)).collect()),
                    ),
                    ("steps", Value::Vector(steps.collect())),
                ])
            }
            Instance::CycleExists {
                model,
                transactions,
            } => Value::map([
                ("not", Value::keyword(model.name())),
                ("scc-size", transactions.len().into()),
                ("scc", indices(transactions)),
            ]),
            Instance::GivenUp { size, sought } => {
                let sought = sought.iter().map(|anomaly| Value::keyword(anomaly.name()));
                Value::map([
                    ("scc-size", (*size).into()),
                    ("sought", Value::Vector(sought.collect())),
                ])
            }
            Instance::Empty => Value::map([]),
        };
        data.insert("proof", self.words(instance).as_str().into());
        data
    }

    /// An edge of a cycle, from the transaction at this place to the next.
    fn step(&self, transactions: &[u32], relations: &[u8], at: usize) -> Value {
        let relation = relations[at];
        let (a, b) = (
            transactions[at],
            transactions[(at + 1) % transactions.len()],
        );
        let mut step = Value::map([("type", Value::keyword(relation::name(relation)))]);
        match self.why(a, b, relation) {
            Some(Reason::Overwrites { key, before, value }) => {
                step.insert("key", self.key(key).clone());
                let before = before.map_or(Value::Nil, |before| self.value(before).clone());
                step.insert("value", before);
                step.insert("value'", self.value(value).clone());
            }
            Some(Reason::Reads { key, value }) => {
                step.insert("key", self.key(key).clone());
                step.insert("value", self.value(value).clone());
            }
            Some(Reason::SameProcess | Reason::Later) | None => {}
        }
        let words = self.step_words(transactions, relations, at);
        step.insert("because", words.as_str().into());
        step
    }

    /// Why one transaction comes before another by this relation.
    pub(super) fn why(&self, a: u32, b: u32, relation: u8) -> Option<Reason> {
        match relation {
            PROCESS => Some(Reason::SameProcess),
            REALTIME => Some(Reason::Later),
            relation => self.reasons.why(a, b, relation),
        }
    }
}
