//! Offsets of a log that were skipped, lost, given twice or gone back to: the
//! log's offsets as cells in a row, with the messages in them, and below them a
//! row for each send and poll concerned, with a dot under each offset that it
//! names.

mod offsets;

use std::collections::BTreeSet;

use history::edn::Value;
use history::{History, Op, OpType};

use self::offsets::{Log, Touch, touches};
use super::page::{Anchor, LINE, MARGIN, Page, WIDTH, fitted};
use super::{Drawing, cycle, few, file_part, operation};

/// Pixels: the names of sends and polls, a cell, a gap, and a row.
const NAMES: f64 = 264.0;
const CELL: f64 = 54.0;
const GAP: f64 = 22.0;
const ROW: f64 = 26.0;
/// How many cells and rows there are.
const MOST_CELLS: usize = 9;
const MOST_ROWS: usize = 14;
/// How many messages at one offset are drawn.
const MOST_STACKED: usize = 4;

/// The kinds of errors, the gravest first, but for cycles.
const KINDS: [&str; 12] = [
    "lost-write",
    "inconsistent-offsets",
    "duplicate",
    "G1a",
    "precommitted-read",
    "int-poll-skip",
    "int-nonmonotonic-poll",
    "poll-skip",
    "nonmonotonic-poll",
    "int-nonmonotonic-send",
    "nonmonotonic-send",
    "unseen",
];
const CYCLES: [&str; 2] = ["G1c", "G1c-realtime"];

/// The errors in the results of kafka's checker.
pub(super) fn drawings(history: &History, results: &Value) -> Vec<Drawing> {
    let mut drawings = Vec::new();
    let (before, unseen) = KINDS.split_at(KINDS.len() - 1);
    for kind in before {
        let (errors, count) = errors(results, kind);
        drawings.extend(few(errors, count, |number, error, more| {
            Some(Scene::new(kind, history, error)?.draw(kind, number, more))
        }));
    }
    for kind in CYCLES {
        let (errors, count) = errors(results, kind);
        drawings.extend(few(errors, count, |number, error, more| {
            cycle::draw_kafka(kind, number, error, history, more)
        }));
    }
    for kind in unseen {
        let messages = results
            .get(kind)
            .and_then(|section| section.get("messages"));
        let Some(Value::Map(keys)) = messages else {
            continue;
        };
        drawings.extend(few(keys, keys.len(), |number, (key, values), more| {
            Some(Scene::unseen(history, key, values.items()?)?.draw(kind, number, more))
        }));
    }
    drawings
}

fn errors<'a>(results: &'a Value, kind: &str) -> (&'a [Value], usize) {
    let section = results.get(kind);
    let of = |key| section.and_then(|section| section.get(key));
    let count = of("count").and_then(Value::as_int).unwrap_or(0);
    let errors = of("errs").and_then(Value::items).unwrap_or_default();
    (errors, usize::try_from(count).unwrap_or_default())
}

/// What a picture shows of one key.
struct Scene<'a> {
    title: String,
    log: Log<'a>,
    /// The offsets that it is about, and those of them that are wrong.
    offsets: BTreeSet<i64>,
    bad: BTreeSet<i64>,
    /// The messages there that it is about; all of them, if this is empty.
    wrong: Vec<&'a Value>,
    /// What the wrong ones are called.
    word: &'static str,
    note: String,
    ops: Vec<&'a Op>,
    key: &'a Value,
}

