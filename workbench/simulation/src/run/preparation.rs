//! Before the main phase: `init` to every node, then what the workload sets it
//! up with, each answered in time and as expected.

use std::time::Duration;

use serde_json::json;

use super::Node;
use super::problem::quoted;
use super::{Due, Event, Phase, Run};
use crate::client;
use crate::host::{Pulse, Silence};
use crate::network::Packet;

impl Run<'_> {
    pub(super) fn init(&mut self) {
        for node in 0..self.config.nodes.len() {
            self.init_again(node);
        }
        let until = self.now + self.config.init_timeout;
        self.events.add(until, Due::InitTimeout);
    }

    /// Tells a node that was just started who it is.
    pub(super) fn init_again(&mut self, node: usize) {
        let names = &self.config.nodes;
        let body = json!({"type": "init", "node_id": names[node], "node_ids": names});
        self.ask(node, body);
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
            .add(self.now + client::TIMEOUT, Due::SetupTimeout);
    }

    /// Sends a request of the preparations.
    fn ask(&mut self, node: usize, mut body: serde_json::Value) {
        body["msg_id"] = 1.into();
        let client = self.threads.new_endpoint(&mut self.network);
        self.nodes[node].asked_by = Some(client);
        let message = self.send(client, self.nodes[node].endpoint, &body.to_string());
        self.tell(Event::Ask {
            message,
            operation: None,
        });
    }

    pub(super) fn unprepared(&mut self, phase: Phase, what: &str, time: Duration) {
        if self.phase != phase {
            return;
        }
        for node in 0..self.nodes.len() {
            if self.nodes[node].asked_by.is_some() {
                let seen = self.seen_instead(node);
                let seconds = time.as_secs_f64();
                self.problem(
                    node,
                    format!("no answer to {what} within {seconds} s. {seen}"),
                );
            }
        }
        self.phase = Phase::Over;
    }

    /// What a node does that does not answer, and what may be wrong with it.
    fn seen_instead(&mut self, node: usize) -> String {
        let Silence { unfinished, pulse } = self.host.silence(node);
        let Node { instead, wrote, .. } = &self.nodes[node];
        if let Some((begins, length)) = unfinished {
            let begins = quoted(&begins);
            return format!(
                "It wrote {length} bytes to stdout without a newline: is its stdout buffered, and \
                 not flushed after each message? They begin with {begins}"
            );
        }
        if let Some(instead) = instead {
            return instead.clone();
        }
        let said = match wrote {
            true => "What it wrote to stdout was for others",
            false => "It wrote nothing at all to stdout",
        };
        let Some(Pulse {
            is_running,
            processor,
        }) = pulse
        else {
            return said.into();
        };
        let used = processor.as_secs_f64();
        match is_running {
            true => format!(
                "{said}, and is busy: it has used {used:.1} s of processor time. If it is still \
                 starting, --init-timeout gives it longer"
            ),
            false => format!(
                "{said}, and waits for something: it has used {used:.1} s of processor time. Does \
                 it read its stdin line by line?"
            ),
        }
    }

    /// The answer to a request of the preparations.
    pub(super) fn prepared(&mut self, node: usize, packet: &Packet) {
        let answers =
            super::body(packet).is_some_and(|body| body.integer("in_reply_to") == Some(1));
        let Some(body) = super::body(packet).filter(|_| answers) else {
            let line = quoted(&packet.line);
            let why = format!("It wrote this instead, which lacks \"in_reply_to\":1: {line}");
            self.nodes[node].instead.get_or_insert(why);
            return;
        };
        self.nodes[node].asked_by = None;
        self.observer.event(
            self.now,
            &Event::Answer {
                message: packet.id,
                operation: None,
            },
        );
        self.network.remove(packet.dest);
        let is_init = self.phase == Phase::Init || self.nodes[node].life > 0;
        let request = match is_init {
            true => json!("init"),
            false => self.workload.setup(&self.config.nodes).unwrap_or_default()["type"].clone(),
        };
        let request = request.as_str().unwrap_or_default();
        let expected = format!("{request}_ok");
        let answer = match is_init {
            // Of this one, Maelstrom has a look at nothing but the type.
            true if body.kind() == Some(&expected) => Ok(()),
            true => Err(format!("expected {expected}")),
            false => client::expect(&body, &expected, &[]),
        };
        if let Err(why) = answer {
            let answer = quoted(&packet.line);
            self.problem(node, format!("it answered {request} with {answer}; {why}"));
            self.phase = Phase::Over;
        } else if self.nodes.iter().all(|node| node.asked_by.is_none()) {
            match self.phase {
                Phase::Init => self.set_up(),
                Phase::Setup => self.begin(),
                _ => {} // it was started again
            }
        }
    }
}
