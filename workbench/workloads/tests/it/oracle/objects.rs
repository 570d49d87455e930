//! Objects of one state, and linearizability: some order of all operations, each between its
//! beginning and its end, is one in which the object gives those answers.

use std::collections::BTreeSet;

use history::edn::Value;
use history::{History, OpType, Process};
use maelstrom_node::Rng;
use verdict::Validity::{self, Invalid, Unknown, Valid};

use super::Subject;
use super::runs::{Asked, Object, few, run, vector};

type State = Vec<Value>;

/// An operation that may have happened.
struct Call<'a> {
    process: i64,
    f: &'a str,
    asked: &'a Value,
    outcome: Option<&'a Value>,
    begun: usize,
    ended: Option<usize>,
}

fn calls(history: &History) -> Vec<Call<'_>> {
    let mut calls = Vec::new();
    for (begun, op) in history.clients() {
        let Process::Client(process) = op.process else {
            continue;
        };
        let end = history.pair(begun);
        if op.typ != OpType::Invoke || end.is_some_and(|end| end.typ == OpType::Fail) {
            continue;
        }
        let end = end.filter(|end| end.typ == OpType::Ok);
        calls.push(Call {
            process,
            f: &op.f,
            asked: &op.value,
            outcome: end.map(|end| &end.value),
            begun,
            ended: end.and_then(|_| history.pair_place(begun)),
        });
    }
    calls
}

/// In how many ways an object may answer, at most.
const WAYS: usize = 16;

fn has_order(calls: &[Call<'_>], left: u32, state: &State, object: &Object<State>) -> bool {
    let of = |left: u32| (0..calls.len()).filter(move |i| left >> i & 1 == 1);
    let Some(first_end) = of(left).filter_map(|i| calls[i].ended).min() else {
        return true;
    };
    of(left).any(|i| {
        let call = &calls[i];
        let fits = |done: &Value| match call.outcome {
            // Of a read of nil nobody knows what it found.
            Some(Value::Nil) if matches!(call.f, "read" | "get") => true,
            Some(outcome) => outcome == done,
            None => true,
        };
        let next: BTreeSet<State> = (0..WAYS)
            .filter_map(|way| {
                let mut state = state.clone();
                let done = (object.act)(&mut state, call.process, call.f, call.asked, way)?;
                fits(&done).then_some(state)
            })
            .collect();
        call.begun < first_end
            && (next.iter()).any(|state| has_order(calls, left & !(1 << i), state, object))
    })
}

fn right(history: &History, object: &Object<State>) -> &'static [Validity] {
    let calls = calls(history);
    let is_told = |call: &Call<'_>| {
        let steps = call.asked.items().unwrap_or_default();
        let mut values = steps.iter().filter_map(|step| step.items()?.last());
        let is_read = match call.f {
            "txn" => values.all(|value| *value == Value::Nil),
            f => matches!(f, "read" | "get"),
        };
        !is_read || call.outcome.is_some_and(|found| *found != Value::Nil)
    };
    if !calls.iter().any(is_told) {
        return &[Valid, Unknown];
    }
    match has_order(&calls, (1 << calls.len()) - 1, &(object.initial)(), object) {
        true => &[Valid],
        false => &[Invalid],
    }
}

/// A subject for an object.
macro_rules! of {
    ($name:literal, $object:ident) => {
        Subject::exact(
            $name,
            |rng| run(rng, &$object, 8),
            |_, history| right(history, &$object),
        )
    };
}

pub(super) const ALL: [Subject; 16] = [
    of!("lin-kv", REGISTER),
    of!("cas-register", REGISTER),
    Subject {
        initial: "{:x 0, :y 0}",
        ..of!("multi-register", REGISTERS)
    },
    of!("mutex", MUTEX),
    of!("owner-aware-mutex", OWNED),
    of!("reentrant-mutex", REENTRANT),
    of!("fenced-mutex", FENCED),
    of!("reentrant-fenced-mutex", REENTRANT_FENCED),
    of!("semaphore", SEMAPHORE),
    of!("fifo-queue", FIFO),
    of!("unordered-queue", UNORDERED),
    of!("stack", STACK),
    of!("linearizable-set", SET),
    of!("linearizable-counter", COUNTER),
    of!("append-only-log", LOG),
    of!("map", TEXT),
];

