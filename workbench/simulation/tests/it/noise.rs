//! A tired machine: turns come late, nodes stand still and catch up, and all of it
//! follows from the seed.

#[allow(dead_code)] // other tests use the rest
use std::collections::BTreeMap;
use std::time::Duration;

use maelstrom_node::Rng;
use simulation::host::Noise;
use simulation::host::in_process::in_process;
use simulation::run::{self, Config, Event, Message, MessageEvent, Observer};
use specimens::flood::{Fault, Flood};
use workloads::broadcast::{Broadcast, Topology};

/// What a machine does to nodes, as an observer sees it.
#[derive(Default)]
struct Seen {
    /// By node, the last time in which it stood still.
    still: BTreeMap<String, (Duration, Duration)>,
    stalls: usize,
    /// When a client's request was handed to its node.
    handed: BTreeMap<String, Duration>,
    /// How long after that it was answered.
    late: Vec<Duration>,
    /// Everything, as text.
    all: String,
}

impl Observer for Seen {
    fn message(&mut self, message: Message<'_>) {
        let Message {
            event,
            time,
            src,
            dest,
            ..
        } = message;
        self.all += &format!("{time:?} {event:?} {src} {dest}\n");
        match event {
            MessageEvent::Sent => {
                let still = self.still.get(src);
                if let Some((from, until)) = still {
                    let writes = *from <= time && time < *until;
                    assert!(
                        !writes,
                        "{src} wrote at {time:?}, and stood still from {from:?}"
                    );
                }
                if let Some(handed) = self.handed.remove(dest) {
                    self.late.push(time - handed);
                }
            }
            MessageEvent::Received if src.starts_with('c') => {
                self.handed.insert(src.to_owned(), time);
            }
            MessageEvent::Received | MessageEvent::Lost => {}
        }
    }

    fn event(&mut self, from: Duration, event: &Event) {
        self.all += &format!("{from:?} {event:?}\n");
        let Event::Still { node, until } = event else {
            return;
        };
        self.stalls += 1;
        let times = (from, *until);
        let last = self.still.insert(format!("n{node}"), times);
        assert!(last.is_none_or(|last| last.0 <= times.0));
    }
}

fn run(noise: Noise, seed: u64) -> Seen {
    let config = Config {
        rate: 100.0,
        time_limit: Duration::from_secs(20),
        noise,
        ..Config::for_nodes(5).seed(seed)
    };
    let start = |node| Flood::new(node, Fault::None);
    let host = in_process(5, &Rng::new(!seed), start);
    let mut host = host.with_noise(noise, config.noise_seed());
    let mut seen = Seen::default();
    let outcome = run::run(
        &config,
        &mut Broadcast::new(Topology::Grid),
        &mut host,
        &mut seen,
    );
    assert_eq!(outcome.problems, []);
    seen
}

#[test]
fn a_node_that_stands_still_writes_nothing_and_then_catches_up() {
    for seed in 0..5 {
        for (noise, least) in [(Noise::LIGHT, 5), (Noise::BUSY, 15)] {
            // The observer fails if one writes while it stands still.
            let seen = run(noise, seed);
            assert!(seen.stalls >= least, "{} stalls", seen.stalls);
        }
    }
}

#[test]
fn turns_are_as_late_as_is_said() {
    for (noise, range) in [
        (Noise::NONE, 0.0..=0.0),
        (Noise::LIGHT, 0.4..=0.6),
        (Noise::BUSY, 2.4..=3.6),
    ] {
        let noise = Noise {
            stalls: None,
            ..noise
        };
        let late = run(noise, 1).late;
        assert!(late.len() > 1000);
        let mean = late.iter().sum::<Duration>().as_secs_f64() * 1e3 / late.len() as f64;
        assert!(range.contains(&mean), "{mean} ms on average, not {range:?}");
    }
}

#[test]
fn the_same_seed_is_the_same_on_a_tired_machine() {
    for noise in Noise::LEVELS {
        assert_eq!(run(noise, 7).all, run(noise, 7).all);
    }
    assert_ne!(run(Noise::BUSY, 7).all, run(Noise::BUSY, 8).all);
    assert_ne!(run(Noise::LIGHT, 7).all, run(Noise::NONE, 7).all);
}
