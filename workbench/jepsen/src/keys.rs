//! Histories of several keys, each with a set, a counter or whatever of its own, as
//! jepsen.independent makes them: the value of every operation is `[key value]`. Each key
//! is judged by itself.

use std::collections::BTreeMap;

use history::edn::Value;
use history::{History, Op, OpType};

use super::{Checked, Validity};

/// The history of each key with values without it; none, if it has no keys. It has, if
/// reads ask for `[key nil]` and all else is of pairs.
fn split(history: &History) -> Option<BTreeMap<&Value, History>> {
    let invocations = || {
        let clients = history.clients().map(|(_, op)| op);
        clients.filter(|op| op.typ == OpType::Invoke)
    };
    let has_key = |op: &Op| match op.value.items() {
        Some([_, asked]) => op.f != "read" || *asked == Value::Nil,
        _ => false,
    };
    if !invocations().any(|op| op.f == "read") || !invocations().all(has_key) {
        return None;
    }
    let mut keys: BTreeMap<&Value, Vec<Op>> = BTreeMap::new();
    for (_, op) in history.clients() {
        let [key, value] = op.value.items()? else {
            return None;
        };
        keys.entry(key).or_default().push(Op {
            value: value.clone(),
            ..op.clone()
        });
    }
    let histories = keys.into_iter();
    Some(
        histories
            .map(|(key, ops)| (key, History::new(ops)))
            .collect(),
    )
}

/// Judges each key by itself, or the whole if there are none. The results have the shape
/// of jepsen.independent's.
pub fn each(history: &History, check: impl Fn(&History) -> Checked) -> Checked {
    let Some(keys) = split(history) else {
        return check(history);
    };
    let mut all = Checked {
        valid: Validity::Valid,
        results: Value::map([("valid?", true.into())]),
        findings: Vec::new(),
    };
    let (mut results, mut failures) = (Vec::new(), Vec::new());
    for (key, history) in keys {
        let checked = check(&history);
        if checked.valid == Validity::Invalid {
            failures.push(key.clone());
        }
        all.set(all.valid.and(checked.valid));
        results.push((key.clone(), checked.results));
        all.findings.extend(checked.findings);
    }
    all.results.insert("results", Value::Map(results.into()));
    all.results.insert("failures", failures.into());
    all
}

/// Why a history is none of those whose clients do only this, if it is not.
pub fn stranger(history: &History, known: &[&str]) -> Option<String> {
    let clients = history.clients().map(|(_, op)| op);
    let mut strangers = clients.filter(|op| !known.contains(&&*op.f));
    strangers.next().map(|op| {
        let (index, f) = (op.index, &op.f);
        let known = known.join(" or ");
        format!(
            "operation {index} is :{f}, where {known} is expected: this is a history of another \
             kind"
        )
    })
}
