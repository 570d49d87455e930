//! Registers that are not linearizable: on whose word a read was answered, or a write
//! acknowledged.

use finding::window::{Action, Call};
use finding::{Evidence, Finding, Window};

use crate::run::Work;
use crate::service;
use crate::words::{duration, seconds};
use crate::{Cause, Run};

pub(crate) fn cause(finding: &Finding, run: &Run<'_>) -> Option<Cause> {
    let mut windows = finding.cases.iter().filter_map(|case| match case {
        Evidence::Window(window) => Some(window),
        _ => None,
    });
    windows.find_map(|window| of_window(window, run))
}

fn of_window(window: &Window, run: &Run<'_>) -> Option<Cause> {
    let stuck = run.begin(window.stuck)?;
    // The one that fits nowhere, if it found something; or else the last that did.
    let found = |call: &&Call| !matches!(call.action, Action::Write(_)) && call.ended.is_some();
    let is_stuck = |call: &&Call| call.began.0 == stuck.index;
    let call = (window
        .calls
        .iter()
        .find(|call| is_stuck(call) && found(call)))
    .or_else(|| {
        window
            .calls
            .iter()
            .filter(found)
            .max_by_key(|call| call.began.1)
    })?;
    let work = run.work(call.began.0)?;
    let (node, what) = (run.name(work.node), verb(&call.action));
    let operation = call.began.0;
    let stale = stale(&work, run);
    // Who changed the value before, at another node.
    let changed = window
        .calls
        .iter()
        .filter(|other| other.began.0 != operation);
    let changed = changed.filter(|other| !matches!(other.action, Action::Read(_)));
    let before =
        changed.filter(|other| other.ended.is_some_and(|(_, ended)| ended <= call.began.1));
    let last = before.max_by_key(|other| other.ended);
    let writer = last.and_then(|other| Some((other, run.work(other.began.0)?)));
    let words = match (stale, writer) {
        (Some(words), _) => {
            format!("{node} did the {what} (operation {operation}) with a stale state: {words}")
        }
        (None, Some((other, written))) if written.node != work.node && work.sent.is_empty() => {
            format!(
                "{node} answered the {what} (operation {operation}) from its own state, without asking another node or a service, \
             while {} had acknowledged a {} {} before (operation {})",
                run.name(written.node),
                verb(&other.action),
                duration(call.began.1 - other.ended?.1),
                other.began.0,
            )
        }
        (None, Some((other, written))) if written.sent.is_empty() && written.node != work.node => {
            let when = match written.after.is_empty() {
                true => "without telling another node or a service",
                false => "before it told anyone else",
            };
            format!(
                "{} acknowledged a {} (operation {}) {when}, and {node}, which had not heard of it, did the next {what} \
                 (operation {operation})",
                run.name(written.node),
                verb(&other.action),
                other.began.0,
            )
        }
        _ => return None,
    };
    let key = match &window.key {
        history::edn::Value::Nil => "the register".to_owned(),
        key => format!("key {key}"),
    };
    Some(Cause {
        kind: "cause",
        words: format!("{key} is not linearizable, since {words}"),
        operations: vec![operation],
    })
}

fn verb(action: &Action) -> &'static str {
    match action {
        Action::Read(_) => "read",
        Action::Write(_) => "write",
        Action::Cas(..) => "cas",
    }
}

/// A stale state that a service served meanwhile.
fn stale(work: &Work<'_, '_>, run: &Run<'_>) -> Option<String> {
    let steps = service::steps(run);
    let stale = service::stale(&steps);
    let during = |stale: &&service::Stale<'_>| {
        stale.step.node == work.node && (work.places.0..work.places.1).contains(&stale.step.sent.1)
    };
    let stale = stale.iter().find(during)?;
    Some(format!(
        "{} answered it at {} with what had been replaced {} before, as it may",
        run.name(stale.step.service),
        seconds(stale.step.arrived.0),
        duration(stale.age)
    ))
}
