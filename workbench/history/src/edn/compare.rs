//! When values are the same, and how they are ordered: partially, as Clojure's
//! `compare` does, and totally, so that they can be sorted and looked up.

use std::cmp::Ordering;
use std::sync::Arc;

use super::Value;

impl Value {
    /// Compares two values of one kind: numbers by value, texts
    /// lexicographically, vectors by length and then item by item. `nil` is
    /// before everything. `None` if the two have no order, such as a string
    /// and a number, or maps.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Nil, Value::Nil) => Some(Ordering::Equal),
            (Value::Nil, _) => Some(Ordering::Less),
            (_, Value::Nil) => Some(Ordering::Greater),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Value::Str(a), Value::Str(b)) | (Value::Symbol(a), Value::Symbol(b)) => {
                Some(compare_texts(a, b))
            }
            (Value::Keyword(a), Value::Keyword(b)) => Some(compare_texts(a, b)),
            (Value::Char(a), Value::Char(b)) => Some(a.cmp(b)),
            (Value::Vector(a), Value::Vector(b)) => {
                let mut order = a.len().cmp(&b.len());
                for (a, b) in a.iter().zip(&**b) {
                    if order.is_ne() {
                        break;
                    }
                    order = a.compare(b)?;
                }
                Some(order)
            }
            (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
            (Value::Int(_) | Value::BigInt(_), Value::Int(_) | Value::BigInt(_)) => {
                Some(compare_digits(&digits(self), &digits(other)))
            }
            _ => self.as_float()?.partial_cmp(&other.as_float()?),
        }
    }

    fn as_float(&self) -> Option<f64> {
        match self {
            Value::Int(int) => Some(*int as f64),
            Value::BigInt(digits) => digits.parse().ok(),
            Value::Float(float) => Some(*float),
            _ => None,
        }
    }
}

/// As Clojure's `=`: 1 is not 1.0, a list is a vector with the same items, and
/// the order of a map's entries or a set's items does not matter.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            // Of a history, most of what is the same is so in memory.
            (Value::List(a) | Value::Vector(a), Value::List(b) | Value::Vector(b)) => {
                Arc::ptr_eq(a, b) || (a.len() == b.len() && a.iter().eq(b.iter()))
            }
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Keyword(a), Value::Keyword(b)) => a == b,
            _ => self.cmp(other).is_eq(),
        }
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A total order: that of [`Value::compare`] where that tells two apart, else
/// by kind.
impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Str(a), Value::Str(b)) => compare_texts(a, b),
            (Value::Keyword(a), Value::Keyword(b)) => compare_texts(a, b),
            (Value::Char(a), Value::Char(b)) => a.cmp(b),
            (Value::Float(a), Value::Float(b)) => compare_floats(*a, *b),
            (Value::Int(_) | Value::BigInt(_), Value::Int(_) | Value::BigInt(_)) => {
                compare_digits(&digits(self), &digits(other))
            }
            (Value::List(a) | Value::Vector(a), Value::List(b) | Value::Vector(b)) => {
                a.len().cmp(&b.len()).then_with(|| a.cmp(b))
            }
            (Value::Set(a), Value::Set(b)) => sorted(a).cmp(&sorted(b)),
            (Value::Map(a), Value::Map(b)) => sorted(a).cmp(&sorted(b)),
            (Value::Tagged(a), Value::Tagged(b)) => a.cmp(b),
            // Numbers of two types, one of them a float: that one is the
            // greater if they are as great, for they are not the same.
            _ => match (self.as_float(), other.as_float()) {
                (Some(a), Some(b)) => {
                    let is_float = |value: &Value| matches!(value, Value::Float(_));
                    compare_floats(a, b).then(is_float(self).cmp(&is_float(other)))
                }
                _ => (self.kind().cmp(&other.kind()))
                    .then_with(|| self.compare(other).unwrap_or(Ordering::Equal)),
            },
        }
    }
}

/// By their units of UTF-16, as Java compares texts.
fn compare_texts(a: &str, b: &str) -> Ordering {
    match a.is_ascii() && b.is_ascii() {
        true => a.cmp(b),
        false => a.encode_utf16().cmp(b.encode_utf16()),
    }
}

fn sorted<T: Ord>(items: &[T]) -> Vec<&T> {
    let mut items: Vec<&T> = items.iter().collect();
    items.sort();
    items
}

fn compare_floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.total_cmp(&b))
}

impl Value {
    fn kind(&self) -> u8 {
        match self {
            Value::Nil => 0,
            Value::Bool(_) => 1,
            Value::Int(_) | Value::BigInt(_) | Value::Float(_) => 2,
            Value::Char(_) => 3,
            Value::Str(_) => 4,
            Value::Keyword(_) => 5,
            Value::Symbol(_) => 6,
            Value::List(_) | Value::Vector(_) => 7,
            Value::Set(_) => 8,
            Value::Map(_) => 9,
            Value::Tagged(..) => 10,
        }
    }
}

fn digits(value: &Value) -> String {
    match value {
        Value::BigInt(digits) => digits.to_string(),
        other => other.to_string(),
    }
}

/// Compares integers of any size by their decimal digits.
fn compare_digits(a: &str, b: &str) -> Ordering {
    fn magnitude(digits: &str) -> (usize, &str) {
        let digits = digits.trim_start_matches('0');
        (digits.len(), digits)
    }
    match (a.strip_prefix('-'), b.strip_prefix('-')) {
        (None, None) => magnitude(a).cmp(&magnitude(b)),
        (Some(a), Some(b)) => magnitude(b).cmp(&magnitude(a)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
    }
}
