//! Long forks: writes to several keys, one each, that two reads see in contradictory
//! orders: one sees x without y, the other y without x (jepsen.tests.long-fork). Parallel
//! snapshot isolation lets it be, snapshot isolation does not.

use std::collections::{BTreeMap, BTreeSet};

use finding::found;
use history::edn::Value;
use history::{History, Op, OpType};

use super::keys::stranger;
use super::{Checked, Evidence, Finding, Validity};

/// How many forks are listed.
const LISTED: usize = 64;

/// A transaction that the check knows: only reads, or one write.
enum Txn<'a> {
    Reads(BTreeMap<&'a Value, &'a Value>),
    Write(&'a Value, &'a Value),
}

/// A read of a group of keys.
struct Read<'a> {
    op: &'a Op,
    place: usize,
    shown: BTreeMap<&'a Value, &'a Value>,
}

impl<'a> Read<'a> {
    /// For each key in order whether its write is seen.
    fn seen(&self) -> Vec<bool> {
        let values = self.shown.values();
        values.map(|value| **value != Value::Nil).collect()
    }

    fn keys(&self) -> Vec<&'a Value> {
        self.shown.keys().copied().collect()
    }
}

/// Judges transactions that write one key each, once, or read a group of keys.
///
/// Reads are compared with those of the same keys; `group_size` is how many those must be
/// (`None`: any). Of all that see the same, one is compared, and at most 64 forks are
/// listed. A value that is read where nobody had begun to write it is wrong, too, in a
/// history that has writes.
///
/// The verdict is unknown if a key is written twice or shows two values, if groups share
/// keys, or if a transaction both reads and writes.
pub fn check(history: &History, group_size: Option<usize>) -> Checked {
    if let Some(why) = stranger(history, &["read", "write", "txn"]) {
        return Checked::unknown(why);
    }
    let mut doubt = None;
    let mut writes: BTreeMap<&Value, Option<(&Value, usize)>> = BTreeMap::new();
    let mut reads = Vec::new();
    for (place, op) in history.clients() {
        let Some(txn) = parse(&op.value) else {
            let (index, value) = (op.index, &op.value);
            if *value != Value::Nil {
                doubt.get_or_insert_with(|| {
                    format!("operation {index}, {value}, is neither only reads nor one write")
                });
            }
            continue;
        };
        match txn {
            Txn::Write(key, value) if op.typ == OpType::Invoke => {
                let is_refused = history
                    .pair(place)
                    .is_some_and(|end| end.typ == OpType::Fail);
                let write = (!is_refused).then_some((value, place));
                if writes.insert(key, write).is_some() {
                    doubt.get_or_insert_with(|| format!("key {key} is written more than once"));
                }
            }
            Txn::Reads(shown) if op.typ == OpType::Ok => reads.push(Read { op, place, shown }),
            _ => {}
        }
    }
    let mut groups: BTreeMap<Vec<&Value>, Vec<&Read<'_>>> = BTreeMap::new();
    for read in &reads {
        groups.entry(read.keys()).or_default().push(read);
    }
    doubt = doubt.or_else(|| doubt_of_groups(&groups, group_size));
    let forks: Vec<(&Read<'_>, &Read<'_>)> = groups.values().flat_map(|g| forks(g)).collect();

    let every = |seen: bool| move |read: &&Read<'_>| read.seen().iter().all(|s| *s == seen);
    let mut results = Value::map([
        ("reads-count", reads.len().into()),
        (
            "early-read-count",
            reads.iter().filter(every(false)).count().into(),
        ),
        (
            "late-read-count",
            reads.iter().filter(every(true)).count().into(),
        ),
        ("valid?", true.into()),
    ]);
    if !forks.is_empty() {
        let pair = |(a, b): &(&Read<'_>, &Read<'_>)| -> Value {
            [a.op.to_edn(), b.op.to_edn()].into_iter().collect()
        };
        results.insert("forks", Value::list(forks.iter().take(LISTED).map(pair)));
    }
    let findings: Vec<Finding> = forked(&forks)
        .into_iter()
        .chain(unwritten(&reads, &writes))
        .collect();
    let mut checked = Checked {
        valid: Validity::Valid,
        results,
        findings,
    };
    if !checked.findings.is_empty() {
        checked.set(Validity::Invalid);
    } else if let Some(why) = doubt {
        checked.set_unknown(why);
    } else if reads.is_empty() {
        checked.set_unknown("nothing was read: there is nothing to judge".into());
    }
    checked
}

