//! Transcripts of what a node asks of Maelstrom's services; the test plays them.

use std::cell::Cell;

use maelstrom_node::kv::{LinKv, LinTso, LwwKv, SeqKv};
use maelstrom_node::testing::TestNode;
use maelstrom_node::{ErrorCode, Json};
use serde_json::{Value, json};

use super::script::{Script, done, ms, run};

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
    let exchange = r#"
        > {"type":"read","key":"k","msg_id":1}
        < {"type":"error","code":20,"text":"no","in_reply_to":1}
        > {"type":"write","key":"k","value":1,"msg_id":2}
        < {"type":"write_ok","in_reply_to":2}
        > {"type":"cas","key":"k","from":5,"to":6,"msg_id":3}
        < {"type":"error","code":22,"text":"no","in_reply_to":3}
        > {"type":"cas","key":"k","from":1,"to":2,"create_if_not_exists":true,"msg_id":4}
        < {"type":"cas_ok","in_reply_to":4}
        > {"type":"read","key":"k","msg_id":5}
        < {"type":"read_ok","value":2,"in_reply_to":5}
        > {"type":"cas","key":"k","from":2,"to":12,"msg_id":6}
        < {"type":"error","code":22,"text":"no","in_reply_to":6}
        > {"type":"read","key":"k","msg_id":7}
        < {"type":"read_ok","value":3,"in_reply_to":7}
        > {"type":"cas","key":"k","from":3,"to":13,"msg_id":8}
        < {"type":"cas_ok","in_reply_to":8}
    "#;
    let said = converse(&mut n1, "lin-kv", exchange);
    assert_eq!(done(&said).1, json!({"ok": 13}));
    assert_eq!(n1.engine().pending(), (0, 0));
}

/// Answers each request, `>`, with the line below it, `<`; gives what is said after the last.
#[track_caller]
fn converse(node: &mut TestNode<Script>, service: &str, exchange: &str) -> Vec<String> {
    let mut said = node.pass(ms(10));
    for line in exchange.trim().lines() {
        said = match line.trim().split_once(' ').expect("> or <, and a body") {
            (">", body) => {
                let request = format!(r#"{{"src":"n1","dest":"{service}","body":{body}}}"#);
                assert_eq!(said, [request]);
                Vec::new()
            }
            (_, body) => match node.tell_from(service, body) {
                nothing if nothing.is_empty() => node.pass(ms(10)),
                said => said,
            },
        };
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
    let exchange = r#"
        > {"type":"read","key":"k","msg_id":1}
        < {"type":"read_ok","in_reply_to":1,"value":[18446744073709551617,1.50]}
        > {"type":"cas","key":"k","from":[18446744073709551617,1.50],"to":[18446744073709551617,1.50,null],"msg_id":2}
        < {"type":"cas_ok","in_reply_to":2}
    "#;
    let said = converse(&mut n1, "lin-kv", exchange);
    assert_eq!(done(&said).1, json!({"ok": 3}));
}

#[test]
fn an_update_creates_what_is_not_there() {
    let mut n1 = run(|node| async move {
        LinKv::new(&node)
            .update("k", ms(500), |n: Option<u64>| n.map_or(1, |n| n + 1))
            .await
    });
    let exchange = r#"
        > {"type":"read","key":"k","msg_id":1}
        < {"type":"error","code":20,"in_reply_to":1}
        > {"type":"cas","key":"k","from":null,"to":1,"create_if_not_exists":true,"msg_id":2}
        < {"type":"cas_ok","in_reply_to":2}
    "#;
    let said = converse(&mut n1, "lin-kv", exchange);
    assert_eq!(done(&said).1, json!({"ok": 1}));

    let mut n1 = run(|node| async move {
        LwwKv::new(&node)
            .update("k", ms(500), |n: Option<u64>| n.map_or(1, |n| n + 1))
            .await
    });
    let exchange = r#"
        > {"type":"read","key":"k","msg_id":1}
        < {"type":"error","code":20,"in_reply_to":1}
        > {"type":"write","key":"k","value":1,"msg_id":2}
        < {"type":"write_ok","in_reply_to":2}
    "#;
    let said = converse(&mut n1, "lww-kv", exchange);
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
    let exchange = r#"
        > {"type":"ts","msg_id":1}
        < {"type":"ts_ok","ts":41,"in_reply_to":1}
    "#;
    let said = converse(&mut n1, "lin-tso", exchange);
    assert_eq!(done(&said).1, json!({"ok": 41}));
}
