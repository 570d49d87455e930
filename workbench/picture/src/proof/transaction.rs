//! A transaction as a box: whose it is, and each of its reads and writes, with
//! those marked that a proof is about.

use history::edn::Value;
use history::{Op, OpType};

use super::page::{Anchor, LINE, MARGIN, Page, WIDTH, columns, fitted, wide};

/// Within a box, around its text.
const PAD: f64 = 12.0;
/// How many columns of a line are shown, and how many lines.
const MOST_COLUMNS: usize = 108;
const MOST_LINES: usize = 14;
/// How many boxes there are on a page.
pub(super) const MOST_BOXES: usize = 12;

/// A read or a write that a proof is about.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) is_read: bool,
    pub(super) key: Value,
    /// The value written, or one that the read shows; none if any will do.
    pub(super) value: Option<Value>,
    pub(super) is_bad: bool,
}

impl Mark {
    fn is_on(&self, step: &Step<'_>) -> bool {
        let is_value = |value: &Value| match step.is_read {
            true => step.value == value || elements(step.value).any(|e| e == value),
            false => step.value == value || elements(step.value).last() == Some(value),
        };
        self.is_read == step.is_read
            && self.key == *step.key
            && self.value.as_ref().is_none_or(is_value)
    }
}

/// One read or write; a poll is one for each key.
struct Step<'a> {
    is_read: bool,
    f: &'a str,
    key: &'a Value,
    value: &'a Value,
}

fn steps(op: &Op) -> Vec<Step<'_>> {
    let value = op.value.items().unwrap_or_default();
    let mut steps = Vec::new();
    for step in value {
        match step.items() {
            Some([Value::Keyword(f), key, value]) => steps.push(Step {
                is_read: f == "r",
                f,
                key,
                value,
            }),
            Some([Value::Keyword(f), Value::Map(polled), ..]) => {
                steps.extend(polled.iter().map(|(key, value)| Step {
                    is_read: true,
                    f,
                    key,
                    value,
                }));
            }
            _ => {}
        }
    }
    steps
}

/// The elements of a list; of pairs with an offset, the messages.
fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    let items = value.items().unwrap_or_default().iter();
    items.map(|item| match item.items() {
        Some([_, message]) => message,
        _ => item,
    })
}

/// Such as `append 3 to 7`.
fn words(step: &Step<'_>, mark: Option<&Mark>) -> String {
    let Step { key, value, .. } = step;
    let focus = mark.and_then(|mark| mark.value.as_ref());
    let value = listing(value, focus, MOST_COLUMNS - 30);
    let key = fitted(&key.to_string(), 24);
    match step.f {
        "r" => format!("read {key}: {value}"),
        "w" => format!("write {key}: {value}"),
        "poll" => format!("poll {key}: {value}"),
        f => format!("{f} {value} to {key}"),
    }
}

/// A list without the parts that nobody asks for, if it is long: its ends stay,
/// and what is around this element.
pub(super) fn listing(value: &Value, focus: Option<&Value>, most: usize) -> String {
    let whole = value.to_string();
    let Some(items) = value.items().filter(|_| columns(&whole) > most) else {
        return fitted(&whole, most);
    };
    let is_focus = |item: &Value| {
        let message = item.items().and_then(<[Value]>::last);
        Some(item) == focus || (message.is_some() && message == focus)
    };
    let places = items.iter().enumerate().filter(|(_, item)| is_focus(item));
    let places: Vec<usize> = places.map(|(place, _)| place).take(3).collect();
    let last = items.len().saturating_sub(1);
    let is_shown =
        |i: usize| i == 0 || i + 2 > last || places.iter().any(|place| place.abs_diff(i) <= 1);
    let (mut parts, mut before) = (Vec::new(), None);
    for i in (0..items.len()).filter(|i| is_shown(*i)) {
        if before.is_some_and(|before| before + 1 < i) {
            parts.push("…".to_owned());
        }
        parts.push(fitted(&items[i].to_string(), 16));
        before = Some(i);
    }
    fitted(&format!("[{}]", parts.join(" ")), most)
}

/// A box, ready to be drawn.
pub(super) struct Transaction {
    heading: String,
    /// Text, and whether it is marked, and whether as what is wrong.
    lines: Vec<(String, Option<bool>)>,
}

