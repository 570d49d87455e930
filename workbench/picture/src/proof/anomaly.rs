//! What transactions did wrong without a cycle: those concerned, with the reads
//! and writes marked that contradict each other.

use history::edn::Value;
use history::{History, OpType};

use super::page::Page;
use super::transaction::{MOST_BOXES, Mark, Reason, Transaction, column, listing};
use super::{Drawing, cycle, few, indexed};

/// Every case of every anomaly in the results of a checker of isolation, cycles
/// among them.
pub(super) fn drawings(history: &History, results: &Value) -> Vec<Drawing> {
    let Some(Value::Map(anomalies)) = results.get("anomalies") else {
        return Vec::new();
    };
    let mut drawings = Vec::new();
    for (anomaly, cases) in anomalies {
        if let (Value::Keyword(anomaly), Some(cases)) = (anomaly, cases.items()) {
            let drawn = few(cases, cases.len(), |number, case, more| {
                cycle::draw(anomaly, number, case, more)
                    .or_else(|| draw(anomaly, number, case, history, more))
            });
            drawings.extend(drawn);
        }
    }
    // That there is a cycle says less than one does.
    drawings.sort_by_key(|drawing| drawing.name.contains("-cycle-exists-"));
    drawings
}

/// What a case is drawn with.
struct Scene {
    /// Behind the anomaly's name.
    title: String,
    boxes: Vec<Transaction>,
    reasons: Vec<Reason>,
    note: String,
}

