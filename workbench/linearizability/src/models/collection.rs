//! What is added to and read as a whole: sets, counters, and logs.
//!
//! A read of nil is one whose result nobody knows.

use std::collections::BTreeSet;

use history::edn::Value;

use crate::sequential::{Asked, Leaving, Sequential};

/// An addition, or what a read found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CollectionOperation<A, R> {
    /// What is added.
    Add(A),
    /// All that was found.
    Read(R),
}

use CollectionOperation::{Add, Read};

impl<A, R> CollectionOperation<A, R> {
    fn leaving(&self) -> Leaving {
        match self {
            Add(_) => Leaving::Never,
            Read(_) => Leaving::Alone,
        }
    }
}

fn found<'a>(asked: &Asked<'a>) -> Option<&'a Value> {
    asked.outcome.filter(|found| **found != Value::Nil)
}

/// The elements of a read, in whatever they are.
fn elements(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Set(elements) => Some(elements),
        value => value.items(),
    }
}

/// A set that grows: `:add` of an element, `:read` of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Set;

impl Sequential for Set {
    type State = BTreeSet<Value>;
    type Operation = CollectionOperation<Value, BTreeSet<Value>>;

    fn name(&self) -> &str {
        "set"
    }

    fn initial(&self) -> Self::State {
        BTreeSet::new()
    }

    fn operation(&self, asked: &Asked<'_>) -> Result<Option<Self::Operation>, String> {
        match asked.f {
            "add" => Ok(Some(Add(asked.argument.clone()))),
            "read" => {
                let Some(found) = found(asked) else {
                    return Ok(None);
                };
                let elements = elements(found).ok_or_else(|| asked.unexpected("a set"))?;
                Ok(Some(Read(elements.iter().cloned().collect())))
            }
            _ => Err(asked.unexpected("add or read")),
        }
    }

    fn step(
        &self,
        elements: &Self::State,
        operation: &Self::Operation,
    ) -> impl IntoIterator<Item = Self::State> {
        let mut next = elements.clone();
        match operation {
            Add(element) => {
                next.insert(element.clone());
            }
            Read(found) if found != elements => return None,
            Read(_) => {}
        }
        Some(next)
    }

    fn leaving(&self, operation: &Self::Operation) -> Leaving {
        operation.leaving()
    }

    fn size(&self, elements: &Self::State) -> usize {
        elements.len() * size_of::<Value>() * 3 / 2
    }
}

/// A counter: `:add` of a number, `:increment` and `:decrement` by one or by the value,
/// and `:read`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    /// What it is at first.
    pub initial: i128,
}

impl Sequential for Counter {
    type State = i128;
    type Operation = CollectionOperation<i128, i128>;

    fn name(&self) -> &str {
        "counter"
    }

    fn initial(&self) -> i128 {
        self.initial
    }

    fn operation(&self, asked: &Asked<'_>) -> Result<Option<Self::Operation>, String> {
        let integer = |value: &Value| {
            let integer = value.as_integer();
            integer.ok_or_else(|| asked.unexpected("an integer"))
        };
        let amount = || match asked.argument {
            Value::Nil => Ok(1),
            amount => integer(amount),
        };
        match asked.f {
            "add" => Ok(Some(Add(integer(asked.argument)?))),
            "increment" | "inc" => Ok(Some(Add(amount()?))),
            "decrement" | "dec" => Ok(Some(Add(-amount()?))),
            "read" => Ok(found(asked).map(integer).transpose()?.map(Read)),
            _ => Err(asked.unexpected("add or read")),
        }
    }

    fn step(&self, sum: &i128, operation: &Self::Operation) -> impl IntoIterator<Item = i128> {
        match operation {
            Add(amount) => sum.checked_add(*amount),
            Read(found) => (found == sum).then_some(*sum),
        }
    }

    fn leaving(&self, operation: &Self::Operation) -> Leaving {
        operation.leaving()
    }
}

/// A log: `:append` of an element, `:read` of all of them, those that came first in front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Log;

impl Sequential for Log {
    type State = Vec<Value>;
    type Operation = CollectionOperation<Value, Vec<Value>>;

    fn name(&self) -> &str {
        "log"
    }

    fn initial(&self) -> Vec<Value> {
        Vec::new()
    }

    fn operation(&self, asked: &Asked<'_>) -> Result<Option<Self::Operation>, String> {
        match asked.f {
            "append" => Ok(Some(Add(asked.argument.clone()))),
            "read" => {
                let Some(found) = found(asked) else {
                    return Ok(None);
                };
                let elements = found.items().ok_or_else(|| asked.unexpected("a list"))?;
                Ok(Some(Read(elements.to_vec())))
            }
            _ => Err(asked.unexpected("append or read")),
        }
    }

    fn step(
        &self,
        elements: &Vec<Value>,
        operation: &Self::Operation,
    ) -> impl IntoIterator<Item = Vec<Value>> {
        let mut next = elements.clone();
        match operation {
            Add(element) => next.push(element.clone()),
            Read(found) if found != elements => return None,
            Read(_) => {}
        }
        Some(next)
    }

    fn leaving(&self, operation: &Self::Operation) -> Leaving {
        operation.leaving()
    }

    fn size(&self, elements: &Vec<Value>) -> usize {
        size_of_val(&elements[..])
    }
}
