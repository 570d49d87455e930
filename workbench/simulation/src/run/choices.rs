//! What could have been otherwise in a run: it is drawn, or a schedule says it; and whoever
//! wants to know is told.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use history::edn::Value;

use super::{Phase, Run, Unanswered, body, problem};
use crate::client::Operation;
use crate::nemesis::node::Strike;
use crate::nemesis::partition::Action;
use crate::nemesis::{NodeFault, Target};
use crate::network::{EndpointId, Fate, Fates, Packet};
use crate::schedule::{self, Choice, Schedule};
use crate::service;

/// How far a run is with its choices.
#[derive(Debug)]
pub(super) struct Choices {
    are_wanted: bool,
    /// What a schedule says, if there is one.
    said: Option<Said>,
    /// When the next operation is due.
    due: Duration,
    /// Of each service, how many requests it had.
    requests: Vec<u64>,
    /// How many messages were sent from the one to the other.
    sent: BTreeMap<(EndpointId, EndpointId), u64>,
}

#[derive(Debug)]
struct Said {
    operations: VecDeque<Begin>,
    /// What services choose, by their names and the number of the request.
    answers: BTreeMap<String, BTreeMap<u64, Vec<u64>>>,
}

/// A client begins an operation.
#[derive(Debug)]
struct Begin {
    at: Duration,
    thread: usize,
    operation: Operation,
}

impl Choices {
    pub(super) fn new(schedule: Option<&Schedule>, are_wanted: bool) -> Self {
        Choices {
            are_wanted,
            said: schedule.map(Said::new),
            due: Duration::ZERO,
            requests: vec![0; service::NAMES.len()],
            sent: BTreeMap::new(),
        }
    }

    pub(super) fn are_wanted(&self) -> bool {
        self.are_wanted
    }
}

impl Said {
    fn new(schedule: &Schedule) -> Self {
        let mut operations = VecDeque::new();
        let mut answers: BTreeMap<String, BTreeMap<u64, Vec<u64>>> = BTreeMap::new();
        for choice in &schedule.choices {
            match choice {
                Choice::Operation {
                    at,
                    client,
                    f,
                    value,
                    extra,
                } => operations.push_back(Begin {
                    at: *at,
                    thread: *client,
                    operation: Operation {
                        f: f.clone().into(),
                        value: value.clone(),
                        extra: entries(extra),
                    },
                }),
                Choice::Answer {
                    service,
                    nth,
                    picks,
                } => {
                    let of_service = answers.entry(service.clone()).or_default();
                    of_service.insert(*nth, picks.clone());
                }
                _ => {}
            }
        }
        Said {
            operations,
            answers,
        }
    }

    /// What a service chooses at its nth request.
    fn picks(&self, service: &str, nth: u64) -> &[u64] {
        let picks = self.answers.get(service).and_then(|of| of.get(&nth));
        picks.map_or(&[], Vec::as_slice)
    }
}

/// What becomes of messages.
pub(super) fn fates(schedule: &Schedule) -> Fates {
    let mut fates = Fates::default();
    for choice in &schedule.choices {
        if let Choice::Message {
            from,
            to,
            nth,
            takes,
        } = choice
        {
            fates.say(from, to, *nth, schedule::fate(takes));
        }
    }
    fates
}

/// An operation's further keys.
fn entries(extra: &Value) -> Vec<(Cow<'static, str>, Value)> {
    let Value::Map(entries) = extra else {
        return Vec::new();
    };
    let entries = entries.iter();
    let entries = entries.filter_map(|(key, value)| Some((key.as_name()?, value)));
    entries
        .map(|(key, value)| (key.to_owned().into(), value.clone()))
        .collect()
}

