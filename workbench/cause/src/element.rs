//! Elements of a set that are missing in reads: what became of the messages that
//! carried them to the nodes that do not show them.

use std::collections::BTreeMap;

use finding::element::Fate;
use finding::{Element, Evidence, Finding};
use history::edn::Value;
use history::{Op, OpType};

use crate::carriers::{self, Carrier};
use crate::words::{listed, plural, seconds};
use crate::{Cause, Run};

/// Why a node does not show an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// No message with it was ever sent there.
    NotSent,
    /// All that were sent were lost, in a partition.
    Cut,
    /// All that were sent were lost, as the node was dead.
    Dead,
    /// All that were sent were lost, by chance.
    Lost,
    /// It came after the read that misses it.
    Late,
    /// It was there, and is there no more, without a death of the node.
    Forgotten,
    /// It died after it had it.
    Died,
}

/// A node that does not show an element.
struct Missing<'a> {
    node: &'a str,
    reason: Reason,
    /// What was lost.
    lost: Vec<Carrier>,
    /// When it was known to the node, if it was.
    had: Option<i64>,
    /// The read that misses it.
    read: &'a Op,
}

/// An element, with the nodes that do not show it.
struct Way<'a> {
    value: &'a Value,
    /// The node that a client told of it.
    server: &'a str,
    add: usize,
    missing: Vec<Missing<'a>>,
    /// Who was sent it.
    told: Vec<String>,
}

