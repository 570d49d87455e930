//! Transactions over lists: reads show the order of all appends before, so
//! nearly every dependency can be recovered (Kingsbury and Alvaro, "Elle:
//! Inferring Isolation Anomalies from Experimental Observations", VLDB 2020,
//! section 4).

mod anomalies;

use std::cmp::Ordering;

use finding::Rules;
use history::OpType;

use super::by_key::{ByKey, OfValues};
use super::clojure_order::{compare_in_set, hash_vector};
use super::reason::{Reason, Reasons};
use super::relation::{Edges, RW, WR, WW};
use super::transaction::{Id, Seen, Step, Transactions};

/// What transactions did to each key.
pub(super) struct Lists<'a> {
    transactions: &'a Transactions,
    rules: Rules,
    /// What transactions read that may have happened, shortest first.
    reads: ByKey<(u32, Seen)>,
    /// The longest read of all, those of failed transactions among them.
    longest: Vec<Option<Seen>>,
    /// The elements in the order of the longest read, each once.
    order: ByKey<Id>,
    /// Where each element is in that order.
    places: OfValues<Id, u32>,
    /// Who appended an element, if that may have happened.
    writers: OfValues<Id, u32>,
    failed: OfValues<Id, u32>,
    /// Who appended an element and then another one.
    intermediate: OfValues<Id, u32>,
    /// Who read a list that ends with this element; none for the empty list.
    readers: OfValues<Option<Id>, u32>,
}

/// What transactions did, as they did it: the key, and what.
#[derive(Default)]
struct Done {
    reads: Vec<(Id, (u32, Seen))>,
    writers: Vec<(Id, (Id, u32))>,
    failed: Vec<(Id, (Id, u32))>,
    intermediate: Vec<(Id, (Id, u32))>,
    readers: Vec<(Id, (Option<Id>, u32))>,
}

impl<'a> Lists<'a> {
    /// Reads the order of every key's elements out of transactions.
    ///
    /// # Errors
    /// Why there is no order: an element was appended to one key twice.
    pub(super) fn new(transactions: &'a Transactions, rules: Rules) -> Result<Self, String> {
        let keys = transactions.keys.len();
        appended_once(transactions)?;
        let mut done = Done::default();
        let mut longest = vec![None; keys];
        for (i, transaction) in transactions.numbered() {
            done.add(transactions, i, transaction.outcome, &mut longest);
        }
        let mut reads = ByKey::new(keys, &done.reads);
        reads.sort_by(|(_, a), (_, b)| compare_reads(transactions, *a, *b));
        let writers = OfValues::new(keys, &done.writers);
        let order = find_order(transactions, &reads, &writers);
        let mut places = Vec::with_capacity(order.len());
        for same in order.chunk_by(|(a, _), (b, _)| a == b) {
            places.extend(
                (0..)
                    .zip(same)
                    .map(|(place, (key, value))| (*key, (*value, place))),
            );
        }
        Ok(Lists {
            transactions,
            rules,
            reads,
            longest,
            order: ByKey::new(keys, &order),
            places: OfValues::new(keys, &places),
            writers,
            failed: OfValues::new(keys, &done.failed),
            intermediate: OfValues::new(keys, &done.intermediate),
            readers: OfValues::new(keys, &done.readers),
        })
    }

    /// The element before one in the order of its key. One that was never read
    /// comes after all that were. `None`: it was the first.
    fn before(&self, key: Id, value: Id) -> Option<Id> {
        let order = self.order.of(key);
        match self.places.get(key, value) {
            Some(0) => None,
            Some(place) => Some(order[place as usize - 1]),
            None => order.last().copied(),
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
                        let writer = before.and_then(|before| self.writers.get(key, before));
                        if let Some(writer) = writer.filter(|writer| *writer != i) {
                            edges.add(writer, i, WW);
                        }
                        let readers = self.readers.all(key, before);
                        for reader in readers.filter(|reader| *reader != i) {
                            edges.add(reader, i, RW);
                        }
                    }
                    Step::Read { key, seen } => {
                        let last = self.transactions.elements(seen).last();
                        let writer = last.and_then(|last| self.writers.get(key, *last));
                        if let Some(writer) = writer.filter(|writer| *writer != i) {
                            edges.add(writer, i, WR);
                        }
                    }
                }
            }
        }
        edges
    }
}

