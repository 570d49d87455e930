//! Transactions as checkers read them: keys and values as small numbers, in
//! flat arrays, so that a hundred thousand of them fit a cache or two.

use std::collections::BTreeMap;
use std::ops::Range;

use history::edn::Value;
use history::{History, Op, OpType, Process};

/// A key or a value, by number.
pub(super) type Id = u32;

/// Numbers for values, in the order in which they are met.
#[derive(Debug, Default)]
pub(super) struct Interner {
    values: Vec<Value>,
    /// Numbers of the integers from 0 on, which most values are; 0 for none,
    /// else one more than the number.
    small: Vec<Id>,
    others: BTreeMap<Value, Id>,
}

/// Integers below it are looked up in an array.
const SMALL: i64 = 1 << 20;

impl Interner {
    fn id(&mut self, value: &Value) -> Id {
        let next = self.values.len() as Id;
        let id = match value {
            Value::Int(int) if (0..SMALL).contains(int) => {
                let place = *int as usize;
                if place >= self.small.len() {
                    self.small.resize(place + 1, 0);
                }
                if self.small[place] == 0 {
                    self.small[place] = next + 1;
                }
                self.small[place] - 1
            }
            value => match self.others.get(value) {
                Some(id) => *id,
                None => {
                    self.others.insert(value.clone(), next);
                    next
                }
            },
        };
        if id == next {
            self.values.push(value.clone());
        }
        id
    }

    pub(super) fn value(&self, id: Id) -> &Value {
        &self.values[id as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}

/// What a read returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// `nil`: the key's initial state, or nothing is known.
    Nil,
    /// A register's value.
    One(Id),
    /// A list: where its elements are, from and to.
    List(u32, u32),
}

/// A part of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Read { key: Id, seen: Seen },
    Write { key: Id, value: Id },
}

/// A transaction as it ended.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    /// The place in the history of its completion; of its invocation, if it has
    /// no completion and nobody knows its outcome.
    pub(super) place: usize,
    /// The place of its invocation, if the history has it.
    pub(super) invoked: Option<usize>,
    pub(super) outcome: OpType,
    pub(super) process: Process,
    steps: Range<u32>,
}

/// What the values of reads and writes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Datatype {
    /// Writes replace the value.
    Register,
    /// Writes append an element to the list.
    List,
}

impl Datatype {
    /// The function of a write in a transaction.
    pub(super) fn write(self) -> &'static str {
        match self {
            Datatype::Register => "w",
            Datatype::List => "append",
        }
    }
}

/// The transactions of a history, in the order of their completions; those
/// without one come last.
#[derive(Debug)]
pub(super) struct Transactions {
    pub(super) datatype: Datatype,
    pub(super) all: Vec<Transaction>,
    pub(super) keys: Interner,
    pub(super) values: Interner,
    /// What clients asked to write: key, value, and the place of the invocation.
    pub(super) asked: Vec<(Id, Id, usize)>,
    steps: Vec<Step>,
    elements: Vec<Id>,
}

impl Transactions {
    /// Reads all transactions of a history.
    ///
    /// # Errors
    /// The first operation that is none, and what was expected.
    pub(super) fn read(history: &History, datatype: Datatype) -> Result<Self, String> {
        let mut read = Transactions {
            datatype,
            all: Vec::with_capacity(history.ops().len() / 2),
            keys: Interner::default(),
            values: Interner::default(),
            asked: Vec::new(),
            steps: Vec::new(),
            elements: Vec::new(),
        };
        let mut open = Vec::new();
        for (place, op) in history.clients() {
            let pair = history.pair_place(place);
            if op.typ != OpType::Invoke {
                read.add(place, pair, op.typ, op)?;
                continue;
            }
            read.invoked(place, op)?;
            if pair.is_none() {
                open.push((place, op));
            }
        }
        for (place, op) in open {
            read.add(place, Some(place), OpType::Info, op)?;
        }
        Ok(read)
    }

