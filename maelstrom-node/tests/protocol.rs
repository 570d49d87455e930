//! Transcripts of the protocol: what a node is told, and what it says.

use std::time::Duration;

use maelstrom_node::testing::TestNode;
use maelstrom_node::{CLIENT_TIMEOUT, Error, ErrorCode, Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

const SECOND: Duration = Duration::from_secs(1);

/// A node with a request for every case below.
struct Probe(Node);

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Any {
        value: Box<RawValue>,
    },
    Numbers {
        unsigned: u64,
        signed: i64,
        #[serde(default)]
        wish: Option<String>,
    },
    Who,
    Fail {
        code: i64,
    },
    Wait {
        seconds: u64,
    },
    Silent,
    Unwritable,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    AnyOk {
        value: Box<RawValue>,
    },
    NumbersOk {
        unsigned: u64,
        signed: i64,
        #[serde(skip_serializing_if = "Option::is_none")]
        wish: Option<String>,
    },
    WhoOk {
        id: NodeId,
        node_ids: Vec<NodeId>,
        peers: Vec<NodeId>,
        from: NodeId,
    },
    WaitOk,
    UnwritableOk(Vec<u8>),
}

impl Server for Probe {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, from: &NodeId) -> Result<Option<Response>> {
        Ok(Some(match request {
            Request::Any { value } => Response::AnyOk { value },
            Request::Numbers {
                unsigned,
                signed,
                wish,
            } => Response::NumbersOk {
                unsigned,
                signed,
                wish,
            },
            Request::Who => Response::WhoOk {
                id: self.0.id().clone(),
                node_ids: self.0.node_ids().to_vec(),
                peers: self.0.peers().cloned().collect(),
                from: from.clone(),
            },
            Request::Fail { code } => {
                return Err(Error::new(code.into(), "as you wish").with("hint", json!([1, null])));
            }
            Request::Wait { seconds } => {
                self.0.sleep(SECOND * seconds as u32).await;
                Response::WaitOk
            }
            Request::Silent => return Ok(None),
            Request::Unwritable => Response::UnwritableOk(vec![1]),
        }))
    }
}

fn n1() -> TestNode<Probe> {
    TestNode::start("n1", ["n1", "n2", "n3"], Probe)
}

/// The body of the only line.
#[track_caller]
fn body(said: &[String]) -> Value {
    assert_eq!(said.len(), 1, "{said:?}");
    let message: Value = serde_json::from_str(&said[0]).unwrap();
    message["body"].clone()
}

