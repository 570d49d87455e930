//! Transactions over registers. A write replaces what was there and does not
//! show it, so the order of versions is known only in part: the initial `nil`
//! comes before every other version, and what a transaction read of a key, comes
//! before what it then wrote ("writes follow reads", Kingsbury and Alvaro,
//! VLDB 2020, section 5.2), as Maelstrom sets Elle up.

mod done;
mod known_keys;

use std::collections::{BTreeMap, BTreeSet};

use finding::Rules;
use history::OpType;

use self::done::{Done, several_wrote, written_again};
use super::anomaly::Anomaly;
use super::by_key::{ByKey, OfValues};
use super::instance::Instance;
use super::lost_update;
use super::options::Keys;
use super::reason::{Reason, Reasons, external_reads, external_writes};
use super::relation::{Edges, RW, TimeOrder, WR, WW};
use super::transaction::{Id, Seen, Step, Transactions};
use crate::graph::{Edge, Graph};

/// What transactions did to each key.
pub(super) struct Registers<'a> {
    transactions: &'a Transactions,
    /// The versions of each key that others may have seen, and `None`, the initial one,
    /// ascending. What is known of each is by its place among all.
    versions: ByKey<Option<Id>>,
    /// Whether a transaction left a version that may have happened, or one saw it that did.
    exists: Vec<bool>,
    /// Who wrote and who read each version, of those that succeeded.
    writers: ByKey<u32>,
    readers: ByKey<u32>,
    /// What those wrote that had read a version, each once: writes follow reads.
    next: ByKey<Id>,
    /// What was written after a version in the order of time, as far as that is to be kept to.
    later: ByKey<Id>,
    failed: OfValues<Id, u32>,
    /// Who wrote a value and then another one.
    intermediate: OfValues<Id, u32>,
    /// Whether writes follow reads in some order of versions.
    orders_versions: bool,
    /// The values of keys that several transactions wrote, each another version: they have
    /// no place in the order. (To Elle, such are one.)
    again: BTreeSet<(Id, Id)>,
    /// Versions each of which would come before each other.
    cyclic: Vec<Instance>,
    rules: Rules,
}

impl<'a> Registers<'a> {
    /// Infers the order of versions of every key.
    ///
    /// # Errors
    /// Why there is none: a value that was read has several writers, or keys
    /// are of several types, which Elle refuses.
    pub(super) fn new(
        transactions: &'a Transactions,
        rules: Rules,
        time: TimeOrder,
        known: Keys,
    ) -> Result<Self, String> {
        let mut kinds = (0..transactions.keys.len() as Id)
            .map(|key| std::mem::discriminant(transactions.keys.value(key)));
        let first = kinds.next();
        if kinds.any(|kind| Some(kind) != first) {
            return Err("keys are of several types".into());
        }
        let again = match rules.are_sound() {
            true => written_again(transactions)?,
            false => BTreeSet::new(),
        };
        let mut registers = Registers::of(transactions, rules, again);
        registers.each_has_one_writer()?;
        registers.cyclic = registers.cyclic_versions();
        registers.orders_versions = registers.cyclic.is_empty();
        if rules.are_sound() {
            let mut later = Vec::new();
            for key in 0..registers.versions.keys() {
                registers.order_in_time(key, time, &mut later);
            }
            registers.later = ByKey::new(registers.exists.len(), &later);
        }
        registers.know(known);
        Ok(registers)
    }

    fn of(transactions: &'a Transactions, rules: Rules, again: BTreeSet<(Id, Id)>) -> Self {
        let keys = transactions.keys.len();
        let mut done = Done::default();
        let mut last_write = Vec::new();
        for (i, transaction) in transactions.numbered() {
            done.add(transactions, i, transaction.outcome, &mut last_write);
        }
        let written = done
            .written
            .iter()
            .map(|(key, (value, ..))| (*key, Some(*value)));
        let read = done.read.iter().map(|(key, (value, _))| (*key, *value));
        let versions: Vec<(Id, Option<Id>)> = written.chain(read).collect();
        let versions = ByKey::set(keys, &versions);
        let count = versions.all().len();
        let place = |key, value| versions.find(key, value).unwrap_or_default() as u32;
        let mut exists = vec![false; count];
        let (mut writers, mut readers, mut next) = (Vec::new(), Vec::new(), Vec::new());
        for (key, (value, i, is_ok)) in &done.written {
            let version = place(*key, Some(*value));
            exists[version as usize] = true;
            writers.extend(is_ok.then_some((version, *i)));
        }
        for (key, (value, i)) in &done.read {
            let version = place(*key, *value);
            exists[version as usize] |= value.is_some();
            readers.push((version, *i));
        }
        for (key, (before, after)) in &done.updated {
            if !again.contains(&(*key, *after)) {
                next.push((place(*key, Some(*before)), *after));
            }
        }
        Registers {
            transactions,
            exists,
            writers: ByKey::new(count, &writers),
            readers: ByKey::new(count, &readers),
            next: ByKey::set(count, &next),
            later: ByKey::new(count, &[]),
            versions,
            failed: OfValues::new(keys, &done.failed),
            intermediate: OfValues::new(keys, &done.intermediate),
            orders_versions: true,
            again,
            cyclic: Vec::new(),
            rules,
        }
    }

