//! Transactions over registers. A write replaces what was there and does not
//! show it, so the order of versions is known only in part: the initial `nil`
//! comes before every other version, and what a transaction read of a key, comes
//! before what it then wrote ("writes follow reads", Kingsbury and Alvaro,
//! VLDB 2020, section 5.2), as Maelstrom sets Elle up.

mod known_keys;

use std::collections::{BTreeMap, BTreeSet};

use finding::Rules;
use history::OpType;

use super::anomaly::Anomaly;
use super::few::Few;
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
    keys: Vec<Key>,
    /// Whether writes follow reads in some order of versions.
    orders_versions: bool,
    /// Which version of a key is known to follow on which.
    known_next: BTreeSet<(Id, Id, Id)>,
    /// The values of keys that several transactions wrote, each another version: they have
    /// no place in the order. (To Elle, such are one.)
    again: BTreeSet<(Id, Id)>,
    /// Versions each of which would come before each other.
    cyclic: Vec<Instance>,
    rules: Rules,
}

#[derive(Default)]
struct Key {
    /// The versions that others may have seen, and `None`, the initial one.
    versions: BTreeMap<Option<Id>, Version>,
    failed: BTreeMap<Id, u32>,
    /// Who wrote a value and then another one.
    intermediate: BTreeMap<Id, u32>,
}

