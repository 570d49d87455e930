//! Records that are added with a value that only grows, and read at the end in the order of
//! the timestamps that the database gave them: that must be the order of the values
//! (Jepsen's monotonic test for CockroachDB).

use std::collections::{BTreeMap, BTreeSet};

use finding::{Finding, found};
use history::edn::Value;
use history::{History, Op, OpType};

use super::keys::{self, stranger};
use super::set::intervals;
use super::{Checked, Evidence, Validity};

/// Judges adds of records and the last read of all of them, a map each: `:val` is the value,
/// `:sts` the timestamp, `:proc`, `:node` and `:tb` who added it, where.
///
/// `global`: the values must grow over all records, and not only over those of each process.
/// An add that was acknowledged after the last read had begun may be missing in it. (Jepsen
/// calls it lost.) Values and timestamps without an order make the verdict unknown.
pub fn check(history: &History, global: bool) -> Checked {
    if let Some(why) = stranger(history, &["add", "read"]) {
        return Checked::unknown(why);
    }
    keys::each(&history.completed(), |history| one(history, global))
}

type Pair<'a> = (&'a Value, &'a Value);

/// Neighbours that are out of order by this field; none, if some have no order.
fn out_of_order<'a>(rows: &[&'a Value], field: &str, may_be_equal: bool) -> Option<Vec<Pair<'a>>> {
    let mut wrong = Vec::new();
    for pair in rows.windows(2) {
        let order = pair[0].get(field)?.compare(pair[1].get(field)?)?;
        if order.is_gt() || (order.is_eq() && !may_be_equal) {
            wrong.push((pair[0], pair[1]));
        }
    }
    Some(wrong)
}

/// The same among the rows of each value of another field.
fn out_of_order_by<'a>(rows: &[&'a Value], by: &str) -> Option<BTreeMap<&'a Value, Vec<Pair<'a>>>> {
    let mut groups: BTreeMap<&Value, Vec<&Value>> = BTreeMap::new();
    for row in rows {
        groups
            .entry(row.get(by).unwrap_or(&Value::Nil))
            .or_default()
            .push(row);
    }
    let groups = groups.into_iter();
    groups
        .map(|(group, rows)| Some((group, out_of_order(&rows, "val", false)?)))
        .collect()
}

