//! Writes that are seen out of their order in time: one that began when another had
//! succeeded is seen without it (jepsen.tests.causal-reverse, and the comments of
//! CockroachDB's test, which are the same). Strict serializability does not allow it.

use std::collections::{BTreeMap, BTreeSet};

use finding::found;
use history::edn::{Tagged, Value};
use history::{History, Op, OpType};

use super::keys::{self, stranger};
use super::{Checked, Evidence, Validity};

/// Judges writes, each of a value of its own, and reads, each of all values.
///
/// What is read but nobody had begun to write, or whose write was refused, is wrong, too.
/// (Jepsen lets both pass.) A read of no collection makes the verdict unknown, unless
/// another is wrong.
pub fn check(history: &History) -> Checked {
    if let Some(why) = stranger(history, &["write", "read"]) {
        return Checked::unknown(why);
    }
    keys::each(&history.completed(), one)
}

/// A value's first write.
struct Write<'a> {
    /// Where it began, if it was not refused.
    begun: Option<usize>,
    /// How many writes had succeeded when it began.
    after: usize,
    /// The how many-eth it was to succeed.
    done: Option<usize>,
    op: &'a Op,
}

/// A read that misses what was there before what it shows.
struct Reversed<'a> {
    read: &'a Op,
    missing: Vec<&'a Value>,
    /// The end of the write of the first of these, and the write that began after it.
    first: [&'a Op; 2],
    expected: usize,
}

fn one(history: &History) -> Checked {
    let mut writes: BTreeMap<&Value, Write<'_>> = BTreeMap::new();
    let mut done: Vec<(&Value, &Op)> = Vec::new();
    let (mut reversed, mut unwritten) = (Vec::new(), Vec::new());
    let (mut reads, mut unreadable) = (0, None);
    for (place, op) in history.clients() {
        match (&*op.f, op.typ) {
            ("write", OpType::Invoke) => {
                let end = history.pair(place);
                let is_refused = end.is_some_and(|end| end.typ == OpType::Fail);
                let write = writes.entry(&op.value).or_insert(Write {
                    begun: None,
                    after: done.len(),
                    done: None,
                    op,
                });
                if !is_refused && write.begun.is_none() {
                    write.begun = Some(place);
                    write.after = done.len();
                    write.op = op;
                }
            }
            ("write", OpType::Ok) => {
                if let Some(write @ Write { done: None, .. }) = writes.get_mut(&op.value) {
                    write.done = Some(done.len());
                    done.push((&op.value, op));
                }
            }
            ("read", OpType::Ok) => {
                let Some(shown) = op.value.items() else {
                    unreadable = unreadable.or(Some(op));
                    continue;
                };
                reads += 1;
                let shown: BTreeSet<&Value> = shown.iter().collect();
                let write_of = |value: &&&Value| writes.get(**value).filter(|w| w.begun.is_some());
                unwritten.extend(
                    shown
                        .iter()
                        .find(|v| write_of(v).is_none())
                        .map(|v| (*v, op)),
                );
                let last = shown.iter().filter_map(|value| write_of(&value));
                let Some(last) = last.max_by_key(|write| write.after) else {
                    continue;
                };
                let known = shown.iter().filter_map(|value| writes.get(*value)?.done);
                if known.filter(|done| *done < last.after).count() == last.after {
                    continue;
                }
                let before = done[..last.after].iter();
                let missing: Vec<_> = before.filter(|(value, _)| !shown.contains(value)).collect();
                reversed.push(Reversed {
                    read: op,
                    first: [missing[0].1, last.op],
                    missing: missing.into_iter().map(|(value, _)| *value).collect(),
                    expected: last.after,
                });
            }
            _ => {}
        }
    }
    let error = |reversed: &Reversed<'_>| {
        let Value::Tagged(read) = reversed.read.to_edn() else {
            return Value::Nil;
        };
        let Tagged { tag, value } = &*read;
        let mut record = value.clone();
        record.remove("value");
        let missing = reversed.missing.iter().map(|value| (*value).clone());
        record.insert("missing", Value::Set(missing.collect()));
        record.insert("expected-count", reversed.expected.into());
        Value::tagged(&**tag, record)
    };
    let errors: Value = reversed.iter().map(error).collect();
    let what = "reads miss what was written before what they show";
    let reversed = found("causal-reverse", what, &reversed, |reversed| {
        let [end, write] = reversed.first;
        let words = format!(
            "{} is read without {}, which had been written before it",
            write.value, end.value
        );
        Evidence::case(words, [end, write, reversed.read])
    });
    let what = "reads show what nobody had begun to write";
    let unwritten = found("unwritten-read", what, &unwritten, |(value, op)| {
        let words = format!("{value} is read, which nobody had begun to write, or was refused");
        Evidence::case(words, [*op])
    });
    let findings: Vec<_> = reversed.into_iter().chain(unwritten).collect();
    let valid = Validity::from(findings.is_empty());
    let mut checked = Checked {
        valid,
        results: Value::map([("valid?", valid.to_edn()), ("errors", errors)]),
        findings,
    };
    match unreadable {
        _ if valid == Validity::Invalid => {}
        Some(op) => checked.set_unknown(format!(
            "operation {} read {}, which is no collection of values",
            op.index, op.value
        )),
        None if reads == 0 => {
            checked.set_unknown("nothing was read: there is nothing to judge".into());
        }
        None => {}
    }
    checked
}

