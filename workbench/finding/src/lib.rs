//! What a checker says: a verdict, its results, and its findings.
//!
//! A [`Finding`] is a value: the name of an anomaly, and for each case of it the
//! [`Evidence`], with the operations that prove it. A sentence is its `Display`; pictures
//! and pages are made from it, too. A checker of one's own gives the evidence that fits:
//!
//! ```
//! use finding::{Case, Evidence, Finding, Operation};
//! use history::History;
//!
//! let history = History::read(
//!     "{:process 0, :type :invoke, :f :lock, :value nil}
//!      {:process 0, :type :ok, :f :lock, :value nil}
//!      {:process 1, :type :invoke, :f :lock, :value nil}
//!      {:process 1, :type :ok, :f :lock, :value nil}",
//! )?;
//! let both = [1, 3].map(|place| Operation::from(&history.ops()[place]));
//! let case = Evidence::Case(Case {
//!     words: "two clients hold the lock".into(),
//!     operations: both.into(),
//! });
//! let finding = Finding::new("double-lock", "locks are held twice", [case]);
//! assert_eq!(
//!     finding.sentences(),
//!     ["two clients hold the lock: client 0's lock (operation 1), client 1's lock (operation 3)"]
//! );
//! # Ok::<(), history::HistoryError>(())
//! ```
//!
//! Findings are kept as JSON: [`write()`] and [`read()`].
//!
//! - [`evidence`]: what proves a finding, by what it looks like.
//! - [`contradiction`], [`cycle`]: of transactions. [`window`]: of operations on a
//!   register. [`element`]: of a set. [`log`]: of logs with offsets.
//! - [`glossary`]: what the names of anomalies mean.

pub mod contradiction;
pub mod cycle;
pub mod element;
pub mod evidence;
pub mod glossary;
mod json;
pub mod log;
mod reply;
pub mod window;

use std::sync::Arc;
use std::{fmt, iter};

use history::edn::Value;
use serde::{Deserialize, Serialize};

pub use contradiction::Contradiction;
pub use cycle::Cycle;
pub use element::Element;
pub use evidence::{Case, Evidence, Mismatch, Operation, Statement, Sum, Twins};
pub use json::{read, write};
pub use reply::Reply;
pub use window::Window;

/// Whether a history is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Validity {
    /// It is.
    Valid,
    /// There is no telling.
    Unknown,
    /// It is not.
    Invalid,
}

impl Validity {
    /// The verdict on a whole from those on two parts: the worse.
    pub fn and(self, other: Validity) -> Validity {
        self.max(other)
    }

    /// As the value of `:valid?`: `true`, `:unknown` or `false`.
    pub fn to_edn(self) -> Value {
        match self {
            Validity::Valid => Value::Bool(true),
            Validity::Unknown => Value::keyword("unknown"),
            Validity::Invalid => Value::Bool(false),
        }
    }

    /// The exit status of a command: 0, 2 or 1.
    pub fn exit_status(self) -> u8 {
        match self {
            Validity::Valid => 0,
            Validity::Unknown => 2,
            Validity::Invalid => 1,
        }
    }
}

impl From<bool> for Validity {
    fn from(valid: bool) -> Self {
        match valid {
            true => Validity::Valid,
            false => Validity::Invalid,
        }
    }
}

/// By whose rules a history is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rules {
    /// What is proven to be wrong is invalid, and valid is only said of what was judged.
    #[default]
    Sound,
    /// As Maelstrom v0.2.4 judges, which lets some of what is wrong pass.
    Maelstrom,
}

impl Rules {
    /// Whether these are the sound ones.
    pub fn are_sound(self) -> bool {
        self == Rules::Sound
    }
}

/// What a checker says.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The verdict.
    pub valid: Validity,
    /// The results as a map, `:valid?` among them.
    pub results: Value,
    /// What is wrong; the first says most.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// That there is no telling, and why.
    pub fn unknown(why: impl Into<String>) -> Self {
        let why = why.into();
        Checked {
            valid: Validity::Unknown,
            results: Value::map([
                ("valid?", Validity::Unknown.to_edn()),
                ("error", why.as_str().into()),
            ]),
            findings: vec![Finding::statement("unknown", why)],
        }
    }

    /// Gives it this verdict.
    pub fn set(&mut self, valid: Validity) {
        self.valid = valid;
        if let Value::Map(entries) = &mut self.results {
            let entry = (Value::keyword("valid?"), valid.to_edn());
            let of_verdict = |(key, _): &&mut (Value, Value)| *key == entry.0;
            match Arc::make_mut(entries).iter_mut().find(of_verdict) {
                Some(known) => *known = entry,
                None => *entries = iter::once(&entry).chain(&**entries).cloned().collect(),
            }
        }
    }

    /// Says that there is no telling, and why.
    pub fn set_unknown(&mut self, why: String) {
        self.set(Validity::Unknown);
        self.results.insert("error", why.as_str().into());
        self.findings.insert(0, Finding::statement("unknown", why));
    }

    /// What is wrong, a sentence each.
    pub fn sentences(&self) -> Vec<String> {
        self.findings.iter().flat_map(Finding::sentences).collect()
    }

    /// # Panics
    /// Unless the verdict is valid: with what is wrong. For tests.
    #[track_caller]
    pub fn assert_valid(&self) {
        assert!(self.valid == Validity::Valid, "{self}");
    }

    /// Takes another checker's results in, under this name.
    pub fn add(&mut self, name: &str, part: Checked) {
        self.valid = self.valid.and(part.valid);
        self.results.remove("valid?");
        self.results.insert(name, part.results);
        self.results.insert("valid?", self.valid.to_edn());
        self.findings.splice(0..0, part.findings);
    }
}