impl<'a> Scene<'a> {
    fn new(kind: &str, history: &'a History, error: &'a Value) -> Option<Self> {
        let key = error.get("key")?;
        let log = Log::new(history, key);
        let int = |name| error.get(name).and_then(Value::as_int);
        let value = error.get("value");
        let ints = |name: &str| -> Vec<i64> {
            let items = error.get(name).and_then(Value::items).unwrap_or_default();
            items.iter().filter_map(Value::as_int).collect()
        };
        let mut ops: Vec<&Op> = ["writer", "op", "reader", "max-read"]
            .iter()
            .filter_map(|name| operation(history, error.get(name)?))
            .collect();
        let listed = error.get("ops").and_then(Value::items).unwrap_or_default();
        ops.extend(listed.iter().filter_map(|op| operation(history, op)));
        let places = |value: Option<&Value>| value.map_or(Vec::new(), |v| log.places(v));
        let (mut offsets, mut bad) = (BTreeSet::new(), BTreeSet::new());
        let words =
            |value: Option<&Value>| fitted(&value.map_or(String::new(), Value::to_string), 24);
        let name = words(Some(key));
        let first = ops.first().map_or(String::new(), |op| client(op));
        let jump = || {
            let offsets = ints("offsets");
            match offsets[..] {
                [from, to] => format!("from offset {from} to {to}"),
                _ => String::new(),
            }
        };
        let word;
        let title = match kind {
            "lost-write" => {
                bad.extend(int("offset"));
                offsets.extend(int("max-read-offset"));
                word = "lost";
                format!(
                    "Key {name}: message {} at offset {} is lost: no poll returned it, while \
                     polls went on to offset {}",
                    words(value),
                    int("offset")?,
                    int("max-read-offset")?
                )
            }
            "inconsistent-offsets" => {
                bad.extend(int("offset"));
                word = "differ";
                let values = error.get("values")?.items()?;
                for value in values {
                    ops.extend(log.witness(value, int("offset")?));
                }
                format!(
                    "Key {name}: at offset {} there are {} different messages",
                    int("offset")?,
                    values.len()
                )
            }
            "duplicate" => {
                bad.extend(ints("offsets"));
                word = "same";
                for offset in ints("offsets") {
                    ops.extend(log.witness(value?, offset));
                }
                format!(
                    "Key {name}: message {} is in the log {} times",
                    words(value),
                    ints("offsets").len()
                )
            }
            "G1a" => {
                bad.extend(places(value));
                word = "refused";
                format!(
                    "Key {name}: message {} was polled, though its send was refused",
                    words(value)
                )
            }
            "precommitted-read" => {
                bad.extend(places(value));
                word = "too early";
                format!(
                    "Key {name}: {first} polled message {}, which it sent itself and had not \
                     committed",
                    words(value)
                )
            }
            "int-poll-skip" | "poll-skip" => {
                offsets.extend(ints("offsets"));
                let skipped = error
                    .get("skipped")
                    .and_then(Value::items)
                    .unwrap_or_default();
                let ends = ints("offsets");
                let inside =
                    |offset: &i64| ends.len() == 2 && ends[0] < *offset && *offset < ends[1];
                bad.extend(
                    skipped
                        .iter()
                        .flat_map(|value| log.places(value))
                        .filter(inside),
                );
                word = "skipped";
                let how = if kind == "poll-skip" {
                    "in its next poll"
                } else {
                    "within a poll"
                };
                let count = skipped.len();
                let messages = if count == 1 { "message" } else { "messages" };
                format!(
                    "Key {name}: {first} went {} {how}, leaving out {count} {messages}",
                    jump()
                )
            }
            "int-nonmonotonic-poll" | "nonmonotonic-poll" => {
                offsets.extend(ints("offsets"));
                bad.extend(ints("offsets").get(1));
                let how = if kind == "nonmonotonic-poll" {
                    "in its next poll"
                } else {
                    "within a poll"
                };
                if int("delta") == Some(0) {
                    word = "again";
                    format!("Key {name}: {first} polled the same message twice, {how}")
                } else {
                    word = "back";
                    format!("Key {name}: {first} went back {} {how}", jump())
                }
            }
            _ => {
                offsets.extend(ints("offsets"));
                bad.extend(ints("offsets").get(1));
                word = "back";
                format!(
                    "Key {name}: {first} sent to a lower offset than before, {}",
                    jump()
                )
            }
        };
        offsets.extend(&bad);
        // Who went beyond a message that is lost, and straight past it.
        if kind == "lost-write" {
            for offset in &bad {
                ops.extend(log.passing(*offset));
            }
        }
        let mut scene = Scene::of(title, log, offsets, bad, word, ops, key);
        if matches!(
            kind,
            "lost-write" | "duplicate" | "G1a" | "precommitted-read"
        ) {
            scene.wrong.extend(value);
        }
        let jumped = error
            .get("values")
            .and_then(Value::items)
            .unwrap_or_default();
        let twice = jumped
            .iter()
            .find(|value| scene.log.places(value).len() > 1);
        if let (Some(twice), false) = (twice, kind == "inconsistent-offsets") {
            scene.note = format!(
                "Message {} is in the log more than once; its place is taken to be the last.",
                fitted(&twice.to_string(), 24)
            );
        }
        Some(scene)
    }

    fn unseen(history: &'a History, key: &'a Value, values: &'a [Value]) -> Option<Self> {
        let log = Log::new(history, key);
        let bad: BTreeSet<i64> = values.iter().flat_map(|value| log.places(value)).collect();
        let mut ops: Vec<&Op> = (values.iter().take(MOST_CELLS))
            .filter_map(|value| log.sender(value))
            .collect();
        ops.extend(log.last_polls(4));
        let title = format!(
            "Key {}: {} acknowledged, but no poll returned {} up to the end",
            fitted(&key.to_string(), 24),
            match values {
                [one] => format!("message {} was", fitted(&one.to_string(), 24)),
                many => format!("{} messages were", many.len()),
            },
            if values.len() == 1 { "it" } else { "them" }
        );
        let mut offsets = bad.clone();
        offsets.extend(log.last_polled());
        let mut scene = Scene::of(title, log, offsets, bad, "unseen", ops, key);
        scene.wrong.extend(values);
        Some(scene)
    }

