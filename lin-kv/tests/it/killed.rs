//! Three processes in real time, each with its disk in a folder of its own: one or all of them are
//! killed with SIGKILL and started again, over and over, and what was acknowledged stays so.
//!
//! `LIN_KV_KILLED=60 cargo test --release --package lin-kv killed` does so for a minute.

use std::time::Duration;

use programs::{Clock, Program, Programs};
use simulation::judge;
use simulation::nemesis::{NodeFault, NodeFaults, Target};
use simulation::run::{self, Config};
use verdict::{Rules, Validity};
use workloads::lin_kv::LinKv as Workload;

/// For how many seconds.
#[allow(clippy::disallowed_methods)] // not what happens depends on it, but how much
fn seconds() -> u64 {
    let seconds = std::env::var("LIN_KV_KILLED");
    seconds.map_or(3, |seconds| seconds.parse().expect("a number of seconds"))
}

fn killed() -> Config {
    let every = Duration::from_millis(300);
    Config {
        concurrency: 24,
        rate: 200.0,
        time_limit: Duration::from_secs(seconds()),
        node_faults: Some(NodeFaults {
            targets: vec![Target::One, Target::All],
            ..NodeFaults::new([NodeFault::Kill], every)
        }),
        ..Config::for_nodes(3)
    }
}

#[test]
fn what_was_acknowledged_survives_sigkill() {
    let folder = tempfile::tempdir().expect("there is room");
    let program = Program {
        bin: env!("CARGO_BIN_EXE_lin-kv").into(),
        args: Vec::new(),
        logs: folder.path().to_owned(),
        disks: folder.path().join("disks"),
        show_stderr: None,
    };
    let config = killed();
    let mut nodes = Programs::start(&program, &config.nodes, Clock::Real).expect("they start");
    let mut workload = Workload::new(3, Duration::ZERO);
    let outcome = run::run(&config, &mut workload, &mut nodes, &mut ());
    // Of the history alone: that nothing of a kind succeeded, on a busy machine, is no fault.
    let checked = judge::history(&workload, &outcome.history, None, Rules::default());
    let found = checked.sentences().join("\n");
    assert_eq!(checked.valid, Validity::Valid, "{found}");
    assert_eq!(outcome.problems, []);
    let deaths = outcome.deaths.len();
    let ok = verdict::assertion::figure(&checked.results, "stats.ok-count").expect("a figure");
    eprintln!(
        "{deaths} deaths; {ok} of {} operations were answered",
        outcome.history.begun()
    );
    assert!(deaths as u64 >= seconds(), "{deaths} deaths");
    assert!(
        ok >= 20.0 * seconds() as f64,
        "{ok} operations were answered"
    );
}
