//! The search for an order of calls on an object of any kind: depth first, remembering
//! where it has been (Wing and Gong, 1993; Lowe, 2017).
//!
//! A configuration is how many returns it has passed, which calls have taken effect that
//! did not return by then, and the state. From it, any call may be next that began before
//! the next return. A call that can be left out and does not change the state now is taken
//! at once: no order is lost by that.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::object::{Object, Operation, State};
use crate::sequential::Leaving;

/// A call on the object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) operation: Operation,
    /// The place of its beginning in the history.
    pub(super) invoked: usize,
    /// The place of its end, if it certainly took effect.
    pub(super) returned: Option<usize>,
}

/// How far a search may go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// How many steps of the object it may take; one to a large state counts as several.
    pub(super) steps: u64,
    /// How many bytes it may remember, about.
    pub(super) bytes: usize,
}

/// What a configuration takes beside itself: counts, the place in the set, the heap's own.
const OVERHEAD: usize = 96;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// There is an order.
    Order,
    /// There is none; this call is the first that no order lets return.
    None {
        stuck: usize,
    },
    /// Nobody knows: it took too many steps, or too many bytes.
    TooManySteps,
    TooManyBytes,
}

/// Where a search is.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Configuration {
    /// The calls that took effect and did not return, in order.
    done: Vec<u32>,
    state: State,
}

/// A configuration and what was tried from there.
struct Frame {
    passed: usize,
    at: Rc<Configuration>,
    next: usize,
    /// Other states that the last call may have led to.
    others: Vec<(u32, State)>,
}

/// The search, and what it knows of the calls.
pub(super) struct Search<'c> {
    object: &'c mut dyn Object,
    calls: &'c [Call],
    /// The calls in the order of their returns.
    returns: Vec<u32>,
    /// For each return, the calls under way then, in the order of their returns.
    open: Vec<Vec<u32>>,
    /// The calls that may never take effect, in the order of their beginnings.
    perhaps: Vec<u32>,
    /// For a call that may never take effect, the one before that does the same.
    like: Vec<Option<u32>>,
    /// Whether it can be left out.
    is_free: Vec<bool>,
    bounds: Bounds,
    /// What the object had done before.
    before: u64,
    /// How many bytes it remembers, about, beside the states.
    bytes: usize,
    seen: Vec<BTreeSet<Rc<Configuration>>>,
    farthest: usize,
}

impl<'c> Search<'c> {
    /// A search for an order of these calls, which are in the order of their beginnings.
    pub(super) fn new(object: &'c mut dyn Object, calls: &'c [Call], bounds: Bounds) -> Self {
        let is_free = |call: &Call| object.leaving(call.operation) == Leaving::Alone;
        let is_free: Vec<bool> = calls.iter().map(is_free).collect();
        let place = |call: u32| calls[call as usize].returned;
        let all = 0..calls.len() as u32;
        let mut returns: Vec<u32> = all.clone().filter(|call| place(*call).is_some()).collect();
        returns.sort_by_key(|call| place(*call));
        let perhaps = |call: &u32| place(*call).is_none() && !is_free[*call as usize];
        let perhaps: Vec<u32> = all.filter(perhaps).collect();
        let mut open = Vec::with_capacity(returns.len());
        let mut under_way: Vec<u32> = Vec::new();
        let mut begun = 0;
        for &call in &returns {
            while begun < calls.len() && Some(calls[begun].invoked) < place(call) {
                if calls[begun].returned.is_some() {
                    under_way.push(begun as u32);
                }
                begun += 1;
            }
            under_way.sort_by_key(|call| place(*call));
            open.push(under_way.clone());
            under_way.retain(|other| *other != call);
        }
        let mut like = vec![None; calls.len()];
        let mut last = BTreeMap::new();
        for &call in &perhaps {
            like[call as usize] = last.insert(calls[call as usize].operation, call);
        }
        Search {
            before: object.work(),
            object,
            calls,
            seen: (0..=returns.len()).map(|_| BTreeSet::new()).collect(),
            returns,
            open,
            perhaps,
            like,
            is_free,
            bounds,
            bytes: 0,
            farthest: 0,
        }
    }

