//! Transactions over lists: reads show the order of all appends before, so
//! nearly every dependency can be recovered (Kingsbury and Alvaro, "Elle:
//! Inferring Isolation Anomalies from Experimental Observations", VLDB 2020,
//! section 4).

mod anomalies;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use finding::Rules;
use history::OpType;

use super::clojure_order::{compare_in_set, hash_vector};
use super::reason::{Reason, Reasons};
use super::relation::{Edges, RW, WR, WW};
use super::transaction::{Id, Seen, Step, Transactions};

/// What transactions did to each key.
pub(super) struct Lists<'a> {
    transactions: &'a Transactions,
    rules: Rules,
    keys: Vec<Key>,
}

#[derive(Default)]
struct Key {
    /// What transactions read that may have happened, shortest first.
    reads: Vec<(u32, Seen)>,
    /// The longest read of all, those of failed transactions among them.
    longest: Option<Seen>,
    /// The elements in the order of the longest read, each once.
    order: Vec<Id>,
    /// Where each element is in that order.
    places: BTreeMap<Id, usize>,
    /// Who appended an element, if that may have happened.
    writers: BTreeMap<Id, u32>,
    failed: BTreeMap<Id, u32>,
    /// Who appended an element and then another one.
    intermediate: BTreeMap<Id, u32>,
    /// Who read a list that ends with this element; none for the empty list.
    readers: BTreeMap<Option<Id>, Vec<u32>>,
}

impl<'a> Lists<'a> {
    /// Reads the order of every key's elements out of transactions.
    ///
    /// # Errors
    /// Why there is no order: an element was appended to one key twice.
    pub(super) fn new(transactions: &'a Transactions, rules: Rules) -> Result<Self, String> {
        let mut asked = transactions.asked.clone();
        asked.sort_unstable();
        if let Some(twice) = asked
            .windows(2)
            .find(|w| (w[0].0, w[0].1) == (w[1].0, w[1].1))
        {
            let key = transactions.keys.value(twice[0].0);
            let value = transactions.values.value(twice[0].1);
            return Err(format!(
                "{value} was appended to key {key} more than once, so reads do not say by whom"
            ));
        }
        let mut keys = Vec::new();
        keys.resize_with(transactions.keys.len(), Key::default);
        let mut lists = Lists {
            transactions,
            rules,
            keys,
        };
        for (i, transaction) in transactions.numbered() {
            lists.add(i, transaction.outcome);
        }
        for key in &mut lists.keys {
            key.find_order(transactions);
        }
        Ok(lists)
    }

    fn add(&mut self, i: u32, outcome: OpType) {
        let transactions = self.transactions;
        let steps = transactions.steps(i);
        for (place, step) in steps.iter().enumerate() {
            match *step {
                Step::Write { key: id, value } => {
                    let key = &mut self.keys[id as usize];
                    match outcome {
                        OpType::Fail => key.failed.insert(value, i),
                        _ => key.writers.insert(value, i),
                    };
                    let appends =
                        |step: &Step| matches!(step, Step::Write { key, .. } if *key == id);
                    if steps[place + 1..].iter().any(appends) {
                        key.intermediate.insert(value, i);
                    }
                }
                Step::Read { key, seen } => {
                    let key = &mut self.keys[key as usize];
                    let elements = transactions.elements(seen);
                    key.longest = key
                        .longest
                        .into_iter()
                        .chain([seen])
                        .max_by(|a, b| compare_reads(transactions, *a, *b));
                    if outcome == OpType::Fail {
                        continue;
                    }
                    if !elements.is_empty() {
                        key.reads.push((i, seen));
                    }
                    // Of an unknown outcome, nil only means that nothing is known.
                    if outcome == OpType::Ok || seen != Seen::Nil {
                        key.readers
                            .entry(elements.last().copied())
                            .or_default()
                            .push(i);
                    }
                }
            }
        }
    }

    /// The element before one in the order of its key. One that was never read
    /// comes after all that were. `None`: it was the first.
    fn before(&self, key: Id, value: Id) -> Option<Id> {
        let key = &self.keys[key as usize];
        match key.places.get(&value) {
            Some(0) => None,
            Some(place) => Some(key.order[place - 1]),
            None => key.order.last().copied(),
        }
    }

    /// The dependencies.
    pub(super) fn edges(&self) -> Edges {
        let mut edges = Edges::among(self.transactions);
        for (i, transaction) in self.transactions.numbered() {
            if transaction.outcome == OpType::Fail {
                continue;
            }
            for step in self.transactions.steps(i) {
                match *step {
                    Step::Write { key, value } => {
                        let before = self.before(key, value);
                        let key = &self.keys[key as usize];
                        let writer = before.and_then(|before| key.writers.get(&before));
                        if let Some(writer) = writer.filter(|writer| **writer != i) {
                            edges.add(*writer, i, WW);
                        }
                        let readers = key.readers.get(&before).into_iter().flatten();
                        for reader in readers.filter(|reader| **reader != i) {
                            edges.add(*reader, i, RW);
                        }
                    }
                    Step::Read { key, seen } => {
                        let last = self.transactions.elements(seen).last();
                        let writers = &self.keys[key as usize].writers;
                        let writer = last.and_then(|last| writers.get(last));
                        if let Some(writer) = writer.filter(|writer| **writer != i) {
                            edges.add(*writer, i, WR);
                        }
                    }
                }
            }
        }
        edges
    }
}

impl Key {
    fn find_order(&mut self, transactions: &Transactions) {
        self.reads
            .sort_by(|(_, a), (_, b)| compare_reads(transactions, *a, *b));
        match self.reads.last() {
            Some((_, longest)) => {
                for value in transactions.elements(*longest) {
                    let place = self.order.len();
                    self.places.entry(*value).or_insert_with(|| {
                        self.order.push(*value);
                        place
                    });
                }
            }
            // The only append is the first, read or not.
            None if self.writers.len() == 1 => {
                self.order.extend(self.writers.keys());
                self.places
                    .extend(self.order.iter().map(|value| (*value, 0)));
            }
            None => {}
        }
    }
}

/// The longer read is the greater; of several that are as long and differ, the
/// one that Elle meets last.
fn compare_reads(transactions: &Transactions, a: Seen, b: Seen) -> Ordering {
    let (x, y) = (transactions.elements(a), transactions.elements(b));
    let place =
        |elements: &[Id]| hash_vector(elements.iter().map(|id| transactions.values.value(*id)));
    x.len().cmp(&y.len()).then_with(|| match x == y {
        true => Ordering::Equal,
        false => compare_in_set(place(x), place(y)),
    })
}

impl Reasons for Lists<'_> {
    fn why(&self, a: u32, b: u32, relation: u8) -> Option<Reason> {
        self.transactions
            .steps(b)
            .iter()
            .find_map(|step| match *step {
                Step::Write { key: id, value } if relation == WW || relation == RW => {
                    let before = self.before(id, value);
                    let key = &self.keys[id as usize];
                    let found = match relation {
                        WW => key.writers.get(&before?) == Some(&a),
                        _ => key.readers.get(&before)?.contains(&a),
                    };
                    found.then_some(Reason::Overwrites {
                        key: id,
                        before,
                        value,
                    })
                }
                Step::Read { key, seen } if relation == WR => {
                    let value = *self.transactions.elements(seen).last()?;
                    let found = self.keys[key as usize].writers.get(&value) == Some(&a);
                    found.then_some(Reason::Reads { key, value })
                }
                _ => None,
            })
    }

    /// A wr edge that is also a ww edge is told as ww: that is the worse.
    fn told(&self) -> [u8; 3] {
        [WW, WR, RW]
    }
}
