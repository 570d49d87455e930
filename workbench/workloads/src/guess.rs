//! What workload a history is of, from what its clients do, for whoever has one and does
//! not say.

use std::collections::BTreeSet;

use history::edn::Value;
use history::{History, Op, OpType};

/// A workload by its name, and why it is taken for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// The workload.
    pub workload: &'static str,
    /// What shows it.
    pub why: &'static str,
}

/// The workload that a history seems to be of; none, if its operations are those of no
/// workload here.
pub fn guess(history: &History) -> Option<Guess> {
    let mut functions: BTreeSet<&str> = BTreeSet::new();
    for (_, op) in history.clients() {
        functions.insert(&op.f);
    }
    let all = |known: &[&str]| functions.iter().all(|f| known.contains(f));
    let has = |f: &str| functions.contains(f);
    let ops = || history.clients().map(|(_, op)| op);
    let said = |workload, why| Some(Guess { workload, why });
    if functions.is_empty() {
        None
    } else if all(&["echo"]) {
        said("echo", "its operations are echoes")
    } else if all(&["generate"]) {
        said("unique-ids", "its operations generate ids")
    } else if all(&["broadcast", "read"]) && has("broadcast") {
        said("broadcast", "its operations broadcast and read")
    } else if has("send") || has("poll") || has("assign") || has("subscribe") {
        said("kafka", "its operations send and poll")
    } else if all(&["txn", ""]) {
        let steps = |name: &str| ops().any(|op| has_step(op, name));
        if steps("send") || steps("poll") {
            said("kafka", "its transactions send and poll")
        } else if steps("append") {
            said("txn-list-append", "its transactions append to lists")
        } else if steps("w") {
            said("txn-rw-register", "its transactions write to registers")
        } else {
            None
        }
    } else if all(&["add", "read"]) && has("add") {
        let adds = || ops().filter(|op| op.f == "add").map(unkeyed);
        let reads = || {
            let ended = ops().filter(|op| op.f == "read" && op.typ == OpType::Ok);
            ended.map(unkeyed).filter(|value| **value != Value::Nil)
        };
        let is_number = |value: &Value| value.as_integer().is_some();
        if reads().next().is_none() {
            None
        } else if !reads().all(is_number) {
            said("g-set", "its operations add elements and read all of them")
        } else if adds().any(|value| value.as_integer().is_some_and(|delta| delta < 0)) {
            said("pn-counter", "its operations add numbers and read a sum")
        } else {
            said("g-counter", "its operations add numbers and read a sum")
        }
    } else if all(&["read", "write", "cas"]) && (has("write") || has("cas")) {
        said("lin-kv", "its operations read and write registers")
    } else {
        None
    }
}

/// Whether an operation is a transaction with such a step.
fn has_step(op: &Op, name: &str) -> bool {
    let steps = op.value.items().unwrap_or_default();
    steps.iter().any(|step| match step.items() {
        Some([Value::Keyword(f), ..]) => f == name,
        _ => false,
    })
}

/// The value of an operation, without the key that may be before it.
fn unkeyed(op: &Op) -> &Value {
    match op.value.items() {
        Some([key, value])
            if key.items().is_none() && op.f == "add" && value.as_int().is_some() =>
        {
            value
        }
        Some([key, value]) if key.items().is_none() && value.items().is_some() => value,
        _ => &op.value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_do_says_what_it_is() {
        for (ops, workload) in [
            ("{:f :echo :value 1}", Some("echo")),
            ("{:f :generate :value 1}", Some("unique-ids")),
            (
                "{:f :broadcast :value 1} {:f :read :value [1]}",
                Some("broadcast"),
            ),
            ("{:f :add :value 1} {:f :read :value [1]}", Some("g-set")),
            (
                "{:f :add :value [7 1]} {:f :read :value [7 #{1}]}",
                Some("g-set"),
            ),
            ("{:f :add :value 1} {:f :read :value 1}", Some("g-counter")),
            (
                "{:f :add :value -1} {:f :read :value -1}",
                Some("pn-counter"),
            ),
            ("{:f :send :value [[:send 1 1]]}", Some("kafka")),
            ("{:f :txn :value [[:poll {1 [[0 1]]}]]}", Some("kafka")),
            ("{:f :txn :value [[:append 1 1]]}", Some("txn-list-append")),
            (
                "{:value [[:r 1 nil] [:append 1 1]]}",
                Some("txn-list-append"),
            ),
            (
                "{:f :txn :value [[:r 1 nil] [:w 1 1]]}",
                Some("txn-rw-register"),
            ),
            ("{:f :write :value 1} {:f :read :value 1}", Some("lin-kv")),
            ("{:f :cas :value [7 [1 2]]}", Some("lin-kv")),
            ("", None),
            ("{:f :read :value 1}", None),
            (
                "{:f :transfer :value {:from 0}} {:f :read :value {0 5}}",
                None,
            ),
            ("{:f :txn :value [[:r 1 nil]]}", None),
        ] {
            let text = ops.replace("{:f", "{:type :ok :process 0 :f");
            let text = text.replace("{:value", "{:type :ok :process 0 :value");
            let found = guess(&History::read(&text).unwrap());
            assert_eq!(found.map(|guess| guess.workload), workload, "{ops}");
        }
    }

    /// Every history of the corpus whose operations say anything.
    #[test]
    fn recorded_histories_are_taken_for_what_they_are() {
        for (name, _) in crate::ALL {
            let (mut right, mut none) = (0, 0);
            for case in corpus::cases(name) {
                let history = History::read(&case.history).unwrap();
                match guess(&history).map(|guess| guess.workload) {
                    Some(workload) if workload == *name => right += 1,
                    // Counters that never went down.
                    Some("g-counter") if *name == "pn-counter" => right += 1,
                    None => none += 1,
                    other => panic!("{}/{}: {other:?}", name, case.name),
                }
            }
            assert!(right > 4 * none, "{name}: {right} right, {none} not told");
        }
    }
}
