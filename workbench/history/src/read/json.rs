//! What is special to JSON: there are no keywords, so what should be one is known by its
//! place or by a colon.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::operation::Reader;
use super::{Format, Found, HistoryError, Place};
use crate::edn::{Value, is_name};

/// What reads and writes within an operation are called.
const STEPS: [&str; 11] = [
    "r", "w", "append", "read", "write", "cas", "send", "poll", "inc", "add", "remove",
];

/// Reads objects, one after the other or in arrays.
pub(super) fn read(text: &str) -> Result<Found, HistoryError> {
    let mut reader = Reader::default();
    let (mut line, mut counted) = (1, 0);
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    loop {
        let before = values.byte_offset();
        let Some(value) = values.next() else { break };
        let value = value.map_err(|e| {
            let why = format!("expected objects of JSON: {e}");
            HistoryError::line(line_of(text, before) + e.line().saturating_sub(1), why)
        })?;
        let mut add = |raw: &RawValue| {
            let at = raw.get().as_ptr() as usize - text.as_ptr() as usize;
            line += text[counted..at].matches('\n').count();
            counted = at;
            let value = Value::parse_json(raw.get());
            let value = value.map_err(|e| HistoryError::line(line, e.to_string()))?;
            reader.map(Place::Line(line), operation(value))
        };
        match value.get().starts_with('[') {
            true => {
                let items: Vec<&RawValue> =
                    Vec::deserialize(&mut serde_json::Deserializer::from_str(value.get()))
                        .map_err(|e| HistoryError::line(1, e.to_string()))?;
                items.into_iter().try_for_each(&mut add)?;
            }
            false => add(value)?,
        }
    }
    reader.finish(Format::Json)
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].matches('\n').count() + 1
}

/// An operation with keywords where EDN has them.
fn operation(value: Value) -> Value {
    let Value::Map(entries) = value else {
        return value;
    };
    let is_transaction = entries.iter().any(|(key, value)| {
        matches!((key, value), (Value::Str(key), Value::Str(f))
            if key.trim_start_matches(':') == "f" && f.trim_start_matches(':') == "txn")
    });
    let has_f = |entries: &[(Value, Value)]| {
        entries
            .iter()
            .any(|(key, _)| matches!(key, Value::Str(key) if key.trim_start_matches(':') == "f"))
    };
    let has_steps = is_transaction || !has_f(&entries);
    let entry = |(key, value): &(Value, Value)| {
        let is_value = matches!(key, Value::Str(key) if key.trim_start_matches(':') == "value");
        let value = match value {
            Value::Vector(items) if is_value => {
                items.iter().map(|item| step(item, has_steps)).collect()
            }
            other => plain(other),
        };
        (key.clone(), value)
    };
    Value::Map(entries.iter().map(entry).collect())
}

/// A read or a write of a transaction, such as `["r", 1, null]`.
fn step(value: &Value, has_steps: bool) -> Value {
    let Value::Vector(items) = value else {
        return plain(value);
    };
    let mut items: Vec<Value> = items.iter().map(plain).collect();
    if let Some(Value::Str(name)) = items.first()
        && (has_steps || STEPS.contains(&&**name))
        && items.len() > 1
        && is_name(name)
    {
        items[0] = Value::keyword(&**name);
    }
    Value::Vector(items.into())
}

/// A value without a place of its own: a text that begins with a colon is a keyword, and
/// keys that are integers are such.
fn plain(value: &Value) -> Value {
    match value {
        Value::Str(text) => match text.strip_prefix(':') {
            Some(name) if is_name(name) => Value::keyword(name),
            _ => value.clone(),
        },
        Value::Vector(items) => items.iter().map(plain).collect(),
        Value::Map(entries) => {
            let entry = |(key, value): &(Value, Value)| {
                let key = match key {
                    Value::Str(text) => text.parse().map_or_else(|_| plain(key), Value::Int),
                    _ => key.clone(),
                };
                (key, plain(value))
            };
            Value::Map(entries.iter().map(entry).collect())
        }
        other => other.clone(),
    }
}
