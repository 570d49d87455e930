//! The page of a run: one file that shows everything a person may want to know
//! of it, and needs nothing else, neither a network nor a server. That of a history from
//! elsewhere is the same without nodes and messages: see [`Subject`].
//!
//! From above to below: the verdict and the sentence that explains it, the command
//! that repeats the run, the figures with their limits; every anomaly with its
//! proof drawn; the charts; what happened, operations and messages on one
//! axis, which can be zoomed, filtered and asked; the end of each node's log.
//!
//! All but the last-but-one is HTML and SVG that stands as it is. What happened
//! is drawn by `run/script` from the data that `data` packs: a run has more
//! messages than a document can have elements. It draws what a screen can show,
//! and says what it does not.

mod data;
mod subject;
#[cfg(test)]
mod tests;

use std::fmt;

use finding::{Finding, Statement, glossary};
use history::History;
use picture::palette;
use picture::proof::Drawing;
use picture::svg::{cut, grouped};
use simulation::recording::Recording;
use simulation::run::Problem;

use simulation::summary::{Figure, Verdict};

use crate::html::{Made, html};

pub use self::subject::{JudgedHistory, Subject};

/// The end of a node's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The node.
    pub node: String,
    /// The last lines.
    pub text: String,
    /// How many bytes of the log are before them.
    pub before: u64,
}

/// A run or a history, as its page shows it.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The verdict, the command, the figures, and what they are of.
    pub subject: Subject<'a>,
    /// What is wrong.
    pub findings: &'a [Finding],
    /// What the nodes did wrong beside their replies.
    pub problems: &'a [Problem],
    /// What clients did and saw.
    pub history: &'a History,
    /// The messages.
    pub recording: &'a Recording,
    /// The charts with the names of their files.
    pub pictures: &'a [(&'static str, String)],
    /// The proofs.
    pub drawings: &'a [Drawing],
    /// The ends of the nodes' logs.
    pub logs: &'a [Tail],
    /// The other files of the run that the page links to, by their names.
    pub files: &'a [String],
}

pub(crate) const STYLE: &str = include_str!("run/page.css");
/// One module, in this order.
const SCRIPT: &str = concat!(
    include_str!("run/script/begin.js"),
    include_str!("run/script/data.js"),
    include_str!("run/script/view.js"),
    include_str!("run/script/draw.js"),
    include_str!("run/script/choose.js"),
    include_str!("run/script/states.js"),
    include_str!("run/script/walk.js"),
    include_str!("run/script/find.js"),
    include_str!("run/script/pointer.js"),
    include_str!("run/script/main.js"),
);
const EXPLORER: &str = include_str!("run/explorer.html");

/// How many findings and drawings a page shows.
const MOST_FINDINGS: usize = 40;
const MOST_DRAWINGS: usize = 24;
/// To how many operations a finding leads.
const MOST_LINKS: usize = 12;
/// How many of them are to be seen at once, before one asks for the others.
const OPEN_FINDINGS: usize = 5;
const OPEN_DRAWINGS: usize = 3;

