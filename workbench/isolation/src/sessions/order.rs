//! Whether there is an order of writes as reads ask for it: one for all, or one for each
//! session. There is if what comes before what makes no circle.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use finding::cycle::{Reason, Write};

use super::super::relation::{PROCESS, RW, WR, WW};
use super::super::transaction::Id;
use super::units::Units;
use crate::graph::{Edge, Graph};

/// How many requests there may be, and how much is looked at for sessions one by one.
const MOST_ASKS: usize = 1 << 23;
const MOST_STEPS: usize = 100_000_000;

/// A cycle of units: each with how the next one follows on it, and why.
#[derive(Debug)]
pub(super) struct Violation {
    pub(super) name: &'static str,
    pub(super) steps: Vec<(u32, u8, Reason)>,
}

/// What a model's definitions say of a history.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// That all of them are broken.
    pub(super) broken: Option<Violation>,
    /// That there is no one order for all.
    pub(super) disagreeing: Option<Violation>,
    /// What is before what, and what reads ask for: all that one order for all has in it.
    pub(super) edges: Vec<Edge>,
    pub(super) asks: Vec<Ask>,
}

/// That a write is before another, since a read of this session knew of both and shows that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ask {
    pub(super) session: u32,
    pub(super) before: u32,
    pub(super) after: u32,
    pub(super) key: Id,
}

/// What reads ask for.
#[derive(Debug, Default)]
pub(super) struct Asks(BTreeSet<Ask>);

impl Asks {
    /// All of them, each once.
    pub(super) fn all(&self) -> &BTreeSet<Ask> {
        &self.0
    }

    /// # Errors
    /// That there are too many.
    pub(super) fn add(&mut self, ask: Ask) -> Result<(), String> {
        if ask.before != ask.after {
            self.0.insert(ask);
        }
        match self.0.len() <= MOST_ASKS {
            true => Ok(()),
            false => Err(format!(
                "reads ask for more than {MOST_ASKS} orders of two writes: too many to look through"
            )),
        }
    }
}

/// Holds what reads ask for against what is before what anyway: one order for all, and if
/// there is none, one for each session.
///
/// # Errors
/// That it would take too long.
pub(super) fn look(
    units: &Units<'_>,
    name: &'static str,
    base: &[Edge],
    asks: &Asks,
) -> Result<Looked, String> {
    let all: Vec<Ask> = asks.0.iter().copied().collect();
    let graph = graph(units, base, &all);
    let components = graph.components(u8::MAX);
    let Some(smallest) = components.iter().min_by_key(|component| component.len()) else {
        return Ok(Looked {
            edges: edges(base, &all),
            asks: all,
            ..Looked::default()
        });
    };
    let violation = |graph: &Graph, component: &[u32], asks: &[Ask]| Violation {
        name,
        steps: explained(units, &cycle(graph, component), asks),
    };
    let mut looked = Looked {
        broken: None,
        disagreeing: Some(violation(&graph, smallest, &all)),
        ..Looked::default()
    };
    let unasked = self::graph(units, base, &[]);
    if let Some(component) = unasked.components(u8::MAX).first() {
        looked.broken = Some(violation(&unasked, component, &[]));
        return Ok(looked);
    }
    // What is in no circle of all is in none of a session.
    let mut component_of = vec![0_u32; units.all.len()];
    for (number, component) in (1..).zip(&components) {
        component
            .iter()
            .for_each(|unit| component_of[*unit as usize] = number);
    }
    let is_inside = |from: u32, to: u32| {
        let [from, to] = [from, to].map(|unit| component_of[unit as usize]);
        from != 0 && from == to
    };
    let base: Vec<Edge> = base
        .iter()
        .copied()
        .filter(|e| is_inside(e.from, e.to))
        .collect();
    let inside: Vec<Ask> = all
        .into_iter()
        .filter(|ask| is_inside(ask.before, ask.after))
        .collect();
    let mut steps = 0;
    for asks in inside.chunk_by(|a, b| a.session == b.session) {
        steps += base.len() + asks.len() + units.all.len();
        if steps > MOST_STEPS {
            return Err(
                "there is no one order of writes for all, and too many sessions to look for \
                        one of each"
                    .into(),
            );
        }
        let graph = self::graph(units, &base, asks);
        let components = graph.components(u8::MAX);
        if let Some(smallest) = components.iter().min_by_key(|component| component.len()) {
            looked.broken = Some(violation(&graph, smallest, asks));
            return Ok(looked);
        }
    }
    Ok(looked)
}

