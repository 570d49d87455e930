//! Each guarantee of sessions by itself, for reads and writes one by one.

use std::collections::BTreeMap;

use super::super::relation::{PROCESS, WR};
use super::super::transaction::{Id, Seen};
use super::order::{self, Ask, Asks, Looked, Violation, explained, unseen};
use super::units::Units;
use crate::graph::Edge;

/// A guarantee of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guarantee {
    ReadYourWrites,
    MonotonicReads,
    MonotonicWrites,
    WritesFollowReads,
}

use Guarantee::*;

impl Guarantee {
    fn name(self) -> &'static str {
        match self {
            ReadYourWrites => "read-your-writes",
            MonotonicReads => "monotonic-reads",
            MonotonicWrites => "monotonic-writes",
            WritesFollowReads => "writes-follow-reads",
        }
    }
}

/// Looks for violations of one.
///
/// # Errors
/// That it takes too much.
pub(super) fn look(units: &Units<'_>, guarantee: Guarantee) -> Result<Looked, String> {
    let name = guarantee.name();
    let mut views = Views {
        units,
        guarantee,
        own: BTreeMap::new(),
        shown: BTreeMap::new(),
        read_before: BTreeMap::new(),
        asks: Asks::default(),
    };
    for (number, unit) in (0..).zip(&units.all) {
        for (key, seen) in &unit.reads {
            if let Some(broken) = views.read(number, *key, *seen)? {
                return Ok(Looked {
                    broken: Some(broken),
                    ..Looked::default()
                });
            }
        }
        for (key, _) in &unit.writes {
            views
                .own
                .entry((unit.session, *key))
                .or_default()
                .push(number);
        }
    }
    order::look(units, name, &edges(units, guarantee), &views.asks)
}

/// What is before what by the guarantee, whatever is read.
fn edges(units: &Units<'_>, guarantee: Guarantee) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut last: Vec<Option<u32>> = Vec::new();
    for (number, unit) in (0..).zip(&units.all) {
        let before = unit.before.and_then(|before| last[before as usize]);
        let is_write = !unit.writes.is_empty();
        let goes_on = match guarantee {
            ReadYourWrites | MonotonicReads => {
                last.push(None);
                continue;
            }
            MonotonicWrites => is_write,
            WritesFollowReads => !is_write,
        };
        last.push(if goes_on { Some(number) } else { before });
        if goes_on || guarantee == WritesFollowReads {
            edges.extend(before.map(|from| Edge {
                from,
                to: number,
                label: PROCESS,
            }));
        }
        if guarantee == WritesFollowReads {
            for (key, seen) in &unit.reads {
                let sources = units.values(seen).iter();
                let sources = sources.filter_map(|value| units.writers.get(&(*key, *value)));
                edges.extend(sources.map(|from| Edge {
                    from: *from,
                    to: number,
                    label: WR,
                }));
            }
        }
    }
    edges
}

struct Views<'a> {
    units: &'a Units<'a>,
    guarantee: Guarantee,
    /// What each session wrote of a key so far.
    own: BTreeMap<(u32, Id), Vec<u32>>,
    /// What it read of a key last, and by which unit.
    shown: BTreeMap<(u32, Id), (Seen, u32)>,
    /// Of lists: what a session had read of a key, each time that it read more.
    read_before: BTreeMap<(u32, Id), Vec<(u32, Seen)>>,
    asks: Asks,
}

impl Views<'_> {
    fn read(&mut self, number: u32, key: Id, seen: Seen) -> Result<Option<Violation>, String> {
        let units = self.units;
        let session = units.unit(number).session;
        let values = units.values(&seen);
        let writer = |value: &Id| units.writers.get(&(key, *value)).copied();
        let sources: Vec<u32> = values.iter().filter_map(writer).collect();
        if sources.len() < values.len() {
            // Of a value that nobody wrote others tell.
            return Ok(None);
        }
        let own_later =
            |source: &&u32| units.unit(**source).session == session && **source > number;
        if let Some(source) = sources.iter().find(own_later) {
            let steps = explained(units, &[(*source, WR), (number, PROCESS)], &[]);
            return Ok(Some(Violation {
                name: "future-read",
                steps,
            }));
        }
        let name = self.guarantee.name();
        let missing = |write: u32| {
            let last = values.last().copied();
            Some(unseen(units, name, write, number, key, last))
        };
        // What the view has of this key, beside what is shown.
        let mut known: Vec<u32> = Vec::new();
        match self.guarantee {
            ReadYourWrites => known.extend(self.own.get(&(session, key)).into_iter().flatten()),
            MonotonicReads => {
                let before = self.shown.insert((session, key), (seen, number));
                let before = before.map(|(seen, _)| seen).unwrap_or(Seen::Nil);
                known.extend(units.values(&before).iter().filter_map(writer));
            }
            MonotonicWrites if units.is_list() => {
                let mut last: BTreeMap<u32, u32> = BTreeMap::new();
                for source in &sources {
                    let last = last.entry(units.unit(*source).session).or_default();
                    *last = (*last).max(units.unit(*source).place + 1);
                }
                for (session, count) in last {
                    if let Some(writes) = units.by_key[key as usize].get(&session) {
                        let (count, _) = Units::among_first(writes, count);
                        known.extend(writes[..count].iter().map(|(_, write)| *write));
                    }
                }
            }
            WritesFollowReads if units.is_list() => {
                for source in &sources {
                    let unit = units.unit(*source);
                    let read = self.read_before.get(&(unit.session, key));
                    let before = |(reader, _): &&(u32, Seen)| reader < source;
                    for (_, seen) in read.into_iter().flatten().filter(before) {
                        known.extend(units.values(seen).iter().filter_map(writer));
                    }
                }
                self.read_before
                    .entry((session, key))
                    .or_default()
                    .push((number, seen));
            }
            MonotonicWrites | WritesFollowReads => {}
        }
        if units.is_list() {
            known.sort_unstable();
            known.dedup();
            if let Some(write) = known.iter().find(|write| !sources.contains(write)) {
                return Ok(missing(*write));
            }
            for pair in sources.windows(2) {
                self.ask(session, key, pair[0], pair[1])?;
            }
            return Ok(None);
        }
        match sources.first() {
            None => Ok(known.last().and_then(|write| missing(*write))),
            Some(source) => {
                for write in known {
                    self.ask(session, key, write, *source)?;
                }
                Ok(None)
            }
        }
    }

    fn ask(&mut self, session: u32, key: Id, before: u32, after: u32) -> Result<(), String> {
        self.asks.add(Ask {
            session,
            before,
            after,
            key,
        })
    }
}
