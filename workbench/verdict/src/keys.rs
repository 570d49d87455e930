//! Histories of several keys, each with a set, a counter or whatever of its own, as
//! jepsen.independent makes them: the value of every operation is `[key value]`. Each key
//! is judged by itself.

use std::collections::BTreeMap;

use history::edn::Value;
use history::{History, Op, OpType};

use super::{Checked, Validity};

/// The history of each key with values without it; none, if it has no keys. It has, if
/// reads ask for `[key nil]` and all else is of pairs.
fn split(history: &History) -> Option<BTreeMap<&Value, History>> {
    let invocations = || {
        let clients = history.clients().map(|(_, op)| op);
        clients.filter(|op| op.typ == OpType::Invoke)
    };
    let has_key = |op: &Op| match op.value.items() {
        Some([_, asked]) => op.f != "read" || *asked == Value::Nil,
        _ => false,
    };
    if !invocations().any(|op| op.f == "read") || !invocations().all(has_key) {
        return None;
    }
    let mut keys: BTreeMap<&Value, Vec<Op>> = BTreeMap::new();
    for (_, op) in history.clients() {
        let [key, value] = op.value.items()? else {
            return None;
        };
        keys.entry(key).or_default().push(Op {
            value: value.clone(),
            ..op.clone()
        });
    }
    let histories = keys.into_iter();
    Some(
        histories
            .map(|(key, ops)| (key, History::new(ops)))
            .collect(),
    )
}

/// Judges each key by itself, or the whole if there are none. The results have the shape
/// of jepsen.independent's.
pub(crate) fn each(history: &History, check: impl Fn(&History) -> Checked) -> Checked {
    let Some(keys) = split(history) else {
        return check(history);
    };
    let mut all = Checked {
        valid: Validity::Valid,
        results: Value::map([("valid?", true.into())]),
        findings: Vec::new(),
    };
    let (mut results, mut failures) = (Vec::new(), Vec::new());
    for (key, history) in keys {
        let checked = check(&history);
        if checked.valid == Validity::Invalid {
            failures.push(key.clone());
        }
        all.set(all.valid.and(checked.valid));
        results.push((key.clone(), checked.results));
        all.findings.extend(checked.findings);
    }
    all.results.insert("results", Value::Map(results));
    all.results.insert("failures", Value::Vector(failures));
    all
}

/// Why a history is none of those whose clients do only this, if it is not.
pub(crate) fn stranger(history: &History, known: &[&str]) -> Option<String> {
    let clients = history.clients().map(|(_, op)| op);
    let mut strangers = clients.filter(|op| !known.contains(&&*op.f));
    strangers.next().map(|op| {
        let (index, f) = (op.index, &op.f);
        let known = known.join(" or ");
        format!(
            "operation {index} is :{f}, where {known} is expected: this is a history of another \
             kind"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rules, counter, set_full};

    #[test]
    fn each_key_is_judged_by_itself() {
        let read = |shown: &str| {
            let text = format!(
                "{{:process 0, :type :invoke, :f :add, :value [7 0]}}
                 {{:process 0, :type :ok, :f :add, :value [7 0]}}
                 {{:process 1, :type :invoke, :f :add, :value [8 1]}}
                 {{:process 1, :type :ok, :f :add, :value [8 1]}}
                 {{:process 0, :type :invoke, :f :read, :value [7 nil]}}
                 {{:process 0, :type :ok, :f :read, :value [7 {shown}]}}
                 {{:process 1, :type :invoke, :f :read, :value [8 nil]}}
                 {{:process 1, :type :ok, :f :read, :value [8 #{{1}}]}}"
            );
            set_full::check(&History::read(&text).unwrap(), "add", Rules::Sound)
        };
        assert_eq!(read("#{0}").valid, Validity::Valid);
        let lost = read("#{}");
        assert_eq!(lost.valid, Validity::Invalid);
        let failures = lost.results.get("failures").unwrap().to_string();
        assert_eq!(failures, "[7]");
        assert_eq!(
            lost.sentences(),
            [
                "element 0 is lost: it was acknowledged by operation 1, and was never read; the read \
                 of client 0 (operations 4 to 5) misses it"
            ]
        );
    }

    #[test]
    fn a_history_of_another_kind_is_not_judged() {
        let bank = History::read(
            "{:process 0, :type :invoke, :f :transfer, :value {:from 0, :to 1, :amount 5}}
             {:process 0, :type :ok, :f :transfer, :value {:from 0, :to 1, :amount 5}}
             {:process 1, :type :invoke, :f :read, :value nil}
             {:process 1, :type :ok, :f :read, :value {0 5, 1 7}}",
        );
        let checked = counter::check(&bank.unwrap(), Rules::Sound);
        assert_eq!(checked.valid, Validity::Unknown);
        assert_eq!(
            checked.sentences(),
            [
                "operation 0 is :transfer, where add or read is expected: this is a history of \
                 another kind"
            ]
        );
    }
}
