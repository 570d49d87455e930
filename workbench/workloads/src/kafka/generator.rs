//! The main phase: half sends, half polls; now and then a client assigns itself
//! other keys instead; now and then one crashes.

use std::collections::BTreeMap;
use std::time::Duration;

use history::Op;
use history::edn::Value;
use maelstrom_node::Rng;

use super::{name, offsets};
use crate::txn;
use simulation::client::{Client, Operation};

/// How often a client assigns itself keys instead of a send or a poll.
const ASSIGNMENTS: f64 = 1.0 / 64.0;
/// How often it then takes all keys of which something was sent, but not yet
/// polled by anyone.
const UNSEEN: f64 = 1.0 / 3.0;
/// The mean time from one crash of a client to the next.
const CRASHES: Duration = Duration::from_secs(30);

/// What to do with a key.
#[derive(Clone, Debug)]
enum Draw {
    Poll { key: i64 },
    Send { key: i64, message: Value },
}

/// How far the log of a key goes, and how far anyone has polled it; -1 for
/// not at all.
#[derive(Clone, Copy, Debug)]
struct Tail {
    sent: i64,
    polled: i64,
}

/// Draws what clients do next.
#[derive(Clone, Debug)]
pub(super) struct Generator {
    /// Transactions of one step, a write for each send and a read of a key for
    /// each poll.
    transactions: txn::Generator,
    /// Put off for an assignment.
    put_off: Option<Draw>,
    /// The keys of which something was sent, but not yet polled.
    unseen: BTreeMap<i64, Tail>,
    /// When each place's client is to crash.
    crashes: BTreeMap<usize, Duration>,
    /// As far as the history goes.
    now: Duration,
}

impl Generator {
    pub(super) fn new(options: &txn::Options) -> Self {
        let one_step = txn::Options {
            max_txn_length: 1,
            ..options.clone()
        };
        Generator {
            transactions: txn::Generator::new("send", &one_step),
            put_off: None,
            unseen: BTreeMap::new(),
            crashes: BTreeMap::new(),
            now: Duration::ZERO,
        }
    }

    pub(super) fn generate(&mut self, client: Client, rng: &Rng) -> Operation {
        if self.crashes(client, rng) {
            return Operation::new("crash", Value::Nil);
        }
        let draw = match self.put_off.take() {
            Some(draw) => draw,
            None => self.draw(rng),
        };
        if rng.chance(ASSIGNMENTS) {
            let (Draw::Poll { key } | Draw::Send { key, .. }) = draw;
            self.put_off = Some(draw);
            return self.assignment(key, rng);
        }
        match draw {
            Draw::Poll { .. } => poll(),
            Draw::Send { key, message } => {
                let step = [Value::keyword("send"), name(key).into(), message];
                Operation::new("send", [step].into())
            }
        }
    }

    /// Whether it is time for that. The times between a place's crashes are
    /// uniform; the very first client of a run crashes at once.
    fn crashes(&mut self, client: Client, rng: &Rng) -> bool {
        let after = |now: Duration| now + CRASHES.mul_f64(2.0 * rng.f64());
        let first = match self.crashes.is_empty() {
            true => Duration::ZERO,
            false => Duration::MAX,
        };
        let due = self.crashes.entry(client.thread);
        let due = due.or_insert_with(|| first.min(after(Duration::ZERO)));
        let is_due = *due <= self.now;
        if is_due {
            *due = after(self.now);
        }
        is_due
    }

    fn draw(&mut self, rng: &Rng) -> Draw {
        let transaction = self.transactions.generate(rng);
        let steps = transaction.value.items().unwrap_or_default();
        match steps.first().and_then(Value::items) {
            Some([f, Value::Int(key), message]) if *f == Value::keyword("send") => Draw::Send {
                key: *key,
                message: message.clone(),
            },
            Some([_, Value::Int(key), _]) => Draw::Poll { key: *key },
            _ => Draw::Poll { key: 0 },
        }
    }

