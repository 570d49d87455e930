//! What clients say to a node, and what it says back: `tests/transcripts/*.txt`, in the form of
//! [`maelstrom_node::testing::play`].
//! `UPDATE_EXPECT=1 cargo test --package lin-kv transcripts` writes them anew.

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
