//! The page of a history that was recorded elsewhere, judged: verdict, proofs, charts and
//! operations, in one file.

use finding::Checked;
use history::History;
use picture::clock::{self, Clock};
use picture::{plot, proof, timeline};
use simulation::recording::Recording;
use simulation::summary::{figures, sentence};

use crate::run::{JudgedHistory, Page, Subject};

/// What a page tells of a history beside what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// What it was held against: a workload or a model.
    pub name: String,
    /// Where it is from.
    pub path: String,
    /// The command that judges it again.
    pub command: String,
}

/// The page of a history that was judged so. Where its times cannot be drawn, others are
/// made up, and said.
///
/// ```
/// use history::History;
/// use page::history::{About, html};
/// use verdict::{Model, check};
///
/// let history = History::builder().invoke(0, "read", ()).ok(0, 7).build();
/// let about = About {
///     name: "register".into(),
///     path: "history.edn".into(),
///     command: "workbench check -m register --initial 0 history.edn".into(),
/// };
/// let page = html(&history, &check(&history, &Model::register(0)), about);
/// assert!(page.contains("<title>invalid: register, history.edn</title>"));
/// ```
pub fn html(history: &History, checked: &Checked, about: About) -> String {
    let (drawn, clock) = clock::drawable(history);
    let mut figures = figures(history, &checked.results, None);
    if clock == Clock::MadeUp {
        // Of times, nothing is known.
        figures.retain(|figure| figure.unit.is_empty());
    }
    let judged = JudgedHistory {
        name: about.name,
        path: about.path,
        command: about.command,
        verdict: checked.valid.into(),
        sentence: sentence(checked),
        notes: clock.note().into_iter().map(str::to_owned).collect(),
        events: history.ops().len(),
        concurrency: timeline::concurrency(history),
        figures,
    };
    let pictures = match clock {
        Clock::Own | Clock::SinceFirst => plot::charts(&drawn, &plot::faults(&drawn)).into(),
        Clock::MadeUp => Vec::new(),
    };
    let page = Page {
        subject: Subject::History(&judged),
        findings: &checked.findings,
        problems: &[],
        history: &drawn,
        recording: &Recording::default(),
        pictures: &pictures,
        drawings: &proof::drawings(&drawn, &checked.findings, None),
        logs: &[],
        files: &[],
    };
    page.html()
}
