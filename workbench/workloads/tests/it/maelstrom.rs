//! The answers that Maelstrom gives to nodes that others wrote, in whatever
//! language: what it lets pass, passes here, and what it refuses, is refused. (What
//! is different is in `differences.rs`.)

use std::time::Duration;

use history::OpType;
use serde_json::{Value as Json, json};
use simulation::run::Config;
use specimens::scripted::{body, kind, reply, reply_with, run, two_nodes};
use verdict::Validity;

/// A line from n0 to n1, with this body.
fn to_n1(body: &str) -> String {
    format!(r#"{{"src":"n0","dest":"n1","body":{body}}}"#)
}

/// Echo nodes, the first of which writes these lines when it was asked for the
/// first echo; what the other heard of them.
fn heard(lines: &[String]) -> (Vec<String>, Vec<String>, Validity) {
    let (mut heard, mut to_say) = (Vec::new(), Some(lines));
    let (outcome, checked) = run("echo", &two_nodes(), |node, line| {
        if line.contains(r#""src":"n0""#) {
            heard.push(line.to_owned());
            return vec![];
        }
        let mut said = vec![reply(node, line)];
        if node == 0 && kind(line) == "echo" {
            said.extend(to_say.take().unwrap_or_default().iter().cloned());
        }
        said
    });
    let problems = outcome.problems.into_iter().map(|problem| problem.what);
    (heard, problems.collect(), checked.valid)
}

#[test]
fn what_nodes_write_to_each_other_is_theirs() {
    let bodies = [
        r#"{"type":"gossip","msg_id":"a1"}"#,
        r#"{"type":"ack","in_reply_to":"a1"}"#,
        r#"{"type":3,"msg_id":[1,null],"in_reply_to":{"b":1.5}}"#,
        r#"{"msg_id":-1}"#,
        r#"{"type":null,"msg_id":18446744073709551616}"#,
        "{}",
    ];
    let (heard, problems, valid) = heard(&bodies.map(to_n1));
    assert_eq!(problems, [""; 0]);
    assert_eq!(valid, Validity::Valid);
    for (heard, body) in heard.iter().zip(bodies) {
        let end = format!(r#","src":"n0","dest":"n1","body":{body}}}"#);
        let id = heard
            .strip_prefix(r#"{"id":"#)
            .and_then(|rest| rest.strip_suffix(&end));
        assert!(id.unwrap().parse::<u64>().is_ok(), "{heard}");
    }
    assert_eq!(heard.len(), bodies.len());
}

#[test]
fn a_message_without_a_body_has_an_empty_one_and_gets_the_networks_id() {
    let lines = [
        r#"{"src":"n0","dest":"n1"}"#,
        r#"{"src":"n0","dest":"n1","body":null}"#,
        r#"{"id":7,"dest":"n1","src":"n0","body":{"a":1}}"#,
    ];
    let (heard, problems, valid) = heard(&lines.map(str::to_owned));
    assert_eq!((problems, valid), (vec![], Validity::Valid));
    let mut last = -1;
    for (line, expected) in heard.iter().zip(["{}", "{}", r#"{"a":1}"#]) {
        assert_eq!(body(line).to_string(), expected);
        let id = serde_json::from_str::<Json>(line).unwrap()["id"]
            .as_i64()
            .unwrap();
        assert!(id > last.max(7), "{line}");
        last = id;
    }
    assert_eq!(heard.len(), 3);
}

#[test]
fn a_plain_tab_in_a_string_passes() {
    let (heard, problems, _) = heard(&[to_n1("{\"type\":\"say\",\"text\":\"a\tb\"}")]);
    assert_eq!(problems, [""; 0]);
    assert_eq!(body(&heard[0])["text"], "a\tb");
}

#[test]
fn a_message_with_another_key_is_refused() {
    let line = r#"{"src":"n0","dest":"n1","body":{"type":"gossip"},"ttl":3}"#;
    let (heard, problems, valid) = heard(&[line.to_owned(), to_n1("{}")]);
    assert_eq!((heard.len(), valid), (0, Validity::Invalid));
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].contains("\"ttl\" is no key of a message"),
        "{}",
        problems[0]
    );
}

/// A node that asks a service the first time it is asked itself, and what it was
/// answered.
fn asked(service: &str, requests: &[&str]) -> (Vec<Json>, Vec<String>, Validity) {
    let (mut answers, mut to_ask) = (Vec::new(), Some(requests));
    let (outcome, checked) = run("echo", &two_nodes(), |node, line| {
        if line.contains(&format!(r#""src":"{service}""#)) {
            answers.push(body(line));
            return vec![];
        }
        let mut said = vec![reply(node, line)];
        if node == 0 && kind(line) == "echo" {
            let requests = to_ask.take().unwrap_or_default().iter();
            said.extend(
                requests.map(|body| format!(r#"{{"src":"n0","dest":"{service}","body":{body}}}"#)),
            );
        }
        said
    });
    assert_eq!(outcome.problems, []);
    (answers, checked.sentences(), checked.valid)
}

/// What JavaScript leaves out, because it is `undefined`.
#[test]
fn what_a_request_to_a_store_leaves_out_is_null() {
    for service in ["lin-kv", "seq-kv"] {
        let (answers, findings, _) = asked(
            service,
            &[
                r#"{"type":"cas","key":"k","to":1,"create_if_not_exists":1,"msg_id":1}"#,
                r#"{"type":"cas","key":"k","from":1,"msg_id":2}"#,
                r#"{"type":"cas","key":"k","to":3,"msg_id":3}"#,
                r#"{"type":"write","key":"k","msg_id":4}"#,
                r#"{"type":"cas","key":"k","from":4,"to":5,"msg_id":5}"#,
                r#"{"type":"cas","key":"new","create_if_not_exists":"","msg_id":6}"#,
                r#"{"type":"write","value":7,"msg_id":7}"#,
                r#"{"type":"cas","from":7,"to":8,"msg_id":8}"#,
            ],
        );
        let kinds: Vec<&Json> = answers.iter().map(|answer| &answer["type"]).collect();
        assert_eq!(
            kinds,
            [
                "cas_ok", "cas_ok", "cas_ok", "write_ok", "error", "cas_ok", "write_ok", "cas_ok"
            ],
            "{service}"
        );
        assert_eq!(answers[4]["code"], 22);
        assert_eq!(answers[4]["text"], "current value nil is not 4");
        assert_eq!(findings, [""; 0]);
    }
    let (answers, ..) = asked(
        "lin-kv",
        &[
            r#"{"type":"write","value":7,"msg_id":1}"#,
            r#"{"type":"read","msg_id":2}"#,
        ],
    );
    assert_eq!(
        answers[1],
        json!({"type": "read_ok", "value": 7, "in_reply_to": 2})
    );
}

#[test]
fn a_service_answers_whatever_the_number_of_the_request_is() {
    let (answers, ..) = asked(
        "lin-tso",
        &[
            r#"{"type":"ts","msg_id":"a1"}"#,
            r#"{"type":"ts"}"#,
            r#"{"type":"ts","msg_id":[2]}"#,
        ],
    );
    assert_eq!(
        answers,
        [
            json!({"type": "ts_ok", "ts": 0, "in_reply_to": "a1"}),
            json!({"type": "ts_ok", "ts": 1, "in_reply_to": null}),
            json!({"type": "ts_ok", "ts": 2, "in_reply_to": [2]}),
        ]
    );
}

#[test]
fn what_a_service_does_not_know_is_left_unanswered_and_told() {
    let requests = [
        r#"{"type":"delete","key":"k","msg_id":1}"#,
        r#"{"type":7,"msg_id":2}"#,
    ];
    for (service, knows) in [
        ("lin-kv", "requests of the types read, write and cas alone"),
        ("lww-kv", "requests of the types read, write and cas alone"),
        ("lin-tso", "requests of the type ts alone"),
    ] {
        let (answers, findings, valid) = asked(service, &requests);
        assert_eq!((answers.len(), valid), (0, Validity::Valid));
        let [finding] = &findings[..] else {
            panic!("{findings:?}");
        };
        let start = format!(
            "{service} left 2 requests unanswered, as Maelstrom's does: it knows {knows}; the \
             first, of n0 after "
        );
        let end = r#""body":{"type":"delete","key":"k","msg_id":1}}"#;
        assert!(
            finding.starts_with(&start) && finding.ends_with(end),
            "{finding}"
        );
    }
}

/// Broadcast nodes that keep everything on one of them.
fn broadcast(reads: impl Fn(&[Json]) -> Json) -> (simulation::run::Outcome, Validity) {
    let mut known = Vec::new();
    let (outcome, checked) = run("broadcast", &two_nodes(), |node, line| {
        vec![match &*kind(line) {
            "read" => reply_with(node, line, json!({"messages": reads(&known)})),
            other => {
                if other == "broadcast" {
                    known.push(body(line)["message"].take());
                }
                reply_with(node, line, json!({}))
            }
        }]
    });
    (outcome, checked.valid)
}

/// What Go writes for a slice that nothing was put into yet.
#[test]
fn a_list_that_is_null_is_an_empty_one() {
    let (outcome, valid) = broadcast(|known| match known {
        [] => Json::Null,
        known => known.into(),
    });
    assert_eq!(valid, Validity::Valid);
    assert!(
        outcome
            .history
            .ops()
            .iter()
            .all(|op| op.typ != OpType::Info)
    );
}

/// `"msg_id": null` is what Python writes for None.
#[test]
fn a_reply_whose_msg_id_is_no_integer_breaks_the_schema() {
    for (msg_id, is_good) in [
        (json!(null), false),
        (json!("a1"), false),
        (json!(1.0), false),
        (json!(-3), true),
    ] {
        let (outcome, _) = run("echo", &two_nodes(), |node, line| {
            let echo = body(line)["echo"].take();
            vec![match echo {
                Json::Null => reply(node, line),
                echo => reply_with(node, line, json!({"echo": echo, "msg_id": msg_id})),
            }]
        });
        let count = |typ| {
            outcome
                .history
                .ops()
                .iter()
                .filter(|op| op.typ == typ)
                .count()
        };
        let (ok, info) = (count(OpType::Ok), count(OpType::Info));
        assert_eq!(
            (ok > 0, info > 0),
            (is_good, !is_good),
            "{msg_id}: {ok} ok, {info} info"
        );
        assert_eq!(outcome.problems, []);
    }
}

#[test]
fn topology_ok_with_another_key_ends_the_run() {
    let (outcome, checked) = run("broadcast", &two_nodes(), |node, line| {
        let topology = body(line)["topology"].take();
        vec![match topology {
            Json::Null => reply(node, line),
            topology => reply_with(node, line, json!({"topology": topology})),
        }]
    });
    assert_eq!(checked.valid, Validity::Invalid);
    assert_eq!(outcome.history.ops().len(), 0);
    let what = &outcome.problems[0].what;
    assert!(
        what.ends_with(
            "expected a topology_ok with the keys type, in_reply_to, found \"topology\" as well"
        ),
        "{what}"
    );
}

#[test]
fn ids_of_128_bits_are_told_apart() {
    let mut last = u128::from(u64::MAX) << 32;
    let (outcome, checked) = run("unique-ids", &two_nodes(), |node, line| {
        vec![match &*kind(line) {
            "generate" => {
                last += 1;
                let reply = reply_with(node, line, json!({"id": "LAST"}));
                reply.replace("\"LAST\"", &last.to_string())
            }
            _ => reply(node, line),
        }]
    });
    assert_eq!(checked.valid, Validity::Valid, "{:?}", checked.findings);
    let given = outcome
        .history
        .ops()
        .iter()
        .filter(|op| op.typ == OpType::Ok);
    assert!(given.count() > 200);
}

/// Logs on one node, which says of every key that a thousand are committed.
#[test]
fn kafkas_clients_begin_at_0_whatever_is_committed() {
    let config = Config {
        rate: 100.0,
        ..Config::for_nodes(1).seed(1)
    };
    let mut logs: std::collections::BTreeMap<String, Vec<Json>> = Default::default();
    let (mut assigned, mut most) = (0, 0);
    let (_, checked) = run("kafka", &config, |node, line| {
        let request = body(line);
        let fields = match &*kind(line) {
            "send" => {
                let log = logs
                    .entry(request["key"].as_str().unwrap().into())
                    .or_default();
                log.push(request["msg"].clone());
                json!({"offset": log.len() - 1})
            }
            "poll" => {
                let asked = request["offsets"].as_object().unwrap();
                let from = |offset: &Json| offset.as_u64().unwrap() as usize;
                most = asked.values().map(from).max().unwrap_or(0).max(most);
                let polled = asked.iter().map(|(key, offset)| {
                    let log = logs.get(key).into_iter().flatten().enumerate();
                    let records: Vec<_> = log.skip(from(offset)).collect();
                    (key.clone(), json!(records))
                });
                json!({"msgs": polled.collect::<serde_json::Map<_, _>>()})
            }
            "list_committed_offsets" => {
                assigned += 1;
                let keys = request["keys"].as_array().unwrap().iter();
                let offsets = keys.map(|key| (key.as_str().unwrap().to_owned(), json!(1000)));
                json!({"offsets": offsets.collect::<serde_json::Map<_, _>>()})
            }
            _ => json!({}),
        };
        vec![reply_with(node, line, fields)]
    });
    assert_eq!(checked.valid, Validity::Valid, "{:?}", checked.findings);
    assert!(
        assigned > 50 && (1..1000).contains(&most),
        "{assigned} {most}"
    );
}

#[test]
fn minority_third_cuts_off_one_node_of_five() {
    let config = Config {
        partitions: Some(Duration::from_millis(100)),
        time_limit: Duration::from_secs(60),
        ..Config::for_nodes(5).seed(1)
    };
    let (outcome, _) = run("echo", &config, |node, line| vec![reply(node, line)]);
    let ops = outcome.history.ops();
    let begun = ops
        .iter()
        .enumerate()
        .filter(|(_, op)| op.value.to_string() == ":minority-third");
    let mut count = 0;
    for (place, _) in begun {
        // Who does not hear whom: one nobody, the others not that one.
        let cut = ops[place + 1..]
            .iter()
            .find(|op| op.f == "start-partition")
            .unwrap();
        let json = cut.value.to_json();
        let deaf: Vec<usize> = json[1]
            .as_object()
            .unwrap()
            .values()
            .map(|names| names.as_array().unwrap().len())
            .collect();
        assert_eq!(
            deaf.iter().filter(|unheard| **unheard == 4).count(),
            1,
            "{json}"
        );
        assert_eq!(deaf.iter().sum::<usize>(), 8, "{json}");
        count += 1;
    }
    assert!(count > 50, "{count}");
}
