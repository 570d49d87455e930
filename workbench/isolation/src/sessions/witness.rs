//! One order of all transactions that explains every read, if a simple search finds one.
//!
//! From the beginning on: of the transactions that nothing keeps back, the one that ended
//! first, unless it reads what is not there now, or writes over what others must still read;
//! it waits until that has changed. Whatever order comes out is a proof; that none does is
//! not one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::super::transaction::{Id, Seen};
use super::units::Units;
use crate::graph::Graph;

/// Whether there is an order, with these edges in it.
pub(super) fn is_found(units: &Units<'_>, graph: &Graph) -> bool {
    let count = units.all.len();
    let mut missing = vec![0_u32; count];
    for vertex in 0..count as u32 {
        graph
            .out(vertex)
            .iter()
            .for_each(|(to, _)| missing[*to as usize] += 1);
    }
    // Who still has to read a version; `None` is the initial one. Of a list, its last element.
    let mut readers: BTreeMap<(Id, Option<Id>), u32> = BTreeMap::new();
    for unit in &units.all {
        for (key, seen) in &unit.reads {
            let version = units.values(seen).last().copied();
            *readers.entry((*key, version)).or_default() += 1;
        }
    }
    let mut state = State {
        units,
        readers,
        now: BTreeMap::new(),
        lists: BTreeMap::new(),
    };
    let end = |unit: u32| units.transactions.all[units.unit(unit).transaction as usize].place;
    let mut ready: BinaryHeap<Reverse<(usize, u32)>> = (0..count as u32)
        .filter(|unit| missing[*unit as usize] == 0)
        .map(|unit| Reverse((end(unit), unit)))
        .collect();
    let mut waiting: BTreeMap<Id, Vec<u32>> = BTreeMap::new();
    let mut done = 0;
    while let Some(Reverse((_, number))) = ready.pop() {
        if let Some(key) = state.obstacle(number) {
            waiting.entry(key).or_default().push(number);
            continue;
        }
        done += 1;
        for key in state.go(number) {
            let woken = waiting.remove(&key).into_iter().flatten();
            ready.extend(woken.map(|unit| Reverse((end(unit), unit))));
        }
        for (next, _) in graph.out(number) {
            missing[*next as usize] -= 1;
            if missing[*next as usize] == 0 {
                ready.push(Reverse((end(*next), *next)));
            }
        }
    }
    done == count
}

struct State<'a> {
    units: &'a Units<'a>,
    readers: BTreeMap<(Id, Option<Id>), u32>,
    /// The version of each key, and a list's elements.
    now: BTreeMap<Id, Id>,
    lists: BTreeMap<Id, Vec<Id>>,
}

impl State<'_> {
    /// The key because of which a unit cannot go now.
    fn obstacle(&self, number: u32) -> Option<Id> {
        let unit = self.units.unit(number);
        let is_wrong = |(key, seen): &&(Id, Seen)| {
            let values = self.units.values(seen);
            match self.units.is_list() {
                true => self.lists.get(key).map_or(&[][..], |list| list) != values,
                false => self.now.get(key) != values.first(),
            }
        };
        if let Some((key, _)) = unit.reads.iter().find(is_wrong) {
            return Some(*key);
        }
        let is_needed = |(key, _): &&(Id, Id)| {
            let version = self.now.get(key).copied();
            let own = unit.reads.iter().filter(|(read, _)| read == key).count() as u32;
            let left = self.readers.get(&(*key, version));
            left.is_some_and(|left| *left > own)
        };
        unit.writes.iter().find(is_needed).map(|(key, _)| *key)
    }

    /// Lets a unit go; which keys have changed, or have one reader less.
    fn go(&mut self, number: u32) -> Vec<Id> {
        let unit = self.units.unit(number);
        for (key, seen) in &unit.reads {
            let version = self.units.values(seen).last().copied();
            if let Some(left) = self.readers.get_mut(&(*key, version)) {
                *left -= 1;
            }
        }
        for (key, value) in &unit.writes {
            self.now.insert(*key, *value);
            if self.units.is_list() {
                self.lists.entry(*key).or_default().push(*value);
            }
        }
        let reads = unit.reads.iter().map(|(key, _)| *key);
        reads
            .chain(unit.writes.iter().map(|(key, _)| *key))
            .collect()
    }
}
