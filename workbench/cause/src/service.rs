//! What nodes did with the key-value services: of each request what it found there, and
//! what the node knew when it sent it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::Run;
use crate::run::{Part, body};

/// A node's request to a service.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The node, among the endpoints.
    pub(crate) node: usize,
    /// The service, likewise.
    pub(crate) service: usize,
    /// The key, as JSON.
    pub(crate) key: String,
    pub(crate) action: Action,
    /// When it was sent, in nanoseconds as in the history, and its place among all sendings
    /// and arrivals.
    pub(crate) sent: (i64, u64),
    /// When it took effect, likewise.
    pub(crate) arrived: (i64, u64),
    /// The message that answered it.
    pub(crate) answer: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// It was answered this; none, that there is nothing.
    Read(Option<Json>),
    Write(Json),
    /// A compare-and-set that succeeded.
    Set(Json),
}

/// A write over what its node did not know.
pub(crate) struct Overwritten<'a> {
    /// The write.
    pub(crate) step: &'a Step,
    /// What it wrote over, and which node had written that.
    pub(crate) over: (&'a Json, usize),
}

/// A read that was answered with what was no longer there.
pub(crate) struct Stale<'a> {
    /// The read.
    pub(crate) step: &'a Step,
    /// For how long that had been replaced, in nanoseconds.
    pub(crate) age: i64,
    /// What replaced it.
    pub(crate) by: &'a Step,
}

/// The requests that took effect, in the order in which they did.
pub(crate) fn steps(run: &Run<'_>) -> Vec<Step> {
    let mut open: BTreeMap<(usize, usize, u64), Step> = BTreeMap::new();
    let mut steps = Vec::new();
    for message in &run.messages {
        let (src, dest) = (run.part(message.src), run.part(message.dest));
        if src != Part::Service && dest != Part::Service
            || src == Part::Client
            || dest == Part::Client
        {
            continue;
        }
        let Some(body) = body(message) else {
            continue;
        };
        let kind = body.get("type").and_then(Json::as_str).unwrap_or_default();
        let field = |name: &str| body.get(name).cloned();
        if dest == Part::Service {
            let action = match kind {
                "read" => Action::Read(None),
                "write" => Action::Write(field("value").unwrap_or_default()),
                "cas" => Action::Set(field("to").unwrap_or_default()),
                _ => continue,
            };
            let (Some(id), Some(time), Some(place)) = (
                body.get("msg_id").and_then(Json::as_u64),
                message.received,
                message.received_place,
            ) else {
                continue;
            };
            let step = Step {
                node: message.src,
                service: message.dest,
                key: field("key").unwrap_or_default().to_string(),
                action,
                sent: (message.sent, message.sent_place),
                arrived: (time, place),
                answer: message.id,
            };
            open.insert((message.src, message.dest, id), step);
            continue;
        }
        let Some(id) = body.get("in_reply_to").and_then(Json::as_u64) else {
            continue;
        };
        let Some(mut step) = open.remove(&(message.dest, message.src, id)) else {
            continue;
        };
        let is_missing = body.get("code").and_then(Json::as_u64) == Some(20);
        match (&mut step.action, kind) {
            (Action::Read(found), "read_ok") => *found = field("value"),
            (Action::Read(_), "error") if is_missing => {}
            (Action::Write(_), "write_ok") | (Action::Set(_), "cas_ok") => {}
            _ => continue,
        }
        step.answer = message.id;
        steps.push(step);
    }
    steps.sort_by_key(|step| step.arrived.1);
    steps
}

/// Writes over what another node had written and this one had not read.
pub(crate) fn overwritten(steps: &[Step]) -> Vec<Overwritten<'_>> {
    let mut held: BTreeMap<(usize, &str), (&Json, usize)> = BTreeMap::new();
    let mut known: BTreeMap<(usize, usize, &str), &Json> = BTreeMap::new();
    let mut found = Vec::new();
    for step in steps {
        let key = (step.service, &*step.key);
        let knows = (step.node, step.service, &*step.key);
        match &step.action {
            Action::Read(Some(value)) => {
                known.insert(knows, value);
            }
            Action::Read(None) => {
                known.remove(&knows);
            }
            Action::Write(value) | Action::Set(value) => {
                if let (Action::Write(_), Some(over)) = (&step.action, held.get(&key))
                    && over.1 != step.node
                    && known.get(&knows) != Some(&over.0)
                {
                    found.push(Overwritten { step, over: *over });
                }
                held.insert(key, (value, step.node));
                known.insert(knows, value);
            }
        }
    }
    found
}

/// Reads that were answered with what had been replaced.
pub(crate) fn stale(steps: &[Step]) -> Vec<Stale<'_>> {
    // Of each key, when each value was replaced.
    let mut held: BTreeMap<(usize, &str), Option<&Json>> = BTreeMap::new();
    let mut replaced: BTreeMap<(usize, &str), BTreeMap<String, &Step>> = BTreeMap::new();
    let mut found = Vec::new();
    for step in steps {
        let key = (step.service, &*step.key);
        let text = |value: Option<&Json>| value.map(Json::to_string).unwrap_or_default();
        match &step.action {
            Action::Read(value) => {
                let is_held = held.get(&key).copied().flatten() == value.as_ref();
                let by = replaced
                    .get(&key)
                    .and_then(|all| all.get(&text(value.as_ref())));
                if let (false, Some(by)) = (is_held, by) {
                    found.push(Stale {
                        step,
                        age: step.arrived.0 - by.arrived.0,
                        by,
                    });
                }
            }
            Action::Write(value) | Action::Set(value) => {
                let before = held.insert(key, Some(value)).flatten();
                let all = replaced.entry(key).or_default();
                all.insert(text(before), step);
                all.remove(&value.to_string());
            }
        }
    }
    found
}
