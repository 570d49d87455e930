//! Runs of small objects, sound ones and broken ones, judged as a search judges them that
//! tries every order there is.

use std::collections::BTreeSet;

use history::{OpType, Process};
use rng::Rng;

use crate::any_model::calls;
use crate::models::{Counter, Lock, Log, Map, MultiRegister, Queue, Semaphore, Set};
use crate::object::Numbered;
use crate::order::Call;
use crate::reduction;
use crate::sequential::Keys;
use crate::*;

/// A small object of its own making: what clients ask of it, and what it does.
struct Object {
    ask: fn(&Rng) -> (&'static str, Value),
    /// The result, and the state after it; none, if it refuses.
    act: fn(&mut Vec<Value>, i64, &str, &Value) -> Option<Value>,
}

/// A history of this object. A broken one forgets now and then what it did, or says
/// something that it said before.
fn run(object: &Object, rng: &Rng, is_broken: bool) -> History {
    struct Open {
        process: i64,
        f: &'static str,
        argument: Value,
        result: Option<Option<Value>>,
    }
    let mut state = Vec::new();
    let mut said = vec![Value::Nil];
    let mut ops = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let most = 2 + rng.below(6) as usize;
    let (mut begun, mut next_process) = (0, 0);
    let mut free: Vec<i64> = Vec::new();
    while begun < most || !open.is_empty() {
        let op = |typ, process, f: &'static str, value| history::Op {
            index: ops.len(),
            time: ops.len() as i64,
            typ,
            process: Process::Client(process),
            f: f.into(),
            value,
            extra: Vec::new(),
        };
        if begun < most && (open.is_empty() || (open.len() < 4 && rng.chance(0.5))) {
            begun += 1;
            let process = free.pop().unwrap_or_else(|| {
                next_process += 1;
                next_process
            });
            let (f, argument) = (object.ask)(rng);
            ops.push(op(OpType::Invoke, process, f, argument.clone()));
            open.push(Open {
                process,
                f,
                argument,
                result: None,
            });
            continue;
        }
        let place = rng.below(open.len() as u64) as usize;
        let call = &mut open[place];
        let Some(result) = &call.result else {
            let before = state.clone();
            let mut result = (object.act)(&mut state, call.process, call.f, &call.argument);
            if is_broken && rng.chance(0.15) {
                state = before;
            }
            if is_broken && rng.chance(0.1) {
                result = rng
                    .choose(&said)
                    .cloned()
                    .filter(|old| result.is_some() && *old != Value::Nil);
            }
            said.extend(result.clone());
            call.result = Some(result);
            continue;
        };
        let (typ, value) = match result {
            _ if rng.chance(0.15) => (OpType::Info, call.argument.clone()),
            Some(result) => (OpType::Ok, result.clone()),
            None => (OpType::Fail, call.argument.clone()),
        };
        ops.push(op(typ, call.process, call.f, value));
        let call = open.remove(place);
        match typ {
            // Its process does nothing any more.
            OpType::Info => {}
            _ => free.push(call.process),
        }
    }
    History::new(ops)
}

/// Whether there is an order, by trying all.
fn has_order<M: Sequential>(
    model: &M,
    object: &Numbered<'_, M>,
    calls: &[Call],
    left: &BTreeSet<usize>,
    state: &M::State,
) -> bool {
    let until = left.iter().filter_map(|i| calls[*i].returned).min();
    let Some(until) = until else { return true };
    left.iter().any(|&i| {
        let mut left = left.clone();
        left.remove(&i);
        let nexts = model.step(state, object.operation_of(calls[i].operation));
        calls[i].invoked <= until
            && nexts
                .into_iter()
                .any(|next| has_order(model, object, calls, &left, &next))
    })
}

