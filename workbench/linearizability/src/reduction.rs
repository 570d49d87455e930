//! A few of the calls on an object that have no order, such that they prove it to whoever
//! sees only them.
//!
//! - What comes after the return that does not fit is of no matter.
//! - What happened before some moment may be forgotten, if the object may then be in any
//!   state, and whatever was under way may have taken effect or not.
//! - Calls go where the model says that this turns no good history into a bad one.

use std::collections::BTreeMap;

use history::edn::Value;

use crate::object::{Object, State};
use crate::order::{Answer, Bounds, Call, Search};
use crate::sequential::Leaving;

/// How much work goes into making a proof small. What is found by then is one, if perhaps
/// not the smallest.
const MOST_STEPS: u64 = 1 << 22;
/// The same, for one question on the way.
const AT_ONCE: Bounds = Bounds {
    steps: 1 << 18,
    bytes: 1 << 26,
};

/// Calls that have no order.
pub(super) struct Proof {
    pub(super) calls: Vec<Call>,
    /// Whether that is so whatever state the object is in before them.
    pub(super) is_from_anywhere: bool,
}

/// The proof from these calls, of which there is no order up to this return.
pub(super) fn reduce(object: &mut dyn Object, calls: Vec<Call>, stuck: usize) -> Proof {
    let mut way = Way {
        starts: vec![object.initial()],
        object,
        steps: 0,
    };
    let mut kept: Vec<Call> = (calls.into_iter())
        .filter(|call| call.invoked < stuck)
        .collect();
    for call in &mut kept {
        call.returned = call.returned.filter(|place| *place <= stuck);
    }
    let mut is_from_anywhere = false;
    let operations: Vec<_> = kept.iter().map(|call| call.operation).collect();
    if let Some(states) = way.object.any_state(&operations) {
        let start = std::mem::replace(&mut way.starts, states);
        match way.forget_the_past(&kept, stuck) {
            Some(fewer) => {
                kept = fewer;
                is_from_anywhere = true;
            }
            None => way.starts = start,
        }
    }
    let calls = way.leave_out(kept);
    Proof {
        calls,
        is_from_anywhere,
    }
}

/// The way to a small proof.
struct Way<'c> {
    object: &'c mut dyn Object,
    starts: Vec<State>,
    steps: u64,
}

impl Way<'_> {
    fn is_proof(&mut self, calls: &[Call]) -> bool {
        if self.steps >= MOST_STEPS {
            return false;
        }
        let (answer, steps) = Search::new(self.object, calls, AT_ONCE).run(self.starts.clone());
        self.steps += steps + calls.len() as u64;
        matches!(answer, Answer::None { .. })
    }

    /// The calls since the last moment from which on there is no order in any case.
    fn forget_the_past(&mut self, calls: &[Call], stuck: usize) -> Option<Vec<Call>> {
        let since = |moment: usize| -> Vec<Call> {
            let after = (calls.iter()).filter(|call| call.returned.is_none_or(|r| r >= moment));
            let mut after: Vec<Call> = after.cloned().collect();
            for call in &mut after {
                if call.invoked < moment {
                    call.returned = None;
                }
            }
            after
        };
        // A later beginning says less, so there is one up to which all do.
        let (mut good, mut bad) = (0, stuck + 1);
        let mut best = None;
        if self.is_proof(calls) {
            best = Some(calls.to_vec());
            while bad - good > 1 {
                let middle = good + (bad - good) / 2;
                let fewer = since(middle);
                match self.is_proof(&fewer) {
                    true => (good, best) = (middle, Some(fewer)),
                    false => bad = middle,
                }
            }
        }
        best
    }

    /// Leaves out what may go: many calls at once at first, then fewer.
    fn leave_out(&mut self, mut kept: Vec<Call>) -> Vec<Call> {
        let mut together: BTreeMap<(Option<Value>, usize), Vec<usize>> = BTreeMap::new();
        for call in &kept {
            let group = match self.object.leaving(call.operation) {
                Leaving::Never => continue,
                Leaving::Alone => (None, call.invoked),
                Leaving::With(value) => (Some(value), 0),
            };
            together.entry(group).or_default().push(call.invoked);
        }
        let mut groups: Vec<Vec<usize>> = together.into_values().collect();
        let mut size = groups.len().div_ceil(2);
        while size > 0 {
            let mut left = Vec::with_capacity(groups.len());
            for chunk in groups.chunks(size) {
                let fewer: Vec<Call> = (kept.iter())
                    .filter(|call| !chunk.iter().any(|group| group.contains(&call.invoked)))
                    .cloned()
                    .collect();
                match self.is_proof(&fewer) {
                    true => kept = fewer,
                    false => left.extend_from_slice(chunk),
                }
            }
            // As long as single groups go, others may have become needless.
            size = match left.len() < groups.len() {
                true => size.min(left.len().div_ceil(2)),
                false => size / 2,
            };
            groups = left;
        }
        kept
    }
}
