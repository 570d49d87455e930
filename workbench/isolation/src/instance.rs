//! One case of an anomaly: what shows it, and as data for the results.

use std::collections::BTreeMap;

use history::edn::Value;
use history::{History, Op};

use super::anomaly::Anomaly;
use super::model::Model;
use super::reason::{Reason, Reasons};
use super::relation::{self, PROCESS, REALTIME, WW};
use super::transaction::{Datatype, Id, Seen, Step, Transactions};

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
    CyclicVersions { key: Id, values: Vec<Option<Id>> },
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

/// A part of a transaction: that of which this is true.
type Part<'a> = (u32, &'a dyn Fn(Step) -> bool);

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

    /// The cases of an anomaly as results have them: a vector or a list, as Elle
    /// does for this one.
    pub(super) fn cases(&self, anomaly: Anomaly, instances: &[Instance]) -> Value {
        let cases = instances.iter().map(|case| self.data(anomaly, case));
        let is_list = match self.transactions.datatype {
            Datatype::List => [Anomaly::IncompatibleOrder, Anomaly::DirtyUpdate].contains(&anomaly),
            Datatype::Register => matches!(
                instances.first(),
                Some(
                    Instance::Read { .. }
                        | Instance::Internal { .. }
                        | Instance::CyclicVersions { .. }
                )
            ),
        };
        match is_list {
            true => Value::list(cases),
            false => cases.collect(),
        }
    }

    /// A case as a map: Elle's keys, some of ours, and a sentence as its `:proof`.
    fn data(&self, anomaly: Anomaly, instance: &Instance) -> Value {
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
                ("op", op(*reader)),
                ("mop", self.mop(*reader, |step| self.shows(step, *k, *v))),
                ("writer", op(*writer)),
                ("key", key(*k)),
                ("element", value(*v)),
            ]),
            Instance::Internal {
                transaction,
                step,
                is_end,
                expected,
            } => Value::map([
                ("op", op(*transaction)),
                ("mop", self.transactions.step_value(*step)),
                (
                    "expected",
                    match self.transactions.datatype {
                        Datatype::List => {
                            let before = is_end.then(|| Value::Symbol("...".into()));
                            let values = expected.iter().map(|id| self.value(*id).clone());
                            before.into_iter().chain(values).collect()
                        }
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
                (
                    "mop",
                    self.mop(*transaction, |step| self.shows(step, *k, *v)),
                ),
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
                ("txns", [op(aborted.0), op(committed.0)].into()),
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
                seen,
                value: v,
            } => {
                let is_it = |step| {
                    step == Step::Read {
                        key: *k,
                        seen: *seen,
                    }
                };
                Value::map([
                    ("op", op(*transaction)),
                    ("mop", self.mop(*transaction, is_it)),
                    ("duplicates", self.duplicates(*seen)),
                    ("key", key(*k)),
                    ("element", value(*v)),
                ])
            }
            Instance::CyclicVersions { key: k, values } => {
                let versions = values
                    .iter()
                    .map(|version| version.map_or(Value::Nil, value));
                Value::map([("key", key(*k)), ("scc", versions.collect())])
            }
            Instance::Cycle {
                transactions,
                relations,
            } => {
                let cycle = self.cycle(transactions, relations);
                let steps = (0..relations.len()).map(|at| {
                    let mut step = self.step(transactions, relations, at);
                    step.insert("because", cycle.because(at).as_str().into());
                    step
                });
                // It ends with the transaction that it begins with.
                let round = transactions.iter().chain(transactions.first());
                Value::map([
                    ("cycle", round.map(|i| op(*i)).collect()),
                    ("steps", Value::list(steps)),
                    ("type", Value::keyword(anomaly.name())),
                ])
            }
            Instance::CycleExists {
                model,
                transactions,
            } => Value::map([
                ("type", Value::keyword(anomaly.name())),
                ("not", Value::keyword(model.name())),
                ("scc-size", transactions.len().into()),
                ("scc", indices(transactions)),
            ]),
            Instance::GivenUp { size, sought } => {
                let mut sought = sought.iter().map(|anomaly| Value::keyword(anomaly.name()));
                Value::map([
                    ("type", Value::keyword(anomaly.name())),
                    ("anomaly-spec-type", sought.next().unwrap_or_default()),
                    ("does-not-contain", Value::list([])),
                    ("scc-size", (*size).into()),
                    ("also-sought", Value::Vector(sought.collect())),
                ])
            }
            Instance::Empty => Value::map([]),
        };
        let evidence = self.evidence(instance);
        data.insert("proof", evidence.to_string().as_str().into());
        data
    }

    /// The first part of a transaction that this is true of.
    fn mop(&self, transaction: u32, is_it: impl Fn(Step) -> bool) -> Value {
        let steps = self.transactions.steps(transaction).iter().copied();
        let found = steps.into_iter().find(|step| is_it(*step));
        found.map_or(Value::Nil, |step| self.transactions.step_value(step))
    }

    /// Whether this is a read of the key that shows the value.
    fn shows(&self, step: Step, key: Id, value: Id) -> bool {
        let Step::Read { key: read, seen } = step else {
            return false;
        };
        let elements = self.transactions.elements(seen);
        read == key && (seen == Seen::One(value) || elements.contains(&value))
    }

    /// What is in a list more than once, and how often.
    fn duplicates(&self, seen: Seen) -> Value {
        let mut counts: BTreeMap<Id, usize> = BTreeMap::new();
        for id in self.transactions.elements(seen) {
            *counts.entry(*id).or_default() += 1;
        }
        let twice = counts.into_iter().filter(|(_, count)| *count > 1);
        let twice = twice.map(|(id, count)| (self.value(id).clone(), count.into()));
        Value::Map(twice.collect())
    }

    /// An edge of a cycle, from the transaction at this place to the next.
    fn step(&self, transactions: &[u32], relations: &[u8], at: usize) -> Value {
        let relation = relations[at];
        let (a, b) = (
            transactions[at],
            transactions[(at + 1) % transactions.len()],
        );
        let mut step = Value::map([("type", Value::keyword(relation::named(relation).name()))]);
        match self.why(a, b, relation) {
            Some(Reason::Overwrites { key, before, value }) => {
                step.insert("key", self.key(key).clone());
                let shown = before.map_or(self.initial(), |before| self.value(before).clone());
                step.insert("value", shown);
                step.insert("value'", self.value(value).clone());
                let is_first = |step| match (relation, before) {
                    (WW, Some(value)) => step == Step::Write { key, value },
                    _ => self.finds(step, key, before),
                };
                let is_second = |step| step == Step::Write { key, value };
                self.add_mops(&mut step, (a, &is_first), (b, &is_second));
            }
            Some(Reason::Reads { key, value }) => {
                step.insert("key", self.key(key).clone());
                step.insert("value", self.value(value).clone());
                let is_first = |step| step == Step::Write { key, value };
                let is_second = |step| self.finds(step, key, Some(value));
                self.add_mops(&mut step, (a, &is_first), (b, &is_second));
            }
            Some(Reason::Later) => {
                let begin = self.transactions.all[b as usize].invoked;
                let begin = begin.map_or(Value::Nil, |place| self.history.ops()[place].to_edn());
                step.insert("a'", self.op(a).to_edn());
                step.insert("b", begin);
            }
            Some(Reason::SameProcess) | None => {}
        }
        step
    }

    /// What Elle writes for the version before all.
    fn initial(&self) -> Value {
        match self.transactions.datatype {
            Datatype::List => Value::keyword("elle.list-append/init"),
            Datatype::Register => Value::Nil,
        }
    }

    /// Whether this is a read of the key that found this version; `None` is the
    /// initial one.
    fn finds(&self, step: Step, key: Id, version: Option<Id>) -> bool {
        let Step::Read { key: read, seen } = step else {
            return false;
        };
        let found = match seen {
            Seen::One(value) => Some(value),
            Seen::Nil | Seen::List(..) => self.transactions.elements(seen).last().copied(),
        };
        read == key && found == version
    }

    /// Adds where in its transaction each of two parts is, the first of which this
    /// is true of.
    fn add_mops(&self, step: &mut Value, a: Part<'_>, b: Part<'_>) {
        for (name, (transaction, is_it)) in [("a-mop-index", a), ("b-mop-index", b)] {
            let steps = self.transactions.steps(transaction);
            if let Some(place) = steps.iter().position(|step| is_it(*step)) {
                step.insert(name, place.into());
            }
        }
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
