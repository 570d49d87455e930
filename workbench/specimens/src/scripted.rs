//! Nodes in virtual time that answer each line as a closure says: whatever a node
//! in any language could write, without a process.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value as Json, json};
use simulation::host::{Ending, Host, Output};
use simulation::judge;
use simulation::recording::Recording;
use simulation::run::{self, Config, Outcome};
use verdict::Checked;

/// They are told the node and a line, and give lines.
struct Scripted<F> {
    nodes: usize,
    now: Duration,
    said: VecDeque<(usize, Output)>,
    answer: F,
}

impl<F: FnMut(usize, &str) -> Vec<String>> Host for Scripted<F> {
    fn deliver(&mut self, node: usize, line: &[u8]) {
        let lines = (self.answer)(node, std::str::from_utf8(line).unwrap());
        let lines = lines
            .into_iter()
            .map(|line| (node, Output::Line(line.into_bytes())));
        self.said.extend(lines);
    }

    fn wait(&mut self, until: Option<Duration>) -> (Duration, Vec<(usize, Output)>) {
        if self.said.is_empty() {
            self.now = self.now.max(until.unwrap_or_default());
        }
        (self.now, self.said.drain(..).collect())
    }

    // Nothing is done to these: their script says what they do.

    fn kill(&mut self, _node: usize) {}

    fn start(&mut self, _node: usize) {}

    fn pause(&mut self, _node: usize) {}

    fn resume(&mut self, _node: usize) {}

    fn stop(&mut self) -> Vec<Ending> {
        vec![Ending::Stopped; self.nodes]
    }

    fn last_words(&mut self, node: usize) -> Vec<String> {
        vec![format!("I am {node}")]
    }
}

/// Two nodes, ten operations a second for thirty seconds.
pub fn two_nodes() -> Config {
    Config {
        rate: 10.0,
        time_limit: Duration::from_secs(30),
        ..Config::for_nodes(2).seed(1)
    }
}

/// Runs a workload against such nodes.
pub fn run(
    workload: &str,
    config: &Config,
    answer: impl FnMut(usize, &str) -> Vec<String>,
) -> (Outcome, Checked) {
    let mut host = Scripted {
        nodes: config.nodes.len(),
        now: Duration::ZERO,
        said: VecDeque::new(),
        answer,
    };
    let options = workloads::Options {
        nodes: config.nodes.len(),
        ..Default::default()
    };
    let mut workload = workloads::find(workload, &options).unwrap();
    let mut recording = Recording::default();
    let outcome = run::run(config, &mut *workload, &mut host, &mut recording);
    let checked = judge::run(
        &*workload,
        &outcome,
        &recording,
        None,
        verdict::Rules::Sound,
    );
    (outcome, checked)
}

/// What a line says.
pub fn body(line: &str) -> Json {
    serde_json::from_str::<Json>(line).unwrap()["body"].take()
}

/// The type of a line's body.
pub fn kind(line: &str) -> String {
    body(line)["type"].as_str().unwrap_or_default().to_owned()
}

/// A reply to this line: its type with `_ok`, and these fields.
pub fn reply_with(node: usize, line: &str, fields: Json) -> String {
    let request: Json = serde_json::from_str(line).unwrap();
    let kind = request["body"]["type"].as_str().unwrap();
    let mut body = json!({"type": format!("{kind}_ok"), "in_reply_to": request["body"]["msg_id"]});
    for (key, value) in fields.as_object().unwrap() {
        body[key] = value.clone();
    }
    json!({"src": format!("n{node}"), "dest": request["src"], "body": body}).to_string()
}

/// The reply that an echo node would give to this line.
pub fn reply(node: usize, line: &str) -> String {
    match kind(line) == "echo" {
        true => reply_with(node, line, json!({"echo": body(line)["echo"]})),
        false => reply_with(node, line, json!({})),
    }
}
