//! PRAM and causal consistency. With monotonic writes a view has the first writes of each
//! session, so it is a number for each: a vector clock (Fidge 1988, Mattern 1989).

use std::collections::{BTreeMap, BTreeSet};

use super::super::relation::{PROCESS, WR};
use super::super::transaction::{Id, Seen};
use super::order::{self, Ask, Asks, Looked, Violation, cycle, explained, unseen};
use super::units::Units;
use crate::graph::{Edge, Graph};
use finding::cycle::Reason;

/// How many numbers clocks may have in all.
const MOST_NUMBERS: usize = 1 << 26;

/// For each session, how many of its units with writes are known.
type Clock = Vec<u32>;

fn join(clock: &mut Clock, other: &[u32]) {
    if clock.len() < other.len() {
        clock.resize(other.len(), 0);
    }
    for (own, other) in clock.iter_mut().zip(other) {
        *own = (*own).max(*other);
    }
}

fn raise(clock: &mut Clock, session: u32, count: u32) {
    let session = session as usize;
    if clock.len() <= session {
        clock.resize(session + 1, 0);
    }
    clock[session] = clock[session].max(count);
}

fn at(clock: &[u32], session: u32) -> u32 {
    clock.get(session as usize).copied().unwrap_or(0)
}

/// Causal consistency if writes follow reads, else PRAM.
///
/// # Errors
/// That it takes too much.
pub(super) fn look(units: &Units<'_>, is_causal: bool) -> Result<Looked, String> {
    let edges = edges(units, is_causal);
    let order = match is_causal {
        true => {
            let graph = Graph::new(units.all.len(), &edges);
            if let Some(steps) = circle(units, &graph, &[]) {
                let violation = |steps| Violation {
                    name: "CyclicCO",
                    steps,
                };
                return Ok(Looked {
                    broken: Some(violation(steps.clone())),
                    disagreeing: Some(violation(steps)),
                    ..Looked::default()
                });
            }
            topological(&graph)
        }
        false => (0..units.all.len() as u32).collect(),
    };
    let walked = walk(units, is_causal, &order, &Asked::default())?;
    if let Some((broken, _)) = walked.broken {
        return Ok(Looked {
            broken: Some(broken),
            ..Looked::default()
        });
    }
    let name = match is_causal {
        true => "CyclicCF",
        false => "PRAM",
    };
    let mut looked = order::look(units, name, &edges, &walked.asks)?;
    if is_causal {
        // For the weakest definition each read has an order of its own.
        looked.broken = None;
    }
    Ok(looked)
}

/// A circle in a graph, if it has one.
pub(super) fn circle(
    units: &Units<'_>,
    graph: &Graph,
    asks: &[Ask],
) -> Option<Vec<(u32, u8, Reason)>> {
    let components = graph.components(u8::MAX);
    let smallest = components.iter().min_by_key(|component| component.len())?;
    Some(explained(units, &cycle(graph, smallest), asks))
}

/// What else there is to a walk: that of one session's own order.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Whose reads are looked at; none for all.
    pub(super) session: Option<u32>,
    /// Writes that are before others, by those.
    pub(super) before: BTreeMap<u32, Vec<u32>>,
}

/// What a walk through all units has found.
pub(super) struct Walked {
    pub(super) asks: Asks,
    /// A read that does not show what it knew of; and that write and the read, where it is as
    /// simple as that.
    pub(super) broken: Option<(Violation, Option<[u32; 2]>)>,
}

/// Follows what is known through all units, in an order that has what is before what in it.
///
/// # Errors
/// That it takes too much.
pub(super) fn walk(
    units: &Units<'_>,
    is_causal: bool,
    order: &[u32],
    asked: &Asked,
) -> Result<Walked, String> {
    let mut views = Views {
        units,
        is_causal,
        only: asked.session,
        known: vec![Clock::new(); units.sessions],
        written: BTreeMap::new(),
        numbers: 0,
        shown: BTreeMap::new(),
        asks: Asks::default(),
        broken: None,
        unseen: None,
    };
    // After these, somebody else goes on.
    let left: BTreeSet<u32> = (units.all.iter())
        .filter_map(|unit| {
            unit.before
                .filter(|before| units.unit(*before).session != unit.session)
        })
        .collect();
    let mut left: BTreeMap<u32, Clock> =
        left.into_iter().map(|unit| (unit, Clock::new())).collect();
    for number in order.iter().copied() {
        let unit = units.unit(number);
        let mut clock = std::mem::take(&mut views.known[unit.session as usize]);
        if let Some(before) = unit.before.and_then(|before| left.get(&before))
            && clock.is_empty()
        {
            clock.clone_from(before);
        }
        for before in asked.before.get(&number).into_iter().flatten() {
            views.know(*before, number, &mut clock);
        }
        views.read(number, &mut clock)?;
        if let Some(broken) = views.broken.take() {
            return Ok(Walked {
                asks: views.asks,
                broken: Some((broken, views.unseen)),
            });
        }
        if !unit.writes.is_empty() {
            raise(&mut clock, unit.session, unit.place + 1);
            if is_causal {
                views.numbers += clock.len();
                views.written.insert(number, clock.clone());
            }
        }
        if views.numbers > MOST_NUMBERS {
            return Err(format!(
                "{} sessions are too many to follow",
                units.sessions
            ));
        }
        if let Some(left) = left.get_mut(&number) {
            left.clone_from(&clock);
        }
        views.known[unit.session as usize] = clock;
    }
    Ok(Walked {
        asks: views.asks,
        broken: None,
    })
}

