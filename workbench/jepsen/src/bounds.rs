//! Counters that are read at any time: each read must be between what had certainly been
//! added when it began and what may have been when it ended (jepsen.checker/counter).
//!
//! Counters that may be late are judged when all is over; those are Maelstrom's.

use std::collections::BTreeMap;

use finding::found;
use history::edn::Value;
use history::{History, OpType};

use super::keys::{self, stranger};
use super::{Checked, Evidence, Validity};

/// With more adds under way than this, whether some of them make exactly what a read shows
/// is not looked at.
const MOST_OPEN: usize = 12;

/// Judges adds and reads.
///
/// What is taken away counts for the lower bound where it may have been, and for the
/// upper one where it certainly was. (Jepsen knows only what is added.) A read
/// between its bounds is wrong nonetheless if it is the sum of none of the adds that were
/// under way, as long as those are few. A read of no integer, or an add of none, makes the
/// verdict unknown.
pub fn check(history: &History) -> Checked {
    if let Some(why) = stranger(history, &["add", "read"]) {
        return Checked::unknown(why);
    }
    keys::each(&history.completed(), one)
}

/// Sums so far.
#[derive(Clone, Copy, Default)]
struct Sums {
    /// Of the adds that have begun and were not refused: what they add, and what they take.
    begun: (i128, i128),
    /// Of those that succeeded.
    done: (i128, i128),
}

fn signed(delta: i128) -> (i128, i128) {
    (delta.max(0), delta.min(0))
}

fn add(to: &mut (i128, i128), delta: i128) {
    let (positive, negative) = signed(delta);
    to.0 += positive;
    to.1 += negative;
}

/// What was so when a read began.
struct Began {
    done: (i128, i128),
    /// The adds under way, if few.
    open: Option<Vec<i128>>,
    /// How many adds had begun.
    begun: usize,
}

/// What the adds that are under way add, if they are few.
fn few(open: &BTreeMap<usize, i128>) -> Option<Vec<i128>> {
    (open.len() <= MOST_OPEN).then(|| open.values().copied().collect())
}

fn one(history: &History) -> Checked {
    let mut sums = Sums::default();
    // Of adds that were not refused: where each began, and what it adds.
    let mut begun: Vec<(usize, i128)> = Vec::new();
    let mut open: BTreeMap<usize, i128> = BTreeMap::new();
    let mut reads: Vec<Option<Began>> = Vec::new();
    reads.resize_with(history.ops().len(), || None);
    let (mut judged, mut errors) = (Vec::new(), Vec::new());
    let mut unreadable = None;
    for (place, op) in history.clients() {
        let end = history.pair(place);
        let is_refused = || end.is_some_and(|end| end.typ == OpType::Fail);
        match (&*op.f, op.typ) {
            ("add", OpType::Invoke | OpType::Ok) => {
                // An end without a beginning: both at once.
                let begins = op.typ == OpType::Invoke || end.is_none();
                if is_refused() {
                    continue;
                }
                let Some(delta) = delta(&op.value) else {
                    let (index, value) = (op.index, &op.value);
                    return Checked::unknown(format!(
                        "operation {index} adds {value}, which is no integer, so there is no sum"
                    ));
                };
                if begins {
                    add(&mut sums.begun, delta);
                    begun.push((place, delta));
                    open.insert(place, delta);
                }
                if op.typ == OpType::Ok {
                    add(&mut sums.done, delta);
                    let began = history.pair_place(place).unwrap_or(place);
                    open.remove(&began);
                }
            }
            ("read", OpType::Invoke) => {
                reads[place] = Some(Began {
                    done: sums.done,
                    open: few(&open),
                    begun: begun.len(),
                });
            }
            ("read", OpType::Ok) => {
                let Some(value) = op.value.as_integer() else {
                    unreadable = unreadable.or(Some(op));
                    continue;
                };
                let began = history
                    .pair_place(place)
                    .and_then(|began| reads[began].take());
                let began = began.unwrap_or_else(|| Began {
                    done: sums.done,
                    open: few(&open),
                    begun: begun.len(),
                });
                let lower = began.done.0 + sums.begun.1;
                let upper = sums.begun.0 + began.done.1;
                let done = began.done.0 + began.done.1;
                let meanwhile = &begun[began.begun..];
                let is_possible = (lower..=upper).contains(&value)
                    && began.open.is_none_or(|open| {
                        let meanwhile = meanwhile.iter().map(|(_, delta)| *delta);
                        let deltas: Vec<i128> = open.into_iter().chain(meanwhile).collect();
                        deltas.len() > MOST_OPEN || is_sum(value - done, &deltas)
                    });
                let bounds = [lower, value, upper];
                judged.push(bounds);
                if !is_possible {
                    errors.push((op, bounds));
                }
            }
            _ => {}
        }
    }
    let edn = |bounds: &[i128; 3]| -> Value { bounds.iter().map(|n| Value::from(*n)).collect() };
    let valid = Validity::from(errors.is_empty());
    let finding = found(
        "impossible-read",
        "reads are out of bounds, or of no sum",
        &errors,
        |(op, [lower, value, upper])| {
            let words = match (lower..=upper).contains(&value) {
                true => format!(
                    "{value} is read, between {lower} and {upper}, but the sum of none of the adds \
                     that were under way"
                ),
                false => format!(
                    "{value} is read, where {lower} had certainly been added before, and at most \
                     {upper} until then"
                ),
            };
            Evidence::case(words, [*op])
        },
    );
    let mut checked = Checked {
        valid,
        results: Value::map([
            ("valid?", valid.to_edn()),
            ("reads", judged.iter().map(edn).collect()),
            (
                "errors",
                errors.iter().map(|(_, bounds)| edn(bounds)).collect(),
            ),
        ]),
        findings: finding.into_iter().collect(),
    };
    match unreadable {
        _ if valid == Validity::Invalid => {}
        Some(op) => checked.set_unknown(format!(
            "operation {} read {}, which is no integer",
            op.index, op.value
        )),
        None if judged.is_empty() => {
            checked.set_unknown("the counter was never read: there is nothing to judge".into());
        }
        None => {}
    }
    checked
}