fn edges(base: &[Edge], asks: &[Ask]) -> Vec<Edge> {
    let asked = asks.iter().map(|ask| Edge {
        from: ask.before,
        to: ask.after,
        label: WW,
    });
    base.iter().copied().chain(asked).collect()
}

/// What is before what, and what reads ask for.
pub(super) fn graph(units: &Units<'_>, base: &[Edge], asks: &[Ask]) -> Graph {
    Graph::new(units.all.len(), &edges(base, asks))
}

/// Whether an order of all units can have in it what is before what, and each read before
/// what was written over it.
///
/// # Errors
/// That there are too many reads of the same.
pub(super) fn look_at_overwrites(
    units: &Units<'_>,
    looked: &Looked,
) -> Result<Option<Violation>, String> {
    let mut readers: BTreeMap<(Id, Option<u32>), Vec<u32>> = BTreeMap::new();
    for (number, unit) in (0..).zip(&units.all) {
        for (key, seen) in &unit.reads {
            let version = units.values(seen).last();
            let writer = version.map(|value| units.writers.get(&(*key, *value)).copied());
            if let Some(version) = writer.map_or(Some(None), |writer| writer.map(Some)) {
                readers.entry((*key, version)).or_default().push(number);
            }
        }
    }
    let mut edges = looked.edges.clone();
    let most = edges.len() + MOST_ASKS;
    let mut add = |key: Id, version: Option<u32>, to: u32| {
        for from in readers.get(&(key, version)).into_iter().flatten() {
            edges.push(Edge {
                from: *from,
                to,
                label: RW,
            });
        }
        match edges.len() <= most {
            true => Ok(()),
            false => Err("too many read the same before others write it".to_owned()),
        }
    };
    for ask in &looked.asks {
        add(ask.key, Some(ask.before), ask.after)?;
    }
    for (key, value) in units.writers.keys() {
        if let Some(writer) = units.writers.get(&(*key, *value)) {
            add(*key, None, *writer)?;
        }
    }
    let graph = Graph::new(units.all.len(), &edges);
    let components = graph.components(u8::MAX);
    let smallest = components.iter().min_by_key(|component| component.len());
    Ok(smallest.map(|component| Violation {
        name: "cyclic-order",
        steps: explained(units, &cycle(&graph, component), &looked.asks),
    }))
}

/// A short cycle in a component: units, each with the relation to the next.
pub(super) fn cycle(graph: &Graph, component: &[u32]) -> Vec<(u32, u8)> {
    let first = component[0];
    let is_inside = |unit: u32| component.binary_search(&unit).is_ok();
    // Breadth first from one vertex, back to it.
    let mut before: BTreeMap<u32, (u32, u8)> = Default::default();
    let mut open = VecDeque::from([first]);
    while let Some(unit) = open.pop_front() {
        for &(next, label) in graph.out(unit) {
            if next == first {
                let mut steps = vec![(unit, label)];
                let mut at = unit;
                while at != first {
                    let (previous, label) = before[&at];
                    steps.push((previous, label));
                    at = previous;
                }
                steps.reverse();
                return steps;
            }
            if is_inside(next) && !before.contains_key(&next) {
                before.insert(next, (unit, label));
                open.push_back(next);
            }
        }
    }
    Vec::new()
}

/// The same with reasons.
pub(super) fn explained(
    units: &Units<'_>,
    cycle: &[(u32, u8)],
    asks: &[Ask],
) -> Vec<(u32, u8, Reason)> {
    let next = cycle.iter().skip(1).chain(cycle.first());
    let pairs = cycle.iter().zip(next);
    pairs
        .map(|((a, label), (b, _))| {
            let (relation, reason) = why(units, *a, *b, *label, asks);
            (*a, relation, reason)
        })
        .collect()
}

