//! Sets that only grow: which elements were lost, and how long each took to be
//! read everywhere (Jepsen's set-full).
//!
//! An element is *known* from the moment when its add succeeded or a first read
//! showed it. It is *stable* if the last read that showed it began after the
//! last one that missed it; *lost* if the last one that missed it began after
//! all that showed it, and after it was known; else it was never read.
//!
//! A read misses every element whose add had begun when the read ended.
//!
//! A read that shows an element twice changes neither verdict nor results, as with
//! Jepsen; but it is among the findings. (Jepsen means to count it as `:duplicated`, but
//! keeps what is there *less* than once: its `:duplicated-count` is 0 whatever is read,
//! and so is ours, for whoever compares.)

use std::collections::BTreeMap;

use finding::element::{Fate, Lost};
use finding::{self, Operation, Reply, found};
use history::edn::Value;
use history::{History, Op, OpType, quantile};

use super::{Checked, Evidence, Finding, Rules, Validity};
use jepsen::keys::{self, stranger};

/// How many of the stalest elements are listed, and how many are a finding.
const WORST: usize = 8;
const STALEST: usize = 2;

/// Operations are given by their places in the history.
struct Element<'a> {
    value: &'a Value,
    /// The beginning of its add.
    added: usize,
    known: Option<usize>,
    /// The beginning of the last read that showed it.
    last_present: Option<usize>,
    /// The beginning of the last read that missed it.
    last_absent: Option<usize>,
    /// The last read that showed it, by its number from 1, or the last before it was added.
    /// Those after it missed it.
    seen_in: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Stable,
    Lost,
    NeverRead,
}

impl<'a> Element<'a> {
    /// Added here, after this many reads.
    fn new(value: &'a Value, added: usize, reads: usize) -> Self {
        Element {
            value,
            added,
            known: None,
            last_present: None,
            last_absent: None,
            seen_in: reads,
        }
    }

    fn outcome(&self) -> Outcome {
        // None is before every place.
        let (present, absent) = (self.last_present, self.last_absent);
        if absent < present {
            Outcome::Stable
        } else if self.known.is_some() && present < absent && self.known < absent {
            Outcome::Lost
        } else {
            Outcome::NeverRead
        }
    }

    /// Whole milliseconds from when it was known to just after this operation.
    fn latency(&self, history: &History, until: Option<usize>) -> i64 {
        let time = |place: usize| history.ops()[place].time;
        let until = until.map_or(0, |place| time(place).saturating_add(1));
        let known = self.known.map_or(0, time);
        until.saturating_sub(known).max(0) / 1_000_000
    }
}

/// When reads began, in the order of their ends: of those after one, which began last, is
/// found without looking at all elements that a read misses.
#[derive(Default)]
struct Begun {
    /// Number and place of each read after which none began later; places fall.
    reads: Vec<(usize, usize)>,
}

impl Begun {
    /// The read of this number, the highest so far, began here.
    fn push(&mut self, number: usize, began: usize) {
        while self.reads.last().is_some_and(|(_, last)| *last <= began) {
            self.reads.pop();
        }
        self.reads.push((number, began));
    }

    /// Where the one began that began last of those after this number.
    fn since(&self, number: usize) -> Option<usize> {
        let after = self.reads.partition_point(|(read, _)| *read <= number);
        self.reads.get(after).map(|(_, began)| *began)
    }
}

/// The elements by their value; small integers, which most are, without a
/// search.
#[derive(Default)]
struct Elements<'a> {
    all: Vec<Element<'a>>,
    small: Vec<Option<usize>>,
    others: BTreeMap<&'a Value, usize>,
    /// When reads began.
    begun: Begun,
    /// What reads showed that nobody had begun to add, with the first such read.
    invented: BTreeMap<&'a Value, usize>,
    /// What a read showed more than once, with the first such read.
    repeated: BTreeMap<&'a Value, usize>,
}

impl<'a> Elements<'a> {
    const SMALL: i64 = 1 << 22;

    fn find(&self, value: &Value) -> Option<usize> {
        match value {
            Value::Int(int @ 0..Self::SMALL) => self.small.get(*int as usize).copied().flatten(),
            other => self.others.get(other).copied(),
        }
    }

