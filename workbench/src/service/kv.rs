//! Stores: values under keys, both any JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value as Json, json};

/// What a store can be asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request {
    Read {
        key: Json,
    },
    Write {
        key: Json,
        value: Json,
    },
    Cas {
        key: Json,
        from: Json,
        to: Json,
        #[serde(default)]
        create_if_not_exists: bool,
    },
}

fn missing() -> Json {
    json!({"type": "error", "code": 20, "text": "key does not exist"})
}

fn differs(current: &Json, from: &Json) -> Json {
    json!({"type": "error", "code": 22, "text": format!("current value {current} is not {from}")})
}

/// One copy of everything. Keys are compared as JSON text.
#[derive(Clone, Debug, Default)]
pub struct Kv(BTreeMap<String, Json>);

impl Kv {
    /// The answer, and whether anything is different now.
    pub(super) fn handle(&mut self, request: Request) -> (Json, bool) {
        match request {
            Request::Read { key } => match self.0.get(&key.to_string()) {
                Some(value) => (json!({"type": "read_ok", "value": value}), false),
                None => (missing(), false),
            },
            Request::Write { key, value } => (json!({"type": "write_ok"}), self.put(&key, value)),
            Request::Cas {
                key,
                from,
                to,
                create_if_not_exists,
            } => match self.0.get(&key.to_string()) {
                None if !create_if_not_exists => (missing(), false),
                Some(current) if *current != from => (differs(current, &from), false),
                _ => (json!({"type": "cas_ok"}), self.put(&key, to)),
            },
        }
    }

    fn put(&mut self, key: &Json, value: Json) -> bool {
        let before = self.0.insert(key.to_string(), value.clone());
        before != Some(value)
    }
}

/// A replica: each value has the Lamport time at which it was written.
#[derive(Clone, Debug, Default)]
pub struct Lww {
    clock: u64,
    values: BTreeMap<String, (u64, Json)>,
}

impl Lww {
    pub(super) fn handle(&mut self, request: Request) -> Json {
        match request {
            Request::Read { key } => match self.values.get(&key.to_string()) {
                Some((_, value)) => json!({"type": "read_ok", "value": value}),
                None => missing(),
            },
            Request::Write { key, value } => {
                self.put(&key, value);
                json!({"type": "write_ok"})
            }
            // `create_if_not_exists` is not heeded here.
            Request::Cas { key, from, to, .. } => match self.values.get(&key.to_string()) {
                None => missing(),
                Some((_, current)) if *current != from => differs(current, &from),
                Some(_) => {
                    self.put(&key, to);
                    json!({"type": "cas_ok"})
                }
            },
        }
    }

    fn put(&mut self, key: &Json, value: Json) {
        self.values.insert(key.to_string(), (self.clock, value));
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
                    merged.values.insert(key.clone(), (*time, value.clone()));
                }
            }
        }
        merged
    }
}
