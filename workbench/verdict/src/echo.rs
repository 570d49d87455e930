//! Whether every reply held just the payload of its request. Operations whose
//! outcome is not known are left out; a failed one counts as an error.

use history::edn::Value;
use history::{History, OpType};

use finding::{Mismatch, found};

use super::{Checked, Evidence, Rules, Validity};
use jepsen::keys::stranger;

/// Compares what was asked with what was echoed.
pub fn check(history: &History, rules: Rules) -> Checked {
    let mut errors = Vec::new();
    if let Some(why) = stranger(history, &["echo"]).filter(|_| rules.are_sound()) {
        return Checked::unknown(why);
    }
    let mut wrong = Vec::new();
    for (place, sent) in history.clients().filter(|(_, op)| op.typ == OpType::Invoke) {
        let Some(got) = history.pair(place) else {
            continue;
        };
        if got.typ == OpType::Info || got.value.get("echo").unwrap_or(&Value::Nil) == &sent.value {
            continue;
        }
        errors.push(Value::from([
            "Expected a message with :echo".into(),
            sent.value.clone(),
            "But received".into(),
            got.value.clone(),
        ]));
        wrong.push((sent, got));
    }
    if rules.are_sound() && !history.clients().any(|(_, op)| op.f == "echo") {
        return Checked::unknown("no echo was asked for: there is nothing to judge");
    }
    let finding = found("echo", "replies are no echo", &wrong, |(sent, got)| {
        Evidence::Mismatch(Mismatch {
            sent: (*sent).into(),
            asked: sent.value.clone(),
            got: (*got).into(),
            came: match got.typ {
                OpType::Fail => got.get("error").cloned().unwrap_or_default(),
                _ => got.value.clone(),
            },
        })
    });
    let valid = errors.is_empty();
    Checked {
        valid: Validity::from(valid),
        results: Value::map([
            ("valid?", valid.into()),
            ("error-count", errors.len().into()),
            ("errors", Value::list(errors)),
        ]),
        findings: finding.into_iter().collect(),
    }
}