    /// # Errors
    /// The first version that was read and has several.
    fn each_has_one_writer(&self) -> Result<(), String> {
        for (key, versions) in self.versions.iter() {
            for (version, value) in (self.versions.range(key)).zip(versions) {
                let version = version as u32;
                if let (Some(value), [a, b, ..], [_, ..]) =
                    (value, self.writers.of(version), self.readers.of(version))
                {
                    return Err(several_wrote(self.transactions, key, *value, [*a, *b]));
                }
            }
        }
        Ok(())
    }

    /// Versions of a key, each of which comes before each other, because of
    /// what transactions read and then wrote.
    fn cyclic_versions(&self) -> Vec<Instance> {
        let mut edges = Vec::new();
        for (key, versions) in self.versions.iter() {
            for (from, value) in (self.versions.range(key)).zip(versions) {
                let next = self.next.of(from as u32).iter().filter(|_| value.is_some());
                edges.extend(next.map(|next| Edge {
                    from: from as u32,
                    to: self.versions.find(key, Some(*next)).unwrap_or_default() as u32,
                    label: 1,
                }));
            }
        }
        let all = self.versions.all();
        let components = Graph::new(all.len(), &edges).components(1);
        // A transaction that writes what it read is no cycle.
        let components = components.iter().filter(|component| component.len() > 1);
        let cyclic = components.map(|component| Instance::CyclicVersions {
            key: self.versions.key_of(component[0] as usize),
            values: component
                .iter()
                .map(|version| all[*version as usize])
                .collect(),
        });
        cyclic.collect()
    }

    /// The versions right after one, as far as they are known: their places.
    fn next(&self, key: Id, value: Option<Id>) -> impl Iterator<Item = u32> {
        let (mut all, mut known) = (0..0, None);
        match value {
            None => all = self.versions.range(key),
            Some(_) if !self.orders_versions => {}
            value => known = self.versions.find(key, value),
        }
        let is_next =
            |version: &usize| self.exists[*version] && self.versions.all()[*version].is_some();
        let known = known.into_iter().flat_map(|version| {
            let [next, later] = [&self.next, &self.later].map(|of| of.of(version as u32));
            next.iter().chain(later)
        });
        let known = known.filter_map(move |next| self.versions.find(key, Some(*next)));
        all.filter(is_next)
            .chain(known)
            .map(|version| version as u32)
    }

    /// The dependencies.
    pub(super) fn edges(&'a self) -> Edges {
        let mut edges = Edges::among(self.transactions);
        for (key, versions) in self.versions.iter() {
            for (version, value) in (self.versions.range(key)).zip(versions) {
                let [writers, readers] =
                    [&self.writers, &self.readers].map(|of| of.of(version as u32));
                if value.is_some()
                    && let Some(writer) = writers.first()
                {
                    // What a transaction reads before it writes it, is an edge
                    // from the transaction to itself.
                    for reader in readers {
                        edges.add(*writer, *reader, WR);
                    }
                }
                for next in self.next(key, *value) {
                    for writer in self.writers.of(next) {
                        let before = writers.iter().map(|before| (before, WW));
                        let before = before.chain(readers.iter().map(|b| (b, RW)));
                        for (before, relation) in before {
                            edges.any = true;
                            if before != writer {
                                edges.add(*before, *writer, relation);
                            }
                        }
                    }
                }
            }
        }
        edges
    }

    /// What is wrong without looking at cycles.
    pub(super) fn anomalies(&self) -> Vec<(Anomaly, Instance)> {
        let mut found = Vec::new();
        for reader in self.transactions.with(OpType::Ok) {
            let steps = self.transactions.steps(reader);
            for (place, step) in steps.iter().enumerate() {
                let Step::Read { key: id, seen } = *step else {
                    continue;
                };
                if let Seen::One(value) = seen {
                    let version = |writer| Instance::Read {
                        reader,
                        key: id,
                        value,
                        writer,
                    };
                    if let Some(writer) = self.failed.get(id, value) {
                        found.push((Anomaly::G1a, version(writer)));
                    }
                    if let Some(writer) = self.intermediate.get(id, value)
                        && writer != reader
                    {
                        found.push((Anomaly::G1b, version(writer)));
                    }
                }
                // After nil, another value was no contradiction to Elle until 2026.
                let expected = expected(&steps[..place], id).map(value);
                let is_told = |expected: &Option<Id>| self.rules.are_sound() || expected.is_some();
                if let Some(expected) = expected.filter(is_told)
                    && value(seen) != expected
                {
                    let instance = Instance::Internal {
                        transaction: reader,
                        step: *step,
                        is_end: false,
                        expected: expected.into_iter().collect(),
                    };
                    found.push((Anomaly::Internal, instance));
                }
            }
        }
        let cyclic = self.cyclic.iter().cloned();
        found.extend(cyclic.map(|cyclic| (Anomaly::CyclicVersions, cyclic)));
        let lost = lost_update::find(self.transactions).into_iter();
        found.extend(lost.map(|lost| (Anomaly::LostUpdate, lost)));
        found
    }
}

