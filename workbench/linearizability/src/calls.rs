//! Calls: the operations on one register, read from the history.
//!
//! What matters of an operation is what it did and between which two events.
//! Values are numbers here, so that comparing them costs nothing; [`Calls`]
//! knows what they stand for. The values of operations are `[key value]`, or those of
//! one register without a key; [`Shape`] says which.

use std::collections::BTreeMap;

use history::edn::Value;
use history::{History, Op, OpType};

/// A value, by its number within its [`Calls`].
pub(super) type ValueId = u32;

/// The number of the value that a register holds at first.
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
    fn new(initial: &'a Value) -> Self {
        let mut calls = Calls {
            all: Vec::new(),
            values: Vec::new(),
            numbers: BTreeMap::new(),
        };
        calls.number(initial);
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

    fn add(&mut self, history: &'a History, invoked: usize, shape: Shape) -> Result<(), String> {
        let invocation = &history.ops()[invoked];
        let completion = history.pair_place(invoked);
        let (op, returned) = match completion.map(|place| (&history.ops()[place], place)) {
            Some((op, _)) if op.typ == OpType::Fail => return Ok(()),
            Some((op, place)) if op.typ == OpType::Ok => (op, Some(place)),
            _ => (invocation, None),
        };
        if shape.key(invocation) != shape.key(op) {
            return Err(unexpected(op, "the key and a value that it began with"));
        }
        let argument = shape.argument(op);
        let action = match (&*invocation.f, argument) {
            // To Knossos, a read of nil is one whose result is not known.
            ("read", [Value::Nil]) => return Ok(()),
            ("read", _) if returned.is_none() => return Ok(()),
            ("read", [found]) => Action::Read(self.number(found)),
            ("write", [to]) => Action::Write(self.number(to)),
            ("cas", [from, to]) => Action::Cas(self.number(from), self.number(to)),
            ("cas", [pair]) => match pair.items() {
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

/// What the values of operations are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `[key value]`; of a cas `[key [from to]]` or `[key from to]`.
    Keyed,
    /// The value, or `[from to]`: there is one register.
    Plain,
}

/// The key of the one register.
const NO_KEY: &Value = &Value::Nil;

impl Shape {
    /// That of a history: its reads and writes say it, and where there are none, what
    /// each cas has. A history that is of neither shape is taken for one with keys.
    pub(super) fn of(history: &History) -> Self {
        let asked = || {
            let clients = history.clients().map(|(_, op)| op);
            clients.filter(|op| op.typ == OpType::Invoke)
        };
        let is_keyed = |op: &Op| op.value.items().is_some_and(|items| items.len() == 2);
        let mut reads_and_writes = asked()
            .filter(|op| op.f == "read" || op.f == "write")
            .peekable();
        let is_plain = match reads_and_writes.peek() {
            Some(_) => reads_and_writes.all(|op| !is_keyed(op)),
            None => {
                asked().next().is_some()
                    && asked().all(|op| {
                        let items = op.value.items().unwrap_or_default();
                        op.f == "cas" && items.len() == 2 && items[1].items().is_none()
                    })
            }
        };
        if is_plain { Shape::Plain } else { Shape::Keyed }
    }

    fn key(self, op: &Op) -> Option<&Value> {
        match self {
            Shape::Plain => Some(NO_KEY),
            Shape::Keyed => match op.value.items() {
                Some([key, _]) => Some(key),
                Some([key, _, _]) if op.f == "cas" => Some(key),
                _ => None,
            },
        }
    }

    /// What is behind the key.
    fn argument(self, op: &Op) -> &[Value] {
        match (self, op.value.items()) {
            (Shape::Plain, Some(pair)) if op.f == "cas" => pair,
            (Shape::Plain, _) => std::slice::from_ref(&op.value),
            (Shape::Keyed, Some([_, rest @ ..])) => rest,
            (Shape::Keyed, _) => &[],
        }
    }
}

/// The calls on each key, or why they cannot be read.
pub(super) type ByKey<'a> = BTreeMap<&'a Value, Result<Calls<'a>, String>>;

/// Takes a history apart by the keys of its operations' values.
///
/// # Errors
/// An operation that belongs to no key.
pub(super) fn by_key<'a>(
    history: &'a History,
    shape: Shape,
    initial: &'a Value,
) -> Result<ByKey<'a>, String> {
    let mut keys = ByKey::new();
    for (place, op) in history.clients() {
        let Some(key) = shape.key(op) else {
            return Err(unexpected(op, "[key value]"));
        };
        let calls = keys.entry(key).or_insert_with(|| Ok(Calls::new(initial)));
        let Ok(known) = calls else { continue };
        let added = match op.typ {
            OpType::Invoke => known.add(history, place, shape),
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

fn unexpected(op: &Op, expected: &str) -> String {
    format!(
        "operation {} is {} {}, expected {expected}",
        op.index, op.f, op.value
    )
}
