//! Counters: every final read must be the sum of the adds that succeeded, plus
//! that of any of those of which nobody knows.

use super::{Checked, Validity, brief};
use crate::edn::Value;
use crate::history::{History, Op, OpType};

/// More ranges of acceptable sums than this are too many to tell apart.
const MOST_RANGES: usize = 100_000;

/// Judges adds and final reads.
pub fn check(history: &History) -> Checked {
    let adds = |typ| {
        let adds = history.clients().map(|(_, op)| op);
        adds.filter(move |op| op.f == "add" && op.typ == typ)
    };
    let delta = |op: &Op| op.value.as_int().map_or(0, i128::from);
    let sum: i128 = adds(OpType::Ok).map(delta).sum();
    let mut acceptable = vec![(sum, sum)];
    for add in adds(OpType::Info) {
        let shift = delta(add);
        let shifted: Vec<_> = acceptable
            .iter()
            .map(|(from, to)| (from + shift, to + shift))
            .collect();
        acceptable.extend(shifted);
        merge(&mut acceptable);
        if acceptable.len() > MOST_RANGES {
            return too_many();
        }
    }

    let reads: Vec<&Op> = (history.clients().map(|(_, op)| op))
        .filter(|op| op.typ == OpType::Ok && op.is_final())
        .collect();
    let is_acceptable = |op: &&Op| {
        let value = op.value.as_int().map(i128::from);
        value.is_some_and(|value| {
            let after = acceptable.partition_point(|(from, _)| *from <= value);
            after > 0 && value <= acceptable[after - 1].1
        })
    };
    let errors: Vec<&Op> = reads
        .iter()
        .copied()
        .filter(|op| !is_acceptable(op))
        .collect();
    let ranges: Vec<String> = acceptable.iter().map(range).collect();
    let finding = |op: &&Op| {
        format!(
            "the final read of client {} (operation {}) is {}, where the adds make {}",
            op.process,
            op.index,
            op.value,
            ranges.join(" or ")
        )
    };
    let findings = errors.iter().map(finding).collect();
    let valid = errors.is_empty();
    let int = |int: &i128| i64::try_from(*int).map_or(Value::BigInt(int.to_string()), Value::Int);
    let acceptable = acceptable
        .iter()
        .map(|(from, to)| Value::Vector(vec![int(from), int(to)]));
    let errors = errors.into_iter().map(|op| brief(op, &op.f)).collect();
    Checked {
        valid: Validity::from(valid),
        results: Value::map([
            ("valid?", valid.into()),
            (
                "errors",
                if valid {
                    Value::Nil
                } else {
                    Value::Vector(errors)
                },
            ),
            (
                "final-reads",
                Value::Vector(reads.iter().map(|op| op.value.clone()).collect()),
            ),
            ("acceptable", Value::Vector(acceptable.collect())),
        ]),
        findings,
    }
}

fn range((from, to): &(i128, i128)) -> String {
    match from == to {
        true => from.to_string(),
        false => format!("{from} to {to}"),
    }
}

/// Sorts ranges and joins those that overlap or follow on each other.
fn merge(ranges: &mut Vec<(i128, i128)>) {
    ranges.sort_unstable();
    let mut merged: Vec<(i128, i128)> = Vec::with_capacity(ranges.len());
    for &(from, to) in ranges.iter() {
        match merged.last_mut() {
            Some((_, end)) if from <= *end + 1 => *end = to.max(*end),
            _ => merged.push((from, to)),
        }
    }
    *ranges = merged;
}

fn too_many() -> Checked {
    let why = "so many adds have no known outcome that their sums cannot be told apart";
    Checked {
        valid: Validity::Unknown,
        results: Value::map([
            ("valid?", Validity::Unknown.to_edn()),
            ("error", why.into()),
        ]),
        findings: vec![why.to_owned()],
    }
}
