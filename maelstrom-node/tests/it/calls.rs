//! Transcripts of what a node sends by itself: messages, calls and retries.

use std::future::Future;

use maelstrom_node::disk::Files;
use maelstrom_node::{Error, ErrorCode, Node, Result, Retry};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::script::{NOTHING, Note, done, ms, run, run_on};

const ASK_7: &str = r#"{"src":"n1","dest":"n2","body":{"type":"ask","number":7,"msg_id":1}}"#;

fn ask_7(node: Node) -> impl Future<Output = Result<Value>> {
    node.rpc("n2", &Note::Ask { number: 7 })
}

#[test]
fn a_call_is_answered_once() {
    let mut n1 = run(ask_7);
    assert_eq!(n1.pass(ms(10)), [ASK_7]);
    let said = n1.tell_from("n2", r#"{"type":"ask_ok","half":3.5,"in_reply_to":1}"#);
    assert_eq!(
        done(&said),
        (10, json!({"ok": {"type": "ask_ok", "half": 3.5}}))
    );
    // The same again, and one that nobody waits for.
    let said = n1.tell_from("n2", r#"{"type":"ask_ok","half":3.5,"in_reply_to":1}"#);
    assert_eq!(said, NOTHING);
    let said = n1.tell_from("n2", r#"{"type":"ask_ok","in_reply_to":2}"#);
    assert_eq!(said, NOTHING);
    assert_eq!(n1.engine().pending(), (0, 0));
}

#[test]
fn a_reply_to_an_earlier_life_is_not_taken_for_one_to_this() {
    let left = Files::from([("any.log".to_owned(), Vec::new())]);
    let mut n1 = run_on(left, ask_7);
    let asked = n1.pass(ms(10));
    assert_ne!(asked, [ASK_7]);
    let late = n1.tell_from("n2", r#"{"type":"ask_ok","half":3.5,"in_reply_to":1}"#);
    assert!(late.is_empty());
    assert_eq!(n1.engine().pending(), (1, 1));
}

#[test]
fn a_call_times_out_after_a_second_and_leaves_nothing() {
    let mut n1 = run(ask_7);
    assert_eq!(n1.pass(ms(999)), [ASK_7]);
    assert_eq!(n1.engine().pending(), (1, 1));
    let (at, result) = done(&n1.pass(ms(1)));
    assert_eq!((at, &result["code"]), (1000, &json!(0)));
    assert_eq!(n1.engine().pending(), (0, 0));
    // The reply comes too late.
    let said = n1.tell_from("n2", r#"{"type":"ask_ok","in_reply_to":1}"#);
    assert_eq!(said, NOTHING);
}

#[test]
fn a_call_has_the_timeout_it_is_given() {
    let mut n1 = run(|node| {
        node.rpc::<()>("n2", &Note::Ask { number: 7 })
            .timeout(ms(30))
    });
    let (at, result) = done(&n1.pass(ms(1000)));
    assert_eq!(at, 30);
    assert_eq!(
        result,
        json!({"code": 0, "text": "no reply from n2 to message 1 within 30ms"})
    );
}

#[test]
fn a_dropped_call_leaves_nothing() {
    let mut n1 = run(|node| async move {
        let asked = node
            .timeout(ms(5), node.rpc::<()>("n2", &Note::Ask { number: 7 }))
            .await;
        assert_eq!(asked.unwrap_err().code, ErrorCode::Timeout);
        drop(node.rpc::<()>("n2", &Note::Ask { number: 8 }));
        Ok(())
    });
    assert_eq!(n1.pass(ms(5)).len(), 3);
    assert_eq!(n1.engine().pending(), (0, 0));
}

#[test]
fn an_error_comes_as_it_was_sent() {
    let mut n1 = run(|node| async move {
        let error = ask_7(node).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::Other(1234));
        assert_eq!(error.get("leader"), Some(&json!("n5")));
        Err::<(), Error>(error)
    });
    n1.pass(ms(1));
    let said = n1.tell_from(
        "n2",
        r#"{"type":"error","code":1234,"text":"not me","leader":"n5","in_reply_to":1}"#,
    );
    assert_eq!(done(&said).1, json!({"code": 1234, "text": "not me"}));
}

#[test]
fn a_reply_of_another_shape_is_an_error_that_says_so() {
    #[derive(Deserialize, Serialize)]
    struct AskOk {
        half: f64,
    }
    let mut n1 = run(|node| node.rpc::<AskOk>("n2", &Note::Ask { number: 7 }));
    n1.pass(ms(1));
    let said = n1.tell_from("n2", r#"{"type":"ask_ok","half":"x","in_reply_to":1}"#);
    assert_eq!(
        done(&said).1["text"],
        "a reply of type `ask_ok` that is not as expected: field `half`: invalid type: string \"x\", expected f64"
    );
}

#[test]
fn calls_run_side_by_side() {
    let mut n1 = run(|node| async move {
        let calls = [1, 2, 3].map(|number| node.rpc::<Value>("n2", &Note::Ask { number }));
        let mut replies = Vec::new();
        for call in calls {
            replies.push(call.await?["n"].clone());
        }
        Ok(replies)
    });
    assert_eq!(n1.pass(ms(1)).len(), 3);
    let said = n1.tell_from("n2", r#"{"type":"ask_ok","n":30,"in_reply_to":3}"#);
    assert_eq!(said, NOTHING);
    let said = n1.tell_from("n2", r#"{"type":"ask_ok","n":10,"in_reply_to":1}"#);
    assert_eq!(said, NOTHING);
    let said = n1.tell_from("n2", r#"{"type":"ask_ok","n":20,"in_reply_to":2}"#);
    assert_eq!(done(&said).1, json!({"ok": [10, 20, 30]}));
}

#[test]
fn no_message_to_a_name_that_the_network_cannot_know() {
    let mut n1 = run(|node| async move {
        for dest in ["n3", "", "x", "client", "lin-kv2"] {
            let error = node.send(dest, &Note::Ask { number: 1 }).unwrap_err();
            assert_eq!(error.code, ErrorCode::NodeNotFound, "{dest:?}");
            let error = node
                .rpc::<()>(dest, &Note::Ask { number: 1 })
                .await
                .unwrap_err();
            assert_eq!(error.code, ErrorCode::NodeNotFound, "{dest:?}");
        }
        for dest in ["n1", "n2", "c12", "lin-kv", "seq-kv", "lww-kv", "lin-tso"] {
            node.send(dest, &Note::Ask { number: 1 })?;
        }
        node.send("n2", &vec![1]).map(|()| "unreachable")
    });
    let said = n1.pass(ms(1));
    assert_eq!(said.len(), 8);
    assert_eq!(done(&said).1["code"], 12);
    assert_eq!(n1.engine().pending(), (0, 0));
}

#[test]
fn a_body_may_be_json_with_a_type() {
    let mut n1 = run(|node| async move {
        node.send("n2", &json!({"type": "ask", "number": 7}))?;
        let error = node.send("n2", &json!({"number": 7})).unwrap_err();
        assert_eq!(
            error.text,
            "cannot write this as a message: it has no `type`: use an enum, whose variant names it, or add the field"
        );
        let error = node
            .send("n2", &json!({"type": "ask", "msg_id": 7}))
            .unwrap_err();
        assert_eq!(
            error.text,
            "cannot write this as a message: the field `msg_id` is the library's own: leave it out"
        );
        Ok(())
    });
    assert_eq!(
        n1.pass(ms(1))[0],
        r#"{"src":"n1","dest":"n2","body":{"number":7,"type":"ask"}}"#
    );
}

fn ask_for_10_s(node: Node) -> impl Future<Output = Result<Value>> {
    let retry = Retry::within(ms(10_000)).pauses(ms(100), ms(1600));
    node.rpc_retrying("n2", &Note::Ask { number: 7 }, retry)
}

#[test]
fn a_retried_call_is_sent_until_it_is_answered() {
    let mut n1 = run(ask_for_10_s);
    // Copies after 100, 200, 400 ... 1600, 1600 ms, each up to a half sooner.
    let mut copies = 0;
    for _ in 0..500 {
        let said = n1.pass(ms(10));
        assert!(said.iter().all(|line| line == ASK_7), "{said:?}");
        copies += said.len();
    }
    assert!((7..=9).contains(&copies), "{copies} copies in 5 s");
    assert_eq!(n1.engine().pending(), (1, 1));
    let said = n1.tell_from("n2", r#"{"type":"ask_ok","in_reply_to":1}"#);
    assert_eq!(done(&said), (5000, json!({"ok": {"type": "ask_ok"}})));
    assert_eq!(n1.engine().pending(), (0, 0));
    assert_eq!(n1.pass(ms(10_000)), NOTHING);
}

#[test]
fn a_retried_call_ends_at_its_deadline() {
    let mut n1 = run(ask_for_10_s);
    let (at, result) = done(&n1.pass(ms(60_000)));
    assert_eq!((at, &result["code"]), (10_000, &json!(0)));
    assert_eq!(n1.engine().pending(), (0, 0));
}

#[test]
fn a_retried_call_waits_out_11_and_ends_at_other_definite_errors() {
    let mut n1 = run(ask_for_10_s);
    n1.pass(ms(1));
    let said = n1.tell_from("n2", r#"{"type":"error","code":11,"in_reply_to":1}"#);
    assert_eq!(said, NOTHING);
    assert_eq!(n1.pass(ms(100)), [ASK_7]);
    let said = n1.tell_from(
        "n2",
        r#"{"type":"error","code":14,"text":"no","in_reply_to":1}"#,
    );
    assert_eq!(done(&said).1["code"], 14);
}

#[test]
fn the_end_of_input_fails_calls_at_once() {
    for script in [
        run(|node| async move { ask_7(node).await }),
        run(|node| async move { ask_for_10_s(node).await }),
    ] {
        let mut n1 = script;
        n1.pass(ms(1));
        assert_eq!(done(&n1.end_input()).0, 1);
        assert_eq!(n1.engine().pending(), (0, 0));
    }
}

#[test]
fn a_million_calls_without_a_reply_leave_nothing() {
    let mut n1 = run(|node| async move {
        for _ in 0..1000 {
            let calls: Vec<_> = (0..1000)
                .map(|number| node.rpc::<()>("n2", &Note::Ask { number }))
                .collect();
            for call in calls {
                assert_eq!(
                    call.timeout(ms(1)).await.unwrap_err().code,
                    ErrorCode::Timeout
                );
            }
        }
        Ok(())
    });
    let mut sent = 0;
    while sent < 1_000_001 {
        sent += n1.pass(ms(1)).len();
        assert!(n1.engine().pending().0 <= 1000);
    }
    assert_eq!(n1.engine().pending(), (0, 0));
}
