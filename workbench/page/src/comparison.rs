//! Two runs beside each other: their figures, how long operations took, which messages went
//! between nodes, and, of two that follow from the same seed, the first message that is not
//! the same: what was changed between them shows there.
//!
//! In words it is its `Display`; [`Comparison::page`] is a page with charts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use history::{History, OpType, quantile};
use picture::palette;
use picture::plot::{fault, latency_quantiles, rate};
use serde_json::Value as Json;
use simulation::folder::Kept;
use simulation::recording::{Recorded, Recording};

use crate::html::{Made, html};
use crate::run::STYLE;

/// Which quantiles of latencies are compared, and their names.
const QUANTILES: [(f64, &str); 5] = [
    (0.5, "median"),
    (0.95, "95 %"),
    (0.99, "99 %"),
    (0.999, "99.9 %"),
    (1.0, "longest"),
];
/// How many messages are shown before the first that differs.
const BEFORE: usize = 3;
/// How much of a message is shown, in characters.
const SHOWN: usize = 160;

/// A number of both runs, if they have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is.
    pub name: String,
    /// Its unit, such as `ms`; empty if it is a mere number.
    pub unit: &'static str,
    /// How much in the first and in the second run.
    pub values: [Option<f64>; 2],
}

impl Row {
    /// The second by the first, if that says something.
    pub fn ratio(&self) -> Option<f64> {
        let [first, second] = self.values;
        let (first, second) = (first?, second?);
        (first != 0.0).then_some(second / first)
    }
}

/// Where two runs that follow from the same seed begin to differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The last messages before that, which both have.
    pub before: Vec<String>,
    /// What each has then; none, if it has ended.
    pub then: [Option<String>; 2],
}

