//! The verdict on a history of objects of any kind, one for each key.

use std::collections::BTreeMap;

use finding::{Case, Checked, Evidence, Finding, Operation, Validity, found};
use history::edn::Value;
use history::{History, Op, OpType};

use crate::object::{Numbered, Object};
use crate::order::{Answer, Bounds, Call, Search};
use crate::reduction;
use crate::sequential::{Keys, Leaving, Sequential};

/// How much each search may do for one key, and how much there may be for all keys.
/// Those that come after get [`LITTLE`].
const MOST: Bounds = Bounds {
    steps: 1 << 21,
    bytes: 1 << 27,
};
const MOST_IN_ALL: u64 = 1 << 23;
const LITTLE: Bounds = Bounds {
    steps: 1 << 16,
    bytes: 1 << 24,
};

enum Verdict {
    Linearizable,
    Not(Failure),
    Unknown(String),
}

struct Failure {
    case: Case,
    /// The call that no order explains, and those of the proof.
    results: [(&'static str, Value); 2],
}

/// Whether the operations of a history have an order that this object allows: each
/// between its beginning and its end. What failed did not happen; what has no known end
/// may have at any time since, or never.
///
/// If all values are `[key value]`, or all operations have a `:key`, there is an object for
/// each key.
pub fn check_model<M: Sequential>(history: &History, model: &M) -> Checked {
    check(history, &mut Numbered::new(model))
}

fn check(history: &History, object: &mut dyn Object) -> Checked {
    let completed = history.completed();
    let history = &*completed;
    let keys = Keys::of(history);
    let objects = match calls(history, object, keys) {
        Ok(objects) => objects,
        Err(why) => return Checked::unknown(why),
    };
    if objects.values().all(Vec::is_empty) {
        let name = object.name();
        return Checked::unknown(format!("no operation says anything of a {name}"));
    }
    let mut steps = 0;
    let mut judged = Vec::new();
    for (key, calls) in objects {
        let bounds = match steps < MOST_IN_ALL {
            true => MOST,
            false => LITTLE,
        };
        let of = (keys != Keys::None).then_some(key);
        object.forget_states();
        let start = object.initial();
        let (answer, done) = Search::new(object, &calls, bounds).run(vec![start]);
        steps += done;
        let verdict = match answer {
            Answer::Order => Verdict::Linearizable,
            Answer::None { stuck } => Verdict::Not(failure(history, object, of, calls, stuck)),
            Answer::TooManySteps => Verdict::Unknown(format!(
                "there are too many orders to try: no answer after {} steps",
                bounds.steps
            )),
            Answer::TooManyBytes => {
                Verdict::Unknown("there are too many orders to keep in memory".into())
            }
        };
        judged.push((of, verdict));
    }
    told(object.name(), &judged)
}

/// The calls on each object that say something.
pub(super) fn calls<'a>(
    history: &'a History,
    object: &mut dyn Object,
    keys: Keys,
) -> Result<BTreeMap<&'a Value, Vec<Call>>, String> {
    let mut objects: BTreeMap<&Value, Vec<Call>> = BTreeMap::new();
    for (place, op) in history.clients() {
        if op.typ != OpType::Invoke {
            if op.typ != OpType::Info && history.pair_place(place).is_none() {
                let Op { index, process, .. } = op;
                return Err(format!(
                    "operation {index} of client {process} ended, but never began"
                ));
            }
            continue;
        }
        let Some((key, asked)) = keys.asked(history, place)? else {
            continue;
        };
        let calls = objects.entry(key).or_default();
        let Some(operation) = object.operation(&asked)? else {
            continue;
        };
        let returned = asked.outcome.and_then(|_| history.pair_place(place));
        // Nobody sees whether it happened, nor what came of it.
        if returned.is_none() && object.leaving(operation) == Leaving::Alone {
            continue;
        }
        calls.push(Call {
            operation,
            invoked: place,
            returned,
        });
    }
    Ok(objects)
}

fn failure(
    history: &History,
    object: &mut dyn Object,
    key: Option<&Value>,
    calls: Vec<Call>,
    stuck: usize,
) -> Failure {
    let end = |call: &Call| &history.ops()[call.returned.unwrap_or(call.invoked)];
    let returned = calls[stuck].returned.unwrap_or_default();
    let stuck = end(&calls[stuck]);
    let proof = reduction::reduce(object, calls, returned);
    let operations: Vec<Operation> = proof.calls.iter().map(|call| end(call).into()).collect();
    let mut words = String::new();
    if let Some(key) = key {
        words += &format!("key {key}: ");
    }
    if proof.is_from_anywhere {
        words += &format!("whatever the {} was before, ", object.name());
    }
    let Op {
        process, f, value, ..
    } = stuck;
    words += "no order of these operations ";
    if !proof.is_from_anywhere {
        words += &format!("on a {} ", object.name());
    }
    words += &match value {
        Value::Nil => format!("lets client {process}'s {f} succeed"),
        value => format!("lets client {process}'s {f} end with {value}"),
    };
    let results = [
        ("op", stuck.to_edn()),
        (
            "proof",
            proof.calls.iter().map(|call| end(call).to_edn()).collect(),
        ),
    ];
    Failure {
        case: Case { words, operations },
        results,
    }
}

/// What is said of all objects.
fn told(name: &str, judged: &[(Option<&Value>, Verdict)]) -> Checked {
    let mut valid = Validity::Valid;
    let mut results = Vec::new();
    let (mut failures, mut cases, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for (key, verdict) in judged {
        let (validity, more) = match verdict {
            Verdict::Linearizable => (Validity::Valid, None),
            Verdict::Not(failure) => {
                cases.push(&failure.case);
                failures.extend(key.cloned());
                (Validity::Invalid, Some(failure.results.clone().to_vec()))
            }
            Verdict::Unknown(why) => {
                let of = key.map(|key| format!("key {key}: ")).unwrap_or_default();
                unknown.push(format!("{of}{why}"));
                (
                    Validity::Unknown,
                    Some(vec![("error", why.as_str().into())]),
                )
            }
        };
        valid = valid.and(validity);
        let mut result = Value::map([("valid?", validity.to_edn()), ("model", name.into())]);
        for (name, value) in more.into_iter().flatten() {
            result.insert(name, value);
        }
        results.push((key.cloned(), result));
    }
    let results = match &mut results[..] {
        [(None, result)] => std::mem::take(result),
        _ => {
            let of = |(key, result): (Option<Value>, Value)| (key.unwrap_or_default(), result);
            Value::map([
                ("valid?", valid.to_edn()),
                ("results", Value::Map(results.into_iter().map(of).collect())),
                ("failures", failures.into()),
            ])
        }
    };
    let case = |case: &&Case| Evidence::Case((*case).clone());
    let invalid = found("nonlinearizable", "keys are not linearizable", &cases, case);
    let why = |why: &String| Evidence::Statement(why.clone().into());
    let unknown = found("unknown", "keys are unknown", &unknown, why);
    let findings: Vec<Finding> = invalid.into_iter().chain(unknown).collect();
    Checked {
        valid,
        results,
        findings,
    }
}
