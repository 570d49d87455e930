//! From and to JSON.

use serde_json::{Map, Value as Json};

use super::Value;

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
            Value::Str(text) | Value::Keyword(text) | Value::Symbol(text) => Json::from(&**text),
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
            Value::Tagged(_, value) => value.to_json(),
        }
    }

    fn as_key(&self) -> String {
        match self {
            Value::Str(text) | Value::Keyword(text) => text.clone(),
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
                (None, Some(int)) => Value::BigInt(int.to_string()),
                (None, None) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::Str(text.clone()),
            Json::Array(items) => Value::Vector(items.iter().map(Value::from_json).collect()),
            Json::Object(object) => entries(object, |key| Value::Str(key.to_owned())),
        }
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

/// Numbers by value before anything else, by its text.
fn compare(a: &Json, b: &Json) -> std::cmp::Ordering {
    match (a.as_f64(), b.as_f64()) {
        (Some(x), Some(y)) => x.total_cmp(&y),
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (None, None) => a.to_string().cmp(&b.to_string()),
    }
}
