//! How keys, messages and operations are named in results and in findings.

use finding::log::{self, Fault, Offsets};
use finding::{Evidence, Operation};
use history::edn::Value;

use super::action::{Action, Batch, Key, Message};
use super::report::{MANY, Reporter};

impl Reporter<'_> {
    pub(super) fn action(&self, action: usize) -> &Action<'_> {
        &self.actions.list[action]
    }

    pub(super) fn key(&self, key: Key) -> Value {
        self.actions.keys()[key].clone()
    }

    pub(super) fn value(&self, key: Key, message: Message) -> Value {
        self.actions.messages(key)[message].clone()
    }

    pub(super) fn operation(&self, action: usize) -> Operation {
        self.action(action).op.into()
    }

    /// A message with what is known of it.
    pub(super) fn message(&self, key: Key, message: Message) -> log::Message {
        let writer = self.fates.of(key, message).writer;
        log::Message {
            value: self.value(key, message),
            offset: self.logs[key].offset(message),
            writer: writer.map(|writer| self.operation(writer)),
        }
    }

    pub(super) fn offsets(&self, key: Key, fault: Fault) -> Evidence {
        Evidence::Offsets(Offsets {
            key: self.key(key),
            fault,
        })
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
                    Value::from([offset, self.value(key, records[i].message)])
                }));
            }
            pairs
        };
        let sends = pairs(&action.sent).into_iter();
        let mut steps: Vec<Value> = sends
            .map(|pair| Value::from([Value::keyword("send"), self.key(key), pair]))
            .collect();
        let polled = pairs(&action.polled);
        if !polled.is_empty() {
            let polled = Value::Map([(self.key(key), polled.into())].into());
            steps.push(Value::from([Value::keyword("poll"), polled]));
        }
        action.op.with_value(steps.into())
    }
}