    fn of(
        title: String,
        log: Log<'a>,
        offsets: BTreeSet<i64>,
        bad: BTreeSet<i64>,
        word: &'static str,
        mut ops: Vec<&'a Op>,
        key: &'a Value,
    ) -> Self {
        ops.sort_by_key(|op| op.index);
        ops.dedup_by_key(|op| op.index);
        Scene {
            title,
            log,
            offsets,
            bad,
            wrong: Vec::new(),
            word,
            note: String::new(),
            ops,
            key,
        }
    }

    /// The offsets that get a cell: those that it is about and some around them,
    /// and whether there are others that do not.
    fn cells(&self) -> Vec<i64> {
        let known: Vec<i64> = {
            let mut all: BTreeSet<i64> = self.log.offsets().collect();
            all.extend(&self.offsets);
            all.into_iter().collect()
        };
        // What is wrong first, then what else it is about, then neighbours.
        let mut chosen: BTreeSet<i64> = BTreeSet::new();
        let wanted = self.bad.iter().chain(&self.offsets).copied();
        chosen.extend(
            wanted
                .take(4 * MOST_CELLS)
                .scan(BTreeSet::new(), |seen, offset| {
                    seen.insert(offset);
                    (seen.len() <= MOST_CELLS).then_some(offset)
                }),
        );
        for distance in [1i64, -1, 2, -2] {
            let about: Vec<i64> = self.offsets.iter().copied().collect();
            for offset in about {
                let Ok(place) = known.binary_search(&offset) else {
                    continue;
                };
                let place = place as i64 + distance;
                let near = usize::try_from(place)
                    .ok()
                    .and_then(|place| known.get(place));
                if chosen.len() < MOST_CELLS {
                    chosen.extend(near);
                }
            }
        }
        chosen.into_iter().collect()
    }

