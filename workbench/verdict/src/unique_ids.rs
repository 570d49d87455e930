//! Whether no id was given twice.

use std::collections::BTreeMap;

use history::edn::Value;
use history::{History, Op, OpType};

use finding::{Operation, Twins, found};

use super::{Checked, Evidence, Finding, Rules, Validity};
use jepsen::keys::stranger;

/// How many duplicated ids are listed; those given most often come first.
const LISTED: usize = 48;
/// How many operations of an id a finding keeps.
const KEPT: usize = 16;

/// Why there is no range.
const NO_ORDER: &str = "ids of several types, which have no order";

/// Looks for ids that were acknowledged more than once.
///
/// The range of the ids needs an order among them. Ids of several types have
/// none; then the verdict is unknown to Jepsen, and so to Maelstrom.
pub fn check(history: &History, rules: Rules) -> Checked {
    if let Some(why) = stranger(history, &["generate"]).filter(|_| rules.are_sound()) {
        return Checked::unknown(why);
    }
    let is = |typ| move |(_, op): &(usize, &Op)| op.typ == typ && op.f == "generate";
    let attempted = history.clients().filter(is(OpType::Invoke)).count();
    let mut given: BTreeMap<&Value, Vec<&Op>> = BTreeMap::new();
    let mut acknowledged: usize = 0;
    let mut range = Some((&Value::Nil, &Value::Nil));
    for (_, op) in history.clients().filter(is(OpType::Ok)) {
        acknowledged += 1;
        range = range.and_then(|(least, most)| widen(least, most, &op.value));
        given.entry(&op.value).or_default().push(op);
    }
    let mut duplicated: Vec<_> = given.into_iter().filter(|(_, ops)| ops.len() > 1).collect();
    // Most often first, then the greatest.
    duplicated.sort_by_key(|(id, ops)| std::cmp::Reverse((ops.len(), *id)));
    let twins = |(id, ops): &(&Value, Vec<&Op>)| {
        let first = ops.iter().take(KEPT);
        Evidence::Twins(Twins {
            id: (*id).clone(),
            operations: first.map(|op| Operation::from(*op)).collect(),
            count: ops.len(),
        })
    };
    let findings = found("duplicated", "ids were given again", &duplicated, twins);
    let count = duplicated.len();
    duplicated.truncate(LISTED);
    duplicated.sort_by_key(|(id, _)| *id);

    if rules.are_sound() && acknowledged == 0 {
        return Checked::unknown("no id was given: there is nothing to judge");
    }
    let valid = match range {
        None if !rules.are_sound() => Validity::Unknown,
        _ => Validity::from(count == 0),
    };
    let listed = duplicated
        .into_iter()
        .map(|(id, ops)| (id.clone(), ops.len().into()));
    let mut results = Value::map([
        ("valid?", valid.to_edn()),
        ("attempted-count", attempted.into()),
        ("acknowledged-count", acknowledged.into()),
        ("duplicated-count", count.into()),
        ("duplicated", Value::Map(listed.collect())),
    ]);
    match range {
        Some((least, most)) => {
            results.insert("range", Value::from([least.clone(), most.clone()]));
        }
        None => results.insert("error", NO_ORDER.into()),
    }
    let unknown = (valid == Validity::Unknown).then(|| Finding::statement("unknown", NO_ORDER));
    Checked {
        valid,
        results,
        findings: findings.into_iter().chain(unknown).collect(),
    }
}

/// The range with one more id in it. `nil` is in no range.
fn widen<'a>(least: &'a Value, most: &'a Value, id: &'a Value) -> Option<(&'a Value, &'a Value)> {
    match (least, id) {
        (_, Value::Nil) => Some((least, most)),
        (Value::Nil, _) => Some((id, id)),
        _ => Some((
            if id.compare(least)?.is_le() {
                id
            } else {
                least
            },
            if id.compare(most)?.is_ge() { id } else { most },
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(ids: &str) -> (Validity, String) {
        let ids = history::edn::read_all(ids).unwrap();
        let lines = ids.iter().enumerate().map(|(i, id)| {
            format!("{{:time {i}, :type :ok, :process {i}, :f :generate, :value {id}}}\n")
        });
        let checked = check(
            &History::read(&lines.collect::<String>()).unwrap(),
            Rules::Maelstrom,
        );
        let part = |key| checked.results.get(key).unwrap_or(&Value::Nil).to_string();
        (
            checked.valid,
            format!("{} {}", part("range"), part("duplicated")),
        )
    }

    #[test]
    fn ids_are_the_same_as_clojure_has_it() {
        assert_eq!(judge(""), (Validity::Valid, "[nil nil] {}".into()));
        assert_eq!(judge("3 1 2"), (Validity::Valid, "[1 3] {}".into()));
        assert_eq!(judge("2 2N"), (Validity::Invalid, "[2 2] {2 2}".into()));
        assert_eq!(judge("2 2.0").0, Validity::Valid);
        assert_eq!(
            judge("[2 1] [1 2] [2 1] [3]"),
            (Validity::Invalid, "[[3] [2 1]] {[2 1] 2}".into())
        );
        assert_eq!(
            judge("18446744073709551616 18446744073709551617"),
            (
                Validity::Valid,
                "[18446744073709551616N 18446744073709551617N] {}".into()
            )
        );
    }

    #[test]
    fn ids_without_an_order_have_no_range() {
        assert_eq!(judge("1 \"1\""), (Validity::Unknown, "nil {}".into()));
        assert_eq!(judge("{\"a\" 1}").0, Validity::Valid);
        assert_eq!(
            judge("{\"a\" 1, \"b\" 2} {\"b\" 2, \"a\" 1}"),
            (Validity::Unknown, "nil {{\"a\" 1, \"b\" 2} 2}".into())
        );
    }

    #[test]
    fn nil_is_an_id_but_in_no_range() {
        assert_eq!(judge("nil 4 2"), (Validity::Valid, "[2 4] {}".into()));
        assert_eq!(
            judge("nil nil"),
            (Validity::Invalid, "[nil nil] {nil 2}".into())
        );
    }

    #[test]
    fn ids_of_several_types_may_be_given_twice() {
        let sound = |ids: &[&str]| {
            let line = |id: &&str| format!("{{:type :ok, :process 0, :f :generate, :value {id}}}");
            let text: String = ids.iter().map(line).collect();
            check(&History::read(&text).unwrap(), Rules::Sound).valid
        };
        assert_eq!(sound(&["1", "1", "\"a\""]), Validity::Invalid);
        assert_eq!(sound(&["1", "\"1\"", "\"a\""]), Validity::Valid);
        assert_eq!(sound(&[]), Validity::Unknown);
    }
}
