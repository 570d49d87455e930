//! Banks: money is transferred between accounts, and reads show the balances of all of
//! them. Whatever is transferred, they come to the same total in each read
//! (jepsen.tests.bank).

use std::collections::{BTreeMap, BTreeSet};

use finding::found;
use history::edn::Value;
use history::{History, Op, OpType};

use super::keys::stranger;
use super::{Checked, Evidence, Finding, Validity};

/// What is known of a bank beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bank {
    /// What all balances come to. `None`: as in the first read that shows any.
    pub total: Option<i128>,
    /// The accounts that there are. `None`: those of the first read that shows any.
    pub accounts: Option<Vec<Value>>,
    /// Whether a balance may be below zero.
    pub negative_balances: bool,
}

/// What is wrong with a read, each under Jepsen's name. A read is of the first kind that
/// it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    UnexpectedKey,
    NilBalance,
    WrongTotal,
    NegativeValue,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::UnexpectedKey => "unexpected-key",
            Kind::NilBalance => "nil-balance",
            Kind::WrongTotal => "wrong-total",
            Kind::NegativeValue => "negative-value",
        }
    }

    /// What more of its cases are called.
    fn more(self) -> &'static str {
        match self {
            Kind::UnexpectedKey => "reads show accounts that there are not",
            Kind::NilBalance => "reads show accounts without a balance",
            Kind::WrongTotal => "reads come to another total",
            Kind::NegativeValue => "reads show balances below zero",
        }
    }
}

/// A read that is wrong.
struct Wrong<'a> {
    op: &'a Op,
    kind: Kind,
    /// The accounts that are not expected, those without a balance, the total, or the
    /// balances below zero.
    shown: Value,
    /// How bad it is, beside others of its kind.
    badness: u128,
    total: i128,
}

impl Wrong<'_> {
    fn to_edn(&self) -> Value {
        let shown = match self.kind {
            Kind::UnexpectedKey => "unexpected",
            Kind::NilBalance => "nils",
            Kind::WrongTotal => "total",
            Kind::NegativeValue => "negative",
        };
        Value::map([
            ("type", Value::keyword(self.kind.name())),
            (shown, self.shown.clone()),
            ("op", self.op.to_edn()),
        ])
    }

    fn evidence(&self, total: i128) -> Evidence {
        let shown = &self.shown;
        let words = match self.kind {
            Kind::UnexpectedKey => format!("a read shows the accounts {shown}, which are none"),
            Kind::NilBalance => format!("a read shows accounts without a balance, {shown}"),
            Kind::WrongTotal => {
                format!("the balances come to {shown}, where the total is {total}")
            }
            Kind::NegativeValue => format!("a read shows the balances {shown}, below zero"),
        };
        Evidence::case(words, [self.op])
    }
}

/// Judges transfers and reads: each read must come to the total, of accounts that there
/// are, none of them below zero unless that is allowed.
///
/// A read whose value is no map from accounts to integers makes the verdict unknown,
/// unless another is wrong.
pub fn check(history: &History, bank: &Bank) -> Checked {
    if let Some(why) = stranger(history, &["transfer", "read"]) {
        return Checked::unknown(why);
    }
    let is_read = |op: &&Op| op.typ == OpType::Ok && op.f == "read";
    let reads: Vec<&Op> = history
        .clients()
        .map(|(_, op)| op)
        .filter(is_read)
        .collect();
    let mut unreadable = None;
    let mut readable = Vec::new();
    for op in &reads {
        match balances(&op.value) {
            Some(balances) => readable.push((*op, balances)),
            None => unreadable = unreadable.or(Some(*op)),
        }
    }
    let first = readable.iter().find(|(_, balances)| !balances.is_empty());
    let Some((_, first)) = first.or(readable.first()) else {
        return Checked::unknown("no read shows balances: there is nothing to judge");
    };
    let total = bank.total.unwrap_or_else(|| sum(first));
    let accounts: BTreeSet<&Value> = match &bank.accounts {
        Some(accounts) => accounts.iter().collect(),
        None => first.iter().map(|(account, _)| *account).collect(),
    };
    let mut errors: BTreeMap<Kind, Vec<Wrong<'_>>> = BTreeMap::new();
    for (op, balances) in &readable {
        if let Some(wrong) = judge(op, balances, &accounts, total, bank.negative_balances) {
            errors.entry(wrong.kind).or_default().push(wrong);
        }
    }
    let mut checked = results(reads.len(), total, &errors);
    if let (Validity::Valid, Some(op)) = (checked.valid, unreadable) {
        let Op { index, value, .. } = op;
        checked.set_unknown(format!(
            "operation {index} read {value}, which is no map from accounts to integers"
        ));
    }
    checked
}

