//! A client: where it is in the logs that it has assigned itself, and how it
//! asks a node.

use std::collections::BTreeMap;

use history::edn::{JsonError, Value};
use serde::Deserialize;
use serde_json::value::RawValue;

use simulation::client::{Completion, Operation, Step, expect};
use simulation::wire::Body;
use simulation::workload::ask;

/// What one process knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Consumer {
    /// The offset of each key that it polls next.
    positions: BTreeMap<String, i64>,
    /// What it polled, while it commits that.
    polled: Option<Value>,
}

impl Consumer {
    /// Begins an operation.
    pub(super) fn request(&mut self, operation: &Operation) -> Step {
        // The last poll's commit may have been refused.
        self.polled = None;
        match &*operation.f {
            "crash" => Completion::crash().into(),
            "assign" if operation.get("seek-to-beginning?").is_some() => {
                let beginning = keys(operation).map(|key| (key, 0));
                self.positions = beginning.collect();
                Completion::ok(operation.value.clone()).into()
            }
            "assign" => ask(
                "list_committed_offsets",
                [("keys", operation.value.to_json())],
            ),
            "poll" => ask(
                "poll",
                [("offsets", self.positions.clone().into_iter().collect())],
            ),
            _ => match sent(operation) {
                Some((key, message)) => {
                    ask("send", [("key", key.to_json()), ("msg", message.to_json())])
                }
                None => Completion::ok(operation.value.clone()).into(),
            },
        }
    }

    /// Reads a reply and goes on.
    ///
    /// # Errors
    /// How it breaks the schema.
    pub(super) fn complete(
        &mut self,
        operation: &Operation,
        reply: &Body<'_>,
    ) -> Result<Step, String> {
        match &*operation.f {
            "assign" => {
                expect(reply, "list_committed_offsets_ok", &["offsets"])?;
                let _: BTreeMap<String, i64> =
                    field(reply, "offsets", "a map from keys to offsets")?;
                // A key that stays is gone on with where it was, and every other
                // from the beginning. Maelstrom's client asks for the committed
                // offsets, too, and then looks for them where they are not.
                let position = |key: String| {
                    let position = self.positions.get(&key).copied().unwrap_or(0);
                    (key, position)
                };
                self.positions = keys(operation).map(position).collect();
                Ok(Completion::ok(operation.value.clone()).into())
            }
            "poll" => match self.polled.take() {
                None => self.polled(reply),
                Some(polled) => {
                    expect(reply, "commit_offsets_ok", &[])?;
                    Ok(Completion::ok(polled).into())
                }
            },
            _ => {
                expect(reply, "send_ok", &["offset"])?;
                let offset: i64 = field(reply, "offset", "an integer")?;
                let (key, message) = sent(operation).ok_or("a reply to no send")?;
                let pair = Value::from([Value::Int(offset), message.clone()]);
                let step = Value::from([Value::keyword("send"), key.clone(), pair]);
                Ok(Completion::ok(Value::from([step])).into())
            }
        }
    }

    /// Moves on behind what was polled, and commits that.
    fn polled(&mut self, reply: &Body<'_>) -> Result<Step, String> {
        expect(reply, "poll_ok", &["msgs"])?;
        let logs: BTreeMap<String, Option<Vec<(i64, &RawValue)>>> = field(
            reply,
            "msgs",
            "a map from keys to lists of [offset, message]",
        )?;
        let mut commit = serde_json::Map::new();
        let mut polled = Vec::new();
        for (key, records) in logs {
            let is_null = records.is_none();
            let records = records.unwrap_or_default();
            let last = records.iter().map(|(offset, _)| *offset).max();
            let position = self.positions.entry(key.clone()).or_insert(0);
            if let Some(last) = last {
                *position = last.saturating_add(1).max(*position);
                commit.insert(key.clone(), last.max(0).into());
            }
            let pair = |(offset, message): (i64, &RawValue)| {
                let message = Value::parse_json(message.get())?;
                Ok(Value::from([Value::Int(offset), message]))
            };
            let records = records
                .into_iter()
                .map(pair)
                .collect::<Result<_, JsonError>>();
            let records = match is_null {
                // As Go writes a list that nothing was ever put into.
                true => Value::Nil,
                false => Value::Vector(records.map_err(|e| e.to_string())?),
            };
            polled.push((key.into(), records));
        }
        let step = [Value::keyword("poll"), Value::Map(polled.into())];
        let polled = Value::from([step]);
        if commit.is_empty() {
            return Ok(Completion::ok(polled).into());
        }
        self.polled = Some(polled);
        Ok(ask("commit_offsets", [("offsets", commit.into())]))
    }
}

