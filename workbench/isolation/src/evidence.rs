//! Anomalies as evidence: with operations, keys and values, for whoever has not the
//! checker's numbers.

use finding::contradiction::Expected;
use finding::cycle::{self, Write};
use finding::{Contradiction, Cycle, Evidence, Operation};
use history::edn::Value;

use super::instance::{Instance, Teller};
use super::reason::Reason;
use super::relation;
use super::transaction::{Datatype, Id, Seen, Step};

/// How many of the transactions that have a cycle somewhere are kept.
const MOST_OF_A_COMPONENT: usize = 12;

impl Teller<'_> {
    fn operation(&self, transaction: u32) -> Operation {
        self.op(transaction).into()
    }

    fn by(&self) -> Write {
        match self.transactions.datatype {
            Datatype::Register => Write::Wrote,
            Datatype::List => Write::Appended,
        }
    }

    fn owned(&self, value: Id) -> Value {
        self.value(value).clone()
    }

    pub(super) fn evidence(&self, instance: &Instance) -> Evidence {
        let op = |transaction: &u32| self.operation(*transaction);
        let ops = |all: &[u32]| all.iter().map(op).collect();
        let key = |id: &Id| self.key(*id).clone();
        let seen = |seen: &Seen| self.transactions.seen(*seen);
        Evidence::Contradiction(match instance {
            Instance::Cycle {
                transactions,
                relations,
            } => return Evidence::Cycle(self.cycle(transactions, relations)),
            Instance::Read {
                reader,
                key: k,
                value,
                writer,
            } => Contradiction::Read {
                reader: op(reader),
                key: key(k),
                value: self.owned(*value),
                writer: op(writer),
            },
            Instance::Internal {
                transaction,
                step,
                is_end,
                expected,
            } => {
                let (k, found) = match step {
                    Step::Read { key, seen: found } => (key, seen(found)),
                    Step::Write { key, value } => (key, self.owned(*value)),
                };
                let expected = match (self.transactions.datatype, is_end) {
                    (Datatype::Register, _) => {
                        let first = expected.first().map(|value| self.owned(*value));
                        Expected::Value(first.unwrap_or_default())
                    }
                    (Datatype::List, false) => Expected::Value(self.values(expected)),
                    (Datatype::List, true) => Expected::Ending(self.values(expected)),
                };
                Contradiction::Internal {
                    transaction: op(transaction),
                    key: key(k),
                    found,
                    expected,
                }
            }
            Instance::FutureRead {
                transaction,
                key: k,
                value,
            } => Contradiction::FutureRead {
                transaction: op(transaction),
                key: key(k),
                value: self.owned(*value),
            },
            Instance::DirtyUpdate {
                key: k,
                aborted,
                committed,
            } => Contradiction::DirtyUpdate {
                key: key(k),
                aborted: (op(&aborted.0), self.owned(aborted.1)),
                committed: (op(&committed.0), self.owned(committed.1)),
                by: self.by(),
            },
            Instance::LostUpdate {
                key: k,
                seen: version,
                transactions,
            } => Contradiction::LostUpdate {
                key: key(k),
                seen: seen(version),
                transactions: ops(transactions),
            },
            Instance::IncompatibleOrder { key: k, reads } => Contradiction::IncompatibleOrder {
                key: key(k),
                reads: reads.map(|(transaction, found)| (op(&transaction), seen(&found))),
            },
            Instance::Duplicate {
                transaction,
                key: k,
                seen: found,
                value,
            } => Contradiction::Duplicate {
                transaction: op(transaction),
                key: key(k),
                seen: seen(found),
                value: self.owned(*value),
            },
            Instance::CyclicVersions { key: k, values } => Contradiction::CyclicVersions {
                key: key(k),
                values: (values.iter())
                    .map(|version| version.map_or(Value::Nil, |value| self.owned(value)))
                    .collect(),
            },
            Instance::CycleExists {
                model,
                transactions,
            } => Contradiction::CycleExists {
                model: model.to_string(),
                transactions: ops(&transactions[..transactions.len().min(MOST_OF_A_COMPONENT)]),
                count: transactions.len(),
            },
            Instance::GivenUp { size, .. } => Contradiction::GivenUp { count: *size },
            Instance::Empty => Contradiction::Empty,
        })
    }

    /// A cycle of these transactions, each before the next by the relation at its place.
    pub(super) fn cycle(&self, transactions: &[u32], relations: &[u8]) -> Cycle {
        let next = transactions.iter().cycle().skip(1);
        let pairs = transactions.iter().zip(next).zip(relations);
        let steps = pairs.map(|((a, b), relation)| cycle::Step {
            relation: relation::named(*relation),
            reason: self.reason(*a, *b, *relation),
        });
        Cycle {
            steps: steps.collect(),
            transactions: transactions.iter().map(|i| self.operation(*i)).collect(),
        }
    }

    fn reason(&self, a: u32, b: u32, relation: u8) -> cycle::Reason {
        let by = self.by();
        match self.why(a, b, relation) {
            Some(Reason::Overwrites { key, before, value }) => cycle::Reason::Overwrites {
                key: self.key(key).clone(),
                before: before.map(|before| self.owned(before)),
                value: self.owned(value),
                by,
            },
            Some(Reason::Reads { key, value }) => cycle::Reason::Reads {
                key: self.key(key).clone(),
                value: self.owned(value),
                by,
            },
            Some(Reason::SameProcess) => cycle::Reason::SameProcess,
            Some(Reason::Later) => {
                let began = self.transactions.all[b as usize].invoked;
                cycle::Reason::Later(began.map_or(0, |place| self.history.ops()[place].index))
            }
            None => cycle::Reason::Unknown,
        }
    }
}
