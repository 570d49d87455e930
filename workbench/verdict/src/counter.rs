//! Counters: every final read must be the sum of the adds that succeeded, plus
//! that of any of those of which nobody knows.

use history::edn::Value;
use history::{History, Op, OpType};

use finding::evidence::Ranges;
use finding::{Sum, found};

use super::{Checked, Evidence, Finding, Rules, Validity};
use jepsen::bounds::delta;
use jepsen::keys::{self, stranger};

/// More ranges of acceptable sums than this are too many to tell apart.
const MOST_RANGES: usize = 100_000;

/// Judges adds and final reads. A final read of no integer is wrong; an add of
/// no integer makes the verdict unknown.
///
/// A read before the end may be late, but what it shows must be the sum of some adds that
/// had begun by then. (Maelstrom does not look at those.)
pub fn check(history: &History, rules: Rules) -> Checked {
    if !rules.are_sound() {
        return final_reads(history);
    }
    if let Some(why) = stranger(history, &["add", "read"]) {
        return Checked::unknown(why);
    }
    keys::each(&history.completed(), all_reads)
}

/// Judges final reads, and those before.
fn all_reads(history: &History) -> Checked {
    let mut checked = final_reads(history);
    let impossible = impossible_reads(history);
    let is_judged = history
        .clients()
        .any(|(_, op)| op.typ == OpType::Ok && op.is_final());
    if let Some(finding) = impossible {
        checked.set(Validity::Invalid);
        checked.findings.push(finding);
    } else if checked.valid == Validity::Valid && !is_judged {
        checked.set_unknown(
            "no final read: earlier ones may be late, so there is no telling whether the counter \
             comes to the sum of its adds"
                .into(),
        );
    }
    checked
}

/// Reads of what no adds that had begun by then make, but for final ones.
fn impossible_reads(history: &History) -> Option<Finding> {
    // One may have begun at any time of which only the end is known.
    let is_unpaired = |(place, op): (usize, &Op)| {
        op.f == "add" && op.typ != OpType::Invoke && history.pair(place).is_none()
    };
    if history.clients().any(is_unpaired) {
        return None;
    }
    let mut possible = vec![(0, 0)];
    let mut wrong = Vec::new();
    // An add that was refused did not happen.
    let is_add = |place: usize, op: &Op| {
        let end = history.pair(place);
        op.f == "add" && op.typ == OpType::Invoke && end.is_none_or(|op| op.typ != OpType::Fail)
    };
    for (place, op) in history.clients() {
        if is_add(place, op) {
            let delta = delta(&op.value)?;
            shift(&mut possible, delta);
            if possible.len() > MOST_RANGES_BY_THE_WAY {
                // All between the least and the most, then: that is never wrong.
                let (least, most) = (possible[0].0, possible[possible.len() - 1].1);
                possible = vec![(least, most)];
            }
        } else if op.f == "read" && op.typ == OpType::Ok && !op.is_final() {
            let may_be = op
                .value
                .as_integer()
                .is_some_and(|value| is_in(&possible, value));
            // Of no reply there is no telling.
            if !may_be && op.value != Value::Nil {
                wrong.push((op, Ranges::from(possible.as_slice())));
            }
        }
    }
    found(
        "impossible-read",
        "reads are of no sum",
        &wrong,
        |(op, possible)| {
            Evidence::Sum(Sum {
                read: (*op).into(),
                value: op.value.clone(),
                is_final: false,
                acceptable: Ranges::clone(possible),
            })
        },
    )
}

/// How many ranges of sums are kept while a history is read.
const MOST_RANGES_BY_THE_WAY: usize = 1000;

/// Whether a value is in one of these ranges.
fn is_in(ranges: &[(i128, i128)], value: i128) -> bool {
    let after = ranges.partition_point(|(from, _)| *from <= value);
    after > 0 && value <= ranges[after - 1].1
}

/// Adds to ranges of sums those with one more, which may have happened.
fn shift(ranges: &mut Vec<(i128, i128)>, delta: i128) {
    let shifted = ranges.iter().map(|(from, to)| (from + delta, to + delta));
    let shifted: Vec<_> = shifted.collect();
    ranges.extend(shifted);
    merge(ranges);
}

