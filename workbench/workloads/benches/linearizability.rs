//! How fast linearizability is checked: `cargo bench --package workloads --bench
//! linearizability`.
//!
//! The large histories of the corpus beside the time that the genuine checker took, and
//! long histories of one key made here. Only the check is timed, not the reading; one core; the median of 9.

use std::io::Write;
use std::time::{Duration, Instant};

use history::edn::Value;
use history::{History, Op, OpType, Process};
use maelstrom_node::Rng;
use serde_json::Value as Json;
use verdict::linearizability;

#[expect(clippy::disallowed_methods, reason = "this is what a benchmark is for")]
fn timed<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = f();
    (result, start.elapsed())
}

/// The verdict and the median time.
fn check(history: &History) -> (String, Duration) {
    let mut times: Vec<Duration> = Vec::new();
    let mut verdict = String::new();
    for _ in 0..9 {
        let (checked, time) =
            timed(|| linearizability::check(history, &linearizability::Options::default()));
        verdict = format!("{:?}", checked.valid);
        times.push(time);
    }
    times.sort();
    (verdict, times[4])
}

/// A register, operations on it that take effect at some moment while they
/// last, and clients that do one after the other.
struct Register {
    rng: Rng,
    value: Value,
    ops: Vec<Op>,
}

impl Register {
    fn record(&mut self, typ: OpType, process: i64, f: &'static str, value: Value) {
        self.ops.push(Op {
            index: self.ops.len(),
            time: self.ops.len() as i64 * 1000,
            typ,
            process: Process::Client(process),
            f: f.into(),
            value: Value::from([Value::Int(0), value]),
            extra: Vec::new(),
        });
    }

    fn any(&self) -> Value {
        Value::Int(self.rng.below(5) as i64)
    }

    /// A history of this many operations, of which a fraction gets no
    /// answer, and of whose reads another is wrong; at the end of a stale one, a read finds what was overwritten before.
    fn history(seed: u64, operations: usize, lost: f64, wrong: f64, stale: bool) -> History {
        let mut register = Register {
            rng: Rng::new(seed),
            value: Value::Nil,
            ops: Vec::new(),
        };
        // Each client's process, and what it waits for: the operation, and the
        // outcome once that is settled.
        type Pending = (&'static str, Value, Option<(OpType, Value)>);
        let mut clients: Vec<(i64, Option<Pending>)> = (0..10).map(|i| (i, None)).collect();
        let mut begun = 0;
        while begun < operations {
            let client = register.rng.below(10) as usize;
            let (mut process, pending) = clients[client].clone();
            let pending = match pending {
                None => {
                    begun += 1;
                    let (f, value) = match (client < 5, register.rng.below(3)) {
                        (true, _) => ("read", Value::Nil),
                        (_, 0) => ("write", register.any()),
                        _ => {
                            let pair = vec![register.any(), register.any()];
                            ("cas", pair.into())
                        }
                    };
                    register.record(OpType::Invoke, process, f, value.clone());
                    Some((f, value, None))
                }
                Some((f, value, None)) => {
                    let outcome = register.apply(f, &value);
                    Some((f, value, Some(outcome)))
                }
                Some((f, value, Some((typ, found)))) => {
                    let is_lost = f != "read" && register.rng.chance(lost);
                    if is_lost {
                        register.record(OpType::Info, process, f, value);
                        process += 10;
                    } else if f == "read" && register.rng.chance(wrong) {
                        let found = register.any();
                        register.record(typ, process, f, found);
                    } else {
                        register.record(typ, process, f, found);
                    }
                    None
                }
            };
            clients[client] = (process, pending);
        }
        if stale {
            for (i, (f, value)) in (0..).zip([("write", 6), ("write", 7), ("read", 6)]) {
                register.record(OpType::Invoke, 1_000_000 + i, f, Value::Int(value));
                register.record(OpType::Ok, 1_000_000 + i, f, Value::Int(value));
            }
        }
        History::new(register.ops)
    }

    fn apply(&mut self, f: &str, argument: &Value) -> (OpType, Value) {
        match (f, argument.items()) {
            ("read", _) => return (OpType::Ok, self.value.clone()),
            ("cas", Some([from, to])) => {
                if self.value != *from {
                    return (OpType::Fail, argument.clone());
                }
                self.value = to.clone();
            }
            _ => self.value = argument.clone(),
        }
        (OpType::Ok, argument.clone())
    }
}

fn main() {
    #[expect(clippy::disallowed_methods, reason = "a benchmark quotes nobody")]
    let out = &mut std::io::stdout();
    let mut print = |line: String| writeln!(out, "{line}").expect("stdout");
    for case in corpus::cases("lin-kv") {
        let expect: Json = serde_json::from_str(&case.verdict).expect("JSON");
        let name = case.name;
        if !name.contains("large") && !name.contains("hard") {
            continue;
        }
        let (verdict, time) = check(&History::read(&case.history).expect("a history"));
        let ms = time.as_secs_f64() * 1e3;
        let ratio = match expect["checker_seconds"].as_f64() {
            Some(seconds) => format!("{:.0} times as fast as", seconds / time.as_secs_f64()),
            None => "no answer within 60 s from".to_owned(),
        };
        print(format!(
            "{name}: {verdict} in {ms:.3} ms, {ratio} the genuine checker"
        ));
    }
    for (lost, wrong, stale) in [
        (0.0, 0.0, false),
        (0.0, 0.0, true),
        (0.01, 0.0, false),
        (0.01, 0.0, true),
        (0.01, 0.002, false),
        (0.01, 0.02, false),
        (0.1, 0.0, false),
        (0.1, 0.0, true),
        (0.1, 0.02, false),
    ] {
        let history = Register::history(1, 20_000, lost, wrong, stale);
        let (verdict, time) = check(&history);
        let ms = time.as_secs_f64() * 1e3;
        let (lost, wrong) = (lost * 100.0, wrong * 100.0);
        let stale = if stale {
            ", a stale read at the end"
        } else {
            ""
        };
        print(format!(
            "20,000 operations, 10 clients, one key, {lost}% lost, {wrong}% of reads wrong{stale}: \
             {verdict} in {ms:.1} ms"
        ));
    }
}