pub(crate) fn cause(finding: &Finding, run: &Run<'_>) -> Option<Cause> {
    let elements = finding.cases.iter().filter_map(|case| match case {
        Evidence::Element(element) => Some(element),
        _ => None,
    });
    let elements: Vec<&Element> = elements.filter(|element| element.add().is_some()).collect();
    let values: Vec<&Value> = elements.iter().map(|element| &element.value).collect();
    let carriers = carriers::find(run.recording, &values);
    let none = Vec::new();
    let ways: Vec<Way<'_>> = elements
        .iter()
        .filter_map(|element| way(element, carriers.get(&element.value).unwrap_or(&none), run))
        .filter(|way| !way.missing.is_empty())
        .collect();
    let mut counts: BTreeMap<Reason, usize> = BTreeMap::new();
    for way in &ways {
        for reason in way.reasons() {
            *counts.entry(reason).or_default() += 1;
        }
    }
    let (reason, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let example = ways.iter().find(|way| way.reasons().contains(&reason))?;
    let words = example.words(reason, run)?;
    let became = match elements.first()?.fate {
        Fate::Lost(_) => plural(finding.count, "is lost", "are lost"),
        Fate::NeverRead { .. } => plural(finding.count, "was never read", "were never read"),
        _ => plural(finding.count, "was missed by reads", "were missed by reads"),
    };
    let subject = match finding.count {
        1 => format!("element {} {became}", example.value),
        many if count == ways.len() => format!("{many} elements {became} for one reason"),
        many => format!("{many} elements {became}, most of them for one reason"),
    };
    Some(Cause {
        kind: "cause",
        words: format!("{subject}: {words}"),
        operations: vec![example.add],
    })
}

fn way<'a>(element: &'a Element, carriers: &[Carrier], run: &Run<'a>) -> Option<Way<'a>> {
    let add = element.add()?;
    let asked = run.begin(add.index)?;
    let answered = run.end(add.index).filter(|op| op.typ == OpType::Ok);
    let server = run.node_of(asked.process)?;
    let mut reads: BTreeMap<&str, Vec<(&Op, &Op, bool)>> = BTreeMap::new();
    for (place, ended) in run.history.clients() {
        if ended.typ != OpType::Ok || ended.f != "read" || ended.time < asked.time {
            continue;
        }
        if let (Some(began), Some(node)) = (run.history.pair(place), run.node_of(ended.process)) {
            let shows = ended
                .value
                .items()
                .unwrap_or_default()
                .contains(&element.value);
            reads.entry(node).or_default().push((began, ended, shows));
        }
    }
    let mut missing = Vec::new();
    for (node, reads) in &reads {
        let Some((began, read, false)) = reads.last().copied() else {
            continue;
        };
        let arrived = carriers.iter().filter(|carrier| carrier.dest == *node);
        let first = arrived.clone().filter_map(|carrier| carrier.received).min();
        let shown = reads
            .iter()
            .find(|(.., shows)| *shows)
            .map(|(_, ended, _)| ended.time);
        let acknowledged = answered.filter(|_| *node == server).map(|op| op.time);
        let had = [first, shown, acknowledged].into_iter().flatten().min();
        let lost: Vec<Carrier> = arrived
            .filter(|carrier| carrier.received.is_none())
            .cloned()
            .collect();
        let reason = match had {
            Some(had) if run.died(node, had, read.time) => Reason::Died,
            Some(had) if had <= began.time => Reason::Forgotten,
            Some(_) => Reason::Late,
            None if lost.is_empty() => Reason::NotSent,
            None if lost.iter().all(|carrier| carrier.lost.is_some()) => Reason::Dead,
            None if lost.iter().all(|carrier| partition(carrier, run).is_some()) => Reason::Cut,
            None => Reason::Lost,
        };
        missing.push(Missing {
            node,
            reason,
            lost,
            had,
            read,
        });
    }
    let is_node = |name: &&Carrier| run.recording.nodes().contains(&name.dest);
    let mut told: Vec<String> = (carriers.iter().filter(is_node))
        .map(|carrier| carrier.dest.clone())
        .filter(|name| name != server)
        .collect();
    told.sort_unstable();
    told.dedup();
    Some(Way {
        value: &element.value,
        server,
        add: asked.index,
        missing,
        told,
    })
}

/// The partition in which a message was lost.
fn partition(carrier: &Carrier, run: &Run<'_>) -> Option<(i64, Option<i64>)> {
    run.cut(&run.messages[usize::try_from(carrier.id).ok()?])
}

impl Way<'_> {
    fn reasons(&self) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = self.missing.iter().map(|missing| missing.reason).collect();
        reasons.sort_unstable();
        reasons.dedup();
        reasons
    }

    /// How it came to that, with this element for an example.
    fn words(&self, reason: Reason, run: &Run<'_>) -> Option<String> {
        let of_it: Vec<&Missing<'_>> = self
            .missing
            .iter()
            .filter(|missing| missing.reason == reason)
            .collect();
        let nodes: Vec<&str> = of_it.iter().map(|missing| missing.node).collect();
        let first = of_it.first()?;
        let Way { value, server, .. } = self;
        let to_each = if nodes.len() == 1 { "" } else { " to each" };
        Some(match reason {
            Reason::NotSent if self.told.is_empty() => format!(
                "whoever is told of one tells nobody, as {server}, which had {value} from a client"
            ),
            Reason::NotSent => format!(
                "{} never got {value}: no message with it was ever sent there, but {} to {}",
                listed(&nodes),
                plural(self.told.len(), "one", "some"),
                listed(&self.told)
            ),
            Reason::Cut => {
                let last = first.lost.last()?;
                let (from, to) = partition(last, run)?;
                let held = match to {
                    Some(to) => format!("from {} to {}", seconds(from), seconds(to)),
                    None => format!("from {} on", seconds(from)),
                };
                let messages = match first.lost.len() {
                    1 => format!("the one message{to_each} was"),
                    count => format!("all {count} messages{to_each} were"),
                };
                format!(
                    "{} never got {value}: {messages} lost in the partition {held}, and {value} was not sent again \
                     after it",
                    listed(&nodes),
                )
            }
            Reason::Dead => format!(
                "{} never got {value}: {} was dead when it came there, at {}, and it was not sent again",
                listed(&nodes),
                first.node,
                seconds(first.lost.last()?.lost?)
            ),
            Reason::Lost => {
                let messages = match first.lost.len() {
                    1 => format!(
                        "the one message{to_each} was lost (at {})",
                        seconds(first.lost[0].sent)
                    ),
                    count => format!("all {count} messages{to_each} were lost"),
                };
                format!(
                    "{} never got {value}: {messages}, and it was not sent again",
                    listed(&nodes)
                )
            }
            Reason::Late => format!(
                "{} got {value} only after the read that misses it, at {}: it was known from {} on",
                listed(&nodes),
                seconds(first.had?),
                seconds(run.begin(self.add)?.time)
            ),
            Reason::Forgotten => self.forgotten(first, run)?,
            Reason::Died => return None,
        })
    }

    /// How a node that had it came not to have it: by what it got last before the first read
    /// that misses it, of those that come after all that show it.
    fn forgotten(&self, missing: &Missing<'_>, run: &Run<'_>) -> Option<String> {
        let Missing {
            node, had, read, ..
        } = missing;
        let value = self.value;
        let reads = run
            .history
            .clients()
            .filter(|(_, op)| op.typ == OpType::Ok && op.f == "read");
        let mut reads = reads.filter(|(_, op)| run.node_of(op.process) == Some(node));
        let had = (*had)?;
        let mut shown = None;
        let mut missed = *read;
        for (_, op) in reads.by_ref().filter(|(_, op)| op.time >= had) {
            match op.value.items().unwrap_or_default().contains(value) {
                true => (shown, missed) = (Some(op.time), *read),
                false if op.time < missed.time => missed = op,
                false => {}
            }
        }
        let since = shown.unwrap_or(had).max(had);
        let json = value.to_json();
        // A message that has what a set may have, but not this.
        let without = run.messages.iter().rev().find(|message| {
            let is_between = message
                .received
                .is_some_and(|time| (since..=missed.time).contains(&time));
            is_between
                && run.name(message.dest) == *node
                && run.part(message.src) != crate::run::Part::Client
                && crate::run::body(message).is_some_and(|body| {
                    carriers::has_collection(&body) && !carriers::body_holds(&body, &json)
                })
        });
        let showed = match shown {
            Some(time) => format!("{node} showed {value} at {}", seconds(time)),
            None => format!("{node} had {value} from {} on", seconds(had)),
        };
        let misses = format!("a read at {} misses it", seconds(missed.time));
        Some(match without {
            Some(message) => format!(
                "{showed}, and {misses}: in between it got a message from {} (at {}) without {value} \
                 in it, and seems to have taken that in place of what it had",
                run.name(message.src),
                seconds(message.received?)
            ),
            None => format!(
                "{showed}, and {misses}: it got it, and does not keep it, or does not show it"
            ),
        })
    }
}
