//! Dirty reads: each write sets all rows to a value of its own, each read shows all rows.
//! What a write that failed wrote must never be seen (Jepsen's test for Galera).

use std::collections::BTreeMap;

use finding::found;
use history::edn::Value;
use history::{History, Op, OpType};

use super::keys::stranger;
use super::{Checked, Evidence, Validity};

/// Judges writes and reads. A read whose rows differ is told, but is not what this check
/// is about: it says nothing against the verdict. A read of no collection makes the
/// verdict unknown, unless another is dirty.
pub fn check(history: &History) -> Checked {
    if let Some(why) = stranger(history, &["write", "read"]) {
        return Checked::unknown(why);
    }
    let history = history.completed();
    // Of each value the last write that failed, if none did not.
    let mut failed: BTreeMap<&Value, Option<&Op>> = BTreeMap::new();
    let (mut reads, mut unreadable) = (Vec::new(), None);
    for (_, op) in history.clients() {
        match (&*op.f, op.typ) {
            ("write", OpType::Ok | OpType::Info) => {
                failed.insert(&op.value, None);
            }
            ("write", OpType::Fail) => {
                let end = failed.entry(&op.value).or_insert(Some(op));
                *end = end.and(Some(op));
            }
            ("read", OpType::Ok) => match op.value.items() {
                Some(rows) => reads.push((op, rows)),
                None => unreadable = unreadable.or(Some(op)),
            },
            _ => {}
        }
    }
    let inconsistent = reads
        .iter()
        .filter(|(_, rows)| rows.windows(2).any(|w| w[0] != w[1]));
    let inconsistent: Vec<&Op> = inconsistent.map(|(op, _)| *op).collect();
    let dirty = reads.iter().filter_map(|(op, rows)| {
        let mut dirty = rows
            .iter()
            .filter_map(|value| (*failed.get(value)?).map(|end| (value, end)));
        dirty.next().map(|(value, end)| (*op, value, end))
    });
    let dirty: Vec<(&Op, &Value, &Op)> = dirty.collect();
    let values = |ops: Vec<&Op>| -> Value { ops.iter().map(|op| op.value.clone()).collect() };
    let valid = Validity::from(dirty.is_empty());
    let results = Value::map([
        ("valid?", valid.to_edn()),
        ("inconsistent-reads", values(inconsistent.clone())),
        (
            "dirty-reads",
            values(dirty.iter().map(|(op, ..)| *op).collect()),
        ),
    ]);
    let what = "reads show what a failed write wrote";
    let dirty = found("dirty-reads", what, &dirty, |(op, value, end)| {
        let words = format!("{value} is read, whose write failed");
        Evidence::case(words, [*end, *op])
    });
    let what = "reads show rows that differ";
    let differ = found("inconsistent-reads", what, &inconsistent, |op| {
        Evidence::case("the rows of a read differ", [*op])
    });
    let mut checked = Checked {
        valid,
        results,
        findings: dirty.into_iter().chain(differ).collect(),
    };
    match unreadable {
        _ if valid == Validity::Invalid => {}
        Some(op) => checked.set_unknown(format!(
            "operation {} read {}, which is no collection of rows",
            op.index, op.value
        )),
        None if reads.is_empty() => {
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

    /// Writes of a value, each with how it ends, and then a read of these rows.
    fn judge(writes: &[(u64, &str)], rows: &[u64]) -> Checked {
        let write = |(value, end): &(u64, &str)| {
            format!(
                "{{:process 0, :type :invoke, :f :write, :value {value}}}
                 {{:process 0, :type :{end}, :f :write, :value {value}}}\n"
            )
        };
        let writes: String = writes.iter().map(write).collect();
        let rows: Vec<String> = rows.iter().map(u64::to_string).collect();
        let read = format!(
            "{{:process 1, :type :invoke, :f :read, :value nil}}
             {{:process 1, :type :ok, :f :read, :value [{}]}}",
            rows.join(" ")
        );
        check(&History::read(&(writes + &read)).unwrap())
    }

    #[test]
    fn what_a_failed_write_wrote_is_never_seen() {
        assert_eq!(
            judge(&[(1, "ok"), (2, "fail")], &[1, 1]).valid,
            Validity::Valid
        );
        assert_eq!(judge(&[(2, "info")], &[2, 2]).valid, Validity::Valid);
        let dirty = judge(&[(1, "ok"), (2, "fail")], &[1, 2]);
        assert_eq!(
            dirty.results.to_string(),
            "{:valid? false, :inconsistent-reads [[1 2]], :dirty-reads [[1 2]]}"
        );
        assert_eq!(
            dirty.sentences(),
            [
                "2 is read, whose write failed: client 0's write (operation 3), client 1's read \
                 (operation 5)",
                "the rows of a read differ: client 1's read (operation 5)"
            ]
        );
        let none = History::read("{:process 0, :type :invoke, :f :write, :value 1}");
        assert_eq!(check(&none.unwrap()).valid, Validity::Unknown);
    }

    #[test]
    fn judges_as_the_definition_does() {
        let rng = Rng::new(61);
        let mut verdicts = [0; 2];
        for _ in 0..5_000 {
            let write = |_| (rng.below(4), *rng.choose(&["ok", "fail", "info"]).unwrap());
            let writes: Vec<(u64, &str)> = (0..rng.below(6)).map(write).collect();
            let rows: Vec<u64> = (0..rng.range(1..4)).map(|_| rng.below(4)).collect();
            let is_dirty = |row: &u64| {
                let ends: Vec<&str> = writes.iter().filter(|w| w.0 == *row).map(|w| w.1).collect();
                !ends.is_empty() && ends.iter().all(|end| *end == "fail")
            };
            let right = !rows.iter().any(is_dirty);
            verdicts[usize::from(right)] += 1;
            assert_eq!(
                judge(&writes, &rows).valid,
                Validity::from(right),
                "{writes:?} {rows:?}"
            );
        }
        assert!(verdicts.iter().all(|count| *count > 500), "{verdicts:?}");
    }
}