impl Page<'_> {
    /// The file.
    pub fn html(&self) -> String {
        self.to_string()
    }

    fn header(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = self.subject;
        let (mark, word) = match subject.verdict() {
            Verdict::Valid => ("✓", "valid"),
            Verdict::Invalid => ("✗", "invalid"),
            Verdict::Unknown => ("?", "unknown"),
        };
        html!(
            f,
            "<header class=\"" (word) "\">\n<h1><span class=\"name\">" (subject.name())
            "</span> <span class=\"verdict\"><span aria-hidden=\"true\">" (mark) "</span> "
            (word) "</span></h1>\n<p class=\"sentence\">" (subject.sentence()) "</p>\n"
        )?;
        subject.origin(f)?;
        self.figures(f)?;
        f.write_str("</header>\n")
    }

    fn figures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.subject.figures().is_empty() {
            return Ok(());
        }
        f.write_str("<ul class=\"figures\">\n")?;
        for figure in self.subject.figures() {
            let class = match figure.holds {
                Some(true) => "<li class=\"holds\">",
                Some(false) => "<li class=\"broken\">",
                None => "<li>",
            };
            html!(f, [Made(class)] "<span class=\"value\">" (value_of(figure)))?;
            if !figure.unit.is_empty() {
                html!(f, " <span class=\"unit\">" (figure.unit) "</span>")?;
            }
            html!(f, "</span> <span class=\"what\">" (figure.name) "</span>")?;
            if let Some(limit) = &figure.limit {
                let (mark, word) = match figure.holds {
                    Some(true) => ("✓", "holds"),
                    _ => ("✗", "broken"),
                };
                html!(
                    f,
                    " <span class=\"limit\">limit " (limit) " <span aria-hidden=\"true\">"
                    (mark) "</span> " (word) "</span>"
                )?;
            }
            f.write_str("</li>\n")?;
        }
        f.write_str("</ul>\n")
    }

    /// What is wrong, in words and in pictures.
    fn anomalies(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.findings.is_empty() && self.problems.is_empty() && self.drawings.is_empty() {
            return Ok(());
        }
        html!(f, "<section id=\"anomalies\"><h2>" (self.found()) "</h2>\n")?;
        for problem in self.problems.iter().take(MOST_FINDINGS) {
            html!(
                f,
                "<div class=\"problem\"><p><strong>node " (problem.node) ", after "
                (format_args!("{:.3}", problem.time.as_secs_f64())) " s:</strong> "
                (problem.what) "<button type=\"button\" data-moment=\"" (problem.time.as_nanos())
                "\" data-node=\"" (problem.node) "\">see it</button></p>\n"
            )?;
            if problem.last_words.is_empty() {
                f.write_str("<p class=\"note\">It wrote nothing to stderr.</p>")?;
            } else {
                f.write_str("<p class=\"note\">Its last words on stderr:</p><pre>")?;
                for line in &problem.last_words {
                    html!(f, (line) "\n")?;
                }
                f.write_str("</pre>")?;
            }
            f.write_str("</div>\n")?;
        }
        more(
            f,
            self.problems.len(),
            MOST_FINDINGS,
            ["problem of a node", "problems of nodes"],
        )?;
        let lines: Vec<Statement> = self.findings.iter().flat_map(Finding::lines).collect();
        let first = &lines[..lines.len().min(MOST_FINDINGS)];
        folded(f, first, OPEN_FINDINGS, "findings", |f, lines| {
            f.write_str("<ul class=\"findings\">\n")?;
            for Statement { words, operations } in lines {
                let operations = operations.iter().take(MOST_LINKS).map(usize::to_string);
                let operations = operations.collect::<Vec<_>>().join(" ");
                html!(f, "<li data-operations=\"" (operations) "\">" (words) "</li>\n")?;
            }
            f.write_str("</ul>\n")
        })?;
        more(f, lines.len(), MOST_FINDINGS, ["finding", "findings"])?;
        self.names(f)?;
        let drawings = &self.drawings[..self.drawings.len().min(MOST_DRAWINGS)];
        folded(f, drawings, OPEN_DRAWINGS, "drawings", |f, drawings| {
            drawings.iter().try_for_each(|drawing| {
                html!(
                    f,
                    "<figure class=\"proof\">\n\
                     <div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\""
                    (drawing.title) "\">\n" [Made(&drawing.svg)] "</div>\n"
                )?;
                if self.subject.is_run() {
                    html!(
                        f,
                        "<figcaption><a href=\"anomalies/" (drawing.name) "\">anomalies/"
                        (drawing.name) "</a></figcaption>"
                    )?;
                }
                f.write_str("</figure>\n")
            })
        })?;
        more(
            f,
            self.drawings.len(),
            MOST_DRAWINGS,
            ["drawing", "drawings"],
        )?;
        f.write_str("</section>\n")
    }

    /// What the names of anomalies mean.
    fn names(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = |finding: &Finding| glossary::meaning(&finding.anomaly);
        let known: Vec<(&str, String)> = (self.findings.iter().take(MOST_FINDINGS))
            .filter_map(|finding| Some((&*finding.anomaly, meaning(finding)?)))
            .collect();
        if known.is_empty() {
            return Ok(());
        }
        f.write_str("<details class=\"names\"><summary>what the names mean</summary><dl>\n")?;
        for (name, meaning) in known {
            html!(f, "<dt>" (name) "</dt><dd>" (meaning) "</dd>\n")?;
        }
        f.write_str("</dl></details>\n")
    }

    /// Odd things are told of valid runs, too.
    fn found(&self) -> &'static str {
        match self.subject.verdict() {
            Verdict::Invalid => "What is wrong",
            Verdict::Valid | Verdict::Unknown => "What was found",
        }
    }

    fn charts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pictures.is_empty() {
            return Ok(());
        }
        f.write_str(
            "<section id=\"charts\"><h2>Charts</h2>\n\
             <p class=\"note\">Click a chart to see that moment above.</p>\n",
        )?;
        // The messages have a part of their own.
        for (_, chart) in self
            .pictures
            .iter()
            .filter(|(name, _)| *name != "messages.svg")
        {
            html!(f, "<figure class=\"chart\">" [Made(chart)] "</figure>\n")?;
        }
        f.write_str("</section>\n")
    }

    fn explorer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data::Data {
            operations,
            messages,
            states,
        } = data::pack(self, &self.moments());
        let (before, after) = EXPLORER
            .split_once("<!--omitted-->")
            .unwrap_or((EXPLORER, ""));
        f.write_str(before)?;
        let shown = |part: &data::Part, what: &str| {
            let s = if part.count == 1 { "" } else { "s" };
            let all = grouped(part.count as i64);
            match part.omitted {
                0 => format!("{all} {what}{s}"),
                omitted => {
                    let kept = grouped((part.count - omitted) as i64);
                    format!("{kept} of {all} {what}{s}")
                }
            }
        };
        html!(f, "This page holds "(shown(&operations, "operation")))?;
        if self.subject.is_run() {
            html!(f, " and "(shown(&messages, "message")))?;
        }
        f.write_str(".")?;
        if operations.omitted + messages.omitted > 0 {
            f.write_str(
                " It keeps those around what is wrong and then the first; where it has none, \
                 the diagram is hatched.",
            )?;
            if self.subject.is_run() {
                f.write_str(
                    " All are in <a href=\"history.edn\">history.edn</a> and \
                     <a href=\"messages.jsonl\">messages.jsonl</a>.",
                )?;
            }
        }
        f.write_str(after)?;
        let parts = [
            ("operations", &operations),
            ("messages", &messages),
            ("states", &states),
        ];
        for (id, part) in parts {
            if id == "states" && part.count == 0 {
                continue;
            }
            html!(
                f,
                "<script type=\"text/plain\" id=\"" (id) "-data\">" [Made(&part.text)]
                "</script>\n"
            )?;
        }
        Ok(())
    }

    /// Times that matter, in nanoseconds: those of the operations that findings
    /// name, and of problems.
    fn moments(&self) -> Vec<i64> {
        let of_problems = self
            .problems
            .iter()
            .map(|problem| problem.time.as_nanos() as i64);
        let mut moments: Vec<i64> = of_problems.collect();
        let ops = self.history.ops();
        let lines = self.findings.iter().flat_map(Finding::lines);
        for line in lines.take(MOST_FINDINGS) {
            for index in line.operations {
                // The index is the place, unless the history is part of another.
                let place = ops.partition_point(|op| op.index < index);
                moments.extend(ops.get(place).map(|op| op.time));
            }
        }
        moments
    }

    fn logs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<section id=\"logs\"><h2>The nodes' logs</h2>\n")?;
        let is_silent = |log: &&Tail| log.text.is_empty() && log.before == 0;
        let silent: Vec<&str> = (self.logs.iter().filter(is_silent))
            .map(|log| &*log.node)
            .collect();
        for log in self.logs.iter().filter(|log| !is_silent(log)) {
            html!(f, "<details><summary>" (log.node) "</summary>")?;
            if log.before > 0 {
                html!(
                    f,
                    "<p class=\"note\">" (grouped(log.before as i64))
                    " bytes before this are in <a href=\"node-logs/" (log.node)
                    ".log\">node-logs/" (log.node) ".log</a>.</p>"
                )?;
            }
            html!(f, "<pre tabindex=\"0\">" (log.text) "</pre></details>\n")?;
        }
        if self.logs.is_empty() {
            f.write_str("<p class=\"note\">Nodes within a test's process have none.</p>")?;
        }
        if !silent.is_empty() {
            let names = cut(&silent.join(", "), 300);
            html!(f, "<p class=\"note\">Nothing on stderr: " (names) ".</p>\n")?;
        }
        f.write_str("</section>\n")
    }

    fn footer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<footer><h2>Files</h2><p>")?;
        for (i, file) in self.files.iter().enumerate() {
            let separator = if i > 0 { " · " } else { "" };
            html!(f, (separator) "<a href=\"" (file) "\">" (file) "</a>")?;
        }
        f.write_str(
            " · <a class=\"all-runs\" href=\"../../index.html\">all runs</a></p></footer>\n",
        )
    }
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = self.subject;
        let icon = match subject.verdict() {
            Verdict::Valid => "%230072b2'/><path d='M4 8.5l3 3 5-6",
            Verdict::Invalid => "%23d55e00'/><path d='M5 5l6 6M11 5l-6 6",
            Verdict::Unknown => "%236e7781'/><path d='M6 6a2 2 0 1 1 2 3M8 11v1",
        };
        html!(
            f,
            "<!doctype html>\n<html lang=\"en\" data-of=\"" (subject.kind())
            "\" data-workload=\"" (subject.name()) "\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>"
            (subject.verdict().word()) ": " (subject.title()) "</title>\n\
             <link rel=\"icon\" href=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' \
             viewBox='0 0 16 16'><rect width='16' height='16' rx='4' fill='" [Made(icon)]
            "' fill='none' stroke='white' stroke-width='2'/></svg>\">\n<style>"
            [Made(palette::custom_properties("body", ""))] [Made(STYLE)]
            "</style>\n</head>\n<body>\n\
             <nav aria-label=\"page\">"
        )?;
        if subject.is_run() {
            f.write_str("<a class=\"all-runs\" href=\"../../index.html\">all runs</a>")?;
        }
        if !(self.findings.is_empty() && self.problems.is_empty() && self.drawings.is_empty()) {
            html!(f, "<a href=\"#anomalies\">" (self.found().to_lowercase()) "</a>")?;
        }
        f.write_str("<a href=\"#events\">what happened</a>")?;
        if !self.pictures.is_empty() {
            f.write_str("<a href=\"#charts\">charts</a>")?;
        }
        if subject.is_run() {
            f.write_str("<a href=\"#logs\">logs</a>")?;
        }
        html!(
            f,
            "<button type=\"button\" id=\"theme\" title=\"light, dark or as the system\">\
             theme: system</button></nav>\n<main>\n"
        )?;
        self.header(f)?;
        self.anomalies(f)?;
        self.explorer(f)?;
        self.charts(f)?;
        if subject.is_run() {
            self.logs(f)?;
            self.footer(f)?;
        }
        html!(
            f,
            "</main>\n<script type=\"module\">" [Made(SCRIPT)] "</script>\n</body>\n</html>\n"
        )
    }
}

