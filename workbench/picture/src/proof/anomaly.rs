//! What transactions did wrong without a cycle: those concerned, with the reads
//! and writes marked that contradict each other.

use finding::{Contradiction, Operation};
use history::edn::Value;
use history::{History, Op, OpType};

use super::page::Page;
use super::transaction::{MOST_BOXES, Mark, Reason, Transaction, column, listing};
use super::{Drawing, indexed};

/// What a case is drawn with.
struct Scene {
    /// Behind the anomaly's name.
    title: String,
    boxes: Vec<Transaction>,
    reasons: Vec<Reason>,
    note: String,
}

pub(super) fn draw(
    anomaly: &str,
    number: usize,
    case: &Contradiction,
    history: &History,
    more: &str,
) -> Option<Drawing> {
    let scene = scene(case, history)?;
    let title = format!("{anomaly}: {}", scene.title);
    let mut page = Page::new(&title, &[scene.note, more.to_owned()]);
    column(&mut page, &scene.boxes, &scene.reasons);
    Some(Drawing {
        name: format!("{anomaly}-{number}.svg"),
        title,
        svg: page.finish(),
    })
}

fn mark(is_read: bool, key: &Value, value: Option<&Value>, is_bad: bool) -> Mark {
    Mark {
        is_read,
        key: key.clone(),
        value: value.cloned(),
        is_bad,
    }
}

/// The sentence for a case.
fn proof(case: &Contradiction) -> String {
    let words = case.to_string();
    let mut chars = words.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), chars.as_str())
}

fn short(value: &Value) -> String {
    listing(value, None, 40)
}

fn scene(case: &Contradiction, history: &History) -> Option<Scene> {
    let of = |op: &Operation| indexed(history, op.index);
    let alone = |op: &Operation, marks: &[Mark], title: String| {
        Some(Scene {
            title,
            boxes: vec![Transaction::new("", of(op)?, marks)],
            reasons: Vec::new(),
            note: String::new(),
        })
    };
    match case {
        Contradiction::Read {
            reader,
            key,
            value,
            writer,
        } => {
            let is_refused = writer.typ == OpType::Fail;
            let what = match is_refused {
                true => "whose write was refused",
                false => "which its own writer wrote over",
            };
            let wrote = mark(false, key, Some(value), is_refused);
            let read = mark(true, key, Some(value), true);
            let (key, value) = (short(key), short(value));
            Some(Scene {
                title: format!("a transaction read {value} in key {key}, {what}"),
                boxes: vec![
                    Transaction::new("writer: ", of(writer)?, &[wrote]),
                    Transaction::new("reader: ", of(reader)?, &[read]),
                ],
                reasons: vec![("wr", format!("{value} was read all the same"))],
                note: String::new(),
            })
        }
        Contradiction::Internal {
            transaction,
            key,
            found,
            ..
        } => {
            // All that it did with the key, and what it should not have read.
            let marks = [
                mark(false, key, None, false),
                mark(true, key, Some(found), true),
                mark(true, key, None, false),
            ];
            let key = short(key);
            let title = format!(
                "a transaction's read of key {key} contradicts what it read or wrote itself"
            );
            let scene = alone(transaction, &marks, title)?;
            Some(Scene {
                note: proof(case),
                ..scene
            })
        }
        Contradiction::FutureRead {
            transaction,
            key,
            value,
        } => {
            let marks = [
                mark(true, key, Some(value), true),
                mark(false, key, Some(value), false),
            ];
            let (key, value) = (short(key), short(value));
            let title =
                format!("a transaction read {value} of key {key} before it wrote that itself");
            alone(transaction, &marks, title)
        }
        Contradiction::DirtyUpdate {
            key,
            aborted,
            committed,
            ..
        } => {
            let (first, second) = (of(&aborted.0)?, of(&committed.0)?);
            dirty_update(history, key, (first, &aborted.1), (second, &committed.1))
        }
        Contradiction::LostUpdate {
            key,
            seen,
            transactions,
        } => {
            let marks = [mark(true, key, None, false), mark(false, key, None, true)];
            let names = (1..).zip(transactions).take(MOST_BOXES);
            let boxes = names
                .filter_map(|(n, op)| Some(Transaction::new(&format!("T{n}: "), of(op)?, &marks)));
            Some(Scene {
                title: format!(
                    "{} transactions read key {} as {} and wrote it, none having seen another's \
                     write",
                    transactions.len(),
                    short(key),
                    short(seen)
                ),
                boxes: boxes.collect(),
                reasons: Vec::new(),
                note: match transactions.len() > MOST_BOXES {
                    true => format!("Only {MOST_BOXES} of them are drawn."),
                    false => String::new(),
                },
            })
        }
        Contradiction::IncompatibleOrder { key, reads } => incompatible_order(history, key, reads),
        Contradiction::Duplicate {
            transaction,
            key,
            value,
            ..
        } => {
            let marks = [mark(true, key, Some(value), true)];
            let (key, value) = (short(key), short(value));
            let title = format!("{value} is more than once in key {key}");
            alone(transaction, &marks, title)
        }
        Contradiction::CyclicVersions { key, values } => {
            Some(cyclic_versions(history, key, values))
        }
        Contradiction::CycleExists {
            model,
            transactions,
            count,
        } => {
            let ops = transactions.iter().take(MOST_BOXES).filter_map(of);
            let boxes = (1..).zip(ops);
            Some(Scene {
                title: format!(
                    "among {count} transactions there is a cycle that {model} does not have"
                ),
                boxes: boxes
                    .map(|(n, op)| Transaction::new(&format!("T{n}: "), op, &[]))
                    .collect(),
                reasons: Vec::new(),
                note: match *count > MOST_BOXES {
                    true => format!("The first {MOST_BOXES} of them:"),
                    false => String::new(),
                },
            })
        }
        Contradiction::GivenUp { .. } | Contradiction::Empty => None,
    }
}

