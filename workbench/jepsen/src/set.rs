//! Sets that are read at the end: what was added must be there, and nothing else
//! (jepsen.checker/set).

use std::collections::{BTreeMap, BTreeSet};

use finding::found;
use history::edn::Value;
use history::{History, Op, OpType};

use super::keys::{self, stranger};
use super::{Checked, Evidence, Validity};

/// Judges adds and the last read; and of the reads before whether they show what nobody
/// had begun to add.
///
/// An add that was acknowledged only after the last read had begun may be missing in it.
/// An element whose adds were all refused may be in no read. (Jepsen calls the first lost,
/// and lets the second pass.)
pub fn check(history: &History) -> Checked {
    if let Some(why) = stranger(history, &["add", "read"]) {
        return Checked::unknown(why);
    }
    keys::each(&history.completed(), one)
}

/// What is known of an element.
#[derive(Default)]
struct Element {
    /// Where its first add began that was not refused.
    begun: Option<usize>,
    /// Where its first acknowledged add ended.
    acknowledged: Option<usize>,
}

fn one(history: &History) -> Checked {
    let mut elements: BTreeMap<&Value, Element> = BTreeMap::new();
    let mut reads = Vec::new();
    for (place, op) in history.clients() {
        let end = history.pair(place);
        match (&*op.f, op.typ) {
            ("add", OpType::Invoke) => {
                let element = elements.entry(&op.value).or_default();
                if end.is_none_or(|end| end.typ != OpType::Fail) {
                    element.begun.get_or_insert(place);
                }
            }
            ("add", OpType::Ok) => {
                let element = elements.entry(&op.value).or_default();
                element.begun.get_or_insert(place);
                element.acknowledged.get_or_insert(place);
            }
            ("read", OpType::Ok) => {
                if let Some(items) = op.value.items() {
                    reads.push((place, op, items));
                }
            }
            _ => {}
        }
    }
    let Some((place, last, shown)) = reads.last() else {
        return Checked::unknown("the set was never read: there is nothing to judge");
    };
    let began = history.pair_place(*place).unwrap_or(*place);
    let shown: BTreeSet<&Value> = shown.iter().collect();
    let attempted = |value: &&Value| elements.contains_key(*value);
    let is_acknowledged = |value: &&&Value| elements[**value].acknowledged.is_some();

    let ok: Vec<&Value> = shown.iter().copied().filter(attempted).collect();
    let unexpected: Vec<&Value> = shown.iter().copied().filter(|v| !attempted(v)).collect();
    let recovered = ok.iter().filter(|value| !is_acknowledged(value)).copied();
    let recovered: Vec<&Value> = recovered.collect();
    let acknowledged = elements.values().filter(|e| e.acknowledged.is_some());
    let lost: Vec<(&Value, usize)> = elements
        .iter()
        .filter_map(|(value, element)| {
            let end = element.acknowledged.filter(|end| *end < began)?;
            (!shown.contains(value)).then_some((*value, end))
        })
        .collect();

    let lost_values: Vec<&Value> = lost.iter().map(|(value, _)| *value).collect();
    let mut results = Value::map([
        ("valid?", Value::Nil),
        ("attempt-count", elements.len().into()),
        ("acknowledged-count", acknowledged.count().into()),
        ("ok-count", ok.len().into()),
        ("lost-count", lost.len().into()),
        ("recovered-count", recovered.len().into()),
        ("unexpected-count", unexpected.len().into()),
    ]);
    for (name, values) in [
        ("ok", &ok),
        ("lost", &lost_values),
        ("unexpected", &unexpected),
        ("recovered", &recovered),
    ] {
        results.insert(name, intervals(values).as_str().into());
    }

    let lost = found("lost", "elements are lost", &lost, |(value, end)| {
        let operations = [&history.ops()[*end], *last];
        let words = format!("element {value} was added, but is not in the last read");
        Evidence::case(words, operations)
    });
    let invented = invented(&elements, &reads);
    let invented = found(
        "unexpected",
        "elements that nobody had added",
        &invented,
        |(value, op)| {
            let words = match elements.get(*value) {
                None => format!("element {value} is read, which nobody adds"),
                Some(Element { begun: None, .. }) => {
                    format!("element {value} is read, whose add was refused")
                }
                Some(_) => format!("element {value} is read before its add begins"),
            };
            Evidence::case(words, [*op])
        },
    );
    let findings: Vec<_> = lost.into_iter().chain(invented).collect();
    let mut checked = Checked {
        valid: Validity::Valid,
        results,
        findings,
    };
    checked.set(Validity::from(checked.findings.is_empty()));
    checked
}