/// The balance of each account; none, if one is neither an integer nor nil.
fn balances(value: &Value) -> Option<Vec<(&Value, Option<i128>)>> {
    let Value::Map(entries) = value else {
        return None;
    };
    entries
        .iter()
        .map(|(account, balance)| match balance {
            Value::Nil => Some((account, None)),
            // Greater ones than any bank has are none, so that no sum overflows.
            other => {
                let integer = other.as_integer();
                let integer = integer.filter(|balance| balance.unsigned_abs() < 1 << 90);
                integer.map(|balance| (account, Some(balance)))
            }
        })
        .collect()
}

fn sum(balances: &[(&Value, Option<i128>)]) -> i128 {
    balances.iter().filter_map(|(_, balance)| *balance).sum()
}

/// What is wrong with a read, if anything is.
fn judge<'a>(
    op: &'a Op,
    balances: &[(&'a Value, Option<i128>)],
    accounts: &BTreeSet<&Value>,
    total: i128,
    negative_balances: bool,
) -> Option<Wrong<'a>> {
    let wrong = |kind, shown, badness| {
        Some(Wrong {
            op,
            kind,
            shown,
            badness,
            total: sum(balances),
        })
    };
    let names = balances.iter().map(|(account, _)| *account);
    let unexpected: Vec<Value> = names
        .filter(|account| !accounts.contains(account))
        .cloned()
        .collect();
    if !unexpected.is_empty() {
        let count = unexpected.len() as u128;
        return wrong(Kind::UnexpectedKey, Value::list(unexpected), count);
    }
    let nils = balances.iter().filter(|(_, balance)| balance.is_none());
    let nils: Vec<(Value, Value)> = nils
        .map(|(account, _)| ((*account).clone(), Value::Nil))
        .collect();
    if !nils.is_empty() {
        let count = nils.len() as u128;
        return wrong(Kind::NilBalance, Value::Map(nils.into()), count);
    }
    let shown = sum(balances);
    if shown != total {
        return wrong(Kind::WrongTotal, shown.into(), shown.abs_diff(total));
    }
    let negative = balances.iter().filter_map(|(_, balance)| *balance);
    let negative: Vec<i128> = negative.filter(|balance| *balance < 0).collect();
    if !negative_balances && !negative.is_empty() {
        let below = negative.iter().sum::<i128>().unsigned_abs();
        let negative = Value::list(negative.into_iter().map(Value::from));
        return wrong(Kind::NegativeValue, negative, below);
    }
    None
}