/// What is before what in any case.
pub(super) fn edges(units: &Units<'_>, is_causal: bool) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut last_write: Vec<Option<u32>> = Vec::new();
    for (number, unit) in (0..).zip(&units.all) {
        let has_writes = !unit.writes.is_empty();
        let before = unit.before.and_then(|before| last_write[before as usize]);
        last_write.push(if has_writes { Some(number) } else { before });
        let before = match is_causal {
            true => unit.before,
            false => before.filter(|_| has_writes),
        };
        edges.extend(before.map(|from| Edge {
            from,
            to: number,
            label: PROCESS,
        }));
        if is_causal {
            for (key, seen) in &unit.reads {
                let sources = units.values(seen).iter();
                let sources = sources.filter_map(|value| units.writers.get(&(*key, *value)));
                let edge = |from: &u32| Edge {
                    from: *from,
                    to: number,
                    label: WR,
                };
                edges.extend(sources.filter(|source| **source != number).map(edge));
            }
        }
    }
    edges
}

/// All vertices of a graph without circles, each behind what leads to it.
pub(super) fn topological(graph: &Graph) -> Vec<u32> {
    let mut missing = vec![0; graph.len()];
    for vertex in 0..graph.len() as u32 {
        graph
            .out(vertex)
            .iter()
            .for_each(|(to, _)| missing[*to as usize] += 1);
    }
    let first = (0..graph.len() as u32).filter(|vertex| missing[*vertex as usize] == 0);
    let mut order: Vec<u32> = first.collect();
    let mut next = 0;
    while let Some(vertex) = order.get(next).copied() {
        next += 1;
        for (to, _) in graph.out(vertex) {
            missing[*to as usize] -= 1;
            if missing[*to as usize] == 0 {
                order.push(*to);
            }
        }
    }
    order
}

struct Views<'a> {
    units: &'a Units<'a>,
    is_causal: bool,
    /// Whose reads are looked at; none for all.
    only: Option<u32>,
    /// What each session knows.
    known: Vec<Clock>,
    /// What each unit with writes knew when it had written.
    written: BTreeMap<u32, Clock>,
    numbers: usize,
    /// The last list that a session read of a key.
    shown: BTreeMap<(u32, Id), Seen>,
    asks: Asks,
    broken: Option<Violation>,
    /// The write that a read knew of and does not show, and the read.
    unseen: Option<[u32; 2]>,
}

