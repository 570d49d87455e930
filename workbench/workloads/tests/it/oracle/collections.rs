//! Sets, counters, ids and echoes.

use std::collections::{BTreeMap, BTreeSet};

use history::edn::Value;
use history::{History, Op, OpType};
use maelstrom_node::Rng;
use verdict::Validity::{self, Invalid, Unknown, Valid};

use super::Subject;
use super::runs::{Object, run};

pub(super) const ALL: [Subject; 7] = [
    Subject::exact(
        "g-set",
        |rng| set(rng, "add"),
        |_, history| lost(history, "add"),
    ),
    Subject::exact(
        "set-full",
        |rng| set(rng, "add"),
        |_, history| lost(history, "add"),
    ),
    Subject::exact(
        "broadcast",
        |rng| set(rng, "broadcast"),
        |_, history| lost(history, "broadcast"),
    ),
    Subject::exact(
        "g-counter",
        |rng| counter(rng, false),
        |_, history| sums(history),
    ),
    Subject::exact(
        "pn-counter",
        |rng| counter(rng, true),
        |_, history| sums(history),
    ),
    Subject::exact("unique-ids", ids, |_, history| twice(history)),
    Subject::exact("echo", echoes, |_, history| echoed(history)),
];

fn set(rng: &Rng, add: &'static str) -> History {
    let object = Object::<Vec<Value>> {
        initial: Vec::new,
        ask: |rng, asked| match rng.chance(0.5) {
            true => ("add", asked.new_value()),
            false => ("read", Value::Nil),
        },
        act: |state, process, f, asked, way| match f {
            "read" => Some(state.clone().into()),
            _ if process == 1 && way == 1 => None,
            _ => {
                state.push(asked.clone());
                Some(asked.clone())
            }
        },
    };
    let history = run(rng, &object, 12);
    let renamed = |op: &Op| Op {
        f: if op.f == "add" {
            add.into()
        } else {
            op.f.clone()
        },
        ..op.clone()
    };
    History::new(history.ops().iter().map(renamed).collect())
}

/// An element is lost that was known to be there, if a read that began later misses it and
/// none that began after that read has it. None shows what nobody had begun to add, or what
/// was refused.
fn lost(history: &History, add: &str) -> &'static [Validity] {
    let reads = || {
        let ends = history
            .clients()
            .filter(|(_, op)| op.typ == OpType::Ok && op.f == "read");
        ends.map(|(end, op)| {
            (
                history.pair_place(end).unwrap(),
                end,
                op.value.items().unwrap(),
            )
        })
    };
    let mut is_stable = false;
    let mut begun: BTreeMap<&Value, usize> = BTreeMap::new();
    for (begin, op) in history.clients() {
        if op.f != add || op.typ != OpType::Invoke {
            continue;
        }
        let element = &op.value;
        begun.insert(element, begin);
        let end = history.pair(begin);
        let shows = |(_, _, shown): &(usize, usize, &[Value])| shown.contains(element);
        let is_refused = end.is_some_and(|end| end.typ == OpType::Fail);
        if is_refused && reads().any(|read| shows(&read)) {
            return &[Invalid];
        }
        let acknowledged = end.filter(|end| end.typ == OpType::Ok);
        let acknowledged = acknowledged.and_then(|_| history.pair_place(begin));
        let first_shown = reads().filter(shows).map(|(_, end, _)| end).min();
        let known = acknowledged.into_iter().chain(first_shown).min();
        let present = reads().filter(shows).map(|(begin, ..)| begin).max();
        // One that was over before says nothing.
        let absent = reads()
            .filter(|read| read.1 > begin && !shows(read))
            .map(|(begin, ..)| begin)
            .max();
        if present > absent {
            is_stable = true;
        } else if known.is_some_and(|known| absent > Some(known)) {
            return &[Invalid];
        }
    }
    for (_, end, shown) in reads() {
        if shown
            .iter()
            .any(|element| begun.get(element).is_none_or(|begin| *begin > end))
        {
            return &[Invalid];
        }
    }
    if is_stable { &[Valid] } else { &[Unknown] }
}

