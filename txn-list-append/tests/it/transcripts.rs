//! What the node is told, and what it says: `tests/transcripts/*.txt`, in the form of
//! [`maelstrom_node::testing::play`].
//! `UPDATE_EXPECT=1 cargo test --package txn-list-append transcripts` writes them anew. The transcript plays the store.

use expect_test::expect_file;
use maelstrom_node::Rng;
use maelstrom_node::testing::{TestNode, play};
use txn_list_append::TxnListAppend;

#[test]
fn store() {
    let transcript = expect_file!["../transcripts/store.txt"];
    transcript.assert_eq(&play(&transcript.data(), |_, node| {
        TxnListAppend::new(node)
    }));
}

fn nested(depth: usize) -> String {
    format!("{}1{}", "[".repeat(depth), "]".repeat(depth))
}

/// What goes into the history, every node can read, and it stays what it is.
#[test]
fn an_element_is_kept_as_it_is_or_refused() {
    let mut n0 = TestNode::start("n0", ["n0"], TxnListAppend::new);
    let too_deep = format!(
        r#"{{"type":"txn","msg_id":1,"txn":[["append",5,{}]]}}"#,
        nested(120)
    );
    assert_eq!(
        n0.tell_from("c1", &too_deep),
        [
            r#"{"src":"n0","dest":"c1","body":{"type":"error","code":12,"text":"txn: field `txn`: expected a value nested 64 deep at most, found one nested 120 deep","in_reply_to":1}}"#
        ]
    );
    // No number becomes another one on its way.
    let first = format!(r#"[{},18446744073709551617,1.50]"#, nested(63));
    let second = r#"{"b":1, "a":0}"#;
    let txn = format!(r#"[["append",5,{first}],["append",5,{second}],["r",5,null]]"#);
    let life = Rng::new(0).u64() as u32;
    let root = format!(
        r#"{{"before":0,"tail":[{{"appends":[["5",{first}],["5",{second}]],"id":["n0",{life},1]}}]}}"#
    );
    assert_eq!(
        n0.tell_from("c1", &format!(r#"{{"type":"txn","msg_id":2,"txn":{txn}}}"#)),
        [format!(
            r#"{{"src":"n0","dest":"lin-kv","body":{{"type":"cas","key":"root","from":null,"to":{root},"create_if_not_exists":true,"msg_id":1}}}}"#
        )]
    );
    let done = txn.replace("null", &format!("[{first},{second}]"));
    assert_eq!(
        n0.tell_from("lin-kv", r#"{"type":"cas_ok","in_reply_to":1}"#),
        [format!(
            r#"{{"src":"n0","dest":"c1","body":{{"type":"txn_ok","txn":{done},"in_reply_to":2}}}}"#
        )]
    );
    // The next one puts itself in the place of just that.
    let said = n0.tell_from("c1", r#"{"type":"txn","msg_id":3,"txn":[["append",6,1]]}"#);
    assert!(
        said[0].contains(&format!(r#""from":{root},"to":"#)),
        "{said:?}"
    );
}
