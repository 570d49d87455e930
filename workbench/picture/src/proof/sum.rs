//! Final reads of a counter beside the sums that they may show: a line of
//! numbers with the acceptable ones, and below it a row for each value that was
//! read, with who read it and by how much it is off.

use std::collections::BTreeMap;

use finding::{Evidence, Finding};
use history::edn::Value;
use history::{History, Op, OpType};
use simulation::recording::Recording;

use super::page::{Anchor, MARGIN, Page, WIDTH, fitted, wide};
use super::{Drawing, node_of};

/// How many values that were read are drawn, and how many who read them named.
const MOST_ROWS: usize = 24;
const NAMED: usize = 4;
/// How many ranges of acceptable sums are drawn, and named.
const MOST_RANGES: usize = 200;
const RANGES_NAMED: usize = 4;
/// Pixels: a row, and the line of numbers.
const ROW: f64 = 24.0;
const SCALE: f64 = 400.0;

/// One picture of all final reads, if one is none of the sums.
pub(super) fn drawing(
    finding: &Finding,
    history: &History,
    recording: Option<&Recording>,
) -> Option<Drawing> {
    let first = finding.cases.iter().find_map(|case| match case {
        Evidence::Sum(sum) if sum.is_final => Some(sum),
        _ => None,
    })?;
    (!first.acceptable.is_empty()).then(|| draw(history, &first.acceptable, recording))
}

/// How far a read is from the nearest sum, if it is an integer.
fn off(acceptable: &[(i128, i128)], value: &Value) -> Option<i128> {
    let value = value.as_integer()?;
    let off = |(from, to): &(i128, i128)| match value {
        _ if value < *from => value.saturating_sub(*from),
        _ if value > *to => value.saturating_sub(*to),
        _ => 0,
    };
    acceptable
        .iter()
        .map(off)
        .min_by_key(|off| off.unsigned_abs())
}