fn pairs(pairs: &[Pair<'_>]) -> Value {
    let pair = |(a, b): &Pair<'_>| Value::list([(*a).clone(), (*b).clone()]);
    Value::list(pairs.iter().map(pair))
}

fn one(history: &History, global: bool) -> Checked {
    let mut added: BTreeMap<&Value, (usize, &Op)> = BTreeMap::new();
    let mut failed: BTreeSet<&Value> = BTreeSet::new();
    let mut uncertain: BTreeSet<&Value> = BTreeSet::new();
    let mut last = None;
    for (place, op) in history.clients() {
        let value = op.value.get("val");
        match (&*op.f, op.typ, value) {
            ("add", OpType::Ok, Some(value)) => drop(added.entry(value).or_insert((place, op))),
            ("add", OpType::Fail, Some(value)) => drop(failed.insert(value)),
            ("add", OpType::Info, Some(value)) => drop(uncertain.insert(value)),
            ("read", OpType::Ok, _) => {
                if let Some(rows) = op.value.items() {
                    last = Some((place, op, rows));
                }
            }
            _ => {}
        }
    }
    let Some((place, read, rows)) = last else {
        return Checked::unknown("the records were never read: there is nothing to judge");
    };
    let rows: Vec<&Value> = rows.iter().collect();
    let orders = (
        out_of_order(&rows, "sts", true),
        out_of_order(&rows, "val", false),
        out_of_order_by(&rows, "proc"),
        out_of_order_by(&rows, "node"),
        out_of_order_by(&rows, "tb"),
    );
    let (Some(stamps), Some(values), Some(by_process), Some(by_node), Some(by_table)) = orders
    else {
        return Checked::unknown(format!(
            "operation {} reads records without timestamps and values that have an order",
            read.index
        ));
    };
    let mut shown: BTreeSet<&Value> = BTreeSet::new();
    let mut twice: BTreeSet<&Value> = BTreeSet::new();
    for value in rows.iter().filter_map(|row| row.get("val")) {
        if !shown.insert(value) {
            twice.insert(value);
        }
    }
    let began = history.pair_place(place).unwrap_or(place);
    let lost: Vec<(&Value, &Op)> = (added.iter())
        .filter(|(value, (end, _))| *end < began && !shown.contains(*value))
        .map(|(value, (_, op))| (*value, *op))
        .collect();
    let may_be = |value: &&&Value| added.contains_key(**value) || uncertain.contains(**value);
    let revived = shown.intersection(&failed).filter(|value| !may_be(value));
    let revived: Vec<&Value> = revived.copied().collect();
    let recovered: Vec<&Value> = shown.intersection(&uncertain).copied().collect();
    let twice: Vec<&Value> = twice.into_iter().collect();

    let say = |anomaly: &str, more: &str, wrong: &[Pair<'_>], what: &str| -> Option<Finding> {
        found(anomaly, more, wrong, |(a, b)| {
            Evidence::case(format!("{a} is read before {b}, {what}"), [read])
        })
    };
    let of_processes: Vec<Pair<'_>> = by_process.values().flatten().copied().collect();
    let values_if_global: &[Pair<'_>] = if global { &values } else { &[] };
    let about = |words: &'static str| {
        move |value: &&Value| Evidence::case(format!("the record {value} {words}"), [read])
    };
    let findings: Vec<Finding> = [
        found("lost", "records are lost", &lost, |(value, op)| {
            let words = format!("the record {value} was added, but is not in the last read");
            Evidence::case(words, [*op, read])
        }),
        found(
            "duplicates",
            "records are read twice",
            &twice,
            about("is read twice"),
        ),
        found(
            "revived",
            "records are read, whose add failed",
            &revived,
            about("is read, whose add failed"),
        ),
        say(
            "order-by-errors",
            "records are out of order",
            &stamps,
            "whose timestamp is earlier",
        ),
        say(
            "value-reorders",
            "records are out of order",
            values_if_global,
            "whose value is no greater",
        ),
        say(
            "value-reorders-per-process",
            "records are out of order",
            &of_processes,
            "whose value is no greater, though the same process added it later",
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    let fraction = |part: usize, whole: usize| match whole {
        0 => Value::Int(1),
        _ if part.is_multiple_of(whole) => (part / whole).into(),
        _ => Value::Float(part as f64 / whole as f64),
    };
    let set = |values: &[&Value]| Value::from(intervals(values).as_str());
    let groups = |groups: &BTreeMap<&Value, Vec<Pair<'_>>>| {
        let entries = groups
            .iter()
            .map(|(group, wrong)| ((*group).clone(), pairs(wrong)));
        Value::Map(entries.collect())
    };
    let lost: Vec<&Value> = lost.into_iter().map(|(value, _)| value).collect();
    let valid = Validity::from(findings.is_empty());
    Checked {
        valid,
        results: Value::map([
            ("valid?", valid.to_edn()),
            ("revived", set(&revived)),
            ("revived-frac", fraction(revived.len(), failed.len())),
            ("recovered", set(&recovered)),
            ("recovered-frac", fraction(recovered.len(), uncertain.len())),
            ("lost", set(&lost)),
            ("lost-frac", fraction(lost.len(), added.len())),
            (
                "duplicates",
                Value::Set(twice.into_iter().cloned().collect()),
            ),
            ("order-by-errors", pairs(&stamps)),
            ("value-reorders", pairs(&values)),
            ("value-reorders-per-process", groups(&by_process)),
            ("value-reorders-per-node", groups(&by_node)),
            ("value-reorders-per-table", groups(&by_table)),
        ]),
        findings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rng::Rng;

    /// Adds, each of a value with how it ends, and then a read of these: value, timestamp and
    /// process.
    fn judge(adds: &[(u64, &str)], rows: &[(u64, u64, u64)], global: bool) -> Checked {
        let add = |(value, end): &(u64, &str)| {
            format!(
                "{{:process 0, :type :invoke, :f :add, :value {{:val {value}}}}}
                 {{:process 0, :type :{end}, :f :add, :value {{:val {value}}}}}\n"
            )
        };
        let adds: String = adds.iter().map(add).collect();
        let row = |(value, stamp, process): &(u64, u64, u64)| {
            format!("{{:val {value}, :sts {stamp}, :proc {process}}}")
        };
        let rows: Vec<String> = rows.iter().map(row).collect();
        let read = format!(
            "{{:process 1, :type :invoke, :f :read, :value nil}}
             {{:process 1, :type :ok, :f :read, :value [{}]}}",
            rows.join(" ")
        );
        check(&History::read(&(adds + &read)).unwrap(), global)
    }

    #[test]
    fn values_grow_with_their_timestamps() {
        let adds = [(1, "ok"), (2, "info"), (3, "fail")];
        let right = judge(&adds, &[(1, 10, 0), (2, 10, 1)], true);
        assert_eq!(right.valid, Validity::Valid);
        assert_eq!(right.results.get("recovered"), Some(&"#{2}".into()));
        let reversed = [(2, 10, 0), (1, 11, 1)];
        let told = judge(&adds, &reversed, true).sentences();
        assert_eq!(
            told,
            [
                "{:val 2, :sts 10, :proc 0} is read before {:val 1, :sts 11, :proc 1}, whose value \
                 is no greater: client 1's read (operation 7)"
            ]
        );
        assert_eq!(judge(&adds, &reversed, false).valid, Validity::Valid);
        let of_one = [(2, 10, 0), (1, 11, 0)];
        assert_eq!(judge(&adds, &of_one, false).valid, Validity::Invalid);
    }

    #[test]
    fn each_record_is_read_once() {
        let adds = [(1, "ok"), (2, "ok"), (3, "fail")];
        let wrong = judge(&adds, &[(2, 1, 0), (2, 2, 1), (3, 3, 0)], false);
        let told = wrong.sentences();
        assert_eq!(told.len(), 3);
        assert!(told[0].starts_with("the record 1 was added, but is not in the last read"));
        assert!(told[1].starts_with("the record 2 is read twice"));
        assert!(told[2].starts_with("the record 3 is read, whose add failed"));
        assert_eq!(wrong.results.get("lost-frac"), Some(&Value::Float(0.5)));
        assert_eq!(wrong.results.get("revived-frac"), Some(&Value::Int(1)));
    }

    #[test]
    fn what_has_no_order_is_not_judged() {
        let never = History::read("{:process 0, :type :invoke, :f :add, :value {:val 1}}");
        assert_eq!(check(&never.unwrap(), true).valid, Validity::Unknown);
        let without = History::read(
            "{:process 1, :type :invoke, :f :read, :value nil}
             {:process 1, :type :ok, :f :read, :value [{:val 1} {:val 2}]}",
        );
        assert_eq!(
            check(&without.unwrap(), true).sentences(),
            ["operation 1 reads records without timestamps and values that have an order"]
        );
    }

    #[test]
    fn judges_as_the_definition_does() {
        let rng = Rng::new(71);
        let mut verdicts = [0; 2];
        for _ in 0..10_000 {
            let mut adds = Vec::new();
            let mut rows = Vec::new();
            for value in 0..rng.range(1..5) {
                let end = *rng.choose(&["ok", "ok", "ok", "info", "fail"]).unwrap();
                adds.push((value, end));
                if rng.chance(if end == "fail" { 0.1 } else { 0.9 }) {
                    let late = if rng.chance(0.1) { 15 } else { 0 };
                    rows.push((value, 10 * value + late, rng.below(2)));
                }
            }
            if rng.chance(0.5) {
                rows.sort_by_key(|row| row.1);
            }
            let global = rng.chance(0.5);
            let is_there = |value: u64| rows.iter().any(|row| row.0 == value);
            let kept = adds.iter().all(|(value, end)| match *end {
                "ok" => is_there(*value),
                "fail" => !is_there(*value),
                _ => true,
            });
            let in_order = rows.iter().enumerate().all(|(i, a)| {
                let later = rows[i + 1..].iter();
                later.clone().all(|b| a.1 <= b.1)
                    && later.clone().all(|b| a.0 < b.0 || (!global && a.2 != b.2))
            });
            let right = kept && in_order;
            verdicts[usize::from(right)] += 1;
            let checked = judge(&adds, &rows, global);
            assert_eq!(
                checked.valid,
                Validity::from(right),
                "{adds:?} {rows:?} {global}"
            );
        }
        assert!(verdicts.iter().all(|count| *count > 1_000), "{verdicts:?}");
    }
}