/// Two runs beside each other.
#[derive(Debug)]
pub struct Comparison<'a> {
    names: [&'a str; 2],
    runs: [Kept<'a>; 2],
    /// Figures, latencies and messages, each with a heading.
    parts: Vec<(&'static str, Vec<Row>)>,
    difference: Option<Option<Difference>>,
}

impl<'a> Comparison<'a> {
    /// Compares two runs, which are called by these names.
    pub fn new(names: [&'a str; 2], runs: [Kept<'a>; 2]) -> Self {
        let parts = vec![
            ("Figures", figures(&runs)),
            ("Latency of operations that succeeded", latencies(&runs)),
            ("Messages between nodes and with services", messages(&runs)),
        ];
        let [a, b] = runs.each_ref().map(|run| run.summary);
        let is_same = a.seed == b.seed && a.workload == b.workload && a.nodes == b.nodes;
        let difference = (is_same && a.virtual_time && b.virtual_time)
            .then(|| difference(runs[0].recording, runs[1].recording));
        Comparison {
            names,
            runs,
            parts,
            difference,
        }
    }

    /// Where they begin to differ; none, if they do not follow from the same seed in virtual
    /// time, or if all their messages are the same.
    pub fn difference(&self) -> Option<&Difference> {
        self.difference.as_ref()?.as_ref()
    }

    /// It as a page that needs nothing else.
    pub fn page(&self) -> String {
        let mut page = String::new();
        self.write_page(&mut page).expect("a string takes anything");
        page
    }

    fn write_page(&self, f: &mut String) -> fmt::Result {
        let workload = &self.runs[0].summary.workload;
        html!(
            f,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>"
            (workload) ": two runs</title>\n<style>"
            [Made(palette::custom_properties("body", ""))] [Made(STYLE)]
            "th,td{padding:.15em 1.2em .15em 0}.two{display:grid;grid-template-columns:1fr 1fr;gap:1.5em}.two>*{min-width:0}\
             .two svg{width:100%;height:auto}pre{white-space:pre-wrap;overflow-wrap:anywhere}\
             @media(max-width:60em){.two{grid-template-columns:1fr}}"
            "</style>\n</head>\n<body>\n<main><header><h1>" (workload) ": two runs</h1></header>\n\
             <section class=\"two\">"
        )?;
        for (name, run) in self.names.iter().zip(&self.runs) {
            let word = run.summary.verdict.word();
            html!(f, "<div class=\"" (word) "\"><h2>" (name) " <span class=\"verdict\">" (word)
                     "</span></h2><p class=\"sentence\">" (run.summary.sentence) "</p><pre>"
                     (run.summary.command) "</pre></div>\n")?;
        }
        html!(f, "</section>\n<section><h2>The first difference</h2>\n")?;
        match (&self.difference, self.difference()) {
            (_, Some(difference)) => {
                html!(f, "<pre>")?;
                for line in &difference.before {
                    html!(f, (line) "\n")?;
                }
                html!(f, "</pre><div class=\"two\">")?;
                for then in &difference.then {
                    html!(f, "<pre>" (then.as_deref().unwrap_or("(it has ended)")) "</pre>")?;
                }
                html!(f, "</div>")?;
            }
            (known, _) => html!(f, "<p>" (sameness(known.is_some())) "</p>")?,
        }
        html!(f, "</section>\n")?;
        for (heading, rows) in &self.parts {
            html!(f, "<section><h2>" (heading) "</h2>\n<table><thead><tr><th></th><th>" (self.names[0])
                     "</th><th>" (self.names[1]) "</th><th>ratio</th></tr></thead>\n<tbody>\n")?;
            for row in rows {
                html!(f, "<tr><td>" (with_unit(row)) "</td>")?;
                for value in row.values {
                    html!(f, "<td>" (number(value)) "</td>")?;
                }
                html!(f, "<td>" (number(row.ratio())) "</td></tr>\n")?;
            }
            html!(f, "</tbody></table></section>\n")?;
        }
        html!(f, "<section class=\"two\">")?;
        for run in &self.runs {
            let faults = fault::of_run(run.history, run.recording);
            html!(f, "<div>" [Made(latency_quantiles(run.history, &faults))]
                     [Made(rate(run.history, &faults))] "</div>\n")?;
        }
        html!(f, "</section></main>\n</body>\n</html>\n")
    }
}

impl fmt::Display for Comparison<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, run) in ["first: ", "second:"].iter().zip(&self.runs) {
            let summary = run.summary;
            let (word, sentence) = (summary.verdict.word(), &summary.sentence);
            writeln!(f, "{name} {}, {word}: {sentence}", summary.workload)?;
            writeln!(f, "        {}", summary.command)?;
        }
        for (heading, rows) in &self.parts {
            if rows.is_empty() {
                continue;
            }
            let width = rows
                .iter()
                .map(|row| with_unit(row).len())
                .max()
                .unwrap_or(0);
            let heading = heading.to_lowercase();
            let width = width.max(heading.len());
            writeln!(
                f,
                "\n{heading:width$}  {:>10}  {:>10}  {:>7}",
                "first", "second", "ratio"
            )?;
            for row in rows {
                let [first, second] = row.values.map(number);
                let ratio = number(row.ratio());
                writeln!(
                    f,
                    "{:width$}  {first:>10}  {second:>10}  {ratio:>7}",
                    with_unit(row)
                )?;
            }
        }
        writeln!(f)?;
        match (&self.difference, self.difference()) {
            (_, Some(difference)) => {
                writeln!(f, "the first difference:")?;
                for line in &difference.before {
                    writeln!(f, "    {line}")?;
                }
                for (name, then) in ["first: ", "second:"].iter().zip(&difference.then) {
                    writeln!(f, "{name} {}", then.as_deref().unwrap_or("(it has ended)"))?;
                }
                Ok(())
            }
            (known, _) => writeln!(f, "{}", sameness(known.is_some())),
        }
    }
}

/// Why no difference is shown.
fn sameness(is_known: bool) -> &'static str {
    match is_known {
        true => "All their messages are the same, at the same times.",
        false => {
            "They do not follow from the same seed in virtual time, so they differ from the \
             beginning on."
        }
    }
}