/// The same as a value.
fn map(extra: &[(Cow<'static, str>, Value)]) -> Value {
    let keyword = |key: &Cow<'static, str>| Value::keyword(key.to_string());
    let entries = extra
        .iter()
        .map(|(key, value)| (keyword(key), value.clone()));
    match extra {
        [] => Value::Nil,
        _ => Value::Map(entries.collect()),
    }
}

impl Run<'_> {
    fn since_start(&self) -> Duration {
        self.now.saturating_sub(self.start)
    }

    /// When the first operation is due, if there is any.
    pub(super) fn first_operation(&mut self) -> Option<Duration> {
        let due = match &self.choices.said {
            Some(said) => said.operations.front().map(|begin| self.start + begin.at),
            None => (self.config.rate > 0.0).then_some(self.now),
        };
        self.choices.due = due.unwrap_or_default();
        due
    }

    /// Begins the operation that is due, and sets the time of the next.
    pub(super) fn operation(&mut self) {
        if self.phase != Phase::Main {
            return;
        }
        let (begin, next) = match self.choices.said.is_some() {
            true => self.said_operation(),
            false => self.drawn_operation(),
        };
        self.overdue = begin.is_none() && next.is_some();
        let Some(Begin {
            at,
            thread,
            operation,
        }) = begin
        else {
            return;
        };
        if let Some(next) = next {
            self.choices.due = next;
            self.events.add(next, super::Due::Operation);
        }
        if self.choices.are_wanted {
            self.observer.choice(&Choice::Operation {
                at,
                client: thread,
                f: operation.f.to_string(),
                value: operation.value.clone(),
                extra: map(&operation.extra),
            });
        }
        self.invoke(thread, operation);
    }

    /// The one that a schedule has next, if its client is free, and when the next is due.
    fn said_operation(&mut self) -> (Option<Begin>, Option<Duration>) {
        let due = Some(self.choices.due);
        let Some(said) = &mut self.choices.said else {
            return (None, None);
        };
        match said.operations.front() {
            None => return (None, None),
            Some(begin) if !self.threads.is_free(begin.thread) => return (None, due),
            Some(_) => {}
        }
        let begin = said.operations.pop_front();
        let next = said.operations.front();
        (begin, next.map(|begin| self.start + begin.at))
    }

    /// One on a free client, chosen at random, if one is free; and when the next is due.
    fn drawn_operation(&mut self) -> (Option<Begin>, Option<Duration>) {
        let due = self.choices.due;
        let Some(thread) = self.threads.choose_free(&self.rng) else {
            return (None, Some(due));
        };
        // Gaps are uniform on 0 to 2/rate, from this operation's time.
        let gap = Duration::from_secs_f64(2.0 * self.rng.f64() / self.config.rate);
        let from = match self.events.last_time() {
            // Not late because of a busy client, but of the loop.
            due if self.now.saturating_sub(due) < Duration::from_millis(20) => due,
            _ => self.now,
        };
        let client = self.threads.client(thread);
        let begin = Begin {
            at: due.saturating_sub(self.start),
            thread,
            operation: self.workload.generate(client, &self.rng),
        };
        (Some(begin), Some(from + gap))
    }

    /// Tells what becomes of a message, unless it is plain.
    pub(super) fn choose_fate(&mut self, src: EndpointId, dest: EndpointId, fate: Option<Fate>) {
        let Some(fate) = fate else {
            return;
        };
        let sent = self.choices.sent.entry((src, dest)).or_default();
        let nth = *sent;
        *sent += 1;
        if fate != self.network.plain() {
            self.observer.choice(&Choice::Message {
                from: self.network.name(src).to_owned(),
                to: self.network.name(dest).to_owned(),
                nth,
                takes: schedule::takes(fate),
            });
        }
    }

    /// Tells of a partition, or of its end.
    pub(super) fn choose_partition(&mut self, action: &Action) {
        if !self.choices.are_wanted {
            return;
        }
        let at = self.since_start();
        let name = |node: usize| self.config.nodes[node].clone();
        let choice = match action {
            Action::Start(shape, pairs) => Choice::Partition {
                at,
                shape: *shape,
                cut: pairs
                    .iter()
                    .map(|(src, dest)| (name(*src), name(*dest)))
                    .collect(),
            },
            Action::Stop => Choice::Heal { at },
        };
        self.observer.choice(&choice);
    }

    /// Tells what happens to nodes.
    pub(super) fn choose_strike(
        &mut self,
        fault: NodeFault,
        struck: Option<(Target, &[(usize, Strike)])>,
    ) {
        if !self.choices.are_wanted {
            return;
        }
        let at = self.since_start();
        let choice = match struck {
            Some((target, struck)) => Choice::Strike {
                at,
                fault,
                target,
                nodes: struck
                    .iter()
                    .map(|(node, strike)| (self.config.nodes[*node].clone(), *strike))
                    .collect(),
            },
            None => Choice::Relief { at, fault },
        };
        self.observer.choice(&choice);
    }

    pub(super) fn ask_service(&mut self, service: usize, packet: &Packet) {
        let nth = self.choices.requests[service];
        self.choices.requests[service] += 1;
        let mut picks = Vec::new();
        let answer = match body(packet) {
            Some(body) => {
                let (client, name) = (packet.src, packet.dest);
                let [client, name] = [client, name].map(|end| self.network.name(end));
                let said = self.choices.said.as_ref().map(|said| said.picks(name, nth));
                let mut by_chance = service::by_chance(&self.rng);
                self.services[service].handle(client, &body, &mut |options| {
                    let pick = match said {
                        None => by_chance(options),
                        Some(said) => {
                            let pick = said.get(picks.len()).copied().unwrap_or(0);
                            pick.min(options.saturating_sub(1))
                        }
                    };
                    picks.push(pick);
                    pick
                })
            }
            None => Err("its body cannot be read".into()),
        };
        if self.choices.are_wanted && picks.iter().any(|pick| *pick > 0) {
            self.observer.choice(&Choice::Answer {
                service: self.network.name(packet.dest).to_owned(),
                nth,
                picks,
            });
        }
        match answer {
            Ok(answer) => {
                self.send(packet.dest, packet.src, &answer);
            }
            Err(why) => self.unanswered(packet, why),
        }
    }

    /// Maelstrom only says in its log that a service did not know what to answer.
    fn unanswered(&mut self, packet: &Packet, why: String) {
        let service = self.network.name(packet.dest);
        match self
            .unanswered
            .iter_mut()
            .find(|known| known.service == service)
        {
            Some(known) => known.count += 1,
            None => self.unanswered.push(Unanswered {
                service: service.to_owned(),
                count: 1,
                why,
                node: self.network.name(packet.src).to_owned(),
                time: self.now.saturating_sub(self.start),
                line: problem::quoted(&packet.line),
            }),
        }
    }
}
