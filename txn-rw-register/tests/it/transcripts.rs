//! What the node is told, and what it says: `tests/transcripts/*.txt`, in the form of
//! [`maelstrom_node::testing::play`].
//! `UPDATE_EXPECT=1 cargo test --package txn-rw-register transcripts` writes them anew.

use expect_test::expect_file;
use maelstrom_node::testing::{TestNode, play};
use txn_rw_register::TxnRwRegister;

#[test]
fn times() {
    let transcript = expect_file!["../transcripts/times.txt"];
    transcript.assert_eq(&play(&transcript.data(), |_, node| {
        TxnRwRegister::new(node)
    }));
}

/// What it answers to a client.
fn execute(node: &mut TestNode<TxnRwRegister>, txn: &str) -> String {
    let said = node.tell_from("c1", &format!(r#"{{"type":"txn","msg_id":1,"txn":{txn}}}"#));
    let to_c1 = said.iter().find(|line| line.contains(r#""dest":"c1""#));
    to_c1.expect("an answer").clone()
}

fn ok(txn: &str) -> String {
    format!(r#"{{"src":"n0","dest":"c1","body":{{"type":"txn_ok","txn":{txn},"in_reply_to":1}}}}"#)
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
