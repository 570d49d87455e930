//! Where a search ended, in the form that Knossos gives it: the configurations that
//! are possible after the last return that has an order, and how each stands in the
//! way of the next.
//!
//! The searches keep no such record, and need none. What the register can hold at a
//! moment is found by asking them again: a value is possible if a read of it, right
//! then, would fit.

use history::edn::Value;
use history::{History, Process};

use super::calls::{Action, Call, Calls, ValueId};
use super::decide::{Answer, Start, decide};

/// How many configurations are told, as in Jepsen's results, and how many values are
/// asked about.
const MOST: usize = 10;
const MOST_ASKED: usize = 32;
/// How many pending calls are told.
const MOST_PENDING: usize = 32;
/// How much work all questions may take, and one. What is not answered by then is not
/// told.
const MOST_WORK: u64 = 1 << 20;
const MOST_WORK_AT_ONCE: u64 = 1 << 18;

/// Where the search on one register ended.
pub(super) struct Configurations<'c, 'a> {
    history: &'a History,
    calls: &'c Calls<'a>,
    /// The place in the history before which all returns have an order.
    until: usize,
    /// What the register can hold then.
    values: Vec<ValueId>,
}

impl<'c, 'a> Configurations<'c, 'a> {
    /// Those after all calls, which have an order: the first that is found.
    pub(super) fn at_the_end(history: &'a History, calls: &'c Calls<'a>) -> Self {
        Self::find(history, calls, history.ops().len(), 1)
    }

    /// Those before the call of this place returns, beyond which there is no order.
    pub(super) fn before(history: &'a History, calls: &'c Calls<'a>, stuck: usize) -> Self {
        let until = calls.all[stuck].returned.unwrap_or_default();
        Self::find(history, calls, until, MOST)
    }

    fn find(history: &'a History, calls: &'c Calls<'a>, until: usize, most: usize) -> Self {
        let mut asked = Vec::new();
        // What was seen or set last is the likeliest.
        let mut ended: Vec<&Call> = calls
            .all
            .iter()
            .filter(|c| c.returned < Some(until))
            .collect();
        ended.sort_unstable_by_key(|call| std::cmp::Reverse(call.returned));
        let likely = ended
            .iter()
            .filter_map(|call| call.returned.map(|_| leaves(call.action)));
        for value in likely.chain(0..calls.value_count() as ValueId) {
            if asked.len() == MOST_ASKED {
                break;
            }
            if !asked.contains(&value) {
                asked.push(value);
            }
        }
        let (mut values, mut work) = (Vec::new(), 0);
        for value in asked {
            let (answer, more) = is_possible(calls, until, value);
            work += more;
            match answer {
                Answer::Linearizable => values.push(value),
                Answer::Not { .. } => {}
                Answer::Unknown(_) => break,
            }
            if values.len() == most || work > MOST_WORK {
                break;
            }
        }
        values.sort_unstable();
        Configurations {
            history,
            calls,
            until,
            values,
        }
    }

    /// Adds them to the results of a register that is linearizable.
    pub(super) fn tell(&self, result: &mut Value) {
        // Knossos gives this or `:configs`, by which of its searches was faster.
        if let [value] = self.values[..] {
            result.insert("model", self.model(value));
        }
        result.insert("configs", self.configs());
        result.insert("final-paths", Value::list([]));
    }

    /// Adds them to the results of one that is not, with the call that does not fit.
    pub(super) fn tell_stuck(&self, result: &mut Value, stuck: usize) {
        let (last, stuck) = (self.last(), &self.calls.all[stuck]);
        let paths = self.values.iter().map(|value| {
            let before = last
                .clone()
                .map(|op| Value::map([("op", op), ("model", self.model(*value))]));
            let why = format!(
                "{} where the value is {}",
                self.words(stuck),
                self.calls.value(*value)
            );
            let end = Value::map([
                ("op", self.op(stuck, "ok")),
                ("model", record("Inconsistent", "msg", why.as_str().into())),
            ]);
            before.into_iter().chain([end]).collect()
        });
        result.insert("configs", self.configs());
        result.insert("final-paths", Value::list(paths));
        result.insert("previous-ok", last.clone().unwrap_or_default());
        result.insert("last-op", last.unwrap_or_default());
        result.insert("op", self.op(stuck, "ok"));
    }

    fn configs(&self) -> Value {
        let is_pending = |call: &&Call| {
            call.invoked < self.until && call.returned.is_none_or(|place| place >= self.until)
        };
        let pending = self.calls.all.iter().filter(is_pending).take(MOST_PENDING);
        let pending: Value = pending.map(|call| self.op(call, "invoke")).collect();
        Value::list(self.values.iter().map(|value| {
            Value::map([
                ("model", self.model(*value)),
                ("last-op", self.last().unwrap_or_default()),
                ("pending", pending.clone()),
            ])
        }))
    }

    fn model(&self, value: ValueId) -> Value {
        record("CASRegister", "value", self.calls.value(value).clone())
    }

    /// The last call that returned.
    fn last(&self) -> Option<Value> {
        let ended = self
            .calls
            .all
            .iter()
            .filter(|call| call.returned < Some(self.until));
        let last = ended.max_by_key(|call| call.returned)?;
        last.returned.map(|_| self.op(last, "ok"))
    }

    /// One end of a call, without the key.
    fn op(&self, call: &Call, typ: &str) -> Value {
        let place = match typ {
            "ok" => call.returned.unwrap_or(call.invoked),
            _ => call.invoked,
        };
        let op = &self.history.ops()[place];
        let value = |id| self.calls.value(id).clone();
        Value::map([
            (
                "process",
                match op.process {
                    Process::Client(process) => process.into(),
                    Process::Nemesis => Value::Nil,
                },
            ),
            ("type", Value::keyword(typ)),
            ("f", Value::keyword(&*op.f)),
            (
                "value",
                match call.action {
                    Action::Read(found) => value(found),
                    Action::Write(to) => value(to),
                    Action::Cas(from, to) => [value(from), value(to)].into_iter().collect(),
                },
            ),
            ("index", op.index.into()),
            ("time", op.time.into()),
        ])
    }

    fn words(&self, call: &Call) -> String {
        let value = |id| self.calls.value(id);
        match call.action {
            Action::Read(found) => format!("a read finds {}", value(found)),
            Action::Write(to) => format!("a write of {} does not fit", value(to)),
            Action::Cas(from, to) => format!("a cas finds {}, to set {}", value(from), value(to)),
        }
    }
}

/// What the register holds right after this.
fn leaves(action: Action) -> ValueId {
    match action {
        Action::Read(value) | Action::Write(value) | Action::Cas(_, value) => value,
    }
}

/// Whether the register can hold this value at this place of the history.
fn is_possible(calls: &Calls<'_>, until: usize, value: ValueId) -> (Answer, u64) {
    let begun = calls.all.iter().filter(|call| call.invoked < until);
    let mut begun: Vec<Call> = begun
        .map(|call| Call {
            returned: call.returned.filter(|place| *place < until),
            ..*call
        })
        .collect();
    begun.push(Call {
        action: Action::Read(value),
        invoked: until,
        returned: Some(until + 1),
    });
    decide(&begun, calls.value_count(), Start::Nil, MOST_WORK_AT_ONCE)
}

/// A state of Knossos' model of a register.
fn record(name: &str, key: &str, value: Value) -> Value {
    Value::tagged(format!("knossos.model.{name}"), Value::map([(key, value)]))
}
