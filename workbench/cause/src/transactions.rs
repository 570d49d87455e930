//! Transactions that contradict each other: what came between the steps of one, or that
//! its node asked nobody.

use finding::contradiction::Contradiction;
use finding::{Evidence, Finding};
use history::edn::Value;

use crate::carriers;
use crate::run::{Part, Work};
use crate::service::{self, Action};
use crate::words::{duration, listed, seconds};
use crate::{Cause, Run};

pub(crate) fn cause(finding: &Finding, run: &Run<'_>) -> Option<Cause> {
    let steps = service::steps(run);
    finding.cases.iter().find_map(|case| {
        let mut operations = case.operations();
        operations.dedup();
        let works: Vec<(usize, Work<'_, '_>)> = operations
            .iter()
            .filter_map(|index| Some((*index, run.work(*index)?)))
            .collect();
        let words = (intermediate(case, run))
            .or_else(|| between(&works, &steps, run))
            .or_else(|| stale(&works, &steps, run))
            .or_else(|| alone(&works, run))?;
        let (name, count) = (&finding.anomaly, finding.count);
        let times = if count == 1 {
            String::new()
        } else {
            format!(" ({count} times)")
        };
        Some(Cause {
            kind: "cause",
            words: format!("{name}{times}: {words}"),
            operations,
        })
    })
}

/// A value that a node passed on in the middle of the transaction that wrote it.
fn intermediate(case: &Evidence, run: &Run<'_>) -> Option<String> {
    let Evidence::Contradiction(Contradiction::Read {
        key,
        value,
        writer,
        reader,
    }) = case
    else {
        return None;
    };
    let work = run.work(writer.index)?;
    let (node, from) = (run.name(work.node), run.node_of(reader.process)?);
    let end = run.end(writer.index);
    let outcome = match end.map(|end| end.typ) {
        Some(history::OpType::Fail) => "before it failed it",
        _ => "though it wrote that key again",
    };
    let json = Value::to_json(value);
    let passed = work.sent.iter().find(|message| {
        crate::run::body(message).is_some_and(|body| carriers::body_holds(&body, &json))
    });
    Some(match passed {
        Some(message) => format!(
            "{node} passed {value} (key {key}) on to {} at {}, in the middle of the transaction that wrote it (operation {}), \
             {outcome}; {from} read it there or was told of it",
            run.name(message.dest),
            seconds(message.sent),
            run.begin(writer.index)?.index,
        ),
        None if from == node => format!(
            "{node} let another transaction read {value} (key {key}) in the middle of the one that wrote it (operation {}), \
             {outcome}",
            run.begin(writer.index)?.index,
        ),
        None => return None,
    })
}

/// What another node wrote to a service between the first and the last step of a transaction.
fn between(
    works: &[(usize, Work<'_, '_>)],
    steps: &[service::Step],
    run: &Run<'_>,
) -> Option<String> {
    let of_work = |work: &Work<'_, '_>| -> Vec<&service::Step> {
        let is_of_it = |step: &&service::Step| {
            step.node == work.node && (work.places.0..work.places.1).contains(&step.sent.1)
        };
        steps.iter().filter(is_of_it).collect()
    };
    works.iter().find_map(|(operation, work)| {
        let own = of_work(work);
        let (first, last) = (own.first()?, own.last()?);
        if own.len() < 2 {
            return None;
        }
        let keys = || own.iter().map(|step| (step.service, &*step.key));
        let other = steps.iter().find(|step| {
            step.node != work.node
                && (first.arrived.1..last.arrived.1).contains(&step.arrived.1)
                && !matches!(step.action, Action::Read(_))
                && (keys().any(|key| key == (step.service, &*step.key)) || works.iter().any(|(_, other)| other.node == step.node))
        })?;
        Some(format!(
            "{} did the transaction of operation {} in {} steps at {}, between which {} wrote there (key {}, at {}): it does \
             not take effect at once",
            run.name(work.node),
            run.begin(*operation)?.index,
            own.len(),
            run.name(first.service),
            run.name(other.node),
            other.key,
            seconds(other.arrived.0),
        ))
    })
}

/// A stale state that a service served.
fn stale(
    works: &[(usize, Work<'_, '_>)],
    steps: &[service::Step],
    run: &Run<'_>,
) -> Option<String> {
    let all = service::stale(steps);
    works.iter().find_map(|(operation, work)| {
        let during = |stale: &&service::Stale<'_>| {
            stale.step.node == work.node && (work.places.0..work.places.1).contains(&stale.step.sent.1)
        };
        let stale = all.iter().find(during)?;
        Some(format!(
            "{} answered {} with a state that had been replaced {} before, as it may, and the transaction of operation {} was \
             done with that",
            run.name(stale.step.service),
            run.name(work.node),
            duration(stale.age),
            run.begin(*operation)?.index,
        ))
    })
}

/// Transactions whose nodes asked nobody.
fn alone(works: &[(usize, Work<'_, '_>)], run: &Run<'_>) -> Option<String> {
    let mut nodes: Vec<&str> = Vec::new();
    for (_, work) in works {
        let asked = work
            .sent
            .iter()
            .any(|message| run.part(message.dest) != Part::Client);
        if asked {
            return None;
        }
        nodes.push(run.name(work.node));
    }
    nodes.sort_unstable();
    nodes.dedup();
    match nodes.len() {
        0 | 1 => None,
        _ => Some(format!(
            "{} answered these transactions each from its own state, without asking another node or a service before",
            listed(&nodes)
        )),
    }
}
