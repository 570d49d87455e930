//! The verdict on a run: all checkers' results together, as Maelstrom composes
//! them, and what the nodes did wrong.

use history::History;
use history::edn::Value;
use verdict::{self, Availability, Checked, Finding, Rules, Validity};

use recording::Recording;

use crate::notes;
use crate::run::{Outcome, Problem, Unanswered};
use crate::workload::Workload;

/// Judges a history by itself: its workload's checker and those that all have.
pub fn history(
    workload: &dyn Workload,
    history: &History,
    availability: Option<Availability>,
    rules: Rules,
) -> Checked {
    let mut parts = parts(workload, history, availability, rules);
    if rules.are_sound() {
        // That nothing of a kind succeeded is told, but no proof of anything.
        let stats = parts.iter_mut().filter(|(name, _)| *name == "stats");
        stats.for_each(|(_, stats)| stats.set(Validity::Valid));
    }
    verdict::compose(parts)
}

/// Judges a run, and says why it is not valid, as far as the messages that were recorded say so.
pub fn run(
    workload: &dyn Workload,
    outcome: &Outcome,
    recording: &Recording,
    availability: Option<Availability>,
    rules: Rules,
) -> Checked {
    let history = &outcome.history;
    let mut all = parts(workload, history, availability, rules);
    let begun = history.begun();
    let place = all.len() - 1;
    all.insert(
        place,
        (
            "net",
            Checked {
                valid: Validity::Valid,
                results: outcome.messages.results(begun as u64),
                findings: Vec::new(),
            },
        ),
    );
    all.insert(0, ("nodes", nodes(&outcome.problems)));
    if !outcome.unanswered.is_empty() {
        all.push(("services", services(&outcome.unanswered)));
    }
    let valid = all.iter().map(|(_, part)| part.valid);
    let valid = valid.fold(Validity::Valid, Validity::and);
    let of_workload = all.iter().find(|(name, _)| *name == "workload");
    let findings = of_workload.map_or(&[][..], |(_, part)| &part.findings);
    let deaths = notes::deaths::check(outcome, findings);
    if valid == Validity::Invalid && !deaths.findings.is_empty() {
        // The cause comes before what it caused.
        all.insert(0, ("deaths", deaths));
    }
    let notes = notes::check(outcome);
    if !notes.findings.is_empty() {
        all.push(("notes", notes));
    }
    let mut checked = verdict::compose(all);
    explain(&mut checked, workload.shares_state(), outcome, recording);
    checked
}

/// Adds to a verdict on a run why it is so, as far as its messages say that, in place of what
/// was said before.
pub(crate) fn explain(
    checked: &mut Checked,
    shares_state: bool,
    outcome: &Outcome,
    recording: &Recording,
) {
    if checked.valid != Validity::Invalid {
        return;
    }
    if checked.results.remove("causes").is_some() {
        checked.findings.retain(|finding| !notes::is_cause(finding));
    }
    let causes = notes::causes(&checked.findings, shares_state, outcome, recording);
    if causes.findings.is_empty() {
        return;
    }
    // A death comes before what it caused, too.
    let is_death = |finding: &&Finding| finding.anomaly == "death";
    let deaths = checked.findings.iter().take_while(is_death).count();
    checked.results.insert("causes", causes.results);
    checked.findings.splice(deaths..deaths, causes.findings);
}

fn parts(
    workload: &dyn Workload,
    history: &History,
    availability: Option<Availability>,
    rules: Rules,
) -> Vec<(&'static str, Checked)> {
    let drawing = |results| Checked {
        valid: Validity::Valid,
        results,
        findings: Vec::new(),
    };
    let perf = Value::map([
        ("latency-graph", verdict::drawn()),
        ("rate-graph", verdict::drawn()),
        ("valid?", true.into()),
    ]);
    vec![
        ("perf", drawing(perf)),
        ("timeline", drawing(verdict::drawn())),
        ("exceptions", verdict::exceptions::check(history)),
        ("stats", verdict::stats::check(history)),
        (
            "availability",
            verdict::availability::check(history, availability),
        ),
        ("workload", workload.check(history, rules)),
    ]
}

/// What services did not answer. That is no fault as such: Maelstrom's answer
/// neither.
fn services(unanswered: &[Unanswered]) -> Checked {
    let requests = unanswered.iter().map(|unanswered| {
        Value::map([
            ("service", unanswered.service.as_str().into()),
            ("count", unanswered.count.into()),
            ("why", unanswered.why.as_str().into()),
            ("node", unanswered.node.as_str().into()),
            ("time", (unanswered.time.as_nanos() as i64).into()),
            ("message", unanswered.line.as_str().into()),
        ])
    });
    Checked {
        valid: Validity::Valid,
        results: Value::map([
            ("valid?", true.into()),
            ("unanswered", Value::List(requests.collect())),
        ]),
        findings: unanswered
            .iter()
            .map(|unanswered| Finding::statement("unanswered", unanswered.to_string()))
            .collect(),
    }
}

/// Whether the nodes kept to the protocol. Maelstrom has no such section: there
/// a node that ends is an error of the whole test, and one that breaks the
/// protocol falls silent.
fn nodes(problems: &[Problem]) -> Checked {
    let valid = problems.is_empty();
    let mut results = Value::map([("valid?", valid.into())]);
    if !valid {
        let problems = problems.iter().map(|problem| {
            let words = problem.last_words.iter();
            Value::map([
                ("node", problem.node.as_str().into()),
                ("time", (problem.time.as_nanos() as i64).into()),
                ("problem", problem.what.as_str().into()),
                (
                    "last-words",
                    Value::Vector(words.map(|line| line.as_str().into()).collect()),
                ),
            ])
        });
        results.insert("problems", Value::Vector(problems.collect()));
    }
    Checked {
        valid: Validity::from(valid),
        results,
        // Reported on their own, with the log.
        findings: Vec::new(),
    }
}