fn draw(
    anomaly: &str,
    number: usize,
    case: &Value,
    history: &History,
    more: &str,
) -> Option<Drawing> {
    let scene = match anomaly {
        "G1a" => read(case, history, "whose write was refused"),
        "G1b" => read(case, history, "which its own writer wrote over"),
        "internal" => internal(case),
        "future-read" => future_read(case),
        "dirty-update" => dirty_update(case, history),
        "lost-update" => lost_update(case),
        "incompatible-order" => incompatible_order(case, history),
        "duplicate-elements" => duplicate(case),
        "cyclic-versions" => cyclic_versions(case, history),
        name if name.ends_with("-cycle-exists") => cycle_exists(case, history),
        _ => None,
    }?;
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

/// The sentences that the checker has for a case.
fn proof(case: &Value) -> String {
    let words = case.get("proof").and_then(Value::as_str);
    let mut chars = words.unwrap_or_default().chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    match first {
        Some(first) => format!("{first}{}.", chars.as_str()),
        None => String::new(),
    }
}

fn short(value: &Value) -> String {
    listing(value, None, 40)
}

fn read(case: &Value, history: &History, what: &str) -> Option<Scene> {
    let (key, element) = (case.get("key")?, case.get("element")?);
    let (reader, writer) = (case.get("op")?, case.get("writer")?);
    let index = writer.get("index")?.as_int()?;
    let is_refused = indexed(history, index).is_some_and(|op| op.typ == OpType::Fail);
    Some(Scene {
        title: format!(
            "a transaction read {} in key {}, {what}",
            short(element),
            short(key)
        ),
        boxes: vec![
            Transaction::new(
                "writer: ",
                writer,
                &[mark(false, key, Some(element), is_refused)],
            ),
            Transaction::new("reader: ", reader, &[mark(true, key, Some(element), true)]),
        ],
        reasons: vec![(
            "wr".into(),
            format!("{} was read all the same", short(element)),
        )],
        note: String::new(),
    })
}

fn internal(case: &Value) -> Option<Scene> {
    let (op, step) = (case.get("op")?, case.get("mop")?);
    let [_, key, found] = step.items()? else {
        return None;
    };
    // All that it did with the key, and what it should not have read.
    let marks = [
        mark(false, key, None, false),
        mark(true, key, Some(found), true),
        mark(true, key, None, false),
    ];
    Some(Scene {
        title: format!(
            "a transaction's read of key {} contradicts what it read or wrote itself",
            short(key)
        ),
        boxes: vec![Transaction::new("", op, &marks)],
        reasons: Vec::new(),
        note: proof(case),
    })
}

fn future_read(case: &Value) -> Option<Scene> {
    let (op, key, element) = (case.get("op")?, case.get("key")?, case.get("element")?);
    let marks = [
        mark(true, key, Some(element), true),
        mark(false, key, Some(element), false),
    ];
    Some(Scene {
        title: format!(
            "a transaction read {} of key {} before it wrote that itself",
            short(element),
            short(key)
        ),
        boxes: vec![Transaction::new("", op, &marks)],
        reasons: Vec::new(),
        note: String::new(),
    })
}

fn dirty_update(case: &Value, history: &History) -> Option<Scene> {
    let key = case.get("key")?;
    let [aborted, committed] = case.get("values")?.items()? else {
        return None;
    };
    let [first, second] = case.get("txns")?.items()? else {
        return None;
    };
    let mut boxes = vec![
        Transaction::new("T1: ", first, &[mark(false, key, Some(aborted), true)]),
        Transaction::new("T2: ", second, &[mark(false, key, Some(committed), false)]),
    ];
    let mut reasons = vec![(
        "ww".into(),
        format!("{} was appended upon {}", short(committed), short(aborted)),
    )];
    // A read of both shows it.
    let shows = |op: &&history::Op| {
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
        boxes.push(Transaction::new("T3: ", &reader.to_edn(), &marks));
        reasons.push(("wr".into(), "as a read of both shows".into()));
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

fn lost_update(case: &Value) -> Option<Scene> {
    let (key, seen, txns) = (
        case.get("key")?,
        case.get("value")?,
        case.get("txns")?.items()?,
    );
    let marks = [mark(true, key, None, false), mark(false, key, None, true)];
    let names = (1..).zip(txns).take(MOST_BOXES);
    let note = match txns.len() > MOST_BOXES {
        true => format!("Only {MOST_BOXES} of them are drawn."),
        false => String::new(),
    };
    Some(Scene {
        title: format!(
            "{} transactions read key {} as {} and wrote it, none having seen another's write",
            txns.len(),
            short(key),
            short(seen)
        ),
        boxes: names
            .map(|(n, op)| Transaction::new(&format!("T{n}: "), op, &marks))
            .collect(),
        reasons: Vec::new(),
        note,
    })
}

fn incompatible_order(case: &Value, history: &History) -> Option<Scene> {
    let key = case.get("key")?;
    let [a, b] = case.get("values")?.items()? else {
        return None;
    };
    let ops: Vec<Value> = (case.get("ops")?.items()?.iter())
        .filter_map(|index| Some(indexed(history, index.as_int()?)?.to_edn()))
        .collect();
    let (x, y) = (a.items()?, b.items()?);
    let place = x.iter().zip(y).take_while(|(x, y)| x == y).count();
    let focus = [x, y].map(|items| items.get(place).or(items.last()));
    let boxes = (1..).zip(&ops).zip(focus).map(|((n, op), focus)| {
        Transaction::new(&format!("T{n}: "), op, &[mark(true, key, focus, true)])
    });
    let at = |items: &[Value]| items.get(place).map_or("nothing".into(), short);
    Some(Scene {
        title: format!(
            "two reads of key {}, neither an earlier state of the other",
            short(key)
        ),
        boxes: boxes.collect(),
        reasons: Vec::new(),
        note: format!(
            "The lists differ first at place {place} (from 0): {} and {}.",
            at(x),
            at(y)
        ),
    })
}

fn duplicate(case: &Value) -> Option<Scene> {
    let (op, key, element) = (case.get("op")?, case.get("key")?, case.get("element")?);
    Some(Scene {
        title: format!("{} is more than once in key {}", short(element), short(key)),
        boxes: vec![Transaction::new(
            "",
            op,
            &[mark(true, key, Some(element), true)],
        )],
        reasons: Vec::new(),
        note: String::new(),
    })
}

fn cyclic_versions(case: &Value, history: &History) -> Option<Scene> {
    let (key, versions) = (case.get("key")?, case.get("scc")?.items()?);
    let touched = |op: &&history::Op| {
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
    Some(Scene {
        title: format!(
            "the versions {} of key {} each come before each other",
            short(case.get("scc")?),
            short(key)
        ),
        boxes: (1..)
            .zip(ops)
            .map(|(n, op)| Transaction::new(&format!("T{n}: "), &op.to_edn(), &marks))
            .collect(),
        reasons: Vec::new(),
        note: "What a transaction reads of a key comes before what it then writes to it.".into(),
    })
}

fn cycle_exists(case: &Value, history: &History) -> Option<Scene> {
    let indices = case.get("scc")?.items()?;
    let ops = indices.iter().take(MOST_BOXES);
    let ops = ops.filter_map(|index| indexed(history, index.as_int()?));
    let boxes = (1..).zip(ops);
    let model = match case.get("not") {
        Some(Value::Keyword(model)) => model.as_str(),
        _ => "the model",
    };
    Some(Scene {
        title: format!(
            "among {} transactions there is a cycle that {model} does not have",
            indices.len()
        ),
        boxes: boxes
            .map(|(n, op)| Transaction::new(&format!("T{n}: "), &op.to_edn(), &[]))
            .collect(),
        reasons: Vec::new(),
        note: match indices.len() > MOST_BOXES {
            true => format!("The first {MOST_BOXES} of them:"),
            false => String::new(),
        },
    })
}
