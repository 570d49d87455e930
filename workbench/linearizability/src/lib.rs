//! Linearizability: whether calls can be put in one order, each between its beginning and
//! its end, that their object allows (Herlihy and Wing, 1990). [`check`] judges registers
//! with read, write and compare-and-set, one for each key; [`check_model`] any [`Sequential`]
//! object, of which [`models`] has the usual ones.
//!
//! ```
//! use finding::Validity;
//! use history::History;
//!
//! // Key 7 is written, and then read as if it was not.
//! let history = History::read(
//!     "{:process 0, :type :invoke, :f :write, :value [7 1]}
//!      {:process 0, :type :ok, :f :write, :value [7 1]}
//!      {:process 0, :type :invoke, :f :read, :value [7 nil]}
//!      {:process 0, :type :ok, :f :read, :value [7 2]}",
//! )?;
//! let checked = linearizability::check(&history, &linearizability::Options::default());
//! assert_eq!(checked.valid, Validity::Invalid);
//! assert!(checked.sentences()[0].contains("key 7"));
//! # Ok::<(), history::HistoryError>(())
//! ```
//!
//! - `sequential`, `object`, `any_model`, `order`, `reduction`: that trait, numbers for its
//!   states, the verdict, the search for an order, and the way to a small proof.
//! - `calls`: the history of registers, taken apart by keys.
//! - `trace`: the calls on one key as the searches take them.
//! - `moves`, `frontier`, `multisets`, `bits`: what can have happened
//!   between two returns.
//! - `sweep`, `depth_first`, `beam`, `decide`: three searches, by turns.
//! - `proof`: the fewest calls that cannot be ordered.
//! - `configurations`: where a search ended, as Knossos tells it.
//!
//! The rules for registers are those of Knossos' cas-register under jepsen.independent: a
//! register holds `nil` at first; a read of `nil` is always legal; a failed
//! call did not happen, and one of unknown outcome may at any time after its
//! beginning, or never.

mod any_model;
mod beam;
mod bits;
mod calls;
mod configurations;
mod decide;
mod depth_first;
mod frontier;
pub mod models;
mod moves;
mod multisets;
mod object;
mod order;
mod proof;
mod reduction;
mod search;
mod sequential;
mod sweep;
mod trace;

pub use any_model::check_model;
pub use sequential::{Asked, Leaving, Sequential};

use std::borrow::Cow;

use calls::{Calls, Shape};
use configurations::Configurations;
use decide::{Answer, Start, decide};
use history::History;
use history::edn::Value;
use proof::Proof;
use search::Limit;

use finding::{Checked, Evidence, Finding, Rules, Validity, Window, drawn, found};

/// How much work each search may do for one key: a second, all together. What clients
/// of a real run leave behind takes a hundredth of it.
const MOST_WORK: u64 = 1 << 23;
/// How much work there may be for all keys. Those that come after it get a
/// [`LITTLE_WORK`] each, which is enough for nearly all.
const MOST_WORK_IN_ALL: u64 = 1 << 24;
const LITTLE_WORK: u64 = 1 << 16;

/// The verdict on one key.
struct Judged<'a> {
    key: &'a Value,
    verdict: Verdict,
}

enum Verdict {
    /// With what the results say of it.
    Linearizable(Value),
    Not(Failure),
    Unknown(String),
}

/// That a key is not linearizable.
struct Failure {
    window: Window,
    results: Value,
}

/// How a history is to be judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// By whose rules.
    pub rules: Rules,
    /// What a register holds at first.
    pub initial: Value,
}

