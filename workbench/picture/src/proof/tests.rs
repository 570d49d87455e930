//! Proofs of all histories of the corpus, of hostile ones, and of small ones that say
//! what must be seen.

use std::collections::BTreeSet;

use finding::{Case, Operation};
use verdict::{Checked, Rules, Validity};

use super::page::WIDTH;
use super::*;
use crate::svg::assert_sound;

/// No proof is larger.
const MOST_BYTES: usize = 100_000;

fn check(name: &str, history: &History) -> Checked {
    let workload = workloads::find(name, &workloads::Options::default()).unwrap();
    workload.check(history, Rules::Maelstrom)
}

/// Asserts that these may all be files of one folder, and parts of one page.
#[track_caller]
fn assert_drawn(drawings: &[Drawing]) {
    let mut names = BTreeSet::new();
    for Drawing { name, title, svg } in drawings {
        assert_sound(svg, MOST_BYTES);
        assert!(names.insert(name), "{name} twice");
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        assert!(name.chars().all(plain) && name.ends_with(".svg"), "{name}");
        assert!(
            !title.is_empty() && !title.contains("  "),
            "{name}: {title:?}"
        );
        assert!(!svg.contains(" id=\"") && !svg.contains("<script"));
        for class in svg.split("class=\"").skip(1) {
            let class = class.split('"').next().unwrap_or_default();
            let own = |part: &str| part == "proof" || part.starts_with("proof-");
            assert!(class.split(' ').all(own), "{name}: class {class:?}");
        }
        let width = svg
            .split(" width=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let width: f64 = width.unwrap().parse().unwrap();
        assert!(width <= WIDTH, "{name} is {width} wide");
    }
}

/// Asserts that each invalid history of a workload has a proof, and no valid one has.
fn assert_proven(workload: &str) {
    let mut without = Vec::new();
    for case in corpus::cases(workload) {
        let name = case.name;
        let history = History::read(&case.history).unwrap();
        let checked = check(workload, &history);
        let drawings = drawings(&history, &checked.findings, None);
        assert_drawn(&drawings);
        // Where nothing follows on anything, there is nothing to see.
        let is_empty = |finding: &Finding| finding.anomaly == "empty-transaction-graph";
        let is_empty = checked.findings.iter().any(is_empty);
        // What Maelstrom lets pass is shown nonetheless.
        let is_reply = |case: &Evidence| matches!(case, Evidence::Reply(_));
        let cases = checked.findings.iter().flat_map(|finding| &finding.cases);
        let replies = cases.filter(|case| is_reply(case)).count();
        match (checked.valid, drawings.len()) {
            (Validity::Invalid, 0) if is_empty => {}
            (Validity::Invalid, 0) => without.push(name),
            (Validity::Valid, count) if count <= replies => {}
            (Validity::Valid, 1..) => panic!("{workload}/{name} is valid"),
            _ => {}
        }
    }
    assert_eq!(without, [""; 0], "{workload}");
}

#[test]
fn every_invalid_history_of_transactions_has_a_proof() {
    assert_proven("txn-list-append");
    assert_proven("txn-rw-register");
}

#[test]
fn every_invalid_history_of_registers_and_logs_has_a_proof() {
    assert_proven("kafka");
    assert_proven("lin-kv");
}

#[test]
fn every_invalid_history_of_the_others_has_a_proof() {
    let tried = ["txn-list-append", "txn-rw-register", "kafka", "lin-kv"];
    for (name, _) in workloads::ALL {
        if !tried.contains(name) {
            assert_proven(name);
        }
    }
}

/// A history of lines such as `0 invoke add 5`: process, type, f, value and
/// further keys; a millisecond apart.
#[track_caller]
fn history(lines: &str) -> History {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines = lines.enumerate().map(|(i, line)| {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let [process, typ, f, value] = words[..] else {
            panic!("{line}")
        };
        format!(
            "{{:index {i}, :time {i}000000, :process {process}, :type :{typ}, :f :{f}, \
             :value {value}}}\n"
        )
    });
    History::read(&lines.collect::<String>()).unwrap()
}

#[track_caller]
fn proofs(name: &str, lines: &str) -> Vec<Drawing> {
    let history = history(lines);
    let drawings = drawings(&history, &check(name, &history).findings, None);
    assert_drawn(&drawings);
    drawings
}

#[track_caller]
fn assert_shows(drawing: &Drawing, parts: &[&str]) {
    for part in parts {
        assert!(
            drawing.svg.contains(part),
            "{part} is not in {}",
            drawing.svg
        );
    }
}

#[test]
fn a_skipped_offset_is_marked_between_the_dots_of_the_polls() {
    let drawings = proofs(
        "kafka",
        r#"0 invoke send [[:send "a" 1]]
           0 ok send [[:send "a" [0 1]]]
           0 invoke send [[:send "a" 2]]
           0 ok send [[:send "a" [1 2]]]
           0 invoke send [[:send "a" 3]]
           0 ok send [[:send "a" [2 3]]]
           1 invoke poll [[:poll]]
           1 ok poll [[:poll {"a" [[0 1] [2 3]]}]]
           2 invoke poll [[:poll]]
           2 ok poll [[:poll {"a" [[0 1] [1 2] [2 3]]}]]"#,
    );
    let [skip] = &drawings[..] else {
        panic!("{drawings:?}")
    };
    assert_eq!(skip.name, "int-poll-skip-0-key-a.svg");
    assert_eq!(
        skip.title,
        "Key \"a\": client 1 went from offset 0 to 2 within a poll, leaving out 1 message"
    );
    assert_shows(skip, &[">skipped<", ">client 1 polls (op 7)<"]);
    // One cell of three, and two dots.
    assert_eq!(skip.svg.matches("class=\"proof-box-bad\"").count(), 1);
    assert_eq!(skip.svg.matches("class=\"proof-box\"").count(), 2);
    assert_eq!(skip.svg.matches("<circle").count(), 2);
}

#[test]
fn an_id_given_twice_is_shown_with_both_requests() {
    let drawings = proofs(
        "unique-ids",
        "0 invoke generate nil
         0 ok generate 7
         1 invoke generate nil
         1 ok generate 7",
    );
    assert_eq!(drawings.len(), 1);
    assert_eq!(drawings[0].title, "The id 7 was given twice");
    assert_shows(
        &drawings[0],
        &["got 7 (operations 0 to 1)", "got 7 (operations 2 to 3)"],
    );
}

#[test]
fn a_wrong_sum_is_shown_beside_the_right_ones() {
    let drawings = proofs(
        "pn-counter",
        "0 invoke add 5
         0 ok add 5
         1 invoke add -2
         1 info add -2
         0 invoke read nil
         0 ok read 4, :final? true
         2 invoke read nil
         2 ok read 3, :final? true",
    );
    assert_eq!(drawings.len(), 1);
    assert_eq!(
        drawings[0].title,
        "One of 2 final reads is not what the adds make: 3 or 5"
    );
    assert_shows(
        &drawings[0],
        &[">1 too many: client 0<", ">client 2<", "(-2)"],
    );
}

#[test]
fn what_an_echo_changed_is_marked() {
    let drawings = proofs(
        "echo",
        r#"0 invoke echo "abcd"
           0 ok echo {:type "echo_ok", :echo "abXYd"}"#,
    );
    assert_eq!(drawings.len(), 1);
    assert_eq!(
        drawings[0].title,
        "\"abcd\" was sent, and \"abXYd\" came back"
    );
    assert_eq!(drawings[0].svg.matches("proof-mark-bad\"").count(), 2);
}

/// What nobody would send is no reason for a page that is broken or too large.
#[test]
fn hostile_values_are_drawn_as_text() {
    let evil = format!(
        r#""</svg><script>alert(1)</script>&\u0001\u202e{}""#,
        "x".repeat(5000)
    );
    let long = format!("[{}]", "1 ".repeat(20_000));
    for value in [evil, long, "-9223372036854775808".into(), "{}".into()] {
        let ids: String = (0..40)
            .map(|i| format!("{i} invoke generate nil\n{i} ok generate {value}\n"))
            .collect();
        assert_eq!(proofs("unique-ids", &ids).len(), 1);
        let echo = format!("0 invoke echo {value}\n0 ok echo {{:echo [{value}]}}");
        assert_eq!(proofs("echo", &echo).len(), 1);
        let lost =
            format!("0 invoke add {value}\n0 ok add {value}\n1 invoke read nil\n1 ok read [1]");
        assert_eq!(proofs("g-set", &lost).len(), 1);
        let register = format!("0 invoke read [{value} nil]\n0 ok read [{value} {value}]");
        assert_eq!(proofs("lin-kv", &register).len(), 1);
        let aborted = format!(
            "0 invoke txn [[:append {value} 1]]\n0 fail txn [[:append {value} 1]]\n\
             1 invoke txn [[:r {value} nil]]\n1 ok txn [[:r {value} [1]]]"
        );
        assert!(!proofs("txn-list-append", &aborted).is_empty());
        let logs = format!(
            "0 invoke send [[:send {value} 1]]\n0 ok send [[:send {value} [9223372036854775807 1]]]\n\
             0 invoke send [[:send {value} 2]]\n0 ok send [[:send {value} [0 2]]]\n\
             1 invoke poll [[:poll]]\n1 ok poll [[:poll {{{value} [[9223372036854775807 1]]}}]]"
        );
        assert!(!proofs("kafka", &logs).is_empty());
    }
    let sums = format!(
        "0 invoke add 1\n0 ok add 1\n{}",
        (0..300i64)
            .map(|i| {
                let value = if i % 2 == 0 {
                    i64::MAX - i
                } else {
                    i64::MIN + i
                };
                format!("{i} invoke read nil\n{i} ok read {value}, :final? true\n")
            })
            .collect::<String>()
    );
    assert_eq!(proofs("pn-counter", &sums).len(), 1);
}

/// Where the operations are not at hand, there is a picture without them, or none.
#[test]
fn findings_of_another_history_do_no_harm() {
    let other = history("0 invoke read nil\n0 ok read [1]");
    let mut drawn = 0;
    for (name, _) in workloads::ALL {
        for case in corpus::cases(name).into_iter().take(40) {
            let findings = check(name, &History::read(&case.history).unwrap()).findings;
            let drawings = drawings(&other, &findings, None);
            drawn += drawings.len();
            assert_drawn(&drawings);
        }
    }
    assert!(drawn > 20, "{drawn}");
}

/// What a checker of one's own gives: operations beside each other.
#[test]
fn operations_that_cannot_all_be_are_bars() {
    let history = history(
        "0 invoke lock nil
         1 invoke lock nil
         0 ok lock 1
         1 ok lock 1",
    );
    let operations = [2, 3].map(|place| Operation::from(&history.ops()[place]));
    let case = Evidence::Case(Case {
        words: "two clients hold lock 1".into(),
        operations: operations.into(),
    });
    let finding = Finding::new("double-lock", "locks are held twice", [case]);
    let drawings = drawings(&history, &[finding], None);
    assert_drawn(&drawings);
    assert_eq!(drawings[0].name, "double-lock-0.svg");
    let told = ["lock 1 (operations 0 to 2)", "lock 1 (operations 1 to 3)"];
    assert_shows(&drawings[0], &told);
    assert_shows(&drawings[0], &["double-lock: two clients hold lock 1"]);
}

#[test]
fn what_is_left_out_is_said() {
    let ids: String = (0..30)
        .map(|i| format!("{i} invoke generate nil\n{i} ok generate {}\n", i / 2))
        .collect();
    let drawings = proofs("unique-ids", &ids);
    assert_eq!(drawings.len(), MOST);
    assert_shows(&drawings[MOST - 1], &["5 more of this kind are not drawn."]);
    assert!(!drawings[0].svg.contains("more of this kind"));
}

/// A run of `count` nodes, of which the last is never told of element 5: what
/// is sent to it is lost in a partition.
fn broken_run(count: usize) -> (History, Recording) {
    use simulation::nemesis::Shape;
    use simulation::run::{Event, Message, MessageEvent};
    let last = count - 1;
    let history = history(&format!(
        r#":nemesis info start-partition :one
           :nemesis info start-partition [:isolated {{"n{last}" #{{"n0"}}}}]
           0 invoke broadcast 5
           0 ok broadcast 5
           :nemesis info stop-partition nil
           {last} invoke read nil
           {last} ok read []"#
    ));
    let names: Vec<String> = (0..count).map(|i| format!("n{i}")).collect();
    let mut recording = Recording::default();
    let deaf = (0..count).map(|node| if node == last { vec![0] } else { Vec::new() });
    for event in [
        Event::Nodes {
            nodes: names.clone(),
        },
        Event::Client {
            process: 0,
            node: 0,
        },
        Event::Client {
            process: last as i64,
            node: last,
        },
        Event::Partition {
            shape: Shape::One,
            deaf: deaf.collect(),
        },
    ] {
        recording.event(std::time::Duration::ZERO, &event);
    }
    let mut id = 0;
    let mut tell =
        |ms: u64, arrives: Option<u64>, src: &str, dest: &str, body: serde_json::Value| {
            let line = serde_json::json!({"src": src, "dest": dest, "body": body}).to_string();
            let ends = [
                (MessageEvent::Sent, Some(ms)),
                (MessageEvent::Received, arrives),
            ];
            for (event, ms) in ends {
                let Some(ms) = ms else { continue };
                recording.message(Message {
                    event,
                    time: std::time::Duration::from_millis(ms),
                    id,
                    src,
                    dest,
                    line: line.as_bytes(),
                });
            }
            id += 1;
        };
    let init = serde_json::json!({"type": "init", "node_ids": names});
    tell(0, Some(0), "c0", "n0", init);
    let add = serde_json::json!({"type": "broadcast", "message": 5, "msg_id": 1});
    tell(2, Some(2), "c1", "n0", add);
    for (i, name) in names.iter().enumerate().skip(1) {
        let gossip = serde_json::json!({"type": "gossip", "all": [[5]]});
        tell(2, (i != last).then_some(3), "n0", name, gossip);
    }
    let asked = Event::Ask {
        message: 1,
        operation: Some(2),
    };
    recording.event(std::time::Duration::from_millis(2), &asked);
    recording.event(std::time::Duration::from_millis(4), &Event::Heal);
    (history, recording)
}

#[test]
fn a_lost_element_is_followed_to_the_node_that_never_got_it() {
    for (count, more) in [(3, None), (1000, Some(">+992<"))] {
        let (history, recording) = broken_run(count);
        let findings = check("broadcast", &history).findings;
        let drawings = drawings(&history, &findings, Some(&recording));
        assert_drawn(&drawings);
        let [lost] = &drawings[..] else {
            panic!("{drawings:?}")
        };
        let last = count - 1;
        assert_eq!(
            lost.title,
            format!("Element 5 is lost: acknowledged at 0.0030 s, but n{last} never got it")
        );
        assert_shows(
            lost,
            &[
                ">client 0 adds 5 (operation 2)<",
                ">n0 to n1: 1.0 ms<",
                &format!(">n0 to n{last}: lost in the partition<"),
                &format!(">client {last} misses it (5 to 6)<"),
                "<title>partition: one</title>",
                ">got it<",
            ],
        );
        assert_eq!(lost.svg.matches(">got it<").count(), 1);
        if let Some(more) = more {
            assert_shows(lost, &[more]);
        }
    }
}

#[test]
fn a_node_that_had_a_lost_element_and_died_is_shown_to_die() {
    use simulation::run::Event;
    let (history, mut recording) = broken_run(3);
    let at = std::time::Duration::from_millis;
    recording.event(at(5), &Event::Kill { node: 1 });
    recording.event(at(6), &Event::Start { node: 1 });
    let why = "no space left on device".to_owned();
    recording.event(at(5), &Event::DiskFailed { node: 0, why });
    let findings = check("broadcast", &history).findings;
    let drawings = drawings(&history, &findings, Some(&recording));
    assert_drawn(&drawings);
    assert_shows(
        &drawings[0],
        &[
            ">n1 is killed<",
            ">n0 ends, as its disk failed (no space left on device)<",
        ],
    );
    // Both had it, and have it no more.
    assert_eq!(
        drawings[0].svg.matches("proof-line proof-with\"").count(),
        2
    );
    assert_eq!(
        drawings[0]
            .svg
            .matches("proof-line proof-without\"")
            .count(),
        6
    );
}

#[test]
fn a_reply_that_no_server_may_give_is_shown() {
    let drawings = proofs(
        "txn-rw-register",
        "0 invoke txn [[:r 1 nil]]
         0 ok txn [[:r 1 5]]",
    );
    assert_eq!(drawings.len(), 1);
    assert!(
        drawings[0]
            .title
            .contains("read 5 in key 1, which nobody wrote")
    );
    assert_shows(&drawings[0], &["txn [[:r 1 5]] (operations 0 to 1)"]);
}

/// As of several keys that are judged one by one.
#[test]
fn two_findings_of_a_kind_are_two_files() {
    let history = History::builder().invoke(0, "read", ()).ok(0, 7).build();
    let case = || Evidence::case("it is wrong", [&history.ops()[1]]);
    let finding = || Finding::new("wrong", "are wrong", [case(), case()]);
    let drawings = drawings(&history, &[finding(), finding()], None);
    assert_drawn(&drawings);
    let names: Vec<&str> = drawings.iter().map(|drawing| &*drawing.name).collect();
    let expected = [
        "wrong-0.svg",
        "wrong-1.svg",
        "wrong-0-again-2.svg",
        "wrong-1-again-2.svg",
    ];
    assert_eq!(names, expected);
}