    /// Adding an element again makes it a new one.
    fn add(&mut self, value: &'a Value, added: usize, reads: usize) {
        if let Some(place) = self.find(value) {
            self.all[place] = Element::new(value, added, reads);
            return;
        }
        let place = self.all.len();
        self.all.push(Element::new(value, added, reads));
        match value {
            Value::Int(int @ 0..Self::SMALL) => {
                let int = *int as usize;
                if int >= self.small.len() {
                    self.small.resize(int + 1, None);
                }
                self.small[int] = Some(place);
            }
            other => {
                self.others.insert(other, place);
            }
        }
    }

    fn read(&mut self, number: usize, began: usize, ended: usize, values: &'a [Value]) {
        for value in values {
            let Some(place) = self.find(value) else {
                self.invented.entry(value).or_insert(ended);
                continue;
            };
            let element = &mut self.all[place];
            if element.seen_in == number {
                self.repeated.entry(value).or_insert(ended);
            }
            let missed = self.begun.since(element.seen_in);
            element.last_absent = element.last_absent.max(missed);
            element.seen_in = number;
            element.known.get_or_insert(ended);
            element.last_present = element.last_present.max(Some(began));
        }
        self.begun.push(number, began);
    }

    /// All of them, by their value.
    fn finish(&mut self) -> Vec<Element<'a>> {
        let mut all = std::mem::take(&mut self.all);
        for element in &mut all {
            let missed = self.begun.since(element.seen_in);
            element.last_absent = element.last_absent.max(missed);
        }
        all.sort_by_key(|element| element.value);
        all
    }
}

/// Judges adds and reads. `add` is the function that adds: `add` or
/// `broadcast`. Reads that return something without items, such as a number,
/// are left out; the verdict is unknown then, unless an element is lost anyway.
///
/// Jepsen, and so Maelstrom, lets a read pass that shows what nobody added, or whose add
/// was refused.
pub fn check(history: &History, add: &str, rules: Rules) -> Checked {
    if !rules.are_sound() {
        return full(history, add, rules);
    }
    if let Some(why) = stranger(history, &[add, "read"]) {
        return Checked::unknown(why);
    }
    keys::each(&history.completed(), |history| full(history, add, rules))
}

fn full(history: &History, add: &str, rules: Rules) -> Checked {
    let mut elements = Elements::default();
    let mut reads = 0;
    let mut unreadable = Vec::new();
    for (place, op) in history.clients() {
        match (op.typ, &*op.f) {
            (OpType::Invoke, f) if f == add => elements.add(&op.value, place, reads),
            (OpType::Ok, f) if f == add => {
                if let Some(element) = elements.find(&op.value) {
                    elements.all[element].known.get_or_insert(place);
                }
            }
            (OpType::Ok, "read") => {
                let Some(began) = history.pair_place(place) else {
                    continue;
                };
                let values = match &op.value {
                    // Collections to Clojure, too, but not of elements.
                    Value::Nil | Value::Map(_) | Value::Str(_) => Some(&[][..]),
                    other => other.items(),
                };
                match values {
                    Some(values) => {
                        reads += 1;
                        elements.read(reads, began, place, values);
                    }
                    None => unreadable.push(op),
                }
            }
            _ => {}
        }
    }
    let all = elements.finish();
    let mut checked = results(history, &all, &unreadable);
    let about = |fate: fn(Operation) -> Fate| {
        move |(value, read): &(&Value, usize)| {
            Evidence::Element(finding::Element {
                value: (*value).clone(),
                fate: fate((&history.ops()[*read]).into()),
            })
        }
    };
    // Of some adds only the end is known.
    for (place, op) in history.clients() {
        if op.f == add && op.typ != OpType::Invoke && history.pair(place).is_none() {
            elements.invented.remove(&op.value);
        }
    }
    let invented: Vec<_> = elements.invented.into_iter().collect();
    let what = "elements that nobody had added";
    let invented = found("invented", what, &invented, about(Fate::Invented));
    let refused = refused(history, add);
    let what = "elements whose add was refused";
    let refused = found("refused", what, &refused, about(Fate::Refused));
    if rules.are_sound() && (invented.is_some() || refused.is_some()) {
        checked.set(Validity::Invalid);
    }
    let repeated: Vec<_> = elements.repeated.into_iter().collect();
    let what = "elements that a read shows more than once";
    let repeated = found("repeated", what, &repeated, about(Fate::Repeated));
    let refused = refused.filter(|_| rules.are_sound());
    let told = invented.into_iter().chain(refused).chain(repeated);
    checked.findings.extend(told);
    checked
}