/// The keys that an operation assigns.
fn keys(operation: &Operation) -> impl Iterator<Item = String> {
    let keys = operation.value.items().unwrap_or_default().iter();
    keys.filter_map(Value::as_str).map(str::to_owned)
}

/// The key and the message of a send.
fn sent(operation: &Operation) -> Option<(&Value, &Value)> {
    match operation.value.items()?.first()?.items()? {
        [_, key, message] => Some((key, message)),
        _ => None,
    }
}

/// A field of a reply.
fn field<'a, T: Deserialize<'a>>(reply: &Body<'a>, name: &str, what: &str) -> Result<T, String> {
    let text: &'a str = reply.get(name).map_or("", |value| value.get());
    serde_json::from_str(text)
        .map_err(|_| format!("expected {what} as the {name} of the reply, found {text}"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;
    use crate::kafka::generator::poll;

    /// What a consumer does after this reply.
    fn after(consumer: &mut Consumer, operation: &Operation, reply: &str) -> String {
        let reply = Body::parse(reply).unwrap();
        match consumer.complete(operation, &reply).unwrap() {
            Step::Ask(body) => Json::from(body).to_string(),
            Step::Done(completion) => completion.value.unwrap().to_string(),
        }
    }

    #[test]
    fn assign_begins_at_0_whatever_is_committed_as_maelstroms_client_does() {
        let mut consumer = Consumer::default();
        let assign = |keys: &[&str]| {
            let keys = keys.iter().map(|key| Value::from(*key));
            Operation::new("assign", keys.collect())
        };
        let asked = |consumer: &mut Consumer, operation| match consumer.request(&operation) {
            Step::Ask(body) => Json::from(body).to_string(),
            Step::Done(_) => panic!("done without a request"),
        };
        let committed = r#"{"type":"list_committed_offsets_ok","offsets":{"1":5,"2":9}}"#;

        assert_eq!(
            asked(&mut consumer, assign(&["1"])),
            r#"{"keys":["1"],"type":"list_committed_offsets"}"#
        );
        after(&mut consumer, &assign(&["1"]), committed);
        assert_eq!(
            asked(&mut consumer, poll()),
            r#"{"offsets":{"1":0},"type":"poll"}"#
        );
        let polled = r#"{"type":"poll_ok","msgs":{"1":[[6,"x"]]}}"#;
        after(&mut consumer, &poll(), polled);

        // Key 1 is gone on with; key 2 is new.
        after(&mut consumer, &assign(&["1", "2"]), committed);
        assert_eq!(
            asked(&mut consumer, poll()),
            r#"{"offsets":{"1":7,"2":0},"type":"poll"}"#
        );
        // Given up and taken up again, it is as new.
        after(&mut consumer, &assign(&["2"]), committed);
        after(&mut consumer, &assign(&["1"]), committed);
        assert_eq!(
            asked(&mut consumer, poll()),
            r#"{"offsets":{"1":0},"type":"poll"}"#
        );
    }

    #[test]
    fn what_was_polled_is_committed_and_a_refused_commit_forgotten() {
        let mut consumer = Consumer::default();
        let polled = r#"{"type":"poll_ok","msgs":{"1":[[4,"x"],[7,"y"]],"2":[]}}"#;
        let commit = r#"{"offsets":{"1":7},"type":"commit_offsets"}"#;
        let asked = |consumer: &mut Consumer| match consumer.request(&poll()) {
            Step::Ask(body) => Json::from(body).to_string(),
            Step::Done(_) => panic!("a poll without a request"),
        };
        asked(&mut consumer);
        assert_eq!(after(&mut consumer, &poll(), polled), commit);
        // The commit was refused, and so this operation failed.
        assert_eq!(
            asked(&mut consumer),
            r#"{"offsets":{"1":8,"2":0},"type":"poll"}"#
        );
        assert_eq!(after(&mut consumer, &poll(), polled), commit);
        assert_eq!(
            after(&mut consumer, &poll(), r#"{"type":"commit_offsets_ok"}"#),
            r#"[[:poll {"1" [[4 "x"] [7 "y"]], "2" []}]]"#
        );
    }
}