fn why(units: &Units<'_>, a: u32, b: u32, label: u8, asks: &[Ask]) -> (u8, Reason) {
    let by = match units.is_list() {
        true => Write::Appended,
        false => Write::Wrote,
    };
    let (keys, values) = (&units.transactions.keys, &units.transactions.values);
    if label & WR != 0 {
        let reads = &units.unit(b).reads;
        let found = reads.iter().find_map(|(key, seen)| {
            let shown = units.values(seen).iter();
            let mut own = shown.filter(|value| units.writers.get(&(*key, **value)) == Some(&a));
            own.next().map(|value| (*key, *value))
        });
        if let Some((key, value)) = found {
            let reason = Reason::Reads {
                key: keys.value(key).clone(),
                value: values.value(value).clone(),
                by,
            };
            return (WR, reason);
        }
    }
    if label & PROCESS != 0 {
        return (PROCESS, Reason::SameProcess);
    }
    if label & RW != 0 {
        let reads = &units.unit(a).reads;
        let found = reads.iter().find_map(|(key, seen)| {
            Some((
                *key,
                units.values(seen).last().copied(),
                units.written(b, *key)?,
            ))
        });
        let reason = found.map(|(key, before, value)| Reason::Overwrites {
            key: keys.value(key).clone(),
            before: before.map(|before| values.value(before).clone()),
            value: values.value(value).clone(),
            by,
        });
        return (RW, reason.unwrap_or(Reason::Unknown));
    }
    let ask = asks.iter().find(|ask| (ask.before, ask.after) == (a, b));
    let reason = ask.and_then(|ask| {
        let [before, value] = [a, b].map(|unit| units.written(unit, ask.key));
        Some(Reason::Overwrites {
            key: keys.value(ask.key).clone(),
            before: Some(values.value(before?).clone()),
            value: values.value(value?).clone(),
            by,
        })
    });
    (WW, reason.unwrap_or(Reason::Unknown))
}

/// That a unit knew of a write of a key, and does not show it: the way from the write to the
/// unit, and back.
pub(super) fn unseen(
    units: &Units<'_>,
    name: &'static str,
    write: u32,
    reader: u32,
    key: Id,
    before: Option<Id>,
) -> Violation {
    let by = match units.is_list() {
        true => Write::Appended,
        false => Write::Wrote,
    };
    let (keys, values) = (&units.transactions.keys, &units.transactions.values);
    let mut steps = explained(units, &path(units, write, reader), &[]);
    // The last of them says how it would go on to the first, which it does not.
    steps.pop();
    let reason = match units.written(write, key) {
        Some(value) => Reason::Overwrites {
            key: keys.value(key).clone(),
            before: before.map(|before| values.value(before).clone()),
            value: values.value(value).clone(),
            by,
        },
        None => Reason::Unknown,
    };
    steps.push((reader, RW, reason));
    Violation { name, steps }
}

/// The way from one unit to another, by sessions and by what was read, the last with it.
pub(super) fn path(units: &Units<'_>, from: u32, to: u32) -> Vec<(u32, u8)> {
    let mut after: BTreeMap<u32, (u32, u8)> = Default::default();
    let mut open = VecDeque::from([to]);
    while let Some(unit) = open.pop_front() {
        if unit == from {
            break;
        }
        let one = units.unit(unit);
        let sources = one.reads.iter().flat_map(|(key, seen)| {
            let writer = move |value: &Id| units.writers.get(&(*key, *value)).copied();
            units.values(seen).iter().filter_map(writer)
        });
        let before = one.before.map(|before| (before, PROCESS));
        for (previous, label) in sources.map(|source| (source, WR)).chain(before) {
            if previous != to && !after.contains_key(&previous) {
                after.insert(previous, (unit, label));
                open.push_back(previous);
            }
        }
    }
    let mut steps = Vec::new();
    let mut at = from;
    while let Some((next, label)) = after.get(&at) {
        steps.push((at, *label));
        at = *next;
        if at == to {
            break;
        }
    }
    steps.push((to, 0));
    steps
}
