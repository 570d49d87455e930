//! The list of runs as an HTML page that needs nothing else. It is a plain table;
//! where there is JavaScript, `script.js` adds a filter, an order by any column,
//! and buttons to copy a command.

use std::fmt::{self, Write};

use picture::palette;
use picture::svg::{cut, grouped};
use simulation::address;

use super::{Kept, Listing, Run};
use crate::html::{Made, html};
use simulation::summary::{Figure, Summary, Verdict};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// How many characters are shown of a sentence, a command, and of what should be
/// short. A command that is cut cannot be copied.
const MOST_SENTENCE: usize = 400;
const MOST_COMMAND: usize = 4000;
const MOST_WORD: usize = 80;

/// A column for a figure.
pub(super) struct Column {
    /// The figure's name in a summary.
    pub(super) figure: &'static str,
    /// What is above it, and above that.
    head: &'static str,
    group: &'static str,
    /// Whether it is there even if no run has the figure.
    always: bool,
}

pub(super) const COLUMNS: [Column; 7] = [
    column("fraction of operations that are ok", "ok", "Operations"),
    column(
        "messages between servers per operation",
        "msgs/op",
        "Operations",
    ),
    column("latency of ok operations, median", "median", "Latency, ms"),
    column("latency of ok operations, 99 %", "99 %", "Latency, ms"),
    Column {
        always: false,
        ..column("stable latency, median", "median", "Stable latency, ms")
    },
    Column {
        always: false,
        ..column("stable latency, longest", "longest", "Stable latency, ms")
    },
    Column {
        always: false,
        ..column("worst lag of a poll", "worst", "Lag, s")
    },
];

const fn column(figure: &'static str, head: &'static str, group: &'static str) -> Column {
    Column {
        figure,
        head,
        group,
        always: true,
    }
}

/// How often a run came out in a way.
struct Tally {
    word: &'static str,
    symbol: &'static str,
    count: usize,
}

pub(super) fn page(listing: &Listing) -> String {
    let has = |column: &Column| {
        column.always || (listing.runs.iter()).any(|run| figure(run, column).is_some())
    };
    let columns: Vec<&Column> = COLUMNS.iter().filter(|column| has(column)).collect();
    let mut out = String::with_capacity(8192 + listing.runs.len() * 1600);
    // Writing to a string cannot fail.
    let _ = write_page(&mut out, listing, &columns);
    out
}

fn write_page(out: &mut String, listing: &Listing, columns: &[&Column]) -> fmt::Result {
    html!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Runs</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n"
        [Made(palette::custom_properties("body", ""))] "\n" [Made(STYLE)]
        "</style>\n</head>\n<body>\n<header>\n<h1>Runs</h1>\n"
    )?;
    write_tallies(out, listing)?;
    out.write_str(
        "<form role=\"search\" hidden>\n<output aria-live=\"polite\"></output>\n\
         <label for=\"filter\">Filter</label>\n\
         <input id=\"filter\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" \
         placeholder=\"workload, verdict, any words\" aria-keyshortcuts=\"/\">\n\
         <kbd aria-hidden=\"true\">/</kbd>\n</form>\n</header>\n<main>\n",
    )?;
    if listing.runs.is_empty() {
        out.write_str("<p>None yet: <code>workbench test -w echo</code> makes one.</p>\n")?;
    } else {
        write_table(out, listing, columns)?;
    }
    html!(out, "</main>\n<script>\n" [Made(SCRIPT)] "</script>\n</body>\n</html>\n")
}

fn write_tallies(out: &mut String, listing: &Listing) -> fmt::Result {
    let words = ["valid", "invalid", "unknown", "unreadable", "unfinished"];
    let mut tallies = words.map(|word| Tally {
        word,
        symbol: "",
        count: 0,
    });
    for run in &listing.runs {
        let (word, symbol) = verdict(run);
        if let Some(tally) = tallies.iter_mut().find(|tally| tally.word == word) {
            tally.symbol = symbol;
            tally.count += 1;
        }
    }
    out.write_str("<p class=\"tallies\">")?;
    let shown = listing.runs.len();
    match listing.total > shown {
        true => html!(
            out,
            "The newest " (grouped(shown as i64)) " of " (grouped(listing.total as i64)) " runs"
        )?,
        false if shown == 1 => out.write_str("1 run")?,
        false => html!(out, (grouped(shown as i64)) " runs")?,
    }
    for tally in tallies.iter().filter(|tally| tally.count > 0) {
        let (word, symbol, count) = (tally.word, tally.symbol, tally.count);
        html!(
            out,
            " <span class=\"" (word) "\" data-filter=\"" (word) "\">" (symbol) " " (count) " "
            (word) "</span>"
        )?;
    }
    out.write_str("</p>\n")
}

