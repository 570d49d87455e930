//! Whether every reply held just the payload of its request. Operations whose
//! outcome is not known are left out; a failed one counts as an error.

use history::edn::Value;
use history::{History, OpType};

use super::{Checked, Validity};

/// Compares what was asked with what was echoed.
pub fn check(history: &History) -> Checked {
    let mut errors = Vec::new();
    let mut findings = Vec::new();
    for (place, sent) in history.clients().filter(|(_, op)| op.typ == OpType::Invoke) {
        let Some(got) = history.pair(place) else {
            continue;
        };
        if got.typ == OpType::Info || got.value.get("echo").unwrap_or(&Value::Nil) == &sent.value {
            continue;
        }
        errors.push(Value::Vector(vec![
            "Expected a message with :echo".into(),
            sent.value.clone(),
            "But received".into(),
            got.value.clone(),
        ]));
        findings.push(match got.typ {
            OpType::Fail => format!(
                "the echo of {} failed (operation {}): {}",
                sent.value,
                got.index,
                got.get("error").unwrap_or(&Value::Nil)
            ),
            _ => format!(
                "{} was sent (operation {}), but {} came back (operation {})",
                sent.value, sent.index, got.value, got.index
            ),
        });
    }
    let valid = errors.is_empty();
    Checked {
        valid: Validity::from(valid),
        results: Value::map([
            ("valid?", valid.into()),
            ("error-count", errors.len().into()),
            ("errors", Value::List(errors)),
        ]),
        findings,
    }
}
