//! Registers that are used together, and maps of texts.
//!
//! A read of nil is one whose result nobody knows.

use std::collections::BTreeMap;

use history::edn::Value;

use crate::sequential::{Asked, Leaving, Sequential};

/// Several registers: a `:txn` reads and writes them at one moment, as in
/// `[[:read :x nil] [:write :y 2]]`; also `:r` and `:w`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MultiRegister {
    /// What each holds at first, nil where nothing is said; none, if nobody knows, so that
    /// the first that reads a register finds what it held.
    pub initial: Option<BTreeMap<Value, Value>>,
}

/// A part of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// What a register held.
    Read(Value, Value),
    /// What a register is to hold.
    Write(Value, Value),
}

impl Sequential for MultiRegister {
    /// What is known of each.
    type State = BTreeMap<Value, Value>;
    type Operation = Vec<Access>;

    fn name(&self) -> &str {
        "multi-register"
    }

    fn initial(&self) -> Self::State {
        self.initial.clone().unwrap_or_default()
    }

    fn operation(&self, asked: &Asked<'_>) -> Result<Option<Vec<Access>>, String> {
        let expected =
            || asked.unexpected("a transaction of [:read key value] and [:write key value]");
        if !matches!(asked.f, "txn" | "read" | "write") {
            return Err(expected());
        }
        let outcome = asked.outcome.filter(|outcome| **outcome != Value::Nil);
        let mut accesses = Vec::new();
        let all = outcome.unwrap_or(asked.argument);
        for access in all.items().ok_or_else(expected)? {
            let Some([f, key, value]) = access.items() else {
                return Err(expected());
            };
            match f.as_name().ok_or_else(expected)? {
                "read" | "r" if *value == Value::Nil || outcome.is_none() => {}
                "read" | "r" => accesses.push(Access::Read(key.clone(), value.clone())),
                "write" | "w" => accesses.push(Access::Write(key.clone(), value.clone())),
                _ => return Err(expected()),
            }
        }
        Ok((!accesses.is_empty()).then_some(accesses))
    }

    fn step(
        &self,
        registers: &Self::State,
        accesses: &Vec<Access>,
    ) -> impl IntoIterator<Item = Self::State> {
        let mut next = registers.clone();
        for access in accesses {
            match access {
                Access::Write(key, value) => {
                    next.insert(key.clone(), value.clone());
                }
                Access::Read(key, found) => match next.get(key) {
                    Some(value) if value != found => return None,
                    Some(_) => {}
                    None if self.initial.is_some() => return None,
                    None => {
                        next.insert(key.clone(), found.clone());
                    }
                },
            }
        }
        Some(next)
    }

    fn leaving(&self, accesses: &Vec<Access>) -> Leaving {
        match accesses
            .iter()
            .all(|access| matches!(access, Access::Read(..)))
        {
            true => Leaving::Alone,
            false => Leaving::Never,
        }
    }

    fn size(&self, registers: &Self::State) -> usize {
        registers.len() * size_of::<(Value, Value)>() * 3 / 2
    }
}

/// A text of a map, as porcupine's key-value model has it: `:put` of a text, `:append` of
/// one to what is there, `:get`. It is empty at first. There is one for each key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Map;

/// What is done with a value of a map.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MapOperation {
    /// What was found.
    Get(Value),
    /// What it is to be.
    Put(Value),
    /// What is to be at its end.
    Append(String),
}

impl Sequential for Map {
    type State = Value;
    type Operation = MapOperation;

    fn name(&self) -> &str {
        "map"
    }

    fn initial(&self) -> Value {
        "".into()
    }

    fn operation(&self, asked: &Asked<'_>) -> Result<Option<MapOperation>, String> {
        match (asked.f, asked.outcome) {
            ("get" | "read", None | Some(Value::Nil)) => Ok(None),
            ("get" | "read", Some(found)) => Ok(Some(MapOperation::Get(found.clone()))),
            ("put" | "write", _) => Ok(Some(MapOperation::Put(asked.argument.clone()))),
            ("append", _) => match asked.argument {
                Value::Str(text) => Ok(Some(MapOperation::Append(text.to_string()))),
                _ => Err(asked.unexpected("a text")),
            },
            _ => Err(asked.unexpected("get, put or append")),
        }
    }

    fn step(&self, value: &Value, operation: &MapOperation) -> impl IntoIterator<Item = Value> {
        match operation {
            MapOperation::Get(found) => (found == value).then(|| value.clone()),
            MapOperation::Put(to) => Some(to.clone()),
            MapOperation::Append(more) => match value {
                Value::Str(text) => Some(format!("{text}{more}").into()),
                _ => None,
            },
        }
    }

    fn leaving(&self, operation: &MapOperation) -> Leaving {
        match operation {
            MapOperation::Get(_) => Leaving::Alone,
            MapOperation::Put(_) | MapOperation::Append(_) => Leaving::Never,
        }
    }

    fn size(&self, value: &Value) -> usize {
        size_of::<Value>() + value.as_str().map_or(0, str::len)
    }
}