impl Transaction {
    /// Of an operation, by this name.
    pub(super) fn new(name: &str, op: &Op, marks: &[Mark]) -> Self {
        let ended = match op.typ {
            OpType::Fail => ", refused: it did not happen",
            OpType::Info => ", outcome unknown",
            OpType::Ok | OpType::Invoke => "",
        };
        let Op { index, process, .. } = op;
        let heading = format!("{name}operation {index}, client {process}{ended}");
        let steps = steps(op);
        let marked: Vec<Option<&Mark>> = steps
            .iter()
            .map(|step| {
                let mut on = marks.iter().filter(|mark| mark.is_on(step));
                let first = on.next();
                on.find(|mark| mark.is_bad).or(first)
            })
            .collect();
        // What is marked is shown, and of the others the first ones.
        let count = marked.iter().flatten().count();
        let mut others = MOST_LINES.saturating_sub(count);
        let mut lines = Vec::new();
        for (step, mark) in steps.iter().zip(&marked) {
            match mark {
                None if others == 0 => continue,
                None => others -= 1,
                Some(_) if lines.len() >= 2 * MOST_LINES => continue,
                Some(_) => {}
            }
            lines.push((words(step, *mark), mark.map(|mark| mark.is_bad)));
        }
        if lines.len() < steps.len() {
            lines.push((format!("and {} more", steps.len() - lines.len()), None));
        }
        Transaction {
            heading: fitted(&heading, MOST_COLUMNS),
            lines,
        }
    }

    pub(super) fn width(&self) -> f64 {
        let lines = self.lines.iter().map(|(line, _)| wide(line) + 16.0);
        lines.fold(wide(&self.heading), f64::max) + 2.0 * PAD
    }

    pub(super) fn height(&self) -> f64 {
        (self.lines.len() + 1) as f64 * LINE + PAD
    }

    pub(super) fn draw(&self, page: &mut Page, (x, y): (f64, f64), wide: f64) {
        page.rect((x, y), (wide, self.height()), "box");
        page.text((x + PAD, y + LINE), "name", Anchor::Start, &self.heading);
        for (i, (line, mark)) in self.lines.iter().enumerate() {
            let y = y + (i + 1) as f64 * LINE;
            if let Some(is_bad) = mark {
                let class = if *is_bad { "mark-bad" } else { "mark" };
                page.rect(
                    (x + PAD - 5.0, y + 4.0),
                    (wide - 2.0 * PAD + 10.0, LINE - 1.0),
                    class,
                );
                // Not by colour alone.
                let sign = if *is_bad { "✗" } else { "•" };
                page.text((x + PAD, y + LINE), "name", Anchor::Start, sign);
            }
            page.text((x + PAD + 16.0, y + LINE), "text", Anchor::Start, line);
        }
    }
}

/// Why one transaction is before the next: a class and words.
pub(super) type Reason = (&'static str, String);

/// Boxes one below the other, an arrow from each to the next, and if there is a
/// reason more, one from the last back to the first.
pub(super) fn column(page: &mut Page, boxes: &[Transaction], reasons: &[Reason]) {
    let is_cycle = reasons.len() >= boxes.len() && !boxes.is_empty();
    let left = if is_cycle { MARGIN + 44.0 } else { MARGIN };
    let width = boxes.iter().map(Transaction::width).fold(200.0, f64::max);
    let width = width.min(WIDTH - left - MARGIN);
    let middle = left + 60.0;
    let reason_columns = ((WIDTH - middle - 2.0 * MARGIN) / super::page::CHAR) as usize;
    let mut y = page.bottom() + 4.0;
    let first = y;
    for (i, transaction) in boxes.iter().enumerate() {
        transaction.draw(page, (left, y), width);
        y += transaction.height();
        let Some((class, why)) = reasons.get(i) else {
            y += 14.0;
            continue;
        };
        let lines = super::page::wrapped(why, reason_columns);
        let gap = 26.0 + lines.len() as f64 * LINE;
        for (n, line) in lines.iter().enumerate() {
            let y = y + 24.0 + n as f64 * LINE;
            page.text((middle + 14.0, y), "text", Anchor::Start, line);
        }
        if i + 1 < boxes.len() {
            page.arrow(&[(middle, y), (middle, y + gap - 1.0)], class);
        } else {
            // From below the last, along the left side, to the first.
            let (side, below, end) = (MARGIN + 10.0, y + gap - 10.0, first + 14.0);
            let way = [
                (middle, y),
                (middle, below),
                (side, below),
                (side, end),
                (left - 1.0, end),
            ];
            page.arrow(&way, class);
        }
        y += gap;
    }
}