fn write_table(out: &mut String, listing: &Listing, columns: &[&Column]) -> fmt::Result {
    out.write_str(
        "<table>\n<thead>\n<tr>\n\
         <th rowspan=\"2\" scope=\"col\" data-sort=\"0\">Verdict</th>\n\
         <th rowspan=\"2\" scope=\"col\" data-sort=\"1\">Run</th>\n\
         <th rowspan=\"2\" scope=\"col\" data-sort=\"2\" data-number aria-sort=\"descending\">When</th>\n\
         <th rowspan=\"2\" scope=\"col\" data-sort=\"3\" data-number class=\"number\">Nodes</th>\n",
    )?;
    for group in columns.chunk_by(|a, b| a.group == b.group) {
        let (wide, name) = (group.len(), group[0].group);
        html!(
            out,
            "<th colspan=\"" (wide) "\" scope=\"colgroup\" class=\"group\">" (name) "</th>\n"
        )?;
    }
    let last = 4 + columns.len();
    html!(
        out,
        "<th rowspan=\"2\" scope=\"col\" data-sort=\"" (last)
        "\" data-number class=\"number\">Seed</th>\n</tr>\n<tr>\n"
    )?;
    for (place, column) in columns.iter().enumerate() {
        let (place, head, figure) = (4 + place, column.head, column.figure);
        html!(
            out,
            "<th scope=\"col\" data-sort=\"" (place) "\" data-number class=\"number\" title=\""
            (figure) "\">" (head) "</th>\n"
        )?;
    }
    out.write_str("</tr>\n</thead>\n")?;
    for (place, run) in listing.runs.iter().enumerate() {
        write_run(out, run, listing.runs.len() - place, columns)?;
    }
    out.write_str("</table>\n")
}

/// The word for how a run came out, which is its class, too; and a sign.
fn verdict(run: &Run) -> (&'static str, &'static str) {
    match &run.kept {
        Kept::Summary(summary) => {
            let symbol = match summary.verdict {
                Verdict::Valid => "✓",
                Verdict::Invalid => "✗",
                Verdict::Unknown => "?",
            };
            (summary.verdict.word(), symbol)
        }
        Kept::Nothing => ("unfinished", "…"),
        Kept::Unreadable(_) => ("unreadable", "!"),
    }
}

/// What a run has in the table: a row of what is compared, and one of what is
/// read. `age` is its place among all, the oldest's being 1.
fn write_run(out: &mut String, run: &Run, age: usize, columns: &[&Column]) -> fmt::Result {
    let (word, symbol) = verdict(run);
    let summary = match &run.kept {
        Kept::Summary(summary) => Some(&**summary),
        _ => None,
    };
    let broken_off = summary.is_some_and(|summary| summary.interrupted);
    // The address is relative, so that it leads there from a disk, too.
    let (workload, name) = (run.workload.to_string_lossy(), run.name.to_string_lossy());
    let when = summary.map_or(&*name, |summary| &summary.began);
    let shown = summary.map_or(&*workload, |summary| &summary.workload);
    html!(
        out,
        "<tbody class=\"" (word) "\">\n<tr>\n<td class=\"verdict\">" (symbol) " " (word)
    )?;
    if broken_off {
        out.write_str(" <small>broken off</small>")?;
    }
    html!(
        out,
        "</td>\n<th scope=\"rowgroup\"><a href=\"./"
        (address::Encoded(run.workload.as_encoded_bytes())) "/"
        (address::Encoded(run.name.as_encoded_bytes()))
        (if run.name.is_empty() { "" } else { "/" }) (if run.page { "index.html" } else { "" })
        "\">" (cut(shown, MOST_WORD)) "</a></th>\n<td class=\"when\" data-value=\"" (age)
        "\" title=\"" (cut(when, MOST_WORD)) "\">" (to_the_second(when)) "</td>\n"
    )?;
    if let Some(summary) = summary {
        html!(
            out,
            "<td class=\"number\" title=\"" (cut(&summary.nodes.join(", "), MOST_SENTENCE)) "\">"
            (summary.nodes.len()) "</td>\n"
        )?;
        for column in columns {
            match figure(run, column) {
                Some(figure) => write_figure(out, figure)?,
                None => out.write_str("<td></td>\n")?,
            }
        }
        html!(
            out,
            "<td class=\"number seed\" title=\"" (summary.seed) "\">" (summary.seed) "</td>\n"
        )?;
    } else {
        for _ in 0..columns.len() + 2 {
            out.write_str("<td></td>\n")?;
        }
    }
    let wide = columns.len() + 4;
    html!(out, "</tr>\n<tr>\n<td></td>\n<td colspan=\"" (wide) "\">\n<p>")?;
    match &run.kept {
        Kept::Summary(summary) => {
            html!(out, (cut(&summary.sentence, MOST_SENTENCE)) "</p>\n")?;
            write_limits(out, summary, columns)?;
            write_command(out, summary)?;
        }
        Kept::Nothing => out.write_str("not finished or older: it has no summary</p>\n")?,
        Kept::Unreadable(why) => html!(out, (cut(why, MOST_SENTENCE)) "</p>\n")?,
    }
    out.write_str("</td>\n</tr>\n</tbody>\n")
}

