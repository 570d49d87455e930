//! What every process did, as a page: a column for each, time runs down, a box
//! for each operation from its beginning to its end. Jepsen's `timeline.html`,
//! in one file that needs nothing else.
//!
//! Time is not to scale: events are in their order, and a box is as high as its
//! text at least. Two boxes are side by side just if the operations were under
//! way at the same time. `#op-95` leads to the operation that event 95 of the
//! history began or ended.

mod threads;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use history::edn::Value;
use history::{History, Op, OpType, Process};

use crate::palette;
use crate::plot::Fault;
use crate::svg::{Text, cut, grouped};

/// Boxes may take this many bytes in all.
const MOST_BYTES: usize = 1_350_000;
/// Columns, beginning with the first that has something to do.
const MOST_COLUMNS: usize = 200;
/// Clients at a time, where nobody says how many there were.
const MOST_CLIENTS: usize = 1_000;
/// Faults that are shaded.
const MOST_FAULTS: usize = 200;
/// Characters of a box's text, and of a value that is shown to who points at it.
const MOST_TEXT: usize = 60;
const MOST_VALUE: usize = 220;

/// Pixels: a column, a box at least, the space below it, the times.
const COLUMN: usize = 168;
const BOX: i64 = 22;
const BELOW: i64 = 4;
const TIMES: usize = 84;
/// Between two times at the edge.
const BETWEEN_TIMES: i64 = 20;

/// The page. A process shares a column with those that followed it in its
/// thread: that is every `concurrency`-th, which is found out from the history
/// if it is not given. The faults are those of [`plot::fault`](crate::plot::fault).
pub fn timeline(
    history: &History,
    faults: &[Fault],
    concurrency: Option<usize>,
    title: &str,
) -> String {
    let concurrency = match concurrency {
        Some(known) => i64::try_from(known).unwrap_or(i64::MAX).max(1),
        None => threads::concurrency(history),
    };
    let columns = Columns::new(history, concurrency);
    let boxes = boxes(history, &columns);
    let layout = Layout::new(history, faults, &columns, &boxes);
    draw(history, title, &columns, &boxes, &layout)
}

/// How many clients a history's run had at a time, as its processes' numbers tell; no
/// more than 1,000, so that a picture has room for them.
pub fn concurrency(history: &History) -> usize {
    let concurrency = threads::concurrency(history);
    usize::try_from(concurrency).map_or(MOST_CLIENTS, |count| count.clamp(1, MOST_CLIENTS))
}

/// The columns, in the order of threads.
struct Columns {
    concurrency: i64,
    /// Of each thread: its column.
    of: BTreeMap<i64, usize>,
    /// The processes of each, the first ones.
    processes: Vec<BTreeSet<i64>>,
    /// Threads that have none, being too many.
    left_out: usize,
}

impl Columns {
    fn new(history: &History, concurrency: i64) -> Columns {
        let mut threads: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for (_, op) in history.clients() {
            if let Process::Client(process) = op.process {
                let thread = threads.entry(process.rem_euclid(concurrency)).or_default();
                thread.insert(process);
            }
        }
        let left_out = threads.len().saturating_sub(MOST_COLUMNS);
        let shown = threads.into_iter().take(MOST_COLUMNS);
        let (threads, processes): (Vec<i64>, Vec<BTreeSet<i64>>) = shown.unzip();
        Columns {
            concurrency,
            of: threads.into_iter().zip(0..).collect(),
            processes,
            left_out,
        }
    }

    fn of(&self, process: Process) -> Option<usize> {
        let Process::Client(process) = process else {
            return None;
        };
        self.of.get(&process.rem_euclid(self.concurrency)).copied()
    }
}

/// An operation that is drawn.
struct Bar {
    /// The places of its events.
    begin: usize,
    end: Option<usize>,
    column: usize,
    class: char,
    /// All but its place on the page.
    text: String,
    hint: String,
}

impl Bar {
    /// About how many bytes it takes.
    fn bytes(&self) -> usize {
        self.text.len() + self.hint.len() + 135
    }
}

