//! A run, to be asked who did what for which operation.

use history::{History, Op, Process};
use recording::{Recorded, Recording, Wrong};
use serde_json::Value as Json;

/// What clients saw of it, and what went over the network.
pub(crate) struct Run<'a> {
    pub(crate) history: &'a History,
    pub(crate) recording: &'a Recording,
    /// In the order of sending.
    pub(crate) messages: Vec<Recorded<'a>>,
    /// What each endpoint is.
    parts: Vec<Part>,
    /// The places of what arrived at each endpoint.
    arrivals: Vec<Vec<u64>>,
}

/// What an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Node,
    Service,
    Client,
}

/// What a node did for a request.
pub(crate) struct Work<'r, 'a> {
    /// The node, among the endpoints.
    pub(crate) node: usize,
    /// What it sent to others before it answered, but to clients.
    pub(crate) sent: Vec<&'r Recorded<'a>>,
    /// What it sent likewise after its answer, up to the next message that it got.
    pub(crate) after: Vec<&'r Recorded<'a>>,
    /// Whether it answered.
    pub(crate) is_answered: bool,
    /// The places of the request's arrival and of its answer among all sendings and
    /// arrivals.
    pub(crate) places: (u64, u64),
}

impl<'a> Run<'a> {
    pub(crate) fn new(history: &'a History, recording: &'a Recording) -> Self {
        let part = |name: &String| match name {
            _ if recording.nodes().contains(name) => Part::Node,
            _ if is_client(name) => Part::Client,
            _ => Part::Service,
        };
        let messages: Vec<Recorded<'a>> = recording.messages().collect();
        let mut arrivals = vec![Vec::new(); recording.endpoints().len()];
        for message in &messages {
            arrivals[message.dest].extend(message.received_place);
        }
        arrivals
            .iter_mut()
            .for_each(|places| places.sort_unstable());
        Run {
            history,
            recording,
            messages,
            parts: recording.endpoints().iter().map(part).collect(),
            arrivals,
        }
    }

    pub(crate) fn name(&self, endpoint: usize) -> &'a str {
        &self.recording.endpoints()[endpoint]
    }

    pub(crate) fn part(&self, endpoint: usize) -> Part {
        self.parts[endpoint]
    }

    /// The node at which an operation was done.
    pub(crate) fn node_of(&self, process: Process) -> Option<&'a str> {
        match process {
            Process::Client(process) => self.recording.node_of(process),
            Process::Nemesis => None,
        }
    }

    /// The beginning of an operation, of whose events this is one.
    pub(crate) fn begin(&self, index: usize) -> Option<&'a Op> {
        let op = self.history.ops().get(index)?;
        match op.typ {
            history::OpType::Invoke => Some(op),
            _ => self.history.pair(index),
        }
    }

    /// The end of an operation, likewise, if it has one.
    pub(crate) fn end(&self, index: usize) -> Option<&'a Op> {
        let op = self.history.ops().get(index)?;
        match op.typ {
            history::OpType::Invoke => self.history.pair(index),
            _ => Some(op),
        }
    }

    /// What was done for an operation, of whose events this is one; none, if its request
    /// did not arrive.
    pub(crate) fn work(&self, index: usize) -> Option<Work<'_, 'a>> {
        let exchange = self.recording.exchange(self.begin(index)?.index)?;
        let message = |id: u64| self.messages.get(usize::try_from(id).ok()?);
        let request = message(exchange.request)?;
        let from = request.received_place?;
        let answer = exchange.answer.and_then(message);
        let to = answer.map_or(u64::MAX, |answer| answer.sent_place);
        let node = request.dest;
        let next = self.arrivals[node].partition_point(|place| *place <= to);
        let next = self.arrivals[node].get(next).copied().unwrap_or(u64::MAX);
        let sent = |from: u64, to: u64| -> Vec<&Recorded<'a>> {
            let first = self
                .messages
                .partition_point(|message| message.sent_place <= from);
            let sent = self.messages[first..].iter();
            let sent = sent.take_while(|message| message.sent_place < to);
            let is_to_others = |dest: usize| self.part(dest) != Part::Client;
            sent.filter(|message| message.src == node && is_to_others(message.dest))
                .collect()
        };
        Some(Work {
            node,
            sent: sent(from, to),
            after: sent(to, next),
            is_answered: answer.is_some(),
            places: (from, to),
        })
    }

    /// The partition that a message sent then would not have passed: from when to when it
    /// held.
    pub(crate) fn cut(&self, message: &Recorded<'_>) -> Option<(i64, Option<i64>)> {
        let (src, dest) = (self.name(message.src), self.name(message.dest));
        let mut partitions = self.recording.partitions();
        let cut = partitions.find(|held| held.holds_at(message.sent) && held.cuts(src, dest))?;
        Some((cut.began, cut.ended))
    }

    /// Whether a node was killed, or ended by itself, between these times.
    pub(crate) fn died(&self, node: &str, from: i64, to: i64) -> bool {
        self.recording.troubles().any(|trouble| {
            let is_death = matches!(trouble.wrong, Wrong::Killed | Wrong::DiskFailed(_));
            is_death && trouble.node == node && (from..=to).contains(&trouble.began)
        })
    }

    /// Whether a node was dead at this time.
    pub(crate) fn is_dead(&self, node: &str, time: i64) -> bool {
        self.recording.troubles().any(|trouble| {
            let is_death = matches!(trouble.wrong, Wrong::Killed | Wrong::DiskFailed(_));
            let is_over = trouble.ended.is_some_and(|ended| ended < time);
            is_death && trouble.node == node && trouble.began <= time && !is_over
        })
    }
}

/// The body of a message, if it has one.
pub(crate) fn body(message: &Recorded<'_>) -> Option<Json> {
    let mut line: Json = serde_json::from_slice(message.line).ok()?;
    line.get_mut("body").map(Json::take)
}

fn is_client(name: &str) -> bool {
    let number = name.strip_prefix('c').unwrap_or_default();
    number.parse::<u64>().is_ok()
}
