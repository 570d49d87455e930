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

use finding::Window;
use finding::window::{self, Effect};
use history::edn::Value;
use history::{History, Op};

use super::calls::{Action, Call, Calls, NIL, ValueId};
use super::decide::{Answer, MOST_PENDING, Start, decide};
use super::trace::useful_offers;

/// How much work goes into making a proof small. What is found by then is one,
/// if perhaps not the smallest.
const MOST_WORK: u64 = 1 << 22;
/// The same, for one question on the way.
const MOST_WORK_AT_ONCE: u64 = 1 << 18;

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
    fn effect(self) -> Effect {
        match self {
            Role::Certain => Effect::Certain,
            Role::PerhapsBefore => Effect::PerhapsBefore,
            Role::Perhaps => Effect::Perhaps,
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

    /// As evidence about this key.
    pub(super) fn window(&self, key: &Value) -> Window {
        Window {
            key: key.clone(),
            before: match self.start {
                Start::Nil => Some(self.calls.value(NIL).clone()),
                Start::Anything { .. } => None,
            },
            calls: self.parts.iter().map(|part| self.shown(part)).collect(),
            stuck: self.stuck_at(),
        }
    }

    fn shown(&self, part: &Part) -> window::Call {
        let value = |id| self.calls.value(id).clone();
        let action = match self.call(part).action {
            Action::Read(found) => window::Action::Read(value(found)),
            Action::Write(to) => window::Action::Write(value(to)),
            Action::Cas(from, to) => window::Action::Cas(value(from), value(to)),
        };
        let begin = self.invocation(part);
        window::Call {
            process: begin.process,
            action,
            began: (begin.index, begin.time),
            ended: self.completion(part).map(|end| (end.index, end.time)),
            effect: part.role.effect(),
        }
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