#[test]
fn a_node_knows_itself_its_peers_and_who_asks() {
    assert_eq!(
        n1().tell_from("c9", r#"{"type":"who","msg_id":1}"#),
        [concat!(
            r#"{"src":"n1","dest":"c9","body":{"type":"who_ok","id":"n1","node_ids":["n1","n2","n3"],"#,
            r#""peers":["n2","n3"],"from":"c9","in_reply_to":1}}"#
        )]
    );
}

#[test]
fn nothing_is_lost_before_init_and_init_ok_comes_first() {
    let mut node = TestNode::new(0, Probe);
    let early = r#"{"src":"n2","dest":"n1","body":{"type":"any","msg_id":5,"value":0}}"#;
    assert!(node.tell(early).is_empty());
    assert!(node.tell(early).is_empty());
    let said = node.tell(
        r#"{"src":"c0","dest":"n1","body":{"type":"init","msg_id":0,"node_id":"n1","node_ids":["n1","n2"]}}"#,
    );
    let any_ok = r#"{"src":"n1","dest":"n2","body":{"type":"any_ok","value":0,"in_reply_to":5}}"#;
    assert_eq!(
        said,
        [
            r#"{"src":"n1","dest":"c0","body":{"type":"init_ok","in_reply_to":0}}"#,
            any_ok,
            any_ok
        ]
    );
}

#[test]
fn an_init_that_lacks_something_is_refused_and_the_next_one_taken() {
    let mut node = TestNode::new(0, Probe);
    let said =
        node.tell(r#"{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1"}}"#);
    assert_eq!(
        said,
        [
            r#"{"src":"n1","dest":"c0","body":{"type":"error","code":12,"text":"init: missing field `node_ids`","in_reply_to":1}}"#
        ]
    );
    let said = node.tell(
        r#"{"src":"c0","dest":"n1","body":{"type":"init","msg_id":2,"node_id":"n1","node_ids":["n1"]}}"#,
    );
    assert_eq!(body(&said)["type"], "init_ok");
}

#[test]
fn an_init_without_the_node_among_the_nodes_is_refused() {
    let cases = [
        (
            r#""node_ids":[]"#,
            "node_ids is empty: expected all nodes, n1 among them",
        ),
        (
            r#""node_ids":["n2","n3"]"#,
            "node_id n1 is none of the 2 node_ids: expected all nodes, this one among them",
        ),
        (
            r#""node_ids":["n1","n2","n1"]"#,
            "node_ids has n1 twice: expected each node once",
        ),
        (
            r#""node_ids":"n1""#,
            "field `node_ids`: invalid type: string \"n1\", expected a sequence",
        ),
        (
            r#""node_ids":[null]"#,
            "field `node_ids`: invalid type: null, expected a string",
        ),
    ];
    for (node_ids, why) in cases {
        let mut node = TestNode::new(0, Probe);
        let said = node.tell(&format!(
            r#"{{"src":"c0","dest":"n1","body":{{"type":"init","msg_id":1,"node_id":"n1",{node_ids}}}}}"#
        ));
        let expected = json!({
            "type": "error", "code": 12, "text": format!("init: {why}"), "in_reply_to": 1
        });
        assert_eq!(body(&said), expected);
        // What comes next waits, as before.
        let early = r#"{"src":"n2","dest":"n1","body":{"type":"who","msg_id":5}}"#;
        assert!(node.tell(early).is_empty());
        let said = node.tell(
            r#"{"src":"c0","dest":"n1","body":{"type":"init","msg_id":2,"node_id":"n1","node_ids":["n1","n2"]}}"#,
        );
        assert_eq!(
            said,
            [
                r#"{"src":"n1","dest":"c0","body":{"type":"init_ok","in_reply_to":2}}"#,
                r#"{"src":"n1","dest":"n2","body":{"type":"who_ok","id":"n1","node_ids":["n1","n2"],"peers":["n2"],"from":"n2","in_reply_to":5}}"#,
            ]
        );
    }
}

#[test]
fn a_node_knows_its_place() {
    for (place, id) in ["n2", "n0", "n1"].into_iter().enumerate() {
        let is_there = move |node: Node| {
            assert_eq!(node.place(), place);
            assert_eq!(node.node_ids()[place], id);
            Probe(node)
        };
        TestNode::start(id, ["n2", "n0", "n1"], is_there);
    }
}

/// Whatever a hostile or lost peer sends: a bound, and nothing goes in silence.
#[test]
fn what_comes_before_init_is_kept_up_to_a_bound() {
    let mut node = TestNode::new(0, Probe);
    let line = |msg_id: usize| {
        let value = "x".repeat(1 << 20);
        format!(
            r#"{{"src":"n2","dest":"n1","body":{{"type":"any","msg_id":{msg_id},"value":"{value}"}}}}"#
        )
    };
    for msg_id in 0..15 {
        assert!(node.tell(&line(msg_id)).is_empty());
    }
    // The sixteenth does not fit. Who asked is told so, and what needs less room still fits.
    assert_eq!(
        node.tell(&line(15)),
        [concat!(
            r#"{"src":"n1","dest":"n2","body":{"type":"error","code":11,"#,
            r#""text":"not initialised yet, and 16777216 bytes wait for that: try again after init","#,
            r#""in_reply_to":15}}"#
        )]
    );
    let who = r#"{"src":"c1","dest":"n1","body":{"type":"who","msg_id":16}}"#;
    assert!(node.tell(who).is_empty());
    let said = node.tell(
        r#"{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1","n2"]}}"#,
    );
    let answered = said.iter().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["body"]["in_reply_to"].as_u64().unwrap()
    });
    let expected: Vec<u64> = [1].into_iter().chain(0..15).chain([16]).collect();
    assert_eq!(answered.collect::<Vec<u64>>(), expected);
}

#[test]
fn before_init_nothing_was_asked_so_replies_are_ignored() {
    let mut node = TestNode::new(0, Probe);
    for body in [
        r#"{"type":"init","in_reply_to":1,"msg_id":1}"#,
        r#"{"type":"error","code":10,"text":"what?","msg_id":1}"#,
        r#"{"type":"any_ok","in_reply_to":7}"#,
    ] {
        assert!(node.tell_from("n2", body).is_empty(), "{body}");
    }
    let said = node.tell(
        r#"{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1","n2"]}}"#,
    );
    assert_eq!(said.len(), 1, "{said:?}");
}

