//! What a run has told of itself: which client works with which node, which messages
//! are an operation's, which fault held when.

use std::collections::BTreeMap;
use std::time::Duration;

use super::trouble::{Trouble, Troubles};
use crate::{Change, Event, Shape};

/// What is kept of the events.
#[derive(Debug, Default)]
pub(super) struct Told {
    nodes: Vec<String>,
    /// The node of each client, by its number in the history.
    clients: BTreeMap<i64, usize>,
    /// In the order of the operations.
    exchanges: Vec<Exchange>,
    partitions: Vec<Held>,
    troubles: Troubles,
    /// When which node's state changed, and how.
    states: Vec<(Duration, usize, Vec<Change>)>,
    start: Duration,
}

#[derive(Debug)]
struct Held {
    began: Duration,
    ended: Option<Duration>,
    shape: Shape,
    deaf: Vec<Vec<usize>>,
}

/// The messages of an operation, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The index of its invocation in the history.
    pub operation: usize,
    /// Its request; the first, if it has several.
    pub request: u64,
    /// The answer to its last request, if that came in time.
    pub answer: Option<u64>,
}

/// What a client sent or received is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// It sets a node up, or is the answer to that.
    Preparation,
    /// It is a request of the operation whose invocation has this index in the history.
    Request(usize),
    /// It is the answer to such a request.
    Answer(usize),
}

/// A partition while it held.
#[derive(Clone, Copy, Debug)]
pub struct Partition<'a> {
    /// Its shape.
    pub shape: Shape,
    /// When it began, in nanoseconds as in the history.
    pub began: i64,
    /// When it ended, likewise, if it did.
    pub ended: Option<i64>,
    nodes: &'a [String],
    deaf: &'a [Vec<usize>],
}

/// What changed of the state that a node shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateChange<'a> {
    /// When, in nanoseconds as in the history.
    pub time: i64,
    /// The node, by its place among [`Recording::nodes`](crate::Recording::nodes).
    pub node: usize,
    /// What; in the beginning, all of it.
    pub changes: &'a [Change],
}

impl<'a> Partition<'a> {
    /// Each node that does not hear others, with those.
    pub fn deaf(&self) -> impl Iterator<Item = (&'a str, Vec<&'a str>)> {
        let nodes = self.nodes;
        let name = move |place: usize| nodes.get(place).map(|name| &**name);
        let all = self.deaf.iter().enumerate();
        let deaf = all.filter(|(_, unheard)| !unheard.is_empty());
        deaf.filter_map(move |(node, unheard)| {
            let unheard = unheard.iter().filter_map(|place| name(*place));
            Some((name(node)?, unheard.collect()))
        })
    }

    /// Whether it holds at this time, in nanoseconds as in the history.
    pub fn holds_at(&self, time: i64) -> bool {
        self.began <= time && self.ended.is_none_or(|ended| time < ended)
    }

    /// Whether `dest` does not hear `src` while it holds.
    pub fn cuts(&self, src: &str, dest: &str) -> bool {
        let place = |name: &str| self.nodes.iter().position(|node| node == name);
        let (Some(src), Some(dest)) = (place(src), place(dest)) else {
            return false;
        };
        self.deaf
            .get(dest)
            .is_some_and(|unheard| unheard.contains(&src))
    }
}

impl Told {
    /// Takes an event, and says of which message it tells what that is about.
    pub(super) fn event(&mut self, time: Duration, event: &Event) -> Option<(u64, About)> {
        match event {
            Event::Nodes { nodes } => self.nodes.clone_from(nodes),
            Event::Begin => self.start = time,
            Event::Client { process, node } => {
                self.clients.insert(*process, *node);
            }
            Event::Ask { message, operation } => {
                if let Some(operation) = *operation {
                    self.ask(operation, *message);
                }
                let about = operation.map_or(About::Preparation, About::Request);
                return Some((*message, about));
            }
            Event::Answer { message, operation } => {
                if let Some(place) = operation.and_then(|operation| self.place(operation).ok()) {
                    self.exchanges[place].answer = Some(*message);
                }
                let about = operation.map_or(About::Preparation, About::Answer);
                return Some((*message, about));
            }
            Event::Partition { shape, deaf } => {
                self.heal(time);
                self.partitions.push(Held {
                    began: time,
                    ended: None,
                    shape: *shape,
                    deaf: deaf.clone(),
                });
            }
            Event::Heal => self.heal(time),
            Event::State { node, changes } => self.states.push((time, *node, changes.clone())),
            Event::Still { .. }
            | Event::Kill { .. }
            | Event::DiskFailed { .. }
            | Event::Start { .. }
            | Event::Pause { .. }
            | Event::Resume { .. }
            | Event::Clock { .. }
            | Event::Disk { .. } => self.troubles.event(time, event),
        }
        None
    }

    fn ask(&mut self, operation: usize, request: u64) {
        match self.place(operation) {
            Ok(place) => self.exchanges[place].answer = None,
            Err(place) => self.exchanges.insert(
                place,
                Exchange {
                    operation,
                    request,
                    answer: None,
                },
            ),
        }
    }

    fn heal(&mut self, time: Duration) {
        if let Some(last) = self.partitions.last_mut() {
            last.ended.get_or_insert(time);
        }
    }

    fn place(&self, operation: usize) -> Result<usize, usize> {
        let of = |exchange: &Exchange| exchange.operation;
        self.exchanges.binary_search_by_key(&operation, of)
    }

    /// A moment of the run, as the history has it.
    pub(super) fn time(&self, time: Duration) -> i64 {
        time.as_nanos() as i64 - self.start.as_nanos() as i64
    }

    pub(super) fn nodes(&self) -> &[String] {
        &self.nodes
    }

    pub(super) fn node_of(&self, process: i64) -> Option<&str> {
        let node = self.clients.get(&process)?;
        self.nodes.get(*node).map(|name| &**name)
    }

    pub(super) fn exchange(&self, operation: usize) -> Option<Exchange> {
        let place = self.place(operation).ok()?;
        Some(self.exchanges[place])
    }

    pub(super) fn partitions(&self) -> impl Iterator<Item = Partition<'_>> {
        self.partitions.iter().map(|held| Partition {
            shape: held.shape,
            began: self.time(held.began),
            ended: held.ended.map(|ended| self.time(ended)),
            nodes: &self.nodes,
            deaf: &held.deaf,
        })
    }

    pub(super) fn states(&self) -> impl ExactSizeIterator<Item = StateChange<'_>> {
        let states = self.states.iter();
        states.map(|(time, node, changes)| StateChange {
            time: self.time(*time),
            node: *node,
            changes,
        })
    }

    pub(super) fn troubles(&self) -> impl Iterator<Item = Trouble<'_>> {
        self.troubles.all(&self.nodes, |time| self.time(time))
    }
}
