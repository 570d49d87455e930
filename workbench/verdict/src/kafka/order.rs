//! Order: what a client sends or polls, in one operation or one after the
//! other, goes up the log, and a poll leaves nothing out.
//!
//! Only messages whose index is known can be told to be out of order. A client
//! starts anew with the keys that an assignment adds; in those that it keeps it
//! goes on.

use std::collections::BTreeMap;

use history::OpType;

use super::action::{Action, Actions, Batch, Key, Message};
use super::log::Log;

/// Two messages of a key, one after the other, that are not one after the other
/// in the log.
#[derive(Debug)]
pub(super) struct Jump {
    pub(super) key: Key,
    pub(super) from: Message,
    pub(super) to: Message,
    /// How far it is on in the log; not 1, and below 1 if it is not on at all.
    pub(super) distance: i64,
    /// The action of the first message and that of the second.
    pub(super) actions: [usize; 2],
}

/// Which records of an action are meant, ...
pub(super) type Side = for<'a> fn(&'a Action<'_>) -> &'a [Batch];

pub(super) const SENT: Side = |action| &action.sent;
pub(super) const POLLED: Side = |action| &action.polled;

/// The jumps forward, the longest first, and those that are none.
#[derive(Debug)]
pub(super) struct Jumps {
    pub(super) skips: Vec<Jump>,
    pub(super) nonmonotonic: Vec<Jump>,
}

impl Jumps {
    fn new(jumps: Vec<Jump>) -> Self {
        let forward = jumps.into_iter().partition(|jump| jump.distance > 1);
        let (mut skips, mut nonmonotonic): (Vec<Jump>, Vec<Jump>) = forward;
        skips.sort_by_key(|jump| -jump.distance);
        nonmonotonic.sort_by_key(|jump| jump.distance);
        Jumps {
            skips,
            nonmonotonic,
        }
    }
}

/// The jumps inside of single operations.
pub(super) fn within(actions: &Actions<'_>, logs: &[Log], side: Side) -> Jumps {
    let mut jumps = Vec::new();
    for (i, action) in actions.list.iter().enumerate() {
        for Batch { key, records } in side(action) {
            let pairs = records.windows(2).filter_map(|pair| {
                let (from, to) = (pair[0].message, pair[1].message);
                jump(logs, *key, from, to, [i, i])
            });
            jumps.extend(pairs);
        }
    }
    Jumps::new(jumps)
}

/// The jumps from one poll of a client to its next. One that failed does not
/// move its client, but has to go on as well.
pub(super) fn between_polls(actions: &Actions<'_>, logs: &[Log]) -> Jumps {
    between(actions, logs, POLLED, |_| true, |typ| typ == OpType::Ok)
}

/// The jumps from one send of a client to its next, but for those that failed.
pub(super) fn between_sends(actions: &Actions<'_>, logs: &[Log]) -> Jumps {
    let may_have_happened = |typ| matches!(typ, OpType::Ok | OpType::Info);
    between(actions, logs, SENT, may_have_happened, may_have_happened)
}

fn between(
    actions: &Actions<'_>,
    logs: &[Log],
    side: Side,
    is_compared: fn(OpType) -> bool,
    is_kept: fn(OpType) -> bool,
) -> Jumps {
    let mut jumps = Vec::new();
    // What each process had last of each key, if anything, and in which action.
    let mut positions: BTreeMap<i64, BTreeMap<Key, (usize, Option<Message>)>> = BTreeMap::new();
    for (i, action) in actions.list.iter().enumerate() {
        let typ = action.op.typ;
        let positions = positions.entry(action.process).or_default();
        if let Some(keys) = &action.assigned {
            if typ != OpType::Fail {
                let kept = keys.iter().filter_map(|key| positions.remove_entry(key));
                let kept = kept.collect();
                *positions = kept;
            }
            continue;
        }
        for Batch { key, records } in side(action) {
            let first = records.first().map(|record| record.message);
            if is_compared(typ)
                && let Some(&(before, Some(from))) = positions.get(key)
                && let Some(to) = first
            {
                jumps.extend(jump(logs, *key, from, to, [before, i]));
            }
            if is_kept(typ) {
                let last = records.last().map(|record| record.message);
                positions.insert(*key, (i, last));
            }
        }
    }
    Jumps::new(jumps)
}

fn jump(logs: &[Log], key: Key, from: Message, to: Message, actions: [usize; 2]) -> Option<Jump> {
    let distance = logs[key].distance(from, to)?;
    (distance != 1).then_some(Jump {
        key,
        from,
        to,
        distance,
        actions,
    })
}
