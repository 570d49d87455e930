//! Upserts: many clients insert a record of one key unless there is one. At most one of
//! them may, and no read may show two (Jepsen's test for Dgraph).

use finding::found;
use history::edn::Value;
use history::{History, Op, OpType};

use super::keys::{self, stranger};
use super::{Checked, Evidence, Validity};

/// Judges upserts, which are `:ok` where they inserted, and reads of all records; of each
/// key by itself. A read of no collection makes the verdict unknown, unless something
/// is wrong.
pub fn check(history: &History) -> Checked {
    if let Some(why) = stranger(history, &["upsert", "read"]) {
        return Checked::unknown(why);
    }
    // Keys are told from values by what reads ask for.
    if !history.clients().any(|(_, op)| op.f == "read") {
        return Checked::unknown("nothing was read: there is nothing to judge");
    }
    keys::each(&history.completed(), one)
}

fn one(history: &History) -> Checked {
    let ok = |f: &'static str| {
        let ops = history.clients().map(|(_, op)| op);
        ops.filter(move |op| op.f == f && op.typ == OpType::Ok)
    };
    // Nil: nothing is there.
    let records = |op: &&Op| match &op.value {
        Value::Nil => Some(0),
        value => value.items().map(<[Value]>::len),
    };
    let upserts: Vec<&Op> = ok("upsert").collect();
    let reads: Vec<&Op> = ok("read").collect();
    let bad = reads.iter().copied().filter(|op| records(op) > Some(1));
    let bad: Vec<&Op> = bad.collect();
    let twice = (upserts.len() > 1).then_some(());
    let twice = found(
        "inserted-twice",
        "keys are inserted twice",
        twice.as_slice(),
        |()| {
            let words = format!("{} upserts insert a record of one key", upserts.len());
            Evidence::case(words, upserts.iter().copied())
        },
    );
    let what = "reads show several records of a key";
    let several = found("several-records", what, &bad, |op| {
        let words = format!("{} are read, several records of one key", op.value);
        Evidence::case(words, [*op])
    });
    let findings: Vec<_> = twice.into_iter().chain(several).collect();
    let valid = Validity::from(findings.is_empty());
    let edn = |ops: &[&Op]| Value::list(ops.iter().map(|op| op.to_edn()));
    let mut checked = Checked {
        valid,
        results: Value::map([
            ("valid?", valid.to_edn()),
            ("bad-reads", edn(&bad)),
            ("ok-upserts", edn(&upserts)),
        ]),
        findings,
    };
    let unreadable = reads.iter().find(|op| records(op).is_none());
    match unreadable {
        _ if valid == Validity::Invalid => {}
        Some(op) => checked.set_unknown(format!(
            "operation {} read {}, which is no collection of records",
            op.index, op.value
        )),
        None if upserts.is_empty() && reads.is_empty() => {
            checked
                .set_unknown("no upsert and no read succeeded: there is nothing to judge".into());
        }
        None => {}
    }
    checked
}

#[cfg(test)]
mod tests {
    use super::*;
    use rng::Rng;

    /// Of one key: upserts by how they end, and reads of so many records.
    fn judge(upserts: &[&str], reads: &[u64]) -> Checked {
        let upsert = |end: &&str| {
            format!(
                "{{:process 0, :type :invoke, :f :upsert, :value [7 nil]}}
                 {{:process 0, :type :{end}, :f :upsert, :value [7 \"0x1\"]}}\n"
            )
        };
        let read = |count: &u64| {
            let records: Vec<String> = (0..*count).map(|i| format!("\"0x{i}\"")).collect();
            format!(
                "{{:process 1, :type :invoke, :f :read, :value [7 nil]}}
                 {{:process 1, :type :ok, :f :read, :value [7 [{}]]}}\n",
                records.join(" ")
            )
        };
        let upserts: String = upserts.iter().map(upsert).collect();
        let reads: String = reads.iter().map(read).collect();
        check(&History::read(&(upserts + &reads)).unwrap())
    }

    #[test]
    fn a_record_is_inserted_once() {
        assert_eq!(judge(&["ok", "fail"], &[1, 0]).valid, Validity::Valid);
        assert_eq!(
            judge(&["ok", "ok"], &[1]).sentences(),
            [
                "2 upserts insert a record of one key: client 0's upsert (operation 1), client 0's \
                 upsert (operation 3)"
            ]
        );
        assert_eq!(
            judge(&["ok"], &[2]).sentences(),
            [
                "[\"0x0\" \"0x1\"] are read, several records of one key: client 1's read \
                 (operation 3)"
            ]
        );
        assert_eq!(judge(&["ok"], &[]).valid, Validity::Unknown);
    }

    #[test]
    fn judges_as_the_definition_does() {
        let rng = Rng::new(51);
        let mut verdicts = [0; 2];
        for _ in 0..5_000 {
            let ends = ["ok", "fail", "fail", "info"];
            let upserts: Vec<&str> = (0..rng.below(4))
                .map(|_| *rng.choose(&ends).unwrap())
                .collect();
            let reads: Vec<u64> = (0..rng.range(1..4)).map(|_| rng.below(9) / 4).collect();
            let inserted = upserts.iter().filter(|end| **end == "ok").count();
            let right = inserted < 2 && reads.iter().all(|count| *count < 2);
            verdicts[usize::from(right)] += 1;
            let checked = judge(&upserts, &reads);
            assert_eq!(
                checked.valid,
                Validity::from(right),
                "{upserts:?} {reads:?}"
            );
        }
        assert!(verdicts.iter().all(|count| *count > 500), "{verdicts:?}");
    }
}