/// A moment as one reads it: from `2026-01-31T12:00:00+01:00`, or from a folder's
/// name, `20260131T120000.000+0100`. Anything else is left as it is.
fn to_the_second(when: &str) -> String {
    let plain: String = when.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    match (plain.get(..8), plain.get(8..9), plain.get(9..15)) {
        (Some(day), Some("T"), Some(time)) if digits(day) && digits(time) => {
            let (year, month, day) = (&day[..4], &day[4..6], &day[6..]);
            let (hour, minute, second) = (&time[..2], &time[2..4], &time[4..]);
            format!("{year}-{month}-{day} {hour}:{minute}:{second}")
        }
        _ => cut(when, MOST_WORD),
    }
}

fn figure<'a>(run: &'a Run, column: &Column) -> Option<&'a Figure> {
    let Kept::Summary(summary) = &run.kept else {
        return None;
    };
    let mut figures = summary.figures.iter();
    figures.find(|figure| figure.name == column.figure)
}

fn write_figure(out: &mut String, figure: &Figure) -> fmt::Result {
    let broken = figure.holds == Some(false);
    let class = if broken { "number broken" } else { "number" };
    match figure.value {
        Some(value) => html!(
            out,
            "<td class=\"" (class) "\" data-value=\"" (format_args!("{value:?}")) "\" title=\""
            (figure.name) ": " (format_args!("{value:?}")) "\">" (number(value))
        )?,
        None => html!(out, "<td class=\"" (class) "\" data-value=\"\">none")?,
    }
    if let Some(limit) = &figure.limit {
        let mark = if broken { "✗ not" } else { "✓" };
        html!(out, " <small>" (mark) " " (cut(limit, MOST_WORD)) "</small>")?;
    }
    out.write_str("</td>\n")
}

/// The limits on what has no column.
fn write_limits(out: &mut String, summary: &Summary, columns: &[&Column]) -> fmt::Result {
    let elsewhere = |figure: &&Figure| !(columns.iter()).any(|column| column.figure == figure.name);
    let limited = summary
        .figures
        .iter()
        .filter(elsewhere)
        .filter_map(|figure| Some((figure, figure.limit.as_ref()?)));
    for (figure, limit) in limited.take(8) {
        let (class, mark) = match figure.holds {
            Some(false) => ("limit broken", "✗"),
            _ => ("limit", "✓"),
        };
        let value = figure.value.map_or("none".into(), number);
        html!(
            out,
            "<p class=\"" (class) "\">" (mark) " " (cut(&figure.name, MOST_WORD)) ": " (value)
            (if figure.unit.is_empty() { "" } else { " " }) (cut(&figure.unit, MOST_WORD))
            ", must be " (cut(limit, MOST_WORD)) "</p>\n"
        )?;
    }
    Ok(())
}

fn write_command(out: &mut String, summary: &Summary) -> fmt::Result {
    let command = &summary.command;
    let whole = command.chars().count() <= MOST_COMMAND && !command.contains(char::is_control);
    out.write_str("<div class=\"command\"><code")?;
    out.write_str(if whole { " data-whole>" } else { ">" })?;
    for (i, word) in cut(command, MOST_COMMAND).split(' ').enumerate() {
        let space = if i > 0 { " " } else { "" };
        match word.starts_with('-') && word.len() < 40 {
            // A line that ends between the two hyphens of a flag is hard to read.
            true => html!(out, (space) "<span>" (word) "</span>")?,
            false => html!(out, (space)(word))?,
        }
    }
    out.write_str("</code></div>\n")?;
    match summary.virtual_time {
        true => Ok(()),
        false => out.write_str(
            "<p class=\"note\">in real time: the command does not repeat it exactly</p>\n",
        ),
    }
}

/// A number as one reads it: four digits or so. It is not rounded up, lest 0.99997
/// look like all.
fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() || size >= 1e9 || (size < 1e-4 && value != 0.0) {
        return format!("{value:.2e}");
    }
    if value.fract() == 0.0 {
        return grouped(value as i64);
    }
    let places: i32 = match size {
        1000.0.. => return grouped(value as i64),
        100.0.. => 1,
        10.0.. => 2,
        1.0.. => 3,
        _ => 4,
    };
    let scale = 10f64.powi(places);
    // A little more, since 0.29 * 100 is 28.999999999999996.
    let text = format!(
        "{:.*}",
        places as usize,
        (value * scale * (1.0 + 1e-12)).trunc() / scale
    );
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_to_the_second() {
        let moment = "2026-01-31 12:00:00";
        assert_eq!(to_the_second("2026-01-31T12:00:00+01:00"), moment);
        assert_eq!(to_the_second("20260131T120000.000+0100-1"), moment);
        for other in ["", "yesterday", "2026013äT120000", "20260131T12000"] {
            assert_eq!(to_the_second(other), other);
        }
    }

    #[test]
    fn numbers_are_short() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (0.99997, "0.9999"),
            (0.29, "0.29"),
            (0.3, "0.3"),
            (-0.5, "-0.5"),
            (11.834_5, "11.83"),
            (123.46, "123.4"),
            (1234.9, "1,234"),
            (1e300, "1.00e300"),
            (-1e9, "-1.00e9"),
            (1e-9, "1.00e-9"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }
}