fn with_unit(row: &Row) -> String {
    match row.unit {
        "" => row.name.clone(),
        unit => format!("{}, {unit}", row.name),
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(
        || "-".into(),
        |value| format!("{}", (value * 1e3).round() / 1e3),
    )
}

/// What both summaries tell.
fn figures(runs: &[Kept<'_>; 2]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (place, run) in runs.iter().enumerate() {
        // Latencies are told more exactly below.
        let figures = run.summary.figures.iter();
        for figure in figures.filter(|figure| !figure.name.starts_with("latency of")) {
            let unit = match &*figure.unit {
                "ms" => "ms",
                "s" => "s",
                _ => "",
            };
            put(&mut rows, &figure.name, unit, place, figure.value);
        }
    }
    rows
}

fn put(rows: &mut Vec<Row>, name: &str, unit: &'static str, place: usize, value: Option<f64>) {
    let known = rows.iter().position(|row| row.name == name);
    let at = known.unwrap_or_else(|| {
        rows.push(Row {
            name: name.to_owned(),
            unit,
            values: [None; 2],
        });
        rows.len() - 1
    });
    rows[at].values[place] = value;
}

/// Of each function how long it took, in milliseconds.
fn latencies(runs: &[Kept<'_>; 2]) -> Vec<Row> {
    let mut rows = Vec::new();
    let both = runs.each_ref().map(|run| of_functions(run.history));
    let names: BTreeSet<&String> = both.iter().flat_map(BTreeMap::keys).collect();
    for name in names {
        for (q, words) in QUANTILES {
            let of = |latencies: &BTreeMap<String, Vec<f64>>| quantile(latencies.get(name)?, q);
            rows.push(Row {
                name: format!("{name}, {words}"),
                unit: "ms",
                values: both.each_ref().map(of),
            });
        }
    }
    rows
}

fn of_functions(history: &History) -> BTreeMap<String, Vec<f64>> {
    let mut latencies: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (place, op) in history.clients().filter(|(_, op)| op.typ == OpType::Ok) {
        if let Some(begin) = history.pair(place) {
            let taken = op.time.saturating_sub(begin.time) as f64 / 1e6;
            latencies.entry(op.f.to_string()).or_default().push(taken);
        }
    }
    latencies
        .values_mut()
        .for_each(|all| all.sort_by(f64::total_cmp));
    latencies
}

/// How many there are of each type, but those with clients.
fn messages(runs: &[Kept<'_>; 2]) -> Vec<Row> {
    let mut rows = Vec::new();
    let both = runs.each_ref().map(|run| of_types(run.recording));
    let names: BTreeSet<&String> = both.iter().flat_map(BTreeMap::keys).collect();
    for name in names {
        rows.push(Row {
            name: name.clone(),
            unit: "",
            values: both
                .each_ref()
                .map(|counts| counts.get(name).map(|count| *count as f64)),
        });
    }
    let count = |row: &Row| {
        row.values
            .iter()
            .flatten()
            .fold(0.0_f64, |most, value| most.max(*value))
    };
    rows.sort_by(|a, b| count(b).total_cmp(&count(a)));
    rows
}

fn of_types(recording: &Recording) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for message in recording
        .messages()
        .filter(|message| message.about.is_none())
    {
        let is_client = |end: usize| {
            let number = recording.endpoints()[end]
                .strip_prefix('c')
                .unwrap_or_default();
            number.parse::<u64>().is_ok()
        };
        if is_client(message.src) || is_client(message.dest) {
            continue;
        }
        let line: Json = serde_json::from_slice(message.line).unwrap_or_default();
        let kind = line["body"]["type"].as_str().unwrap_or("(no type)");
        *counts.entry(kind.to_owned()).or_default() += 1;
    }
    counts
}

/// The first message that is another one, was sent at another time, or did not arrive as the
/// other's did.
fn difference(first: &Recording, second: &Recording) -> Option<Difference> {
    let (mut a, mut b) = (first.messages(), second.messages());
    let mut before = Vec::new();
    let key = |message: &Recorded<'_>| (message.sent, message.received, message.line.to_vec());
    loop {
        let (left, right) = (a.next(), b.next());
        match (&left, &right) {
            (None, None) => return None,
            (Some(x), Some(y)) if key(x) == key(y) => {
                before.push(words(x, first));
                if before.len() > BEFORE {
                    before.remove(0);
                }
            }
            _ => {
                return Some(Difference {
                    before,
                    then: [
                        left.map(|message| words(&message, first)),
                        right.map(|message| words(&message, second)),
                    ],
                });
            }
        }
    }
}

/// Such as `1.234567 s  n0 -> n1, 100.0 ms  {"type":...}`.
fn words(message: &Recorded<'_>, recording: &Recording) -> String {
    let names = recording.endpoints();
    let taken = match message.received {
        Some(received) => format!("{:.1} ms", (received - message.sent) as f64 / 1e6),
        None if message.lost.is_some() => "lost at a dead node".to_owned(),
        None => "lost".to_owned(),
    };
    let line = String::from_utf8_lossy(message.line);
    let body = line
        .split_once("\"body\":")
        .map_or(&*line, |(_, body)| body);
    let body = body.strip_suffix('}').unwrap_or(body);
    format!(
        "{:.6} s  {} -> {}, {taken}  {}",
        message.sent as f64 / 1e9,
        names[message.src],
        names[message.dest],
        picture::svg::cut(body, SHOWN)
    )
}
