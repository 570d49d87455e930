//! The operations of a history as charts see them: when, how long, which
//! function, how it ended.

use history::{History, OpType};

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// It has happened.
    Ok,
    /// Nobody knows, or it has not ended.
    Info,
    /// It has not happened.
    Fail,
}

impl Outcome {
    /// All of them; those drawn later lie above.
    pub(super) const ALL: [Outcome; 3] = [Outcome::Ok, Outcome::Info, Outcome::Fail];

    /// As in the history, and the class of its colour.
    pub(super) fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Info => "info",
            Outcome::Fail => "fail",
        }
    }
}

/// A client's operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    /// When it began, in seconds.
    pub(super) begin: f64,
    /// When it ended, in seconds, if it did.
    pub(super) end: Option<f64>,
    /// How long it took, in milliseconds; up to the history's end if it has none.
    pub(super) latency: f64,
    /// How it ended.
    pub(super) outcome: Outcome,
    /// Its function's place among [`Operations::functions`].
    pub(super) function: usize,
}

/// All operations of a history.
#[derive(Debug)]
pub(super) struct Operations {
    /// In the order in which they began.
    pub(super) all: Vec<Operation>,
    /// The names of functions in the order of their first use.
    pub(super) functions: Vec<String>,
    /// From when to when the history goes, in seconds. Never empty.
    pub(super) span: (f64, f64),
}

/// Functions that are told apart, as many as there are shapes; the last is all
/// others.
pub(super) const FUNCTIONS: usize = 6;

impl Operations {
    pub(super) fn new(history: &History) -> Self {
        let span = span(history);
        let mut functions: Vec<String> = Vec::new();
        let mut all = Vec::new();
        for (place, op) in history.clients() {
            if op.typ != OpType::Invoke {
                continue;
            }
            let end = history.pair(place);
            let name = match functions.iter().any(|known| *known == op.f) {
                true => &*op.f,
                false if functions.len() < FUNCTIONS - 1 => &*op.f,
                false => "others",
            };
            let known = functions.iter().position(|known| known == name);
            let function = known.unwrap_or_else(|| {
                functions.push(name.to_owned());
                functions.len() - 1
            });
            let begin = seconds(op.time);
            let until = end.map(|end| seconds(end.time));
            all.push(Operation {
                begin,
                end: until,
                latency: ((until.unwrap_or(span.1) - begin) * 1e3).max(0.0),
                outcome: match end.map(|end| end.typ) {
                    Some(OpType::Ok) => Outcome::Ok,
                    Some(OpType::Fail) => Outcome::Fail,
                    _ => Outcome::Info,
                },
                function,
            });
        }
        Operations {
            all,
            functions,
            span,
        }
    }

    /// How many have this outcome.
    pub(super) fn count(&self, outcome: Outcome) -> usize {
        let operations = self.all.iter();
        operations.filter(|op| op.outcome == outcome).count()
    }

    /// Each function with each outcome.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (usize, Outcome)> {
        let functions = self.functions.len();
        let outcomes = Outcome::ALL.into_iter();
        outcomes.flat_map(move |outcome| (0..functions).map(move |f| (f, outcome)))
    }
}

/// Nanoseconds, as histories have them, in seconds.
pub(super) fn seconds(time: i64) -> f64 {
    time as f64 / 1e9
}

/// From the start, or what is before it, to the last event.
pub(super) fn span(history: &History) -> (f64, f64) {
    let times = || history.ops().iter().map(|op| seconds(op.time));
    let begin = times().fold(0.0, f64::min);
    // A millisecond at least: an axis has to have two ends.
    (begin, times().fold(begin + 1e-3, f64::max))
}
