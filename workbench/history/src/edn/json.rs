//! From and to JSON.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use super::Value;

/// How deep JSON may be nested to be part of a history, which is read back as EDN.
const DEEPEST: usize = super::read::DEEPEST - 8;

/// JSON text that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// It is no JSON.
    #[error(transparent)]
    NotJson(#[from] serde_json::Error),
    /// It is nested too deep.
    #[error("expected at most {DEEPEST} levels of nesting, found more")]
    TooDeep,
}

/// The entries of a JSON object as they come, with their values' text.
#[derive(Debug, Default)]
pub struct Entries<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl Value {
    /// As JSON: keywords, symbols and characters as strings, sets as sorted
    /// lists, keys as the text they have in EDN (keywords without the colon,
    /// strings without quotes), tags dropped. Numbers that JSON does not have
    /// become their text.
    pub fn to_json(&self) -> Json {
        match self {
            Value::Nil => Json::Null,
            Value::Bool(bool) => Json::Bool(*bool),
            Value::Int(int) => Json::from(*int),
            Value::BigInt(digits) => {
                (digits.parse::<u64>()).map_or_else(|_| Json::from(&**digits), Json::from)
            }
            Value::Float(float) => match float.is_finite() {
                true => Json::from(*float),
                false => Json::from(self.to_string()),
            },
            Value::Str(text) | Value::Symbol(text) => Json::from(&**text),
            Value::Keyword(name) => Json::from(&**name),
            Value::Char(c) => Json::from(c.to_string()),
            Value::List(items) | Value::Vector(items) => items.iter().map(Value::to_json).collect(),
            Value::Set(items) => {
                let mut items: Vec<Json> = items.iter().map(Value::to_json).collect();
                items.sort_by(compare);
                Json::Array(items)
            }
            Value::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| (key.as_key(), value.to_json()));
                Json::Object(entries.collect())
            }
            Value::Tagged(tagged) => tagged.value.to_json(),
        }
    }

    fn as_key(&self) -> String {
        match self {
            Value::Str(text) => text.to_string(),
            Value::Keyword(name) => name.clone().into_owned(),
            other => other.to_string(),
        }
    }

    /// From JSON; an object's keys stay strings.
    pub fn from_json(json: &Json) -> Value {
        match json {
            Json::Null => Value::Nil,
            Json::Bool(bool) => Value::Bool(*bool),
            Json::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(int), _) => Value::Int(int),
                (None, Some(int)) => Value::from(int),
                (None, None) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::from(&**text),
            Json::Array(items) => Value::Vector(items.iter().map(Value::from_json).collect()),
            Json::Object(object) => entries(object, |key| key.into()),
        }
    }

    /// From JSON text: integers come out exactly, whatever their size, and entries
    /// in their order.
    ///
    /// # Errors
    /// When it is no JSON, or nested deeper than EDN may be.
    pub fn parse_json(text: &str) -> Result<Value, JsonError> {
        parse(serde_json::from_str(text)?, DEEPEST)
    }

    /// From the body of a message: its own keys become keywords, those of
    /// objects within it stay strings, as Maelstrom has it.
    pub fn from_json_body(json: &Json) -> Value {
        match json {
            Json::Object(object) => entries(object, |key| Value::keyword(key)),
            other => Value::from_json(other),
        }
    }
}

fn entries(object: &Map<String, Json>, key: impl Fn(&str) -> Value) -> Value {
    let entries = object
        .iter()
        .map(|(name, value)| (key(name), Value::from_json(value)));
    Value::Map(entries.collect())
}

/// A level at a time: what is within is kept as its text until it is looked at.
fn parse(json: &RawValue, levels: usize) -> Result<Value, JsonError> {
    let text = json.get();
    let deeper = |value: &RawValue| parse(value, levels.checked_sub(1).ok_or(JsonError::TooDeep)?);
    Ok(match text.as_bytes().first() {
        Some(b'n') => Value::Nil,
        Some(b't' | b'f') => Value::Bool(text == "true"),
        Some(b'"') => {
            let Key(text) = serde_json::from_str(text)?;
            Value::from(&*text)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            Value::Vector(items.into_iter().map(deeper).collect::<Result<_, _>>()?)
        }
        Some(b'{') => {
            let Entries(entries) = serde_json::from_str(text)?;
            let entry = |(key, value): (Cow<'_, str>, _)| Ok((Value::from(&*key), deeper(value)?));
            Value::Map(
                entries
                    .into_iter()
                    .map(entry)
                    .collect::<Result<_, JsonError>>()?,
            )
        }
        _ if text.contains(['.', 'e', 'E']) => Value::Float(text.parse().unwrap_or(f64::NAN)),
        _ => (text.parse()).map_or_else(|_| Value::BigInt(text.into()), Value::Int),
    })
}

/// A key, borrowed unless it holds an escape.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// Numbers by value before anything else, by its text.
fn compare(a: &Json, b: &Json) -> std::cmp::Ordering {
    match (a.as_f64(), b.as_f64()) {
        (Some(x), Some(y)) => x.total_cmp(&y),
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (None, None) => a.to_string().cmp(&b.to_string()),
    }
}
