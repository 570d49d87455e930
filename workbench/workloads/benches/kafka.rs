//! How fast the kafka checker is: `cargo bench --package workloads --bench
//! kafka`. Histories of 10,000 and of 100,000 operations against one node, a
//! good one and broken ones, judged on one core.

use specimens::logs;

use std::io::Write;
use std::time::{Duration, Instant};

use history::{History, OpType};
use logs::{Fault, Logs};
use simulation::run::Config;
use simulation::simulate;
use simulation::workload::Workload;
use workloads::kafka::Kafka;

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
    for seconds in [10, 100] {
        let config = Config {
            concurrency: 10,
            rate: 1000.0,
            time_limit: Duration::from_secs(seconds),
            ..Config::for_nodes(1)
        };
        for fault in [
            Fault::None,
            Fault::Skips,
            Fault::KeepsTwice,
            Fault::Reorders,
        ] {
            let simulated = simulate(&config, &mut Kafka::default(), move |_| Logs::new(fault));
            let mut text = Vec::new();
            let history = &simulated.outcome.history;
            history.write_edn(&mut text).expect("memory");
            let text = String::from_utf8(text).expect("text");
            let (history, read) = timed(|| History::read(&text).expect("a history"));
            let (checked, time) = timed(|| Kafka::default().check(&history, verdict::Rules::Sound));
            let ops = history.ops().iter();
            let count = ops.filter(|op| op.typ == OpType::Invoke).count();
            print(format!(
                "{fault:?}, {count} operations: {:.3} s to check, {:.0} operations a second, \
                 {:?}; {:.3} s to read {} MB",
                time.as_secs_f64(),
                count as f64 / time.as_secs_f64(),
                checked.valid,
                read.as_secs_f64(),
                text.len() / 1_000_000,
            ));
        }
    }
}
