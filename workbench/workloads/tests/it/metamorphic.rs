//! Histories changed in ways that change no verdict, or only to the better: of every checker,
//! the random histories of `crate::oracle`.

use std::collections::BTreeMap;

use history::edn::Value;
use history::{History, Op, OpType, Process};
use maelstrom_node::Rng;
use verdict::Validity::{self, Invalid};

use crate::oracle::{Subject, subjects, text};

/// What becomes of the verdict.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It stays.
    Same,
    /// What was not invalid does not become so: less is known.
    NotWorse,
}
use Verdict::{NotWorse, Same};

/// A way to change a history. The arguments are the history's events and random numbers.
struct Change {
    name: &'static str,
    verdict: Verdict,
    /// Those of whose histories it is true.
    suits: fn(&Subject) -> bool,
    change: fn(&[Op], &Rng) -> Vec<Op>,
}

const CHANGES: [Change; 10] = [
    Change {
        name: "other names for clients",
        verdict: Same,
        suits: |_| true,
        change: |ops, _| {
            changed(ops, |op| {
                if let Process::Client(number) = &mut op.process {
                    // Not in their order either.
                    *number = 1000 - 7 * *number;
                }
            })
        },
    },
    Change {
        name: "all later, and slower",
        verdict: Same,
        suits: |_| true,
        change: |ops, _| changed(ops, |op| op.time = 3 * op.time + 5_000_000_000),
    },
    Change {
        name: "other indices",
        verdict: Same,
        suits: |_| true,
        change: |ops, _| changed(ops, |op| op.index = 2 * op.index + 17),
    },
    Change {
        name: "other names for keys and values",
        verdict: Same,
        // The numbers of these count, or are parts of one another.
        suits: |subject| {
            let counting = [
                "counter",
                "semaphore",
                "fenced",
                "map",
                "kafka",
                "multi-register",
            ];
            !counting.iter().any(|name| subject.name.contains(name))
        },
        change: |ops, _| {
            changed(ops, |op| {
                op.value = renamed(&op.value, &|leaf| match leaf {
                    Value::Int(number) => Value::Int(900 - 11 * number),
                    other => other.clone(),
                });
            })
        },
    },
    Change {
        name: "texts for names",
        verdict: Same,
        suits: |subject| {
            !is_counter(subject) && !["map", "multi-register", "echo"].contains(&subject.name)
        },
        change: |ops, _| {
            changed(ops, |op| {
                let is_step = |name: &str| ["r", "w", "append", "send", "poll"].contains(&name);
                op.value = renamed(&op.value, &|leaf| match leaf {
                    Value::Keyword(name) if !is_step(name) => format!("<{name}>").into(),
                    other => other.clone(),
                });
            })
        },
    },
    Change {
        name: "two beginnings or two ends the other way round",
        verdict: Same,
        // By Jepsen's definition an element of a set is lost by which of two reads began last,
        // also where they overlap.
        suits: |subject| !is_set(subject),
        change: |ops, rng| {
            swapped(ops, rng, |a, b| {
                (a.typ == OpType::Invoke) == (b.typ == OpType::Invoke)
            })
        },
    },
    Change {
        name: "an end after the next beginning",
        verdict: NotWorse,
        suits: |subject| !is_set(subject),
        change: |ops, rng| {
            swapped(ops, rng, |a, b| {
                a.typ != OpType::Invoke && b.typ == OpType::Invoke
            })
        },
    },
    Change {
        name: "without a read",
        verdict: NotWorse,
        // Where a read is missing, what others found may be the last that is known of it.
        suits: |subject| !is_set(subject) && subject.name != "kafka",
        change: |ops, rng| {
            let history = History::new(ops.to_vec());
            let is_read = |(place, op): &(usize, &Op)| {
                let end = history.pair(*place);
                let asks = matches!(&*op.f, "read" | "get" | "generate")
                    || (op.f == "txn" && is_read_only(&op.value));
                op.typ == OpType::Invoke && asks && end.is_some_and(|end| end.typ == OpType::Ok)
            };
            let reads: Vec<usize> = history.clients().filter(is_read).map(|(p, _)| p).collect();
            let Some(read) = rng.choose(&reads) else {
                return ops.to_vec();
            };
            let end = history.pair_place(*read);
            let places = ops.iter().enumerate();
            let others = places.filter(|(place, _)| place != read && Some(*place) != end);
            others.map(|(_, op)| op.clone()).collect()
        },
    },
    Change {
        name: "an end that nobody knows",
        verdict: NotWorse,
        // Who owns a lock is known by its client, which is another then.
        suits: |subject| {
            let names = ["owner", "reentrant", "fenced", "kafka"];
            !is_set(subject) && !names.iter().any(|name| subject.name.contains(name))
        },
        change: |ops, rng| {
            let history = History::new(ops.to_vec());
            let mut ops = ops.to_vec();
            let is_end = |place: &usize| ops[*place].typ == OpType::Ok;
            let ends: Vec<usize> = (0..ops.len()).filter(is_end).collect();
            if let Some(end) = rng.choose(&ends) {
                ops[*end].typ = OpType::Info;
                let asked = history.pair(*end).unwrap();
                ops[*end].value = asked.value.clone();
                // Its client is another from now on.
                let process = asked.process;
                for op in &mut ops[end + 1..] {
                    if let Process::Client(number) = &mut op.process
                        && Process::Client(*number) == process
                    {
                        *number += 5000;
                    }
                }
            }
            ops
        },
    },
    Change {
        name: "ends alone",
        verdict: NotWorse,
        // An echo says only by its beginning what was asked, and an element of a set is lost
        // by which of two reads began last.
        suits: |subject| !is_set(subject) && subject.name != "echo",
        change: |ops, _| {
            let ends = ops.iter().filter(|op| op.typ != OpType::Invoke);
            ends.cloned().collect()
        },
    },
];