impl Registers<'_> {
    /// Which version of a key comes after which, since the write of the one was over when that
    /// of the other began, or since one client did both; those of which it is not known yet.
    fn order_in_time(&self, key: Id, time: TimeOrder, later: &mut Vec<(u32, Id)>) {
        if time == TimeOrder::None {
            return;
        }
        let transactions = self.transactions;
        // Each write with its version, by its beginning.
        let mut writes: Vec<(usize, u32, u32)> = Vec::new();
        for version in self.versions.range(key).map(|version| version as u32) {
            if let (Some(value), [writer]) = (self.value_of(version), self.writers.of(version))
                && !self.again.contains(&(key, value))
                && let Some(invoked) = transactions.all[*writer as usize].invoked
            {
                writes.push((invoked, *writer, version));
            }
        }
        writes.sort_unstable();
        let mut add = |before: u32, after: u32| {
            if let Some(value) = self.value_of(after)
                && !self.next.of(before).contains(&value)
            {
                later.push((before, value));
            }
        };
        match time {
            TimeOrder::None => {}
            TimeOrder::Process => {
                let mut last = BTreeMap::new();
                for (_, writer, version) in &writes {
                    let process = transactions.all[*writer as usize].process;
                    if let Some(before) = last.insert(process, *version) {
                        add(before, *version);
                    }
                }
            }
            TimeOrder::Realtime => {
                let ended =
                    |(_, writer, _): &(usize, u32, u32)| transactions.all[*writer as usize].place;
                // Of those that begin here or later, when the first ends.
                let mut first_end = vec![usize::MAX; writes.len() + 1];
                for (at, write) in writes.iter().enumerate().rev() {
                    first_end[at] = first_end[at + 1].min(ended(write));
                }
                for write in &writes {
                    let after = writes.partition_point(|(invoked, ..)| *invoked < ended(write));
                    let next = writes[after..].iter();
                    let next = next.take_while(|(invoked, ..)| *invoked < first_end[after]);
                    next.for_each(|(_, _, version)| add(write.2, *version));
                }
            }
        }
    }

    /// The value of a version; none of the initial one.
    fn value_of(&self, version: u32) -> Option<Id> {
        self.versions.all()[version as usize]
    }
}

/// What a read showed; `None` is the initial version.
fn value(seen: Seen) -> Option<Id> {
    match seen {
        Seen::One(value) => Some(value),
        Seen::Nil | Seen::List(..) => None,
    }
}

/// What a key is expected to hold after some steps.
fn expected(steps: &[Step], id: Id) -> Option<Seen> {
    steps.iter().rev().find_map(|step| match *step {
        Step::Read { key, seen } if key == id => Some(seen),
        Step::Write { key, value } if key == id => Some(Seen::One(value)),
        _ => None,
    })
}

impl Reasons for Registers<'_> {
    fn why(&self, a: u32, b: u32, relation: u8) -> Option<Reason> {
        let transactions = self.transactions;
        if relation == WR {
            let written: Vec<(Id, Id)> = external_writes(transactions, a).collect();
            return external_reads(transactions, b).find_map(|(key, seen)| {
                let value = value(seen)?;
                let read = written.contains(&(key, value));
                read.then_some(Reason::Reads { key, value })
            });
        }
        let before: Vec<(Id, Option<Id>)> = match relation {
            WW => external_writes(transactions, a)
                .map(|(key, value)| (key, Some(value)))
                .collect(),
            _ => external_reads(transactions, a)
                .map(|(key, seen)| (key, value(seen)))
                .collect(),
        };
        external_writes(transactions, b).find_map(|(id, value)| {
            let mut befores = before.iter().filter(|(other, _)| *other == id);
            befores.find_map(|(_, before)| {
                let mut next = self.next(id, *before);
                let found = next.any(|next| self.value_of(next) == Some(value));
                found.then_some(Reason::Overwrites {
                    key: id,
                    before: *before,
                    value,
                })
            })
        })
    }

    /// A ww edge that is also a wr edge is told as wr: that was seen, not
    /// inferred.
    fn told(&self) -> [u8; 3] {
        [WR, WW, RW]
    }
}
