//! A trace: the calls on one register in the form in which the searches take
//! them, one step for each call's return.
//!
//! Two kinds of call are left out, since they change no verdict:
//!
//! - Calls that nobody knows the outcome of (*offers*) and whose value nothing
//!   observes: an offer that takes effect right before a write, or at the end,
//!   may as well not have. So one counts only where a read or a cas finds its
//!   value right after it.
//! - Among offers, which of several alike it is: they are counted, not named.
//!
//! Counting them can be too much still. [`Detail`] says how exactly it is done.

use std::collections::BTreeMap;
use std::ops::Range;

use super::bits::Bits;
use super::calls::{Action, Call, ValueId};
use super::multisets::Family;
use super::search::Limit;

/// How exactly offers are counted. Where they are counted less exactly, more
/// histories pass, so a failure is one, but there are far fewer configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// Each kind by itself.
    Exact,
    /// All that set the same value together.
    ByValue,
    /// Not at all: an offer can be used again and again.
    Unlimited,
}

/// One return after another.
#[derive(Debug)]
pub(super) struct Trace<const N: usize> {
    detail: Detail,
    pub(super) steps: Vec<Step>,
    movers: Vec<Mover>,
    reads: Vec<Reads<N>>,
    pub(super) kinds: Vec<Kind>,
    /// For each way of counting, from which step on each offer is there.
    since: Vec<Vec<usize>>,
    /// For each value, the kinds that set it.
    makers: Vec<Vec<u32>>,
}

/// A call returns: it must have taken effect by now.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Which call, by its place among the calls given.
    pub(super) call: usize,
    /// Its slot, which no other pending call has.
    pub(super) slot: u32,
    movers: Range<usize>,
    reads: Range<usize>,
}

/// A pending write or cas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mover {
    pub(super) slot: u32,
    /// What it must find; `None`: anything.
    pub(super) from: Option<ValueId>,
    pub(super) to: ValueId,
}

/// The pending reads that found one value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reads<const N: usize> {
    pub(super) value: ValueId,
    pub(super) slots: Bits<N>,
}

/// Offers that are alike: those with the same effect.
#[derive(Debug)]
pub(super) struct Kind {
    /// What they must find; `None`: anything.
    pub(super) from: Option<ValueId>,
    /// With what they are counted, if they are.
    pub(super) counter: Option<u32>,
    /// From which step on there is one.
    since: usize,
}

impl<const N: usize> Trace<N> {
    /// The trace of these calls, which are in the order of their beginnings.
    ///
    /// # Errors
    /// When more calls are pending at a time than [`Bits`] has slots.
    pub(super) fn new(calls: &[Call], value_count: usize, detail: Detail) -> Result<Self, Limit> {
        let mut events = Vec::with_capacity(2 * calls.len());
        for (i, call) in calls.iter().enumerate() {
            events.push((call.invoked, i));
            events.extend(call.returned.map(|place| (place, i)));
        }
        events.sort_unstable();

        let is_useful = useful_offers(calls, value_count);
        let mut trace = Trace {
            detail,
            steps: Vec::with_capacity(calls.len()),
            movers: Vec::new(),
            reads: Vec::new(),
            kinds: Vec::new(),
            since: match detail {
                Detail::ByValue => vec![Vec::new(); value_count],
                Detail::Exact | Detail::Unlimited => Vec::new(),
            },
            makers: vec![Vec::new(); value_count],
        };
        let mut kinds = BTreeMap::new();
        // The pending calls, by slot.
        let mut pending: Vec<Option<usize>> = Vec::new();
        for (place, i) in events {
            let call = &calls[i];
            if call.returned == Some(place) {
                let slot = pending.iter().position(|pending| *pending == Some(i));
                let slot = slot.unwrap_or_default();
                trace.step(i, slot as u32, calls, &pending);
                pending[slot] = None;
            } else if call.returned.is_none() {
                if is_useful[i] {
                    trace.offer(call.action, &mut kinds);
                }
            } else {
                match pending.iter().position(Option::is_none) {
                    Some(slot) => pending[slot] = Some(i),
                    None if pending.len() < Bits::<N>::CAPACITY => pending.push(Some(i)),
                    None => return Err(Limit::Width(Bits::<N>::CAPACITY)),
                }
            }
        }
        Ok(trace)
    }