fn results(reads: usize, total: i128, errors: &BTreeMap<Kind, Vec<Wrong<'_>>>) -> Checked {
    let valid = Validity::from(errors.is_empty());
    let first = errors.values().map(|wrong| &wrong[0]);
    let first = first.min_by_key(|wrong| wrong.op.index);
    let of_kind = |(kind, wrong): (&Kind, &Vec<Wrong<'_>>)| {
        // Of equally bad ones the first.
        let worst = wrong.iter().rev().max_by_key(|wrong| wrong.badness);
        let edn = |wrong: Option<&Wrong<'_>>| wrong.map_or(Value::Nil, Wrong::to_edn);
        let mut summary = Value::map([
            ("count", wrong.len().into()),
            ("first", edn(wrong.first())),
            ("worst", edn(worst)),
            ("last", edn(wrong.last())),
        ]);
        if *kind == Kind::WrongTotal {
            let lowest = wrong.iter().min_by_key(|wrong| wrong.total);
            let highest = wrong.iter().rev().max_by_key(|wrong| wrong.total);
            summary.insert("lowest", edn(lowest));
            summary.insert("highest", edn(highest));
        }
        (Value::keyword(kind.name()), summary)
    };
    let finding = |(kind, wrong): (&Kind, &Vec<Wrong<'_>>)| -> Option<Finding> {
        found(kind.name(), kind.more(), wrong, |wrong| {
            wrong.evidence(total)
        })
    };
    Checked {
        valid,
        results: Value::map([
            ("valid?", valid.to_edn()),
            ("read-count", reads.into()),
            (
                "error-count",
                errors.values().map(Vec::len).sum::<usize>().into(),
            ),
            ("first-error", first.map_or(Value::Nil, Wrong::to_edn)),
            ("errors", Value::Map(errors.iter().map(of_kind).collect())),
        ]),
        findings: errors.iter().filter_map(finding).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rng::Rng;

    fn judged(reads: &[&str], bank: &Bank) -> Checked {
        let line = |read: &&str| {
            format!(
                "{{:process 0, :type :invoke, :f :read, :value nil}}
                 {{:process 0, :type :ok, :f :read, :value {read}}}\n"
            )
        };
        let text: String = reads.iter().map(line).collect();
        check(&History::read(&text).unwrap(), bank)
    }

    fn said(reads: &[&str], bank: &Bank) -> (Validity, Vec<String>) {
        let checked = judged(reads, bank);
        (checked.valid, checked.sentences())
    }

    #[test]
    fn each_read_comes_to_the_same_total() {
        let bank = Bank::default();
        let reads = ["{0 10, 1 0}", "{0 7, 1 3}", "{1 10, 0 0}"];
        assert_eq!(said(&reads, &bank), (Validity::Valid, vec![]));
        let reads = ["{0 10, 1 0}", "{0 7, 1 0}", "{0 7, 1 3}"];
        assert_eq!(
            said(&reads, &bank),
            (
                Validity::Invalid,
                vec![
                    "the balances come to 7, where the total is 10: client 0's read (operation 3)"
                        .into()
                ]
            )
        );
        let bank = Bank {
            total: Some(11),
            ..bank
        };
        assert_eq!(judged(&["{0 10, 1 0}"], &bank).valid, Validity::Invalid);
        assert_eq!(judged(&["{0 10, 1 1}"], &bank).valid, Validity::Valid);
    }

    #[test]
    fn a_balance_below_zero_may_be_allowed() {
        let reads = ["{0 100, 7 0}", "{0 101, 7 -1}"];
        let mut bank = Bank::default();
        assert_eq!(
            said(&reads, &bank),
            (
                Validity::Invalid,
                vec![
                    "a read shows the balances (-1), below zero: client 0's read (operation 3)"
                        .into()
                ]
            )
        );
        bank.negative_balances = true;
        assert_eq!(said(&reads, &bank), (Validity::Valid, vec![]));
    }

    #[test]
    fn accounts_are_those_that_there_are_each_with_a_balance() {
        let bank = Bank::default();
        let reads = ["{0 5}", "{0 5, 9 0}", "{0 nil}"];
        assert_eq!(
            said(&reads, &bank).1,
            [
                "a read shows the accounts (9), which are none: client 0's read (operation 3)",
                "a read shows accounts without a balance, {0 nil}: client 0's read (operation 5)"
            ]
        );
        let bank = Bank {
            accounts: Some(vec![0_i64.into(), 9_i64.into()]),
            ..bank
        };
        assert_eq!(judged(&reads[..2], &bank).valid, Validity::Valid);
    }

    #[test]
    fn results_have_the_shape_of_jepsens() {
        let checked = judged(&["{0 4}", "{0 3}", "{0 9}", "{0 5}"], &Bank::default());
        let errors = checked.results.get("errors").unwrap();
        let wrong = errors.get("wrong-total").unwrap();
        let total = |key| {
            let error = wrong.get(key).unwrap();
            error.get("total").unwrap().to_string()
        };
        let totals = ["first", "worst", "last", "lowest", "highest"].map(total);
        assert_eq!(totals, ["3", "9", "5", "3", "9"]);
        let count = |key| checked.results.get(key).unwrap().to_string();
        assert_eq!(count("read-count"), "4");
        assert_eq!(count("error-count"), "3");
        let first = checked.results.get("first-error").unwrap();
        assert_eq!(first.get("type").unwrap().to_string(), ":wrong-total");
    }

    #[test]
    fn what_shows_no_balances_is_not_judged() {
        let bank = Bank::default();
        for nothing in [&[][..], &["nil"], &["{0 1.5}"]] {
            let (valid, why) = said(nothing, &bank);
            assert_eq!(valid, Validity::Unknown);
            assert_eq!(why, ["no read shows balances: there is nothing to judge"]);
        }
        assert_eq!(
            said(&["{0 1}", "nil"], &bank),
            (
                Validity::Unknown,
                vec!["operation 3 read nil, which is no map from accounts to integers".into()]
            )
        );
        assert_eq!(said(&["nil", "{0 1}", "{0 2}"], &bank).0, Validity::Invalid);
    }

    #[test]
    fn judges_as_the_definition_does() {
        let rng = Rng::new(16);
        let mut verdicts = [0; 2];
        for _ in 0..5_000 {
            let accounts = 1 + rng.below(3) as i64;
            let reads: Vec<Vec<i64>> = (0..1 + rng.below(3))
                .map(|_| {
                    (0..accounts)
                        .map(|_| rng.below(3) as i64 - i64::from(rng.chance(0.2)))
                        .collect()
                })
                .collect();
            let shown = |balances: &Vec<i64>| {
                let entries = balances.iter().enumerate();
                let entries: Vec<String> = entries.map(|(i, b)| format!("{i} {b}")).collect();
                format!("{{{}}}", entries.join(", "))
            };
            let shown: Vec<String> = reads.iter().map(shown).collect();
            let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
            let bank = Bank {
                negative_balances: rng.chance(0.5),
                total: rng.chance(0.5).then(|| rng.below(4).into()),
                accounts: None,
            };
            let of_first: i64 = reads[0].iter().sum();
            let total = bank.total.unwrap_or(of_first.into());
            let is_right = |read: &Vec<i64>| {
                i128::from(read.iter().sum::<i64>()) == total
                    && (bank.negative_balances || read.iter().all(|balance| *balance >= 0))
            };
            let right = reads.iter().all(is_right);
            verdicts[usize::from(right)] += 1;
            assert_eq!(
                judged(&shown, &bank).valid,
                Validity::from(right),
                "{shown:?} {bank:?}"
            );
        }
        assert!(verdicts.iter().all(|count| *count > 500), "{verdicts:?}");
    }
}
