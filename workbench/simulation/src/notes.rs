//! What explains a verdict, or says what it is worth, and is no fault by itself: that
//! nodes did not talk to each other, or what their messages say ([`cause`]); that they talk
//! too much, that the clients did less than was asked of them, or that a node's last line
//! never ended. (That a node died after it had acknowledged what is lost is in [`deaths`].)

pub(crate) mod deaths;

use cause::Cause;
use history::edn::Value;
use recording::Recording;
use verdict::finding::{Evidence, Statement};
use verdict::{Checked, Finding, Validity};

use crate::run::{MainPhase, Outcome};

/// More messages between servers than this for each operation are told.
const MANY: u64 = 100;
/// Below this part of the operations asked for, the rate counts as not reached, if this
/// many were asked for at least.
const ENOUGH: f64 = 0.8;
const AT_LEAST: f64 = 20.0;

/// Why there are these findings: that the nodes told each other nothing, though their clients
/// share a state, or else what the messages of a run say, as far as they were recorded.
pub(crate) fn causes(
    findings: &[Finding],
    shares_state: bool,
    outcome: &Outcome,
    recording: &Recording,
) -> Checked {
    let mut causes = cause::find(findings, &outcome.history, recording);
    let is_silent = outcome.messages.servers().sent == 0;
    let first = findings.first().and_then(|first| first.cases.first());
    let is_of_one_reply = first.is_some_and(is_of_one_reply);
    if is_of_one_reply && !matches!(first, Some(Evidence::Mismatch(_))) {
        // It says itself what is wrong, before what follows from that.
        causes.retain(|cause| cause.kind != "cause");
    }
    if is_silent
        && shares_state
        && !is_of_one_reply
        && outcome.nodes > 1
        && outcome.history.begun() > 0
    {
        causes.retain(|cause| cause.kind == "no-reply");
        causes.push(Cause {
            kind: "no-messages",
            words: "the nodes sent nothing to each other, nor to a service: each knows only what \
                    its own clients told it"
                .into(),
            operations: Vec::new(),
        });
    }
    let named = |cause: &Cause| {
        let statement = Statement {
            words: cause.words.clone(),
            operations: cause.operations.clone(),
        };
        Finding::new(cause.kind, "", [Evidence::Statement(statement)])
    };
    let words = causes.iter().map(|cause| (cause.kind, cause.words.clone()));
    Checked {
        findings: causes.iter().map(named).collect(),
        ..told(words.collect())
    }
}

/// Whether a reply is wrong by itself, whatever other nodes know.
fn is_of_one_reply(evidence: &Evidence) -> bool {
    use verdict::finding::Contradiction;
    use verdict::finding::element::Fate;
    match evidence {
        Evidence::Reply(_) | Evidence::Mismatch(_) => true,
        Evidence::Contradiction(contradiction) => matches!(
            contradiction,
            Contradiction::Internal { .. } | Contradiction::FutureRead { .. }
        ),
        Evidence::Element(element) => {
            matches!(
                element.fate,
                Fate::Invented(_) | Fate::Refused(_) | Fate::Repeated(_)
            )
        }
        _ => false,
    }
}

/// Whether it is one of those.
pub(crate) fn is_cause(finding: &Finding) -> bool {
    ["cause", "no-messages", "no-reply", "storm"].contains(&&*finding.anomaly)
}

/// The notes on a run.
pub(crate) fn check(outcome: &Outcome) -> Checked {
    let mut notes: Vec<(&str, String)> = Vec::new();
    let begun = outcome.history.begun();
    let servers = outcome.messages.servers().sent;
    if servers > MANY * begun.max(1) as u64 {
        let note = format!(
            "{servers} messages between servers for {begun} operations: {:.0} for each",
            servers as f64 / begun.max(1) as f64
        );
        notes.push(("many-messages", note));
    }
    if let Some(MainPhase { requested, begun }) = outcome.main_phase
        && requested >= AT_LEAST
        && (begun as f64) < ENOUGH * requested
    {
        let note = format!(
            "the rate was not reached: clients began {begun} of about {requested:.0} operations, \
             since all of them were waiting for replies; more clients (--concurrency) begin more"
        );
        notes.push(("low-rate", note));
    }
    for (node, bytes) in &outcome.unfinished {
        let note = format!(
            "at the end, {node} had written {bytes} bytes to stdout without a newline: is its \
             stdout buffered, and not flushed after each message?"
        );
        notes.push(("unfinished-line", note));
    }
    told(notes)
}

fn told(notes: Vec<(&str, String)>) -> Checked {
    let texts = notes.iter().map(|(_, note)| note.as_str().into());
    Checked {
        valid: Validity::Valid,
        results: Value::map([
            ("valid?", true.into()),
            ("notes", Value::Vector(texts.collect())),
        ]),
        findings: notes
            .into_iter()
            .map(|(name, note)| Finding::statement(name, note))
            .collect(),
    }
}
