//! Random histories: clients use an object that is sound or broken.

use std::borrow::Cow;

use history::edn::Value;
use history::{History, Op, OpType, Process};
use maelstrom_node::Rng;

/// An object with this state.
pub(super) struct Object<S> {
    pub(super) initial: fn() -> S,
    /// What a client asks.
    pub(super) ask: fn(&Rng, &mut Asked) -> (&'static str, Value),
    /// What it ends with, and what it leaves behind; none, if it is refused. Where there are
    /// several ways, the last argument says which.
    pub(super) act: fn(&mut S, i64, &str, &Value, usize) -> Option<Value>,
}

/// What clients know of what they asked before.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) count: i64,
}

impl Asked {
    /// A number that nobody had.
    pub(super) fn new_value(&mut self) -> Value {
        self.count += 1;
        Value::Int(self.count)
    }
}

struct Open {
    process: i64,
    f: &'static str,
    asked: Value,
    result: Option<Option<Value>>,
}

/// A history of at most so many operations, a few at a time. One object in two is sound. The
/// others forget now and then what they did, or answer from a state that is over.
pub(super) fn run<S: Clone>(rng: &Rng, object: &Object<S>, most: u64) -> History {
    let is_broken = rng.chance(0.5);
    let mut states = vec![(object.initial)()];
    let mut asked_before = Asked::default();
    let mut ops: Vec<Op> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let (mut free, mut next_process) = (Vec::new(), 0);
    let (most, mut begun) = (most.min(2) + rng.below(most - 1), 0);
    while begun < most || !open.is_empty() {
        if begun < most && (open.is_empty() || (open.len() < 4 && rng.chance(0.5))) {
            begun += 1;
            let process = free.pop().unwrap_or_else(|| {
                next_process += 1;
                next_process - 1
            });
            let (f, asked) = (object.ask)(rng, &mut asked_before);
            push(&mut ops, OpType::Invoke, process, f, asked.clone());
            open.push(Open {
                process,
                f,
                asked,
                result: None,
            });
            continue;
        }
        let at = rng.below(open.len() as u64) as usize;
        let Open {
            process,
            f,
            asked,
            result,
        } = &mut open[at];
        let (process, f) = (*process, *f);
        let Some(done) = result else {
            let way = rng.below(2) as usize;
            let mut state = states[states.len() - 1].clone();
            let mut done = (object.act)(&mut state, process, f, asked, way);
            if is_broken && rng.chance(0.4) {
                let mut old = rng.choose(&states).unwrap().clone();
                done = (object.act)(&mut old, process, f, asked, way);
            }
            if !is_broken || !rng.chance(0.2) {
                states.push(state);
            }
            *result = Some(done);
            continue;
        };
        let (typ, value) = match done.take() {
            _ if rng.chance(0.1) => (OpType::Info, asked.clone()),
            Some(value) => (OpType::Ok, value),
            None => (OpType::Fail, asked.clone()),
        };
        push(&mut ops, typ, process, f, value);
        open.remove(at);
        // Its process does nothing any more when nobody knows what it did.
        if typ != OpType::Info {
            free.push(process);
        }
    }
    History::new(ops)
}

/// Adds an event.
pub(super) fn push(ops: &mut Vec<Op>, typ: OpType, process: i64, f: &'static str, value: Value) {
    ops.push(Op {
        index: ops.len(),
        time: 1000 * ops.len() as i64,
        typ,
        process: Process::Client(process),
        f: Cow::Borrowed(f),
        value,
        extra: Vec::new(),
    });
}

/// One of a few values.
pub(super) fn few(rng: &Rng) -> Value {
    Value::Int(1 + rng.below(3) as i64)
}

/// A vector of these.
pub(super) fn vector<const N: usize>(values: [Value; N]) -> Value {
    Value::Vector(values.into())
}