    fn step(&mut self, call: usize, slot: u32, calls: &[Call], pending: &[Option<usize>]) {
        let (movers, reads) = (self.movers.len(), self.reads.len());
        for (slot, call) in (0..).zip(pending) {
            let Some(call) = call.map(|i| &calls[i]) else {
                continue;
            };
            let (from, to) = match call.action {
                Action::Read(value) => {
                    let groups = &mut self.reads[reads..];
                    match groups.iter_mut().find(|group| group.value == value) {
                        Some(group) => group.slots = group.slots.with(slot),
                        None => self.reads.push(Reads {
                            value,
                            slots: Bits::EMPTY.with(slot),
                        }),
                    }
                    continue;
                }
                Action::Write(to) => (None, to),
                Action::Cas(from, to) => (Some(from), to),
            };
            self.movers.push(Mover { slot, from, to });
        }
        self.steps.push(Step {
            call,
            slot,
            movers: movers..self.movers.len(),
            reads: reads..self.reads.len(),
        });
    }

    fn offer(&mut self, action: Action, kinds: &mut BTreeMap<Action, usize>) {
        let (from, to) = match action {
            Action::Read(_) => return,
            Action::Write(to) => (None, to),
            Action::Cas(from, to) => (Some(from), to),
        };
        let since = self.steps.len();
        let kind = *kinds.entry(action).or_insert_with(|| {
            let counter = match self.detail {
                Detail::Exact => {
                    self.since.push(Vec::new());
                    Some(self.since.len() as u32 - 1)
                }
                Detail::ByValue => Some(to),
                Detail::Unlimited => None,
            };
            self.makers[to as usize].push(self.kinds.len() as u32);
            self.kinds.push(Kind {
                from,
                counter,
                since,
            });
            self.kinds.len() - 1
        });
        if let Some(counter) = self.kinds[kind].counter {
            self.since[counter as usize].push(since);
        }
    }

    /// The counters, those of kinds that set the same value together.
    pub(super) fn families(&self) -> Vec<Family> {
        let family = |makers: &Vec<u32>| {
            let mut family = Family::default();
            for kind in makers.iter().map(|kind| &self.kinds[*kind as usize]) {
                match (kind.counter, kind.from) {
                    (Some(counter), None) if self.detail == Detail::Exact => {
                        family.write = Some(counter);
                    }
                    (Some(counter), _) => family.others.push(counter),
                    (None, _) => {}
                }
            }
            family.others.dedup();
            family
        };
        self.makers.iter().map(family).collect()
    }

    /// How many values there are; their numbers are those below.
    pub(super) fn value_count(&self) -> usize {
        self.makers.len()
    }

    /// Whether an offer can be used only once.
    pub(super) fn is_counted(&self) -> bool {
        self.detail != Detail::Unlimited
    }

    /// How many counters there are.
    pub(super) fn counters(&self) -> usize {
        self.since.len()
    }

    /// Whether at this step there is an offer of this kind, where `used` tells
    /// how many were used by each counter.
    pub(super) fn has_offer(&self, kind: &Kind, step: usize, used: impl Fn(u32) -> u32) -> bool {
        kind.since <= step
            && kind.counter.is_none_or(|counter| {
                let next = self.since[counter as usize].get(used(counter) as usize);
                next.is_some_and(|since| *since <= step)
            })
    }

    /// The writes and cas that are pending before this step.
    pub(super) fn movers(&self, step: usize) -> &[Mover] {
        &self.movers[self.steps[step].movers.clone()]
    }

    /// The reads that are, by value.
    pub(super) fn reads(&self, step: usize) -> &[Reads<N>] {
        &self.reads[self.steps[step].reads.clone()]
    }

    /// The kinds of offers that set this value.
    pub(super) fn makers(&self, value: ValueId) -> &[u32] {
        &self.makers[value as usize]
    }
}

/// For each call, whether it is an offer whose value something may observe.
pub(super) fn useful_offers(calls: &[Call], value_count: usize) -> Vec<bool> {
    // By value, the last place where something that observes it may happen.
    let mut observed: Vec<Option<usize>> = vec![None; value_count];
    for call in calls {
        if let (Action::Read(value) | Action::Cas(value, _), Some(place)) =
            (call.action, call.returned)
        {
            let last = &mut observed[value as usize];
            *last = (*last).max(Some(place));
        }
    }
    let mut is_useful = vec![false; calls.len()];
    loop {
        let mut is_done = true;
        for (call, is_useful) in calls.iter().zip(&mut is_useful) {
            if *is_useful || call.returned.is_some() {
                continue;
            }
            let (from, to) = match call.action {
                Action::Read(_) => continue,
                Action::Write(to) => (None, to),
                Action::Cas(from, to) if from == to => continue,
                Action::Cas(from, to) => (Some(from), to),
            };
            if observed[to as usize] > Some(call.invoked) {
                *is_useful = true;
                if let Some(from) = from {
                    // It observes in its turn, until what needs it is over.
                    let until = observed[to as usize];
                    let last = &mut observed[from as usize];
                    is_done &= *last >= until;
                    *last = (*last).max(until);
                }
            }
        }
        if is_done {
            return is_useful;
        }
    }
}
