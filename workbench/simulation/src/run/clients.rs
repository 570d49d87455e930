//! The clients: one operation after another, each with its invocation and its
//! completion in the history.

use history::edn::Value;
use history::{Op, OpType, Process};

use super::{Due, Event, Phase, Run};
use crate::client::{Client, Completion, Operation, Step};
use crate::network::Packet;

impl Run<'_> {
    pub(super) fn invoke(&mut self, thread: usize, operation: Operation) {
        let client = self.threads.client(thread);
        if self.threads.is_new(thread) {
            self.tell(Event::Client {
                process: client.process,
                node: self.node_of(client),
            });
        }
        let index = self.history.len();
        self.record(OpType::Invoke, client, &operation, Vec::new());
        let step = self.workload.request(client, &operation);
        self.threads.begin(thread, operation, index);
        self.step(client, step);
    }

    fn step(&mut self, client: Client, step: Step) {
        let thread = client.thread;
        let mut body = match step {
            Step::Ask(body) => body,
            Step::Done(completion) => return self.complete(thread, completion),
        };
        let request = self.threads.ask(thread, &mut self.network);
        body.insert("msg_id".into(), request.msg_id.into());
        let node = self.nodes[self.node_of(client)].endpoint;
        let body = serde_json::Value::from(body).to_string();
        let message = self.send(request.src, node, &body);
        self.tell(Event::Ask {
            message,
            operation: self.threads.index(thread),
        });
        self.events.add(
            self.now + self.workload.timeout(),
            Due::Timeout {
                thread,
                request: request.number,
            },
        );
    }

    /// The node that a client works with.
    fn node_of(&self, client: Client) -> usize {
        client.process as usize % self.nodes.len()
    }

    pub(super) fn reply(&mut self, packet: &Packet) {
        let prepares = matches!(self.phase, Phase::Init | Phase::Setup);
        if prepares || self.may_stand_still() {
            let asked = |node: &super::Node| node.asked_by == Some(packet.dest);
            if let Some(node) = self.nodes.iter().position(asked) {
                return self.prepared(node, packet);
            }
        }
        if prepares {
            return;
        }
        let Some(body) = super::body(packet) else {
            return;
        };
        // A reply to an operation that was given up before is none of its.
        let Some(thread) = self
            .threads
            .expecting(packet.dest, body.integer("in_reply_to"))
        else {
            return;
        };
        let answer = Event::Answer {
            message: packet.id,
            operation: self.threads.index(thread),
        };
        self.observer.event(self.now, &answer);
        let Some(operation) = self.threads.operation(thread) else {
            return;
        };
        let client = self.threads.client(thread);
        let step = if body.kind() == Some("error") {
            Completion::refused(&body, self.workload.is_idempotent(&operation.f)).into()
        } else {
            self.workload
                .complete(client, operation, &body)
                .unwrap_or_else(|why| Completion::thrown("malformed-rpc-response", &why).into())
        };
        self.step(client, step);
    }

    pub(super) fn complete(&mut self, thread: usize, mut completion: Completion) {
        if self.workload.throws_errors() {
            completion = completion.throw();
        }
        let client = self.threads.client(thread);
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
        self.record(completion.outcome, client, &operation, completion.extra);
        if self.overdue && self.phase == Phase::Main {
            self.events.add(self.now, Due::Operation);
            self.overdue = false;
        }
        if self.phase == Phase::Final {
            // Not at once: turns without a request would nest.
            self.events.add(self.now, Due::FinalTurn { thread });
        }
        self.next_phase();
    }

    fn record(
        &mut self,
        typ: OpType,
        client: Client,
        operation: &Operation,
        outcome: Vec<(String, Value)>,
    ) {
        let own = operation.extra.iter();
        let mut extra: Vec<_> = own
            .map(|(key, value)| (key.to_string(), value.clone()))
            .collect();
        extra.extend(outcome);
        let process = Process::Client(client.process);
        let op = self.op(typ, process, operation, extra);
        self.workload.recorded(client, &op);
        self.history.push(op);
    }

    /// The next line of the history.
    pub(super) fn op(
        &self,
        typ: OpType,
        process: Process,
        operation: &Operation,
        extra: Vec<(String, Value)>,
    ) -> Op {
        Op {
            index: self.history.len(),
            time: self.now.saturating_sub(self.start).as_nanos() as i64,
            typ,
            process,
            f: operation.f.clone(),
            value: operation.value.clone(),
            extra,
        }
    }
}
