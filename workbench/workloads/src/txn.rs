//! What both workloads of transactions share: the generator of transactions
//! over a changing set of keys, and the clients' requests and replies.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use history::edn::Value;
use maelstrom_node::Rng;
use verdict::isolation;
use verdict::isolation::model::Models;
use verdict::isolation::options::{Anomalies, Keys};

use simulation::client::{Completion, Operation, Step, expect};
use simulation::wire::Body;
use simulation::workload::{ask, value};

/// How many keys there may be at a time.
pub const KEY_COUNT: RangeInclusive<u32> = 1..=100_000;
/// How many reads and writes a transaction may have at most.
pub const MAX_TXN_LENGTH: RangeInclusive<u32> = 1..=1000;
/// How often a key may be written.
pub const MAX_WRITES_PER_KEY: RangeInclusive<u32> = 1..=1_000_000;

/// What flags say about transactions.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many keys are in use at a time; what is not in [`KEY_COUNT`] is taken as its
    /// nearer end.
    pub key_count: u32,
    /// How many reads and writes a transaction has at most; likewise in
    /// [`MAX_TXN_LENGTH`].
    pub max_txn_length: u32,
    /// How often a key is written before a new one takes its place; likewise in
    /// [`MAX_WRITES_PER_KEY`].
    pub max_writes_per_key: u32,
    /// What the nodes are to keep to.
    pub consistency_models: Models,
    /// What they must not show, whatever the models say.
    pub anomalies: Anomalies,
    /// What is known of each key by itself.
    pub keys: Keys,
}

/// Maelstrom's.
impl Default for Options {
    fn default() -> Self {
        Options {
            key_count: 10,
            max_txn_length: 4,
            max_writes_per_key: 16,
            consistency_models: Models::default(),
            anomalies: Anomalies::default(),
            keys: Keys::default(),
        }
    }
}

impl Options {
    /// What transactions are judged by.
    pub(super) fn judged_by(&self) -> isolation::options::Options {
        isolation::options::Options {
            models: self.consistency_models.clone(),
            anomalies: self.anomalies.clone(),
            keys: self.keys,
            ..isolation::options::Options::default()
        }
    }
}

/// Draws transactions: of as many reads and writes as are allowed at most, each
/// a read or a write of one of the keys in use. The last of these is drawn half
/// the time, the one before it half as often, and so on. Writes are of 1, 2, 3,
/// ..., so no key sees a value twice; a key that was written often enough is
/// replaced with a new one.
#[derive(Clone, Debug)]
pub(super) struct Generator {
    write: &'static str,
    max_txn_length: u32,
    max_writes_per_key: i64,
    /// The keys in use.
    keys: Vec<i64>,
    next_key: i64,
    /// How often each key was written.
    writes: BTreeMap<i64, i64>,
}

impl Generator {
    /// With this function for writes.
    pub(super) fn new(write: &'static str, options: &Options) -> Self {
        let near =
            |number: u32, range: RangeInclusive<u32>| number.clamp(*range.start(), *range.end());
        let keys = i64::from(near(options.key_count, KEY_COUNT));
        let writes = near(options.max_writes_per_key, MAX_WRITES_PER_KEY);
        Generator {
            write,
            max_txn_length: near(options.max_txn_length, MAX_TXN_LENGTH),
            max_writes_per_key: i64::from(writes),
            keys: (0..keys).collect(),
            next_key: keys,
            writes: BTreeMap::new(),
        }
    }

    pub(super) fn max_txn_length(&self) -> u32 {
        self.max_txn_length
    }

    pub(super) fn generate(&mut self, rng: &Rng) -> Operation {
        let length = 1 + rng.below(u64::from(self.max_txn_length));
        let steps = (0..length).map(|_| self.step(rng)).collect();
        Operation::new("txn", Value::Vector(steps))
    }

    fn step(&mut self, rng: &Rng) -> Value {
        loop {
            let writes = rng.chance(0.5);
            let place = self.place(rng);
            let key = self.keys[place];
            if !writes {
                return step("r", Value::Int(key), Value::Nil);
            }
            let written = self.writes.entry(key).or_default();
            if *written < self.max_writes_per_key {
                *written += 1;
                return step(self.write, Value::Int(key), Value::Int(*written));
            }
            self.writes.remove(&key);
            self.keys[place] = self.next_key;
            self.next_key += 1;
        }
    }

