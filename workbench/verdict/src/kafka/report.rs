//! What was found: a section of the results for each kind of error, and the finding.

use finding::log::{self, Because, Cause, Causes, Fault};
use finding::{Evidence, Finding, Reply, found};
use history::edn::Value;

use super::action::{Actions, Key, Message};
use super::cycles::{Cycle, Kind, Why};
use super::log::{Fates, Log};
use super::loss::{Lost, Read};
use super::order::Jump;

/// A kind of error that was found.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) name: &'static str,
    /// Their `count`, and the most telling of them as `errs`.
    pub(super) results: Value,
    pub(super) finding: Option<Finding>,
    /// Whether it may happen in a log that is as it should be.
    pub(super) is_allowed: bool,
}

impl Section {
    /// The same of what is nothing that anybody need be told.
    pub(super) fn usual(self) -> Self {
        Section {
            finding: None,
            is_allowed: true,
            ..self
        }
    }
}

/// How many errors of a kind the results list, as in Jepsen's.
const FEW: usize = 8;
pub(super) const MANY: usize = 32;

/// What reports refer to.
pub(super) struct Reporter<'a> {
    pub(super) actions: &'a Actions<'a>,
    pub(super) logs: &'a [Log],
    pub(super) fates: &'a Fates,
}

impl Reporter<'_> {
    /// A section of these errors, if there are any; the most telling first.
    fn section<T>(
        name: &'static str,
        errors: &[T],
        shown: usize,
        entry: impl Fn(&T) -> Value,
        evidence: impl Fn(&T) -> Evidence,
    ) -> Option<Section> {
        if errors.is_empty() {
            return None;
        }
        let entries = errors.iter().take(shown).map(entry).collect();
        Some(Section {
            name,
            results: counted(errors.len(), entries),
            finding: found(
                name,
                &format!("errors of the kind {name}"),
                errors,
                evidence,
            ),
            is_allowed: false,
        })
    }

    pub(super) fn inconsistent_offsets(&self) -> Option<Section> {
        let logs = self.logs.iter().enumerate();
        let conflicts: Vec<(Key, usize)> = logs
            .flat_map(|(key, log)| {
                let places = log.places.iter().enumerate();
                let conflicts = places.filter(|(_, (_, messages))| messages.len() > 1);
                conflicts.map(move |(index, _)| (key, index))
            })
            .collect();
        let entry = |&(key, index): &(Key, usize)| {
            let (offset, messages) = &self.logs[key].places[index];
            let mut values: Vec<Value> = messages.iter().map(|m| self.value(key, *m)).collect();
            values.sort();
            let values = Value::Set(values.into());
            let ops = messages
                .iter()
                .filter_map(|m| self.fates.of(key, *m).writer);
            Value::map([
                ("key", self.key(key)),
                ("offset", (*offset).into()),
                ("index", index.into()),
                ("values", values),
                ("ops", ops.map(|op| self.op(op, key, messages)).collect()),
            ])
        };
        let evidence = |&(key, index): &(Key, usize)| {
            let (offset, messages) = &self.logs[key].places[index];
            let messages = messages.iter().map(|m| self.message(key, *m));
            let fault = Fault::Conflict {
                offset: *offset,
                messages: messages.collect(),
            };
            self.offsets(key, fault)
        };
        Self::section("inconsistent-offsets", &conflicts, MANY, entry, evidence)
    }

    pub(super) fn duplicates(&self) -> Option<Section> {
        let mut duplicates: Vec<(Key, Message, Vec<i64>)> = Vec::new();
        for (key, log) in self.logs.iter().enumerate() {
            let mut offsets = vec![Vec::new(); self.actions.messages(key).len()];
            for (offset, messages) in &log.places {
                for &message in messages {
                    offsets[message].push(*offset);
                }
            }
            let twice = offsets.into_iter().enumerate();
            let twice = twice.filter(|(_, offsets)| offsets.len() > 1);
            duplicates.extend(twice.map(|(message, offsets)| (key, message, offsets)));
        }
        let entry = |(key, message, offsets): &(Key, Message, Vec<i64>)| {
            let fate = self.fates.of(*key, *message);
            let ops = fate.writer.into_iter().chain(fate.reader);
            Value::map([
                ("key", self.key(*key)),
                ("value", self.value(*key, *message)),
                ("count", offsets.len().into()),
                ("offsets", offsets.iter().map(|o| Value::Int(*o)).collect()),
                (
                    "ops",
                    ops.map(|op| self.op(op, *key, &[*message])).collect(),
                ),
            ])
        };
        let evidence = |(key, message, offsets): &(Key, Message, Vec<i64>)| {
            let reader = self.fates.of(*key, *message).reader;
            let fault = Fault::Duplicate {
                message: self.message(*key, *message),
                offsets: offsets.clone(),
                reader: reader.map(|reader| self.operation(reader)),
            };
            self.offsets(*key, fault)
        };
        Self::section("duplicate", &duplicates, MANY, entry, evidence)
    }

    pub(super) fn lost(&self, lost: &[Lost]) -> Option<Section> {
        let entry = |lost: &Lost| {
            let shown = [lost.message];
            let reader = (lost.reader).map_or(Value::Nil, |op| self.op(op, lost.key, &shown));
            let places = &self.logs[lost.key].places;
            Value::map([
                ("key", self.key(lost.key)),
                ("value", self.value(lost.key, lost.message)),
                ("index", lost.index.into()),
                ("max-read-index", lost.bound.into()),
                ("offset", places[lost.index].0.into()),
                ("max-read-offset", places[lost.bound].0.into()),
                ("writer", self.op(lost.writer, lost.key, &shown)),
                ("max-read", reader),
            ])
        };
        let evidence = |lost: &Lost| {
            let places = &self.logs[lost.key].places;
            let fault = Fault::Lost {
                message: log::Message {
                    offset: Some(places[lost.index].0),
                    ..self.message(lost.key, lost.message)
                },
                polled_to: places[lost.bound].0,
                reader: lost.reader.map(|reader| self.operation(reader)),
            };
            self.offsets(lost.key, fault)
        };
        Self::section("lost-write", lost, MANY, entry, evidence)
    }

    pub(super) fn unseen(&self, unseen: &[(Key, Vec<Message>)]) -> Option<Section> {
        if unseen.is_empty() {
            return None;
        }
        let mut unseen: Vec<&(Key, Vec<Message>)> = unseen.iter().collect();
        unseen.sort_by_key(|(key, _)| self.actions.keys()[*key]);
        let counts = unseen
            .iter()
            .map(|(key, messages)| (self.key(*key), messages.len().into()));
        let messages = unseen.iter().map(|(key, messages)| {
            let mut values: Vec<Value> = messages.iter().map(|m| self.value(*key, *m)).collect();
            values.sort();
            values.truncate(MANY);
            (self.key(*key), values.into())
        });
        let mut ends = self.actions.list.iter().rev();
        let last = ends.find(|action| action.is_ok() && action.assigned.is_none());
        let evidence = |(key, messages): &&(Key, Vec<Message>)| {
            let first = messages.iter().take(MANY);
            let fault = Fault::Unseen {
                messages: first.map(|m| self.message(*key, *m)).collect(),
                count: messages.len(),
            };
            self.offsets(*key, fault)
        };
        Some(Section {
            name: "unseen",
            results: Value::map([
                ("time", last.map_or(0, |action| action.op.time).into()),
                ("unseen", Value::Map(counts.collect())),
                ("messages", Value::Map(messages.collect())),
            ]),
            finding: found(
                "unseen",
                "keys with messages never polled",
                &unseen,
                evidence,
            ),
            is_allowed: false,
        })
    }

    pub(super) fn aborted(&self, reads: &[Read]) -> Option<Section> {
        let entry = |read: &Read| {
            let shown = [read.message];
            let writer = self.fates.of(read.key, read.message).writer;
            let writer = writer.map_or(Value::Nil, |op| self.op(op, read.key, &shown));
            Value::map([
                ("key", self.key(read.key)),
                ("value", self.value(read.key, read.message)),
                ("writer", writer),
                ("reader", self.op(read.reader, read.key, &shown)),
            ])
        };
        let evidence = |read: &Read| {
            let fault = Fault::Refused {
                message: self.message(read.key, read.message),
                reader: self.operation(read.reader),
            };
            self.offsets(read.key, fault)
        };
        Self::section("G1a", reads, MANY, entry, evidence)
    }

    /// Polls of what nobody sent, which Jepsen's checker does not judge.
    pub(super) fn garbage(&self, reads: &[Read]) -> Option<Section> {
        let entry = |read: &Read| {
            Value::map([
                ("key", self.key(read.key)),
                ("value", self.value(read.key, read.message)),
                ("op", self.op(read.reader, read.key, &[read.message])),
            ])
        };
        let evidence = |read: &Read| {
            Evidence::Reply(Reply::Garbage {
                transaction: self.operation(read.reader),
                key: self.key(read.key),
                value: self.value(read.key, read.message),
            })
        };
        Self::section("garbage-read", reads, MANY, entry, evidence)
    }

    pub(super) fn precommitted(&self, reads: &[Read]) -> Option<Section> {
        let entry = |read: &Read| {
            Value::map([
                ("op", self.op(read.reader, read.key, &[read.message])),
                ("key", self.key(read.key)),
                ("value", self.value(read.key, read.message)),
            ])
        };
        let evidence = |read: &Read| {
            let fault = Fault::Precommitted {
                message: self.message(read.key, read.message),
                reader: self.operation(read.reader),
            };
            self.offsets(read.key, fault)
        };
        Self::section("precommitted-read", reads, MANY, entry, evidence)
    }

    /// Of messages that were polled, or else sent.
    pub(super) fn jumps(
        &self,
        name: &'static str,
        is_polled: bool,
        jumps: &[Jump],
    ) -> Option<Section> {
        let entry = |jump: &Jump| {
            let Jump { key, from, to, .. } = *jump;
            let [first, second] = jump.actions;
            let offsets = [from, to].map(|m| self.logs[key].offset(m).into_iter().map(Value::Int));
            let mut entry = Value::map([
                ("key", self.key(key)),
                (
                    "values",
                    [from, to].iter().map(|m| self.value(key, *m)).collect(),
                ),
                ("offsets", offsets.into_iter().flatten().collect()),
                ("delta", jump.distance.into()),
            ]);
            if jump.distance > 1 {
                let skipped = self.logs[key].between(from, to);
                let skipped = skipped.iter().map(|(_, message)| self.value(key, *message));
                entry.insert("skipped", Value::list(skipped));
            }
            match first == second {
                true => entry.insert("op", self.op(first, key, &[from, to])),
                false => {
                    let ops = [self.op(first, key, &[from]), self.op(second, key, &[to])];
                    entry.insert("ops", ops.into());
                }
            }
            entry
        };
        Self::section(name, jumps, FEW, entry, |jump| self.jump(is_polled, jump))
    }

    fn jump(&self, is_polled: bool, jump: &Jump) -> Evidence {
        let Jump { key, from, to, .. } = *jump;
        let skipped = match jump.distance {
            ..2 => Vec::new(),
            _ => self.logs[key].between(from, to),
        };
        let first = skipped.iter().take(MANY);
        let fault = Fault::Jump(log::Jump {
            is_polled,
            from: self.message(key, from),
            to: self.message(key, to),
            distance: jump.distance,
            skipped: first.map(|(_, m)| self.message(key, *m)).collect(),
            skipped_count: skipped.len(),
            operations: jump.actions.map(|action| self.operation(action)),
        });
        self.offsets(key, fault)
    }

    /// Of a kind; allowed, if all of them need the order of offsets.
    pub(super) fn cycles(&self, kind: Kind, cycles: &[&Cycle]) -> Option<Section> {
        let name = kind.name();
        let entry = |cycle: &&Cycle| {
            let steps = cycle.steps.iter().map(|(action, why)| {
                let mut step = match why {
                    Why::Sent(key, message) => Value::map([
                        ("type", Value::keyword("wr")),
                        ("key", self.key(*key)),
                        ("value", self.value(*key, *message)),
                    ]),
                    Why::Followed(key, first, second) => Value::map([
                        ("type", Value::keyword("ww")),
                        ("key", self.key(*key)),
                        ("value", self.value(*key, *first)),
                        ("value'", self.value(*key, *second)),
                    ]),
                    Why::Ended => Value::map([("type", Value::keyword("realtime"))]),
                };
                step.insert("op", self.action(*action).op.to_edn());
                step
            });
            Value::map([
                ("type", Value::keyword(name)),
                ("steps", Value::list(steps)),
            ])
        };
        let evidence = |cycle: &&Cycle| {
            let steps = cycle.steps.iter().map(|(action, why)| Cause {
                op: self.operation(*action),
                because: match why {
                    Why::Sent(key, message) => Because::Polled {
                        key: self.key(*key),
                        message: self.value(*key, *message),
                    },
                    Why::Followed(key, first, second) => Because::Followed {
                        key: self.key(*key),
                        message: self.value(*key, *first),
                        next: self.value(*key, *second),
                    },
                    Why::Ended => Because::Ended,
                },
            });
            Evidence::Causes(Causes {
                steps: steps.collect(),
            })
        };
        let section = Self::section(name, cycles, FEW, entry, evidence)?;
        Some(Section {
            is_allowed: cycles.iter().all(|cycle| cycle.needs_offsets),
            ..section
        })
    }

    /// That some cycle exists, for those who ask what models that rules out.
    pub(super) fn cycle_exists(
        name: &'static str,
        not: &str,
        cycles: &[&Cycle],
        actions: &Actions<'_>,
    ) -> Option<Section> {
        let entry = |cycle: &&Cycle| {
            let indices = cycle
                .component
                .iter()
                .map(|action| actions.list[*action].op.index);
            Value::map([
                ("type", Value::keyword(name)),
                ("not", Value::keyword(not)),
                ("scc-size", cycle.component.len().into()),
                ("scc", indices.map(Value::from).collect()),
            ])
        };
        // The cycle itself says more.
        let entries = cycles.iter().take(FEW).map(entry).collect();
        (!cycles.is_empty()).then(|| Section {
            name,
            results: counted(cycles.len(), entries),
            finding: None,
            is_allowed: cycles.iter().all(|cycle| cycle.needs_offsets),
        })
    }
}

/// How many errors there are, and the most telling of them.
fn counted(count: usize, entries: Vec<Value>) -> Value {
    Value::map([("count", count.into()), ("errs", Value::list(entries))])
}