#[track_caller]
fn agrees<M: Sequential>(model: &M, object: &Object) {
    let rng = Rng::new(7);
    let (mut good, mut bad, mut small) = (0, 0, 0);
    for round in 0..10_000 {
        let is_broken = round % 2 == 1;
        let history = run(object, &rng, is_broken);
        let text = || {
            let ops = history.ops().iter();
            ops.map(|op| format!("{op}\n")).collect::<String>()
        };
        let checked = check_model(&history, model);
        let mut numbered = Numbered::new(model);
        let objects = calls(&history, &mut numbered, Keys::None).unwrap();
        let calls = objects.into_values().next().unwrap_or_default();
        if calls.is_empty() {
            assert_eq!(checked.valid, Validity::Unknown);
            continue;
        }
        let all: BTreeSet<usize> = (0..calls.len()).collect();
        let expected = has_order(model, &numbered, &calls, &all, &model.initial());
        assert_eq!(checked.valid, expected.into(), "{}", text());
        assert!(
            expected || is_broken,
            "it is a run of the object: {}",
            text()
        );
        if expected {
            good += 1;
            continue;
        }
        bad += 1;
        let until = checked.findings[0].cases[0].operations();
        assert!(!until.is_empty(), "{}", text());
        let count = calls.len();
        let stuck = calls.iter().filter_map(|call| call.returned).max();
        let proof = reduction::reduce(&mut numbered, calls, stuck.unwrap());
        let operations: Vec<_> = (proof.calls.iter())
            .map(|call| numbered.operation_of(call.operation))
            .collect();
        let starts = match proof.is_from_anywhere {
            true => model.any_state(&operations).unwrap(),
            false => vec![model.initial()],
        };
        let all: BTreeSet<usize> = (0..proof.calls.len()).collect();
        for start in starts {
            assert!(
                !has_order(model, &numbered, &proof.calls, &all, &start),
                "{}",
                text()
            );
        }
        small += usize::from(proof.calls.len() < count);
    }
    assert!(
        good > 4_000 && bad > 300 && small > 0,
        "{good} {bad} {small}"
    );
}

/// A value of a few.
fn any(rng: &Rng) -> Value {
    Value::Int(1 + rng.below(3) as i64)
}

const ACQUIRE_AND_RELEASE: fn(&Rng) -> (&'static str, Value) = |rng| match rng.chance(0.5) {
    true => ("acquire", Value::Nil),
    false => ("release", Value::Nil),
};

#[test]
fn mutexes() {
    agrees(
        &Lock::mutex(),
        &Object {
            ask: ACQUIRE_AND_RELEASE,
            act: |state, _, f, _| match (f, state.len()) {
                ("acquire", 0) => {
                    state.push(Value::Nil);
                    Some(Value::Nil)
                }
                ("release", 1) => {
                    state.pop();
                    Some(Value::Nil)
                }
                _ => None,
            },
        },
    );
}

/// Whoever is in the state, as often as he acquired it.
fn owned(state: &mut Vec<Value>, process: i64, f: &str, most: usize) -> Option<Value> {
    let is_owner = state.iter().all(|owner| *owner == process.into());
    match f {
        "acquire" if is_owner && state.len() < most => state.push(process.into()),
        "release" if is_owner && !state.is_empty() => {
            state.pop();
        }
        _ => return None,
    }
    Some(Value::Nil)
}

#[test]
fn owner_aware_mutexes() {
    agrees(
        &Lock::owner_aware(),
        &Object {
            ask: ACQUIRE_AND_RELEASE,
            act: |state, process, f, _| owned(state, process, f, 1),
        },
    );
}

#[test]
fn reentrant_mutexes() {
    agrees(
        &Lock::reentrant(),
        &Object {
            ask: ACQUIRE_AND_RELEASE,
            act: |state, process, f, _| owned(state, process, f, 9),
        },
    );
}

/// The fence is the first thing in the state, the owner follows.
fn fenced(state: &mut Vec<Value>, process: i64, f: &str, most: usize) -> Option<Value> {
    if state.is_empty() {
        state.push(Value::Int(0));
    }
    let fence = state[0].as_int()?;
    let mut held = state.split_off(1);
    let is_new = held.is_empty();
    let done = owned(&mut held, process, f, most);
    state.extend(held);
    match (done?, f) {
        (_, "acquire") => {
            state[0] = Value::Int(fence + i64::from(is_new));
            Some(state[0].clone())
        }
        (done, _) => Some(done),
    }
}

#[test]
fn fenced_mutexes() {
    agrees(
        &Lock::owner_aware().fenced(),
        &Object {
            ask: ACQUIRE_AND_RELEASE,
            act: |state, process, f, _| fenced(state, process, f, 1),
        },
    );
    agrees(
        &Lock::reentrant().fenced(),
        &Object {
            ask: ACQUIRE_AND_RELEASE,
            act: |state, process, f, _| fenced(state, process, f, 9),
        },
    );
}

#[test]
fn semaphores() {
    agrees(
        &Semaphore { permits: 3 },
        &Object {
            ask: |rng| match rng.chance(0.6) {
                true => ("acquire", Value::Int(1 + rng.below(2) as i64)),
                false => ("release", Value::Int(1 + rng.below(2) as i64)),
            },
            act: |state, _, f, count| {
                let count = count.as_int()? as usize;
                match f {
                    "acquire" if state.len() + count <= 3 => {
                        state.extend((0..count).map(|_| Value::Nil));
                    }
                    "release" if count <= state.len() => state.truncate(state.len() - count),
                    _ => return None,
                }
                Some(Value::Int(count as i64))
            },
        },
    );
}

