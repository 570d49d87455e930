//! Offsets of a log that were skipped, lost, given twice or gone back to: the
//! log's offsets as cells in a row, with the messages in them, and below them a
//! row for each send and poll concerned, with a dot under each offset that it
//! names.

mod offsets;

use std::collections::BTreeSet;

use finding::log::{Fault, Jump, Offsets};
use history::edn::Value;
use history::{History, Op, OpType};

use self::offsets::{Log, Touch, touches};
use super::page::{Anchor, LINE, MARGIN, Page, WIDTH, fitted};
use super::{Drawing, file_part, indexed};

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

/// What is wrong in the log of a key.
pub(super) fn draw(
    kind: &str,
    number: usize,
    offsets: &Offsets,
    history: &History,
    more: &str,
) -> Option<Drawing> {
    Some(Scene::new(history, offsets)?.draw(kind, number, more))
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
    fn new(history: &'a History, offsets: &'a Offsets) -> Option<Self> {
        let key = &offsets.key;
        let log = Log::new(history, key);
        let operations = offsets.operations();
        let named = operations
            .iter()
            .filter_map(|op| indexed(history, op.index));
        let mut ops: Vec<&Op> = named.collect();
        let (mut about, mut bad) = (BTreeSet::new(), BTreeSet::new());
        let mut wrong: Vec<&Value> = Vec::new();
        let mut note = String::new();
        let words = |value: &Value| fitted(&value.to_string(), 24);
        let word;
        let what = match &offsets.fault {
            Fault::Lost {
                message, polled_to, ..
            } => {
                let offset = message.offset?;
                bad.insert(offset);
                about.insert(*polled_to);
                wrong.push(&message.value);
                // Who went beyond it, and straight past it.
                ops.extend(log.passing(offset));
                word = "lost";
                format!(
                    "message {} at offset {offset} is lost: no poll returned it, while polls \
                     went on to offset {polled_to}",
                    words(&message.value)
                )
            }
            Fault::Conflict { offset, messages } => {
                bad.insert(*offset);
                for message in messages {
                    ops.extend(log.witness(&message.value, *offset));
                }
                word = "differ";
                let count = messages.len();
                format!("at offset {offset} there are {count} different messages")
            }
            Fault::Duplicate {
                message, offsets, ..
            } => {
                bad.extend(offsets);
                for offset in offsets {
                    ops.extend(log.witness(&message.value, *offset));
                }
                wrong.push(&message.value);
                word = "same";
                let count = offsets.len();
                format!(
                    "message {} is in the log {count} times",
                    words(&message.value)
                )
            }
            Fault::Refused { message, .. } => {
                bad.extend(log.places(&message.value));
                wrong.push(&message.value);
                word = "refused";
                let message = words(&message.value);
                format!("message {message} was polled, though its send was refused")
            }
            Fault::Precommitted { message, reader } => {
                bad.extend(log.places(&message.value));
                wrong.push(&message.value);
                word = "too early";
                format!(
                    "client {} polled message {}, which it sent itself and had not committed",
                    reader.process,
                    words(&message.value)
                )
            }
            Fault::Jump(jump) => {
                about.extend([jump.from.offset, jump.to.offset].into_iter().flatten());
                note = again(&log, jump);
                let what;
                (word, what) = jumped(&log, jump, &mut bad);
                what
            }
            Fault::Unseen { messages, count } => {
                wrong.extend(messages.iter().map(|message| &message.value));
                wrong.sort();
                bad.extend(wrong.iter().flat_map(|value| log.places(value)));
                let senders = wrong.iter().take(MOST_CELLS);
                ops = senders.filter_map(|value| log.sender(value)).collect();
                ops.extend(log.last_polls(4));
                about.extend(log.last_polled());
                word = "unseen";
                let (were, them) = match &wrong[..] {
                    [one] => (format!("message {} was", words(one)), "it"),
                    _ => (format!("{count} messages were"), "them"),
                };
                format!("{were} acknowledged, but no poll returned {them} up to the end")
            }
        };
        about.extend(&bad);
        ops.sort_by_key(|op| op.index);
        ops.dedup_by_key(|op| op.index);
        Some(Scene {
            title: format!("Key {}: {what}", words(key)),
            log,
            offsets: about,
            bad,
            wrong,
            word,
            note,
            ops,
            key,
        })
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

/// What a jump is called, and what it did; what it leaves out, or goes back to, is bad.
fn jumped(log: &Log<'_>, jump: &Jump, bad: &mut BTreeSet<i64>) -> (&'static str, String) {
    let client = format!("client {}", jump.operations[0].process);
    let how = match jump.is_within() {
        true => "within a poll",
        false => "in its next poll",
    };
    let ends = jump.from.offset.zip(jump.to.offset);
    let way = ends.map_or(String::new(), |(from, to)| {
        format!("from offset {from} to {to}")
    });
    if jump.is_polled && jump.distance > 1 {
        let skipped = jump.skipped.iter();
        let skipped = skipped.flat_map(|message| log.places(&message.value));
        let is_inside =
            |offset: &i64| ends.is_some_and(|(from, to)| from < *offset && *offset < to);
        bad.extend(skipped.filter(is_inside));
        let count = jump.skipped_count;
        let messages = if count == 1 { "message" } else { "messages" };
        let what = format!("{client} went {way} {how}, leaving out {count} {messages}");
        return ("skipped", what);
    }
    bad.extend(ends.map(|(_, to)| to));
    match (jump.is_polled, jump.distance) {
        (true, 0) => (
            "again",
            format!("{client} polled the same message twice, {how}"),
        ),
        (true, _) => ("back", format!("{client} went back {way} {how}")),
        (false, _) => (
            "back",
            format!("{client} sent to a lower offset than before, {way}"),
        ),
    }
}

/// That one of both messages is in the log several times, if it is.
fn again(log: &Log<'_>, jump: &Jump) -> String {
    let mut ends = [&jump.from, &jump.to].into_iter();
    let twice = ends.find(|message| log.places(&message.value).len() > 1);
    twice.map_or(String::new(), |message| {
        format!(
            "Message {} is in the log more than once; its place is taken to be the last.",
            fitted(&message.value.to_string(), 24)
        )
    })
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
