//! Calls: the operations on one register, read from the history.
//!
//! What matters of an operation is what it did and between which two events.
//! Values are numbers here, so that comparing them costs nothing; [`Calls`]
//! knows what they stand for.

use std::collections::BTreeMap;

use history::edn::Value;
use history::{History, Op, OpType};

/// A value, by its number within its [`Calls`].
pub(super) type ValueId = u32;

/// The number of `nil`, which a register holds at first.
pub(super) const NIL: ValueId = 0;

/// What an operation does to a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    /// It found this value.
    Read(ValueId),
    /// It sets this one.
    Write(ValueId),
    /// It found the first and set the second.
    Cas(ValueId, ValueId),
}

/// An operation that took effect, or may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) action: Action,
    /// The place in the history where it began.
    pub(super) invoked: usize,
    /// The place where it ended; `None` if nobody knows whether it took effect,
    /// or will.
    pub(super) returned: Option<usize>,
}

/// All calls on one register, in the order of their beginnings, and what the
/// numbers of values mean.
#[derive(Debug)]
pub(super) struct Calls<'a> {
    pub(super) all: Vec<Call>,
    values: Vec<&'a Value>,
    numbers: BTreeMap<&'a Value, ValueId>,
}

impl<'a> Calls<'a> {
    fn new() -> Self {
        let mut calls = Calls {
            all: Vec::new(),
            values: Vec::new(),
            numbers: BTreeMap::new(),
        };
        calls.number(&Value::Nil);
        calls
    }

    /// What a number stands for.
    pub(super) fn value(&self, id: ValueId) -> &'a Value {
        self.values.get(id as usize).copied().unwrap_or(&Value::Nil)
    }

    /// How many values there are; their numbers are those below.
    pub(super) fn value_count(&self) -> usize {
        self.values.len()
    }

    fn number(&mut self, value: &'a Value) -> ValueId {
        if let Some(id) = self.numbers.get(value) {
            return *id;
        }
        let id = self.values.len() as ValueId;
        self.numbers.insert(value, id);
        self.values.push(value);
        id
    }

    fn add(&mut self, history: &'a History, invoked: usize) -> Result<(), String> {
        let invocation = &history.ops()[invoked];
        let completion = history.pair_place(invoked);
        let (op, returned) = match completion.map(|place| (&history.ops()[place], place)) {
            Some((op, _)) if op.typ == OpType::Fail => return Ok(()),
            Some((op, place)) if op.typ == OpType::Ok => (op, Some(place)),
            _ => (invocation, None),
        };
        let argument = match tuple(&op.value) {
            Some((key, argument)) if Some(key) == tuple(&invocation.value).map(|(key, _)| key) => {
                argument
            }
            _ => return Err(unexpected(op, "the key and a value that it began with")),
        };
        let action = match &*invocation.f {
            // To Knossos, a read of nil is one whose result is not known.
            "read" if *argument == Value::Nil || returned.is_none() => return Ok(()),
            "read" => Action::Read(self.number(argument)),
            "write" => Action::Write(self.number(argument)),
            "cas" => match argument.items() {
                Some([from, to]) => Action::Cas(self.number(from), self.number(to)),
                _ => return Err(unexpected(op, "[from to]")),
            },
            _ => return Err(unexpected(op, "a read, a write or a cas")),
        };
        self.all.push(Call {
            action,
            invoked,
            returned,
        });
        Ok(())
    }
}

/// The calls on each key, or why they cannot be read.
pub(super) type ByKey<'a> = BTreeMap<&'a Value, Result<Calls<'a>, String>>;

/// Takes a history apart by the keys of its operations' values, `[key value]`.
///
/// # Errors
/// An operation that belongs to no key.
pub(super) fn by_key(history: &History) -> Result<ByKey<'_>, String> {
    let mut keys = ByKey::new();
    for (place, op) in history.clients() {
        let Some((key, _)) = tuple(&op.value) else {
            return Err(unexpected(op, "[key value]"));
        };
        let calls = keys.entry(key).or_insert_with(|| Ok(Calls::new()));
        let Ok(known) = calls else { continue };
        let added = match op.typ {
            OpType::Invoke => known.add(history, place),
            OpType::Ok | OpType::Fail if history.pair_place(place).is_none() => Err(format!(
                "operation {} of client {} ended, but never began",
                op.index, op.process
            )),
            _ => Ok(()),
        };
        if let Err(why) = added {
            *calls = Err(why);
        }
    }
    Ok(keys)
}

fn tuple(value: &Value) -> Option<(&Value, &Value)> {
    match value.items() {
        Some([key, value]) => Some((key, value)),
        _ => None,
    }
}

fn unexpected(op: &Op, expected: &str) -> String {
    format!(
        "operation {} is {} {}, expected {expected}",
        op.index, op.f, op.value
    )
}