/// Judges reads, writes and cas of registers: of values `[key value]`, or of one register
/// without a key. (To Maelstrom there are only the first.)
pub fn check(history: &History, options: &Options) -> Checked {
    let is_sound = options.rules.are_sound();
    let completed = match is_sound {
        true => history.completed(),
        false => Cow::Borrowed(history),
    };
    let history = &*completed;
    let shape = match is_sound {
        true => Shape::of(history),
        false => Shape::Keyed,
    };
    let keys = match judge(history, shape, &options.initial) {
        Ok(keys) => keys,
        Err(why) => return Checked::unknown(why),
    };
    if is_sound && keys.is_empty() {
        return Checked::unknown("no read, write or cas: there is nothing to judge");
    }
    if let (Shape::Plain, [only]) = (shape, &keys[..]) {
        let (valid, results) = only.verdict.result();
        return Checked {
            valid,
            results,
            findings: findings(&keys),
        };
    }
    let mut valid = Validity::Valid;
    let mut failures = Vec::new();
    let mut results = Vec::new();
    for Judged { key, verdict } in &keys {
        let (validity, linearizable) = verdict.result();
        valid = valid.and(validity);
        if validity == Validity::Invalid {
            failures.push((*key).clone());
        }
        // As jepsen.independent has it, with what Maelstrom checks of each key.
        let result = Value::map([
            ("linearizable", linearizable),
            ("timeline", drawn()),
            ("valid?", validity.to_edn()),
        ]);
        results.push(((*key).clone(), result));
    }
    Checked {
        valid,
        results: Value::map([
            ("valid?", valid.to_edn()),
            ("results", Value::Map(results.into())),
            ("failures", failures.into()),
        ]),
        findings: findings(&keys),
    }
}

fn judge<'a>(
    history: &'a History,
    shape: Shape,
    initial: &'a Value,
) -> Result<Vec<Judged<'a>>, String> {
    let keys = calls::by_key(history, shape, initial)?.into_iter();
    let mut work = 0;
    let judged = keys.map(|(key, calls)| Judged {
        key,
        verdict: calls.map_or_else(Verdict::Unknown, |calls| {
            verdict(history, key, calls, &mut work)
        }),
    });
    Ok(judged.collect())
}

/// The verdict on a key, after this much work on others.
fn verdict(history: &History, key: &Value, calls: Calls<'_>, work: &mut u64) -> Verdict {
    let most = match *work < MOST_WORK_IN_ALL {
        true => MOST_WORK,
        false => LITTLE_WORK,
    };
    let (answer, done) = decide(&calls.all, calls.value_count(), Start::Nil, most);
    *work += done;
    match answer {
        Answer::Linearizable => {
            let mut told = Value::map([("valid?", true.into())]);
            Configurations::at_the_end(history, &calls).tell(&mut told);
            Verdict::Linearizable(told)
        }
        Answer::Not { stuck } => {
            let mut told = Value::map([("valid?", false.into())]);
            Configurations::before(history, &calls, stuck).tell_stuck(&mut told, stuck);
            let proof = Proof::find(history, calls, stuck);
            let window = proof.window(key);
            told.insert("op-index", window.stuck.into());
            if let Some(index) = proof.last_good() {
                told.insert("previous-ok-index", index.into());
            }
            told.insert("proof", window.to_edn());
            Verdict::Not(Failure {
                window,
                results: told,
            })
        }
        Answer::Unknown(Limit::Work(most)) => Verdict::Unknown(format!(
            "there are too many orders to try: no answer after {most} steps"
        )),
        Answer::Unknown(Limit::Memory | Limit::Detail) => {
            Verdict::Unknown("there are too many orders to keep in memory".into())
        }
        Answer::Unknown(Limit::Width(most)) => {
            Verdict::Unknown(format!("there are more than {most} operations at a time"))
        }
    }
}

impl Verdict {
    fn result(&self) -> (Validity, Value) {
        match self {
            Verdict::Linearizable(told) => (Validity::Valid, told.clone()),
            Verdict::Not(failure) => (Validity::Invalid, failure.results.clone()),
            Verdict::Unknown(why) => {
                let result = Value::map([
                    ("valid?", Validity::Unknown.to_edn()),
                    ("error", why.as_str().into()),
                ]);
                (Validity::Unknown, result)
            }
        }
    }
}

fn findings(keys: &[Judged<'_>]) -> Vec<Finding> {
    let mut invalid = Vec::new();
    let mut unknown = Vec::new();
    for Judged { key, verdict } in keys {
        match verdict {
            Verdict::Linearizable(_) => {}
            Verdict::Not(failure) => invalid.push(&failure.window),
            Verdict::Unknown(why) => unknown.push((key, why)),
        }
    }
    let window = |window: &&Window| Evidence::Window((*window).clone());
    let invalid = found(
        "nonlinearizable",
        "keys are not linearizable",
        &invalid,
        window,
    );
    let why =
        |(key, why): &(&&Value, &String)| Evidence::Statement(format!("key {key}: {why}").into());
    let unknown = found("unknown", "keys are unknown", &unknown, why);
    invalid.into_iter().chain(unknown).collect()
}

#[cfg(test)]
mod tests;