    fn add(
        &mut self,
        place: usize,
        invoked: Option<usize>,
        outcome: OpType,
        op: &Op,
    ) -> Result<(), String> {
        let start = self.steps.len() as u32;
        self.parts(op, |read, step| read.steps.push(step))?;
        self.all.push(Transaction {
            place,
            invoked,
            outcome,
            process: op.process,
            steps: start..self.steps.len() as u32,
        });
        Ok(())
    }

    fn invoked(&mut self, place: usize, op: &Op) -> Result<(), String> {
        self.parts(op, |read, step| {
            if let Step::Write { key, value } = step {
                read.asked.push((key, value, place));
            }
        })
    }

    fn parts(&mut self, op: &Op, mut each: impl FnMut(&mut Self, Step)) -> Result<(), String> {
        let wrong = |why: String| format!("operation {} is no transaction: {why}", op.index);
        let parts = match &op.value {
            Value::Nil => &[],
            value => value.items().ok_or_else(|| {
                wrong(format!(
                    "expected a list of reads and writes, found {value}"
                ))
            })?,
        };
        for part in parts {
            let step = self.step(part).map_err(wrong)?;
            each(self, step);
        }
        Ok(())
    }

    fn step(&mut self, step: &Value) -> Result<Step, String> {
        let write = self.datatype.write();
        let expected = || format!("expected [:r key value] or [:{write} key value], found {step}");
        let (f, key, value) = match step.items() {
            Some([Value::Keyword(f), key]) => (f, key, &Value::Nil),
            Some([Value::Keyword(f), key, value]) => (f, key, value),
            _ => return Err(expected()),
        };
        let key = self.keys.id(key);
        if f == write {
            let value = self.values.id(value);
            return Ok(Step::Write { key, value });
        }
        if f != "r" {
            return Err(expected());
        }
        let seen = match (self.datatype, value) {
            (_, Value::Nil) => Seen::Nil,
            (Datatype::Register, value) => Seen::One(self.values.id(value)),
            (Datatype::List, Value::List(items) | Value::Vector(items)) => {
                let start = self.elements.len() as u32;
                for item in items.iter() {
                    let id = self.values.id(item);
                    self.elements.push(id);
                }
                Seen::List(start, self.elements.len() as u32)
            }
            (Datatype::List, other) => {
                return Err(format!("expected a list or nil in {step}, found {other}"));
            }
        };
        Ok(Step::Read { key, seen })
    }

    /// The parts of a transaction.
    pub(super) fn steps(&self, transaction: u32) -> &[Step] {
        let steps = &self.all[transaction as usize].steps;
        &self.steps[steps.start as usize..steps.end as usize]
    }

    /// The elements of a list that was read; none for anything else.
    pub(super) fn elements(&self, seen: Seen) -> &[Id] {
        match seen {
            Seen::List(start, end) => &self.elements[start as usize..end as usize],
            Seen::Nil | Seen::One(_) => &[],
        }
    }

    /// What was read, as a value.
    pub(super) fn seen(&self, seen: Seen) -> Value {
        match seen {
            Seen::Nil => Value::Nil,
            Seen::One(id) => self.values.value(id).clone(),
            Seen::List(..) => {
                let values = self.elements(seen).iter().map(|id| self.values.value(*id));
                Value::Vector(values.cloned().collect())
            }
        }
    }

    /// A part of a transaction, as a value.
    pub(super) fn step_value(&self, step: Step) -> Value {
        let (f, key, value) = match step {
            Step::Read { key, seen } => ("r", key, self.seen(seen)),
            Step::Write { key, value } => {
                (self.datatype.write(), key, self.values.value(value).clone())
            }
        };
        (Value::keyword(f), self.keys.value(key).clone(), value).into()
    }

    /// Each transaction with its number.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (u32, &Transaction)> {
        self.all.iter().enumerate().map(|(i, txn)| (i as u32, txn))
    }

    /// How each transaction of this outcome ended, with its number.
    pub(super) fn with(&self, outcome: OpType) -> impl Iterator<Item = u32> {
        let with = self
            .numbered()
            .filter(move |(_, txn)| txn.outcome == outcome);
        with.map(|(i, _)| i)
    }

    pub(super) fn outcome(&self, transaction: u32) -> OpType {
        self.all[transaction as usize].outcome
    }
}
