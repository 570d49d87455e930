//! Models as values: by name, with options, and of one's own.

use history::History;
use history::edn::Value;
use verdict::jepsen::bank::Bank;
use verdict::linearizability::models::{Lock, Queue, Semaphore};
use verdict::linearizability::{Asked, Sequential};
use verdict::models::{ALL, Options};
use verdict::{Checked, Finding, Model, Validity, check};

#[test]
fn all_have_what_they_need_by_default_but_a_semaphore() {
    let lacking = ALL
        .iter()
        .filter(|named| Model::named(named.names[0]).is_none());
    let lacking: Vec<&str> = lacking.map(|named| named.names[0]).collect();
    assert_eq!(lacking, ["semaphore"]);
    assert!(Model::named("no-such").is_none());
    let semaphore = verdict::models::find("semaphore").unwrap();
    let checked = semaphore.check(&History::default(), &Options::default());
    assert_eq!(
        checked.to_string(),
        "unknown\n- nobody said how many permits there are: --permits"
    );
}

/// Two hold a lock at once.
#[test]
fn an_object_has_options_of_its_own() {
    let history = History::builder()
        .invoke(0, "acquire", ())
        .ok(0, ())
        .invoke(1, "acquire", ())
        .ok(1, ())
        .invoke(0, "release", ())
        .ok(0, ())
        .build();
    let by = |model| check(&history, &model).valid;
    assert_eq!(by(Model::linearizable(Lock::mutex())), Validity::Invalid);
    let semaphore = |permits| Model::linearizable(Semaphore { permits });
    assert_eq!(by(semaphore(1)), Validity::Invalid);
    assert_eq!(by(semaphore(2)), Validity::Valid);
    assert_eq!(by(Model::linearizable(Queue::Fifo)), Validity::Unknown);
}

#[test]
fn a_bank_has_a_total_or_that_of_its_first_read() {
    let balances = |a: i64, b: i64| {
        let account = |name: i64, balance: i64| (name.into(), balance.into());
        Value::Map([account(1, a), account(2, b)].into())
    };
    let history = History::builder()
        .invoke(0, "read", ())
        .ok(0, balances(7, 3))
        .invoke(0, "read", ())
        .ok(0, balances(4, 6))
        .build();
    let of = |total| Bank {
        total,
        ..Bank::default()
    };
    check(&history, &Model::bank(of(None))).assert_valid();
    assert_eq!(
        check(&history, &Model::bank(of(Some(100)))).to_string(),
        "INVALID\n\
         - the balances come to 10, where the total is 100: client 0's read (operation 1)\n\
         - the balances come to 10, where the total is 100: client 0's read (operation 3)"
    );
}

/// Each reads what the other had not yet written: none of them can have been first.
#[test]
fn transactions_are_held_against_the_isolation_that_is_promised() {
    let txn = |from: i64, list: Option<[i64; 1]>, to: i64, value: i64| {
        let read = Value::from((Value::keyword("r"), from, list));
        [read, (Value::keyword("append"), to, value).into()]
    };
    let history = History::builder()
        .invoke(0, "txn", txn(1, None, 2, 1))
        .invoke(1, "txn", txn(2, None, 1, 1))
        .ok(0, txn(1, None, 2, 1))
        .ok(1, txn(2, None, 1, 1))
        .invoke(2, "txn", txn(1, None, 3, 1))
        .ok(2, txn(1, Some([1]), 3, 1))
        .invoke(2, "txn", txn(2, None, 3, 2))
        .ok(2, txn(2, Some([1]), 3, 2))
        .build();
    let by = |consistency: &str| check(&history, &Model::list_append(consistency.parse().unwrap()));
    by("snapshot-isolation").assert_valid();
    let checked = by("serializable");
    assert_eq!(checked.valid, Validity::Invalid);
    assert_eq!(checked.findings[0].anomaly, "G2-item");
}

/// A turnstile: a coin lets one person through.
struct Turnstile;

impl Sequential for Turnstile {
    type State = u32;
    type Operation = bool;

    fn name(&self) -> &str {
        "turnstile"
    }

    fn initial(&self) -> u32 {
        0
    }

    fn operation(&self, asked: &Asked<'_>) -> Result<Option<bool>, String> {
        match asked.f {
            "coin" => Ok(Some(true)),
            "push" => Ok(Some(false)),
            _ => Err(asked.unexpected("coin or push")),
        }
    }

    fn step(&self, coins: &u32, is_coin: &bool) -> impl IntoIterator<Item = u32> {
        match is_coin {
            true => coins.checked_add(1),
            false => coins.checked_sub(1),
        }
    }
}

#[test]
fn an_object_of_ones_own_is_a_type() {
    let turnstile = Model::linearizable(Turnstile);
    assert_eq!(turnstile.name(), "turnstile");
    let through = History::builder()
        .invoke(0, "coin", ())
        .invoke(1, "push", ())
        .ok(1, ())
        .ok(0, ());
    check(&through.clone().build(), &turnstile).assert_valid();
    let twice = through.invoke(1, "push", ()).ok(1, ()).build();
    let checked = check(&twice, &turnstile);
    assert_eq!(
        checked.to_string(),
        "INVALID\n- no order of these operations on a turnstile lets client 1's push succeed: \
         client 0's coin (operation 3), client 1's push (operation 2), client 1's push (operation \
         5)"
    );
    let other = History::builder().invoke(0, "kick", ()).build();
    let checked = check(&other, &turnstile);
    assert_eq!(checked.valid, Validity::Unknown);
}

#[test]
fn so_is_a_checker_of_ones_own() {
    let quick = Model::new("quick", |history| {
        let slow = history.clients().filter(|(place, op)| {
            let took = history.pair(*place).map_or(0, |end| end.time - op.time);
            took > 2_000_000
        });
        let findings: Vec<Finding> = slow
            .map(|(_, op)| Finding::statement("slow", format!("{} is slow", op.f)))
            .collect();
        let valid = Validity::from(findings.is_empty());
        Checked {
            valid,
            results: Value::map([("valid?", valid.to_edn())]),
            findings,
        }
    });
    let read = |wait| {
        History::builder()
            .invoke(0, "read", ())
            .after(std::time::Duration::from_millis(wait))
            .ok(0, 1)
            .build()
    };
    check(&read(1), &quick).assert_valid();
    assert_eq!(
        check(&read(2), &quick).to_string(),
        "INVALID\n- read is slow"
    );
    assert_eq!(format!("{quick:?}"), "Model(\"quick\")");
}