#[derive(Default)]
struct Version {
    /// Who wrote and who read it, of those that succeeded.
    writers: Few,
    readers: Few,
    /// What those wrote that had read it, each once.
    next: Few,
    /// What was written after it in the order of time, as far as that is to be kept to.
    later: Few,
    /// Whether a transaction left it that may have happened, or one saw it that
    /// did.
    exists: bool,
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
        let mut keys = Vec::new();
        keys.resize_with(transactions.keys.len(), Key::default);
        let mut registers = Registers {
            transactions,
            keys,
            orders_versions: true,
            known_next: BTreeSet::new(),
            again: BTreeSet::new(),
            cyclic: Vec::new(),
            rules,
        };
        if rules.are_sound() {
            registers.again = written_again(transactions)?;
        }
        for (i, transaction) in transactions.numbered() {
            registers.add(i, transaction.outcome);
        }
        for (id, key) in (0..).zip(&registers.keys) {
            for (value, version) in &key.versions {
                if let (Some(value), [a, b, ..], [_, ..]) =
                    (value, &*version.writers, &*version.readers)
                {
                    return Err(format!(
                        "{} was written to key {} by more than one transaction, operations {} and {}, so \
                         reads do not say by which",
                        transactions.values.value(*value),
                        transactions.keys.value(id),
                        transactions.all[*a as usize].place,
                        transactions.all[*b as usize].place,
                    ));
                }
            }
        }
        registers.cyclic = registers.cyclic_versions();
        registers.orders_versions = registers.cyclic.is_empty();
        if rules.are_sound() {
            for (id, key) in (0..).zip(&mut registers.keys) {
                let is_one = |value| !registers.again.contains(&(id, value));
                key.order_in_time(transactions, time, is_one);
            }
        }
        registers.know(known);
        Ok(registers)
    }

    fn add(&mut self, i: u32, outcome: OpType) {
        let transactions = self.transactions;
        let mut last_write: Vec<(Id, Id)> = Vec::new();
        for step in transactions.steps(i) {
            if let Step::Write { key: id, value } = *step {
                let key = &mut self.keys[id as usize];
                if outcome == OpType::Fail {
                    key.failed.insert(value, i);
                }
                match last_write.iter_mut().find(|(key, _)| *key == id) {
                    Some((_, last)) => {
                        key.intermediate.insert(*last, i);
                        *last = value;
                    }
                    None => last_write.push((id, value)),
                }
            }
        }
        if outcome == OpType::Fail {
            return;
        }
        for (key, value) in &last_write {
            let version = self.version(*key, Some(*value));
            version.exists = true;
            if outcome == OpType::Ok {
                version.writers.push(i);
            }
        }
        if outcome != OpType::Ok {
            return;
        }
        for (key, seen) in external_reads(transactions, i) {
            let value = value(seen);
            let version = self.version(key, value);
            version.exists |= value.is_some();
            version.readers.push(i);
            if let Some(before) = value
                && let Some((_, next)) = last_write.iter().find(|(written, _)| *written == key)
                && !self.again.contains(&(key, *next))
                && self.known_next.insert((key, before, *next))
            {
                self.version(key, value).next.push(*next);
            }
        }
    }

    fn version(&mut self, key: Id, value: Option<Id>) -> &mut Version {
        self.keys[key as usize].versions.entry(value).or_default()
    }

    /// Versions of a key, each of which comes before each other, because of
    /// what transactions read and then wrote.
    fn cyclic_versions(&self) -> Vec<Instance> {
        let mut found = Vec::new();
        for (id, key) in (0..).zip(&self.keys) {
            let names: Vec<Id> = key.versions.keys().flatten().copied().collect();
            let mut edges = Vec::new();
            for (value, version) in &key.versions {
                for next in &version.next {
                    let place = |value: &Id| names.binary_search(value).unwrap_or(0) as u32;
                    edges.extend(value.as_ref().map(|value| Edge {
                        from: place(value),
                        to: place(next),
                        label: 1,
                    }));
                }
            }
            let components = Graph::new(names.len(), &edges).components(1);
            // A transaction that writes what it read is no cycle.
            for component in components.iter().filter(|component| component.len() > 1) {
                let values = component.iter().map(|place| Some(names[*place as usize]));
                found.push(Instance::CyclicVersions {
                    key: id,
                    values: values.collect(),
                });
            }
        }
        found
    }

    /// The versions right after one, as far as they are known.
    fn next(&self, key: &'a Key, value: Option<Id>) -> Vec<(Id, &'a Version)> {
        let named = |value: &Id| Some((*value, key.versions.get(&Some(*value))?));
        let next = match value {
            None => {
                let all = key.versions.iter();
                let exist = all.filter(|(_, version)| version.exists);
                return exist
                    .filter_map(|(value, v)| Some(((*value)?, v)))
                    .collect();
            }
            Some(_) if !self.orders_versions => return Vec::new(),
            value => key.versions.get(&value),
        };
        let next = next.into_iter().flat_map(|v| v.next.iter().chain(&v.later));
        next.filter_map(named).collect()
    }

    /// The dependencies.
    pub(super) fn edges(&'a self) -> Edges {
        let mut edges = Edges::among(self.transactions);
        for key in &self.keys {
            for (value, version) in &key.versions {
                if value.is_some()
                    && let Some(writer) = version.writers.first()
                {
                    // What a transaction reads before it writes it, is an edge
                    // from the transaction to itself.
                    for reader in &version.readers {
                        edges.add(*writer, *reader, WR);
                    }
                }
                for (_, next) in self.next(key, *value) {
                    for writer in &next.writers {
                        let before = version.writers.iter().map(|before| (before, WW));
                        let before = before.chain(version.readers.iter().map(|b| (b, RW)));
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
                    let key = &self.keys[id as usize];
                    let version = |writer| Instance::Read {
                        reader,
                        key: id,
                        value,
                        writer,
                    };
                    if let Some(writer) = key.failed.get(&value) {
                        found.push((Anomaly::G1a, version(*writer)));
                    }
                    if let Some(writer) = key.intermediate.get(&value)
                        && *writer != reader
                    {
                        found.push((Anomaly::G1b, version(*writer)));
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

impl Key {
    /// Which version comes after which, since the write of the one was over when that of
    /// the other began, or since one client did both.
    fn order_in_time(
        &mut self,
        transactions: &Transactions,
        time: TimeOrder,
        is_one: impl Fn(Id) -> bool,
    ) {
        // Each write with its value, by its beginning.
        let mut writes: Vec<(usize, u32, Id)> = Vec::new();
        for (value, version) in &self.versions {
            if let (Some(value), [writer]) = (value, &*version.writers)
                && is_one(*value)
                && let Some(invoked) = transactions.all[*writer as usize].invoked
            {
                writes.push((invoked, *writer, *value));
            }
        }
        writes.sort_unstable();
        let ended = |(_, writer, _): &(usize, u32, Id)| transactions.all[*writer as usize].place;
        let mut later: Vec<(Id, Id)> = Vec::new();
        match time {
            TimeOrder::None => {}
            TimeOrder::Process => {
                let mut last = BTreeMap::new();
                for (_, writer, value) in &writes {
                    let process = transactions.all[*writer as usize].process;
                    later.extend(last.insert(process, *value).map(|before| (before, *value)));
                }
            }
            TimeOrder::Realtime => {
                // Of those that begin here or later, when the first ends.
                let mut first_end = vec![usize::MAX; writes.len() + 1];
                for (at, write) in writes.iter().enumerate().rev() {
                    first_end[at] = first_end[at + 1].min(ended(write));
                }
                for write in &writes {
                    let after = writes.partition_point(|(invoked, ..)| *invoked < ended(write));
                    let next = writes[after..].iter();
                    let next = next.take_while(|(invoked, ..)| *invoked < first_end[after]);
                    later.extend(next.map(|(_, _, value)| (write.2, *value)));
                }
            }
        }
        for (before, after) in later {
            if let Some(version) = self.versions.get_mut(&Some(before))
                && !version.next.contains(&after)
            {
                version.later.push(after);
            }
        }
    }
}

/// The values of keys that several transactions wrote, whatever came of those. (Elle looks
/// at those only that succeeded.)
///
/// # Errors
/// The first of them that was read: there is no telling whose it is.
fn written_again(transactions: &Transactions) -> Result<BTreeSet<(Id, Id)>, String> {
    let mut writers: BTreeMap<(Id, Id), (u32, Option<u32>)> = BTreeMap::new();
    for (i, _) in transactions.numbered() {
        for step in transactions.steps(i) {
            if let Step::Write { key, value } = *step {
                let (first, second) = writers.entry((key, value)).or_insert((i, None));
                if *first != i {
                    second.get_or_insert(i);
                }
            }
        }
    }
    for i in transactions.with(OpType::Ok) {
        for step in transactions.steps(i) {
            if let Step::Read { key, seen } = *step
                && let Some(read) = value(seen)
                && let Some((a, Some(b))) = writers.get(&(key, read))
            {
                return Err(format!(
                    "{} was written to key {} by more than one transaction, operations {} and {}, so \
                     reads do not say by which",
                    transactions.values.value(read),
                    transactions.keys.value(key),
                    transactions.all[*a as usize].place,
                    transactions.all[*b as usize].place,
                ));
            }
        }
    }
    let again = writers
        .into_iter()
        .filter(|(_, (_, second))| second.is_some());
    Ok(again.map(|(written, _)| written).collect())
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
            let key = &self.keys[id as usize];
            let mut befores = before.iter().filter(|(other, _)| *other == id);
            befores.find_map(|(_, before)| {
                let next = self.next(key, *before);
                let found = next.iter().any(|(next, _)| *next == value);
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