    /// The place of one of the keys, each twice as probable as the one before.
    fn place(&self, rng: &Rng) -> usize {
        loop {
            let heads = rng.u64().trailing_ones() as usize;
            // One of the last 64; the rest together is as probable as the last
            // of them.
            if let Some(place) = self.keys.len().checked_sub(1 + heads) {
                return place;
            }
        }
    }
}

fn step(f: &str, key: Value, value: Value) -> Value {
    Value::from([Value::keyword(f), key, value])
}

/// The request for a transaction.
pub(super) fn request(operation: &Operation) -> Step {
    ask("txn", [("txn", operation.value.to_json())])
}

/// The transaction of a reply: a list of reads and of writes by this function.
///
/// # Errors
/// How it breaks the schema.
pub(super) fn complete(
    reply: &Body<'_>,
    write: &str,
    is_read: impl Fn(&Value) -> bool,
) -> Result<Step, String> {
    expect(reply, "txn_ok", &["txn"])?;
    let wrong = |found: &dyn std::fmt::Display| {
        format!(
            "expected a list of [\"r\", key, value] and [\"{write}\", key, value] as the txn of \
             the reply, found {found}"
        )
    };
    let found = match value(reply, "txn")? {
        Value::Vector(steps) => steps,
        // Maelstrom's schema takes it for an empty list.
        Value::Nil => Arc::default(),
        other => return Err(wrong(&other.to_json())),
    };
    let steps = found.iter().map(|found| match found.items() {
        Some([Value::Str(f), key, value]) if **f == *write || (&**f == "r" && is_read(value)) => {
            Ok(step(f, key.clone(), value.clone()))
        }
        _ => Err(wrong(&found.to_json())),
    });
    let steps = steps.collect::<Result<Value, String>>()?;
    Ok(Completion::ok(steps).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys and functions of many transactions.
    fn drawn(options: &Options) -> Vec<Vec<(String, i64, Option<i64>)>> {
        let mut generator = Generator::new("w", options);
        let rng = Rng::new(1);
        let draw = |_| {
            let Value::Vector(steps) = generator.generate(&rng).value else {
                panic!("no transaction");
            };
            let step = |step: &Value| match step.items() {
                Some([Value::Keyword(f), key, value]) => {
                    (f.to_string(), key.as_int().unwrap(), value.as_int())
                }
                _ => panic!("no step: {step}"),
            };
            steps.iter().map(step).collect()
        };
        (0..5000).map(draw).collect()
    }

    #[test]
    fn keys_are_replaced_when_they_were_written_often_enough() {
        let options = Options {
            key_count: 3,
            max_txn_length: 5,
            max_writes_per_key: 7,
            ..Options::default()
        };
        let transactions = drawn(&options);
        let lengths: Vec<usize> = transactions.iter().map(Vec::len).collect();
        assert_eq!(lengths.iter().min(), Some(&1));
        assert_eq!(lengths.iter().max(), Some(&5));
        let mut written: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for (f, key, value) in transactions.into_iter().flatten() {
            assert_eq!(f == "w", value.is_some());
            if let Some(value) = value {
                written.entry(key).or_default().push(value);
            }
        }
        let (last, others) = (written.len() - 3, &written);
        assert!(last > 100);
        let all: Vec<i64> = (1..=7).collect();
        let full = others.values().filter(|values| **values == all).count();
        assert!(full >= last, "{full} of {last}");
        assert!(others.values().all(|values| all.starts_with(values)));
    }

    #[test]
    fn the_last_key_in_use_is_drawn_half_the_time() {
        let options = Options {
            key_count: 4,
            max_writes_per_key: u32::MAX,
            ..Options::default()
        };
        let steps: Vec<_> = drawn(&options).into_iter().flatten().collect();
        for (key, expected) in [(3, 8.0), (2, 4.0), (1, 2.0), (0, 1.0)] {
            let count = steps.iter().filter(|(_, drawn, _)| *drawn == key).count();
            let share = count as f64 / steps.len() as f64;
            assert!((share - expected / 15.0).abs() < 0.02, "{key}: {share}");
        }
        let reads = steps.iter().filter(|(f, ..)| f == "r").count();
        let share = reads as f64 / steps.len() as f64;
        assert!((share - 0.5).abs() < 0.02, "{share}");
    }
}