impl Views<'_> {
    /// Takes in what a unit read, and looks whether it fits what was known.
    fn read(&mut self, number: u32, clock: &mut Clock) -> Result<(), String> {
        let units = self.units;
        let unit = units.unit(number);
        // Only what the session has not read before is new; a list holds that, too.
        let mut fresh: Vec<(Id, Seen, usize)> = Vec::new();
        for (key, seen) in &unit.reads {
            let values = units.values(seen);
            let before = self.shown.insert((unit.session, *key), *seen);
            let before = before.unwrap_or(Seen::Nil);
            let before = units.values(&before);
            let from = if values.starts_with(before) {
                before.len()
            } else {
                0
            };
            for value in &values[from..] {
                let Some(source) = units.writers.get(&(*key, *value)).copied() else {
                    continue;
                };
                self.know(source, number, clock);
            }
            fresh.push((*key, *seen, from));
        }
        if self.only.is_some_and(|only| only != unit.session) {
            return Ok(());
        }
        for (key, seen, from) in fresh {
            match units.is_list() {
                true => self.list(number, key, seen, from, clock)?,
                false => self.register(number, key, seen, clock)?,
            }
            if self.broken.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// Says that a read knew of a write and does not show it.
    fn break_off(
        &mut self,
        name: &'static str,
        write: u32,
        reader: u32,
        key: Id,
        before: Option<Id>,
    ) {
        self.broken = Some(unseen(self.units, name, write, reader, key, before));
        self.unseen = Some([write, reader]);
    }

    /// Adds a write, and what goes with it.
    fn know(&mut self, source: u32, reader: u32, clock: &mut Clock) {
        let units = self.units;
        let unit = units.unit(source);
        if unit.session == units.unit(reader).session && source >= reader {
            let steps = explained(units, &[(source, WR), (reader, PROCESS)], &[]);
            self.broken = Some(Violation {
                name: "future-read",
                steps,
            });
        }
        if let Some(written) = self.written.get(&source) {
            join(clock, written);
        }
        raise(clock, unit.session, unit.place + 1);
        // Of an unknown outcome: after what its client had written.
        if let Some(before) = unit.before.map(|before| units.unit(before)) {
            let count = before.place + u32::from(!before.writes.is_empty());
            raise(clock, before.session, count);
        }
    }

    /// Of the writes that are known, that which is read is the last.
    fn register(&mut self, number: u32, key: Id, seen: Seen, clock: &Clock) -> Result<(), String> {
        let units = self.units;
        let value = units.values(&seen).first().copied();
        let source = value.map(|value| units.writers.get(&(key, value)).copied());
        let name = if self.is_causal {
            "WriteCOInitRead"
        } else {
            "PRAM"
        };
        for (session, writes) in &units.by_key[key as usize] {
            let (_, last) = Units::among_first(writes, at(clock, *session));
            let Some(last) = last else { continue };
            match source {
                // Of a value that nobody wrote others tell.
                Some(None) => {}
                None => {
                    self.break_off(name, last, number, key, None);
                    return Ok(());
                }
                Some(Some(source)) if source == last => {}
                Some(Some(source)) => {
                    let of_source = units.unit(source);
                    let knew = self.written.get(&last);
                    let knew = knew.map_or(0, |knew| at(knew, of_source.session));
                    if self.is_causal && knew > of_source.place {
                        self.break_off("WriteCORead", last, number, key, value);
                        return Ok(());
                    }
                    self.asks.add(Ask {
                        session: units.unit(number).session,
                        before: last,
                        after: source,
                        key,
                    })?;
                }
            }
        }
        Ok(())
    }

    /// All that is known is in the list, and in an order that fits.
    fn list(
        &mut self,
        number: u32,
        key: Id,
        seen: Seen,
        from: usize,
        clock: &Clock,
    ) -> Result<(), String> {
        let units = self.units;
        let values = units.values(&seen);
        let writer = |value: &Id| units.writers.get(&(key, *value)).copied();
        let sources: Vec<u32> = values.iter().filter_map(writer).collect();
        let by_key = &units.by_key[key as usize];
        let mut shown: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for source in &sources {
            shown
                .entry(units.unit(*source).session)
                .or_default()
                .insert(*source);
        }
        let name = if self.is_causal {
            "WriteCOInitRead"
        } else {
            "PRAM"
        };
        for (session, writes) in by_key {
            let (count, _) = Units::among_first(writes, at(clock, *session));
            let shown = shown.get(session);
            let missing =
                |(_, write): &&(u32, u32)| shown.is_none_or(|shown| !shown.contains(write));
            if let Some((_, write)) = writes[..count].iter().find(missing) {
                let last = values.last().copied();
                self.break_off(name, *write, number, key, last);
                return Ok(());
            }
        }
        let from = from.saturating_sub(1).min(sources.len());
        for pair in sources[from..].windows(2) {
            self.asks.add(Ask {
                session: units.unit(number).session,
                before: pair[0],
                after: pair[1],
                key,
            })?;
        }
        if !self.is_causal {
            return Ok(());
        }
        // None knew of one that comes after it.
        let mut so_far: BTreeSet<u32> = sources[..from].iter().copied().collect();
        for source in &sources[from..] {
            so_far.insert(*source);
            let Some(knew) = self.written.get(source) else {
                continue;
            };
            for (session, writes) in by_key {
                let (count, _) = Units::among_first(writes, at(knew, *session));
                let later = |(_, write): &&(u32, u32)| !so_far.contains(write);
                if let Some((_, write)) = writes[..count].iter().find(later) {
                    let mut violation = unseen(units, "WriteCORead", *write, *source, key, None);
                    // The list has the one before the other.
                    let ask = Ask {
                        session: 0,
                        before: *source,
                        after: *write,
                        key,
                    };
                    let asked = explained(units, &[(*source, 1), (*write, 1)], &[ask]);
                    if let (Some(last), Some((_, relation, reason))) =
                        (violation.steps.last_mut(), asked.into_iter().next())
                    {
                        (last.1, last.2) = (relation, reason);
                    }
                    self.broken = Some(violation);
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