fn dirty_update(
    history: &History,
    key: &Value,
    (first, aborted): (&Op, &Value),
    (second, committed): (&Op, &Value),
) -> Option<Scene> {
    let mut boxes = vec![
        Transaction::new("T1: ", first, &[mark(false, key, Some(aborted), true)]),
        Transaction::new("T2: ", second, &[mark(false, key, Some(committed), false)]),
    ];
    let mut reasons = vec![(
        "ww",
        format!("{} was appended upon {}", short(committed), short(aborted)),
    )];
    // A read of both shows it.
    let shows = |op: &&Op| {
        op.typ == OpType::Ok
            && op.value.items().unwrap_or_default().iter().any(|step| {
                matches!(step.items(), Some([Value::Keyword(f), k, seen]) if f == "r" && k == key
                && seen.items().is_some_and(|seen| {
                    seen.contains(aborted) && seen.contains(committed)
                }))
            })
    };
    if let Some(reader) = history.ops().iter().find(shows) {
        let marks = [mark(true, key, Some(aborted), true)];
        boxes.push(Transaction::new("T3: ", reader, &marks));
        reasons.push(("wr", "as a read of both shows".into()));
    }
    Some(Scene {
        title: format!(
            "{} of key {} was refused, and {} built upon it",
            short(aborted),
            short(key),
            short(committed)
        ),
        boxes,
        reasons,
        note: String::new(),
    })
}

fn incompatible_order(
    history: &History,
    key: &Value,
    reads: &[(Operation, Value); 2],
) -> Option<Scene> {
    let [(_, a), (_, b)] = reads;
    let (x, y) = (a.items()?, b.items()?);
    let place = x.iter().zip(y).take_while(|(x, y)| x == y).count();
    let focus = [x, y].map(|items| items.get(place).or(items.last()));
    let boxes = (1..).zip(reads).zip(focus).map(|((n, (op, _)), focus)| {
        let op = indexed(history, op.index)?;
        let marks = [mark(true, key, focus, true)];
        Some(Transaction::new(&format!("T{n}: "), op, &marks))
    });
    let at = |items: &[Value]| items.get(place).map_or("nothing".into(), short);
    Some(Scene {
        title: format!(
            "two reads of key {}, neither an earlier state of the other",
            short(key)
        ),
        boxes: boxes.collect::<Option<_>>()?,
        reasons: Vec::new(),
        note: format!(
            "The lists differ first at place {place} (from 0): {} and {}.",
            at(x),
            at(y)
        ),
    })
}

fn cyclic_versions(history: &History, key: &Value, versions: &[Value]) -> Scene {
    let touched = |op: &&Op| {
        let steps = op.value.items().unwrap_or_default().iter();
        let touched = steps.filter(|step| {
            matches!(step.items(), Some([_, k, value]) if k == key && versions.contains(value))
        });
        op.typ == OpType::Ok && touched.count() > 1
    };
    let marks: Vec<Mark> = versions
        .iter()
        .flat_map(|value| [true, false].map(|is_read| mark(is_read, key, Some(value), !is_read)))
        .collect();
    let ops = history.ops().iter().filter(touched).take(MOST_BOXES);
    Scene {
        title: format!(
            "the versions {} of key {} each come before each other",
            short(&Value::Vector(versions.into())),
            short(key)
        ),
        boxes: (1..)
            .zip(ops)
            .map(|(n, op)| Transaction::new(&format!("T{n}: "), op, &marks))
            .collect(),
        reasons: Vec::new(),
        note: "What a transaction reads of a key comes before what it then writes to it.".into(),
    }
}