/// The first operations that fit, by the places of their beginnings.
fn boxes(history: &History, columns: &Columns) -> BTreeMap<usize, Bar> {
    let mut boxes = BTreeMap::new();
    let mut bytes = 0;
    for (place, op) in history.clients() {
        if op.typ != OpType::Invoke {
            continue;
        }
        let Some(column) = columns.of(op.process) else {
            continue;
        };
        let end = history.pair_place(place);
        let (class, text, hint) = words(op, end.map(|end| &history.ops()[end]));
        let made = Bar {
            begin: place,
            end,
            column,
            class,
            text,
            hint,
        };
        bytes += made.bytes();
        if bytes > MOST_BYTES {
            break;
        }
        boxes.insert(place, made);
    }
    boxes
}

/// The class of an operation's outcome, its text, and all that is known of it.
fn words(begin: &Op, end: Option<&Op>) -> (char, String, String) {
    let (class, sign) = match end.map(|end| end.typ) {
        Some(OpType::Ok) => ('k', '✓'),
        Some(OpType::Fail) => ('f', '✗'),
        _ => ('i', '?'),
    };
    let result = end.map(|end| &end.value);
    let argument = |most| match begin.value {
        Value::Nil => String::new(),
        _ => format!(" {}", short(&begin.value, most)),
    };
    let result = |most| match result {
        Some(value) if class == 'k' && *value != begin.value => {
            format!(" → {}", short(value, most))
        }
        _ => String::new(),
    };
    let f = cut(&begin.f, MOST_TEXT);
    let text = format!("{f}{}{}", argument(MOST_TEXT), result(MOST_TEXT));
    let mut text = cut(&text, MOST_TEXT);
    let mut hint = format!("{f}{}{}", argument(MOST_VALUE), result(MOST_VALUE));
    let _ = write!(
        hint,
        "\nprocess {}, operation {}",
        begin.process, begin.index
    );
    let from = seconds(begin.time);
    match end {
        Some(end) => {
            let (typ, to) = (end.typ.name(), seconds(end.time));
            let ms = end.time.saturating_sub(begin.time) as f64 / 1e6;
            let _ = write!(
                hint,
                " to {}: {typ}\n{from} to {to} s, {ms:.3} ms",
                end.index
            );
            if let Some(error) = end.get("error") {
                let error = short(error, MOST_VALUE);
                let _ = write!(hint, "\nerror {error}");
                let _ = write!(text, " {error}");
                text = cut(&text, MOST_TEXT);
            }
        }
        None => {
            let _ = write!(hint, ": it has not ended\nfrom {from} s on");
        }
    }
    let text = format!("<b>{sign}</b> {}", Text(&text));
    (class, text, Text(&hint).to_string())
}

/// A value's text with at most so many characters, without writing all of it.
fn short(value: &Value, most: usize) -> String {
    struct Short(String, usize);
    impl Write for Short {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0.push_str(part);
            match self.0.len() > self.1 {
                true => Err(fmt::Error),
                false => Ok(()),
            }
        }
    }
    // A character takes four bytes at most.
    let mut out = Short(String::new(), most * 4);
    let _ = write!(out, "{value}");
    cut(&out.0, most)
}

fn seconds(time: i64) -> String {
    format!("{:.3}", time as f64 / 1e9)
}

/// How far down everything is, in pixels.
#[derive(Default)]
struct Layout {
    /// Of each box by the place of its beginning: its top, and its bottom.
    boxes: BTreeMap<usize, (i64, i64)>,
    times: Vec<(i64, i64)>,
    faults: Vec<(Fault, i64, Option<i64>)>,
    height: i64,
}

