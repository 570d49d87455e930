//! Writes of a client that another sees out of their order: each write makes several
//! entries one after another, each read looks for them from the last to the first. Once one
//! is there, all before it must be (Jepsen's test of sequential consistency, for
//! CockroachDB, TiDB and others).

use std::collections::BTreeSet;

use finding::found;
use history::edn::Value;
use history::{History, Op, OpType};

use super::keys::stranger;
use super::{Checked, Evidence, Validity};

/// Judges writes of a key and reads of `[key [entries]]`, the last entry first, nil for each
/// that is not there.
///
/// Entries of a key of which no write had begun are wrong, too, in a history that has
/// writes. (Jepsen lets them pass.) A read of anything else makes the verdict unknown,
/// unless another is wrong.
pub fn check(history: &History) -> Checked {
    if let Some(why) = stranger(history, &["write", "read"]) {
        return Checked::unknown(why);
    }
    let has_writes = history.clients().any(|(_, op)| op.f == "write");
    let mut begun: BTreeSet<&Value> = BTreeSet::new();
    let (mut all, mut some, mut none) = (0_usize, 0_usize, 0_usize);
    let (mut bad, mut unwritten, mut unreadable) = (Vec::new(), Vec::new(), None);
    for (_, op) in history.clients() {
        if op.f == "write" {
            begun.insert(&op.value);
        }
        if op.f != "read" || op.typ != OpType::Ok {
            continue;
        }
        let parts = match op.value.items() {
            Some([key, entries]) => entries.items().map(|entries| (key, entries)),
            _ => None,
        };
        let Some((key, entries)) = parts else {
            unreadable = unreadable.or(Some(op));
            continue;
        };
        let missing = entries.iter().filter(|entry| **entry == Value::Nil).count();
        all += usize::from(missing == 0);
        some += usize::from(missing > 0);
        none += usize::from(missing == entries.len());
        let mut seen = entries.iter().skip_while(|entry| **entry == Value::Nil);
        let first = seen.next();
        if let Some(entry) = first.filter(|_| seen.any(|entry| *entry == Value::Nil)) {
            bad.push((op, entry));
        }
        if first.is_some() && has_writes && !begun.contains(key) {
            unwritten.push((op, key));
        }
    }
    let values = |bad: &[(&Op, &Value)]| Value::list(bad.iter().map(|(op, _)| op.value.clone()));
    let what = "reads see entries without those before them";
    let reordered = found("sequential", what, &bad, |(op, entry)| {
        let words = format!("{entry} is read, but not all that was written before it");
        Evidence::case(words, [*op])
    });
    let what = "reads show what nobody had begun to write";
    let invented = found("unwritten-read", what, &unwritten, |(op, key)| {
        let words = format!("entries of {key} are read, which nobody had begun to write");
        Evidence::case(words, [*op])
    });
    let findings: Vec<_> = reordered.into_iter().chain(invented).collect();
    let valid = Validity::from(findings.is_empty());
    let mut checked = Checked {
        valid,
        results: Value::map([
            ("valid?", valid.to_edn()),
            ("all-count", all.into()),
            ("some-count", some.into()),
            ("none-count", none.into()),
            ("bad-count", bad.len().into()),
            ("bad", values(&bad)),
        ]),
        findings,
    };
    match unreadable {
        _ if valid == Validity::Invalid => {}
        Some(op) => checked.set_unknown(format!(
            "operation {} read {}, which is no key and its entries",
            op.index, op.value
        )),
        None if all + some == 0 => {
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

    fn read(entries: &str) -> Checked {
        let text = format!(
            "{{:process 0, :type :invoke, :f :write, :value 7}}
             {{:process 1, :type :invoke, :f :read, :value 7}}
             {{:process 1, :type :ok, :f :read, :value {entries}}}
             {{:process 0, :type :ok, :f :write, :value 7}}"
        );
        check(&History::read(&text).unwrap())
    }

    #[test]
    fn once_an_entry_is_there_all_before_it_are() {
        for right in [
            "[7 [nil nil]]",
            "[7 [nil \"7_0\"]]",
            "[7 [\"7_1\" \"7_0\"]]",
        ] {
            assert_eq!(read(right).valid, Validity::Valid, "{right}");
        }
        let bad = read("[7 [nil \"7_1\" nil]]");
        assert_eq!(
            bad.sentences(),
            [
                "\"7_1\" is read, but not all that was written before it: client 1's read \
                 (operation 2)"
            ]
        );
        assert_eq!(
            bad.results.to_string(),
            "{:valid? false, :all-count 0, :some-count 1, :none-count 0, :bad-count 1, \
             :bad ([7 [nil \"7_1\" nil]])}"
        );
    }

    #[test]
    fn what_nobody_wrote_is_not_there() {
        assert_eq!(
            read("[8 [\"8_0\"]]").sentences(),
            [
                "entries of 8 are read, which nobody had begun to write: client 1's read \
                 (operation 2)"
            ]
        );
        assert_eq!(
            read("nil").sentences(),
            ["operation 2 read nil, which is no key and its entries"]
        );
        let nothing = History::read("{:process 0, :type :invoke, :f :write, :value 7}");
        assert_eq!(check(&nothing.unwrap()).valid, Validity::Unknown);
    }

    #[test]
    fn judges_as_the_definition_does() {
        let rng = Rng::new(31);
        let mut verdicts = [0; 2];
        for _ in 0..10_000 {
            let seen: Vec<bool> = (0..rng.range(1..6)).map(|_| rng.chance(0.5)).collect();
            let entries: Vec<String> = (0..seen.len())
                .map(|i| if seen[i] { i.to_string() } else { "nil".into() })
                .collect();
            // From the last to the first: nothing that is seen is before what is not.
            let right = (0..seen.len()).all(|i| !seen[i] || seen[i..].iter().all(|seen| *seen));
            verdicts[usize::from(right)] += 1;
            let text = format!("[7 [{}]]", entries.join(" "));
            assert_eq!(read(&text).valid, Validity::from(right), "{text}");
        }
        assert!(verdicts.iter().all(|count| *count > 1_000), "{verdicts:?}");
    }
}
