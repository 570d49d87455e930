//! How keys, messages and operations are named in results and in sentences.

use history::edn::Value;

use super::action::{Action, Batch, Key, Message};
use super::report::{MANY, Reporter};

/// How many of a list of messages a sentence names.
const NAMED: usize = 4;

impl Reporter<'_> {
    pub(super) fn action(&self, action: usize) -> &Action<'_> {
        &self.actions.list[action]
    }

    pub(super) fn key(&self, key: Key) -> Value {
        self.actions.keys[key].clone()
    }

    pub(super) fn value(&self, key: Key, message: Message) -> Value {
        self.actions.messages[key][message].clone()
    }

    /// Such as: client 3's poll (operation 7).
    pub(super) fn name(&self, action: usize) -> String {
        let op = self.action(action).op;
        format!("client {}'s {} (operation {})", op.process, op.f, op.index)
    }

    /// Such as: message 5 (offset 8), and, if wanted, who sent it.
    pub(super) fn placed(&self, key: Key, message: Message, with_origin: bool) -> String {
        let name = match with_origin {
            true => self.origin(key, message),
            false => format!("message {}", self.value(key, message)),
        };
        match self.logs[key].offset(message) {
            Some(offset) => format!("{name} (offset {offset})"),
            None => name,
        }
    }

    /// Such as: message 5 of client 3's send (operation 7).
    pub(super) fn origin(&self, key: Key, message: Message) -> String {
        let value = self.value(key, message);
        match self.fates.of(key, message).writer {
            Some(writer) => format!("message {value} of {}", self.name(writer)),
            None => format!("message {value}"),
        }
    }

    pub(super) fn list<T>(&self, items: &[T], name: impl Fn(&T) -> String) -> String {
        let mut names: Vec<String> = items.iter().take(NAMED).map(name).collect();
        if items.len() > NAMED {
            names.push(format!("{} more", items.len() - NAMED));
        }
        match names.split_last() {
            Some((last, others)) if !others.is_empty() => {
                format!("{} and {last}", others.join(", "))
            }
            _ => names.concat(),
        }
    }

    /// An action as results name it, with what it has of a key around these
    /// messages.
    pub(super) fn op(&self, action: usize, key: Key, messages: &[Message]) -> Value {
        let action = self.action(action);
        let pairs = |batches: &[Batch]| -> Vec<Value> {
            let of_key = batches.iter().filter(|batch| batch.key == key);
            let mut pairs = Vec::new();
            for batch in of_key {
                let records = &batch.records;
                let is_meant = |i: usize| {
                    let around = i.saturating_sub(1)..(i + 2).min(records.len());
                    records[around]
                        .iter()
                        .any(|record| messages.contains(&record.message))
                };
                let last = records.len().saturating_sub(1);
                let near = (0..records.len()).filter(|i| is_meant(*i) || *i == last);
                pairs.extend(near.take(MANY).map(|i| {
                    let offset = records[i].offset.map_or(Value::Nil, Value::Int);
                    Value::Vector(vec![offset, self.value(key, records[i].message)])
                }));
            }
            pairs
        };
        let sends = pairs(&action.sent).into_iter();
        let mut steps: Vec<Value> = sends
            .map(|pair| Value::Vector(vec![Value::keyword("send"), self.key(key), pair]))
            .collect();
        let polled = pairs(&action.polled);
        if !polled.is_empty() {
            let polled = Value::Map(vec![(self.key(key), Value::Vector(polled))]);
            steps.push(Value::Vector(vec![Value::keyword("poll"), polled]));
        }
        action.op.with_value(Value::Vector(steps))
    }
}