fn parse(value: &Value) -> Option<Txn<'_>> {
    let items = value.items()?;
    let is_read = |item: &Value| match item.items()? {
        [name, _, _] => match name.as_name()? {
            "r" | "read" => Some(true),
            "w" | "write" => Some(false),
            _ => None,
        },
        _ => None,
    };
    let kinds: Option<Vec<bool>> = items.iter().map(is_read).collect();
    match &kinds?[..] {
        [false] => {
            let [_, key, value] = items[0].items()? else {
                return None;
            };
            Some(Txn::Write(key, value))
        }
        kinds if kinds.iter().all(|is_read| *is_read) => {
            let read = |item| match Value::items(item) {
                Some([_, key, value]) => Some((key, value)),
                _ => None,
            };
            Some(Txn::Reads(items.iter().map(read).collect::<Option<_>>()?))
        }
        _ => None,
    }
}

/// Why there is no telling of these groups, if there is not.
fn doubt_of_groups(
    groups: &BTreeMap<Vec<&Value>, Vec<&Read<'_>>>,
    group_size: Option<usize>,
) -> Option<String> {
    let mut grouped = BTreeSet::new();
    for (keys, reads) in groups {
        let (index, count) = (reads[0].op.index, keys.len());
        if let Some(size) = group_size.filter(|size| *size != count) {
            return Some(format!(
                "operation {index} reads {count} keys, where each reads {size}"
            ));
        }
        if let Some(key) = keys.iter().find(|key| !grouped.insert(**key)) {
            return Some(format!(
                "key {key} is read in several groups, which are not compared"
            ));
        }
        let mut values: BTreeMap<&Value, &Value> = BTreeMap::new();
        for (key, value) in reads.iter().flat_map(|read| &read.shown) {
            if **value != Value::Nil && values.insert(key, value).is_some_and(|old| old != *value) {
                return Some(format!(
                    "key {key} is read with several values: each may be written only once"
                ));
            }
        }
    }
    None
}

/// The pairs of reads of a group that see what the other does not; of those that see the
/// same, the first.
fn forks<'a>(group: &[&'a Read<'a>]) -> Vec<(&'a Read<'a>, &'a Read<'a>)> {
    let mut states: BTreeMap<Vec<bool>, &Read<'_>> = BTreeMap::new();
    for read in group {
        states.entry(read.seen()).or_insert(read);
    }
    let mut states: Vec<(Vec<bool>, &Read<'_>)> = states.into_iter().collect();
    let count = |seen: &[bool]| seen.iter().filter(|seen| **seen).count();
    states.sort_by_key(|(seen, read)| (count(seen), read.place));
    let is_within = |a: &[bool], b: &[bool]| a.iter().zip(b).all(|(a, b)| a <= b);
    // Each within the next is each within all that follow.
    if states
        .windows(2)
        .all(|pair| is_within(&pair[0].0, &pair[1].0))
    {
        return Vec::new();
    }
    let pairs = states.iter().enumerate().flat_map(|(i, a)| {
        let later = states[i + 1..].iter();
        later.map(move |b| (a, b))
    });
    pairs
        .filter(|(a, b)| !is_within(&a.0, &b.0))
        .map(|(a, b)| {
            if a.1.place < b.1.place {
                (a.1, b.1)
            } else {
                (b.1, a.1)
            }
        })
        .take(LISTED)
        .collect()
}