    fn draw(&self, kind: &str, number: usize, more: &str) -> Drawing {
        let cells = self.cells();
        let hidden = self
            .offsets
            .difference(&cells.iter().copied().collect())
            .count();
        let mut rows: Vec<(&Op, Vec<Touch<'_>>)> = Vec::new();
        for op in &self.ops {
            rows.extend(touches(op, self.key).into_iter().map(|run| (*op, run)));
        }
        // A row for each way up; those that touch no cell tell nothing.
        rows.retain(|(_, run)| {
            run.iter()
                .any(|touch| touch.offset.is_none_or(|offset| cells.contains(&offset)))
        });
        let left_out = rows.len().saturating_sub(MOST_ROWS);
        rows.truncate(MOST_ROWS);
        let mut notes = vec![String::from(
            "Cells are the log's offsets with their messages, as all clients together saw them; a \
             dot is a message that a send or a poll names.",
        )];
        notes.push(self.note.clone());
        let mut hide = Vec::new();
        if hidden > 0 {
            hide.push(format!("{hidden} more offsets are not drawn."));
        }
        if left_out > 0 {
            hide.push(format!("{left_out} more rows are not drawn."));
        }
        notes.push(hide.join(" "));
        notes.push(more.to_owned());
        let mut page = Page::new(&self.title, &notes);
        let left = MARGIN + NAMES;
        let mut x = left;
        let mut at = Vec::new();
        for (i, offset) in cells.iter().enumerate() {
            if i > 0 && self.log.is_gap(cells[i - 1], *offset) {
                x += GAP;
            }
            at.push(x);
            x += CELL;
        }
        let top = page.bottom() + LINE + 18.0;
        let depth = self.stack(&cells);
        let foot = top + depth as f64 * 26.0;
        self.head(&mut page, &cells, &at, (top, foot));
        let center = |offset: i64| {
            let place = cells.binary_search(&offset).ok()?;
            Some(at[place] + CELL / 2.0 - 1.0)
        };
        let bottom = foot + 12.0 + rows.len() as f64 * ROW;
        for offset in self.bad.iter().filter_map(|offset| center(*offset)) {
            page.line(&[(offset, foot), (offset, bottom)], "bad");
        }
        let mut last = None;
        for (i, (op, run)) in rows.iter().enumerate() {
            let y = foot + 12.0 + (i as f64 + 0.5) * ROW;
            let is_again = last == Some(op.index);
            last = Some(op.index);
            let name = if is_again {
                "  … and back to".into()
            } else {
                row_name(op)
            };
            page.text((MARGIN, y + 4.0), "text", Anchor::Start, &fitted(&name, 35));
            self.row(&mut page, run, y, center, left);
        }
        Drawing {
            name: format!(
                "{kind}-{number}-key-{}.svg",
                file_part(&self.key.to_string())
            ),
            title: self.title.clone(),
            svg: page.finish(),
        }
    }

    /// How many messages are drawn above each other.
    fn stack(&self, cells: &[i64]) -> usize {
        let counts = cells.iter().map(|offset| self.log.at(*offset).len());
        counts.max().unwrap_or(1).clamp(1, MOST_STACKED)
    }

    fn head(&self, page: &mut Page, cells: &[i64], at: &[f64], (top, foot): (f64, f64)) {
        page.text((MARGIN, top - 6.0), "soft", Anchor::Start, "offset");
        page.text((MARGIN, top + 17.0), "soft", Anchor::Start, "message");
        for (i, (offset, x)) in cells.iter().zip(at).enumerate() {
            let is_bad = self.bad.contains(offset);
            let middle = x + CELL / 2.0 - 1.0;
            let number = fitted(&offset.to_string(), 8);
            page.text((middle, top - 6.0), "soft", Anchor::Middle, &number);
            if is_bad {
                page.text((middle, top - 21.0), "wrong", Anchor::Middle, self.word);
            }
            let messages = self.log.at(*offset);
            let shown = messages.len().clamp(1, MOST_STACKED);
            for n in 0..shown {
                let y = top + n as f64 * 26.0;
                let is_meant = match messages.get(n) {
                    Some(message) => self.wrong.is_empty() || self.wrong.contains(message),
                    None => true,
                };
                let class = if is_bad && is_meant { "box-bad" } else { "box" };
                page.rect((*x, y), (CELL - 3.0, 23.0), class);
                let text = match messages.get(n) {
                    Some(_) if n + 1 == shown && messages.len() > shown => {
                        format!("{} more", messages.len() - n)
                    }
                    Some(message) => message.to_string(),
                    None => "?".into(),
                };
                page.open(&fitted(&text, 200));
                page.text(
                    (middle, y + 16.0),
                    "name",
                    Anchor::Middle,
                    &fitted(&text, 6),
                );
                page.close();
            }
            if i > 0 && self.log.is_gap(cells[i - 1], *offset) {
                let y = (top + foot.min(top + 26.0)) / 2.0 + 4.0;
                page.text((x - GAP / 2.0 - 1.0, y), "soft", Anchor::Middle, "···");
            }
        }
    }

    fn row(
        &self,
        page: &mut Page,
        run: &[Touch<'_>],
        y: f64,
        center: impl Fn(i64) -> Option<f64> + Copy,
        left: f64,
    ) {
        let xs: Vec<f64> = run
            .iter()
            .filter_map(|touch| center(touch.offset?))
            .collect();
        if let (Some(first), Some(last)) = (xs.first(), xs.last()) {
            // Where it goes on beyond the cells, so does the line.
            let ends = [run.first(), run.last()].map(|touch| touch.and_then(|touch| touch.offset));
            let beyond = |end: Option<i64>| end.is_some_and(|offset| center(offset).is_none());
            let from = if beyond(ends[0]) {
                first - CELL / 2.0
            } else {
                *first
            };
            let to = if beyond(ends[1]) {
                last + CELL / 2.0
            } else {
                *last
            };
            if to > from {
                page.line(&[(from, y), (to, y)], "good");
            }
            for touch in run {
                let (Some(offset), Some(x)) = (touch.offset, touch.offset.and_then(center)) else {
                    continue;
                };
                page.dot((x, y), "good");
                // Which message, where there are several.
                if self.log.at(offset).len() > 1 {
                    let text = fitted(&touch.message.to_string(), 3);
                    page.text((x + 7.0, y - 3.0), "soft", Anchor::Start, &text);
                }
            }
        } else if let Some(touch) = run.first() {
            let text = format!("{}, offset unknown", fitted(&touch.message.to_string(), 24));
            page.text((left, y + 4.0), "soft", Anchor::Start, &text);
        }
    }
}

/// Such as `client 3`.
fn client(op: &Op) -> String {
    format!("client {}", op.process)
}

fn row_name(op: &Op) -> String {
    let ended = match op.typ {
        OpType::Fail => ", refused",
        OpType::Info => ", unknown",
        _ => "",
    };
    format!(
        "client {} {}s (op {}{ended})",
        op.process,
        fitted(&op.f, 6),
        op.index
    )
}

/// All that fits beside each other is within the page.
const _: () = assert!(MARGIN + NAMES + MOST_CELLS as f64 * (CELL + GAP) - GAP + MARGIN <= WIDTH,);