const REGISTER: Object<State> = Object {
    initial: || vec![Value::Nil],
    ask: |rng, _| match rng.below(5) {
        0 | 1 => ("write", few(rng)),
        2 => ("cas", vector([few(rng), few(rng)])),
        _ => ("read", Value::Nil),
    },
    act: |state, _, f, asked, _| {
        match (f, asked.items()) {
            ("read", _) => return Some(state[0].clone()),
            ("cas", Some([from, to])) if *from == state[0] => state[0] = to.clone(),
            ("cas", _) => return None,
            _ => state[0] = asked.clone(),
        }
        Some(asked.clone())
    },
};

const REGISTERS: Object<State> = Object {
    initial: || vec![Value::Int(0); 2],
    ask: |rng, _| {
        let access = |_| {
            let key = Value::keyword(*rng.choose(&["x", "y"]).unwrap());
            match rng.chance(0.4) {
                true => vector([Value::keyword("write"), key, few(rng)]),
                false => vector([Value::keyword("read"), key, Value::Nil]),
            }
        };
        ("txn", (0..1 + rng.below(2)).map(access).collect())
    },
    act: |state, _, _, asked, _| {
        let mut done = Vec::new();
        for access in asked.items()? {
            let [f, key, value] = access.items()? else {
                return None;
            };
            let register = &mut state[usize::from(*key == Value::keyword("y"))];
            if *value != Value::Nil {
                register.clone_from(value);
            }
            done.push(vector([f.clone(), key.clone(), register.clone()]));
        }
        Some(done.into_iter().collect())
    },
};

fn acquire_or_release(rng: &Rng, _: &mut Asked) -> (&'static str, Value) {
    let f = ["acquire", "release"][rng.below(2) as usize];
    (f, Value::Nil)
}

const MUTEX: Object<State> = Object {
    initial: Vec::new,
    ask: acquire_or_release,
    act: |state, _, f, _, _| match (f, state.pop()) {
        ("acquire", None) => {
            state.push(Value::Nil);
            Some(Value::Nil)
        }
        ("release", Some(_)) => Some(Value::Nil),
        (_, held) => {
            state.extend(held);
            None
        }
    },
};

/// The owner is there as often as he acquired it.
fn owned(state: &mut State, process: i64, f: &str, most: usize) -> Option<Value> {
    let is_owner = state.iter().all(|owner| *owner == process.into());
    match f {
        "acquire" if is_owner && state.len() < most => state.push(process.into()),
        "release" if is_owner && !state.is_empty() => drop(state.pop()),
        _ => return None,
    }
    Some(Value::Nil)
}

const OWNED: Object<State> = Object {
    initial: Vec::new,
    ask: acquire_or_release,
    act: |state, process, f, _, _| owned(state, process, f, 1),
};

const REENTRANT: Object<State> = Object {
    act: |state, process, f, _, _| owned(state, process, f, usize::MAX),
    ..OWNED
};

/// The greatest fence so far is before the owners.
fn fenced(state: &mut State, process: i64, f: &str, most: usize, way: usize) -> Option<Value> {
    let mut owners = state.split_off(1);
    let is_new = owners.is_empty();
    let done = owned(&mut owners, process, f, most);
    let highest = state[0].as_int()?;
    if f == "acquire" && is_new {
        state[0] = Value::Int(highest + 1 + way as i64);
    }
    state.extend(owners);
    done.map(|done| match f {
        "acquire" => state[0].clone(),
        _ => done,
    })
}

const FENCED: Object<State> = Object {
    initial: || vec![Value::Int(0)],
    ask: acquire_or_release,
    act: |state, process, f, _, way| fenced(state, process, f, 1, way),
};

