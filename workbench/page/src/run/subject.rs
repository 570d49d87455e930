//! What a page is of: a run, or just a history.

use std::fmt;

use picture::svg::{cut, grouped};
use simulation::summary::{Figure, Summary, Verdict};

use crate::html::html;

/// What a page is of.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A run, with nodes, messages, a seed and a folder.
    Run(&'a Summary),
    /// A history from elsewhere: nobody knows what nodes said to each other.
    History(&'a JudgedHistory),
}

/// A history from elsewhere in a few lines.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedHistory {
    /// What it was held against: a workload or a model.
    pub name: String,
    /// Where it is from.
    pub path: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The sentence that explains it.
    pub sentence: String,
    /// What had to be made up, a sentence each.
    pub notes: Vec<String>,
    /// The command that judges it again.
    pub command: String,
    /// How many events it has.
    pub events: usize,
    /// How many clients worked at a time.
    pub concurrency: usize,
    /// The figures, those first that matter most.
    pub figures: Vec<Figure>,
}

impl<'a> Subject<'a> {
    /// What it was judged by.
    pub(super) fn name(self) -> &'a str {
        match self {
            Subject::Run(summary) => &summary.workload,
            Subject::History(judged) => &judged.name,
        }
    }

    pub(super) fn title(self) -> String {
        match self {
            Subject::Run(summary) => format!("{}, seed {}", summary.workload, summary.seed),
            Subject::History(judged) => format!("{}, {}", judged.name, judged.path),
        }
    }

    pub(super) fn verdict(self) -> Verdict {
        match self {
            Subject::Run(summary) => summary.verdict,
            Subject::History(judged) => judged.verdict,
        }
    }

    pub(super) fn sentence(self) -> &'a str {
        match self {
            Subject::Run(summary) => &summary.sentence,
            Subject::History(judged) => &judged.sentence,
        }
    }

    pub(super) fn figures(self) -> &'a [Figure] {
        match self {
            Subject::Run(summary) => &summary.figures,
            Subject::History(judged) => &judged.figures,
        }
    }

    pub(super) fn concurrency(self) -> usize {
        match self {
            Subject::Run(summary) => summary.concurrency,
            Subject::History(judged) => judged.concurrency,
        }
    }

    /// The nodes' names; a history has none.
    pub(super) fn nodes(self) -> &'a [String] {
        match self {
            Subject::Run(summary) => &summary.nodes,
            Subject::History(_) => &[],
        }
    }

    /// Whether it has a folder among those of other runs, with its files.
    pub(super) fn is_run(self) -> bool {
        matches!(self, Subject::Run(_))
    }

    /// The word by which the page's style and script tell them apart.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Subject::Run(_) => "run",
            Subject::History(_) => "history",
        }
    }

    /// Where it is from, and the command that does it again.
    pub(super) fn origin(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (repeat, command) = match self {
            Subject::Run(summary) => {
                run(f, summary)?;
                let repeat = match summary.virtual_time {
                    true => "Repeat it",
                    false => "Run it again",
                };
                (repeat, &summary.command)
            }
            Subject::History(judged) => {
                history(f, judged)?;
                ("Judge it again", &judged.command)
            }
        };
        html!(
            f,
            "<div class=\"repeat\"><span id=\"repeat-label\">" (repeat) "</span>\
             <code id=\"command\" tabindex=\"0\" aria-labelledby=\"repeat-label\">"
            (command) "</code>\
             <button type=\"button\" id=\"copy\">Copy</button></div>\n"
        )
    }
}

fn run(f: &mut fmt::Formatter<'_>, summary: &Summary) -> fmt::Result {
    let clock = match summary.virtual_time {
        true => "virtual: the same seed gives the same run",
        false => "real: another run with this seed is similar, not the same",
    };
    if summary.interrupted {
        html!(
            f,
            "<p class=\"note\">The run was broken off; this is about what was done.</p>"
        )?;
    }
    html!(
        f,
        "<dl class=\"origin\"><div><dt>began</dt><dd>" (summary.began)
        "</dd></div><div><dt>nodes</dt><dd title=\"" (cut(&summary.nodes.join(" "), 300)) "\">"
        (summary.nodes.len()) "</dd></div><div><dt>clients</dt><dd>" (summary.concurrency)
        "</dd></div><div><dt>seed</dt><dd>" (summary.seed)
        "</dd></div><div><dt>clock</dt><dd>" (clock) "</dd></div></dl>\n"
    )
}

fn history(f: &mut fmt::Formatter<'_>, judged: &JudgedHistory) -> fmt::Result {
    for note in &judged.notes {
        html!(f, "<p class=\"note\">" (note) "</p>\n")?;
    }
    html!(
        f,
        "<dl class=\"origin\"><div><dt>history</dt><dd>" (judged.path)
        "</dd></div><div><dt>events</dt><dd>" (grouped(judged.events as i64))
        "</dd></div><div><dt>clients at a time</dt><dd>" (judged.concurrency)
        "</dd></div></dl>\n"
    )
}
