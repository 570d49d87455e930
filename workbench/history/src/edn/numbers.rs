//! Small numbers for values, so that checkers compare and look up numbers.

use std::collections::BTreeMap;

use super::Value;

/// Numbers for values from 0 on, in the order in which they are met.
///
/// ```
/// use history::edn::{Numbers, Value};
///
/// let (a, b) = (Value::Int(7), Value::from("b"));
/// let mut numbers = Numbers::default();
/// assert_eq!([&a, &b, &a].map(|value| numbers.number(value)), [0, 1, 0]);
/// assert_eq!(numbers.value(1), &b);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Numbers<'a> {
    values: Vec<&'a Value>,
    /// One more than the number of each integer from 0 on, or 0 for none; as long as the
    /// values are many, and a bit longer.
    integers: Vec<u32>,
    /// The same of strings of an integer's digits, as kafka's keys are.
    digits: Vec<u32>,
    /// Those for which these are too short.
    others: BTreeMap<&'a Value, u32>,
}

impl<'a> Numbers<'a> {
    /// The number of a value, a new one if it has none.
    ///
    /// # Panics
    /// With the 2^32nd value.
    pub fn number(&mut self, value: &'a Value) -> u32 {
        if let Some(number) = self.find(value) {
            return number;
        }
        let number = u32::try_from(self.values.len()).expect("fewer than 2^32 values");
        self.values.push(value);
        let Some(place) = self.place(value) else {
            self.others.insert(value, number);
            return number;
        };
        let (known, place) = match place {
            Place::Integer(place) => (&mut self.integers, place),
            Place::Digits(place) => (&mut self.digits, place),
        };
        if known.len() <= place {
            known.resize(place + 1, 0);
        }
        known[place] = number + 1;
        number
    }

    /// The number of a value, if it has one.
    pub fn find(&self, value: &Value) -> Option<u32> {
        let known = self.place(value).and_then(|place| match place {
            Place::Integer(place) => self.integers.get(place),
            Place::Digits(place) => self.digits.get(place),
        });
        match known.and_then(|number| number.checked_sub(1)) {
            Some(number) => Some(number),
            // It may have been met when there were fewer.
            None if self.others.is_empty() => None,
            None => self.others.get(value).copied(),
        }
    }

    /// Where the number of an integer or of its digits is, if that is near enough.
    fn place(&self, value: &Value) -> Option<Place> {
        let near = |place: &usize| *place < 8 * self.values.len() + 64;
        let integer = |int: i64| usize::try_from(int).ok().filter(near);
        match value {
            Value::Int(int) => integer(*int).map(Place::Integer),
            // As digits it is the same number.
            Value::BigInt(digits) => integer(digits.parse().ok()?).map(Place::Integer),
            Value::Str(text) => integer(plain(text)?).map(Place::Digits),
            _ => None,
        }
    }

    /// What a number stands for.
    ///
    /// # Panics
    /// If it is of no value.
    pub fn value(&self, number: u32) -> &'a Value {
        self.values[number as usize]
    }

    /// All values, each at its number.
    pub fn values(&self) -> &[&'a Value] {
        &self.values
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// Where a number is, and in which list.
enum Place {
    Integer(usize),
    Digits(usize),
}

/// The integer of which a text is the digits, as it is written.
fn plain(text: &str) -> Option<i64> {
    let digits = text.as_bytes();
    let is_plain = matches!(digits, [b'0'] | [b'1'..=b'9', ..]) && digits.len() <= 18;
    let mut int = 0;
    for byte in digits.iter().filter(|_| is_plain) {
        int = 10 * int + i64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    is_plain.then_some(int)
}

#[cfg(test)]
mod tests {
    use rng::Rng;

    use super::*;

    /// Against a plain map, with integers of all sizes among others.
    #[test]
    fn each_value_has_one_number() {
        let rng = Rng::new(4);
        let value = |_| match rng.below(8) {
            0 => match rng.below(4) {
                0 => Value::from(format!("0{}", rng.below(50))),
                1 => Value::from(format!("{}a", rng.below(50))),
                _ => Value::from((rng.u64() >> rng.below(64)).to_string()),
            },
            1 => Value::Float(rng.below(50) as f64),
            2 => Value::Int(-(rng.below(50) as i64)),
            3 => Value::BigInt(rng.below(5000).to_string().into()),
            _ => Value::Int((rng.u64() >> rng.below(64)) as i64),
        };
        let values: Vec<Value> = (0..20_000).map(value).collect();
        let mut numbers = Numbers::default();
        let mut plain: BTreeMap<&Value, u32> = BTreeMap::new();
        for value in &values {
            let next = plain.len() as u32;
            assert_eq!(numbers.find(value), plain.get(value).copied(), "{value}");
            let expected = *plain.entry(value).or_insert(next);
            assert_eq!(numbers.number(value), expected, "{value}");
            assert_eq!(numbers.value(expected), value);
        }
        assert_eq!(numbers.len(), plain.len());
        for list in [&numbers.integers, &numbers.digits] {
            assert!((65..=8 * numbers.len() + 64).contains(&list.len()));
        }
    }
}
