//! How fast the isolation checker is: `cargo bench --package workloads --bench
//! isolation`. Histories of both workloads, made by a store that is strictly
//! serializable, by one that answers from replicas that lag, and by three that
//! know nothing of each other, where every transaction is in a cycle; judged
//! under strict serializability on one core.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::time::{Duration, Instant};

use history::edn::Value;
use history::{History, Op, OpType, Process};
use maelstrom_node::Rng;
use simulation::client::Client;
use simulation::workload::Workload;

/// How many clients work at a time.
const CLIENTS: usize = 10;

/// A store: the versions of each key, of which the last is the newest.
#[derive(Default)]
struct Store {
    versions: BTreeMap<i64, Vec<Value>>,
}

impl Store {
    /// Fills in the reads of a transaction, from versions that are at most
    /// `lag` old, and applies its writes.
    fn run(&mut self, transaction: &Value, lag: u64, rng: &Rng) -> Value {
        let steps = transaction.items().unwrap_or_default();
        let step = |step: &Value| {
            let Some([Value::Keyword(f), Value::Int(key), value]) = step.items() else {
                return step.clone();
            };
            let versions = self.versions.entry(*key).or_default();
            let last = versions.last().cloned().unwrap_or_default();
            let value = match &**f {
                "r" => {
                    let back = rng.below(lag + 1) as usize;
                    let place = versions.len().checked_sub(1 + back);
                    place.map_or(Value::Nil, |place| versions[place].clone())
                }
                "append" => {
                    let mut list = last.items().unwrap_or_default().to_vec();
                    list.push(value.clone());
                    versions.push(list.into());
                    value.clone()
                }
                _ => {
                    versions.push(value.clone());
                    value.clone()
                }
            };
            Value::from([Value::keyword(&**f), Value::Int(*key), value])
        };
        Value::Vector(steps.iter().map(step).collect())
    }
}

/// A history of this many transactions.
fn history(workload: &mut dyn Workload, transactions: usize, lag: u64, stores: usize) -> History {
    let rng = Rng::new(1);
    let mut stores: Vec<Store> = (0..stores).map(|_| Store::default()).collect();
    let mut ops: Vec<Op> = Vec::with_capacity(2 * transactions);
    let mut add = |typ, process, value| {
        ops.push(Op {
            index: ops.len(),
            time: ops.len() as i64 * 1000,
            typ,
            process: Process::Client(process),
            f: "txn".into(),
            value,
            extra: Vec::new(),
        });
    };
    let mut free: VecDeque<i64> = (0..CLIENTS as i64).collect();
    let mut busy: VecDeque<(i64, Value)> = VecDeque::new();
    for _ in 0..transactions {
        while free.is_empty() || (!busy.is_empty() && rng.chance(0.4)) {
            let (process, value) = busy
                .remove(rng.below(busy.len() as u64) as usize)
                .expect("one");
            add(OpType::Ok, process, value);
            free.push_back(process);
        }
        let process = free.pop_front().expect("a free client");
        let client = Client {
            thread: process as usize,
            process,
        };
        let asked = workload.generate(client, &rng).value;
        add(OpType::Invoke, process, asked.clone());
        let store = process as usize % stores.len();
        busy.push_back((process, stores[store].run(&asked, lag, &rng)));
    }
    for (process, value) in busy {
        add(OpType::Ok, process, value);
    }
    History::new(ops)
}

#[expect(clippy::disallowed_methods, reason = "this is what a benchmark is for")]
fn timed<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = f();
    (result, start.elapsed())
}

fn main() {
    #[expect(clippy::disallowed_methods, reason = "a benchmark quotes nobody")]
    let out = &mut std::io::stdout();
    let mut print = |line: String| writeln!(out, "{line}").expect("stdout");
    for name in ["txn-list-append", "txn-rw-register"] {
        for count in [10_000, 100_000] {
            for (store, lag, stores) in [("strict", 0, 1), ("lagging", 1, 1), ("split", 0, 3)] {
                let mut workload = workloads::find(name, &Default::default()).expect("a workload");
                let history = history(&mut *workload, count, lag, stores);
                let mut text = Vec::new();
                history.write_edn(&mut text).expect("memory");
                let text = String::from_utf8(text).expect("text");
                let (history, read) = timed(|| History::read(&text).expect("a history"));
                let (checked, time) = timed(|| workload.check(&history, verdict::Rules::Sound));
                print(format!(
                    "{name}, {store} store, {count} transactions: {:.3} s to check, {:.0} \
                     transactions a second, {:?}; {:.3} s to read {} MB",
                    time.as_secs_f64(),
                    count as f64 / time.as_secs_f64(),
                    checked.valid,
                    read.as_secs_f64(),
                    text.len() / 1_000_000,
                ));
            }
        }
    }
}
