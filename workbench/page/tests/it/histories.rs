//! The page of a history from elsewhere: whatever it was held against and whatever times it
//! has, it is legible, its proofs are drawn, and it says nothing of what it does not know,
//! nodes and messages.

use std::fmt::Write;
use std::time::Instant;

use history::{Builder, History};
use page::history::{About, html};
use serde_json::json;
use verdict::jepsen::bank::Bank;
use verdict::linearizability::models::{Lock, Queue};
use verdict::{Model, Validity, check};

use crate::browser::legible::assert_legible;
use crate::browser::{Browser, Folder, LIMIT, Scheme, Size};

const WHOLE: Size = Size {
    width: 1280,
    height: 10_000,
};

fn about(model: &Model) -> About {
    About {
        name: model.name().to_owned(),
        path: "history.edn".into(),
        command: format!("workbench check -m {} history.edn", model.name()),
    }
}

/// Whoever is asked gives it away: what comes of a queue twice, a lock that two hold, ...
fn wrong() -> Vec<(Model, History)> {
    let stale = || {
        let write = History::builder().invoke(0, "write", 1).ok(0, 1);
        write.invoke(1, "read", ()).ok(1, 0)
    };
    let both = |f: &'static str| {
        let first = History::builder().invoke(0, f, ()).ok(0, ());
        first.invoke(1, f, ()).ok(1, ())
    };
    let queue = || {
        let enqueue = History::builder().invoke(0, "enqueue", 1).ok(0, 1);
        let dequeue = |it: Builder| it.invoke(1, "dequeue", ()).ok(1, 1);
        dequeue(dequeue(enqueue))
    };
    let balances = History::read(
        "{:time 5 :process 0, :type :invoke, :f :read, :value nil}
         {:time 7 :process 0, :type :ok, :f :read, :value {1 5, 2 4}}
         {:time 9 :process 0, :type :invoke, :f :transfer, :value {:from 1, :to 2, :amount 3}}
         {:time 20 :process 0, :type :info, :f :transfer, :value {:from 1, :to 2, :amount 3}}",
    );
    let without_times = History::read(
        "{:process 0, :type :invoke, :f :txn, :value [[:append 1 1] [:r 2 nil]]}
         {:process 1, :type :invoke, :f :txn, :value [[:append 2 1] [:r 1 nil]]}
         {:process 0, :type :ok, :f :txn, :value [[:append 1 1] [:r 2 [1]]]}
         {:process 1, :type :ok, :f :txn, :value [[:append 2 1] [:r 1 [1]]]}",
    );
    let bank = Bank {
        total: Some(10),
        ..Bank::default()
    };
    vec![
        (Model::register(0), stale().build()),
        (Model::linearizable(Lock::mutex()), both("acquire").build()),
        (Model::linearizable(Queue::Fifo), queue().build()),
        (Model::queue(), queue().build()),
        (Model::bank(bank), balances.unwrap()),
        (
            Model::list_append("serializable".parse().unwrap()),
            without_times.unwrap(),
        ),
    ]
}

#[test]
fn each_model_has_a_page_that_knows_no_messages() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("histories");
    for (model, history) in wrong() {
        let name = model.name();
        let checked = check(&history, &model);
        assert_eq!(checked.valid, Validity::Invalid, "{name}: {checked}");
        let html = html(&history, &checked, about(&model));
        let file = folder.write(&format!("{name}.html"), &html);
        for scheme in [Scheme::Light, Scheme::Dark] {
            let mut page = browser.open(&file, WHOLE, scheme);
            page.wait_for("document.documentElement.dataset.ready === 'true'", LIMIT);
            assert_legible(&mut page, 20);
            let drawn = page.eval("document.querySelectorAll('.proof svg').length");
            assert_eq!(drawn.unwrap(), 1, "{name}");
            let seen = page
                .eval("document.querySelector('main').innerText")
                .unwrap();
            let seen = seen.as_str().unwrap().to_lowercase();
            assert!(seen.contains("judge it again"), "{name}: {seen}");
            for unknown in ["message", "node", "seed", "all runs"] {
                assert!(!seen.contains(unknown), "{name}: {unknown} in {seen}");
            }
            let labels = "[...document.querySelectorAll('[aria-label]')]
                .filter(it => it.checkVisibility())
                .map(it => it.getAttribute('aria-label')).join(' ').includes('message')";
            assert_eq!(page.eval(labels).unwrap(), json!(false), "{name}");
            // A finding leads to its operation.
            page.click_on(".findings button");
            page.wait_for(
                "/client \\d+: /.test(document.getElementById('chosen').textContent)",
                LIMIT,
            );
            page.assert_quiet();
        }
    }
}