    /// The answer from these states, and how many steps it took.
    pub(super) fn run(mut self, starts: Vec<State>) -> (Answer, u64) {
        for start in starts {
            if let Some(answer) = self.from(start) {
                return (answer, self.steps());
            }
        }
        let answer = match self.returns.get(self.farthest) {
            Some(stuck) => Answer::None {
                stuck: *stuck as usize,
            },
            None => Answer::Order,
        };
        (answer, self.steps())
    }

    /// How many steps it took; one to a large state counts as several.
    fn steps(&self) -> u64 {
        self.object.work() - self.before
    }

    fn from(&mut self, start: State) -> Option<Answer> {
        let mut stack = Vec::new();
        stack.extend(self.enter(0, Vec::new(), start));
        while let Some(frame) = stack.last_mut() {
            if frame.passed == self.returns.len() {
                return Some(Answer::Order);
            }
            if self.steps() > self.bounds.steps {
                return Some(Answer::TooManySteps);
            }
            if self.bytes + self.object.bytes() > self.bounds.bytes {
                return Some(Answer::TooManyBytes);
            }
            let Some((call, state)) = self.advance(frame) else {
                stack.pop();
                continue;
            };
            let (passed, mut done) = (frame.passed, frame.at.done.clone());
            insert(&mut done, call);
            let next = self.enter(passed, done, state);
            stack.extend(next);
        }
        None
    }

    /// The next call to try, and what it leads to.
    fn advance(&mut self, frame: &mut Frame) -> Option<(u32, State)> {
        if let Some(other) = frame.others.pop() {
            return Some(other);
        }
        let open = &self.open[frame.passed];
        let until = self.calls[self.returns[frame.passed] as usize].returned;
        loop {
            let call = match frame.next.checked_sub(open.len()) {
                None => open[frame.next],
                Some(place) => *self.perhaps.get(place)?,
            };
            if Some(self.calls[call as usize].invoked) > until {
                return None;
            }
            frame.next += 1;
            let is_done = |call| frame.at.done.binary_search(&call).is_ok();
            if is_done(call) || self.like[call as usize].is_some_and(|like| !is_done(like)) {
                continue;
            }
            let Call {
                operation,
                returned,
                ..
            } = self.calls[call as usize];
            let states = self.object.step(frame.at.state, operation).into_iter();
            // What may never take effect need not, where it has none.
            let states = states.filter(|state| returned.is_some() || *state != frame.at.state);
            frame.others.extend(states.map(|state| (call, state)));
            if let Some(other) = frame.others.pop() {
                return Some(other);
            }
        }
    }

    /// The configuration with these calls done, if it is a new one.
    fn enter(&mut self, mut passed: usize, mut done: Vec<u32>, state: State) -> Option<Frame> {
        loop {
            while let Some(call) = self.returns.get(passed)
                && let Ok(place) = done.binary_search(call)
            {
                done.remove(place);
                passed += 1;
            }
            let Some(open) = self.open.get(passed) else {
                break;
            };
            let mut is_free = open.iter().filter(|call| {
                let place = **call as usize;
                if !self.is_free[place] || done.binary_search(call).is_ok() {
                    return false;
                }
                let states = self.object.step(state, self.calls[place].operation);
                !states.is_empty() && states.iter().all(|next| *next == state)
            });
            let Some(call) = is_free.next() else { break };
            insert(&mut done, *call);
        }
        self.farthest = self.farthest.max(passed);
        let at = Rc::new(Configuration { done, state });
        if !self.seen[passed].insert(Rc::clone(&at)) {
            return None;
        }
        self.bytes += 4 * at.done.len() + size_of::<Frame>() + OVERHEAD;
        Some(Frame {
            passed,
            at,
            next: 0,
            others: Vec::new(),
        })
    }
}

fn insert(done: &mut Vec<u32>, call: u32) {
    if let Err(place) = done.binary_search(&call) {
        done.insert(place, call);
    }
}