/// The elements that were only ever refused, and that a read shows, with the first such
/// read.
fn refused<'a>(history: &'a History, add: &str) -> Vec<(&'a Value, usize)> {
    let mut refused: BTreeMap<&Value, Option<usize>> = BTreeMap::new();
    let clients = || history.clients().filter(|(_, op)| op.f == add);
    for (_, op) in clients().filter(|(_, op)| op.typ == OpType::Fail) {
        refused.insert(&op.value, None);
    }
    if refused.is_empty() {
        return Vec::new();
    }
    for (place, op) in clients().filter(|(_, op)| op.typ == OpType::Invoke) {
        let is_refused = history
            .pair(place)
            .is_some_and(|end| end.typ == OpType::Fail);
        if !is_refused {
            refused.remove(&op.value);
        }
    }
    for (place, op) in history.clients() {
        if op.typ == OpType::Ok && op.f == "read" {
            for value in op.value.items().unwrap_or_default() {
                if let Some(read @ None) = refused.get_mut(value) {
                    *read = Some(place);
                }
            }
        }
    }
    let shown = refused.into_iter();
    shown
        .filter_map(|(value, read)| Some((value, read?)))
        .collect()
}

fn results(history: &History, all: &[Element<'_>], unreadable: &[&Op]) -> Checked {
    let of = |outcome| {
        all.iter()
            .filter(move |element| element.outcome() == outcome)
    };
    let values = |elements: &[&Element<'_>]| {
        Value::list(elements.iter().map(|element| element.value.clone()))
    };
    let stable: Vec<_> = of(Outcome::Stable).collect();
    let lost: Vec<_> = of(Outcome::Lost).collect();
    let never_read: Vec<_> = of(Outcome::NeverRead).collect();
    let stable_latency = |element: &&Element<'_>| element.latency(history, element.last_absent);
    let stale: Vec<_> = stable
        .iter()
        .copied()
        .filter(|element| stable_latency(element) > 0)
        .collect();
    let mut worst = stale.clone();
    // Of equally stale ones the last comes first.
    worst.sort_by_key(&stable_latency);
    worst.reverse();
    worst.truncate(WORST);

    let valid = match (stable.len(), lost.len()) {
        (_, 1..) => Validity::Invalid,
        (0, 0) => Validity::Unknown,
        _ if !unreadable.is_empty() => Validity::Unknown,
        _ => Validity::Valid,
    };
    let mut results = Value::map([
        ("valid?", valid.to_edn()),
        ("attempt-count", all.len().into()),
        ("stable-count", stable.len().into()),
        ("lost-count", lost.len().into()),
        ("lost", values(&lost)),
        ("never-read-count", never_read.len().into()),
        ("never-read", values(&never_read)),
        ("stale-count", stale.len().into()),
        ("stale", values(&stale)),
        (
            "worst-stale",
            Value::list(worst.iter().map(|element| stale_element(history, element))),
        ),
        ("duplicated-count", Value::Int(0)),
        ("duplicated", Value::map([])),
    ]);
    if !stable.is_empty() {
        let latencies = stable.iter().map(stable_latency).collect();
        results.insert("stable-latencies", quantiles(latencies));
    }
    if !lost.is_empty() {
        let latencies = lost
            .iter()
            .map(|element| element.latency(history, element.last_present));
        results.insert("lost-latencies", quantiles(latencies.collect()));
    }
    Checked {
        valid,
        results,
        findings: match valid {
            Validity::Valid => Vec::new(),
            _ => {
                let story = Story {
                    history,
                    lost: &lost,
                    never_read: &never_read,
                    worst: &worst,
                    stale: stale.len(),
                };
                story.findings(valid, unreadable)
            }
        },
    }
}

/// The elements that something is wrong with.
struct Story<'a> {
    history: &'a History,
    lost: &'a [&'a Element<'a>],
    never_read: &'a [&'a Element<'a>],
    /// The stalest, and how many were stale.
    worst: &'a [&'a Element<'a>],
    stale: usize,
}