fn is_counter(subject: &Subject) -> bool {
    subject.name.contains("counter")
}

fn is_set(subject: &Subject) -> bool {
    ["g-set", "broadcast", "set-full"].contains(&subject.name)
}

fn is_read_only(steps: &Value) -> bool {
    let steps = steps.items().unwrap_or_default();
    steps.iter().all(|step| {
        let first = step.items().and_then(|step| step.first());
        first.is_some_and(|f| *f == Value::keyword("r") || *f == Value::keyword("read"))
    })
}

fn changed(ops: &[Op], change: impl Fn(&mut Op)) -> Vec<Op> {
    let mut ops = ops.to_vec();
    ops.iter_mut().for_each(change);
    ops
}

/// A value with other leaves. The first of a transaction's step is no leaf.
fn renamed(value: &Value, leaf: &dyn Fn(&Value) -> Value) -> Value {
    let all = |items: &[Value]| items.iter().map(|item| renamed(item, leaf)).collect();
    match value {
        Value::Vector(items) => Value::Vector(all(items)),
        Value::List(items) => Value::List(all(items)),
        Value::Set(items) => Value::Set(all(items)),
        Value::Map(entries) => {
            let entry = |(key, value): &(Value, Value)| (renamed(key, leaf), renamed(value, leaf));
            Value::Map(entries.iter().map(entry).collect())
        }
        other => leaf(other),
    }
}

/// Some events that follow on each other, of different clients, change places, if they may.
fn swapped(ops: &[Op], rng: &Rng, may: fn(&Op, &Op) -> bool) -> Vec<Op> {
    let mut ops = ops.to_vec();
    for at in 1..ops.len() {
        let [a, b] = [&ops[at - 1], &ops[at]];
        if a.process != b.process && may(a, b) && rng.chance(0.5) {
            ops.swap(at - 1, at);
        }
    }
    ops
}

#[test]
fn what_says_the_same_is_judged_the_same() {
    let rounds = corpus::rounds(60);
    let mut seen: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    for subject in subjects() {
        let rng = Rng::new(31);
        for _ in 0..rounds {
            let history = (subject.history)(&rng);
            let before = subject.judge(&history);
            for change in CHANGES.iter().filter(|change| (change.suits)(&subject)) {
                let changed = History::new((change.change)(history.ops(), &rng));
                let after = subject.judge(&changed);
                let is_right = match change.verdict {
                    Same => after == before,
                    NotWorse => after != Invalid || before == Invalid,
                };
                assert!(
                    is_right,
                    "{}, {}: {before:?} became {after:?}:\n{}\n{}",
                    subject.title(),
                    change.name,
                    text(&history),
                    text(&changed)
                );
                *seen.entry((change.name, before == Invalid)).or_default() += 1;
            }
        }
    }
    assert_eq!(seen.len(), 2 * CHANGES.len(), "{seen:?}");
}

/// The verdict on several objects, each under a key of its own, is the worst of those on each;
/// and so is that on transactions that have nothing to do with each other.
#[test]
fn keys_are_judged_by_themselves() {
    let rounds = corpus::rounds(60);
    let of_keys = |subject: &Subject| {
        let keyless = [
            "map",
            "multi-register",
            "semaphore",
            "unique-ids",
            "echo",
            "kafka",
        ];
        !keyless.contains(&subject.name)
    };
    for subject in subjects().filter(of_keys) {
        let rng = Rng::new(37);
        let mut worst = [0; 3];
        for _ in 0..rounds {
            let parts = [0, 1].map(|_| (subject.history)(&rng));
            let is_txn = subject.name.contains("append") || subject.name.contains("rw-register");
            let is_txn = is_txn && subject.name != "append-only-log";
            let of = |(key, part): (i64, &History)| {
                changed(part.ops(), |op| {
                    if let Process::Client(number) = &mut op.process {
                        *number = 2 * *number + key;
                    }
                    op.value = match is_txn {
                        true => renamed(&op.value, &|leaf| match leaf {
                            Value::Int(number) => Value::Int(2 * number + key),
                            other => other.clone(),
                        }),
                        false => Value::from([Value::Int(key), op.value.clone()]),
                    };
                })
            };
            let mut parts_left = [of((0, &parts[0])), of((1, &parts[1]))].map(Vec::into_iter);
            let mut whole = Vec::new();
            while let Some(op) = {
                let first = usize::from(rng.chance(0.5));
                parts_left[first]
                    .next()
                    .or_else(|| parts_left[1 - first].next())
            } {
                whole.push(Op {
                    index: whole.len(),
                    ..op
                });
            }
            let whole = History::new(whole);
            let expected: Vec<Validity> = parts.iter().map(|part| subject.judge(part)).collect();
            // Where one of two keys says nothing, the other may.
            if expected.contains(&Validity::Unknown) {
                continue;
            }
            let expected = expected.into_iter().fold(Validity::Valid, Validity::and);
            let valid = subject.judge(&whole);
            // Without a read, keys are not known for keys.
            if valid == Validity::Unknown && !whole.ops().iter().any(|op| op.f == "read") {
                continue;
            }
            assert_eq!(valid, expected, "{}:\n{}", subject.title(), text(&whole));
            worst[valid as usize] += 1;
        }
        assert!(
            worst[0] > 0 || worst[2] > 0,
            "{}: {worst:?}",
            subject.title()
        );
    }
}