#[cfg(test)]
mod tests {
    use super::*;
    use rng::Rng;

    fn judge(text: &str) -> Checked {
        check(&History::read(text).unwrap())
    }

    #[test]
    fn a_later_write_is_not_seen_without_an_earlier_one() {
        // As elle-cli's histories/custom/comments.edn has it: without processes.
        let read = |shown: &str| {
            judge(&format!(
                "{{:index 1, :type :invoke :f :read   :value nil}}
                 {{:index 2, :type :invoke :f :write  :value 425}}
                 {{:index 3, :type :ok     :f :write  :value 425}}
                 {{:index 4, :type :invoke :f :write  :value 430}}
                 {{:index 5, :type :ok     :f :write  :value 430}}
                 {{:index 6, :type :ok     :f :read   :value {shown}}}"
            ))
        };
        for right in ["#{}", "#{425}", "[425 430]"] {
            assert_eq!(read(right).valid, Validity::Valid, "{right}");
        }
        let reversed = read("#{430}");
        assert_eq!(reversed.valid, Validity::Invalid);
        let told = reversed.sentences().concat();
        assert!(
            told.starts_with("430 is read without 425, which had been written before it: "),
            "{told}"
        );
        let errors = reversed.results.get("errors").unwrap();
        let error = &errors.items().unwrap()[0];
        assert_eq!(error.get("missing").unwrap().to_string(), "#{425}");
        assert_eq!(error.get("expected-count"), Some(&Value::Int(1)));
        assert_eq!(error.get("value"), None);
        assert_eq!(read("nil").valid, Validity::Unknown);
        assert!(read("#{425 9}").sentences()[0].starts_with("9 is read, which nobody"));
    }

    #[test]
    fn judges_as_the_definition_does() {
        let rng = Rng::new(21);
        let mut verdicts = [0; 2];
        for _ in 0..10_000 {
            let mut text = String::new();
            let mut open: Vec<Option<u64>> = vec![None; 3];
            // Each write: where it began, and where it ended.
            let mut writes: Vec<(usize, usize)> = Vec::new();
            for place in 0..rng.range(1..12) as usize {
                let process = rng.below(3) as usize;
                let (typ, value) = match open[process].take() {
                    Some(value) => {
                        writes[value as usize].1 = place;
                        ("ok", value)
                    }
                    None => {
                        let value = writes.len() as u64;
                        writes.push((place, usize::MAX));
                        open[process] = Some(value);
                        ("invoke", value)
                    }
                };
                text +=
                    &format!("{{:process {process}, :type :{typ}, :f :write, :value {value}}}\n");
            }
            let shown: Vec<usize> = (0..writes.len()).filter(|_| rng.chance(0.7)).collect();
            let list: Vec<String> = shown.iter().map(usize::to_string).collect();
            text += "{:process 9, :type :invoke, :f :read, :value nil}\n";
            text += &format!(
                "{{:process 9, :type :ok, :f :read, :value [{}]}}\n",
                list.join(" ")
            );
            let misses =
                |(_, end): &(usize, usize)| shown.iter().any(|seen| *end < writes[*seen].0);
            let unseen = writes
                .iter()
                .enumerate()
                .filter(|(value, _)| !shown.contains(value));
            let right = !unseen.map(|(_, write)| write).any(misses);
            verdicts[usize::from(right)] += 1;
            assert_eq!(judge(&text).valid, Validity::from(right), "{text}");
        }
        assert!(verdicts.iter().all(|count| *count > 1_000), "{verdicts:?}");
    }
}
