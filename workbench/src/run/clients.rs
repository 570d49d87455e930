//! The clients: one operation after another, each with its invocation and its
//! completion in the history.

use maelstrom_node::wire;

use super::{Event, Phase, Run};
use crate::client::{self, Completion, Operation};
use crate::edn::Value;
use crate::history::{Op, OpType, Process};
use crate::network::Packet;

impl Run<'_> {
    pub(super) fn invoke(&mut self, thread: usize, operation: Operation) {
        let process = self.threads.process(thread);
        self.record(
            OpType::Invoke,
            Process::Client(process),
            &operation,
            Vec::new(),
        );
        let mut body = self.workload.request(&operation);
        let node = self.nodes[process as usize % self.nodes.len()].endpoint;
        let (client, msg_id) = self.threads.begin(thread, operation, &mut self.network);
        body.insert("msg_id".into(), msg_id.into());
        self.send(client, node, &body.into());
        let operation = self.threads.number(thread);
        self.events.add(
            self.now + client::TIMEOUT,
            Event::Timeout { thread, operation },
        );
    }

    pub(super) fn reply(&mut self, packet: &Packet) {
        if matches!(self.phase, Phase::Init | Phase::Setup) {
            let asked = |node: &super::Node| node.asked_by == Some(packet.dest);
            if let Some(node) = self.nodes.iter().position(asked) {
                self.prepared(node, packet);
            }
            return;
        }
        let Ok(message) = wire::Message::parse(&packet.line) else {
            return;
        };
        let body = message.body;
        // A reply to an operation that was given up before is none of its.
        let Some(thread) = self.threads.expecting(packet.dest, body.in_reply_to) else {
            return;
        };
        let Some(operation) = self.threads.operation(thread) else {
            return;
        };
        let completion = if body.kind.as_deref() == Some("error") {
            Completion::refused(&body, self.workload.is_idempotent(operation.f))
        } else {
            self.workload
                .complete(operation, &body)
                .unwrap_or_else(|why| Completion::thrown("malformed-rpc-response", &why))
        };
        self.complete(thread, completion);
    }

    pub(super) fn complete(&mut self, thread: usize, mut completion: Completion) {
        if self.workload.throws_errors() {
            completion = completion.throw();
        }
        let process = self.threads.process(thread);
        let keeps_client = self.workload.reuses_clients();
        let crashed = completion.outcome == OpType::Info;
        let Some(mut operation) =
            self.threads
                .end(thread, crashed, keeps_client, &mut self.network)
        else {
            return;
        };
        if let Some(value) = completion.value {
            operation.value = value;
        }
        self.record(
            completion.outcome,
            Process::Client(process),
            &operation,
            completion.extra,
        );
        if self.overdue && self.phase == Phase::Main {
            self.events.add(self.now, Event::Operation);
            self.overdue = false;
        }
        self.next_phase();
    }

    pub(super) fn record(
        &mut self,
        typ: OpType,
        process: Process,
        operation: &Operation,
        mut extra: Vec<(String, Value)>,
    ) {
        if operation.is_final {
            extra.insert(0, ("final?".into(), Value::Bool(true)));
        }
        self.history.push(Op {
            index: self.history.len(),
            time: self.now.saturating_sub(self.start).as_nanos() as i64,
            typ,
            process,
            f: operation.f.into(),
            value: operation.value.clone(),
            extra,
        });
    }
}
