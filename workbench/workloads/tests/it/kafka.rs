//! Logs in virtual time: a good node that is valid, broken ones that are
//! convicted of just what is wrong with them, and the clients' final phase.

use std::time::Duration;

use history::OpType;
use simulation::run::Config;
use simulation::{Simulated, simulate};
use specimens::logs::{Fault, Logs};
use verdict::Validity;
use workloads::kafka::Kafka;

fn run(seed: u64, fault: Fault) -> Simulated {
    let config = Config {
        concurrency: 4,
        rate: 100.0,
        time_limit: Duration::from_secs(20),
        ..Config::for_nodes(1).seed(seed)
    };
    simulate(&config, &mut Kafka::default(), move |_| Logs::new(fault))
}

fn error_types(simulated: &Simulated) -> Vec<String> {
    let results = simulated.checked.results.to_json();
    let types = results["workload"]["error-types"].as_array().unwrap();
    let types = types.iter().map(|name| name.as_str().unwrap().to_owned());
    types.collect()
}

#[test]
fn a_good_log_is_valid() {
    for seed in 0..20 {
        run(seed, Fault::None).assert_valid();
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let bytes = |seed| {
        let simulated = run(seed, Fault::KeepsTwice);
        let mut bytes = Vec::new();
        simulated.outcome.history.write_edn(&mut bytes).unwrap();
        bytes.extend(simulated.checked.results.pretty().into_bytes());
        bytes
    };
    for seed in 0..3 {
        assert!(bytes(seed) == bytes(seed), "seed {seed}");
    }
    assert!(bytes(0) != bytes(1));
}

#[test]
fn every_fault_is_told_by_its_name() {
    for (fault, name, finding) in [
        (
            Fault::Loses,
            "lost-write",
            "is lost: no poll ever returned it",
        ),
        (
            Fault::ReusesOffsets,
            "inconsistent-offsets",
            "there are message",
        ),
        (
            Fault::KeepsTwice,
            "duplicate",
            "is in the log more than once",
        ),
        (Fault::Skips, "int-poll-skip", "leaving out message"),
        (Fault::SkipsAhead, "poll-skip", "leaving out message"),
        (Fault::GoesBack, "nonmonotonic-poll", "the same once more"),
        (Fault::Swaps, "int-nonmonotonic-poll", "1 back in the log"),
        (Fault::Reorders, "nonmonotonic-send", "1 back in the log"),
        (Fault::KeepsRefused, "G1a", "though that send was refused"),
        (Fault::Hides, "unseen", "acknowledged, but never polled"),
    ] {
        for seed in 0..5 {
            let simulated = run(seed, fault);
            let types = error_types(&simulated);
            assert_eq!(simulated.checked.valid, Validity::Invalid, "{fault:?}");
            assert!(
                types.iter().any(|found| found == name),
                "{fault:?}: {types:?}"
            );
            let findings = simulated.checked.sentences();
            assert!(
                findings.iter().any(|found| found.contains(finding)),
                "{fault:?}: {findings:#?}"
            );
        }
    }
}

#[test]
fn what_is_polled_twice_because_nobody_kept_the_commit_is_fine() {
    for seed in 0..5 {
        run(seed, Fault::ForgetsCommits).assert_valid();
    }
}

#[test]
fn in_the_end_every_client_begins_anew_and_reads_it_all() {
    let simulated = run(1, Fault::None);
    let ops = simulated.outcome.history.ops();
    let is_first = |key: &str| ops.iter().position(|op| op.get(key).is_some());
    let first = is_first("seek-to-beginning?").unwrap();
    let recovery = ops[first].time;
    assert!(
        (30_000_000_000..30_100_000_000).contains(&recovery),
        "{recovery}"
    );
    // Crashed, assigned, polled: as often as there are clients, and no more.
    let ended = |f: &str| {
        let ops = ops.iter().filter(|op| op.typ != OpType::Invoke);
        let late = ops.filter(|op| op.time >= 30_000_000_000);
        late.filter(|op| op.f == f).count()
    };
    assert_eq!((ended("crash"), ended("assign"), ended("poll")), (4, 4, 4));
    let last = ops.last().unwrap().to_string();
    assert!(last.ends_with(":poll-ms 1000}"), "{last}");
    let keys = ops[first].value.items().unwrap();
    assert!(keys.len() > 50);
    // What cannot be read is waited for, but not for ever.
    let simulated = run(1, Fault::Hides);
    let last = simulated.outcome.history.ops().last().unwrap();
    assert!(
        (39_500_000_000..40_000_000_000).contains(&last.time),
        "{}",
        last.time
    );
}

#[test]
fn clients_crash_twice_a_minute() {
    let crashes: usize = (0..10)
        .map(|seed| {
            let run = run(seed, Fault::None);
            let crashes = run
                .outcome
                .history
                .ops()
                .iter()
                .filter(|op| op.f == "crash");
            crashes
                .filter(|op| op.typ == OpType::Info && op.time < 20_000_000_000)
                .count()
        })
        .sum();
    // Ten times 4 clients for 20 seconds, and one at the beginning of each run.
    assert!((20..60).contains(&crashes), "{crashes}");
}
