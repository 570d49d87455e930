//! Sums that no adds make: what became of the adds.

use std::collections::BTreeSet;

use finding::{Evidence, Finding, Sum};
use history::OpType;
use serde_json::Value as Json;

use crate::run::{Part, body};
use crate::service;
use crate::words::{duration, listed, seconds};
use crate::{Cause, Run};

pub(crate) fn cause(finding: &Finding, run: &Run<'_>) -> Option<Cause> {
    let sums = finding.cases.iter().filter_map(|case| match case {
        Evidence::Sum(sum) => Some(sum),
        _ => None,
    });
    let sums: Vec<&Sum> = sums.collect();
    let first = sums.first()?;
    let reads = match finding.count {
        1 => "a read shows a wrong sum".to_owned(),
        count => format!("{count} reads show a wrong sum for one reason"),
    };
    let words = overwritten(run)
        .or_else(|| stale(&sums, run))
        .or_else(|| lost(run))
        .or_else(|| untold(run))
        .or_else(|| one_number(run))?;
    Some(Cause {
        kind: "cause",
        words: format!("{reads}: {words}"),
        operations: vec![first.read.index],
    })
}

/// Writes to a service over what was not read.
fn overwritten(run: &Run<'_>) -> Option<String> {
    let steps = service::steps(run);
    let clashes = service::overwritten(&steps);
    let first = clashes.first()?;
    let times = match clashes.len() {
        1 => String::new(),
        count => format!("; that happened {count} times"),
    };
    Some(format!(
        "adds are overwritten: {} wrote {} to {} at {}, over {}, which {} had written there since {} had read it{times}",
        run.name(first.step.node),
        value(&first.step.action),
        run.name(first.step.service),
        seconds(first.step.arrived.0),
        first.over.0,
        run.name(first.over.1),
        run.name(first.step.node),
    ))
}

fn value(action: &service::Action) -> String {
    match action {
        service::Action::Write(value)
        | service::Action::Set(value)
        | service::Action::Read(Some(value)) => value.to_string(),
        service::Action::Read(None) => "nothing".into(),
    }
}

/// Reads that a service answered with what was no longer there.
fn stale(sums: &[&Sum], run: &Run<'_>) -> Option<String> {
    let steps = service::steps(run);
    let stale = service::stale(&steps);
    let of_read = |sum: &&Sum| {
        let work = run.work(sum.read.index)?;
        let during = |stale: &&service::Stale<'_>| {
            stale.step.node == work.node
                && (work.places.0..work.places.1).contains(&stale.step.sent.1)
        };
        stale.iter().find(during)
    };
    let first = sums.iter().find_map(of_read)?;
    let service = run.name(first.step.service);
    Some(format!(
        "{service} answered {}'s read at {} with {}, which had been replaced {} before: it may, as long as a node does \
         not write there first",
        run.name(first.step.node),
        seconds(first.step.arrived.0),
        value(&first.step.action),
        duration(first.age),
    ))
}

/// The acknowledged adds, each with the work for it.
fn adds<'r, 'a>(
    run: &'r Run<'a>,
) -> impl Iterator<Item = (&'a history::Op, crate::run::Work<'r, 'a>)> {
    let ends = run
        .history
        .clients()
        .filter(|(_, op)| op.typ == OpType::Ok && op.f == "add");
    ends.filter_map(|(_, op)| Some((op, run.work(op.index)?)))
}

/// Adds whose messages to other nodes were lost.
fn lost(run: &Run<'_>) -> Option<String> {
    let mut count = 0;
    let mut example = None;
    let mut told = 0;
    for (op, work) in adds(run) {
        let to_nodes = (work.sent.iter().chain(&work.after))
            .filter(|message| run.part(message.dest) == Part::Node);
        let mut lost = to_nodes
            .clone()
            .filter(|message| message.received.is_none());
        told += usize::from(to_nodes.clone().next().is_some());
        if let Some(message) = lost.next() {
            count += 1;
            example.get_or_insert((op, **message));
        }
    }
    let (op, message) = example?;
    let message = &message;
    let (src, dest) = (run.name(message.src), run.name(message.dest));
    let how = match run.cut(message).filter(|_| message.lost.is_none()) {
        Some((from, Some(to))) => format!(
            "lost in the partition from {} to {}",
            seconds(from),
            seconds(to)
        ),
        Some((from, None)) => format!("lost in the partition from {} on", seconds(from)),
        None if message.lost.is_some() => format!("lost, as {dest} was dead"),
        None => "lost".to_owned(),
    };
    Some(format!(
        "a node tells the others of an add once, and of {count} of {told} adds that was lost: {src} told {dest} of {} \
         (operation {}) at {}, which was {how}",
        op.value,
        op.index,
        seconds(message.sent),
    ))
}

/// Nodes that are told nothing by some other.
fn untold(run: &Run<'_>) -> Option<String> {
    let nodes = run.recording.nodes();
    let mut arrived: BTreeSet<(usize, usize)> = BTreeSet::new();
    for message in run
        .messages
        .iter()
        .filter(|message| message.received.is_some())
    {
        arrived.insert((message.src, message.dest));
        if [message.src, message.dest]
            .iter()
            .any(|end| run.part(*end) == Part::Service)
        {
            return None;
        }
    }
    let heard = |node: &&String| {
        arrived
            .iter()
            .any(|(src, dest)| run.name(*dest) == **node && run.part(*src) == Part::Node)
    };
    let deaf: Vec<&String> = nodes.iter().filter(|node| !heard(node)).collect();
    match deaf.len() {
        0 => None,
        _ if deaf.len() == nodes.len() => None,
        _ => Some(format!(
            "{} never got a message from another node",
            listed(&deaf)
        )),
    }
}

/// What the nodes tell each other is a single number.
fn one_number(run: &Run<'_>) -> Option<String> {
    let deltas: BTreeSet<i64> = adds(run).filter_map(|(op, _)| op.value.as_int()).collect();
    let mut example = None;
    for message in &run.messages {
        if run.part(message.src) != Part::Node || run.part(message.dest) != Part::Node {
            continue;
        }
        let body = body(message)?;
        let fields = body.as_object()?.iter();
        let mut fields =
            fields.filter(|(name, _)| !["type", "msg_id", "in_reply_to"].contains(&name.as_str()));
        match (fields.next(), fields.next()) {
            (Some((name, Json::Number(number))), None) => {
                // A number that no client added is more than one add.
                if number
                    .as_i64()
                    .is_some_and(|number| !deltas.contains(&number))
                {
                    example.get_or_insert((message, name.clone(), number.clone()));
                }
            }
            (None, _) => {}
            _ => return None,
        }
    }
    let (message, name, number) = example?;
    Some(format!(
        "all that nodes tell each other is one number, as {} told {} \"{name}\": {number} at {}: who gets it cannot know \
         which adds are in it, and so loses its own or counts some twice",
        run.name(message.src),
        run.name(message.dest),
        seconds(message.sent),
    ))
}
