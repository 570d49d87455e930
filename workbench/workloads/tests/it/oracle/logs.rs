//! Kafka's logs: each kind of error by its definition, a loop each, whatever it costs.

use std::collections::{BTreeMap, BTreeSet};

use history::edn::Value;
use history::{History, OpType, Process};
use maelstrom_node::Rng;
use verdict::Validity::{self, Invalid, Unknown, Valid};

use super::Subject;
use super::runs::{Object, push, run, vector};

pub(super) const ALL: [Subject; 1] = [Subject::exact("kafka", logs, |_, history| right(history))];

/// The messages of each key, and where each client is in them.
#[derive(Clone, Default)]
struct Logs {
    messages: BTreeMap<Value, Vec<Value>>,
    positions: BTreeMap<(i64, Value), usize>,
}

const KEYS: [&str; 2] = ["x", "y"];

fn logs(rng: &Rng) -> History {
    let object = Object::<Logs> {
        initial: Logs::default,
        ask: |rng, asked| {
            let key = Value::keyword(*rng.choose(&KEYS).unwrap());
            let poll = vector([Value::keyword("poll")]);
            let mut send = || {
                let message = Value::keyword(format!("m{}", asked.new_value()));
                vector([Value::keyword("send"), key.clone(), message])
            };
            match rng.below(8) {
                0 => ("txn", vector([send(), poll])),
                1 => ("assign", vector([key])),
                2..5 => ("poll", vector([poll])),
                _ => ("send", vector([send()])),
            }
        },
        act: |logs, process, f, asked, way| {
            if f == "assign" {
                // Of other keys it forgets where it is.
                let keys = asked.items()?;
                logs.positions
                    .retain(|(client, key), _| *client != process || keys.contains(key));
                return Some(asked.clone());
            }
            if way == 1 && process == 1 && f == "send" {
                return None;
            }
            let mut done = Vec::new();
            for step in asked.items()? {
                if let [send, key, message] = step.items()? {
                    let log = logs.messages.entry(key.clone()).or_default();
                    let offset = Value::Int(2 * log.len() as i64);
                    log.push(message.clone());
                    done.push(vector([
                        send.clone(),
                        key.clone(),
                        vector([offset, message.clone()]),
                    ]));
                    continue;
                }
                let mut polled = Vec::new();
                // Nobody polls what is not committed: not what one sent oneself either.
                for (key, log) in logs.messages.iter().filter(|_| f == "poll") {
                    let position = logs.positions.entry((process, key.clone())).or_default();
                    let until = log.len().min(*position + 2);
                    let records = log[*position..until].iter().enumerate();
                    let records = records.map(|(i, message)| {
                        vector([Value::Int(2 * (*position + i) as i64), message.clone()])
                    });
                    polled.push((key.clone(), records.collect()));
                    *position = until;
                }
                done.push(vector([Value::keyword("poll"), Value::Map(polled.into())]));
            }
            Some(done.into_iter().collect())
        },
    };
    let history = run(rng, &object, 9);
    let mut ops = history.ops().to_vec();
    // At the end somebody polls all there is, as far as anybody knows; or forgets to.
    let mut known: BTreeMap<Value, BTreeMap<i64, Value>> = BTreeMap::new();
    for (key, offset, message) in places(&history) {
        known
            .entry(key)
            .or_default()
            .entry(offset)
            .or_insert(message);
    }
    if rng.chance(0.8) {
        let logs = known.into_iter().map(|(key, log)| {
            let records = log.into_iter();
            let records = records.map(|(offset, message)| vector([offset.into(), message]));
            (key, records.collect())
        });
        let polled = vector([vector([Value::keyword("poll"), Value::Map(logs.collect())])]);
        push(
            &mut ops,
            OpType::Invoke,
            99,
            "poll",
            vector([vector([Value::keyword("poll")])]),
        );
        push(&mut ops, OpType::Ok, 99, "poll", polled);
    }
    History::new(ops)
}

/// The end of an operation on the logs: what it sent and what it polled, in its order.
struct Action {
    process: Process,
    typ: OpType,
    begun: usize,
    ended: usize,
    assigned: Option<Vec<Value>>,
    sent: Vec<(Value, Option<i64>, Value)>,
    polled: Vec<(Value, i64, Value)>,
    /// The keys of its polls, also where there was nothing.
    keys: BTreeSet<Value>,
}

