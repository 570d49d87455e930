//! What nodes show of their states: told as what changed, and nothing else changes for it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use simulation::recording::{Change, apply};
use simulation::run::{Config, Event, Message, Observer};
use simulation::{Simulated, simulate};
use specimens::flood::{Fault, Flood};
use workloads::broadcast::{Broadcast, Topology};

/// All that a run told, and the states apart from it.
#[derive(Debug, Default, PartialEq)]
struct Told {
    lines: Vec<String>,
    states: Vec<(Duration, usize, Vec<Change>)>,
}

impl Observer for Told {
    fn message(&mut self, message: Message<'_>) {
        let line = String::from_utf8_lossy(message.line);
        let Message {
            event, time, id, ..
        } = message;
        self.lines.push(format!("{time:?} {event:?} {id} {line}"));
    }

    fn event(&mut self, time: Duration, event: &Event) {
        match event {
            Event::State { node, changes } => self.states.push((time, *node, changes.clone())),
            event => self.lines.push(format!("{time:?} {event:?}")),
        }
    }
}

fn floods(config: &Config) -> Simulated {
    let start = |node| Flood::new(node, Fault::None);
    simulate(config, &mut Broadcast::new(Topology::default()), start)
}

fn told(config: &Config, states: bool) -> Told {
    let config = Config {
        states,
        ..config.clone()
    };
    let mut told = Told::default();
    watch(&config, &mut told);
    told
}

fn watch(config: &Config, observer: &mut dyn Observer) {
    let mut workload = Broadcast::new(Topology::default());
    let host = simulation::host::in_process::in_process(
        config.nodes.len(),
        &maelstrom_node::Rng::new(!config.seed),
        |node| Flood::new(node, Fault::None),
    );
    let host = host.with_noise(config.noise, config.noise_seed());
    let host = host.with_disks(config.disk, config.disk_seed());
    let mut host = host.with_states(config.states);
    simulation::run::run(config, &mut workload, &mut host, observer);
}

#[test]
fn a_run_is_the_same_with_and_without_them() {
    let mut changes = 0;
    for seed in 0..20 {
        for config in [Config::rough(seed, 5), Config::struck(seed, 3)] {
            let (with, without) = (told(&config, true), told(&config, false));
            assert!(with.lines == without.lines, "seed {seed}");
            assert_eq!(without.states, []);
            changes += with.states.len();
            assert!(with == told(&config, true), "seed {seed}");
        }
    }
    assert!(changes > 5_000, "{changes}");
}

/// Who looks at a run again sees them; the states are those that reads then find.
#[test]
fn what_changed_makes_up_the_state() {
    let config = Config::for_nodes(3).seed(7);
    let run = floods(&config);
    run.assert_valid();
    let mut told = Told::default();
    run.again(&mut told);
    let mut states: BTreeMap<usize, Value> = BTreeMap::new();
    let mut last = Duration::ZERO;
    for (time, node, changes) in &told.states {
        assert!(last <= *time && !changes.is_empty());
        last = *time;
        let state = states.entry(*node).or_default();
        // A message is an element more, and nothing but that.
        match state.is_null() {
            true => assert_eq!(changes.len(), 1),
            false => assert!(matches!(&changes[..], [Change::Add { .. }]), "{changes:?}"),
        }
        apply(state, changes);
    }
    let history = &run.outcome.history;
    let sent =
        (history.ops().iter()).filter(|op| op.f == "broadcast" && op.typ == history::OpType::Ok);
    let sent: Vec<u64> = (0..sent.count() as u64).collect();
    assert!(sent.len() > 100, "{}", sent.len());
    for node in 0..3 {
        assert_eq!(states[&node], json!({ "seen": sent }), "n{node}");
    }
}

/// What nodes show, and which of them are dead.
#[derive(Debug, Default)]
struct Lives {
    states: BTreeMap<usize, Value>,
    dead: BTreeSet<usize>,
    ended: usize,
}

impl Observer for Lives {
    fn event(&mut self, time: Duration, event: &Event) {
        match event {
            Event::State { node, changes } => {
                let state = self.states.entry(*node).or_default();
                apply(state, changes);
                let is_dead = self.dead.contains(node);
                assert_eq!(state.is_null(), is_dead, "n{node} at {time:?}: {state}");
                self.ended += usize::from(is_dead);
            }
            Event::Kill { node } | Event::DiskFailed { node, .. } => {
                self.dead.insert(*node);
            }
            Event::Start { node } => {
                let state = self.states.get(node);
                assert_eq!(
                    state.unwrap_or(&Value::Null),
                    &Value::Null,
                    "n{node} at {time:?}"
                );
                self.dead.remove(node);
            }
            _ => {}
        }
    }
}

#[test]
fn a_state_ends_with_its_node() {
    let mut ended = 0;
    for seed in 0..20 {
        let mut lives = Lives::default();
        let config = Config {
            states: true,
            ..Config::struck(seed, 3)
        };
        watch(&config, &mut lives);
        ended += lives.ended;
    }
    assert!(ended > 20, "{ended}");
}
