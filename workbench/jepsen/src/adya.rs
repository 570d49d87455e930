//! Anti-dependency cycles on predicates, Adya's G2: two transactions each look for rows of
//! a key, and insert one where there is none. At most one of them may succeed
//! (jepsen.tests.adya).

use std::collections::BTreeMap;

use finding::found;
use history::edn::Value;
use history::{History, Op, OpType};

use super::keys::stranger;
use super::{Checked, Evidence, Validity};

/// Judges inserts of `[key [a-id b-id]]`: of each key at most one succeeds. The verdict is
/// unknown if none does, or if one is of no key.
pub fn check(history: &History) -> Checked {
    if let Some(why) = stranger(history, &["insert"]) {
        return Checked::unknown(why);
    }
    let history = history.completed();
    let mut inserts: BTreeMap<&Value, Vec<&Op>> = BTreeMap::new();
    for (_, op) in history.clients() {
        let Some([key, _]) = op.value.items() else {
            let (index, value) = (op.index, &op.value);
            return Checked::unknown(format!(
                "operation {index} inserts {value}, which is no key and its ids"
            ));
        };
        let succeeded = inserts.entry(key).or_default();
        if op.typ == OpType::Ok {
            succeeded.push(op);
        }
    }
    let legal = inserts.values().filter(|ops| ops.len() == 1).count();
    let illegal = inserts.iter().filter(|(_, ops)| ops.len() > 1);
    let illegal: Vec<(&&Value, &Vec<&Op>)> = illegal.collect();
    if legal + illegal.len() == 0 {
        return Checked::unknown("no insert succeeded: there is nothing to judge");
    }
    let valid = Validity::from(illegal.is_empty());
    let what = "keys have several inserts";
    let finding = found("G2", what, &illegal, |(key, ops)| {
        let words = format!(
            "key {key} has {} inserts, each of which found none",
            ops.len()
        );
        Evidence::case(words, ops.iter().copied())
    });
    let counts = illegal
        .iter()
        .map(|(key, ops)| ((**key).clone(), ops.len().into()));
    Checked {
        valid,
        results: Value::map([
            ("valid?", valid.to_edn()),
            ("key-count", inserts.len().into()),
            ("legal-count", legal.into()),
            ("illegal-count", illegal.len().into()),
            ("illegal", Value::Map(counts.collect())),
        ]),
        findings: finding.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rng::Rng;

    fn judge(inserts: &[(u64, &str)]) -> Checked {
        let both = |(id, (key, end)): (usize, &(u64, &str))| {
            format!(
                "{{:process {id}, :type :invoke, :f :insert, :value [{key} [{id} nil]]}}
                 {{:process {id}, :type :{end}, :f :insert, :value [{key} [{id} nil]]}}\n"
            )
        };
        let text: String = inserts.iter().enumerate().map(both).collect();
        check(&History::read(&text).unwrap())
    }

    #[test]
    fn at_most_one_insert_of_a_key_succeeds() {
        assert_eq!(judge(&[(7, "ok"), (7, "fail")]).valid, Validity::Valid);
        assert_eq!(judge(&[(7, "ok"), (7, "info")]).valid, Validity::Valid);
        let both = judge(&[(7, "ok"), (8, "ok"), (7, "ok"), (9, "fail")]);
        assert_eq!(
            both.results.to_string(),
            "{:valid? false, :key-count 3, :legal-count 1, :illegal-count 1, :illegal {7 2}}"
        );
        assert_eq!(
            both.sentences(),
            [
                "key 7 has 2 inserts, each of which found none: client 0's insert (operation 1), \
                 client 2's insert (operation 5)"
            ]
        );
        assert_eq!(
            judge(&[(7, "fail")]).sentences(),
            ["no insert succeeded: there is nothing to judge"]
        );
    }

    #[test]
    fn judges_as_the_definition_does() {
        let rng = Rng::new(41);
        let mut verdicts = [0; 3];
        for _ in 0..10_000 {
            let inserts: Vec<(u64, &str)> = (0..rng.range(1..6))
                .map(|_| {
                    let end = *rng.choose(&["ok", "fail", "info"]).unwrap();
                    (rng.below(3), end)
                })
                .collect();
            let of = |key: u64| {
                inserts
                    .iter()
                    .filter(|insert| **insert == (key, "ok"))
                    .count()
            };
            let most = (0..3).map(of).max().unwrap();
            let expected = [Validity::Unknown, Validity::Valid, Validity::Invalid][most.min(2)];
            verdicts[most.min(2)] += 1;
            assert_eq!(judge(&inserts).valid, expected, "{inserts:?}");
        }
        assert!(verdicts.iter().all(|count| *count > 1_000), "{verdicts:?}");
    }
}
