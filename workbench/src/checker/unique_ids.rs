//! Whether no id was given twice.

use std::collections::BTreeMap;

use super::{Checked, Validity};
use crate::edn::Value;
use crate::history::{History, OpType};

/// How many duplicated ids are listed; those given most often come first.
const LISTED: usize = 48;

/// Looks for ids that were acknowledged more than once.
///
/// The range of the ids needs an order among them. Ids of several types have
/// none; then the verdict is unknown, as Jepsen's is.
pub fn check(history: &History) -> Checked {
    let is =
        |typ| move |(_, op): &(usize, &crate::history::Op)| op.typ == typ && op.f == "generate";
    let attempted = history.clients().filter(is(OpType::Invoke)).count();
    let mut given: BTreeMap<String, (&Value, Vec<usize>)> = BTreeMap::new();
    let mut acknowledged: usize = 0;
    let mut range = Some((&Value::Nil, &Value::Nil));
    for (_, op) in history.clients().filter(is(OpType::Ok)) {
        let id = &op.value;
        range = match range {
            _ if acknowledged == 0 => Some((id, id)),
            Some((least, most)) => widen(least, most, id),
            None => None,
        };
        acknowledged += 1;
        let entry = given.entry(id.to_string()).or_insert((id, Vec::new()));
        entry.1.push(op.index);
    }
    let mut duplicated: Vec<_> = given
        .into_values()
        .filter(|(_, ops)| ops.len() > 1)
        .collect();
    // Most often first, then the greatest.
    duplicated.sort_by(|(a, a_ops), (b, b_ops)| {
        let order = b.compare(a).unwrap_or(std::cmp::Ordering::Equal);
        b_ops.len().cmp(&a_ops.len()).then(order)
    });
    let findings = duplicated.iter().map(|(id, ops)| {
        let ops: Vec<String> = ops.iter().map(usize::to_string).collect();
        let times = ops.len();
        format!(
            "the id {id} was given {times} times, by operations {}",
            ops.join(", ")
        )
    });
    let findings = findings.collect();
    let count = duplicated.len();
    duplicated.truncate(LISTED);
    duplicated.sort_by(|(a, _), (b, _)| a.compare(b).unwrap_or(std::cmp::Ordering::Equal));

    let valid = match range {
        Some(_) => Validity::from(count == 0),
        None => Validity::Unknown,
    };
    let listed = duplicated
        .into_iter()
        .map(|(id, ops)| (id.clone(), ops.len().into()));
    let mut results = Value::map([
        ("valid?", valid.to_edn()),
        ("attempted-count", attempted.into()),
        ("acknowledged-count", acknowledged.into()),
        ("duplicated-count", count.into()),
        ("duplicated", Value::Map(listed.collect())),
    ]);
    match range {
        Some((least, most)) => {
            results.insert("range", Value::Vector(vec![least.clone(), most.clone()]));
        }
        None => results.insert("error", "ids of several types, which have no order".into()),
    }
    Checked {
        valid,
        results,
        findings,
    }
}

fn widen<'a>(least: &'a Value, most: &'a Value, id: &'a Value) -> Option<(&'a Value, &'a Value)> {
    let least = if id.compare(least)?.is_lt() {
        id
    } else {
        least
    };
    let most = if id.compare(most)?.is_gt() { id } else { most };
    Some((least, most))
}