/// One client after the other writes and reads a register: as many operations as are asked for.
fn long(operations: usize) -> History {
    let mut text = String::new();
    for i in 0..operations / 2 {
        let (client, other, time) = (i % 10, (i + 1) % 10, 1_000_000 * i);
        for (typ, after) in [("invoke", 0), ("ok", 200_000)] {
            let at = time + after;
            let _ = writeln!(
                text,
                "{{:time {at} :process {client}, :type :{typ}, :f :write, :value {i}}}"
            );
        }
        for (typ, after, value) in [("invoke", 400_000, "nil"), ("ok", 600_000, &*i.to_string())] {
            let at = time + after;
            let _ = writeln!(
                text,
                "{{:time {at} :process {other}, :type :{typ}, :f :read, :value {value}}}"
            );
        }
    }
    History::read(&text).unwrap()
}

/// A page holds a part of a history, and opens about as fast whatever there is besides.
#[test]
#[ignore = "writes and reads a history of a million operations; prints how long its page takes"]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it measures"
)]
fn a_page_of_a_million_operations_is_used_like_any_other() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("million");
    let mut floor = None;
    for operations in [1_000, 1_000_000] {
        let (model, history) = (Model::register(0), long(operations));
        let checked = check(&history, &model);
        assert_eq!(checked.valid, Validity::Valid, "{checked}");
        let html = html(&history, &checked, about(&model));
        let file = folder.write(&format!("{operations}.html"), &html);
        let start = Instant::now();
        let mut page = browser.open(&file, WHOLE, Scheme::Light);
        page.wait_for("document.documentElement.dataset.ready === 'true'", LIMIT);
        let took = start.elapsed().as_secs_f64();
        let ratio = took / *floor.get_or_insert(took);
        println!(
            "{operations} operations: {} bytes, open after {took:.2} s, {ratio:.1} times",
            html.len()
        );
        let seen = page.eval("document.body.textContent").unwrap();
        let seen = seen.as_str().unwrap();
        let holds = match operations {
            1_000 => "This page holds 1,000 operations.",
            _ => " of 1,000,000 operations",
        };
        assert!(seen.contains(holds), "{holds}");
        page.eval("document.getElementById('diagram').focus()")
            .unwrap();
        page.key(".");
        page.wait_for("!document.getElementById('moment').hidden", LIMIT);
        page.assert_quiet();
    }
}

#[test]
fn times_that_nobody_recorded_are_made_up_and_said() {
    for (model, history) in wrong() {
        let has_times = history.ops()[0].time < history.ops()[1].time;
        let html = html(&history, &check(&history, &model), about(&model));
        assert_eq!(html.contains("The history has no times"), !has_times);
        assert_eq!(html.contains("id=\"charts\""), has_times);
        assert!(html.len() < 200_000, "{}: {}", model.name(), html.len());
    }
}

/// Times and processes as hostile as they can be.
#[test]
fn whatever_the_history_there_is_a_page() {
    let model = Model::register(0);
    for (times, processes) in [
        ([i64::MIN, i64::MAX], [0, 0]),
        ([i64::MAX, i64::MIN], [i64::MIN, i64::MIN]),
        ([i64::MAX - 1, i64::MAX], [i64::MAX, i64::MAX]),
        ([-5, 9], [7, i64::MAX]),
    ] {
        let line = |i: usize, typ: &str| {
            let (time, process) = (times[i], processes[i]);
            format!("{{:time {time} :process {process} :type :{typ} :f :read :value 7}}")
        };
        let text = line(0, "invoke") + &line(1, "ok");
        let history = History::read(&text).unwrap();
        let checked = check(&history, &model);
        assert!(html(&history, &checked, about(&model)).contains("</html>"));
    }
    let nothing = History::default();
    let page = html(&nothing, &check(&nothing, &model), about(&model));
    assert!(page.contains("<title>unknown: "));
}
