//! The order of values, where they have one, as Clojure's `compare` has it.

use std::cmp::Ordering;

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
            (Value::Str(a), Value::Str(b))
            | (Value::Keyword(a), Value::Keyword(b))
            | (Value::Symbol(a), Value::Symbol(b)) => Some(a.encode_utf16().cmp(b.encode_utf16())),
            (Value::Char(a), Value::Char(b)) => Some(a.cmp(b)),
            (Value::Vector(a), Value::Vector(b)) => {
                let mut order = a.len().cmp(&b.len());
                for (a, b) in a.iter().zip(b) {
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

fn digits(value: &Value) -> String {
    match value {
        Value::BigInt(digits) => digits.clone(),
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