impl Layout {
    fn new(
        history: &History,
        faults: &[Fault],
        columns: &Columns,
        boxes: &BTreeMap<usize, Bar>,
    ) -> Layout {
        let mut layout = Layout::default();
        let last = boxes
            .values()
            .map(|shown| shown.end.unwrap_or(shown.begin))
            .max();
        let events = history
            .ops()
            .iter()
            .enumerate()
            .take(last.map_or(0, |last| last + 1));
        let mut faults = faults.iter().take(MOST_FAULTS).peekable();
        let (mut y, mut now, mut after_end) = (8, None, false);
        let mut free = vec![0_i64; columns.processes.len()];
        for (place, op) in events {
            let begin = match op.typ {
                OpType::Invoke => Some(place),
                _ => history.pair_place(place),
            };
            let Some(shown) = begin.and_then(|begin| boxes.get(&begin)) else {
                continue;
            };
            let passed = now.map_or(0, |now| op.time.saturating_sub(now).max(0));
            y += match passed {
                0 => 0,
                passed => (8.0 * (1.0 + passed as f64 / 1e7).log10()) as i64,
            };
            now = Some(op.time);
            let at = op.time as f64 / 1e9;
            for (fault, _, end) in &mut layout.faults {
                if end.is_none() && fault.has_ended && fault.end <= at {
                    y += BELOW;
                    *end = Some(y);
                }
            }
            while let Some(fault) = faults.next_if(|fault| fault.begin <= at) {
                y += BELOW;
                let end = (fault.has_ended && fault.end <= at).then_some(y + BOX);
                layout.faults.push((fault.clone(), y, end));
                // Its name has a line of its own.
                y += BOX + BELOW;
            }
            if op.typ == OpType::Invoke {
                // What ended before is above.
                y = (y + if after_end { 1 } else { 0 }).max(free[shown.column]);
                layout.boxes.insert(place, (y, y));
            } else if let Some((top, bottom)) = layout.boxes.get_mut(&shown.begin) {
                y = y.max(*top + BOX);
                *bottom = y;
                free[shown.column] = y + BELOW;
            }
            after_end = op.typ != OpType::Invoke;
            let before = layout.times.last().map_or(-BETWEEN_TIMES, |(y, _)| *y);
            if op.typ == OpType::Invoke && y - before >= BETWEEN_TIMES {
                layout.times.push((y, op.time));
            }
        }
        layout.height = y + BOX + 16;
        for (place, (top, bottom)) in &mut layout.boxes {
            if boxes[place].end.is_none() {
                *bottom = layout.height - 8;
            }
            *bottom = (*bottom).max(*top + BOX);
        }
        layout
    }
}

fn draw(
    history: &History,
    title: &str,
    columns: &Columns,
    boxes: &BTreeMap<usize, Bar>,
    layout: &Layout,
) -> String {
    let title = Text(&cut(title, 200)).to_string();
    let colours = palette::custom_properties("body", "");
    let wide = TIMES + columns.processes.len() * COLUMN + 12;
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>{colours}{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p>{}</p>\n\
         <p class=\"legend\"><span class=\"k\"><b>✓</b> ok: it has happened</span> \
         <span class=\"i\"><b>?</b> info: nobody knows</span> \
         <span class=\"f\"><b>✗</b> fail: it has not happened</span></p>\n\
         <div class=\"board\" style=\"width:{wide}px;height:{}px\">\n<div class=\"heads\">\n",
        note(history, columns, boxes.len()),
        layout.height + 34,
        title = Text(&title),
    );
    for (column, processes) in columns.processes.iter().enumerate() {
        let first: Vec<String> = processes.iter().take(6).map(i64::to_string).collect();
        let rest = if processes.len() > 6 { ", …" } else { "" };
        let _ = writeln!(
            page,
            "<div style=\"--x:{column}\">process {}{rest}</div>",
            first.join(", ")
        );
    }
    page.push_str("</div>\n<div class=\"times\">\n");
    for (y, time) in &layout.times {
        let _ = writeln!(page, "<div style=\"--y:{y}\">{} s</div>", seconds(*time));
    }
    page.push_str("</div>\n");
    for (fault, top, bottom) in &layout.faults {
        let bottom = bottom.unwrap_or(layout.height);
        let mut name = fault.name();
        if let Some(sides) = fault.sides() {
            let _ = write!(name, ": {}", cut(&sides, 80));
        }
        let end = match fault.has_ended {
            true => format!("{:.3} s", fault.end),
            false => "the end".to_owned(),
        };
        let _ = writeln!(
            page,
            "<div class=\"fault\" style=\"--y:{top};--h:{}\"><span title=\"{:.3} s to {end}\">\
             {}</span></div>",
            (bottom - top).max(2),
            fault.begin,
            Text(&name)
        );
    }
    let mut indices = BTreeSet::new();
    for (place, shown) in boxes {
        let (top, bottom) = layout.boxes.get(place).copied().unwrap_or_default();
        let index = history.ops()[*place].index;
        // Joined histories have some twice; the first one gets the anchor.
        let anchor = match indices.insert(index) {
            true => format!(" id=\"op-{index}\""),
            false => String::new(),
        };
        // Checkers speak of an operation by its beginning or by its end.
        let end = shown.end.map(|end| history.ops()[end].index);
        let end = match end.filter(|end| indices.insert(*end)) {
            Some(end) => format!("<i id=\"op-{end}\"></i>"),
            None => String::new(),
        };
        let _ = writeln!(
            page,
            "<a class=\"{}\"{anchor} href=\"#op-{index}\" \
             style=\"--x:{};--y:{top};--h:{}\" title=\"{}\">{end}{}</a>",
            shown.class,
            shown.column,
            bottom - top,
            shown.hint,
            shown.text
        );
    }
    page + "</div>\n</body>\n</html>\n"
}