/// What an add of this value adds. Greater ones than any protocol carries are
/// none, so that no sum overflows.
pub fn delta(value: &Value) -> Option<i128> {
    (value.as_integer()).filter(|delta| delta.unsigned_abs() < 1 << 90)
}

/// Whether some of these make this sum.
fn is_sum(sum: i128, deltas: &[i128]) -> bool {
    match deltas {
        [] => sum == 0,
        [delta, rest @ ..] => is_sum(sum, rest) || is_sum(sum - delta, rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rng::Rng;

    fn judge(text: &str) -> (Validity, String, Vec<String>) {
        let checked = check(&History::read(text).unwrap());
        let reads = checked
            .results
            .get("reads")
            .unwrap_or(&Value::Nil)
            .to_string();
        (checked.valid, reads, checked.sentences())
    }

    #[test]
    fn a_read_is_between_what_was_done_before_and_what_had_begun_until_its_end() {
        let read = |value: i64| {
            judge(&format!(
                "{{:process 0, :type :invoke, :f :add, :value 5}}
                 {{:process 0, :type :ok, :f :add, :value 5}}
                 {{:process 1, :type :invoke, :f :read, :value nil}}
                 {{:process 0, :type :invoke, :f :add, :value 3}}
                 {{:process 2, :type :invoke, :f :add, :value 100}}
                 {{:process 2, :type :fail, :f :add, :value 100}}
                 {{:process 1, :type :ok, :f :read, :value {value}}}
                 {{:process 2, :type :invoke, :f :add, :value 1}}
                 {{:process 2, :type :ok, :f :add, :value 1}}
                 {{:process 0, :type :ok, :f :add, :value 3}}"
            ))
        };
        assert_eq!(read(5), (Validity::Valid, "[[5 5 8]]".into(), vec![]));
        assert_eq!(read(8), (Validity::Valid, "[[5 8 8]]".into(), vec![]));
        assert_eq!(
            read(4),
            (
                Validity::Invalid,
                "[[5 4 8]]".into(),
                vec![
                    "4 is read, where 5 had certainly been added before, and at most 8 until then: \
                     client 1's read (operation 6)"
                        .into()
                ]
            )
        );
        assert_eq!(read(9).0, Validity::Invalid);
        assert_eq!(
            read(7).2,
            [
                "7 is read, between 5 and 8, but the sum of none of the adds that were under way: \
                 client 1's read (operation 6)"
            ]
        );
    }

    #[test]
    fn an_add_of_unknown_end_may_count_ever_after() {
        let read = |value: i64| {
            judge(&format!(
                "{{:process 0, :type :invoke, :f :add, :value -2}}
                 {{:process 0, :type :info, :f :add, :value -2}}
                 {{:process 2, :type :invoke, :f :add, :value 1}}
                 {{:process 1, :type :invoke, :f :read, :value nil}}
                 {{:process 1, :type :ok, :f :read, :value {value}}}"
            ))
        };
        for possible in [-2, -1, 0, 1] {
            let shown = format!("[[-2 {possible} 1]]");
            assert_eq!(read(possible), (Validity::Valid, shown, vec![]));
        }
        assert_eq!(read(-3).0, Validity::Invalid);
        assert_eq!(read(2).0, Validity::Invalid);
    }

    #[test]
    fn what_cannot_be_judged_is_told() {
        let why = |text: &str| {
            let (valid, _, why) = judge(text);
            assert_eq!(valid, Validity::Unknown);
            why.concat()
        };
        let add = "{:process 0, :type :invoke, :f :add, :value 5}";
        assert_eq!(
            why(add),
            "the counter was never read: there is nothing to judge"
        );
        let read = |value: &str| {
            format!(
                "{{:process 1, :type :invoke, :f :read, :value nil}}
                 {{:process 1, :type :ok, :f :read, :value {value}}}"
            )
        };
        assert_eq!(
            why(&format!("{} {}", read("0"), read("\"0\""))),
            "operation 3 read \"0\", which is no integer"
        );
        assert_eq!(
            why("{:process 0, :type :invoke, :f :add, :value nil}"),
            "operation 0 adds nil, which is no integer, so there is no sum"
        );
        assert_eq!(
            why("{:process 0, :type :invoke, :f :transfer, :value nil}"),
            "operation 0 is :transfer, where add or read is expected: this is a history of another \
             kind"
        );
    }

    #[test]
    fn each_key_has_a_counter() {
        let read = |value: i64| {
            let text = format!(
                "{{:process 0, :type :invoke, :f :add, :value [7 5]}}
                 {{:process 0, :type :ok, :f :add, :value [7 5]}}
                 {{:process 0, :type :invoke, :f :read, :value [7 nil]}}
                 {{:process 0, :type :ok, :f :read, :value [7 5]}}
                 {{:process 1, :type :invoke, :f :read, :value [8 nil]}}
                 {{:process 1, :type :ok, :f :read, :value [8 {value}]}}"
            );
            judge(&text).0
        };
        assert_eq!(read(0), Validity::Valid);
        assert_eq!(read(5), Validity::Invalid);
    }

    /// A read is right if some of the adds make it: all that ended before it, none that
    /// began after it, and any of the others.
    fn is_right(history: &History, place: usize, began: usize) -> bool {
        let mut sums = vec![0];
        let ops = history.clients().filter(|(_, op)| op.f == "add");
        for (start, op) in ops.filter(|(_, op)| op.typ == OpType::Invoke) {
            let delta = op.value.as_integer().unwrap();
            let end = history
                .pair_place(start)
                .filter(|end| history.ops()[*end].typ != OpType::Info);
            let fails = end.is_some_and(|end| history.ops()[end].typ == OpType::Fail);
            if fails || start > place {
                continue;
            }
            let with: Vec<i128> = sums.iter().map(|sum| sum + delta).collect();
            match end.is_some_and(|end| end < began) {
                true => sums = with,
                false => sums.extend(with),
            }
        }
        sums.contains(&history.ops()[place].value.as_integer().unwrap())
    }

    #[test]
    fn judges_as_the_definition_does() {
        let rng = Rng::new(7);
        let mut verdicts = [0; 2];
        for _ in 0..10_000 {
            let mut text = String::new();
            let mut open: Vec<Option<String>> = vec![None; 3];
            for _ in 0..rng.range(4..14) {
                let process = rng.below(3) as usize;
                match open[process].take() {
                    Some(op) => {
                        let typ = *rng.choose(&["ok", "ok", "ok", "fail", "info"]).unwrap();
                        let op = op.replace(":value nil", &format!(":value {}", rng.below(6)));
                        text += &op.replace("invoke", typ);
                    }
                    None => {
                        let delta = rng.below(7) as i64 - 1;
                        let (f, value) = match rng.chance(0.4) {
                            true => ("read", "nil".to_string()),
                            false => ("add", delta.to_string()),
                        };
                        let op = format!(
                            "{{:process {process}, :type :invoke, :f :{f}, :value {value}}}\n"
                        );
                        text += &op;
                        open[process] = Some(op);
                    }
                }
            }
            let history = History::read(&text).unwrap();
            let reads = history
                .clients()
                .filter(|(_, op)| op.f == "read" && op.typ == OpType::Ok);
            let reads: Vec<usize> = reads.map(|(place, _)| place).collect();
            let right = reads
                .iter()
                .all(|place| is_right(&history, *place, history.pair_place(*place).unwrap()));
            let expected = match reads.is_empty() {
                true => Validity::Unknown,
                false => Validity::from(right),
            };
            assert_eq!(judge(&text).0, expected, "{text}");
            if !reads.is_empty() {
                verdicts[usize::from(right)] += 1;
            }
        }
        assert!(verdicts.iter().all(|count| *count > 1_000), "{verdicts:?}");
    }
}