fn actions(history: &History) -> Vec<Action> {
    let mut actions = Vec::new();
    for (begun, op) in history.clients().filter(|(_, op)| op.typ == OpType::Invoke) {
        // Of an operation without an end nobody knows more than what was asked.
        let end = history.pair(begun).unwrap_or(op);
        let mut action = Action {
            process: op.process,
            typ: if end.typ == OpType::Invoke {
                OpType::Info
            } else {
                end.typ
            },
            begun,
            ended: history.pair_place(begun).unwrap_or(usize::MAX),
            assigned: None,
            sent: Vec::new(),
            polled: Vec::new(),
            keys: BTreeSet::new(),
        };
        if op.f == "assign" {
            action.assigned = Some(end.value.items().unwrap().to_vec());
            actions.push(action);
            continue;
        }
        for step in end.value.items().unwrap() {
            match step.items().unwrap() {
                [_, key, message] => action.sent.push(match message.items() {
                    Some([offset, message]) => (key.clone(), offset.as_int(), message.clone()),
                    _ => (key.clone(), None, message.clone()),
                }),
                [_, Value::Map(logs)] => {
                    for (key, records) in logs.iter() {
                        action.keys.insert(key.clone());
                        for record in records.items().unwrap() {
                            let [offset, message] = record.items().unwrap() else {
                                continue;
                            };
                            let offset = offset.as_int().unwrap();
                            action.polled.push((key.clone(), offset, message.clone()));
                        }
                    }
                }
                _ => {}
            }
        }
        actions.push(action);
    }
    actions.sort_by_key(|action| action.ended);
    actions
}

/// Where messages were seen, by polls of any end and sends that happened.
fn places(history: &History) -> BTreeSet<(Value, i64, Value)> {
    let actions = actions(history);
    let mut places = BTreeSet::new();
    for action in &actions {
        places.extend(action.polled.iter().cloned());
        if has_happened(&actions, action) {
            let placed = |(key, offset, message): &(Value, Option<i64>, Value)| {
                Some((key.clone(), (*offset)?, message.clone()))
            };
            places.extend(action.sent.iter().filter_map(placed));
        }
    }
    places
}

fn is_polled(actions: &[Action], key: &Value, message: &Value) -> bool {
    actions.iter().any(|action| {
        action.typ == OpType::Ok
            && action
                .polled
                .iter()
                .any(|(k, _, m)| k == key && m == message)
    })
}

/// It was acknowledged, or nobody knows, but somebody polled what it sent.
fn has_happened(actions: &[Action], action: &Action) -> bool {
    match action.typ {
        OpType::Ok => true,
        OpType::Info => {
            let mut sent = action.sent.iter();
            sent.any(|(key, _, message)| is_polled(actions, key, message))
        }
        _ => false,
    }
}

fn right(history: &History) -> &'static [Validity] {
    if !history.clients().any(|(_, op)| op.f != "assign") {
        return &[Unknown];
    }
    let actions = actions(history);
    let places = places(history);
    let errors = [
        is_ambiguous(&places),
        polls_refused(&actions),
        is_lost(&actions, &places),
        jumps(&actions, &places),
        is_unseen(&actions),
        is_cyclic(&actions),
    ];
    match errors.contains(&true) {
        true => &[Invalid],
        false if is_empty(&actions) => &[Unknown],
        false => &[Valid],
    }
}

/// Nothing is after anything, of sends and polls.
fn is_empty(actions: &[Action]) -> bool {
    let steps = || actions.iter().filter(|action| action.assigned.is_none());
    let mut pairs = steps().flat_map(|a| steps().map(move |b| (a, b)));
    !pairs.any(|(a, b)| {
        let is_read = a.sent.iter().any(|(key, _, message)| {
            let mut polled = b.polled.iter();
            !std::ptr::eq(a, b) && polled.any(|(k, _, m)| k == key && m == message)
        });
        is_read || (a.typ == OpType::Ok && a.ended < b.begun)
    })
}

/// One offset has two messages, or one message two offsets.
fn is_ambiguous(places: &BTreeSet<(Value, i64, Value)>) -> bool {
    places.iter().any(|(key, offset, message)| {
        let others = places.iter().filter(|(k, ..)| k == key);
        others
            .clone()
            .any(|(_, o, m)| (o == offset) != (m == message))
    })
}

/// Somebody polled what was refused, or what nobody sent.
fn polls_refused(actions: &[Action]) -> bool {
    let polled = actions.iter().filter(|action| action.typ == OpType::Ok);
    let mut polled = polled.flat_map(|action| &action.polled);
    polled.any(|(key, _, message)| {
        let sent = |action: &&Action| action.sent.iter().any(|(k, _, m)| k == key && m == message);
        actions
            .iter()
            .find(sent)
            .is_none_or(|action| action.typ == OpType::Fail)
    })
}

