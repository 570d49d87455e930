//! Queues without regard to order: whatever comes out must have gone in, once for each time
//! (jepsen.checker/queue, with an unordered queue). That holds of every queue, whatever
//! else it promises.

use std::collections::BTreeMap;

use finding::found;
use history::edn::Value;
use history::{History, Op, OpType};

use super::keys::stranger;
use super::{Checked, Evidence, Validity};

/// What clients of queues do.
pub(crate) const FUNCTIONS: [&str; 3] = ["enqueue", "dequeue", "drain"];

/// What came out with this end of an operation. Nothing, if the queue was empty, as a
/// dequeue of nil is taken to say.
pub(crate) fn taken(op: &Op) -> &[Value] {
    match (&*op.f, op.typ, &op.value) {
        ("dequeue", OpType::Ok, Value::Nil) => &[],
        ("dequeue", OpType::Ok, value) => std::slice::from_ref(value),
        ("drain", OpType::Ok, value) => value.items().unwrap_or_default(),
        _ => &[],
    }
}

/// Whether an enqueue is tried with this event: it begins, or is an end without a
/// beginning.
pub(crate) fn is_attempt(history: &History, place: usize, op: &Op) -> bool {
    let is_alone = || op.typ == OpType::Ok && history.pair_place(place).is_none();
    op.f == "enqueue" && (op.typ == OpType::Invoke || is_alone())
}

/// Whether the operation that begins here was refused.
pub(crate) fn is_refused(history: &History, place: usize) -> bool {
    (history.pair(place)).is_some_and(|end| end.typ == OpType::Fail)
}

/// Judges enqueues, dequeues and drains: an element may be taken as often as its enqueue
/// had begun by then, but for those that were refused. (Jepsen counts those, too.)
pub fn check(history: &History) -> Checked {
    if let Some(why) = stranger(history, &FUNCTIONS) {
        return Checked::unknown(why);
    }
    if history.clients().next().is_none() {
        return Checked::unknown("no operation: there is nothing to judge");
    }
    let history = history.completed();
    let mut inside: BTreeMap<&Value, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (place, op) in history.clients() {
        if is_attempt(&history, place, op) && !is_refused(&history, place) {
            *inside.entry(&op.value).or_default() += 1;
        }
        for value in taken(op) {
            match inside.get_mut(value) {
                None => wrong.push((value, op, false)),
                Some(0) => wrong.push((value, op, true)),
                Some(count) => *count -= 1,
            }
        }
    }
    let finding = found(
        "unexpected",
        "elements come out that had not gone in",
        &wrong,
        |(value, op, again)| {
            let words = match again {
                true => format!("element {value} comes out more often than it went in"),
                false => format!("element {value} comes out, which had not gone in"),
            };
            Evidence::case(words, [*op])
        },
    );
    let valid = Validity::from(wrong.is_empty());
    let mut results = Value::map([("valid?", valid.to_edn())]);
    match wrong.first() {
        Some((value, ..)) => {
            let error = format!("can't dequeue {value}");
            results.insert("error", error.as_str().into());
        }
        None => {
            let left = inside.into_iter();
            let left = left.flat_map(|(value, count)| std::iter::repeat_n(value.clone(), count));
            results.insert("final-queue", left.collect());
        }
    }
    Checked {
        valid,
        results,
        findings: finding.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rng::Rng;

    fn judge(text: &str) -> (Validity, Vec<String>) {
        let checked = check(&History::read(text).unwrap());
        (checked.valid, checked.sentences())
    }

    #[test]
    fn what_comes_out_had_gone_in() {
        let enqueue = "{:process 1, :type :invoke, :f :enqueue, :value 1}";
        let dequeue = "{:process 2, :type :invoke, :f :dequeue, :value nil}";
        let took = "{:process 2, :type :ok, :f :dequeue, :value 1}";
        let of = |ops: &[&str]| judge(&ops.concat());
        assert_eq!(of(&[enqueue]), (Validity::Valid, vec![]));
        assert_eq!(of(&[dequeue, enqueue, took]), (Validity::Valid, vec![]));
        assert_eq!(
            of(&[dequeue, took, enqueue]).1,
            ["element 1 comes out, which had not gone in: client 2's dequeue (operation 1)"]
        );
        assert_eq!(
            of(&[enqueue, dequeue, took, dequeue, took]).1,
            ["element 1 comes out more often than it went in: client 2's dequeue (operation 4)"]
        );
        let refused = enqueue.replace("invoke", "fail");
        assert_eq!(of(&[enqueue, &refused, dequeue, took]).0, Validity::Invalid);
        let empty = took.replace("value 1", "value nil");
        assert_eq!(of(&[dequeue, &empty]).0, Validity::Valid);
        assert_eq!(of(&[]).0, Validity::Unknown);
    }

    #[test]
    fn the_results_say_what_is_left() {
        let history = History::read(
            "{:process 1, :type :invoke, :f :enqueue, :value 7}
             {:process 1, :type :ok, :f :enqueue, :value 7}
             {:process 1, :type :invoke, :f :enqueue, :value 7}
             {:process 1, :type :ok, :f :enqueue, :value 7}
             {:process 1, :type :invoke, :f :drain, :value nil}
             {:process 1, :type :ok, :f :drain, :value [7]}",
        );
        let checked = check(&history.unwrap());
        assert_eq!(
            checked.results.to_string(),
            "{:valid? true, :final-queue [7]}"
        );
    }

    #[test]
    fn judges_as_the_definition_does() {
        let rng = Rng::new(11);
        let mut verdicts = [0; 2];
        for _ in 0..10_000 {
            // Each event: an element goes in, is refused, or comes out.
            let events: Vec<(u64, u64)> = (0..rng.range(1..8))
                .map(|_| (rng.below(5), rng.below(2)))
                .collect();
            let mut text = String::new();
            for (what, value) in &events {
                let (f, typ) = match what {
                    0..=1 => ("enqueue", "ok"),
                    2 => ("enqueue", "fail"),
                    3 => ("dequeue", "ok"),
                    _ => ("enqueue", "info"),
                };
                for typ in ["invoke", typ] {
                    text += &format!("{{:process 0, :type :{typ}, :f :{f}, :value {value}}}\n");
                }
            }
            let came_from_somewhere = |until: usize| {
                let count = |of: &[u64], value: u64| {
                    let events = events[..=until].iter();
                    events
                        .filter(|(what, v)| of.contains(what) && *v == value)
                        .count()
                };
                (0..2).all(|value| count(&[3], value) <= count(&[0, 1, 4], value))
            };
            let right = (0..events.len()).all(came_from_somewhere);
            verdicts[usize::from(right)] += 1;
            assert_eq!(judge(&text).0, Validity::from(right), "{text}");
        }
        assert!(verdicts.iter().all(|count| *count > 1_000), "{verdicts:?}");
    }
}