/// What is shown, and what is not.
fn note(history: &History, columns: &Columns, shown: usize) -> String {
    let invoked = |(_, op): &(usize, &Op)| op.typ == OpType::Invoke;
    let all = history.clients().filter(invoked).count();
    let all_words = grouped(all as i64);
    let mut note = match shown == all {
        true => format!("All {all_words} operations."),
        false => format!(
            "The first {} of {all_words} operations.",
            grouped(shown as i64)
        ),
    };
    if columns.left_out > 0 {
        let _ = write!(
            note,
            " {} more clients are not shown.",
            grouped(columns.left_out as i64)
        );
    }
    note + " Time runs down, but not to scale: events are in their order."
}

/// The looks of it; the colours are the palette's.
const STYLE: &str = "\
:root{color-scheme:light dark}:root[data-theme=light]{color-scheme:light}\
:root[data-theme=dark]{color-scheme:dark}\
body{--band:color-mix(in srgb,var(--shade) 16%,transparent);\
--ok-paper:color-mix(in srgb,var(--ok) 14%,var(--paper));\
--info-paper:color-mix(in srgb,var(--info) 14%,var(--paper));\
--fail-paper:color-mix(in srgb,var(--fail) 14%,var(--paper))}\
body{margin:0;background:var(--paper);color:var(--ink);\
font:13px/1.5 ui-sans-serif,system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}\
h1{font-size:18px;margin:14px 14px 4px}p{margin:4px 14px;color:var(--soft)}\
.legend{margin-bottom:12px}.legend span{display:inline-block;padding:0 8px;margin-right:8px;\
color:var(--ink)}\
.board{position:relative}\
.heads{position:sticky;top:0;height:34px;background:var(--paper);\
border-bottom:1px solid var(--grid);z-index:3}\
.heads div{position:absolute;top:7px;left:calc(84px + var(--x)*168px);width:158px;\
font-weight:600;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}\
.times{position:sticky;left:0;width:76px;z-index:2}\
.times div,.fault,.board>a{position:absolute;top:calc(var(--y)*1px)}\
.fault,.board>a{margin-top:34px}\
.times div{width:72px;padding-right:4px;text-align:right;color:var(--soft);\
background:var(--paper);font-size:12px;font-variant-numeric:tabular-nums}\
.fault{left:80px;right:0;height:calc(var(--h)*1px);background:var(--band)}\
.fault span{position:sticky;left:84px;padding:0 4px;font-weight:600}\
.board>a{left:calc(84px + var(--x)*168px);width:158px;height:calc(var(--h)*1px);\
box-sizing:border-box;padding:0 5px;overflow:hidden;white-space:nowrap;\
text-overflow:ellipsis;color:var(--ink);text-decoration:none;font-size:12px;line-height:19px;\
scroll-margin-top:80px}.board i{scroll-margin-top:80px}\
.k,.i,.f{border-radius:4px}\
.k{border:1px solid var(--ok);border-left-width:4px;background:var(--ok-paper)}\
.i{border:1.5px dashed var(--info);background:var(--info-paper)}\
.board>.i{border-bottom:0;border-radius:4px 4px 0 0}\
.f{border:3px double var(--fail);background:var(--fail-paper)}.board>.f{line-height:15px}\
.board>a:hover,.board>a:focus{z-index:1;width:auto;min-width:158px;max-width:90vw}\
.board>a:target,.board>a:has(:target){outline:3px solid var(--ink);outline-offset:2px;z-index:2;width:auto;\
min-width:158px}";
