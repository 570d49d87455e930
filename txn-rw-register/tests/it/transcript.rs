//! What the node is told, and what it says.

use maelstrom_node::testing::TestNode;
use txn_rw_register::TxnRwRegister;

/// What it answers to a client.
fn execute(node: &mut TestNode<TxnRwRegister>, txn: &str) -> String {
    let said = node.tell_from("c1", &format!(r#"{{"type":"txn","msg_id":1,"txn":{txn}}}"#));
    let to_c1 = said.iter().find(|line| line.contains(r#""dest":"c1""#));
    to_c1.expect("an answer").clone()
}

fn ok(txn: &str) -> String {
    format!(r#"{{"src":"n0","dest":"c1","body":{{"type":"txn_ok","txn":{txn},"in_reply_to":1}}}}"#)
}

/// What another node says in a message that wants an answer, so that its refusal can be seen.
fn told_by_n1(node: &mut TestNode<TxnRwRegister>, from: u64, time: u64, write: u64) -> String {
    let news = format!(
        r#"{{"from":{from},"to":{to},"time":{time},"keys":{{"1":[{to},{{"time":{write},"value":"theirs"}}]}}}}"#,
        to = from + 1
    );
    let body = format!(
        r#"{{"type":"gossip","msg_id":9,"lives":[7,0],"who":[[0,1,7]],"have":[{}],"at":1,"part":true,"news":[[0,{news}]]}}"#,
        from + 1
    );
    node.tell_from("n1", &body).concat()
}

/// A write with the latest of times would hide all that come later.
#[test]
fn times_that_cannot_be_true_are_refused() {
    let mut n0 = TestNode::start("n0", ["n0", "n1"], TxnRwRegister::new);
    for (time, write, why) in [
        (
            u64::MAX,
            u64::MAX - 1,
            "time 18446744073709551615 is too far from 0, which is known",
        ),
        (
            1,
            u64::MAX - 1,
            "node 1, key 1: expected a version in 0..=1 and a time up to 1, found 1 and \
             18446744073709551614",
        ),
    ] {
        let said = told_by_n1(&mut n0, 0, time, write);
        let refusal = format!(r#""code":12,"text":"gossip of n1: news: {why}""#);
        assert!(said.contains(&refusal), "{said}");
    }
    let write = r#"[["w",1,"ours"],["r",1,"ours"]]"#;
    assert_eq!(
        execute(&mut n0, r#"[["w",1,"ours"],["r",1,null]]"#),
        ok(write)
    );
    // The truth still counts, also when it is far ahead; and what comes here later is later.
    assert!(!told_by_n1(&mut n0, 0, 1 << 40, 1 << 40).contains("error"));
    assert_eq!(
        execute(&mut n0, r#"[["r",1,null]]"#),
        ok(r#"[["r",1,"theirs"]]"#)
    );
    execute(&mut n0, r#"[["w",1,"ours"]]"#);
    assert_eq!(
        execute(&mut n0, r#"[["r",1,null]]"#),
        ok(r#"[["r",1,"ours"]]"#)
    );
}

/// What is committed, every node can read, whatever carries it.
#[test]
fn a_value_is_kept_as_it_is_or_refused() {
    let mut n0 = TestNode::start("n0", ["n0"], TxnRwRegister::new);
    let nested = |depth| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    for value in [&*nested(64), "18446744073709551617", "1.50"] {
        let write = format!(r#"[["w",1,{value}]]"#);
        assert_eq!(execute(&mut n0, &write), ok(&write));
        let read = format!(r#"[["r",1,{value}]]"#);
        assert_eq!(execute(&mut n0, r#"[["r",1,null]]"#), ok(&read));
    }
    let refused = execute(&mut n0, &format!(r#"[["w",1,{}]]"#, nested(124)));
    let why = r#""code":12,"text":"txn: field `txn`: expected a value nested 64 deep at most, found one nested 124 deep""#;
    assert!(refused.contains(why), "{refused}");
    // Keys are the same however they are written.
    execute(&mut n0, r#"[["w",{"a":1,"b":[]},7]]"#);
    assert_eq!(
        execute(&mut n0, r#"[["r",{"b":[],"a": 1},null]]"#),
        ok(r#"[["r",{"b":[],"a": 1},7]]"#)
    );
}
