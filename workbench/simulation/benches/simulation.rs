//! How fast the simulation is: `cargo bench --package simulation`.
//!
//! Nodes that flood every value to every other node, with latency and
//! Maelstrom's queues, in process on one core; beside it the same lines through
//! one engine alone, without network, clients and history, as the floor.

use specimens::flood;

use std::io::Write;
use std::time::{Duration, Instant};

use flood::{Fault, Flood};
use maelstrom_node::{Engine, Node};
use simulation::network::{self, Distribution, Latency};
use simulation::run::Config;
use simulation::simulate;
use workloads::broadcast::{Broadcast, Topology};

fn flood(node: Node) -> Flood {
    Flood::new(node, Fault::NoRetry)
}

#[expect(clippy::disallowed_methods, reason = "this is what a benchmark is for")]
fn timed<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = f();
    (result, start.elapsed())
}

/// Lines of flood messages through one engine.
fn floor(count: u64) -> Duration {
    let mut engine = Engine::new(0, flood);
    engine.line(
        Duration::ZERO,
        br#"{"src":"c0","dest":"n0","body":{"type":"init","node_id":"n0","node_ids":["n0"],"msg_id":1}}"#,
    );
    let mut out = Vec::new();
    let ((), time) = timed(|| {
        for message in 0..count {
            let line = format!(
                r#"{{"src":"n1","dest":"n0","body":{{"type":"flood","message":{}}}}}"#,
                message % 1000
            );
            engine.line(Duration::ZERO, line.as_bytes());
            engine.swap_output(&mut out);
            out.clear();
        }
    });
    time
}

fn main() {
    #[expect(clippy::disallowed_methods, reason = "a benchmark quotes nobody")]
    let out = &mut std::io::stdout();
    let mut print = |line: String| writeln!(out, "{line}").expect("stdout");
    for (nodes, rate, seconds) in [(25, 100.0, 20), (100, 20.0, 20)] {
        let config = Config {
            rate,
            time_limit: Duration::from_secs(seconds),
            network: network::Config {
                latency: Latency {
                    mean: Duration::from_millis(100),
                    distribution: Distribution::Constant,
                },
                ..network::Config::default()
            },
            ..Config::for_nodes(nodes)
        };
        let mut workload = Broadcast::new(Topology::Total);
        let (simulated, time) = timed(|| simulate(&config, &mut workload, flood));
        let messages = simulated.outcome.messages.all.sent;
        let per_second = messages as f64 / time.as_secs_f64();
        let floor = floor(messages);
        print(format!(
            "{nodes} nodes, rate {rate}, {seconds} s: {messages} messages in {:.3} s, {:.0} a second; \
             {:.1} times the time of the engine alone",
            time.as_secs_f64(),
            per_second,
            time.as_secs_f64() / floor.as_secs_f64(),
        ));
    }
}
