//! Transactions. What is serializable has an order of all transactions in which each reads
//! what those before it left; what has snapshots, one of all their beginnings and ends, in
//! which each reads what those that had ended left, and none writes what another wrote that
//! ended meanwhile (Berenson et al., SIGMOD 1995). What a client does is in its order in
//! strong session models, what the clock says in strong ones.

use std::collections::BTreeMap;

use history::edn::Value;
use history::{History, OpType, Process};
use maelstrom_node::Rng;
use verdict::Validity;

use super::runs::{Object, run, vector};
use super::{NOT_WRONG, Subject, WRONG};

/// What each key holds.
type Store = BTreeMap<Value, Value>;

const fn of(
    name: &'static str,
    consistency: &'static str,
    history: fn(&Rng) -> History,
    found: usize,
) -> Subject {
    Subject {
        name,
        consistency,
        initial: "nil",
        history,
        right,
        found,
    }
}

pub(super) const ALL: [Subject; 20] = [
    of("list-append", "strict-serializable", lists, 80),
    of("list-append", "strong-session-serializable", lists, 80),
    of("list-append", "serializable", lists, 80),
    of("list-append", "strong-snapshot-isolation", lists, 60),
    of(
        "list-append",
        "strong-session-snapshot-isolation",
        lists,
        60,
    ),
    of("list-append", "snapshot-isolation", lists, 60),
    of("list-append", "parallel-snapshot-isolation", lists, 0),
    of("list-append", "repeatable-read", lists, 0),
    of("list-append", "causal-cerone", lists, 0),
    of("list-append", "read-committed", lists, 0),
    of("rw-register", "strict-serializable", registers, 60),
    of("rw-register", "strong-session-serializable", registers, 40),
    of("rw-register", "serializable", registers, 40),
    of("rw-register", "strong-snapshot-isolation", registers, 40),
    of(
        "rw-register",
        "strong-session-snapshot-isolation",
        registers,
        40,
    ),
    of("rw-register", "snapshot-isolation", registers, 40),
    of("rw-register", "parallel-snapshot-isolation", registers, 0),
    of("rw-register", "repeatable-read", registers, 0),
    of("rw-register", "causal-cerone", registers, 0),
    of("rw-register", "read-committed", registers, 0),
];

fn lists(rng: &Rng) -> History {
    let object = Object::<Store> {
        initial: Store::new,
        ask: |rng, asked| ask(rng, || asked.new_value(), "append"),
        act,
    };
    run(rng, &object, 5)
}

fn registers(rng: &Rng) -> History {
    let object = Object::<Store> {
        initial: Store::new,
        ask: |rng, asked| ask(rng, || asked.new_value(), "w"),
        act,
    };
    run(rng, &object, 5)
}

fn ask(rng: &Rng, mut new_value: impl FnMut() -> Value, write: &str) -> (&'static str, Value) {
    let steps = (0..1 + rng.below(3)).map(|_| {
        let key = Value::Int(rng.below(2) as i64);
        match rng.chance(0.5) {
            true => vector([Value::keyword("r"), key, Value::Nil]),
            false => vector([Value::keyword(write), key, new_value()]),
        }
    });
    ("txn", steps.collect())
}

/// Does the steps; one transaction in several is refused.
fn act(store: &mut Store, process: i64, _: &str, asked: &Value, way: usize) -> Option<Value> {
    if way == 1 && process == 1 {
        return None;
    }
    let steps = asked.items()?.iter().map(|step| {
        let [f, key, value] = step.items().unwrap() else {
            unreachable!("all steps have three parts");
        };
        let now = store.entry(key.clone()).or_default();
        write(now, f, value);
        let value = match is(f, "r") {
            true => now.clone(),
            false => value.clone(),
        };
        vector([f.clone(), key.clone(), value])
    });
    Some(steps.collect())
}

fn is(f: &Value, name: &str) -> bool {
    *f == Value::keyword(name)
}

/// What a step leaves of a key.
fn write(now: &mut Value, f: &Value, value: &Value) {
    if is(f, "append") {
        let mut list = now.items().unwrap_or_default().to_vec();
        list.push(value.clone());
        *now = list.into();
    } else if is(f, "w") {
        now.clone_from(value);
    }
}

struct Transaction<'a> {
    process: Process,
    steps: &'a [Value],
    is_known: bool,
    begun: usize,
    ended: usize,
}

