//! Transcripts of the protocol: what a node is told, and what it says.

use std::time::Duration;

use maelstrom_node::{CLIENT_TIMEOUT, ErrorCode};
use serde_json::json;

use super::probe::{Probe, body, n1};
use super::script::NOTHING;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn message_ids_from_0_to_the_largest() {
    for id in [0, 1, u64::MAX] {
        let request = format!(r#"{{"type":"any","value":1,"msg_id":{id}}}"#);
        let said = n1().tell_from("c1", &request);
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
    let numbers = format!(r#""unsigned":{},"signed":{}"#, u64::MAX, i64::MIN);
    let said = n1().tell_from(
        "c1",
        &format!(r#"{{"type":"numbers","msg_id":1,{numbers}}}"#),
    );
    let reply = format!(r#"{{"type":"numbers_ok",{numbers},"in_reply_to":1}}"#);
    assert_eq!(
        said,
        [format!(r#"{{"src":"n1","dest":"c1","body":{reply}}}"#)]
    );
}

#[test]
fn any_payload_comes_back_as_the_text_it_was() {
    let deep = "[".repeat(5000) + &"]".repeat(5000);
    let long = format!(r#""{}""#, "x".repeat(8 << 20));
    let payloads = [
        "null",
        "18446744073709551616",
        "-0.0",
        "1e400",
        r#""tab\t \u0000 \" \\ \ud83d\ude00 é""#,
        r#"{"a":[1,-2,{"b":null}],"":{}}"#,
        &deep,
        &long,
    ];
    for payload in payloads {
        let request = format!(r#"{{"type":"any","value":{payload},"msg_id":1}}"#);
        let said = n1().tell_from("c1", &request);
        let expected = format!(
            r#"{{"src":"n1","dest":"c1","body":{{"type":"any_ok","value":{payload},"in_reply_to":1}}}}"#
        );
        assert!(said == [expected], "{payload:.100}");
    }
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
        assert_eq!(node.tell(line), NOTHING, "{line}");
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
        let request = format!(r#"{{"type":"fail","code":{code},"msg_id":1}}"#);
        let said = n1().tell_from("c1", &request);
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
        assert_eq!(node.tell_from("n2", body), NOTHING, "{body}");
    }
}

#[test]
fn a_response_of_none_sends_nothing() {
    let said = n1().tell_from("c1", r#"{"type":"silent","msg_id":1}"#);
    assert_eq!(said, NOTHING);
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
    let said = node.tell_from("n2", r#"{"type":"wait","seconds":3,"msg_id":1}"#);
    assert_eq!(said, NOTHING);
    let said = node.tell_from("n3", r#"{"type":"wait","seconds":1,"msg_id":1}"#);
    assert_eq!(said, NOTHING);
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
        assert_eq!(node.tell_from(src, &wait(seconds)), NOTHING);
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
    let said = node.tell_from("c1", r#"{"type":"wait","seconds":1,"msg_id":1}"#);
    assert_eq!(said, NOTHING);
    assert_eq!(node.end_input(), NOTHING);
    assert_eq!(node.engine().handlers(), 1);
    assert_eq!(node.pass(SECOND).len(), 1);
    assert_eq!(node.engine().handlers(), 0);
}