    fn assignment(&self, key: i64, rng: &Rng) -> Operation {
        if self.unseen.is_empty() || !rng.chance(UNSEEN) {
            return Operation::new("assign", names(&[key]));
        }
        let mut keys: Vec<i64> = self.unseen.keys().copied().collect();
        if !keys.contains(&key) {
            keys.push(key);
        }
        // What for, as in Jepsen's histories.
        let unseen = self.unseen.iter().map(|(key, tail)| {
            let tail = [("polled", tail.polled.into()), ("sent", tail.sent.into())];
            (Value::Int(*key), Value::map(tail))
        });
        let unseen = Value::Map(unseen.collect());
        Operation::new("assign", names(&keys)).with("unseen", unseen)
    }

    /// Learns from a line of the history.
    pub(super) fn recorded(&mut self, op: &Op) {
        self.now = Duration::from_nanos(op.time.unsigned_abs());
        for (key, offset) in offsets::highest(op) {
            let tail = self.unseen.entry(key).or_insert(Tail {
                sent: -1,
                polled: -1,
            });
            let known = match &*op.f {
                "send" => &mut tail.sent,
                _ => &mut tail.polled,
            };
            *known = offset.max(*known);
            if tail.polled >= tail.sent {
                self.unseen.remove(&key);
            }
        }
    }
}

pub(super) fn poll() -> Operation {
    let step = Value::from([Value::keyword("poll")]);
    Operation::new("poll", Value::from([step]))
}

pub(super) fn names(keys: &[i64]) -> Value {
    keys.iter().map(|key| name(*key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: Client = Client {
        thread: 0,
        process: 0,
    };

    /// What a client does in this many operations of a generator.
    fn drawn(generator: &mut Generator, count: usize) -> Vec<Operation> {
        let rng = Rng::new(3);
        let draw = |_| generator.generate(CLIENT, &rng);
        (0..count).map(draw).collect()
    }

    #[test]
    fn every_key_gets_all_its_messages_in_order() {
        let operations = drawn(&mut Generator::new(&txn::Options::default()), 20_000);
        let mut sent: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for operation in operations.iter().filter(|operation| operation.f == "send") {
            let step = operation.value.items().unwrap()[0].items().unwrap();
            let key = step[1].as_str().unwrap().to_owned();
            sent.entry(key).or_default().push(step[2].as_int().unwrap());
        }
        let all: Vec<i64> = (1..=16).collect();
        assert!(sent.len() > 500);
        assert!(sent.values().all(|messages| all.starts_with(messages)));
        let full = sent.values().filter(|messages| **messages == all).count();
        assert!(full + 10 >= sent.len(), "{full} of {}", sent.len());
    }

    #[test]
    fn one_in_64_is_an_assignment_and_the_rest_half_and_half() {
        let operations = drawn(&mut Generator::new(&txn::Options::default()), 20_000);
        let share = |f: &str| {
            let count = operations
                .iter()
                .filter(|operation| operation.f == f)
                .count();
            count as f64 / operations.len() as f64
        };
        assert_eq!(operations[0].f, "crash");
        assert!((share("assign") - 1.0 / 64.0).abs() < 0.003);
        assert!((share("send") - 0.49).abs() < 0.02);
        assert!((share("poll") - 0.49).abs() < 0.02);
    }

    #[test]
    fn what_was_not_polled_is_assigned_a_third_of_the_time() {
        let mut generator = Generator::new(&txn::Options::default());
        let lines = "{:type :ok, :process 0, :f :send, :value [[:send \"4\" [7 1]]]}
                     {:type :ok, :process 0, :f :send, :value [[:send \"5\" [2 1]]]}
                     {:type :ok, :process 0, :f :poll, :value [[:poll {\"4\" [[6 3]], \"5\" [[2 1]]}]]}";
        let history = history::History::read(lines).unwrap();
        history.ops().iter().for_each(|op| generator.recorded(op));
        let operations = drawn(&mut generator, 20_000);
        let assigned = || {
            operations
                .iter()
                .filter(|operation| operation.f == "assign")
        };
        let unseen: Vec<&Operation> = assigned()
            .filter(|operation| !operation.extra.is_empty())
            .collect();
        let share = unseen.len() as f64 / assigned().count() as f64;
        assert!((share - 1.0 / 3.0).abs() < 0.1, "{share}");
        for operation in unseen {
            assert_eq!(operation.value.items().unwrap()[0], "4".into());
            let (key, unseen) = &operation.extra[0];
            assert_eq!(*key, "unseen");
            assert_eq!(unseen.to_string(), "{4 {:polled 6, :sent 7}}");
        }
    }
}
