//! Proofs that calls cannot be put in an order: as few of them as possible.
//!
//! A proof must stay one for whoever sees only its calls. So calls are left out
//! only where that cannot turn good into bad:
//!
//! - What happened before some moment may be forgotten if the register may then
//!   hold anything, and whatever was pending may have taken effect or not.
//! - A read may be left out: it has no effect.
//! - A write or cas may be taken as one that perhaps had no effect; and what
//!   perhaps had none may be left out where nothing observes its value.

use std::collections::BTreeMap;
use std::fmt;

use history::edn::Value;
use history::{History, Op, Process};

use super::calls::{Action, Call, Calls, NIL, ValueId};
use super::decide::{Answer, MOST_PENDING, Start, decide};
use super::trace::useful_offers;

/// How much work goes into making a proof small. What is found by then is one,
/// if perhaps not the smallest.
const MOST_WORK: u64 = 1 << 22;
/// The same, for one question on the way.
const MOST_WORK_AT_ONCE: u64 = 1 << 18;
/// How many calls the text names.
const NAMED: usize = 12;

/// Calls that cannot be put in an order.
#[derive(Debug)]
pub(super) struct Proof<'a> {
    history: &'a History,
    calls: Calls<'a>,
    start: Start,
    parts: Vec<Part>,
    /// The place of the return beyond which there is no order.
    stuck_at: usize,
}

/// A call of a proof.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// Its place among all calls.
    call: usize,
    role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// It took effect among the others.
    Certain,
    /// It took effect among the others, or before them.
    PerhapsBefore,
    /// Nobody knows whether it took effect.
    Perhaps,
}

impl Role {
    /// As results have it.
    fn name(self) -> &'static str {
        match self {
            Role::Certain => "certain",
            Role::PerhapsBefore => "before",
            Role::Perhaps => "never",
        }
    }
}

impl<'a> Proof<'a> {
    /// The proof that there is no order of these calls, of which this one is
    /// the first to return that does not fit.
    pub(super) fn find(history: &'a History, calls: Calls<'a>, stuck: usize) -> Self {
        let stuck_at = calls.all[stuck].returned.unwrap_or_default();
        let mut search = Reduction {
            calls: &calls,
            start: Start::Nil,
            window: (0, stuck_at),
            is_needed: vec![true; calls.all.len()],
            work: 0,
        };
        if !search.is_from_nowhere(stuck) {
            search.forget_the_past();
            search.leave_out();
        }
        let (start, parts) = (search.start, search.parts());
        Proof {
            history,
            calls,
            start,
            parts,
            stuck_at,
        }
    }

    /// The index of the operation's end that no order explains.
    pub(super) fn stuck_at(&self) -> usize {
        self.history.ops()[self.stuck_at].index
    }

    /// The index of the last operation on this key that succeeded before.
    pub(super) fn last_good(&self) -> Option<usize> {
        let ends = self.calls.all.iter().filter_map(|call| call.returned);
        let last = ends.filter(|end| *end < self.stuck_at).max()?;
        Some(self.history.ops()[last].index)
    }

    /// As results have it: the value before, unless that does not matter, and
    /// the operations, each with the indices and the times of its ends.
    pub(super) fn to_edn(&self) -> Value {
        let operations = self.parts.iter().map(|part| self.operation(part));
        Value::map([
            (
                "before",
                match self.start {
                    Start::Nil => Value::Nil,
                    Start::Anything { .. } => Value::keyword("anything"),
                },
            ),
            ("operations", Value::Vector(operations.collect())),
        ])
    }