/// The verdict in a word, and a line for each sentence.
impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.valid {
            Validity::Valid => "valid",
            Validity::Unknown => "unknown",
            Validity::Invalid => "INVALID",
        })?;
        let mut sentences = self.sentences().into_iter();
        sentences.try_for_each(|sentence| write!(f, "\n- {sentence}"))
    }
}

/// The results of several checkers under their names, and `:valid?` for all.
pub fn compose<'a>(parts: impl IntoIterator<Item = (&'a str, Checked)>) -> Checked {
    let mut all = Checked {
        valid: Validity::Valid,
        results: Value::map([]),
        findings: Vec::new(),
    };
    for (name, part) in parts {
        all.valid = all.valid.and(part.valid);
        all.results.insert(name, part.results);
        all.findings.extend(part.findings);
    }
    all.results.insert("valid?", all.valid.to_edn());
    all
}

/// What Jepsen's checkers say that judge nothing, but draw.
pub fn drawn() -> Value {
    Value::map([("valid?", true.into())])
}

/// How many cases of an anomaly are kept, and put in words.
pub const LISTED: usize = 10;

/// An anomaly, with the cases that prove it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its name: Jepsen's or Elle's where they have one, such as `lost` or `G1c`.
    pub anomaly: String,
    /// Its cases, those that say most first; at most [`LISTED`].
    pub cases: Vec<Evidence>,
    /// How many there are in all.
    pub count: usize,
    /// How many of them are put in words: [`LISTED`], where a case more tells more, but
    /// 1 or 0 where one is like the other or follows from another finding.
    pub told: usize,
    /// What the others are called: "and 5 more ...".
    pub more: String,
}

impl Finding {
    /// Of these cases.
    pub fn new(
        anomaly: impl Into<String>,
        more: impl Into<String>,
        cases: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let mut cases = cases.into_iter();
        let first: Vec<Evidence> = cases.by_ref().take(LISTED).collect();
        Finding {
            anomaly: anomaly.into(),
            count: first.len() + cases.count(),
            cases: first,
            told: LISTED,
            more: more.into(),
        }
    }

    /// A sentence about the whole history.
    pub fn statement(anomaly: impl Into<String>, words: impl Into<String>) -> Self {
        Finding::new(anomaly, "", [Evidence::Statement(words.into().into())])
    }

    /// The same, of which this many cases are told.
    #[must_use]
    pub fn telling(self, told: usize) -> Self {
        Finding { told, ..self }
    }

    /// The cases that are put in words.
    pub fn told(&self) -> &[Evidence] {
        &self.cases[..self.cases.len().min(self.told)]
    }

    /// It in words: a sentence for each case that is told, and how many more there are.
    pub fn sentences(&self) -> Vec<String> {
        self.lines().into_iter().map(|line| line.words).collect()
    }

    /// The same, each with the operations that it names.
    pub fn lines(&self) -> Vec<Statement> {
        let told = self.told();
        let line = |case: &Evidence| Statement {
            words: self.sentence(case),
            operations: case.operations(),
        };
        let mut lines: Vec<Statement> = told.iter().map(line).collect();
        if !told.is_empty() && self.count > told.len() {
            let more = self.count - told.len();
            lines.push(format!("and {more} more {}", self.more).into());
        }
        lines
    }

    /// A case in words. Of transactions the name of the anomaly says what the case does
    /// not.
    fn sentence(&self, case: &Evidence) -> String {
        match case {
            Evidence::Cycle(_) | Evidence::Contradiction(_) => format!("{}: {case}", self.anomaly),
            _ => case.to_string(),
        }
    }
}

/// The finding that these faults make, if there are any.
pub fn found<T>(
    anomaly: &str,
    more: &str,
    faults: &[T],
    evidence: impl Fn(&T) -> Evidence,
) -> Option<Finding> {
    let cases = faults.iter().take(LISTED).map(evidence);
    (!faults.is_empty()).then(|| Finding {
        count: faults.len(),
        ..Finding::new(anomaly, more, cases)
    })
}
