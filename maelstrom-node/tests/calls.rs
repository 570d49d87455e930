//! Transcripts of what a node sends by itself: messages, calls, retries and
//! the requests to services; and of how time passes for it.

use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

use maelstrom_node::kv::{LinKv, LinTso, LwwKv, SeqKv};
use maelstrom_node::testing::TestNode;
use maelstrom_node::{Error, ErrorCode, Json, Node, NodeId, Result, Retry, Server};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A node that runs one piece of code at its start and reports what it gave,
/// to c1.
struct Script;

#[derive(Deserialize)]
enum Nothing {}

impl Server for Script {
    type Request = Nothing;
    type Response = ();

    async fn handle(&self, request: Nothing, _from: &NodeId) -> Result<()> {
        match request {}
    }
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Note {
    Done { at: u64, result: Value },
    Ask { number: u64 },
}

/// n1 of n1 and n2, running this.
fn run<F, T>(script: impl FnOnce(Node) -> F + 'static) -> TestNode<Script>
where
    F: Future<Output = Result<T>> + 'static,
    T: Serialize,
{
    TestNode::start("n1", ["n1", "n2"], move |node: Node| {
        let running = script(node.clone());
        drop(node.clone().spawn(async move {
            let result = match running.await {
                Ok(value) => json!({"ok": value}),
                Err(e) => json!({"code": e.code.number(), "text": e.text}),
            };
            let at = node.now().as_millis() as u64;
            node.send("c1", &Note::Done { at, result }).unwrap();
        }));
        Script
    })
}

/// What the script gave, and when.
#[track_caller]
fn done(said: &[String]) -> (u64, Value) {
    let last = said.last().expect("it is not done");
    let note: Value = serde_json::from_str(last).unwrap();
    assert_eq!(note["body"]["type"], "done", "{said:?}");
    (
        note["body"]["at"].as_u64().unwrap(),
        note["body"]["result"].clone(),
    )
}

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
    assert!(
        n1.tell_from("n2", r#"{"type":"ask_ok","half":3.5,"in_reply_to":1}"#)
            .is_empty()
    );
    assert!(
        n1.tell_from("n2", r#"{"type":"ask_ok","in_reply_to":2}"#)
            .is_empty()
    );
    assert_eq!(n1.engine().pending(), (0, 0));
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
    assert!(
        n1.tell_from("n2", r#"{"type":"ask_ok","in_reply_to":1}"#)
            .is_empty()
    );
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
    assert!(
        n1.tell_from("n2", r#"{"type":"ask_ok","n":30,"in_reply_to":3}"#)
            .is_empty()
    );
    assert!(
        n1.tell_from("n2", r#"{"type":"ask_ok","n":10,"in_reply_to":1}"#)
            .is_empty()
    );
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
    assert!(n1.pass(ms(10_000)).is_empty());
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
    assert!(
        n1.tell_from("n2", r#"{"type":"error","code":11,"in_reply_to":1}"#)
            .is_empty()
    );
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
fn time_passes_in_sleeps_and_ticks() {
    let mut n1 = run(|node| async move {
        let mut times = Vec::new();
        let mut at = async |wait: maelstrom_node::Sleep| {
            wait.await;
            times.push(node.now().as_millis() as u64);
        };
        at(node.sleep(ms(5))).await;
        at(node.sleep(Duration::ZERO)).await;
        at(node.sleep_until(ms(3))).await;
        let mut interval = node.interval(ms(10));
        times.push(interval.tick().await.as_millis() as u64);
        node.sleep(ms(27)).await; // misses the ticks at 25 and 35
        times.push(interval.tick().await.as_millis() as u64);
        times.push(interval.tick().await.as_millis() as u64);
        Ok(times)
    });
    assert_eq!(
        done(&n1.pass(ms(100))),
        (45, json!({"ok": [5, 5, 5, 15, 35, 45]}))
    );
    assert_eq!(n1.engine().deadline(), None);
}

#[test]
fn a_task_gives_its_output_or_is_aborted() {
    let mut n1 = run(|node| async move {
        let sleeper = node.clone();
        let task = node.spawn(async move {
            sleeper.sleep(ms(10)).await;
            "slept"
        });
        let sleeper = node.clone();
        let aborted = node.spawn(async move { sleeper.sleep(ms(20)).await });
        let output = task.await;
        aborted.abort();
        Ok(output)
    });
    assert_eq!(done(&n1.pass(ms(10))), (10, json!({"ok": "slept"})));
    assert_eq!(n1.engine().pending(), (0, 0));
}

#[test]
fn random_numbers_follow_from_the_seed() {
    let draw = |seed| {
        let mut n1 = TestNode::new(seed, |node: Node| {
            node.send(
                "n1",
                &Note::Ask {
                    number: node.rng().u64(),
                },
            )
            .unwrap();
            Script
        });
        n1.tell(
            r#"{"src":"c0","dest":"n1","body":{"type":"init","node_id":"n1","node_ids":["n1"]}}"#,
        )
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

/// Plays `lin-kv` with one value under one key to a node, and changes it
/// behind its back after the first read.
#[test]
fn a_store_is_read_written_and_updated() {
    let mut n1 = run(|node| async move {
        let kv = LinKv::new(&node);
        assert_eq!(kv.read::<u64>("k").await?, None);
        kv.write("k", &1).await?;
        let error = kv.cas("k", &5, &6).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::PreconditionFailed);
        kv.cas_or_create("k", &1, &2).await?;
        kv.update("k", ms(1000), |n: Option<u64>| n.unwrap_or(0) + 10)
            .await
    });
    let exchange = [
        (
            r#"{"type":"read","key":"k","msg_id":1}"#,
            r#"{"type":"error","code":20,"text":"no","in_reply_to":1}"#,
        ),
        (
            r#"{"type":"write","key":"k","value":1,"msg_id":2}"#,
            r#"{"type":"write_ok","in_reply_to":2}"#,
        ),
        (
            r#"{"type":"cas","key":"k","from":5,"to":6,"msg_id":3}"#,
            r#"{"type":"error","code":22,"text":"no","in_reply_to":3}"#,
        ),
        (
            r#"{"type":"cas","key":"k","from":1,"to":2,"create_if_not_exists":true,"msg_id":4}"#,
            r#"{"type":"cas_ok","in_reply_to":4}"#,
        ),
        (
            r#"{"type":"read","key":"k","msg_id":5}"#,
            r#"{"type":"read_ok","value":2,"in_reply_to":5}"#,
        ),
        (
            r#"{"type":"cas","key":"k","from":2,"to":12,"msg_id":6}"#,
            r#"{"type":"error","code":22,"text":"no","in_reply_to":6}"#,
        ),
        (
            r#"{"type":"read","key":"k","msg_id":7}"#,
            r#"{"type":"read_ok","value":3,"in_reply_to":7}"#,
        ),
        (
            r#"{"type":"cas","key":"k","from":3,"to":13,"msg_id":8}"#,
            r#"{"type":"cas_ok","in_reply_to":8}"#,
        ),
    ];
    let said = converse(&mut n1, "lin-kv", &exchange);
    assert_eq!(done(&said).1, json!({"ok": 13}));
    assert_eq!(n1.engine().pending(), (0, 0));
}

/// Answers each request as told; gives what is said after the last.
#[track_caller]
fn converse(node: &mut TestNode<Script>, service: &str, exchange: &[(&str, &str)]) -> Vec<String> {
    let mut said = Vec::new();
    for (request, reply) in exchange {
        if said.is_empty() {
            said = node.pass(ms(10));
        }
        assert_eq!(
            said,
            [format!(
                r#"{{"src":"n1","dest":"{service}","body":{request}}}"#
            )]
        );
        said = node.tell_from(service, reply);
    }
    said
}

#[test]
fn an_update_that_never_wins_ends_at_its_deadline() {
    let rounds = std::rc::Rc::new(Cell::new(0));
    let counted = std::rc::Rc::clone(&rounds);
    let mut n1 = run(|node| async move {
        let kv = LinKv::new(&node);
        kv.update("k", ms(500), move |n: Option<u64>| {
            counted.set(counted.get() + 1);
            n.unwrap_or(0)
        })
        .await
    });
    let mut said = n1.pass(ms(1));
    while !said.iter().any(|line| line.contains("done")) {
        for line in std::mem::take(&mut said) {
            let id = &serde_json::from_str::<Value>(&line).unwrap()["body"]["msg_id"];
            let reply = match line.contains("read") {
                true => format!(r#"{{"type":"read_ok","value":1,"in_reply_to":{id}}}"#),
                false => format!(r#"{{"type":"error","code":22,"text":"no","in_reply_to":{id}}}"#),
            };
            said.extend(n1.tell_from("lin-kv", &reply));
        }
        said.extend(n1.pass(ms(1)));
    }
    let (at, result) = done(&said);
    assert_eq!((at, &result["code"]), (501, &json!(22)));
    assert!(
        (5..100).contains(&rounds.get()),
        "{} rounds in 500 ms",
        rounds.get()
    );
}

/// Else it would never be the value that is there.
#[test]
fn an_update_names_the_value_that_it_read_as_it_was() {
    let mut n1 = run(|node| async move {
        LinKv::new(&node)
            .update("k", ms(500), |list: Option<Vec<Json>>| {
                let mut list = list.unwrap_or_default();
                list.push(Json::null());
                list
            })
            .await
            .map(|list| list.len())
    });
    let said = converse(
        &mut n1,
        "lin-kv",
        &[
            (
                r#"{"type":"read","key":"k","msg_id":1}"#,
                r#"{"type":"read_ok","in_reply_to":1,"value":[18446744073709551617,1.50]}"#,
            ),
            (
                r#"{"type":"cas","key":"k","from":[18446744073709551617,1.50],"to":[18446744073709551617,1.50,null],"msg_id":2}"#,
                r#"{"type":"cas_ok","in_reply_to":2}"#,
            ),
        ],
    );
    assert_eq!(done(&said).1, json!({"ok": 3}));
}

#[test]
fn an_update_creates_what_is_not_there() {
    let mut n1 = run(|node| async move {
        LinKv::new(&node)
            .update("k", ms(500), |n: Option<u64>| n.map_or(1, |n| n + 1))
            .await
    });
    let said = converse(
        &mut n1,
        "lin-kv",
        &[
            (
                r#"{"type":"read","key":"k","msg_id":1}"#,
                r#"{"type":"error","code":20,"in_reply_to":1}"#,
            ),
            (
                r#"{"type":"cas","key":"k","from":null,"to":1,"create_if_not_exists":true,"msg_id":2}"#,
                r#"{"type":"cas_ok","in_reply_to":2}"#,
            ),
        ],
    );
    assert_eq!(done(&said).1, json!({"ok": 1}));

    let mut n1 = run(|node| async move {
        LwwKv::new(&node)
            .update("k", ms(500), |n: Option<u64>| n.map_or(1, |n| n + 1))
            .await
    });
    let said = converse(
        &mut n1,
        "lww-kv",
        &[
            (
                r#"{"type":"read","key":"k","msg_id":1}"#,
                r#"{"type":"error","code":20,"in_reply_to":1}"#,
            ),
            (
                r#"{"type":"write","key":"k","value":1,"msg_id":2}"#,
                r#"{"type":"write_ok","in_reply_to":2}"#,
            ),
        ],
    );
    assert_eq!(done(&said).1, json!({"ok": 1}));
}

#[test]
fn a_fresh_read_writes_first() {
    let mut n1 = run(|node| async move { SeqKv::new(&node).read_fresh::<u64>("k").await });
    let said = n1.pass(ms(1));
    assert_eq!(said.len(), 1);
    let write: Value = serde_json::from_str(&said[0]).unwrap();
    assert_eq!(write["dest"], "seq-kv");
    assert_eq!(write["body"]["type"], "write");
    assert_eq!(write["body"]["key"], "fresh-n1");
    assert!(write["body"]["value"].is_u64());
    let said = n1.tell_from("seq-kv", r#"{"type":"write_ok","in_reply_to":1}"#);
    assert_eq!(
        said,
        [r#"{"src":"n1","dest":"seq-kv","body":{"type":"read","key":"k","msg_id":2}}"#]
    );
    let said = n1.tell_from("seq-kv", r#"{"type":"read_ok","value":9,"in_reply_to":2}"#);
    assert_eq!(done(&said).1, json!({"ok": 9}));
}

#[test]
fn the_oracle_gives_timestamps() {
    let mut n1 = run(|node| async move { LinTso::new(&node).next().await });
    let said = converse(
        &mut n1,
        "lin-tso",
        &[(
            r#"{"type":"ts","msg_id":1}"#,
            r#"{"type":"ts_ok","ts":41,"in_reply_to":1}"#,
        )],
    );
    assert_eq!(done(&said).1, json!({"ok": 41}));
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