/// The number, with as many digits as say something: at least so many that it is on
/// its own side of its limit, or of 1.
fn value_of(figure: &Figure) -> String {
    let Some(value) = figure.value else {
        return "none".into();
    };
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return grouped(value as i64);
    }
    let limit = figure.limit.as_deref().unwrap_or_default();
    let limit = limit.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '-');
    let bounds = [0.0, 1.0, limit.parse().unwrap_or(0.0)];
    let least = match value.abs() {
        100.0.. => 1,
        1.0.. => 3,
        _ => 4,
    };
    let is_true = |text: &String| {
        let rounded: f64 = text.parse().unwrap_or(f64::NAN);
        bounds
            .iter()
            .all(|bound| rounded.total_cmp(bound) == value.total_cmp(bound))
    };
    let texts = (least..12).map(|digits| format!("{value:.digits$}"));
    let text = texts.into_iter().find(is_true);
    match text {
        Some(text) if value.abs() < 1.0 => text.trim_end_matches('0').to_owned(),
        Some(text) => text,
        None => value.to_string(),
    }
}

/// Some of these as they are, and the rest folded up.
fn folded<T>(
    f: &mut fmt::Formatter<'_>,
    all: &[T],
    open: usize,
    what: &str,
    show: impl Fn(&mut fmt::Formatter<'_>, &[T]) -> fmt::Result,
) -> fmt::Result {
    let (first, rest) = all.split_at(all.len().min(open));
    if !first.is_empty() {
        show(f, first)?;
    }
    if !rest.is_empty() {
        html!(f, "<details><summary>" (rest.len()) " more " (what) "</summary>\n")?;
        show(f, rest)?;
        f.write_str("</details>\n")?;
    }
    Ok(())
}

fn more(
    f: &mut fmt::Formatter<'_>,
    count: usize,
    shown: usize,
    [one, many]: [&str; 2],
) -> fmt::Result {
    match count.saturating_sub(shown) {
        0 => Ok(()),
        1 => html!(f, "<p class=\"note\">and 1 more " (one) "</p>\n"),
        rest => html!(f, "<p class=\"note\">and " (rest) " more " (many) "</p>\n"),
    }
}