impl Story<'_> {
    fn op(&self, place: usize) -> Operation {
        (&self.history.ops()[place]).into()
    }

    fn findings(&self, valid: Validity, unreadable: &[&Op]) -> Vec<Finding> {
        let no_collection = |op: &&Op| {
            Evidence::Reply(Reply::NoCollection {
                read: (*op).into(),
                value: op.value.clone(),
            })
        };
        let what = "reads returned no collection";
        let unreadable = found("no-collection", what, unreadable, no_collection);
        let nothing = (valid == Validity::Unknown && unreadable.is_none()).then(|| {
            let why = "no element was added and read after that: there is nothing to judge";
            Finding::statement("unknown", why)
        });
        let lost = found("lost", "elements are lost", self.lost, |element| {
            self.evidence(element, Fate::Lost(Box::new(self.loss(element))))
        });
        // These follow from the verdict's reason, but show how it came about.
        let add = |element: &Element<'_>| self.op(element.added);
        let never_read = found("never-read", "elements", self.never_read, |element| {
            self.evidence(element, Fate::NeverRead { add: add(element) })
        });
        let stalest = &self.worst[..self.worst.len().min(STALEST)];
        let stale = found("stale", "elements", stalest, |element| {
            self.evidence(element, Fate::Stale { add: add(element) })
        });
        let stale = stale.map(|stale| Finding {
            count: self.stale,
            ..stale
        });
        let silent = never_read.into_iter().chain(stale);
        let silent = silent.map(|finding| finding.telling(0));
        let told = unreadable.into_iter().chain(nothing).chain(lost);
        told.chain(silent).collect()
    }

    fn evidence(&self, element: &Element<'_>, fate: Fate) -> Evidence {
        Evidence::Element(finding::Element {
            value: element.value.clone(),
            fate,
        })
    }

    fn loss(&self, element: &Element<'_>) -> Lost {
        let op = |place: Option<usize>| place.map(|place| self.op(place));
        Lost {
            add: self.op(element.added),
            known: op(element.known),
            last_present: op(element.last_present),
            last_absent: element.last_absent.map(|began| {
                let ended = self.history.pair(began);
                (self.op(began), ended.map(Operation::from))
            }),
        }
    }
}

fn stale_element(history: &History, element: &Element<'_>) -> Value {
    let op = |place: Option<usize>| place.map_or(Value::Nil, |place| shown(&history.ops()[place]));
    Value::map([
        ("element", element.value.clone()),
        ("outcome", Value::keyword("stable")),
        (
            "stable-latency",
            element.latency(history, element.last_absent).into(),
        ),
        ("lost-latency", Value::Nil),
        ("known", op(element.known)),
        ("last-absent", op(element.last_absent)),
    ])
}

/// The operation as the checker takes it: a broadcast is an add to it.
fn shown(op: &Op) -> Value {
    match &*op.f {
        "read" | "add" => op.to_edn(),
        _ => Op {
            f: "add".into(),
            ..op.clone()
        }
        .to_edn(),
    }
}

/// The latencies at the quantiles that Jepsen gives.
fn quantiles(mut latencies: Vec<i64>) -> Value {
    latencies.sort_unstable();
    let at = |q: f64| quantile(&latencies, q).unwrap_or_default();
    let entry = |q: f64| {
        let key = match q.fract() == 0.0 {
            true => Value::Int(q as i64),
            false => Value::Float(q),
        };
        (key, at(q).into())
    };
    Value::Map([0.0, 0.5, 0.95, 0.99, 1.0].map(entry).into())
}

#[cfg(test)]
mod tests;
