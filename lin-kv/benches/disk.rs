//! What durability costs a client: `cargo bench --package lin-kv`.
//!
//! Three processes in real time on messages without latency, each with its disk in a folder of its
//! own, and how long operations take; beside it how long a sync of one line takes in the same file
//! system, since a change needs two of them, one after the other, and nothing else takes long.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use history::{History, OpType, quantile};
use programs::{Clock, Program, Programs};
use simulation::run::{self, Config};
use workloads::lin_kv::LinKv as Workload;

/// About as long as the line of a change.
const LINE: [u8; 120] = [b'x'; 120];

/// The time of syncs after such a line each, ten milliseconds apart as requests are: a file system
/// may make whoever syncs again at once wait.
#[expect(clippy::disallowed_methods, reason = "this is what a benchmark is for")]
fn syncs(folder: &Path) -> Vec<Duration> {
    let mut file = File::create(folder.join("syncs")).expect("a file");
    let sync = |_| {
        let start = Instant::now();
        file.write_all(&LINE).expect("it is written");
        file.sync_data().expect("it is synced");
        let took = start.elapsed();
        std::thread::sleep(Duration::from_millis(10));
        took
    };
    (0..500).map(sync).collect()
}

/// How long the operations of this kind took that succeeded.
fn latencies(history: &History, f: &str) -> Vec<Duration> {
    let ok = history
        .clients()
        .filter(|(_, op)| op.typ == OpType::Ok && &*op.f == f);
    let took = ok.filter_map(|(place, op)| Some(op.time - history.pair(place)?.time));
    took.map(|nanos| Duration::from_nanos(nanos.max(0) as u64))
        .collect()
}

/// Half of them took no longer.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    quantile(&times, 0.5).unwrap_or_default()
}

fn main() {
    #[expect(clippy::disallowed_methods, reason = "a benchmark quotes nobody")]
    let out = &mut std::io::stdout();
    let mut print = |line: String| writeln!(out, "{line}").expect("stdout");
    // Not in /tmp, which may be memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("there is room");
    let sync = median(syncs(folder.path()));
    print(format!("sync of {} bytes: {sync:?} (median)", LINE.len()));
    let program = Program {
        bin: env!("CARGO_BIN_EXE_lin-kv").into(),
        args: Vec::new(),
        logs: folder.path().to_owned(),
        disks: folder.path().join("disks"),
        show_stderr: None,
    };
    let config = Config {
        concurrency: 12,
        rate: 100.0,
        time_limit: Duration::from_secs(10),
        ..Config::for_nodes(3)
    };
    let mut nodes = Programs::start(&program, &config.nodes, Clock::Real).expect("they start");
    let mut workload = Workload::new(3, Duration::ZERO);
    let outcome = run::run(&config, &mut workload, &mut nodes, &mut ());
    assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
    for f in ["read", "write", "cas"] {
        let took = median(latencies(&outcome.history, f));
        let ratio = took.as_secs_f64() / sync.as_secs_f64();
        print(format!("{f}: {took:?} (median), {ratio:.2} of a sync"));
    }
}
