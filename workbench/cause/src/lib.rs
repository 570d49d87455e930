//! Why a run is not valid: what the messages say of what the checkers found.
//!
//! A checker knows the history alone: that element 5 is lost, that a read is stale. What
//! its author has to mend is in the messages: that the only one with element 5 to n3 was
//! lost in a partition, that n1 answered the read without asking anyone. [`find`] puts the
//! two together, and says it in a sentence for all cases that have the same cause.
//!
//! ```
//! use finding::{Evidence, Finding, Twins};
//! use history::History;
//! use recording::Recording;
//!
//! let history = History::read(
//!     r#"{:process 0, :type :invoke, :f :generate, :value nil}
//!        {:process 1, :type :invoke, :f :generate, :value nil}
//!        {:process 0, :type :ok, :f :generate, :value "0-1"}
//!        {:process 1, :type :ok, :f :generate, :value "0-1"}"#,
//! )?;
//! let mut recording = Recording::default();
//! # use std::time::Duration;
//! # let mut event = |line: &str| {
//! #     let line: recording::EventLine = serde_json::from_str(line).unwrap();
//! #     recording.event(Duration::ZERO, &line.event);
//! # };
//! # event(r#"{"time":0,"event":"nodes","nodes":["n0","n1"]}"#);
//! # event(r#"{"time":0,"event":"client","process":0,"node":0}"#);
//! # event(r#"{"time":0,"event":"client","process":1,"node":1}"#);
//! // (It was told of nodes and clients, and each message.)
//! let twins = Evidence::Twins(Twins {
//!     id: "0-1".into(),
//!     operations: history.ops()[2..].iter().map(Into::into).collect(),
//!     count: 2,
//! });
//! let causes = cause::find(&[Finding::new("duplicate", "", [twins])], &history, &recording);
//! assert_eq!(
//!     causes[0].words,
//!     "an id is given more than once for one reason: different nodes give the same one, so \
//!      nothing in it says which node made it: n0 and n1 both gave \"0-1\""
//! );
//! # Ok::<(), history::HistoryError>(())
//! ```
//!
//! No cause is made up: what is said is what the messages show, and where they show
//! nothing, nothing is said. Nodes' protocols are unknown here: that a message carries an
//! element is seen from its value, which is in it; what a node did for a request is what
//! it sent between that and its reply.

pub mod carriers;
mod element;
mod ids;
mod log;
mod register;
mod reply;
mod run;
mod service;
mod silence;
mod stale;
mod storm;
mod sum;
mod transactions;
mod words;

use finding::{Evidence, Finding};
use history::History;
use recording::Recording;

use run::Run;

pub use stale::{OldState, old_states};

/// Why something is as it is, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// `storm`, if nodes send without end, which may cause anything; `no-reply`, if they never
    /// answer some kind of request; or else `cause`.
    pub kind: &'static str,
    /// The sentence, without a full stop.
    pub words: String,
    /// The operations of its example, by their index in the history.
    pub operations: Vec<usize>,
}

/// How many causes are told at most.
const MOST: usize = 3;

/// What is wrong with the nodes of a run whatever was found: that they send without end, or
/// never answer.
fn of_all(run: &Run<'_>) -> Vec<Cause> {
    let causes = [storm::cause(run), silence::cause(run)];
    causes.into_iter().flatten().collect()
}

/// The causes of these findings on a run, the one first of what was found first; none, if
/// its messages were not recorded.
pub fn find(findings: &[Finding], history: &History, recording: &Recording) -> Vec<Cause> {
    if recording.nodes().is_empty() {
        return Vec::new();
    }
    let run = Run::new(history, recording);
    let mut causes = of_all(&run);
    // Findings that look alike have the same cause: of each kind of evidence one is told.
    let mut told = Vec::new();
    for finding in findings {
        let Some(first) = finding.cases.first() else {
            continue;
        };
        let (of, cause): (_, fn(&Finding, &Run<'_>) -> Option<Cause>) = match first {
            Evidence::Element(_) => ("elements", element::cause),
            Evidence::Twins(_) => ("ids", ids::cause),
            Evidence::Offsets(_) => ("logs", log::cause),
            Evidence::Sum(_) => ("sums", sum::cause),
            Evidence::Window(_) => ("registers", register::cause),
            Evidence::Mismatch(_) => ("replies", reply::cause),
            Evidence::Cycle(_) | Evidence::Contradiction(_) => {
                ("transactions", transactions::cause)
            }
            _ => continue,
        };
        if told.contains(&of) {
            continue;
        }
        let known = |cause: &Cause| causes.iter().any(|other| other.words == cause.words);
        if let Some(cause) = cause(finding, &run).filter(|cause| !known(cause)) {
            causes.push(cause);
            told.push(of);
        }
    }
    causes.truncate(MOST);
    causes
}
