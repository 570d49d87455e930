//! Queues that are drained in the end: what goes in must come out
//! (jepsen.checker/total-queue). The order does not matter, nor does it if an element comes
//! out twice: that is told, but such a queue delivers at least once.

use std::collections::BTreeMap;

use finding::found;
use history::edn::Value;
use history::{History, Op, OpType};

use super::keys::stranger;
use super::queue::{FUNCTIONS, is_attempt, is_refused, taken};
use super::{Checked, Evidence, Validity};

/// What became of an element.
#[derive(Default)]
struct Element<'a> {
    attempted: usize,
    enqueued: usize,
    dequeued: usize,
    /// Where its first enqueue began that was not refused.
    begun: Option<usize>,
    acknowledged: Option<&'a Op>,
    /// What took it last, and what took it when nobody had begun to enqueue it.
    taken: Option<&'a Op>,
    too_early: Option<&'a Op>,
}

/// Judges enqueues, dequeues and drains, of a history that ends when the queue is empty.
///
/// An element of which every enqueue was refused must not come out, nor one before its
/// enqueue begins. (Jepsen lets both pass.) Elements may have been lost to dequeues and
/// drains of unknown outcome: then the verdict is unknown.
pub fn check(history: &History) -> Checked {
    if let Some(why) = stranger(history, &FUNCTIONS) {
        return Checked::unknown(why);
    }
    if history.clients().next().is_none() {
        return Checked::unknown("no operation: there is nothing to judge");
    }
    let history = history.completed();
    let mut elements: BTreeMap<&Value, Element<'_>> = BTreeMap::new();
    let (mut crashed, mut crashed_drain) = (0, None);
    for (place, op) in history.clients() {
        if op.f == "enqueue" {
            let element = elements.entry(&op.value).or_default();
            if is_attempt(&history, place, op) {
                element.attempted += 1;
                if !is_refused(&history, place) {
                    element.begun.get_or_insert(place);
                }
            }
            if op.typ == OpType::Ok {
                element.enqueued += 1;
                element.acknowledged = Some(op);
            }
        }
        for value in taken(op) {
            let element = elements.entry(value).or_default();
            element.dequeued += 1;
            element.taken = Some(op);
            if element.begun.is_none() {
                element.too_early.get_or_insert(op);
            }
        }
        if op.typ == OpType::Info && op.f != "enqueue" {
            crashed += 1;
            crashed_drain = crashed_drain.or((op.f == "drain").then_some(op));
        }
    }

    type Count = fn(&Element<'_>) -> usize;
    let ok: Count = |e| e.dequeued.min(e.attempted);
    let unexpected: Count = |e| if e.attempted == 0 { e.dequeued } else { 0 };
    let duplicated: Count = |e| match e.attempted {
        0 => 0,
        attempted => e.dequeued.saturating_sub(attempted),
    };
    let lost: Count = |e| e.enqueued.saturating_sub(e.dequeued);
    let recovered: Count = |e| e.dequeued.min(e.attempted).saturating_sub(e.enqueued);
    let total = |count: Count| elements.values().map(count).sum::<usize>();
    // As a vector, for an EDN set has each element once.
    let listed = |count: Count| -> Value {
        let repeated = |(value, element): (&&Value, &Element<'_>)| {
            std::iter::repeat_n((*value).clone(), count(element))
        };
        elements.iter().flat_map(repeated).collect()
    };
    let mut results = Value::map([
        ("valid?", Value::Nil),
        ("attempt-count", total(|e| e.attempted).into()),
        ("acknowledged-count", total(|e| e.enqueued).into()),
        ("ok-count", total(ok).into()),
        ("unexpected-count", total(unexpected).into()),
        ("duplicated-count", total(duplicated).into()),
        ("lost-count", total(lost).into()),
        ("recovered-count", total(recovered).into()),
    ]);
    for (name, count) in [
        ("lost", lost),
        ("unexpected", unexpected),
        ("duplicated", duplicated),
        ("recovered", recovered),
    ] {
        results.insert(name, listed(count));
    }

    let of = |is: fn(&Element<'_>) -> bool| -> Vec<(&Value, &Element<'_>)> {
        let all = elements.iter().map(|(value, element)| (*value, element));
        all.filter(|(_, element)| is(element)).collect()
    };
    let lost_elements = of(|e| e.enqueued > e.dequeued);
    let lost_finding = found("lost", "elements are lost", &lost_elements, |(value, e)| {
        let words = format!("element {value} went in, but never came out");
        Evidence::case(words, e.acknowledged)
    });
    let early = of(|e| e.too_early.is_some());
    let what = "elements come out that had not gone in";
    let early = found("unexpected", what, &early, |(value, e)| {
        let words = match (e.begun, e.attempted) {
            (Some(_), _) => format!("element {value} comes out before its enqueue begins"),
            (None, 0) => format!("element {value} comes out, which nobody enqueues"),
            (None, _) => format!("element {value} comes out, whose enqueue was refused"),
        };
        Evidence::case(words, e.too_early)
    });
    let twice = of(|e| e.attempted > 0 && e.dequeued > e.attempted);
    let what = "elements come out more often than they went in";
    let twice = found("duplicated", what, &twice, |(value, e)| {
        let words = format!("element {value} comes out more often than it went in");
        Evidence::case(words, e.taken)
    });
    let is_early = early.is_some();
    let lost = total(lost);
    let findings = lost_finding.into_iter().chain(early).chain(twice);
    let mut checked = Checked {
        valid: Validity::Valid,
        results,
        findings: findings.collect(),
    };
    let may_be_crashed = lost <= crashed || crashed_drain.is_some();
    if lost > 0 && may_be_crashed && !is_early {
        checked.set_unknown(format!(
            "{lost} elements did not come out, but {crashed} dequeues and drains have no known \
             outcome"
        ));
    } else {
        checked.set(Validity::from(lost == 0 && !is_early));
    }
    checked
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
    fn what_goes_in_comes_out() {
        let history = History::read(
            "{:process 1, :type :invoke, :f :enqueue, :value :crashed}
             {:process 2, :type :invoke, :f :enqueue, :value :in}
             {:process 2, :type :ok, :f :enqueue, :value :in}
             {:process 3, :type :invoke, :f :enqueue, :value :twice}
             {:process 3, :type :ok, :f :enqueue, :value :twice}
             {:process 5, :type :invoke, :f :dequeue, :value nil}
             {:process 5, :type :ok, :f :dequeue, :value :nowhere}
             {:process 6, :type :invoke, :f :drain, :value nil}
             {:process 6, :type :ok, :f :drain, :value [:twice :twice :crashed]}",
        );
        let checked = check(&history.unwrap());
        assert_eq!(
            checked.results.to_string(),
            "{:valid? false, :attempt-count 3, :acknowledged-count 2, :ok-count 2, \
             :unexpected-count 1, :duplicated-count 1, :lost-count 1, :recovered-count 1, \
             :lost [:in], :unexpected [:nowhere], :duplicated [:twice], :recovered [:crashed]}"
        );
        assert_eq!(
            checked.sentences(),
            [
                "element :in went in, but never came out: client 2's enqueue (operation 2)",
                "element :nowhere comes out, which nobody enqueues: client 5's dequeue (operation 6)",
                "element :twice comes out more often than it went in: client 6's drain (operation 8)"
            ]
        );
    }

    #[test]
    fn a_dequeue_of_unknown_outcome_may_have_taken_an_element() {
        let of = |end: &str| {
            judge(&format!(
                "{{:process 1, :type :invoke, :f :enqueue, :value 1}}
                 {{:process 1, :type :ok, :f :enqueue, :value 1}}
                 {{:process 2, :type :invoke, :f :dequeue, :value nil}}
                 {{:process 2, :type :{end}, :f :dequeue, :value nil}}"
            ))
        };
        assert_eq!(of("fail").0, Validity::Invalid);
        let (valid, why) = of("info");
        assert_eq!(valid, Validity::Unknown);
        assert_eq!(
            why[0],
            "1 elements did not come out, but 1 dequeues and drains have no known outcome"
        );
    }

    #[test]
    fn a_refused_element_does_not_come_out() {
        let of = |end: &str| {
            judge(&format!(
                "{{:process 1, :type :invoke, :f :enqueue, :value 1}}
                 {{:process 1, :type :{end}, :f :enqueue, :value 1}}
                 {{:process 2, :type :invoke, :f :dequeue, :value nil}}
                 {{:process 2, :type :ok, :f :dequeue, :value 1}}"
            ))
        };
        assert_eq!(of("info"), (Validity::Valid, vec![]));
        assert_eq!(
            of("fail").1,
            ["element 1 comes out, whose enqueue was refused: client 2's dequeue (operation 3)"]
        );
    }

    #[test]
    fn judges_as_the_definition_does() {
        let rng = Rng::new(12);
        let mut verdicts = [0; 3];
        for _ in 0..10_000 {
            let events: Vec<(&str, &str, u64)> = (0..rng.range(1..8))
                .map(|_| {
                    let f = if rng.chance(0.5) {
                        "enqueue"
                    } else {
                        "dequeue"
                    };
                    let typ = *rng.choose(&["ok", "ok", "ok", "fail", "info"]).unwrap();
                    (f, typ, rng.below(3))
                })
                .collect();
            let mut text = String::new();
            for (f, typ, value) in &events {
                let asked = if *f == "enqueue" {
                    value.to_string()
                } else {
                    "nil".into()
                };
                let came = if *typ == "ok" {
                    value.to_string()
                } else {
                    asked.clone()
                };
                text += &format!("{{:process 0, :type :invoke, :f :{f}, :value {asked}}}\n");
                text += &format!("{{:process 0, :type :{typ}, :f :{f}, :value {came}}}\n");
            }
            let count = |f: &str, typ: &str, value: u64| {
                events
                    .iter()
                    .filter(|event| **event == (f, typ, value))
                    .count()
            };
            let lost: usize = (0..3)
                .map(|v| count("enqueue", "ok", v).saturating_sub(count("dequeue", "ok", v)))
                .sum();
            let crashed: usize = (0..3).map(|v| count("dequeue", "info", v)).sum();
            let from_nowhere = (0..events.len()).any(|place| {
                let (f, typ, value) = events[place];
                let source = |(f, typ, v): &(&str, &str, u64)| {
                    *f == "enqueue" && *typ != "fail" && *v == value
                };
                f == "dequeue" && typ == "ok" && !events[..place].iter().any(source)
            });
            let expected = match (from_nowhere, lost) {
                (true, _) => Validity::Invalid,
                (_, 0) => Validity::Valid,
                _ if lost <= crashed => Validity::Unknown,
                _ => Validity::Invalid,
            };
            verdicts[expected as usize] += 1;
            assert_eq!(judge(&text).0, expected, "{text}");
        }
        assert!(verdicts.iter().all(|count| *count > 300), "{verdicts:?}");
    }
}