    fn operation(&self, part: &Part) -> Value {
        let value = |id| self.calls.value(id).clone();
        let (f, argument) = match self.call(part).action {
            Action::Read(found) => ("read", value(found)),
            Action::Write(to) => ("write", value(to)),
            Action::Cas(from, to) => ("cas", Value::Vector(vec![value(from), value(to)])),
        };
        let begin = self.invocation(part);
        let mut operation = Value::map([
            (
                "process",
                match begin.process {
                    Process::Client(process) => process.into(),
                    Process::Nemesis => Value::Nil,
                },
            ),
            ("f", Value::keyword(f)),
            ("value", argument),
            ("index", begin.index.into()),
            ("time", begin.time.into()),
        ]);
        if let Some(end) = self.completion(part) {
            operation.insert("end-index", end.index.into());
            operation.insert("end-time", end.time.into());
        }
        if part.role != Role::Certain {
            operation.insert("perhaps", Value::keyword(part.role.name()));
        }
        operation
    }

    /// Its calls as one who knows no others sees them, and whether each may have
    /// taken effect before.
    #[cfg(test)]
    pub(super) fn calls_alone(&self) -> Vec<(Call, bool)> {
        let alone = |part: &Part| (*self.call(part), part.role == Role::PerhapsBefore);
        self.parts.iter().map(alone).collect()
    }

    /// Whether it holds whatever the value was before.
    #[cfg(test)]
    pub(super) fn starts_anywhere(&self) -> bool {
        matches!(self.start, Start::Anything { .. })
    }

    fn call(&self, part: &Part) -> &Call {
        &self.calls.all[part.call]
    }

    fn invocation(&self, part: &Part) -> &Op {
        &self.history.ops()[self.call(part).invoked]
    }

    fn completion(&self, part: &Part) -> Option<&Op> {
        let place = self.call(part).returned?;
        Some(&self.history.ops()[place])
    }
}

impl fmt::Display for Proof<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.start {
            Start::Nil if self.parts.len() == 1 => {
                f.write_str("nobody can have written this before: ")?;
            }
            Start::Nil => f.write_str("no order explains these operations, the first of all: ")?,
            Start::Anything { .. } => {
                f.write_str("whatever the value was before, no order explains these operations: ")?;
            }
        }
        for (i, part) in self.parts.iter().take(NAMED).enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            let Op { process, index, .. } = self.invocation(part);
            write!(f, "client {process}")?;
            if part.role == Role::Perhaps {
                f.write_str(" perhaps")?;
            }
            let value = |id| self.calls.value(id);
            match self.call(part).action {
                Action::Read(found) => write!(f, " reads {}", value(found))?,
                Action::Write(to) => write!(f, " writes {}", value(to))?,
                Action::Cas(from, to) => write!(f, " changes {} to {}", value(from), value(to))?,
            }
            match (self.completion(part), part.role) {
                (Some(end), Role::PerhapsBefore) => {
                    write!(f, " (operations {index} to {}), perhaps before", end.index)?;
                }
                (Some(end), _) => write!(f, " (operations {index} to {})", end.index)?,
                (None, _) => write!(f, " (operation {index}, outcome unknown)")?,
            }
        }
        match self.parts.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// Gives the values that are left the first numbers, and says how many these are:
/// a register that may hold anything at first is tried with each.
fn renumber(calls: &mut [Call]) -> usize {
    let mut numbers = BTreeMap::from([(NIL, NIL)]);
    let mut number = |value: &mut ValueId| {
        let next = numbers.len() as ValueId;
        *value = *numbers.entry(*value).or_insert(next);
    };
    for call in calls {
        match &mut call.action {
            Action::Read(value) | Action::Write(value) => number(value),
            Action::Cas(from, to) => {
                number(from);
                number(to);
            }
        }
    }
    numbers.len()
}

/// The way to a small proof.
struct Reduction<'c, 'a> {
    calls: &'c Calls<'a>,
    start: Start,
    /// Places in the history: what happened before the first and after the
    /// second does not count.
    window: (usize, usize),
    /// Whether each call must be taken as having taken effect.
    is_needed: Vec<bool>,
    work: u64,
}