fn forked(forks: &[(&Read<'_>, &Read<'_>)]) -> Option<Finding> {
    found("long-fork", "pairs of reads see a fork", forks, |(a, b)| {
        // What one sees without the other.
        let only = |a: &Read<'_>, b: &Read<'_>| {
            let seen = |(key, value): &(&&Value, &&Value)| {
                ***value != Value::Nil && *b.shown[**key] == Value::Nil
            };
            let key = a.shown.iter().find(seen).map(|(key, _)| (*key).clone());
            key.unwrap_or_default()
        };
        let (x, y) = (only(a, b), only(b, a));
        let words = format!("one read sees {x} without {y}, another {y} without {x}");
        Evidence::case(words, [a.op, b.op])
    })
}

/// Reads of what nobody had begun to write, in a history that has writes.
fn unwritten(
    reads: &[Read<'_>],
    writes: &BTreeMap<&Value, Option<(&Value, usize)>>,
) -> Option<Finding> {
    let is_unwritten = |read: &Read<'_>, key: &Value, value: &Value| {
        let write = writes.get(key).copied().flatten();
        *value != Value::Nil
            && !write.is_some_and(|(written, begun)| written == value && begun < read.place)
    };
    let mut wrong = Vec::new();
    for read in reads.iter().filter(|_| !writes.is_empty()) {
        let shown = read.shown.iter();
        let mut unwritten = shown.filter(|(key, value)| is_unwritten(read, key, value));
        wrong.extend(unwritten.next().map(|(key, value)| (read.op, *key, *value)));
    }
    let what = "reads show what nobody had written";
    found("unwritten-read", what, &wrong, |(op, key, value)| {
        let words = format!("{value} is read from {key}, where nobody had begun to write it");
        Evidence::case(words, [*op])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rng::Rng;

    fn judge(text: &str, group_size: Option<usize>) -> (Validity, Vec<String>) {
        let checked = check(&History::read(text).unwrap(), group_size);
        (checked.valid, checked.sentences())
    }

    /// elle-cli's histories/jepsen/long-fork.edn.
    const FORK: &str = "
        [{:type :invoke, :f :read, :value [[:r 0 nil] [:r 1 nil] [:r 2 nil]]},
         {:type :ok, :f :read, :value [[:r 0 1] [:r 1 1] [:r 2 nil]]},
         {:type :invoke, :f :read, :value [[:r 2 nil] [:r 0 nil] [:r 1 nil]]},
         {:type :ok, :f :read, :value [[:r 2 1]   [:r 0 1]   [:r 1 nil]]}]";

    #[test]
    fn two_reads_that_see_writes_in_contradictory_orders_are_a_fork() {
        let told = "one read sees 1 without 2, another 2 without 1: client 0's read (operation 1), \
                    client 1's read (operation 3)";
        for group_size in [None, Some(3)] {
            assert_eq!(
                judge(FORK, group_size),
                (Validity::Invalid, vec![told.into()])
            );
        }
        let no_fork = FORK.replace("[:r 1 nil]]}]", "[:r 1 1]]}]");
        assert_eq!(judge(&no_fork, None), (Validity::Valid, vec![]));
        let checked = check(&History::read(FORK).unwrap(), None);
        let forks = checked.results.get("forks").unwrap().items().unwrap();
        assert_eq!(forks.len(), 1);
        assert_eq!(forks[0].items().unwrap().len(), 2);
        assert_eq!(checked.results.get("reads-count"), Some(&Value::Int(2)));
        assert_eq!(checked.results.get("late-read-count"), Some(&Value::Int(0)));
    }

    fn unknown(text: &str, group_size: Option<usize>) -> String {
        let (valid, why) = judge(text, group_size);
        assert_eq!(valid, Validity::Unknown);
        why.concat()
    }

    #[test]
    fn what_cannot_be_compared_is_told() {
        let read = |shown: &str| {
            format!(
                "{{:process 0, :type :invoke, :f :txn, :value [[:r 0 nil]]}}
                 {{:process 0, :type :ok, :f :txn, :value {shown}}}"
            )
        };
        assert_eq!(
            unknown(&read("[[:r 0 nil]]"), Some(2)),
            "operation 1 reads 1 keys, where each reads 2"
        );
        let several = [read("[[:r 0 nil]]"), read("[[:r 0 nil] [:r 1 nil]]")].concat();
        assert_eq!(
            unknown(&several, None),
            "key 0 is read in several groups, which are not compared"
        );
        let several = [read("[[:r 0 1]]"), read("[[:r 0 2]]")].concat();
        assert_eq!(
            unknown(&several, None),
            "key 0 is read with several values: each may be written only once"
        );
        let write = "{:process 0, :type :invoke, :f :write, :value [[:w 0 1]]}";
        assert_eq!(
            unknown(&[write, write].concat(), None),
            "key 0 is written more than once"
        );
        assert_eq!(
            unknown(&read("[[:r 0 nil] [:w 1 1]]"), None),
            "operation 1, [[:r 0 nil] [:w 1 1]], is neither only reads nor one write"
        );
        assert_eq!(
            unknown(write, None),
            "nothing was read: there is nothing to judge"
        );
    }

    #[test]
    fn what_nobody_wrote_is_not_read() {
        let read = |end: &str| {
            judge(
                &format!(
                    "{{:process 0, :type :invoke, :f :write, :value [[:w 0 1]]}}
                     {{:process 0, :type :{end}, :f :write, :value [[:w 0 1]]}}
                     {{:process 0, :type :invoke, :f :read, :value [[:r 0 nil]]}}
                     {{:process 0, :type :ok, :f :read, :value [[:r 0 1]]}}"
                ),
                None,
            )
        };
        assert_eq!(read("ok").0, Validity::Valid);
        assert_eq!(
            read("fail").1,
            ["1 is read from 0, where nobody had begun to write it: client 0's read (operation 3)"]
        );
    }

    /// Whether there is an order of the writes in which each read is of a prefix.
    fn has_order(reads: &[Vec<bool>], order: &mut Vec<usize>) -> bool {
        let keys = reads[0].len();
        let is_prefix = |seen: &Vec<bool>| {
            let ordered: Vec<bool> = order.iter().map(|key| seen[*key]).collect();
            ordered.windows(2).all(|pair| pair[0] >= pair[1])
        };
        if order.len() == keys {
            return reads.iter().all(is_prefix);
        }
        (0..keys).any(|key| {
            if order.contains(&key) {
                return false;
            }
            order.push(key);
            let has = has_order(reads, order);
            order.pop();
            has
        })
    }

    #[test]
    fn judges_as_all_orders_of_the_writes_do() {
        let rng = Rng::new(5);
        let mut verdicts = [0; 2];
        for _ in 0..10_000 {
            let keys = rng.range(2..5) as usize;
            let reads: Vec<Vec<bool>> = (0..rng.range(1..5))
                .map(|_| {
                    (0..keys)
                        .map(|key| rng.chance(0.2 + 0.2 * key as f64))
                        .collect()
                })
                .collect();
            let mut text = String::new();
            for seen in &reads {
                let mut reads: Vec<String> = (0..keys)
                    .map(|key| format!("[:r {key} {}]", if seen[key] { "1" } else { "nil" }))
                    .collect();
                rng.shuffle(&mut reads);
                for typ in ["invoke", "ok"] {
                    let reads = reads.join(" ");
                    text += &format!("{{:process 0, :type :{typ}, :f :read, :value [{reads}]}}\n");
                }
            }
            let right = has_order(&reads, &mut Vec::new());
            verdicts[usize::from(right)] += 1;
            assert_eq!(judge(&text, Some(keys)).0, Validity::from(right), "{text}");
        }
        assert!(verdicts.iter().all(|count| *count > 1_000), "{verdicts:?}");
    }
}