impl Done {
    fn add(
        &mut self,
        transactions: &Transactions,
        i: u32,
        outcome: OpType,
        longest: &mut [Option<Seen>],
    ) {
        let steps = transactions.steps(i);
        for (place, step) in steps.iter().enumerate() {
            match *step {
                Step::Write { key, value } => {
                    match outcome {
                        OpType::Fail => self.failed.push((key, (value, i))),
                        _ => self.writers.push((key, (value, i))),
                    }
                    let appends =
                        |step: &Step| matches!(step, Step::Write { key: k, .. } if *k == key);
                    if steps[place + 1..].iter().any(appends) {
                        self.intermediate.push((key, (value, i)));
                    }
                }
                Step::Read { key, seen } => {
                    let elements = transactions.elements(seen);
                    let longest = &mut longest[key as usize];
                    let both = (*longest).into_iter().chain([seen]);
                    *longest = both.max_by(|a, b| compare_reads(transactions, *a, *b));
                    if outcome == OpType::Fail {
                        continue;
                    }
                    if !elements.is_empty() {
                        self.reads.push((key, (i, seen)));
                    }
                    // Of an unknown outcome, nil only means that nothing is known.
                    if outcome == OpType::Ok || seen != Seen::Nil {
                        self.readers.push((key, (elements.last().copied(), i)));
                    }
                }
            }
        }
    }
}

/// # Errors
/// The first element that clients asked to append to a key more than once.
fn appended_once(transactions: &Transactions) -> Result<(), String> {
    let asked: Vec<(Id, Id)> = (transactions.asked.iter())
        .map(|(key, value, _)| (*key, *value))
        .collect();
    let mut asked = ByKey::new(transactions.keys.len(), &asked);
    asked.sort_by(Ord::cmp);
    for (key, values) in asked.iter() {
        if let Some(twice) = values.windows(2).find(|pair| pair[0] == pair[1]) {
            let key = transactions.keys.value(key);
            let value = transactions.values.value(twice[0]);
            return Err(format!(
                "{value} was appended to key {key} more than once, so reads do not say by whom"
            ));
        }
    }
    Ok(())
}

/// The elements of each key in the order of its longest read, each once.
fn find_order(
    transactions: &Transactions,
    reads: &ByKey<(u32, Seen)>,
    writers: &OfValues<Id, u32>,
) -> Vec<(Id, Id)> {
    let mut order = Vec::new();
    let mut last_seen = LastSeen::new(transactions);
    for (key, reads) in reads.iter() {
        match (reads.last(), writers.of(key)) {
            (Some((_, longest)), _) => {
                last_seen.begin();
                let elements = transactions.elements(*longest).iter().copied();
                let once = elements.filter(|value| last_seen.is_first(*value));
                order.extend(once.map(|value| (key, value)));
            }
            // The only append is the first, read or not.
            (None, [(value, _), ..]) if writers.of(key).iter().all(|(v, _)| v == value) => {
                order.push((key, *value));
            }
            (None, _) => {}
        }
    }
    order
}

/// Which values a list has had so far, of one list after the other.
struct LastSeen {
    /// In which list each was met last.
    lists: Vec<u32>,
    list: u32,
}

impl LastSeen {
    fn new(transactions: &Transactions) -> Self {
        LastSeen {
            lists: vec![0; transactions.values.len()],
            list: 0,
        }
    }

    /// Goes on to the next list.
    fn begin(&mut self) {
        self.list += 1;
    }

    /// Whether the list has not had a value before; it has, from now on.
    fn is_first(&mut self, value: Id) -> bool {
        std::mem::replace(&mut self.lists[value as usize], self.list) != self.list
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
                    let found = match relation {
                        WW => self.writers.get(id, before?) == Some(a),
                        _ => self.readers.all(id, before).any(|reader| reader == a),
                    };
                    found.then_some(Reason::Overwrites {
                        key: id,
                        before,
                        value,
                    })
                }
                Step::Read { key, seen } if relation == WR => {
                    let value = *self.transactions.elements(seen).last()?;
                    let found = self.writers.get(key, value) == Some(a);
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
