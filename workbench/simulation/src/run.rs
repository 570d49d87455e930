//! One run of a workload: clients, network, nemesis and nodes around one heap
//! of events.
//!
//! ```text
//! workload -> clients -> network -> nodes         network -> stats
//!                 \-> history -> checkers -> results
//! nemesis  -> network
//! ```
//!
//! The loop takes the next event, waits for it together with the [`Host`] (in
//! real or virtual time, that is the host's affair), and handles what the nodes
//! wrote meanwhile. Everything random follows from one seed.
//!
//! The phases are Jepsen's: `init` to every node; the main phase until the time
//! limit, with faults if there are any; and for workloads with a final phase the
//! end of all faults, ten seconds of recovery, and the clients' last operations.

mod agenda;
mod choices;
mod clients;
mod config;
mod due;
mod faults;
mod final_phase;
pub mod limits;
mod look;
mod nodes;
mod observer;
mod preparation;
mod problem;
mod states;
mod strikes;
mod threads;

use std::collections::VecDeque;
use std::time::Duration;

use history::{History, Op, OpType, Process};
use maelstrom_node::Rng;

use crate::client::{self, Completion};
use crate::host::Host;
use crate::nemesis::node::Strikes;
use crate::nemesis::partition::Partitions;
use crate::nemesis::rule::Rules;
use crate::network::{EndpointId, Network, Packet, Received, Role, Stats};
use crate::schedule::World;
use crate::service::Service;
use crate::wire::{self, Body, Envelope};
use crate::workload::Workload;

use agenda::Agenda;
use choices::Choices;
pub use config::{Config, FLOOD, INIT_TIMEOUT};
use due::{Due, Phase};
use final_phase::FinalPhase;
pub use limits::ConfigError;
use nodes::Node;
pub use observer::{Inbox, Observer, Position, UnderWay};
pub use problem::{Problem, Unanswered};
pub use recording::{Event, EventLine, Message, MessageEvent};
use states::States;
pub use strikes::Death;
use threads::Threads;

/// The time between the end of the faults and the final operations.
pub const RECOVERY: Duration = Duration::from_secs(10);

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// What the clients (and the nemesis) did and saw.
    pub history: History,
    /// How many messages there were.
    pub messages: Stats,
    /// What the nodes did wrong beside their replies.
    pub problems: Vec<Problem>,
    /// What services left without an answer, of each service the first.
    pub unanswered: Vec<Unanswered>,
    /// Which nodes died, in the order of time.
    pub deaths: Vec<Death>,
    /// When each rule of the configuration struck, since the start of the main phase; none, if
    /// its moment did not come.
    pub struck: Vec<Option<Duration>>,
    /// How many nodes there were.
    pub nodes: usize,
    /// The main phase, if it came to its end.
    pub main_phase: Option<MainPhase>,
    /// Which nodes had written part of a line at the end, and how many bytes.
    pub unfinished: Vec<(String, usize)>,
    /// Whether the run was broken off from outside.
    pub interrupted: bool,
    /// The moment of the run that counts as 0 in the history: nodes had answered
    /// `init` by then.
    pub start: Duration,
}

/// How much clients did in the main phase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MainPhase {
    /// How many operations were asked for: the rate times the time.
    pub requested: f64,
    /// How many were begun.
    pub begun: usize,
}

/// Runs a workload against the nodes of a host, before the eyes of an observer
/// (`&mut ()` if nobody cares).
///
/// # Panics
/// If [`Config::check_with`] refuses the configuration: with what it says.
#[track_caller]
pub fn run(
    config: &Config,
    workload: &mut dyn Workload,
    host: &mut dyn Host,
    observer: &mut dyn Observer,
) -> Outcome {
    if let Err(error) = config.check_with(workload) {
        panic!("this cannot be run: {error}");
    }
    let mut run = Run::new(config, workload, host, observer);
    let interrupted = run.run();
    let unfinished = run.unfinished();
    let endings = run.host.stop();
    for (node, ending) in endings.into_iter().enumerate() {
        run.ended(node, ending);
    }
    Outcome {
        history: History::new(run.history),
        messages: *run.network.stats(),
        problems: run.problems,
        unanswered: run.unanswered,
        deaths: run.deaths,
        struck: run.rules.struck(run.start),
        nodes: config.nodes.len(),
        main_phase: run.main_phase,
        unfinished,
        interrupted,
        start: run.start,
    }
}

/// The body of a message that was sent, and so once read.
fn body(packet: &Packet) -> Option<Body<'_>> {
    let text = std::str::from_utf8(&packet.line).ok()?;
    Body::parse(Envelope::parse(text).ok()?.body).ok()
}