/// Somebody polled something beyond a message that nobody ever polled.
fn is_lost(actions: &[Action], places: &BTreeSet<(Value, i64, Value)>) -> bool {
    let is_beyond = |key: &Value, offset: i64| {
        let mut further = places.iter().filter(|(k, o, _)| k == key && *o > offset);
        further.any(|(key, _, message)| is_polled(actions, key, message))
    };
    let happened = actions
        .iter()
        .filter(|action| has_happened(actions, action));
    let mut sent = happened.flat_map(|action| &action.sent);
    sent.any(|(key, _, message)| {
        let mut places = places.iter().filter(|(k, _, m)| k == key && m == message);
        !is_polled(actions, key, message) && places.any(|(key, offset, _)| is_beyond(key, *offset))
    })
}

/// A poll goes back or leaves something out, within itself or after what its client polled
/// last; a send goes back.
fn jumps(actions: &[Action], places: &BTreeSet<(Value, i64, Value)>) -> bool {
    let offsets = |key: &Value| -> BTreeSet<i64> {
        let of_key = places.iter().filter(|(k, ..)| k == key);
        of_key.map(|(_, offset, _)| *offset).collect()
    };
    let offset_of = |key: &Value, message: &Value| {
        let mut places = places.iter();
        places
            .find(|(k, _, m)| k == key && m == message)
            .map(|(_, offset, _)| *offset)
    };
    let skips = |key: &Value, from: i64, to: i64| {
        from < to && offsets(key).range(from + 1..to).next().is_some()
    };
    let mut polled_to: BTreeMap<(Process, &Value), i64> = BTreeMap::new();
    let mut sent_to: BTreeMap<(Process, &Value), i64> = BTreeMap::new();
    for action in actions.iter().filter(|action| action.ended < usize::MAX) {
        let process = action.process;
        if let Some(keys) = &action.assigned {
            if action.typ != OpType::Fail {
                polled_to.retain(|(client, key), _| *client != process || keys.contains(key));
                sent_to.retain(|(client, key), _| *client != process || keys.contains(key));
            }
            continue;
        }
        let mut now: BTreeMap<&Value, i64> = BTreeMap::new();
        for (key, offset, _) in &action.polled {
            let before = now.insert(key, *offset);
            let before = before.or_else(|| polled_to.get(&(process, key)).copied());
            if before.is_some_and(|before| *offset <= before || skips(key, before, *offset)) {
                return true;
            }
        }
        if action.typ == OpType::Ok {
            // Whoever polled nothing may be anywhere.
            polled_to.retain(|(client, key), _| *client != process || !action.keys.contains(key));
            polled_to.extend(
                now.into_iter()
                    .map(|(key, offset)| ((process, key), offset)),
            );
        }
        if action.typ == OpType::Fail {
            continue;
        }
        for (key, _, message) in &action.sent {
            let before = sent_to.remove(&(process, key));
            let Some(offset) = offset_of(key, message) else {
                continue;
            };
            sent_to.insert((process, key), offset);
            if before.is_some_and(|before| offset <= before) {
                return true;
            }
        }
    }
    false
}

/// What was acknowledged is never polled.
fn is_unseen(actions: &[Action]) -> bool {
    let acknowledged = actions.iter().filter(|action| action.typ == OpType::Ok);
    let mut sent = acknowledged.flat_map(|action| &action.sent);
    sent.any(|(key, _, message)| !is_polled(actions, key, message))
}

/// Effects come before their causes: who polls is after who sent, and what begins after what
/// had ended.
fn is_cyclic(actions: &[Action]) -> bool {
    let count = actions.len();
    let mut after = vec![vec![false; count]; count];
    for (i, a) in actions.iter().enumerate() {
        for (j, b) in actions.iter().enumerate() {
            if a.assigned.is_some() || b.assigned.is_some() || i == j {
                continue;
            }
            let is_read = a
                .sent
                .iter()
                .any(|(key, _, message)| b.polled.iter().any(|(k, _, m)| k == key && m == message));
            after[i][j] = is_read || (a.typ == OpType::Ok && a.ended < b.begun);
        }
    }
    for via in 0..count {
        for i in 0..count {
            for j in 0..count {
                after[i][j] |= after[i][via] && after[via][j];
            }
        }
    }
    (0..count).any(|i| after[i][i])
}
