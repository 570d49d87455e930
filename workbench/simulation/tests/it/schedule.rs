//! Runs that follow a schedule: the one they made, byte by byte; and others, with lines
//! taken out.

use std::time::Duration;

use simulation::network::Distribution;
use simulation::run::{Config, ConfigError};
use simulation::schedule::{Choice, Schedule};
use simulation::{Simulated, simulate};
use specimens::flood::{Fault, Flood};
use specimens::{logs, registers};
use workloads::Options;
use workloads::broadcast::{Broadcast, Topology};
use workloads::kafka::Kafka;
use workloads::lin_kv::LinKv;

fn flood(config: &Config, fault: Fault) -> Simulated {
    let mut workload = Broadcast::new(Topology::Grid);
    simulate(config, &mut workload, move |node| Flood::new(node, fault))
}

/// Everything that can go wrong.
fn struck(seed: u64) -> Config {
    let mut config = Config::struck(seed, 3);
    config.network.duplicate = 0.05;
    config.network.reorder = 0.05;
    config
}

/// The run that follows what another one chose is that one.
#[track_caller]
fn follows(config: &Config, run: impl Fn(&Config) -> Simulated) -> Schedule {
    let first = run(config);
    let schedule = first.schedule();
    let text = schedule.to_string();
    let read: Schedule = text.parse().expect("what was written can be read");
    assert_eq!(read, schedule);
    let again = run(&read.config());
    let seed = config.seed;
    assert_eq!(again.outcome.history, first.outcome.history, "seed {seed}");
    assert_eq!(again.checked.results, first.checked.results, "seed {seed}");
    assert_eq!(again.schedule().to_string(), text, "seed {seed}");
    schedule
}

#[test]
fn what_one_run_chose_another_follows() {
    for seed in 0..25 {
        follows(&struck(seed), |config| flood(config, Fault::None));
        follows(&Config::rough(seed, 4), |config| {
            flood(config, Fault::Forgets)
        });
        let options = Options::default().txn;
        follows(&struck(seed), |config| {
            let nodes = |_| logs::Logs::new(logs::Fault::Loses);
            simulate(config, &mut Kafka::new(&options), nodes)
        });
        follows(&struck(seed), |config| {
            let nodes = |node| registers::Registers::new(node, registers::Fault::StaleReads);
            simulate(
                config,
                &mut LinKv::new(3, config.network.latency.mean),
                nodes,
            )
        });
    }
}

#[test]
fn without_its_faults_a_schedule_is_that_of_a_kinder_world() {
    let config = Config {
        time_limit: Duration::from_secs(10),
        ..Config::rough(3, 4)
    };
    assert_eq!(
        config.network.latency.distribution,
        Distribution::Exponential
    );
    let mut schedule = flood(&config, Fault::None).schedule();
    let is_operation = |choice: &Choice| matches!(choice, Choice::Operation { .. });
    assert!(schedule.choices.iter().any(|choice| !is_operation(choice)));
    schedule.choices.retain(is_operation);
    let run = flood(&schedule.config(), Fault::None);
    run.assert_valid();
    let main_phase = run.outcome.main_phase.expect("it came to its end");
    assert_eq!(main_phase.begun, schedule.operations());
}

/// A schedule as a person writes it: one client waits for the other's node, which is cut off.
#[test]
fn a_schedule_can_be_written_by_hand() {
    let schedule: Schedule = r#"
{"schedule":1,"workload":"broadcast","nodes":["n0","n1"],"clients":2,"time-limit":3.0,"partitions":true}
{"partition":{"at":0.5,"shape":"one","cut":[["n0","n1"],["n1","n0"]]}}
{"operation":{"at":1.0,"client":0,"f":"broadcast","value":"7"}}
{"operation":{"at":1.5,"client":1,"f":"read"}}
{"heal":{"at":2.0}}
"#
    .parse()
    .unwrap();
    let run = flood(&schedule.config(), Fault::NoRetry);
    run.assert_invalid("7 is lost");
    let mut without = schedule;
    without
        .choices
        .retain(|choice| matches!(choice, Choice::Operation { .. }));
    flood(&without.config(), Fault::NoRetry).assert_valid();
}

#[test]
fn what_cannot_be_followed_is_told() {
    const WORLD: &str =
        r#"{"schedule":1,"workload":"broadcast","nodes":["n0","n1"],"clients":2,"time-limit":3.0}"#;
    for (text, said) in [
        (
            "",
            "line 1 of the schedule: expected what the run is like, found nothing",
        ),
        (
            r#"{"schedule":2,"workload":"echo","nodes":["n0"],"clients":1,"time-limit":1}"#,
            "line 1 of the schedule: expected version 1, found 2",
        ),
        (
            &format!("{WORLD}\n\n{}", r#"{"heel":{"at":1}}"#),
            "line 3 of the schedule: column 7: unknown variant `heel`, expected one of \
             `operation`, `partition`, `heal`, `strike`, `relief`, `message`, `answer`",
        ),
        (
            &format!("{WORLD}\n{}", r#"{"heal":{"at":-1}}"#),
            "line 2 of the schedule: column 17: expected 0 to 10,000,000 seconds, found -1",
        ),
    ] {
        let read: Result<Schedule, _> = text.parse();
        assert_eq!(read.unwrap_err().to_string(), said);
    }
    for (choice, said) in [
        (
            r#"{"operation":{"at":1,"client":2,"f":"read"}}"#,
            "expected clients from 0 to 1, found 2",
        ),
        (
            r#"{"partition":{"at":1,"shape":"one","cut":[["n0","n9"]]}}"#,
            "expected one of n0, n1, found n9",
        ),
        (
            r#"{"strike":{"at":1,"fault":"kill","target":"one","nodes":{"n7":{"kill":{"after":0}}}}}"#,
            "expected one of n0, n1, found n7",
        ),
        (
            r#"{"message":{"from":"n0","to":"n1","nth":0,"takes":[1,2,3]}}"#,
            "expected a message of two copies at most, found 3",
        ),
    ] {
        let schedule: Schedule = format!("{WORLD}\n{choice}").parse().unwrap();
        let ConfigError { part, why } = schedule.config().check().unwrap_err();
        assert_eq!((part, &*why), ("schedule", said));
    }
}
