//! Nodes that are killed, and whatever else may happen to them: everything that was acknowledged
//! counts in the end, and counts once.

use std::time::Duration;

use g_counter::{GCounter, Mutation};
use programs::conformance::assert_kept;
use programs::{Clock, Program, Programs, in_lockstep};
use simulation::run::{self, Config, Event, Observer};
use simulation::{Simulated, simulate};
use workloads::counter::Counter;
use workloads::struck::{assert_alike, convicts, sweep};

fn workload() -> Counter {
    Counter::g()
}

fn struck(config: &Config) -> Simulated {
    simulate(config, &mut workload(), GCounter::new)
}

#[test]
fn what_was_acknowledged_counts_once() {
    let swept = sweep(struck);
    assert!(swept.ok_fraction > 0.3, "{swept:?}");
}

#[test]
fn who_breaks_a_promise_is_convicted() {
    let broken = |mutation| {
        move |config: &Config| {
            let start = move |node| GCounter::broken(node, mutation);
            simulate(config, &mut workload(), start)
        }
    };
    convicts(struck, broken(Mutation::AcknowledgesUnsynced)).names_the_death();
    for mutation in [Mutation::RecallsNothing, Mutation::AddsTwice] {
        convicts(struck, broken(mutation)).names_no_death();
    }
}

#[test]
fn the_binary_in_lockstep_is_struck_alike() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_g-counter");
    assert_alike(struck, |config| {
        in_lockstep(bin, &[], logs.path(), config, &mut workload())
    });
}

/// All that a run told beside its messages.
#[derive(Debug, Default, PartialEq)]
struct Told(Vec<(Duration, Event)>);

impl Observer for Told {
    fn event(&mut self, time: Duration, event: &Event) {
        self.0.push((time, event.clone()));
    }
}

#[test]
fn the_binary_in_lockstep_shows_the_same_states() {
    let config = Config {
        states: true,
        ..Config::struck(7, 3)
    };
    let (mut engine, mut binary) = (Told::default(), Told::default());
    struck(&config).again(&mut engine);
    let logs = tempfile::tempdir().unwrap();
    let program = Program {
        bin: env!("CARGO_BIN_EXE_g-counter").into(),
        args: vec![],
        logs: logs.path().to_owned(),
        disks: logs.path().to_owned(),
        show_stderr: None,
    };
    let host = Programs::start(&program, &config.nodes, Clock::of(&config));
    run::run(&config, &mut workload(), &mut host.unwrap(), &mut binary);
    let is_state = |(_, event): &&(Duration, Event)| matches!(event, Event::State { .. });
    let states = engine.0.iter().filter(is_state).count();
    assert!(states > 40, "{states}");
    assert!(engine == binary);
}

#[test]
fn the_binary_keeps_the_rules_of_lockstep() {
    let logs = tempfile::tempdir().unwrap();
    let bin = env!("CARGO_BIN_EXE_g-counter");
    let report = assert_kept(bin, &[], logs.path());
    assert_eq!(report.not_tried(), [], "{report}");
}