impl Reduction<'_, '_> {
    /// A call's role in the proof, if it has one.
    fn role(&self, call: usize) -> Option<Role> {
        let (from, to) = self.window;
        let Call {
            action,
            invoked,
            returned,
        } = self.calls.all[call];
        let is_read = matches!(action, Action::Read(_));
        match returned {
            _ if invoked > to => None,
            None => Some(Role::Perhaps),
            Some(returned) if returned < from => None,
            Some(returned) if is_read => {
                let counts = from <= invoked && returned <= to && self.is_needed[call];
                counts.then_some(Role::Certain)
            }
            Some(_) if invoked < from => Some(Role::PerhapsBefore),
            Some(_) => Some(Role::Certain),
        }
    }

    /// The calls with a role, in the order of their beginnings, and each as it
    /// is to be taken.
    fn taken(&self) -> (Vec<Part>, Vec<Call>) {
        let parts = (0..self.calls.all.len()).filter_map(|call| {
            let role = self.role(call)?;
            let mut taken = self.calls.all[call];
            if !self.is_needed[call] || taken.returned > Some(self.window.1) {
                taken.returned = None;
            }
            Some((Part { call, role }, taken))
        });
        parts.unzip()
    }

    fn is_proof(&mut self) -> bool {
        if self.work >= MOST_WORK {
            return false;
        }
        let (parts, mut calls) = self.taken();
        if let Start::Anything { pending } = &mut self.start {
            let taken = parts.iter().zip(&calls);
            *pending = taken
                .filter(|(part, call)| part.role == Role::PerhapsBefore && call.returned.is_some())
                .count();
            if *pending > MOST_PENDING {
                return false;
            }
        }
        let values = renumber(&mut calls);
        let (answer, work) = decide(&calls, values, self.start, MOST_WORK_AT_ONCE);
        self.work += work + calls.len() as u64;
        matches!(answer, Answer::Not { .. })
    }

    /// Whether the call found what nobody can have written, so that it alone is
    /// needed.
    fn is_from_nowhere(&mut self, stuck: usize) -> bool {
        let all = std::mem::take(&mut self.is_needed);
        self.is_needed = vec![false; all.len()];
        self.is_needed[stuck] = true;
        let is_proof = self.is_proof();
        if !is_proof {
            self.is_needed = all;
        }
        is_proof
    }

    /// Sets the beginning of the window as late as possible.
    fn forget_the_past(&mut self) {
        self.start = Start::Anything { pending: 0 };
        if !self.is_proof() {
            self.start = Start::Nil;
            return;
        }
        // A later beginning says less, so there is one up to which all do.
        let (mut good, mut bad) = (0, self.window.1 + 1);
        while bad - good > 1 {
            self.window.0 = good + (bad - good) / 2;
            match self.is_proof() {
                true => good = self.window.0,
                false => bad = self.window.0,
            }
        }
        self.window.0 = good;
    }

    /// Leaves out what is not needed: many calls at once at first, then fewer.
    fn leave_out(&mut self) {
        let (parts, _) = self.taken();
        let mut needed: Vec<usize> = parts
            .iter()
            .filter(|part| part.role != Role::Perhaps)
            .map(|part| part.call)
            .collect();
        let mut size = needed.len().div_ceil(2);
        while size > 0 {
            let mut left = Vec::with_capacity(needed.len());
            for chunk in needed.chunks(size) {
                chunk.iter().for_each(|call| self.is_needed[*call] = false);
                if !self.is_proof() {
                    chunk.iter().for_each(|call| self.is_needed[*call] = true);
                    left.extend(chunk);
                }
            }
            // As long as single calls go, others may have become needless.
            size = match left.len() < needed.len() {
                true => size.min(left.len().div_ceil(2)),
                false => size / 2,
            };
            needed = left;
        }
    }

    /// What is left: the calls needed, and those whose value may matter.
    fn parts(&self) -> Vec<Part> {
        let (parts, taken) = self.taken();
        let is_useful = useful_offers(&taken, self.calls.value_count());
        let parts = parts.into_iter().zip(taken).zip(is_useful);
        parts
            .filter(|((_, call), is_useful)| call.returned.is_some() || *is_useful)
            .map(|((part, _), _)| part)
            .collect()
    }
}
