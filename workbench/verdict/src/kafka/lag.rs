//! How far polls lag behind, by the clock.
//!
//! The lag of a key in a poll is the least time by which it must be out of
//! date: from the moment when a higher offset than the client has seen was
//! known to be there, to the poll's invocation. Whoever was told an offset
//! knows that all below are there.

use std::collections::BTreeMap;

use history::edn::Value;
use history::{History, OpType};

use super::action::{Action, Actions, Key};

/// The longest lag of all polls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lag {
    key: Key,
    process: i64,
    /// When the poll began, in nanoseconds.
    time: i64,
    nanos: i64,
}

impl Lag {
    /// As a map, with seconds; that of no poll at all is 0.
    pub(super) fn to_edn(lag: Option<Lag>, actions: &Actions<'_>) -> Value {
        let seconds = |nanos: i64| Value::Float(nanos as f64 / 1e9);
        let Some(lag) = lag else {
            return Value::map([("time", seconds(0)), ("lag", seconds(0))]);
        };
        Value::map([
            ("time", seconds(lag.time)),
            ("process", Value::Int(lag.process)),
            ("key", actions.keys()[lag.key].clone()),
            ("lag", seconds(lag.nanos)),
        ])
    }
}

/// The highest offset that an action shows of each key; -1 for an empty one.
fn highest(action: &Action<'_>) -> impl Iterator<Item = (Key, i64)> {
    let polled = action.polled.iter().map(|batch| {
        let offsets = batch.records.iter().filter_map(|record| record.offset);
        (batch.key, offsets.max().unwrap_or(-1))
    });
    let sent = action.sent.iter().filter_map(|batch| {
        let offsets = batch.records.iter().filter_map(|record| record.offset);
        Some((batch.key, offsets.max()?))
    });
    polled.chain(sent)
}

/// A process's assigned keys, in their order, and how far it has seen each.
#[derive(Default)]
struct Seen {
    keys: Vec<Key>,
    offsets: BTreeMap<Key, i64>,
}

impl Seen {
    fn assign(&mut self, keys: &[Key]) {
        let before = std::mem::take(self);
        for &key in keys {
            self.see(key, before.offsets.get(&key).copied().unwrap_or(-1));
        }
    }

    fn see(&mut self, key: Key, offset: i64) {
        let keys = &mut self.keys;
        let seen = self.offsets.entry(key).or_insert_with(|| {
            keys.push(key);
            -1
        });
        *seen = offset.max(*seen);
    }
}

/// The worst lag; the first of those that are as long.
pub(super) fn worst(history: &History, actions: &Actions<'_>) -> Option<Lag> {
    // For each key, ever higher offsets and the times when they were known.
    let mut known: Vec<Vec<(i64, i64)>> = vec![Vec::new(); actions.keys().len()];
    for action in &actions.list {
        if matches!(action.op.typ, OpType::Ok | OpType::Info) {
            for (key, offset) in highest(action) {
                let before = known[key].last().map_or(-1, |(offset, _)| *offset);
                if offset > before {
                    known[key].push((offset, action.op.time));
                }
            }
        }
    }
    let mut seen: BTreeMap<i64, Seen> = BTreeMap::new();
    let mut worst: Option<Lag> = None;
    for action in actions.list.iter().filter(|action| action.is_ok()) {
        let seen = seen.entry(action.process).or_default();
        if let Some(keys) = &action.assigned {
            seen.assign(keys);
            continue;
        }
        if &*action.op.f == "send" {
            continue;
        }
        let Some(invocation) = history.pair(action.place) else {
            continue;
        };
        for (key, offset) in highest(action) {
            seen.see(key, offset);
        }
        for &key in &seen.keys {
            let offset = seen.offsets[&key];
            let next = known[key].partition_point(|(known, _)| *known <= offset);
            let nanos = match known[key].get(next) {
                Some((_, since)) => invocation.time.saturating_sub(*since).max(0),
                None => 0,
            };
            if worst.is_none_or(|worst| nanos > worst.nanos) {
                worst = Some(Lag {
                    key,
                    process: action.process,
                    time: invocation.time,
                    nanos,
                });
            }
        }
    }
    worst
}