#[test]
fn a_second_init_is_refused_and_changes_nothing() {
    let mut node = n1();
    let said = node.tell_from(
        "c0",
        r#"{"type":"init","msg_id":2,"node_id":"n7","node_ids":["n7"]}"#,
    );
    assert_eq!(body(&said)["code"], 12);
    let said = node.tell_from("c1", r#"{"type":"who","msg_id":3}"#);
    assert_eq!(body(&said)["id"], "n1");
}

#[test]
fn message_ids_from_0_to_the_largest() {
    for id in [0, 1, u64::MAX] {
        let said = n1().tell_from(
            "c1",
            &format!(r#"{{"type":"any","value":1,"msg_id":{id}}}"#),
        );
        assert_eq!(body(&said)["in_reply_to"], id);
    }
    // No id, no reply; a null is no id.
    for id in ["", r#","msg_id":null"#] {
        let said = n1().tell_from("c1", &format!(r#"{{"type":"any","value":1{id}}}"#));
        assert!(said.is_empty(), "{said:?}");
        let said = n1().tell_from("c1", &format!(r#"{{"type":"nonsense"{id}}}"#));
        assert!(said.is_empty(), "{said:?}");
    }
}

#[test]
fn integers_are_exact_to_the_ends_of_their_types() {
    let numbers = format!(
        r#"{{"type":"numbers","msg_id":1,"unsigned":{},"signed":{}}}"#,
        u64::MAX,
        i64::MIN
    );
    assert_eq!(
        n1().tell_from("c1", &numbers),
        [format!(
            r#"{{"src":"n1","dest":"c1","body":{{"type":"numbers_ok","unsigned":{},"signed":{},"in_reply_to":1}}}}"#,
            u64::MAX,
            i64::MIN
        )]
    );
}

#[test]
fn any_payload_comes_back_as_the_text_it_was() {
    let deep = "[".repeat(5000) + &"]".repeat(5000);
    let payloads = [
        "null",
        "18446744073709551616",
        "-0.0",
        "1e400",
        r#""tab\t \u0000 \" \\ \ud83d\ude00 é""#,
        r#"{"a":[1,-2,{"b":null}],"":{}}"#,
        &deep,
    ];
    for payload in payloads {
        let said = n1().tell_from(
            "c1",
            &format!(r#"{{"type":"any","value":{payload},"msg_id":1}}"#),
        );
        let expected = format!(
            r#"{{"src":"n1","dest":"c1","body":{{"type":"any_ok","value":{payload},"in_reply_to":1}}}}"#
        );
        assert_eq!(said, [expected]);
    }
}

#[test]
fn lines_of_several_mebibytes() {
    let payload = format!(r#""{}""#, "x".repeat(8 << 20));
    let said = n1().tell_from(
        "c1",
        &format!(r#"{{"type":"any","value":{payload},"msg_id":1}}"#),
    );
    let expected = format!(
        r#"{{"src":"n1","dest":"c1","body":{{"type":"any_ok","value":{payload},"in_reply_to":1}}}}"#
    );
    assert!(said == [expected]);
}

#[test]
fn unknown_keys_and_any_order_are_fine() {
    let said = n1().tell(concat!(
        r#"  {"id":7,"body":{"z":[{}],"value":1,"msg_id":4,"wish":null,"type":"any"},"#,
        r#""hops":[],"dest":"n1","src":"c1"}  "#
    ));
    assert_eq!(
        said,
        [r#"{"src":"n1","dest":"c1","body":{"type":"any_ok","value":1,"in_reply_to":4}}"#]
    );
}

#[test]
fn keys_and_names_may_hold_escapes() {
    let said = n1()
        .tell(r#"{"src":"c\"1","dest":"n1","body":{"\u0074ype":"any","val\u0075e":1,"msg_id":4}}"#);
    assert_eq!(
        said,
        [r#"{"src":"n1","dest":"c\"1","body":{"type":"any_ok","value":1,"in_reply_to":4}}"#]
    );
}

#[test]
fn an_unknown_type_is_10_and_names_the_known_ones() {
    let said = n1().tell_from("c1", r#"{"type":"nonsense","msg_id":1}"#);
    assert_eq!(
        body(&said),
        json!({
            "type": "error",
            "code": 10,
            "text": "unknown type `nonsense`, expected one of `any`, `numbers`, `who`, `fail`, `wait`, `silent`, `unwritable`",
            "in_reply_to": 1
        })
    );
}

#[test]
fn a_wrong_shape_is_12_and_names_the_field() {
    let cases = [
        (r#""type":"any""#, "any: missing field `value`"),
        (
            r#""type":"numbers","unsigned":-1,"signed":0"#,
            "numbers: field `unsigned`: invalid value: integer `-1`, expected u64",
        ),
        (
            r#""type":"numbers","unsigned":1,"signed":0,"wish":{}"#,
            "numbers: field `wish`: invalid type: map, expected a string",
        ),
        (
            r#""type":"numbers","unsigned":1,"unsigned":1,"signed":0"#,
            "numbers: duplicate field `unsigned`",
        ),
        (r#""value":1"#, "missing field `type`"),
    ];
    for (fields, text) in cases {
        let said = n1().tell_from("c1", &format!(r#"{{{fields},"msg_id":1}}"#));
        assert_eq!(body(&said)["code"], 12, "{fields}");
        assert_eq!(body(&said)["text"], text);
    }
}

#[test]
fn lines_that_are_no_messages_are_skipped() {
    let mut node = n1();
    for line in [
        "",
        "   ",
        "hello",
        "{",
        "null",
        "[]",
        r#"{"src":"c1","dest":"n1"}"#,
        r#"{"src":"c1","dest":"n1","body":[]}"#,
        r#"{"src":1,"dest":"n1","body":{"type":"any","msg_id":1}}"#,
        r#"{"src":"c1","dest":"n1","body":{"type":"any","msg_id":-1}}"#,
        r#"{"src":"c1","dest":"n1","body":{"type":"any","msg_id":1.5}}"#,
        r#"{"src":"c1","dest":"n1","body":{"type":"any","msg_id":1}} trailing"#,
        "\u{feff}{}",
    ] {
        assert!(node.tell(line).is_empty(), "{line}");
    }
    let said = node.tell_from("c1", r#"{"type":"any","value":1,"msg_id":1}"#);
    assert_eq!(body(&said)["type"], "any_ok");
}

#[test]
fn bytes_that_are_no_text_are_skipped() {
    let mut engine = maelstrom_node::Engine::new(0, Probe);
    engine.line(Duration::ZERO, b"\xff\xfe{}");
    assert_eq!(engine.output_len(), 0);
}

#[test]
fn errors_keep_their_code_text_and_keys() {
    for code in [0, 1, 10, 11, 12, 13, 14, 20, 21, 22, 30, 42, 1000, i64::MAX] {
        let said = n1().tell_from(
            "c1",
            &format!(r#"{{"type":"fail","code":{code},"msg_id":1}}"#),
        );
        assert_eq!(
            body(&said),
            json!({"type": "error", "code": code, "text": "as you wish", "hint": [1, null], "in_reply_to": 1})
        );
        let definite = ![0, 13, 42, 1000, i64::MAX].contains(&code);
        assert_eq!(ErrorCode::from(code).is_definite(), definite, "{code}");
    }
}

#[test]
fn errors_and_replies_are_never_answered() {
    let mut node = n1();
    for body in [
        r#"{"type":"error","code":10,"text":"what?"}"#,
        r#"{"type":"error","code":10,"text":"what?","msg_id":1}"#,
        r#"{"type":"error","in_reply_to":99}"#,
        r#"{"type":"nonsense","in_reply_to":99,"msg_id":1}"#,
        r#"{"type":"any","value":1,"in_reply_to":99,"msg_id":1}"#,
    ] {
        assert!(node.tell_from("n2", body).is_empty(), "{body}");
    }
}

#[test]
fn a_response_of_none_sends_nothing() {
    assert!(
        n1().tell_from("c1", r#"{"type":"silent","msg_id":1}"#)
            .is_empty()
    );
}

#[test]
fn a_response_that_is_no_message_becomes_an_error() {
    let said = n1().tell_from("c1", r#"{"type":"unwritable","msg_id":1}"#);
    assert_eq!(body(&said)["code"], 13);
    assert_eq!(
        body(&said)["text"],
        "cannot write this as a message: a body is an enum with named fields, not a list"
    );
}

#[test]
fn handlers_run_side_by_side_and_reply_when_they_are_done() {
    let mut node = n1();
    assert!(
        node.tell_from("n2", r#"{"type":"wait","seconds":3,"msg_id":1}"#)
            .is_empty()
    );
    assert!(
        node.tell_from("n3", r#"{"type":"wait","seconds":1,"msg_id":1}"#)
            .is_empty()
    );
    assert_eq!(
        node.pass(3 * SECOND),
        [
            r#"{"src":"n1","dest":"n3","body":{"type":"wait_ok","in_reply_to":1}}"#,
            r#"{"src":"n1","dest":"n2","body":{"type":"wait_ok","in_reply_to":1}}"#,
        ]
    );
}

#[test]
fn a_client_that_has_given_up_is_not_answered() {
    let seconds = CLIENT_TIMEOUT.as_secs();
    let wait = |seconds| format!(r#"{{"type":"wait","seconds":{seconds},"msg_id":1}}"#);
    for (src, seconds, replies) in [
        ("c1", seconds - 1, 1),
        ("c1", seconds, 0),
        ("n2", seconds, 1),
    ] {
        let mut node = n1();
        assert!(node.tell_from(src, &wait(seconds)).is_empty());
        assert_eq!(
            node.pass(10 * SECOND).len(),
            replies,
            "{src} after {seconds} s"
        );
    }
}

#[test]
fn after_the_end_of_input_handlers_still_finish() {
    let mut node = n1();
    assert!(
        node.tell_from("c1", r#"{"type":"wait","seconds":1,"msg_id":1}"#)
            .is_empty()
    );
    assert!(node.end_input().is_empty());
    assert_eq!(node.engine().handlers(), 1);
    assert_eq!(node.pass(SECOND).len(), 1);
    assert_eq!(node.engine().handlers(), 0);
}
