//! What Elle lets pass: reads of values that nobody wrote, and replies that are
//! not about what was asked. Both are told, and neither changes the verdict,
//! which is Elle's.

use std::collections::BTreeSet;

use history::edn::Value;
use history::{History, Op, OpType};

use super::by_key::ByKey;
use super::transaction::{Id, Seen, Step, Transactions};

/// A read of a value that no client ever asked to write.
pub(super) struct Garbage {
    pub(super) transaction: u32,
    pub(super) key: Id,
    pub(super) value: Id,
}

/// Every read, of a transaction that succeeded, of what nobody wrote; one for
/// each key and value.
pub(super) fn garbage(transactions: &Transactions) -> Vec<Garbage> {
    let asked = transactions.asked.iter();
    let mut written: Vec<(Id, Id)> = asked.map(|(key, value, _)| (*key, *value)).collect();
    // Of some histories the beginnings are not known.
    for (i, _) in transactions
        .numbered()
        .filter(|(_, txn)| txn.invoked.is_none())
    {
        for step in transactions.steps(i) {
            if let Step::Write { key, value } = *step {
                written.push((key, value));
            }
        }
    }
    let written = ByKey::set(transactions.keys.len(), &written);
    let mut told: BTreeSet<(Id, Id)> = BTreeSet::new();
    let mut found = Vec::new();
    // The last list of each key in which all is well: the next is often longer.
    let mut good: Vec<&[Id]> = vec![&[]; transactions.keys.len()];
    for transaction in transactions.with(OpType::Ok) {
        for step in transactions.steps(transaction) {
            let Step::Read { key, seen } = *step else {
                continue;
            };
            let good = &mut good[key as usize];
            let one;
            let values = match seen {
                Seen::One(value) => {
                    one = [value];
                    &one[..]
                }
                seen => transactions.elements(seen),
            };
            let rest = match values.strip_prefix(*good) {
                Some(rest) if matches!(seen, Seen::List(..)) => rest,
                _ if good.starts_with(values) => continue,
                _ => values,
            };
            for value in rest {
                if written.find(key, *value).is_none() && told.insert((key, *value)) {
                    found.push(Garbage {
                        transaction,
                        key,
                        value: *value,
                    });
                }
            }
            if matches!(seen, Seen::List(..)) {
                *good = transactions.elements(seen);
            }
        }
    }
    found
}

/// Completions that do not have the reads and writes of their invocations, in
/// their order.
pub(super) fn altered(history: &History) -> Vec<(&Op, &Op)> {
    let completions = history.clients().filter(|(_, op)| op.typ == OpType::Ok);
    let pairs = completions.filter_map(|(place, op)| Some((history.pair(place)?, op)));
    pairs
        .filter(|(asked, answered)| !answers(&asked.value, &answered.value))
        .collect()
}

/// Whether a reply has what was asked, with nothing but values of reads filled
/// in.
fn answers(asked: &Value, answered: &Value) -> bool {
    let (Some(asked), Some(answered)) = (asked.items(), answered.items()) else {
        return asked == answered;
    };
    let same = |(asked, answered): (&Value, &Value)| match (asked.items(), answered.items()) {
        (Some([f, key, ..]), Some([g, other, ..])) if matches!(f, Value::Keyword(f) if f == "r") => {
            f == g && key == other
        }
        _ => asked == answered,
    };
    asked.len() == answered.len() && asked.iter().zip(answered).all(same)
}
