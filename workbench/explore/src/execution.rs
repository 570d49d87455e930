//! A run of a small world, step by step.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use history::{History, Op};
use host::{Happens, Output, TimedNode};
use maelstrom_node::Rng;
use maelstrom_node::disk::{Command, Files};
use network::service::Service;
use network::wire::{self, Body, Envelope};
use serde_json::json;
use simulation::client::{Client, Operation};
use simulation::workload::Workload;

use crate::search::Bounds;
use crate::step::Step;

/// A node, and what it was told.
struct Slot<N> {
    /// None if it is dead.
    node: Option<N>,
    life: u64,
    /// What its clock shows, which only its timers move.
    clock: Duration,
    /// All that it was told, by now.
    told: u64,
    kept: Files,
    /// What it has written since the last sync.
    open: Vec<Command>,
    /// How much of that is being synced.
    syncing: Option<usize>,
}

/// A message under way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Flight {
    pub(crate) src: String,
    pub(crate) dest: String,
    pub(crate) body: String,
}

impl Flight {
    fn words(&self) -> String {
        format!("{} -> {}: {}", self.src, self.dest, self.body)
    }
}

/// A client.
pub(crate) struct Seat {
    pub(crate) client: Client,
    /// What it has not begun yet.
    pub(crate) operation: Option<Operation>,
    /// What it does just now.
    pub(crate) busy: Option<Operation>,
    pub(crate) messages: u64,
}

/// A run, as far as it has come.
pub(crate) struct Execution<'a, N> {
    start: &'a RefCell<crate::Start<N>>,
    bounds: &'a Bounds,
    pub(crate) workload: Box<dyn Workload>,
    pub(crate) names: Vec<String>,
    slots: Vec<Slot<N>>,
    /// Those under way, in an order that follows from what they are.
    flights: Vec<Flight>,
    /// What concerns clients, and arrives at once.
    arrived: VecDeque<Flight>,
    services: Vec<(&'static str, Service, u64)>,
    pub(crate) seats: Vec<Seat>,
    pub(crate) history: Vec<Op>,
    /// All that clients have seen, by now.
    pub(crate) seen: u64,
    timers: usize,
    drops: usize,
    kills: usize,
    pub(crate) steps: u64,
    /// What a node did wrong.
    pub(crate) problem: Option<String>,
}

pub(crate) fn hash(it: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    it.hash(&mut hasher);
    hasher.finish()
}

impl<'a, N: TimedNode> Execution<'a, N> {
    /// The beginning: nodes have been told `init`, and what the workload sets them up with.
    pub(crate) fn new(
        bounds: &'a Bounds,
        workload: &dyn Workload,
        start: &'a RefCell<crate::Start<N>>,
    ) -> Self {
        let mut workload = workload.copied();
        let names: Vec<String> = (0..bounds.nodes).map(|node| format!("n{node}")).collect();
        let rng = Rng::new(bounds.seed);
        let seats = (0..bounds.operations).map(|place| {
            let client = Client {
                thread: place,
                process: place as i64,
            };
            let operation = match bounds.chosen.get(place) {
                Some(operation) => operation.clone(),
                None => workload.generate(client, &rng),
            };
            Seat {
                client,
                operation: Some(operation),
                busy: None,
                messages: 0,
            }
        });
        let seats = seats.collect();
        let slots = names.iter().map(|_| Slot {
            node: None,
            life: 0,
            clock: Duration::ZERO,
            told: 0,
            kept: Files::new(),
            open: Vec::new(),
            syncing: None,
        });
        let services = Service::all().into_iter();
        let mut execution = Execution {
            start,
            bounds,
            slots: slots.collect(),
            names,
            workload,
            flights: Vec::new(),
            arrived: VecDeque::new(),
            services: services.map(|(name, service)| (name, service, 0)).collect(),
            seats,
            history: Vec::new(),
            seen: 0,
            timers: 0,
            drops: 0,
            kills: 0,
            steps: 0,
            problem: None,
        };
        for node in 0..execution.slots.len() {
            execution.start(node);
        }
        if let Some(mut setup) = execution.workload.setup(&execution.names) {
            setup.insert("msg_id".into(), 1.into());
            let body = serde_json::Value::from(setup).to_string();
            for node in 0..execution.slots.len() {
                execution.tell(node, "c-setup", &body);
            }
        }
        execution.settle();
        if !bounds.warm_up.is_zero() {
            execution.recover(bounds.warm_up);
        }
        execution
    }

