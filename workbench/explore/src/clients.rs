//! The clients of a small world, each with one operation.

use history::edn::Value;
use history::{Op, OpType, Process};
use host::TimedNode;
use network::wire::Body;
use simulation::client::{Client, Completion, Operation, Step as Turn};

use crate::execution::{Execution, Flight, hash};

impl<N: TimedNode> Execution<'_, N> {
    pub(crate) fn begin(&mut self, place: usize) {
        if let Some(operation) = self.seats[place].operation.take() {
            self.invoke(place, operation);
        }
    }

    /// A client begins an operation.
    pub(crate) fn invoke(&mut self, place: usize, operation: Operation) {
        let client = self.seats[place].client;
        self.record(OpType::Invoke, place, &operation, Vec::new());
        let turn = self.workload.request(client, &operation);
        self.seats[place].busy = Some(operation);
        self.go_on(place, turn);
    }

    fn go_on(&mut self, place: usize, turn: Turn) {
        match turn {
            Turn::Ask(mut body) => {
                let seat = &mut self.seats[place];
                seat.messages += 1;
                body.insert("msg_id".into(), seat.messages.into());
                let node = place % self.names.len();
                self.send(Flight {
                    src: format!("c{place}"),
                    dest: self.names[node].clone(),
                    body: serde_json::Value::from(body).to_string(),
                });
            }
            Turn::Done(completion) => self.complete(place, completion),
        }
    }

    pub(crate) fn reply(&mut self, flight: &Flight) {
        let place = flight
            .dest
            .strip_prefix('c')
            .and_then(|place| place.parse::<usize>().ok());
        let Some(place) = place.filter(|place| *place < self.seats.len()) else {
            return;
        };
        let seat = &self.seats[place];
        let Ok(body) = Body::parse(&flight.body) else {
            return;
        };
        let is_awaited = body.integer("in_reply_to") == Some(seat.messages as i64);
        let Some(operation) = seat.busy.clone().filter(|_| is_awaited) else {
            return;
        };
        let turn = if body.kind() == Some("error") {
            Completion::refused(&body, self.workload.is_idempotent(&operation.f)).into()
        } else {
            let done = self.workload.complete(seat.client, &operation, &body);
            done.unwrap_or_else(|why| Completion::thrown("malformed-rpc-response", &why).into())
        };
        self.go_on(place, turn);
    }

    fn complete(&mut self, place: usize, mut completion: Completion) {
        if self.workload.throws_errors() {
            completion = completion.throw();
        }
        let Some(mut operation) = self.seats[place].busy.take() else {
            return;
        };
        if let Some(value) = completion.value {
            operation.value = value;
        }
        self.record(completion.outcome, place, &operation, completion.extra);
        if completion.outcome == OpType::Info {
            self.seats[place].client.process += self.seats.len() as i64;
        }
    }

    /// Ends what clients still wait for.
    pub(crate) fn give_up(&mut self) {
        for place in 0..self.seats.len() {
            if let Some(operation) = &self.seats[place].busy {
                let idempotent = self.workload.is_idempotent(&operation.f);
                self.complete(place, Completion::timeout(idempotent));
            }
        }
    }

    /// How many clients there are, and whether one is free.
    pub(crate) fn seats(&self) -> usize {
        self.seats.len()
    }

    /// The client in this place, if it is free.
    pub(crate) fn free(&self, place: usize) -> Option<Client> {
        let seat = &self.seats[place];
        seat.busy.is_none().then_some(seat.client)
    }

    fn record(
        &mut self,
        typ: OpType,
        place: usize,
        operation: &Operation,
        outcome: Vec<(String, Value)>,
    ) {
        let client = self.seats[place].client;
        let own = operation.extra.iter();
        let own = own.map(|(key, value)| (key.to_string(), value.clone()));
        let op = Op {
            index: self.history.len(),
            time: self.steps as i64 * 1_000_000,
            typ,
            process: Process::Client(client.process),
            f: operation.f.clone(),
            value: operation.value.clone(),
            extra: own.chain(outcome).collect(),
        };
        self.seen = hash(&(
            self.seen,
            typ.name(),
            client.process,
            &op.f,
            op.value.to_string(),
        ));
        self.workload.recorded(client, &op);
        self.history.push(op);
    }
}