impl Transaction<'_> {
    /// Its steps on a store; none, if it read something else.
    fn done(&self, store: &Store) -> Option<Store> {
        let mut store = store.clone();
        for step in self.steps {
            let [f, key, value] = step.items()? else {
                return None;
            };
            let now = store.entry(key.clone()).or_default();
            write(now, f, value);
            if self.is_known && is(f, "r") && now != value {
                return None;
            }
        }
        Some(store)
    }

    /// The steps by which it changes something.
    fn writes(&self) -> impl Iterator<Item = (&Value, &Value, &Value)> {
        self.steps.iter().filter_map(|step| match step.items() {
            Some([f, key, value]) if !is(f, "r") => Some((f, key, value)),
            _ => None,
        })
    }
}

/// What order there must be: whether the first comes before the second.
type Before = fn(&Transaction<'_>, &Transaction<'_>) -> bool;

fn right(subject: &Subject, history: &History) -> &'static [Validity] {
    let mut transactions = Vec::new();
    for (begun, op) in history.clients() {
        let end = history.pair(begun);
        if op.typ != OpType::Invoke || end.is_some_and(|end| end.typ == OpType::Fail) {
            continue;
        }
        let end = end.filter(|end| end.typ == OpType::Ok);
        transactions.push(Transaction {
            process: op.process,
            steps: end.unwrap_or(op).value.items().unwrap_or_default(),
            is_known: end.is_some(),
            begun,
            ended: end.map_or(usize::MAX, |_| history.pair_place(begun).unwrap()),
        });
    }
    let before: Before = match subject.consistency {
        model if model.starts_with("strong-session") => {
            |a, b| a.process == b.process && a.ended < b.begun
        }
        model if model.starts_with("str") => |a, b| a.ended < b.begun,
        _ => |_, _| false,
    };
    let is_right = match subject.consistency {
        // What is serializable is also of the weaker models, ...
        model if model.ends_with("serializable") || model == "repeatable-read" => {
            is_serializable(&transactions, before)
        }
        // ... and what has snapshots is of those that are weaker than that.
        _ => has_snapshots(&transactions, before),
    };
    if is_right { NOT_WRONG } else { WRONG }
}

fn is_serializable(transactions: &[Transaction<'_>], before: Before) -> bool {
    fn rest(all: &[Transaction<'_>], left: u32, store: &Store, before: Before) -> bool {
        let of = || (0..all.len()).filter(|i| left >> i & 1 == 1);
        of().all(|i| !all[i].is_known)
            || of().any(|i| {
                of().all(|other| other == i || !before(&all[other], &all[i]))
                    && all[i]
                        .done(store)
                        .is_some_and(|store| rest(all, left & !(1 << i), &store, before))
            })
    }
    let all = (1 << transactions.len()) - 1;
    rest(transactions, all, &Store::new(), before)
}

/// Where a search for snapshots is.
#[derive(Clone)]
struct Moment {
    /// Those that have not begun, ...
    left: u32,
    /// ... and those that have and have not ended.
    open: u32,
    /// For each transaction, those that ended since it began.
    meanwhile: Vec<u32>,
    store: Store,
}

fn has_snapshots(all: &[Transaction<'_>], before: Before) -> bool {
    fn rest(all: &[Transaction<'_>], now: &Moment, before: Before) -> bool {
        let of = |set: u32| (0..all.len()).filter(move |i| set >> i & 1 == 1);
        let mut waiting = of(now.left | now.open);
        if waiting.all(|i| !all[i].is_known) {
            return true;
        }
        let begins = of(now.left).any(|i| {
            let mut unended = of(now.left | now.open);
            let may_begin = unended.all(|other| other == i || !before(&all[other], &all[i]));
            may_begin && all[i].done(&now.store).is_some() && {
                let mut next = now.clone();
                next.left &= !(1 << i);
                next.open |= 1 << i;
                rest(all, &next, before)
            }
        });
        begins
            || of(now.open).any(|i| {
                let mut meanwhile = of(now.meanwhile[i]);
                let conflict = |other: usize| {
                    let mut writes = all[other].writes();
                    writes.any(|(_, key, _)| all[i].writes().any(|(_, own, _)| own == key))
                };
                !meanwhile.any(conflict) && {
                    let mut next = now.clone();
                    next.open &= !(1 << i);
                    of(now.open).for_each(|other| next.meanwhile[other] |= 1 << i);
                    for (f, key, value) in all[i].writes() {
                        write(next.store.entry(key.clone()).or_default(), f, value);
                    }
                    rest(all, &next, before)
                }
            })
    }
    let start = Moment {
        left: (1 << all.len()) - 1,
        open: 0,
        meanwhile: vec![0; all.len()],
        store: Store::new(),
    };
    rest(all, &start, before)
}