const QUEUE: fn(&Rng) -> (&'static str, Value) = |rng| match rng.chance(0.5) {
    true => ("enqueue", any(rng)),
    false => ("dequeue", Value::Nil),
};

/// Puts a value at the end, and takes that of this place; now and then there is none.
fn queue(state: &mut Vec<Value>, f: &str, value: &Value, place: usize) -> Option<Value> {
    match f {
        "enqueue" | "push" => {
            state.push(value.clone());
            Some(value.clone())
        }
        _ if state.is_empty() => Some(Value::Nil),
        _ => Some(state.remove(place.min(state.len() - 1))),
    }
}

#[test]
fn queues_and_stacks() {
    agrees(
        &Queue::Fifo,
        &Object {
            ask: QUEUE,
            act: |state, _, f, value| queue(state, f, value, 0),
        },
    );
    agrees(
        &Queue::Unordered,
        &Object {
            ask: QUEUE,
            act: |state, process, f, value| queue(state, f, value, process as usize % 2),
        },
    );
    agrees(
        &Queue::Stack,
        &Object {
            ask: |rng| match rng.chance(0.5) {
                true => ("push", any(rng)),
                false => ("pop", Value::Nil),
            },
            act: |state, _, f, value| queue(state, f, value, usize::MAX),
        },
    );
}

#[test]
fn sets() {
    agrees(
        &Set,
        &Object {
            ask: |rng| match rng.chance(0.5) {
                true => ("add", any(rng)),
                false => ("read", Value::Nil),
            },
            act: |state, _, f, value| match f {
                "read" => Some(Value::Set(state.clone().into())),
                _ => {
                    state.retain(|element| element != value);
                    state.push(value.clone());
                    Some(Value::Nil)
                }
            },
        },
    );
}

#[test]
fn counters() {
    agrees(
        &Counter::default(),
        &Object {
            ask: |rng| match rng.below(4) {
                0 => ("add", any(rng)),
                1 => ("decrement", Value::Nil),
                _ => ("read", Value::Nil),
            },
            act: |state, _, f, value| {
                let sum = state.pop().and_then(|sum| sum.as_int()).unwrap_or_default();
                let amount = match f {
                    "add" => value.as_int()?,
                    "decrement" => -1,
                    _ => 0,
                };
                state.push(Value::Int(sum + amount));
                Some(if f == "read" {
                    Value::Int(sum)
                } else {
                    value.clone()
                })
            },
        },
    );
}

#[test]
fn logs() {
    agrees(
        &Log,
        &Object {
            ask: |rng| match rng.chance(0.5) {
                true => ("append", any(rng)),
                false => ("read", Value::Nil),
            },
            act: |state, _, f, value| match f {
                "read" => Some(state.clone().into()),
                _ => {
                    state.push(value.clone());
                    Some(Value::Nil)
                }
            },
        },
    );
}

#[test]
fn maps() {
    agrees(
        &Map,
        &Object {
            ask: |rng| {
                let text = || Value::from(rng.below(3).to_string());
                match rng.below(4) {
                    0 => ("put", text()),
                    1 => ("append", text()),
                    _ => ("get", Value::Nil),
                }
            },
            act: |state, _, f, value| {
                let old = state.pop().unwrap_or_else(|| "".into());
                let new = match f {
                    "put" => value.clone(),
                    "append" => format!("{}{}", old.as_str()?, value.as_str()?).into(),
                    _ => old,
                };
                state.push(new.clone());
                Some(if f == "get" { new } else { value.clone() })
            },
        },
    );
}

/// Two registers, of which nobody knows what they hold at first, or which hold 0.
#[test]
fn multi_registers() {
    let object = Object {
        ask: |rng| {
            let access = || {
                let key = Value::keyword(*rng.choose(&["x", "y"]).unwrap());
                match rng.chance(0.4) {
                    true => [Value::keyword("write"), key, any(rng)],
                    false => [Value::keyword("read"), key, Value::Nil],
                }
            };
            let accesses = (0..1 + rng.below(2)).map(|_| Value::list(access()));
            ("txn", Value::Vector(accesses.collect()))
        },
        act: |state, _, _, accesses| {
            state.resize(2, Value::Int(0));
            let mut done = Vec::new();
            for access in accesses.items()? {
                let [f, key, value] = access.items()? else {
                    return None;
                };
                let register = &mut state[usize::from(*key == Value::keyword("y"))];
                if *f == Value::keyword("write") {
                    *register = value.clone();
                }
                done.push(Value::from([f.clone(), key.clone(), register.clone()]));
            }
            Some(done.into())
        },
    };
    agrees(&MultiRegister::default(), &object);
    let zero = ["x", "y"].map(|key| (Value::keyword(key), Value::Int(0)));
    let initial = Some(zero.into());
    agrees(&MultiRegister { initial }, &object);
}