struct Run<'a> {
    config: &'a Config,
    workload: &'a mut dyn Workload,
    host: &'a mut dyn Host,
    observer: &'a mut dyn Observer,
    rng: Rng,
    now: Duration,
    /// The moment that counts as 0 in the history.
    start: Duration,
    phase: Phase,
    events: Agenda<Due>,
    network: Network,
    services: Vec<Service>,
    nodes: Vec<Node>,
    /// Which endpoints' readers may have something to do.
    busy: VecDeque<EndpointId>,
    threads: Threads,
    /// An operation that was due while no client was free.
    overdue: bool,
    choices: Choices,
    partitions: Option<Partitions>,
    strikes: Vec<Strikes>,
    /// Of each node, how many messages between nodes it sent and got; empty if nobody asks.
    traffic: Vec<u64>,
    rules: Rules,
    final_phase: FinalPhase,
    history: Vec<Op>,
    problems: Vec<Problem>,
    unanswered: Vec<Unanswered>,
    deaths: Vec<Death>,
    states: States,
    main_phase: Option<MainPhase>,
    /// How many messages the nodes wrote since the time last changed.
    at_this_moment: usize,
    /// How many they wrote in all.
    by_nodes: usize,
}

impl<'a> Run<'a> {
    fn new(
        config: &'a Config,
        workload: &'a mut dyn Workload,
        host: &'a mut dyn Host,
        observer: &'a mut dyn Observer,
    ) -> Self {
        let rng = Rng::new(config.seed);
        let mut network = Network::new(config.network.clone(), rng.fork());
        let names = config.nodes.iter().enumerate();
        let nodes = names
            .map(|(i, name)| Node::new(network.add(name, Role::Node(i))))
            .collect();
        let services = Service::all().into_iter().enumerate();
        let services = services
            .map(|(i, (name, service))| {
                network.add(name, Role::Service(i));
                service
            })
            .collect();
        let count = config.nodes.len();
        let mut partitions = config
            .partitions
            .map(|interval| Partitions::new(count, interval, config.one_way, rng.fork()));
        let mut strikes = config.node_faults.as_ref().map_or_else(Vec::new, |faults| {
            Strikes::all(faults, count, config.nemesis_seed())
        });
        let choices = Choices::new(config.schedule.as_deref(), observer.wants_choices());
        if let Some(schedule) = &config.schedule {
            partitions = partitions.map(|_| Partitions::of(schedule));
            strikes = Strikes::of(schedule);
            network.follow(choices::fates(schedule));
        }
        let looks = strikes.iter().any(Strikes::looks_at_primaries);
        Run {
            config,
            workload,
            host,
            observer,
            rng,
            now: Duration::ZERO,
            start: Duration::ZERO,
            phase: Phase::Init,
            events: Agenda::default(),
            network,
            services,
            nodes,
            busy: VecDeque::new(),
            threads: Threads::new(config.concurrency),
            overdue: false,
            choices,
            partitions,
            strikes,
            traffic: vec![0; if looks { count } else { 0 }],
            rules: Rules::new(&config.rules),
            final_phase: FinalPhase::new(config.seed),
            history: Vec::new(),
            problems: Vec::new(),
            unanswered: Vec::new(),
            deaths: Vec::new(),
            states: States::new(count),
            main_phase: None,
            at_this_moment: 0,
            by_nodes: 0,
        }
    }

    /// True if it was interrupted.
    fn run(&mut self) -> bool {
        let end = match self.workload.has_final_phase() {
            true => self.config.time_limit + RECOVERY,
            false => self.config.time_limit,
        };
        let nodes = self.config.nodes.clone();
        self.tell(Event::Nodes { nodes });
        if self.choices.are_wanted() {
            self.observer
                .begins(&World::of(self.config, self.workload.name()));
        }
        self.init();
        self.settle();
        let mut moment = self.observer.looks_at();
        while self.phase != Phase::Over {
            let position = Position {
                now: self.now.saturating_sub(self.start),
                end,
                events: self.history.len(),
            };
            if self.observer.position(position).is_break() {
                return true;
            }
            if self.is_just_before(moment) {
                moment = None;
                if self.look().is_break() {
                    return true;
                }
            }
            let (now, output) = self.host.wait(self.next_stop(moment));
            if self.now != now {
                self.now = now;
                self.at_this_moment = 0;
            }
            let is_idle = output.iter().all(|(_, output)| output.is_aside());
            for (node, output) in output {
                if self.phase == Phase::Over {
                    break; // of a flood, much may be left
                }
                self.output(node, output);
            }
            self.settle();
            while self.phase != Phase::Over {
                let Some(event) = self.events.pop_due(self.now) else {
                    break;
                };
                self.event(event);
                self.settle();
            }
            if is_idle && self.events.next_time().is_none() {
                break;
            }
        }
        false
    }

    /// Sends this body, an object as JSON text, and returns the message's number.
    fn send(&mut self, src: EndpointId, dest: EndpointId, body: &str) -> u64 {
        let id = self.network.stats().all.sent;
        let names = [src, dest].map(|end| self.network.name(end));
        let line = wire::line(id, names[0], names[1], body);
        self.observer.message(Message {
            event: MessageEvent::Sent,
            time: self.now,
            id,
            src: names[0],
            dest: names[1],
            line: &line,
        });
        let fate = self.network.send(self.now, src, dest, line);
        if !self.traffic.is_empty() {
            self.count_traffic(src, dest);
        }
        if self.choices.are_wanted() {
            self.choose_fate(src, dest, fate);
        }
        self.busy.push_back(dest);
        id
    }

