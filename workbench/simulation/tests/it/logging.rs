//! What one node logs at a moment of a simulated run.

use std::time::Duration;

use simulation::host::Noise;
use simulation::run::{Config, Event, Message, MessageEvent, Observer};
use simulation::{Simulated, simulate};
use specimens::flood::{Fault, Flood};
use workloads::broadcast::{Broadcast, Topology};

fn run() -> Simulated {
    let mut workload = Broadcast::new(Topology::default());
    let config = Config {
        noise: Noise::NONE, // what arrives is received at once
        ..Config::rough(3, 3)
    };
    simulate(&config, &mut workload, |node| Flood::new(node, Fault::None))
}

/// Every end of a message, and what nobody listens to.
#[derive(Default)]
struct Seen {
    start: Duration,
    messages: Vec<(Duration, MessageEvent, String, String)>,
    logged: usize,
}

impl Observer for Seen {
    fn event(&mut self, time: Duration, event: &Event) {
        if *event == Event::Begin {
            self.start = time;
        }
    }

    fn message(&mut self, message: Message<'_>) {
        let line = String::from_utf8_lossy(message.line).into_owned();
        let dest = message.dest.to_owned();
        let all = &mut self.messages;
        all.push((message.time, message.event, dest, line));
    }

    fn logged(&mut self, _: Duration, _: &str, _: &str) {
        self.logged += 1;
    }
}

#[test]
fn a_node_says_what_it_logs_between_two_moments() {
    let run = run();
    let mut seen = Seen::default();
    run.again(&mut seen);
    assert_eq!(seen.logged, 0);

    let ms = Duration::from_millis;
    let moments = ms(500)..ms(4_000);
    let log = run.log("n1", "trace", moments.clone());
    let is_n1s = |(_, line): &(Duration, String)| line.starts_with("n1 ");
    assert!(log.iter().all(is_n1s), "{log:?}");
    // All that n1 received then, at that time, and nothing else.
    let arrived = seen
        .messages
        .iter()
        .filter_map(|(time, event, dest, line)| {
            let at = time.checked_sub(seen.start)?;
            let is_it = *event == MessageEvent::Received && dest == "n1" && moments.contains(&at);
            is_it.then(|| {
                let line = line.trim_end();
                (
                    at,
                    format!("n1 TRACE maelstrom_node::engine: received {line}"),
                )
            })
        });
    let arrived: Vec<_> = arrived.collect();
    let received = log.iter().filter(|(_, line)| line.contains(": received "));
    let received: Vec<_> = received.cloned().collect();
    assert!(arrived.len() > 10, "{arrived:?}");
    assert_eq!(received, arrived);

    // And with a filter, what it lets through of that.
    let filter = "maelstrom_node::engine=trace";
    let of_engine = log.iter().filter(|(_, line)| line.contains("::engine: "));
    let of_engine: Vec<_> = of_engine.cloned().collect();
    assert!(of_engine.len() < log.len());
    assert_eq!(run.log("n1", filter, moments.clone()), of_engine);
    assert_eq!(run.log("n1", "error", moments), []);
}

#[test]
fn a_run_is_the_same_when_somebody_listens() {
    let run = run();
    let [mut plain, mut heard] = [Seen::default(), Seen::default()];
    let outcome = run.again(&mut plain);
    let listening = maelstrom_node::testing::listen("n0", "trace").unwrap();
    let same = run.again(&mut heard);
    drop(listening);
    assert!(heard.logged > 100, "{}", heard.logged);
    assert!(plain.messages == heard.messages);
    assert!(outcome.history == same.history);
}

#[test]
#[should_panic(expected = "expected a node of the run, one of [\"n0\", \"n1\", \"n2\"], found n7")]
fn a_node_that_is_not_there_is_told() {
    let all = Duration::ZERO..Duration::MAX;
    run().log("n7", "debug", all);
}