/// What reads show that nobody had begun to add, or whose adds were all refused; each
/// with the first such read.
fn invented<'a>(
    elements: &BTreeMap<&Value, Element>,
    reads: &[(usize, &'a Op, &'a [Value])],
) -> Vec<(&'a Value, &'a Op)> {
    let mut invented: BTreeMap<&Value, &Op> = BTreeMap::new();
    for (place, op, shown) in reads {
        for value in *shown {
            let begun = elements.get(value).and_then(|element| element.begun);
            if begun.is_none_or(|begun| begun > *place) {
                invented.entry(value).or_insert(op);
            }
        }
    }
    invented.into_iter().collect()
}

/// A set in few words, as Jepsen writes sets of integers: runs by their ends, such as
/// `#{1..3 7}`. Other values each for itself.
pub(crate) fn intervals(ascending: &[&Value]) -> String {
    let mut runs: Vec<(&Value, &Value)> = Vec::new();
    for value in ascending {
        match (runs.last_mut(), value.as_integer()) {
            (Some((_, end)), Some(next)) if end.as_integer() == Some(next.saturating_sub(1)) => {
                *end = value;
            }
            _ => runs.push((value, value)),
        }
    }
    let run = |(start, end): &(&Value, &Value)| match start == end {
        true => start.to_string(),
        false => format!("{start}..{end}"),
    };
    let runs: Vec<String> = runs.iter().map(run).collect();
    format!("#{{{}}}", runs.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rng::Rng;

    fn judge(text: &str) -> Checked {
        check(&History::read(text).unwrap())
    }

    #[test]
    fn the_last_read_shows_all_that_was_added_and_nothing_else() {
        // As in elle-cli's histories/jepsen/set.edn.
        let read = |shown: &str| {
            judge(&format!(
                "[{{:type :invoke,:f :add, :value 0, :process 0}},
                  {{:type :ok,     :f :add, :value 0, :process 0}},
                  {{:type :invoke, :f :add, :value 1, :process 0}},
                  {{:type :ok,     :f :add, :value 1, :process 0}},
                  {{:type :invoke, :f :add, :value 2, :process 1}},
                  {{:type :info,   :f :add, :value 2, :process 1}},
                  {{:type :invoke, :f :add, :value 3, :process 0}},
                  {{:type :fail,   :f :add, :value 3, :process 0}},
                  {{:type :invoke, :f :read, :value nil, :process 0}},
                  {{:type :ok, :f :read, :value {shown}, :process 0}}]"
            ))
        };
        assert_eq!(read("[0 1]").valid, Validity::Valid);
        assert_eq!(read("#{2 0 1}").valid, Validity::Valid);
        let wrong = read("[0 2 3 4]");
        assert_eq!(
            wrong.results.to_string(),
            "{:valid? false, :attempt-count 4, :acknowledged-count 2, :ok-count 3, :lost-count 1, \
             :recovered-count 2, :unexpected-count 1, :ok \"#{0 2..3}\", :lost \"#{1}\", \
             :unexpected \"#{4}\", :recovered \"#{2..3}\"}"
        );
        assert_eq!(
            wrong.sentences(),
            [
                "element 1 was added, but is not in the last read: client 0's add (operation 3), \
                 client 0's read (operation 9)",
                "element 3 is read, whose add was refused: client 0's read (operation 9)",
                "element 4 is read, which nobody adds: client 0's read (operation 9)",
            ]
        );
        let never = read("nil");
        assert_eq!(never.valid, Validity::Unknown);
        assert_eq!(
            never.sentences(),
            ["the set was never read: there is nothing to judge"]
        );
    }

    #[test]
    fn reads_before_the_last_may_be_late_but_show_nothing_from_nowhere() {
        let read = |first: &str| {
            judge(&format!(
                "{{:process 0, :type :invoke, :f :add, :value :a}}
                 {{:process 0, :type :ok, :f :add, :value :a}}
                 {{:process 1, :type :invoke, :f :read, :value nil}}
                 {{:process 1, :type :ok, :f :read, :value {first}}}
                 {{:process 0, :type :invoke, :f :add, :value :b}}
                 {{:process 1, :type :invoke, :f :read, :value nil}}
                 {{:process 0, :type :ok, :f :add, :value :b}}
                 {{:process 1, :type :ok, :f :read, :value [:a]}}"
            ))
        };
        assert_eq!(read("[]").valid, Validity::Valid);
        let early = read("[:b]");
        assert_eq!(early.valid, Validity::Invalid);
        assert_eq!(
            early.sentences(),
            ["element :b is read before its add begins: client 1's read (operation 3)"]
        );
    }

    #[test]
    fn runs_of_integers_are_told_by_their_ends() {
        let values: Vec<Value> = [1_i64, 2, 3, 7, 9, 10].map(Value::from).into();
        let values: Vec<&Value> = values.iter().collect();
        assert_eq!(intervals(&values), "#{1..3 7 9..10}");
        assert_eq!(intervals(&[]), "#{}");
    }

    #[test]
    fn judges_as_the_definition_does() {
        let rng = Rng::new(3);
        let mut verdicts = [0; 2];
        for _ in 0..5_000 {
            // Each element's add: when it begins, when it ends, how.
            let mut text = String::new();
            let elements = rng.range(1..5);
            let mut ends = Vec::new();
            for element in 0..elements {
                let typ = *rng.choose(&["ok", "ok", "fail", "info"]).unwrap();
                let add =
                    format!("{{:process {element}, :type :invoke, :f :add, :value {element}}}\n");
                text += &add;
                ends.push((typ, rng.chance(0.2)));
                if !ends[ends.len() - 1].1 {
                    text += &add.replace("invoke", typ);
                }
            }
            let read = "{:process 9, :type :invoke, :f :read, :value nil}\n";
            text += read;
            for (element, (typ, _)) in ends.iter().enumerate().filter(|(_, (_, late))| *late) {
                text +=
                    &format!("{{:process {element}, :type :{typ}, :f :add, :value {element}}}\n");
            }
            let most = elements + u64::from(rng.chance(0.1));
            let is_shown = |element: u64| match ends.get(element as usize) {
                Some(("ok", _)) => rng.chance(0.9),
                Some(("fail", _)) => rng.chance(0.1),
                _ => rng.chance(0.5),
            };
            let shown: Vec<u64> = (0..most).filter(|element| is_shown(*element)).collect();
            text += &read
                .replace("invoke", "ok")
                .replace("nil", &format!("{shown:?}").replace(',', ""));
            let is_right = |(element, (typ, late)): (u64, &(&str, bool))| match (
                *typ,
                shown.contains(&element),
            ) {
                ("ok", shown) => shown || *late,
                ("fail", shown) => !shown,
                _ => true,
            };
            let right = (0..).zip(&ends).all(is_right) && shown.iter().all(|e| *e < elements);
            verdicts[usize::from(right)] += 1;
            assert_eq!(judge(&text).valid, Validity::from(right), "{text}");
        }
        assert!(verdicts.iter().all(|count| *count > 500), "{verdicts:?}");
    }
}