fn draw(history: &History, acceptable: &[(i128, i128)], recording: Option<&Recording>) -> Drawing {
    let mut reads: BTreeMap<&Value, Vec<&Op>> = BTreeMap::new();
    for (_, op) in history.clients() {
        if op.typ == OpType::Ok && op.is_final() {
            reads.entry(&op.value).or_default().push(op);
        }
    }
    let is_wrong = |value: &Value| off(acceptable, value) != Some(0);
    let count = |wrong: bool| -> usize {
        let some = reads.iter().filter(|(value, _)| is_wrong(value) == wrong);
        some.map(|(_, ops)| ops.len()).sum()
    };
    let (wrong, all) = (count(true), count(true) + count(false));
    let ranges: Vec<String> = (acceptable.iter().take(RANGES_NAMED))
        .map(|(from, to)| match from == to {
            true => from.to_string(),
            false => format!("{from} to {to}"),
        })
        .collect();
    let others = match acceptable.len() > RANGES_NAMED {
        true => " or others",
        false => "",
    };
    let sums = format!("{}{others}", ranges.join(" or "));
    let title = match wrong {
        1 => format!("One of {all} final reads is not what the adds make: {sums}"),
        wrong => format!("{wrong} of {all} final reads are not what the adds make: {sums}"),
    };
    let mut rows: Vec<(&Value, Vec<&Op>)> = reads.into_iter().collect();
    // Those that are wrong are shown, if not all can be.
    rows.sort_by_key(|(value, _)| !is_wrong(value));
    let hidden = rows.len().saturating_sub(MOST_ROWS);
    rows.truncate(MOST_ROWS);
    rows.sort_by_key(|(value, _)| *value);
    let hidden = match hidden {
        0 => String::new(),
        hidden => format!("{hidden} more values that were read are not drawn."),
    };
    let mut page = Page::new(&title, &[adds(history), hidden]);
    page.legend(&[
        ("good", "the sums that a final read may show"),
        ("bad", "a final read that shows another (✗)"),
    ]);

    // The scale spans all that is drawn.
    let values = rows.iter().filter_map(|(value, _)| value.as_integer());
    let ends = acceptable.iter().flat_map(|(from, to)| [*from, *to]);
    let all: Vec<i128> = values.chain(ends).collect();
    let least = all.iter().min().copied().unwrap_or(0) as f64;
    let most = all.iter().max().copied().unwrap_or(0) as f64;
    let span = (most - least).max(1.0);
    let widest = rows
        .iter()
        .map(|(value, _)| wide(&fitted(&value.to_string(), 24)));
    let left = MARGIN + widest.fold(wide("acceptable"), f64::max) + 24.0;
    let x_at = |value: i128| left + (value as f64 - least) / span * SCALE;
    let top = page.bottom() + 20.0;
    let bottom = top + 30.0 + rows.len() as f64 * ROW;
    let last_range = acceptable.len().min(MOST_RANGES);
    for (from, to) in &acceptable[..last_range] {
        let (from, to) = (x_at(*from), x_at(*to));
        page.rect(
            (from - 2.0, top + 4.0),
            (to - from + 4.0, bottom - top - 4.0),
            "mark",
        );
        page.rect((from - 2.0, top + 4.0), (to - from + 4.0, 8.0), "good");
    }
    page.text((MARGIN, top + 13.0), "soft", Anchor::Start, "acceptable");
    page.line(&[(left, top + 18.0), (left + SCALE, top + 18.0)], "axis");
    page.text(
        (left, top - 4.0),
        "soft",
        Anchor::Start,
        &fitted(&format!("{least}"), 24),
    );
    if most > least {
        let end = fitted(&format!("{most}"), 24);
        page.text((left + SCALE, top - 4.0), "soft", Anchor::End, &end);
    }
    for (i, (value, ops)) in rows.iter().enumerate() {
        let y = top + 30.0 + (i as f64 + 0.5) * ROW;
        let off = off(acceptable, value);
        page.line(&[(left, y), (left + SCALE, y)], "faint");
        let (class, text) = match off {
            Some(0) => ("text", String::new()),
            Some(off @ ..0) => ("wrong", format!("{} too few: ", -off)),
            Some(off) => ("wrong", format!("{off} too many: ")),
            None => ("wrong", "no integer: ".into()),
        };
        let value_text = fitted(&value.to_string(), 24);
        page.text(
            (MARGIN, y + 4.0),
            if off == Some(0) { "text" } else { "name" },
            Anchor::Start,
            &value_text,
        );
        if let Some(value) = value.as_integer() {
            match off {
                Some(0) => page.dot((x_at(value), y), "good"),
                _ => page.cross((x_at(value), y)),
            }
        }
        let room = ((WIDTH - left - SCALE - 3.0 * MARGIN) / super::page::CHAR) as usize;
        let who = fitted(&format!("{text}{}", readers(ops, recording)), room);
        page.text((left + SCALE + 20.0, y + 4.0), class, Anchor::Start, &who);
    }
    Drawing {
        name: "sum.svg".into(),
        title,
        svg: page.finish(),
    }
}

/// Who read a value, such as `client 3 (n1), client 4 (n2) and 5 more`.
fn readers(ops: &[&Op], recording: Option<&Recording>) -> String {
    let name = |op: &&Op| match node_of(recording, op.process) {
        Some(node) => format!("client {} ({})", op.process, fitted(node, 12)),
        None => format!("client {}", op.process),
    };
    let names: Vec<String> = ops.iter().take(NAMED).map(name).collect();
    match ops.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// What was added, in a sentence.
fn adds(history: &History) -> String {
    let of = |typ: OpType| {
        let adds = history
            .clients()
            .map(|(_, op)| op)
            .filter(move |op| op.f == "add");
        adds.filter(move |op| op.typ == typ)
    };
    let sum = |typ| -> i128 {
        let deltas = of(typ).filter_map(|op| op.value.as_integer());
        deltas.fold(0, i128::saturating_add)
    };
    let mut parts = vec![match of(OpType::Ok).count() {
        0 => "No add was acknowledged".into(),
        1 => format!("One add was acknowledged, of {}", sum(OpType::Ok)),
        count => format!(
            "{count} adds were acknowledged; they make {}",
            sum(OpType::Ok)
        ),
    }];
    let unknown = of(OpType::Info).count();
    if unknown > 0 {
        let named: Vec<String> = of(OpType::Info)
            .take(12)
            .map(|op| fitted(&op.value.to_string(), 12))
            .collect();
        let more = if unknown > 12 { ", …" } else { "" };
        parts.push(format!(
            "{unknown} have no known outcome, so each may count or not ({}{more})",
            named.join(", ")
        ));
    }
    let failed = of(OpType::Fail).count();
    if failed > 0 {
        parts.push(format!("{failed} failed and do not count"));
    }
    parts.join("; ") + "."
}
