//! Sets that only grow: which elements were lost, and how long each took to be
//! read everywhere (Jepsen's set-full).
//!
//! An element is *known* from the moment when its add succeeded or a first read
//! showed it. It is *stable* if the last read that showed it began after the
//! last one that missed it; *lost* if the last one that missed it began after
//! all that showed it, and after it was known; else it was never read.
//!
//! A read misses every element whose add had begun when the read ended.

use std::collections::BTreeMap;

use super::{Checked, Validity};
use crate::edn::Value;
use crate::history::{History, Op, OpType, Process};

/// How many of the stalest elements are listed.
const WORST: usize = 8;

struct Element<'a> {
    value: &'a Value,
    known: Option<&'a Op>,
    /// The beginning of the last read that showed it.
    last_present: Option<&'a Op>,
    /// The beginning of the last read that missed it.
    last_absent: Option<&'a Op>,
    /// The read that showed it, by its number: 0 is none.
    seen_in: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Stable,
    Lost,
    NeverRead,
}

impl<'a> Element<'a> {
    fn new(value: &'a Value) -> Self {
        Element {
            value,
            known: None,
            last_present: None,
            last_absent: None,
            seen_in: 0,
        }
    }

    fn outcome(&self) -> Outcome {
        let index = |op: Option<&Op>| op.map(|op| op.index);
        // None is before every index.
        let (present, absent) = (index(self.last_present), index(self.last_absent));
        if absent < present {
            Outcome::Stable
        } else if self.known.is_some() && present < absent && index(self.known) < absent {
            Outcome::Lost
        } else {
            Outcome::NeverRead
        }
    }

    /// Whole milliseconds from when it was known to just after this operation.
    fn latency(&self, until: Option<&Op>) -> i64 {
        let until = until.map_or(0, |op| op.time + 1);
        let known = self.known.map_or(0, |op| op.time);
        (until - known).max(0) / 1_000_000
    }
}

/// Keeps the operation that began later.
fn later<'a>(last: &mut Option<&'a Op>, op: &'a Op) {
    if last.is_none_or(|last| last.index < op.index) {
        *last = Some(op);
    }
}

/// The elements by their value; small integers, which most are, without a
/// search.
#[derive(Default)]
struct Elements<'a> {
    all: Vec<Element<'a>>,
    small: Vec<Option<usize>>,
    others: BTreeMap<String, usize>,
}

impl<'a> Elements<'a> {
    const SMALL: i64 = 1 << 22;

    fn find(&self, value: &Value) -> Option<usize> {
        match value {
            Value::Int(int @ 0..Self::SMALL) => self.small.get(*int as usize).copied().flatten(),
            other => self.others.get(&other.to_string()).copied(),
        }
    }

    /// Adding an element again makes it a new one.
    fn add(&mut self, value: &'a Value) {
        if let Some(place) = self.find(value) {
            self.all[place] = Element::new(value);
            return;
        }
        let place = self.all.len();
        self.all.push(Element::new(value));
        match value {
            Value::Int(int @ 0..Self::SMALL) => {
                let int = *int as usize;
                if int >= self.small.len() {
                    self.small.resize(int + 1, None);
                }
                self.small[int] = Some(place);
            }
            other => {
                self.others.insert(other.to_string(), place);
            }
        }
    }

    fn read(&mut self, number: usize, began: &'a Op, ended: &'a Op) {
        for value in ended.value.items().unwrap_or_default() {
            if let Some(place) = self.find(value) {
                let element = &mut self.all[place];
                element.seen_in = number;
                element.known.get_or_insert(ended);
                later(&mut element.last_present, began);
            }
        }
        for element in &mut self.all {
            if element.seen_in != number {
                later(&mut element.last_absent, began);
            }
        }
    }
}

/// Judges adds and reads. `add` is the function that adds: `add` or
/// `broadcast`.
pub fn check(history: &History, add: &str) -> Checked {
    let mut elements = Elements::default();
    let mut reads = 0;
    for (place, op) in history.clients() {
        match (op.typ, &*op.f) {
            (OpType::Invoke, f) if f == add => elements.add(&op.value),
            (OpType::Ok, f) if f == add => {
                if let Some(place) = elements.find(&op.value) {
                    elements.all[place].known.get_or_insert(op);
                }
            }
            (OpType::Ok, "read") => {
                if let Some(began) = history.pair(place) {
                    reads += 1;
                    elements.read(reads, began, op);
                }
            }
            _ => {}
        }
    }
    let mut all = elements.all;
    all.sort_by(|a, b| {
        let by_text = || a.value.to_string().cmp(&b.value.to_string());
        a.value.compare(b.value).unwrap_or_else(by_text)
    });
    results(history, &all)
}

