//! What was found, for people and for programs: a section of the results for
//! each kind of error, and sentences.

use history::edn::Value;

use super::action::{Actions, Key, Message};
use super::cycles::{Cycle, Why};
use super::log::{Fates, Log};
use super::loss::{Lost, Read};
use super::order::Jump;
use crate::listed;

/// A kind of error that was found.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) name: &'static str,
    /// Their `count`, and the most telling of them as `errs`.
    pub(super) results: Value,
    pub(super) findings: Vec<String>,
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
        sentence: impl Fn(&T) -> String,
    ) -> Option<Section> {
        if errors.is_empty() {
            return None;
        }
        let entries = errors.iter().take(shown).map(entry).collect();
        Some(Section {
            name,
            results: Value::map([
                ("count", errors.len().into()),
                ("errs", Value::List(entries)),
            ]),
            findings: listed(errors, &format!("errors of the kind {name}"), sentence),
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
            let values = Value::Set(values);
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
        let sentence = |&(key, index): &(Key, usize)| {
            let (offset, messages) = &self.logs[key].places[index];
            let messages = self.list(messages, |m| self.origin(key, *m));
            format!(
                "key {}: at offset {offset} there are {messages}",
                self.key(key)
            )
        };
        Self::section("inconsistent-offsets", &conflicts, MANY, entry, sentence)
    }

    pub(super) fn duplicates(&self) -> Option<Section> {
        let mut duplicates: Vec<(Key, Message, Vec<i64>)> = Vec::new();
        for (key, log) in self.logs.iter().enumerate() {
            let mut offsets = vec![Vec::new(); self.actions.messages[key].len()];
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
        let sentence = |(key, message, offsets): &(Key, Message, Vec<i64>)| {
            format!(
                "key {}: {} is in the log more than once, at the offsets {}",
                self.key(*key),
                self.origin(*key, *message),
                self.list(offsets, i64::to_string)
            )
        };
        Self::section("duplicate", &duplicates, MANY, entry, sentence)
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
        let sentence = |lost: &Lost| {
            let places = &self.logs[lost.key].places;
            let further = match lost.reader {
                Some(reader) => format!(", as in {}", self.name(reader)),
                None => String::new(),
            };
            format!(
                "key {}: {} at offset {} is lost: no poll ever returned it, while polls went on \
                 to offset {}{further}",
                self.key(lost.key),
                self.origin(lost.key, lost.message),
                places[lost.index].0,
                places[lost.bound].0
            )
        };
        Self::section("lost-write", lost, MANY, entry, sentence)
    }

    pub(super) fn unseen(&self, unseen: &[(Key, Vec<Message>)]) -> Option<Section> {
        if unseen.is_empty() {
            return None;
        }
        let mut unseen: Vec<&(Key, Vec<Message>)> = unseen.iter().collect();
        unseen.sort_by_key(|(key, _)| self.actions.keys[*key]);
        let counts = unseen
            .iter()
            .map(|(key, messages)| (self.key(*key), messages.len().into()));
        let messages = unseen.iter().map(|(key, messages)| {
            let mut values: Vec<Value> = messages.iter().map(|m| self.value(*key, *m)).collect();
            values.sort();
            values.truncate(MANY);
            (self.key(*key), Value::Vector(values))
        });
        let mut ends = self.actions.list.iter().rev();
        let last = ends.find(|action| action.is_ok() && action.assigned.is_none());
        let sentence = |(key, messages): &&(Key, Vec<Message>)| {
            format!(
                "key {}: acknowledged, but never polled, up to the end: {}",
                self.key(*key),
                self.list(messages, |message| self.placed(*key, *message, true))
            )
        };
        Some(Section {
            name: "unseen",
            results: Value::map([
                ("time", last.map_or(0, |action| action.op.time).into()),
                ("unseen", Value::Map(counts.collect())),
                ("messages", Value::Map(messages.collect())),
            ]),
            findings: listed(&unseen, "keys with messages never polled", sentence),
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
        let sentence = |read: &Read| {
            format!(
                "key {}: {} returned {}, though that send was refused",
                self.key(read.key),
                self.name(read.reader),
                self.origin(read.key, read.message)
            )
        };
        Self::section("G1a", reads, MANY, entry, sentence)
    }

    pub(super) fn precommitted(&self, reads: &[Read]) -> Option<Section> {
        let entry = |read: &Read| {
            Value::map([
                ("op", self.op(read.reader, read.key, &[read.message])),
                ("key", self.key(read.key)),
                ("value", self.value(read.key, read.message)),
            ])
        };
        let sentence = |read: &Read| {
            format!(
                "key {}: {} polled message {}, which it sent itself and had not committed yet",
                self.key(read.key),
                self.name(read.reader),
                self.value(read.key, read.message)
            )
        };
        Self::section("precommitted-read", reads, MANY, entry, sentence)
    }

    pub(super) fn jumps(&self, name: &'static str, jumps: &[Jump]) -> Option<Section> {
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
                    entry.insert("ops", Value::Vector(ops.into()));
                }
            }
            entry
        };
        Self::section(name, jumps, FEW, entry, |jump| self.jump(jump))
    }

    fn jump(&self, jump: &Jump) -> String {
        let Jump { key, from, to, .. } = *jump;
        let [first, second] = jump.actions.map(|action| self.name(action));
        let is_inside = jump.actions[0] == jump.actions[1];
        let [from_place, to_place] = [from, to].map(|message| self.placed(key, message, false));
        let way = match is_inside {
            true => format!("{first} went from {from_place} to {to_place}"),
            false => format!("{first} ended with {from_place}, and {second} began with {to_place}"),
        };
        let what = match jump.distance {
            0 => "the same once more".into(),
            ..0 => format!("{} back in the log", -jump.distance),
            _ => {
                let skipped = self.logs[key].between(from, to);
                let skipped = self.list(&skipped, |(_, message)| self.placed(key, *message, false));
                format!("leaving out {skipped}")
            }
        };
        format!("key {}: {way}: {what}", self.key(key))
    }

    pub(super) fn cycles(&self, name: &'static str, cycles: &[&Cycle]) -> Option<Section> {
        let entry = |cycle: &&Cycle| {
            let steps = cycle.steps.iter().map(|(action, why)| {
                let mut step = match why {
                    Why::Sent(key, message) => Value::map([
                        ("type", Value::keyword("wr")),
                        ("key", self.key(*key)),
                        ("value", self.value(*key, *message)),
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
        let sentence = |cycle: &&Cycle| {
            let count = cycle.steps.len();
            let steps = cycle.steps.iter().enumerate().map(|(i, (action, why))| {
                let (this, next) = (*action, cycle.steps[(i + 1) % count].0);
                match why {
                    Why::Sent(key, message) => format!(
                        "{} polled message {} of key {}, which {} sent",
                        self.name(next),
                        self.value(*key, *message),
                        self.key(*key),
                        self.name(this)
                    ),
                    Why::Ended => {
                        format!("{} ended before {} began", self.name(this), self.name(next))
                    }
                }
            });
            let steps: Vec<String> = steps.collect();
            format!("in no possible order: {}", steps.join("; "))
        };
        Self::section(name, cycles, FEW, entry, sentence)
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
        let mut section = Self::section(name, cycles, FEW, entry, |_| String::new())?;
        section.findings.clear();
        Some(section)
    }
}
