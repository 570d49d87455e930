//! Stores: values under keys, both any JSON.
//!
//! Keys and values are compared as Clojure compares what it reads from JSON: 1 is
//! not 1.0, and the order of an object's entries does not matter. A value comes back
//! as the text that was written.

use std::collections::BTreeMap;
use std::rc::Rc;

use history::edn::{JsonError, Value};

use crate::wire::Body;

/// A JSON value, to be compared and to be given back.
#[derive(Clone, Debug)]
pub(super) struct Json {
    value: Rc<Value>,
    text: Rc<str>,
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// What a store is asked. A key that is missing in the request is as good as null
/// to Maelstrom: JavaScript leaves out what is undefined.
#[derive(Clone, Debug)]
pub(super) enum Request {
    Read(Json),
    Write(Json, Json),
    Cas {
        key: Json,
        from: Json,
        to: Json,
        /// Whatever is neither null nor false.
        create_if_not_exists: bool,
    },
}

impl Request {
    /// What the body asks for; nothing, if it asks for none of these.
    ///
    /// # Errors
    /// When a key or value is nested too deep.
    pub(super) fn parse(body: &Body<'_>) -> Result<Option<Self>, JsonError> {
        let json = |key| {
            Ok::<_, JsonError>(Json {
                value: Rc::new(body.value(key)?),
                text: body.get(key).map_or("null", |value| value.get()).into(),
            })
        };
        Ok(Some(match body.kind() {
            Some("read") => Request::Read(json("key")?),
            Some("write") => Request::Write(json("key")?, json("value")?),
            Some("cas") => {
                let create = body.value("create_if_not_exists")?;
                Request::Cas {
                    key: json("key")?,
                    from: json("from")?,
                    to: json("to")?,
                    create_if_not_exists: !matches!(create, Value::Nil | Value::Bool(false)),
                }
            }
            _ => return Ok(None),
        }))
    }
}

/// What a store answers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    Read(Json),
    Written,
    Swapped,
    /// There is no such key.
    Missing,
    /// It holds another value: the error's text.
    Differs(String),
}

impl Answer {
    /// As the fields of a body, without braces.
    pub(super) fn fields(&self) -> String {
        match self {
            Answer::Read(value) => format!(r#""type":"read_ok","value":{}"#, value.text),
            Answer::Written => r#""type":"write_ok""#.into(),
            Answer::Swapped => r#""type":"cas_ok""#.into(),
            Answer::Missing => r#""type":"error","code":20,"text":"key does not exist""#.into(),
            Answer::Differs(text) => {
                let text = serde_json::Value::from(&**text);
                format!(r#""type":"error","code":22,"text":{text}"#)
            }
        }
    }
}

/// A key and the value it gets.
pub(super) type Change = (Rc<Value>, Json);

/// One copy of everything.
#[derive(Clone, Debug, Default)]
pub struct Kv(BTreeMap<Rc<Value>, Json>);

impl Kv {
    /// The answer, and what is written if this is the newest copy.
    pub(super) fn answer(&self, request: &Request) -> (Answer, Option<Change>) {
        let change = |key: &Json, value: &Json| Some((Rc::clone(&key.value), value.clone()));
        match request {
            Request::Read(key) => match self.0.get(&key.value) {
                Some(value) => (Answer::Read(value.clone()), None),
                None => (Answer::Missing, None),
            },
            Request::Write(key, value) => (Answer::Written, change(key, value)),
            Request::Cas {
                key,
                from,
                to,
                create_if_not_exists,
            } => match self.0.get(&key.value) {
                None if !create_if_not_exists => (Answer::Missing, None),
                Some(current) if current != from => {
                    let (current, from) = (&current.value, &from.value);
                    let text = format!("current value {current} is not {from}");
                    (Answer::Differs(text), None)
                }
                _ => (Answer::Swapped, change(key, to)),
            },
        }
    }

    /// Whether the change leaves everything as it is.
    pub(super) fn is_old(&self, (key, value): &Change) -> bool {
        self.0.get(key) == Some(value)
    }

    pub(super) fn put(&mut self, (key, value): Change) {
        self.0.insert(key, value);
    }
}

/// A replica: each value has the Lamport time at which it was written.
#[derive(Clone, Debug, Default)]
pub struct Lww {
    clock: u64,
    values: BTreeMap<Rc<Value>, (u64, Json)>,
}

impl Lww {
    pub(super) fn handle(&mut self, request: &Request) -> Answer {
        match request {
            Request::Read(key) => match self.values.get(&key.value) {
                Some((_, value)) => Answer::Read(value.clone()),
                None => Answer::Missing,
            },
            Request::Write(key, value) => {
                self.put(key, value);
                Answer::Written
            }
            // `create_if_not_exists` is not heeded here.
            Request::Cas { key, from, to, .. } => match self.values.get(&key.value) {
                None => Answer::Missing,
                Some((_, current)) if current != from => {
                    // As Maelstrom has it: the second without quotes.
                    let from = match &*from.value {
                        Value::Nil => String::new(),
                        Value::Str(text) => text.to_string(),
                        other => other.to_string(),
                    };
                    Answer::Differs(format!("current value {} is not {from}", current.value))
                }
                Some(_) => {
                    self.put(key, to);
                    Answer::Swapped
                }
            },
        }
    }

    fn put(&mut self, key: &Json, value: &Json) {
        let written = (self.clock, value.clone());
        self.values.insert(Rc::clone(&key.value), written);
        self.clock += 1;
    }

    /// Both replicas' values, each key's later one; this one's if they are of
    /// one time.
    pub(super) fn merge(&self, other: &Lww) -> Lww {
        let mut merged = self.clone();
        merged.clock = self.clock.max(other.clock);
        for (key, (time, value)) in &other.values {
            match merged.values.get(key) {
                Some((mine, _)) if mine >= time => {}
                _ => {
                    let written = (*time, value.clone());
                    merged.values.insert(Rc::clone(key), written);
                }
            }
        }
        merged
    }
}
