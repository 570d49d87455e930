//! What clients threw: replies that broke the schema. It does not make a
//! history invalid, but a person will want to know.

use std::collections::BTreeMap;

use super::{Checked, Validity};
use crate::edn::Value;
use crate::history::{History, OpType};

/// Groups the operations that ended with an `:exception` by their cause.
pub fn check(history: &History) -> Checked {
    let mut by_cause: BTreeMap<String, (usize, &crate::history::Op)> = BTreeMap::new();
    for (_, op) in history.clients().filter(|(_, op)| op.typ == OpType::Info) {
        if let Some(exception) = op.get("exception") {
            let cause = exception.get("cause").unwrap_or(exception);
            let cause = cause
                .as_str()
                .map_or_else(|| cause.to_string(), str::to_owned);
            by_cause.entry(cause).or_insert((0, op)).0 += 1;
        }
    }
    let mut causes: Vec<_> = by_cause.into_iter().collect();
    causes.sort_by_key(|(_, (count, op))| (std::cmp::Reverse(*count), op.index));

    let mut results = Value::map([("valid?", true.into())]);
    let mut findings = Vec::new();
    if !causes.is_empty() {
        let exceptions = causes.iter().map(|(cause, (count, op))| {
            Value::map([
                ("count", (*count).into()),
                ("cause", cause.as_str().into()),
                ("example", op.index.into()),
            ])
        });
        results.insert("exceptions", Value::Vector(exceptions.collect()));
    }
    for (cause, (count, op)) in causes {
        let (f, index) = (&op.f, op.index);
        findings.push(format!(
            "{count} replies broke the schema, the first to the {f} that ends as operation \
             {index}: {cause}"
        ));
    }
    Checked {
        valid: Validity::Valid,
        results,
        findings,
    }
}
