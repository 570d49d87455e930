//! What clients say to a node, and what it says back: `tests/transcripts/*.txt`, in the form of
//! [`maelstrom_node::testing::play`].
//! `UPDATE_EXPECT=1 cargo test --package lin-kv transcripts` writes them anew.

use std::collections::BTreeSet;
use std::time::Duration;

use expect_test::{ExpectFile, expect_file};
use lin_kv::LinKv;
use maelstrom_node::testing::{TestNode, play};

#[track_caller]
fn check(transcript: ExpectFile) {
    transcript.assert_eq(&play(&transcript.data(), |_, node| LinKv::new(node)));
}

#[test]
fn values() {
    check(expect_file!["../transcripts/values.txt"]);
}

#[test]
fn leaders() {
    check(expect_file!["../transcripts/leaders.txt"]);
}

#[test]
fn restarts() {
    check(expect_file!["../transcripts/restarts.txt"]);
}

/// While the disk writes, nothing goes out that depends on it, and what comes meanwhile waits.
#[test]
fn what_comes_while_the_disk_writes_waits() {
    let mut n1 = TestNode::start("n1", ["n1"], LinKv::new);
    n1.hold_syncs();
    let nothing: [&str; 0] = [];
    for number in 1..=3 {
        let write = format!(r#"{{"type":"write","key":0,"value":{number},"msg_id":{number}}}"#);
        assert_eq!(n1.tell_from("c1", &write), nothing);
    }
    let read = r#"{"type":"read","key":0,"msg_id":4}"#;
    assert_eq!(n1.tell_from("c1", read), nothing);
    assert_eq!(n1.pass(Duration::from_millis(500)), nothing);
    let write_ok = r#""type":"write_ok""#;
    assert_eq!(
        n1.release_syncs(),
        [
            answer(write_ok, 1),
            answer(write_ok, 2),
            answer(write_ok, 3),
            answer(r#""type":"read_ok","value":3"#, 4),
        ]
    );
}

/// Whatever part of it was written when the node was killed: it comes back, and has what it
/// acknowledged.
#[test]
fn what_was_half_written_is_there_or_not() {
    let mut found = BTreeSet::new();
    for bytes in 0..400 {
        let mut n1 = TestNode::start("n1", ["n1"], LinKv::new);
        let write_ok = answer(r#""type":"write_ok""#, 1);
        let write = r#"{"type":"write","key":0,"value":1,"msg_id":1}"#;
        assert_eq!(ask(&mut n1, write), write_ok);
        n1.hold_syncs();
        n1.tell_from("c1", r#"{"type":"write","key":0,"value":2,"msg_id":2}"#);
        n1.tell_from("c1", r#"{"type":"write","key":0,"value":3,"msg_id":3}"#);
        let mut n1 = TestNode::start_with("n1", ["n1"], n1.kill_keeping(bytes), LinKv::new);
        n1.pass(Duration::from_millis(800));
        found.insert(ask(&mut n1, r#"{"type":"read","key":0,"msg_id":1}"#));
    }
    let read = |value| answer(&format!(r#""type":"read_ok","value":{value}"#), 1);
    assert_eq!(Vec::from_iter(found), [read(1), read(2)]);
}

/// What was done for a request of an earlier life does not count as done for one of this life.
#[test]
fn requests_without_a_number_are_others_in_each_life() {
    let proposed = |seed| {
        let mut n1 = TestNode::new(seed, LinKv::new);
        for line in [
            r#"{"src":"c0","dest":"n1","body":{"type":"init","node_id":"n1","node_ids":["n0","n1"],"msg_id":1}}"#,
            r#"{"src":"n0","dest":"n1","body":{"type":"raft","term":1,"body":{"append":{"previous":{"term":0,"index":0},"entries":[],"commit":0,"sent":{"secs":1,"nanos":0}}}}}"#,
        ] {
            n1.tell(line);
        }
        n1.tell_from("c1", r#"{"type":"write","key":0,"value":1}"#)
    };
    let (one, other) = (proposed(1), proposed(2));
    assert!(one[0].contains(r#"{"client":"n1","number":"#), "{one:?}");
    assert_ne!(one, other);
}

/// Says something to a node and gives the body of what it answers.
fn ask(node: &mut TestNode<LinKv>, body: &str) -> String {
    let said = node.tell_from("c1", body);
    let [answer] = &said[..] else {
        panic!("{body} is answered by {said:?}")
    };
    answer.clone()
}

fn answer(body: &str, in_reply_to: u64) -> String {
    format!(r#"{{"src":"n1","dest":"c1","body":{{{body},"in_reply_to":{in_reply_to}}}}}"#)
}

/// Once it is in the log, everyone must be able to read it, whatever carries it.
#[test]
fn a_value_that_is_nested_too_deep_is_refused_at_the_door() {
    let mut n1 = TestNode::start("n1", ["n1"], LinKv::new);
    let nested = |depth| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let deepest = nested(64);
    let write = format!(r#"{{"type":"write","key":1,"value":{deepest},"msg_id":1}}"#);
    assert_eq!(ask(&mut n1, &write), answer(r#""type":"write_ok""#, 1));
    for depth in [65, 119, 120, 127, 128, 100_000] {
        let value = nested(depth);
        for (kind, field, fields) in [
            ("write", "value", format!(r#""key":1,"value":{value}"#)),
            ("write", "key", format!(r#""key":{value},"value":1"#)),
            ("cas", "from", format!(r#""key":1,"from":{value},"to":1"#)),
            (
                "cas",
                "to",
                format!(r#""key":1,"from":{deepest},"to":{value}"#),
            ),
            ("read", "key", format!(r#""key":{value}"#)),
        ] {
            let request = format!(r#"{{"type":"{kind}",{fields},"msg_id":2}}"#);
            let refusal = format!(
                r#""type":"error","code":12,"text":"{kind}: field `{field}`: expected a value nested 64 deep at most, found one nested {depth} deep""#
            );
            assert_eq!(ask(&mut n1, &request), answer(&refusal, 2));
        }
    }
    let read = format!(r#""type":"read_ok","value":{deepest}"#);
    assert_eq!(
        ask(&mut n1, r#"{"type":"read","key":1,"msg_id":3}"#),
        answer(&read, 3)
    );
}
