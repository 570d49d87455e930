//! Before the main phase: `init` to every node, then what the workload sets it
//! up with, each answered in time and as expected.

use std::time::Duration;

use serde_json::json;

use super::problem::quoted;
use super::{Event, INIT_TIMEOUT, Phase, Run};
use crate::client;
use crate::network::Packet;

impl Run<'_> {
    pub(super) fn init(&mut self) {
        let names = &self.config.nodes;
        for node in 0..names.len() {
            let body = json!({"type": "init", "node_id": names[node], "node_ids": names});
            self.ask(node, body);
        }
        self.events.add(self.now + INIT_TIMEOUT, Event::InitTimeout);
    }

    /// What the workload wants every node to know first, if anything.
    fn set_up(&mut self) {
        let Some(body) = self.workload.setup(&self.config.nodes) else {
            return self.begin();
        };
        self.phase = Phase::Setup;
        for node in 0..self.nodes.len() {
            self.ask(node, body.clone().into());
        }
        self.events
            .add(self.now + client::TIMEOUT, Event::SetupTimeout);
    }

    /// Sends a request of the preparations.
    fn ask(&mut self, node: usize, mut body: serde_json::Value) {
        body["msg_id"] = 1.into();
        let client = self.threads.new_endpoint(&mut self.network);
        self.nodes[node].asked_by = Some(client);
        self.send(client, self.nodes[node].endpoint, &body.to_string());
    }

    pub(super) fn unprepared(&mut self, phase: Phase, what: &str, time: Duration) {
        if self.phase != phase {
            return;
        }
        for node in 0..self.nodes.len() {
            if self.nodes[node].asked_by.is_some() {
                let seconds = time.as_secs();
                self.problem(node, format!("no answer to {what} within {seconds} s"));
            }
        }
        self.phase = Phase::Over;
    }

    /// The answer to a request of the preparations.
    pub(super) fn prepared(&mut self, node: usize, packet: &Packet) {
        let Some(body) = super::body(packet) else {
            return;
        };
        if body.integer("in_reply_to") != Some(1) {
            return;
        }
        self.nodes[node].asked_by = None;
        self.network.remove(packet.dest);
        let request = match self.phase {
            Phase::Init => json!("init"),
            _ => self.workload.setup(&self.config.nodes).unwrap_or_default()["type"].clone(),
        };
        let request = request.as_str().unwrap_or_default();
        let expected = format!("{request}_ok");
        let answer = match self.phase {
            // Of this one, Maelstrom has a look at nothing but the type.
            Phase::Init if body.kind() == Some(&expected) => Ok(()),
            Phase::Init => Err(format!("expected {expected}")),
            _ => client::expect(&body, &expected, &[]),
        };
        if let Err(why) = answer {
            let answer = quoted(&packet.line);
            self.problem(node, format!("it answered {request} with {answer}; {why}"));
            self.phase = Phase::Over;
        } else if self.nodes.iter().all(|node| node.asked_by.is_none()) {
            match self.phase {
                Phase::Init => self.set_up(),
                _ => self.begin(),
            }
        }
    }
}