const REENTRANT_FENCED: Object<State> = Object {
    act: |state, process, f, _, way| fenced(state, process, f, usize::MAX, way),
    ..FENCED
};

/// Of two permits.
const SEMAPHORE: Object<State> = Object {
    initial: || vec![Value::Int(0)],
    ask: |rng, _| {
        let count = Value::Int(1 + rng.below(2) as i64);
        (["acquire", "release"][rng.below(2) as usize], count)
    },
    act: |state, _, f, asked, _| {
        let change = asked.as_int()? * if f == "acquire" { 1 } else { -1 };
        let taken = state[0].as_int()? + change;
        state[0] = Value::Int(taken);
        (0..=2).contains(&taken).then(|| asked.clone())
    },
};

fn put_or_take(rng: &Rng, _: &mut Asked) -> (&'static str, Value) {
    match rng.chance(0.5) {
        true => ("enqueue", few(rng)),
        false => ("dequeue", Value::Nil),
    }
}

/// Puts a value at the end, or takes that of a place; nil, if there is none at all.
fn queue(state: &mut State, f: &str, asked: &Value, place: usize) -> Option<Value> {
    match f {
        "enqueue" | "push" => {
            state.push(asked.clone());
            Some(asked.clone())
        }
        _ if state.is_empty() => Some(Value::Nil),
        _ => Some(state.remove(place.min(state.len() - 1))),
    }
}

const FIFO: Object<State> = Object {
    initial: Vec::new,
    ask: put_or_take,
    act: |state, _, f, asked, _| queue(state, f, asked, 0),
};

const UNORDERED: Object<State> = Object {
    act: |state, _, f, asked, way| queue(state, f, asked, way),
    ..FIFO
};

const STACK: Object<State> = Object {
    ask: |rng, _| match rng.chance(0.5) {
        true => ("push", few(rng)),
        false => ("pop", Value::Nil),
    },
    act: |state, _, f, asked, _| queue(state, f, asked, usize::MAX),
    ..FIFO
};

fn add_or_read(rng: &Rng, _: &mut Asked) -> (&'static str, Value) {
    match rng.chance(0.5) {
        true => ("add", few(rng)),
        false => ("read", Value::Nil),
    }
}

const SET: Object<State> = Object {
    initial: Vec::new,
    ask: add_or_read,
    act: |state, _, f, asked, _| {
        if f == "read" {
            return Some(Value::Set(state.clone().into()));
        }
        if !state.contains(asked) {
            state.push(asked.clone());
            state.sort();
        }
        Some(asked.clone())
    },
};

const COUNTER: Object<State> = Object {
    initial: || vec![Value::Int(0)],
    ask: add_or_read,
    act: |state, _, f, asked, _| {
        if f == "read" {
            return Some(state[0].clone());
        }
        state[0] = Value::Int(state[0].as_int()? + asked.as_int()?);
        Some(asked.clone())
    },
};

const LOG: Object<State> = Object {
    initial: Vec::new,
    ask: |rng, _| match rng.chance(0.5) {
        true => ("append", few(rng)),
        false => ("read", Value::Nil),
    },
    act: |state, _, f, asked, _| {
        if f == "read" {
            return Some(state.clone().into());
        }
        state.push(asked.clone());
        Some(asked.clone())
    },
};

const TEXT: Object<State> = Object {
    initial: || vec!["".into()],
    ask: |rng, _| {
        let text = || Value::from(rng.below(3).to_string());
        match rng.below(4) {
            0 => ("put", text()),
            1 => ("append", text()),
            _ => ("get", Value::Nil),
        }
    },
    act: |state, _, f, asked, _| {
        match f {
            "get" => return Some(state[0].clone()),
            "put" => state[0] = asked.clone(),
            _ => state[0] = format!("{}{}", state[0].as_str()?, asked.as_str()?).into(),
        }
        Some(asked.clone())
    },
};