/// Judges adds and final reads.
fn final_reads(history: &History) -> Checked {
    let (mut done, mut uncertain) = (Vec::new(), Vec::new());
    for (_, op) in history.clients().filter(|(_, op)| op.f == "add") {
        let deltas = match op.typ {
            OpType::Ok => &mut done,
            OpType::Info => &mut uncertain,
            OpType::Invoke | OpType::Fail => continue,
        };
        match delta(&op.value) {
            Some(delta) => deltas.push(delta),
            None => {
                let (index, value) = (op.index, &op.value);
                return Checked::unknown(format!(
                    "operation {index} adds {value}, which is no integer, so there is no sum"
                ));
            }
        }
    }
    let sum: i128 = done.iter().sum();
    let mut acceptable = vec![(sum, sum)];
    // In whatever order, but small ones soon fill the gaps between ranges.
    uncertain.sort_unstable_by_key(|delta| delta.unsigned_abs());
    for delta in uncertain {
        shift(&mut acceptable, delta);
        if acceptable.len() > MOST_RANGES {
            return Checked::unknown(
                "so many adds have no known outcome that their sums cannot be told apart",
            );
        }
    }

    let reads: Vec<&Op> = (history.clients().map(|(_, op)| op))
        .filter(|op| op.typ == OpType::Ok && op.is_final())
        .collect();
    let is_acceptable = |op: &&Op| {
        let value = op.value.as_integer();
        value.is_some_and(|value| is_in(&acceptable, value))
    };
    let errors: Vec<&Op> = reads
        .iter()
        .copied()
        .filter(|op| !is_acceptable(op))
        .collect();
    let ranges: Ranges = acceptable.as_slice().into();
    let findings = found("wrong-sum", "final reads are wrong", &errors, |op| {
        Evidence::Sum(Sum {
            read: (*op).into(),
            value: op.value.clone(),
            is_final: true,
            acceptable: Ranges::clone(&ranges),
        })
    });
    let valid = errors.is_empty();
    let acceptable = acceptable
        .iter()
        .map(|(from, to)| Value::from([*from, *to]));
    let errors = errors.into_iter().map(Op::to_edn);
    Checked {
        valid: Validity::from(valid),
        results: Value::map([
            ("valid?", valid.into()),
            (
                "errors",
                if valid {
                    Value::Nil
                } else {
                    Value::list(errors)
                },
            ),
            (
                "final-reads",
                Value::list(reads.iter().map(|op| op.value.clone())),
            ),
            ("acceptable", Value::list(acceptable)),
        ]),
        findings: findings.into_iter().collect(),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A line each: type, function, value, and further keys.
    fn judge(transcript: &str) -> Checked {
        let lines = transcript.lines().enumerate().map(|(i, line)| {
            let words: Vec<&str> = line.trim().splitn(4, ' ').collect();
            let (typ, f, value) = (words[0], words[1], words[2]);
            let rest = words.get(3).unwrap_or(&"");
            format!("{{:type :{typ}, :process {i}, :f :{f}, :value {value} {rest}}}\n")
        });
        check(
            &History::read(&lines.collect::<String>()).unwrap(),
            Rules::Maelstrom,
        )
    }

    fn acceptable_after(transcript: &str) -> String {
        judge(transcript)
            .results
            .get("acceptable")
            .unwrap()
            .to_string()
    }

    #[test]
    fn only_final_reads_count() {
        let checked = judge(
            "ok add 3
             ok add 4
             ok read 99
             fail read nil :final? true
             info read 5 :final? true
             invoke read nil :final? true
             ok read 7 :final? true",
        );
        assert_eq!(
            checked.results.to_string(),
            "{:valid? true, :errors nil, :final-reads (7), :acceptable ([7 7])}"
        );
        assert_eq!(judge("ok add 3\nok read 99").valid, Validity::Valid);
    }

    #[test]
    fn a_wrong_final_read_is_named() {
        let checked = judge("ok add 3\ninfo add 10\nok read 4 :final? true");
        assert_eq!(
            checked.results.to_string(),
            "{:valid? false, \
             :errors (#jepsen.history.Op{:index 2, :time 0, :type :ok, :process 2, :f :read, \
             :value 4, :final? true}), \
             :final-reads (4), :acceptable ([3 3] [13 13])}"
        );
        assert_eq!(
            checked.sentences(),
            ["the final read of client 2 (operation 2) is 4, where the adds make 3 or 13"]
        );
    }

    #[test]
    fn an_uncertain_addition_may_have_happened_or_not() {
        assert_eq!(acceptable_after("ok add 5\nfail add 100"), "([5 5])");
        assert_eq!(acceptable_after("ok add 5\ninfo add 1"), "([5 6])");
        assert_eq!(acceptable_after("info add 2"), "([0 0] [2 2])");
        assert_eq!(acceptable_after("info add 2\ninfo add 1"), "([0 3])");
        assert_eq!(acceptable_after("info add 0"), "([0 0])");
        assert_eq!(
            acceptable_after("info add -3\ninfo add 3\nok add 1"),
            "([-2 -2] [1 1] [4 4])"
        );
    }

    #[test]
    fn acceptable_are_the_sums_of_all_subsets() {
        let rng = rng::Rng::new(5);
        for _ in 0..300 {
            let deltas: Vec<i64> = (0..rng.below(9))
                .map(|_| rng.below(60) as i64 - 20)
                .collect();
            let sums: BTreeSet<i64> = (0..1 << deltas.len())
                .map(|subset: u32| {
                    let chosen = deltas.iter().enumerate();
                    let chosen = chosen.filter(|(i, _)| subset >> i & 1 == 1);
                    7 + chosen.map(|(_, delta)| delta).sum::<i64>()
                })
                .collect();
            let mut ranges: Vec<(i64, i64)> = Vec::new();
            for sum in sums {
                match ranges.last_mut() {
                    Some((_, to)) if *to + 1 == sum => *to = sum,
                    _ => ranges.push((sum, sum)),
                }
            }
            let ranges: Vec<String> = ranges.iter().map(|(a, b)| format!("[{a} {b}]")).collect();
            let adds: String = deltas
                .iter()
                .map(|delta| format!("info add {delta}\n"))
                .collect();
            assert_eq!(
                acceptable_after(&format!("{adds}ok add 7")),
                format!("({})", ranges.join(" "))
            );
        }
    }

    #[test]
    fn many_uncertain_additions_take_no_time() {
        let adds = |deltas: &mut dyn Iterator<Item = i128>| {
            deltas
                .map(|delta| format!("info add {delta}\n"))
                .collect::<String>()
        };
        assert_eq!(
            acceptable_after(&adds(&mut (0..5_000).map(|i| i % 5 - 2))),
            "([-3000 3000])"
        );
        assert_eq!(
            acceptable_after(&adds(&mut (0..40).rev().map(|i| 1 << i))),
            format!("([0 {}])", (1u64 << 40) - 1)
        );
        let checked = judge(&adds(&mut (0..30).map(|i| 3 << (2 * i))));
        assert_eq!(checked.valid, Validity::Unknown);
    }

    #[test]
    fn sums_beyond_64_bits_are_exact() {
        let largest = i64::MAX;
        assert_eq!(
            acceptable_after(&format!("ok add {largest}\nok add {largest}")),
            "([18446744073709551614N 18446744073709551614N])"
        );
    }

    #[test]
    fn what_is_no_integer() {
        let checked = judge("ok add 3\nok read 3.0 :final? true\nok read nil :final? true");
        assert_eq!(checked.valid, Validity::Invalid);
        assert_eq!(
            checked.sentences()[0],
            "the final read of client 1 (operation 1) is 3.0, where the adds make 3"
        );
        let huge = "9".repeat(38);
        let checked = judge(&format!(
            "ok add {huge}\ninfo add {huge}\nok read {huge} :final? true"
        ));
        assert_eq!(checked.valid, Validity::Unknown);
        let checked = judge("ok add \"3\"\nok read 3 :final? true");
        assert_eq!(checked.valid, Validity::Unknown);
        assert_eq!(
            checked.sentences(),
            ["operation 0 adds \"3\", which is no integer, so there is no sum"]
        );
    }

    #[track_caller]
    fn soundly(text: &str) -> (Validity, Vec<String>) {
        let checked = check(&History::read(text).unwrap(), Rules::Sound);
        (checked.valid, checked.sentences())
    }

    #[test]
    fn an_add_without_an_end_may_count() {
        let text = "{:process 0, :type :invoke, :f :add, :value 5}
                    {:process 1, :type :invoke, :f :read, :value nil, :final? true}
                    {:process 1, :type :ok, :f :read, :value 5, :final? true}";
        assert_eq!(soundly(text).0, Validity::Valid);
    }

    #[test]
    fn a_read_before_the_end_may_be_late_but_not_of_what_no_adds_make() {
        let read = |value: i64| {
            soundly(&format!(
                "{{:process 0, :type :invoke, :f :add, :value 5}}
                 {{:process 0, :type :ok, :f :add, :value 5}}
                 {{:process 0, :type :invoke, :f :add, :value -2}}
                 {{:process 1, :type :invoke, :f :read, :value nil}}
                 {{:process 1, :type :ok, :f :read, :value {value}}}
                 {{:process 1, :type :invoke, :f :add, :value 100}}"
            ))
        };
        for late in [0, 5, 3, -2] {
            let (valid, why) = read(late);
            assert_eq!(valid, Validity::Unknown);
            assert!(why[0].starts_with("no final read"), "{why:?}");
        }
        for impossible in [1, 4, 100, -3] {
            assert_eq!(
                read(impossible),
                (
                    Validity::Invalid,
                    vec![format!(
                        "the read of client 1 (operation 4) is {impossible}, where the adds that \
                         had begun make -2 or 0 or 3 or 5"
                    )]
                )
            );
        }
    }

    #[test]
    fn an_add_of_which_only_the_end_is_known_may_have_begun_at_any_time() {
        let (valid, _) = soundly(
            "{:process 1, :type :invoke, :f :read, :value nil}
             {:process 1, :type :ok, :f :read, :value 5}
             {:process 0, :type :ok, :f :add, :value 5}",
        );
        assert_eq!(valid, Validity::Unknown);
    }

    #[test]
    fn a_history_of_another_kind_is_not_judged() {
        let bank = History::read(
            "{:process 0, :type :invoke, :f :transfer, :value {:from 0, :to 1, :amount 5}}
             {:process 0, :type :ok, :f :transfer, :value {:from 0, :to 1, :amount 5}}
             {:process 1, :type :invoke, :f :read, :value nil}
             {:process 1, :type :ok, :f :read, :value {0 5, 1 7}}",
        );
        let checked = check(&bank.unwrap(), Rules::Sound);
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