fn counter(rng: &Rng, goes_down: bool) -> History {
    let object = Object::<i64> {
        initial: || 0,
        ask: |rng, _| match rng.chance(0.6) {
            true => ("add", Value::Int(rng.below(5) as i64)),
            false => ("read", Value::Nil),
        },
        act: |sum, process, f, asked, way| match f {
            "read" => Some(Value::Int(*sum)),
            _ if process == 1 && way == 1 => None,
            _ => {
                *sum += asked.as_int()?;
                Some(asked.clone())
            }
        },
    };
    let history = run(rng, &object, 10);
    let mut ops = history.ops().to_vec();
    for op in &mut ops {
        if let (true, Value::Int(value)) = (goes_down, &op.value) {
            op.value = Value::Int(-value);
        }
    }
    // What is read at the end, or was.
    let sum = |typ| -> i64 {
        let ended = ops.iter().filter(|op| op.typ == typ && op.f == "add");
        ended.filter_map(|op| op.value.as_int()).sum()
    };
    let last = sum(OpType::Ok) + [0, 0, sum(OpType::Info), 1][rng.below(4) as usize];
    for (typ, value) in [(OpType::Invoke, Value::Nil), (OpType::Ok, Value::Int(last))] {
        super::runs::push(&mut ops, typ, 99, "read", value);
    }
    if rng.chance(0.7) {
        for op in ops.iter_mut().rev().take(2) {
            op.extra.push(("final?".into(), true.into()));
        }
    }
    History::new(ops)
}

/// The sums of these and any of those.
fn all_sums(certain: i64, perhaps: &[i64]) -> BTreeSet<i64> {
    let mut sums = BTreeSet::from([certain]);
    for delta in perhaps {
        let more: Vec<i64> = sums.iter().map(|sum| sum + delta).collect();
        sums.extend(more);
    }
    sums
}

/// A final read is the sum of all adds, any read one of adds that had begun.
fn sums(history: &History) -> &'static [Validity] {
    let adds = |until: usize| {
        let begun = history
            .clients()
            .filter(move |(place, op)| *place < until && op.f == "add" && op.typ == OpType::Invoke);
        begun.filter_map(|(place, op)| {
            let end = history.pair(place).map_or(OpType::Info, |end| end.typ);
            (end != OpType::Fail).then(|| (op.value.as_int().unwrap(), end == OpType::Ok))
        })
    };
    let mut is_judged = false;
    for (place, op) in history.clients() {
        if op.f != "read" || op.typ != OpType::Ok {
            continue;
        }
        is_judged |= op.is_final();
        let (certain, perhaps): (Vec<_>, Vec<_>) = match op.is_final() {
            true => adds(usize::MAX).partition(|(_, is_certain)| *is_certain),
            false => adds(place).partition(|_| false),
        };
        let certain = certain.into_iter().map(|(delta, _)| delta).sum();
        let perhaps: Vec<i64> = perhaps.into_iter().map(|(delta, _)| delta).collect();
        if !all_sums(certain, &perhaps).contains(&op.value.as_int().unwrap()) {
            return &[Invalid];
        }
    }
    if is_judged { &[Valid] } else { &[Unknown] }
}

fn ids(rng: &Rng) -> History {
    let object = Object::<i64> {
        initial: || 0,
        ask: |_, _| ("generate", Value::Nil),
        act: |last, process, _, _, way| {
            *last += 1 + way as i64;
            // Ids of two types are not the same.
            Some(match process % 2 {
                0 => Value::Int(*last),
                _ => last.to_string().into(),
            })
        },
    };
    run(rng, &object, 10)
}

fn twice(history: &History) -> &'static [Validity] {
    let given = history.clients().filter(|(_, op)| op.typ == OpType::Ok);
    let mut given: Vec<&Value> = given.map(|(_, op)| &op.value).collect();
    let count = given.len();
    given.sort();
    given.dedup();
    match count {
        0 => &[Unknown],
        count if count == given.len() => &[Valid],
        _ => &[Invalid],
    }
}

fn echoes(rng: &Rng) -> History {
    let object = Object::<Value> {
        initial: || Value::Nil,
        ask: |_, asked| ("echo", asked.new_value()),
        // It keeps what it was asked last, so an old state has something else.
        act: |kept, _, _, asked, way| {
            let before = std::mem::replace(kept, asked.clone());
            let said = if way == 1 && before == Value::Int(1) {
                before
            } else {
                asked.clone()
            };
            Some(Value::map([("type", "echo_ok".into()), ("echo", said)]))
        },
    };
    run(rng, &object, 6)
}

fn echoed(history: &History) -> &'static [Validity] {
    let mut ends = history.clients().filter(|(_, op)| op.typ == OpType::Ok);
    let is_wrong = |(place, end): (usize, &Op)| {
        end.value.get("echo") != history.pair(place).map(|asked| &asked.value)
    };
    if ends.any(is_wrong) {
        &[Invalid]
    } else {
        &[Valid]
    }
}