fn results(history: &History, all: &[Element<'_>]) -> Checked {
    let of = |outcome| {
        all.iter()
            .filter(move |element| element.outcome() == outcome)
    };
    let values = |elements: &[&Element<'_>]| {
        Value::Vector(
            elements
                .iter()
                .map(|element| element.value.clone())
                .collect(),
        )
    };
    let stable: Vec<_> = of(Outcome::Stable).collect();
    let lost: Vec<_> = of(Outcome::Lost).collect();
    let never_read: Vec<_> = of(Outcome::NeverRead).collect();
    let stable_latency = |element: &&Element<'_>| element.latency(element.last_absent);
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
            Value::Vector(worst.into_iter().map(stale_element).collect()),
        ),
        ("duplicated-count", Value::Int(0)),
        ("duplicated", Value::Map(Vec::new())),
    ]);
    if !stable.is_empty() {
        let latencies = stable.iter().map(stable_latency).collect();
        results.insert("stable-latencies", quantiles(latencies));
    }
    if !lost.is_empty() {
        let latencies = lost
            .iter()
            .map(|element| element.latency(element.last_present));
        results.insert("lost-latencies", quantiles(latencies.collect()));
    }
    Checked {
        valid,
        results,
        findings: findings(history, valid, &lost),
    }
}

fn findings(history: &History, valid: Validity, lost: &[&Element<'_>]) -> Vec<String> {
    if valid == Validity::Unknown {
        return vec!["no element was added and read after that: there is nothing to judge".into()];
    }
    let finding = |element: &&Element<'_>| {
        let known = match element.known {
            Some(op) if op.f == "read" => format!("was read by operation {}", op.index),
            Some(op) => format!("was acknowledged by operation {}", op.index),
            None => String::from("is not known"),
        };
        let last = match element.last_present {
            Some(op) => format!(
                "was last seen by the read that began as operation {}",
                op.index
            ),
            None => String::from("was never read"),
        };
        let missed = element.last_absent.map_or(String::new(), |op| {
            let who = match op.process {
                Process::Client(process) => format!("client {process}"),
                Process::Nemesis => String::from("the nemesis"),
            };
            let ended = history
                .ops()
                .iter()
                .skip_while(|later| later.index <= op.index);
            let ended = ended.into_iter().find(|later| later.process == op.process);
            let ended = ended.map_or(String::new(), |later| format!(" to {}", later.index));
            format!(
                "; the read of {who} (operations {}{ended}) misses it",
                op.index
            )
        });
        format!(
            "element {} is lost: it {known}, and {last}{missed}",
            element.value
        )
    };
    lost.iter().map(finding).collect()
}

fn stale_element(element: &Element<'_>) -> Value {
    let op = |op: Option<&Op>| op.map_or(Value::Nil, brief);
    Value::map([
        ("element", element.value.clone()),
        ("outcome", Value::keyword("stable")),
        (
            "stable-latency",
            element.latency(element.last_absent).into(),
        ),
        ("lost-latency", Value::Nil),
        ("known", op(element.known)),
        ("last-absent", op(element.last_absent)),
    ])
}

/// The operation without its value, which may be a set of thousands.
fn brief(op: &Op) -> Value {
    let f = if op.f == "read" { "read" } else { "add" };
    super::brief(op, f)
}

/// The latencies at the quantiles that Jepsen gives.
fn quantiles(mut latencies: Vec<i64>) -> Value {
    latencies.sort_unstable();
    let n = latencies.len();
    let at = |q: f64| latencies[((n as f64 * q) as usize).min(n - 1)];
    let entry = |q: f64| {
        let key = match q.fract() == 0.0 {
            true => Value::Int(q as i64),
            false => Value::Float(q),
        };
        (key, at(q).into())
    };
    Value::Map([0.0, 0.5, 0.95, 0.99, 1.0].map(entry).into())
}