    fn tell(&mut self, event: Event) {
        self.observer.event(self.now, &event);
    }

    /// Lets every reader take what it can.
    fn settle(&mut self) {
        while let Some(endpoint) = self.busy.pop_front() {
            match self.network.receive(self.now, endpoint) {
                Received::Packet(packet) => {
                    self.busy.push_front(endpoint);
                    self.packet(packet);
                }
                Received::Asleep(until) => {
                    self.events.add(until, Due::Wake(endpoint));
                    self.foresee(endpoint);
                }
                Received::Nothing => {}
            }
        }
    }

    /// Lets the host know what a node will be given next, where that is certain: its reader
    /// sleeps for it, nothing is done to nodes, and the run does not end before.
    fn foresee(&mut self, endpoint: EndpointId) {
        let is_spared = self.strikes.is_empty() && self.rules.is_empty();
        if self.phase == Phase::Main
            && is_spared
            && let Role::Node(node) = self.network.role(endpoint)
            && let Some((at, packet)) = self.network.taken(endpoint)
            && at < self.start + self.config.time_limit
        {
            self.host.foresee(node, at, &packet.line);
        }
    }

    fn packet(&mut self, packet: Packet) {
        let role = self.network.role(packet.dest);
        let is_dead = matches!(role, Role::Node(node) if !self.nodes[node].is_alive);
        self.observer.message(Message {
            event: match is_dead {
                true => MessageEvent::Lost,
                false => MessageEvent::Received,
            },
            time: self.now,
            id: packet.id,
            src: self.network.name(packet.src),
            dest: self.network.name(packet.dest),
            line: &packet.line,
        });
        match role {
            Role::Node(node) => self.arrives(node, &packet.line),
            Role::Service(service) => self.ask_service(service, &packet),
            Role::Client => self.reply(&packet),
        }
    }

    fn event(&mut self, event: Due) {
        match event {
            Due::Wake(endpoint) => self.busy.push_back(endpoint),
            Due::InitTimeout => {
                self.unprepared(Phase::Init, "init", self.config.init_timeout);
            }
            Due::SetupTimeout => {
                self.unprepared(
                    Phase::Setup,
                    "what the workload sets it up with",
                    client::TIMEOUT,
                );
            }
            Due::Operation => self.operation(),
            Due::Timeout { thread, request } => {
                if let Some(f) = self.threads.waits_for(thread, request) {
                    let completion = Completion::timeout(self.workload.is_idempotent(f));
                    self.complete(thread, completion);
                }
            }
            Due::Partition => self.partition(),
            Due::Strikes(place) => self.strikes(place),
            Due::Rule(place) => self.rule(place),
            Due::RuleOver(place) => self.rule_is_over(place),
            Due::Kill { node, life } => self.kill_if_alive(node, life),
            Due::RestartTimeout { node, life } => self.unanswered_restart(node, life),
            Due::TimeLimit => {
                let begins = |op: &&Op| op.typ == OpType::Invoke && op.process != Process::Nemesis;
                self.main_phase = Some(MainPhase {
                    requested: self.config.rate * self.config.time_limit.as_secs_f64(),
                    begun: self.history.iter().filter(begins).count(),
                });
                self.phase = Phase::Settling;
                self.overdue = false;
                self.next_phase();
            }
            Due::Recovered => self.begin_final_phase(),
            Due::FinalTurn { thread } => self.final_turn(thread),
        }
    }

    // The phases.

    fn begin(&mut self) {
        self.phase = Phase::Main;
        self.start = self.now;
        self.tell(Event::Begin);
        let first = self.partitions.as_ref();
        if let Some(at) = first.and_then(|partitions| partitions.first(self.now)) {
            self.events.add(at, Due::Partition);
        }
        self.schedule_strikes();
        if let Some(at) = self.first_operation() {
            self.events.add(at, Due::Operation);
        }
        let end = self.now + self.config.time_limit;
        self.events.add(end, Due::TimeLimit);
    }

    /// Goes on once the operations of a phase have all come to their end.
    fn next_phase(&mut self) {
        if !self.threads.all_free() {
            return;
        }
        match self.phase {
            Phase::Settling if self.workload.has_final_phase() => {
                self.phase = Phase::Recovery;
                if self.partitions.is_some() {
                    self.heal();
                }
                self.relieve_all();
                self.events.add(self.now + RECOVERY, Due::Recovered);
            }
            Phase::Settling => self.phase = Phase::Over,
            Phase::Final if self.final_phase.is_over() => self.phase = Phase::Over,
            _ => {}
        }
    }
}