    /// Which state it is in.
    pub(crate) fn state(&self) -> u64 {
        let nodes: Vec<(u64, bool, bool, usize)> = self
            .slots
            .iter()
            .map(|slot| {
                (
                    slot.told,
                    slot.node.is_some(),
                    slot.syncing.is_some(),
                    slot.open.len(),
                )
            })
            .collect();
        let begun: Vec<bool> = self
            .seats
            .iter()
            .map(|seat| seat.operation.is_none())
            .collect();
        let services: Vec<u64> = self.services.iter().map(|(_, _, told)| *told).collect();
        let spent = (self.timers, self.drops, self.kills);
        hash(&(nodes, &self.flights, begun, services, self.seen, spent))
    }

    /// All that may happen next.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (client, seat) in self.seats.iter().enumerate() {
            if let Some(operation) = &seat.operation {
                let what = format!("{} {}", operation.f, operation.value);
                steps.push(Step::Begin { client, what });
            }
        }
        let mut last = None;
        for (message, flight) in self.flights.iter().enumerate() {
            // Of two that are the same, either.
            if last.replace(flight) == Some(flight) {
                continue;
            }
            let what = flight.words();
            if self.drops < self.bounds.drops {
                let what = what.clone();
                steps.push(Step::Drop { message, what });
            }
            steps.push(Step::Deliver { message, what });
        }
        for (node, slot) in self.slots.iter().enumerate() {
            let name = self.names[node].clone();
            let Some(living) = &slot.node else {
                steps.push(Step::Start { node, name });
                continue;
            };
            if slot.syncing.is_some() {
                let name = name.clone();
                steps.push(Step::Sync { node, name });
            }
            if self.timers < self.bounds.timers && living.deadline().is_some() {
                let name = name.clone();
                steps.push(Step::Timer { node, name });
            }
            if self.kills < self.bounds.kills {
                for keeps in [false, true] {
                    if !keeps || !slot.open.is_empty() {
                        let name = name.clone();
                        steps.push(Step::Kill { node, name, keeps });
                    }
                }
            }
        }
        steps
    }

    /// Whether nothing is left but what need not happen: timers, losses and kills.
    pub(crate) fn is_quiet(&self) -> bool {
        let alive = |slot: &Slot<N>| slot.node.is_some() && slot.syncing.is_none();
        self.flights.is_empty()
            && self.seats.iter().all(|seat| seat.operation.is_none())
            && self.slots.iter().all(alive)
    }

    /// Does one of the steps.
    pub(crate) fn take(&mut self, step: &Step) {
        self.passes();
        self.does(step);
        self.settle();
    }

    /// Whatever concerns clients arrives.
    pub(crate) fn settle(&mut self) {
        while let Some(flight) = self.arrived.pop_front() {
            self.passes();
            self.deliver(&flight);
        }
    }

    fn does(&mut self, step: &Step) {
        match step {
            Step::Begin { client, .. } => self.begin(*client),
            Step::Deliver { message, .. } => {
                let flight = self.flights.remove(*message);
                self.deliver(&flight);
            }
            Step::Drop { message, .. } => {
                self.drops += 1;
                self.flights.remove(*message);
            }
            Step::Timer { node, .. } => {
                self.timers += 1;
                self.fire(*node);
            }
            Step::Sync { node, .. } => self.synced(*node),
            Step::Kill { node, keeps, .. } => {
                self.kills += 1;
                self.kill(*node, *keeps);
            }
            Step::Start { node, .. } => self.start(*node),
        }
    }

    fn is_clients(&self, flight: &Flight) -> bool {
        flight.src.starts_with('c') || flight.dest.starts_with('c')
    }

    fn deliver(&mut self, flight: &Flight) {
        if let Some(node) = self.names.iter().position(|name| *name == flight.dest) {
            return self.tell(node, &flight.src, &flight.body);
        }
        if let Some(place) = self
            .services
            .iter()
            .position(|(name, ..)| *name == flight.dest)
        {
            let (name, service, told) = &mut self.services[place];
            *told = hash(&(*told, flight));
            let answer = Body::parse(&flight.body).ok();
            let answer =
                answer.and_then(|body| service.handle(&flight.src, &body, &mut |_| 0).ok());
            if let Some(body) = answer {
                let (src, dest) = ((*name).to_owned(), flight.src.clone());
                self.send(Flight { src, dest, body });
            }
            return;
        }
        self.reply(flight);
    }

    /// Something is under way from now on. What is for a client is there at once, and what a
    /// client asks as well: an operation that takes longer is only easier to explain.
    pub(crate) fn send(&mut self, flight: Flight) {
        if self.is_clients(&flight) {
            return self.arrived.push_back(flight);
        }
        let place = self.flights.partition_point(|other| *other <= flight);
        self.flights.insert(place, flight);
    }

    /// A node gets a message.
    fn tell(&mut self, node: usize, src: &str, body: &str) {
        let line = wire::line(0, src, &self.names[node], body);
        self.turn(node, Happens::Line(&line));
    }

    /// A node's timer fires.
    pub(crate) fn fire(&mut self, node: usize) {
        let slot = &mut self.slots[node];
        let deadline = slot.node.as_ref().and_then(N::deadline);
        slot.clock = slot.clock.max(deadline.unwrap_or_default());
        self.turn(node, Happens::Nothing);
    }

    /// What a node synced is kept.
    pub(crate) fn synced(&mut self, node: usize) {
        let slot = &mut self.slots[node];
        let count = slot.syncing.take().unwrap_or(0);
        for command in slot.open.drain(..count) {
            host::apply(&mut slot.kept, command);
        }
        self.turn(node, Happens::Synced(Ok(())));
    }

    fn kill(&mut self, node: usize, keeps: bool) {
        let slot = &mut self.slots[node];
        if let Some(mut living) = slot.node.take() {
            living.stop();
        }
        let open = std::mem::take(&mut slot.open);
        if keeps {
            open.into_iter()
                .for_each(|command| host::apply(&mut slot.kept, command));
        }
        slot.syncing = None;
        slot.told = hash(&(slot.told, 3, keeps));
    }

    /// Starts a node that is dead, and tells it who it is.
    pub(crate) fn start(&mut self, node: usize) {
        let slot = &mut self.slots[node];
        match (self.start.borrow_mut())(node, slot.life, slot.kept.clone()) {
            Ok(living) => {
                slot.node = Some(living);
                slot.life += 1;
                slot.clock = Duration::ZERO;
                let init = json!({"type": "init", "msg_id": 1, "node_id": self.names[node], "node_ids": self.names});
                self.tell(node, "c-init", &init.to_string());
            }
            Err(e) => {
                let name = &self.names[node];
                self.problem
                    .get_or_insert(format!("{name} cannot be started: {e}"));
            }
        }
    }

    /// Whether a node is alive.
    pub(crate) fn is_alive(&self, node: usize) -> bool {
        self.slots[node].node.is_some()
    }

    /// How many nodes there are.
    pub(crate) fn nodes(&self) -> usize {
        self.slots.len()
    }

    /// Whether a node waits for its disk.
    pub(crate) fn syncs(&self, node: usize) -> bool {
        self.slots[node].syncing.is_some()
    }

    /// How long it is until a node's timer fires, by its own clock.
    pub(crate) fn deadline(&self, node: usize) -> Option<(Duration, Duration)> {
        let slot = &self.slots[node];
        let deadline = slot.node.as_ref()?.deadline()?;
        Some((deadline, slot.clock))
    }

    /// Lets all that is under way arrive, once.
    pub(crate) fn arrive(&mut self) -> bool {
        let flights = std::mem::take(&mut self.flights);
        let any = !flights.is_empty() || !self.arrived.is_empty();
        for flight in flights {
            self.deliver(&flight);
        }
        self.settle();
        any
    }

    /// A node does something, and what it says is under way from then on.
    fn turn(&mut self, node: usize, happens: Happens<'_>) {
        let what = match &happens {
            Happens::Line(line) => hash(line),
            Happens::Nothing => 1,
            Happens::Synced(_) => 2,
        };
        let slot = &mut self.slots[node];
        let Some(living) = &mut slot.node else {
            return; // what is for the dead is lost
        };
        slot.told = hash(&(slot.told, what, slot.clock));
        let mut said = VecDeque::new();
        living.turn(slot.clock, happens, &mut |output| said.push_back(output));
        for command in living.disk_commands() {
            match command {
                Command::Sync => slot.syncing = Some(slot.open.len()),
                command => slot.open.push(command),
            }
        }
        let mut problem = living
            .failure()
            .map(|why| format!("it cannot go on: {why}"));
        // While nobody can be killed any more, a sync that takes its time does no more than a
        // message that does.
        let syncs = slot.syncing.is_some() && self.kills >= self.bounds.kills;
        for output in said {
            match output {
                Output::Line(line) => {
                    let text = String::from_utf8_lossy(&line).into_owned();
                    match Envelope::parse(&text) {
                        Ok(envelope) => self.send(Flight {
                            src: envelope.src.into_owned(),
                            dest: envelope.dest.into_owned(),
                            body: envelope.body.to_owned(),
                        }),
                        Err(e) => problem = Some(format!("it wrote what is no message: {e}")),
                    }
                }
                Output::Closed => problem = Some("it ended".to_owned()),
                Output::GivenUp(why) => problem = Some(why),
                _ => {}
            }
        }
        if let Some(problem) = problem {
            let name = &self.names[node];
            self.problem.get_or_insert(format!("{name}: {problem}"));
        }
        if syncs {
            self.synced(node);
        }
    }

    /// Time goes on, for the history.
    pub(crate) fn passes(&mut self) {
        self.steps += 1;
    }

    /// What clients did and saw.
    pub(crate) fn into_history(self) -> (Box<dyn Workload>, History, Option<String>) {
        (self.workload, History::new(self.history), self.problem)
    }
}
