//! Logs with wrong offsets: who gave them, and who never got what is missing.

use finding::log::{Fault, Message, Offsets};
use finding::{Evidence, Finding};

use crate::carriers;
use crate::service;
use crate::words::{listed, plural, seconds};
use crate::{Cause, Run};

pub(crate) fn cause(finding: &Finding, run: &Run<'_>) -> Option<Cause> {
    let offsets = finding.cases.iter().filter_map(|case| match case {
        Evidence::Offsets(offsets) => Some(offsets),
        _ => None,
    });
    let offsets: Vec<&Offsets> = offsets.collect();
    match &offsets.first()?.fault {
        Fault::Conflict { .. } => conflict(&offsets, finding.count, run),
        Fault::Lost {
            message, reader, ..
        } => {
            let reader = run.node_of(reader.as_ref()?.process)?;
            missing(message, reader, finding.count, "lost", run)
        }
        Fault::Unseen { messages, count } => {
            let first = messages.first()?;
            let writer = run.node_of(first.writer.as_ref()?.process)?;
            let other = run.recording.nodes().iter().find(|node| *node != writer)?;
            missing(first, other, *count, "never polled", run)
        }
        _ => None,
    }
}

/// Several messages at one offset: given by whom.
fn conflict(offsets: &[&Offsets], count: usize, run: &Run<'_>) -> Option<Cause> {
    let mut example = None;
    for case in offsets {
        let Fault::Conflict { offset, messages } = &case.fault else {
            continue;
        };
        let writers: Option<Vec<_>> = messages
            .iter()
            .map(|message| message.writer.as_ref())
            .collect();
        let Some(writers) = writers else {
            continue;
        };
        let nodes: Option<Vec<&str>> = writers
            .iter()
            .map(|writer| run.node_of(writer.process))
            .collect();
        let mut nodes = nodes?;
        nodes.sort_unstable();
        nodes.dedup();
        let is_better = |(_, _, others, _): &(_, _, Vec<&str>, _)| nodes.len() > others.len();
        if example.as_ref().is_none_or(is_better) {
            example = Some((*case, *offset, nodes, writers));
        }
    }
    let (case, offset, nodes, writers) = example?;
    let subject = match count {
        1 => "an offset holds several messages".to_owned(),
        count => format!("{count} offsets hold several messages for one reason"),
    };
    let key = &case.key;
    let steps = service::steps(run);
    let clashes = service::overwritten(&steps);
    let words = match (&nodes[..], clashes.first()) {
        (_, Some(clash)) => format!(
            "{subject}: {} wrote to {} over what {} had written meanwhile, without having read it (key {}, at {}; so \
             {} {} in all), so both gave offset {offset} of key {key}",
            run.name(clash.step.node),
            run.name(clash.step.service),
            run.name(clash.over.1),
            clash.step.key,
            seconds(clash.step.arrived.0),
            clashes.len(),
            plural(clashes.len(), "time", "times"),
        ),
        ([node], None) => {
            let (first, last) = (writers.first()?, writers.last()?);
            let (from, to) = (first.time.min(last.time), first.time.max(last.time));
            let died = match run.died(node, from, to) {
                true => {
                    ", and died in between: it began anew with offsets that it had given before"
                }
                false => ", between an offset's choice and its use it does something else",
            };
            format!("{subject}: {node} itself gave offset {offset} of key {key} twice{died}")
        }
        (nodes, None) => format!(
            "{subject}: different nodes give the same one, each from its own count: {} {} gave offset {offset} of key \
             {key}",
            listed(nodes),
            plural(nodes.len() - 1, "both", "all"),
        ),
    };
    Some(Cause {
        kind: "cause",
        words,
        operations: writers.iter().map(|writer| writer.index).collect(),
    })
}

/// A message that a node does not have.
fn missing(
    message: &Message,
    reader: &str,
    count: usize,
    became: &str,
    run: &Run<'_>,
) -> Option<Cause> {
    let writer = message.writer.as_ref()?;
    let server = run.node_of(writer.process)?;
    let value = &message.value;
    let carriers = carriers::find(run.recording, &[value]);
    let to_reader: Vec<_> = carriers
        .get(value)
        .into_iter()
        .flatten()
        .filter(|carrier| carrier.dest == reader)
        .collect();
    let subject = match count {
        1 => format!("message {value} is {became}"),
        count => format!("{count} messages are {became}"),
    };
    let arrived = to_reader
        .iter()
        .filter_map(|carrier| carrier.received)
        .min();
    if server == reader || arrived.is_some() {
        return None;
    }
    let words = match to_reader.is_empty() {
        true => format!(
            "{subject}: {server} acknowledged {value} (operation {}) and never sent it to {reader}, which polls are \
             answered by as well",
            writer.index
        ),
        false => format!(
            "{subject}: {server} acknowledged {value} (operation {}), and {} with it to {reader} {} lost; it was not sent again",
            writer.index,
            plural(to_reader.len(), "the one message", "all messages"),
            plural(to_reader.len(), "was", "were"),
        ),
    };
    Some(Cause {
        kind: "cause",
        words,
        operations: vec![writer.index],
    })
}
