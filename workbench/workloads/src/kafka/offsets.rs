//! How far the log of a key is known to go, from what clients were told.

use history::edn::Value;
use history::{Op, OpType};

/// The highest offset of each key that an operation which succeeded was told:
/// as the result of a send, or as that of a poll, which is -1 where there was
/// nothing to poll.
pub(super) fn highest(op: &Op) -> Vec<(i64, i64)> {
    let steps = match (op.typ, &*op.f) {
        (OpType::Ok, "send" | "poll") => op.value.items().unwrap_or_default(),
        _ => &[],
    };
    let steps = steps.iter().filter_map(Value::items);
    steps
        .flat_map(|step| match step {
            [_, Value::Map(logs)] => {
                let log = |(key, pairs): &(Value, Value)| {
                    let offsets = pairs.items()?.iter().filter_map(offset);
                    Some((number(key)?, offsets.max().unwrap_or(-1)))
                };
                logs.iter().filter_map(log).collect()
            }
            [_, key, pair] => number(key).zip(offset(pair)).into_iter().collect(),
            _ => Vec::new(),
        })
        .collect()
}

fn offset(pair: &Value) -> Option<i64> {
    pair.items()?.first()?.as_int()
}

fn number(key: &Value) -> Option<i64> {
    key.as_str()?.parse().ok()
}
