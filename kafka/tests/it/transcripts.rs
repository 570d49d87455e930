//! What the node is told, and what it says: `tests/transcripts/*.txt`, in the form of
//! [`maelstrom_node::testing::play`].
//! `UPDATE_EXPECT=1 cargo test --package kafka transcripts` writes them anew.

use expect_test::{ExpectFile, expect_file};
use kafka::{Acks, Kafka};
use maelstrom_node::testing::{TestNode, play};

#[track_caller]
fn check(transcript: ExpectFile) {
    let played = play(&transcript.data(), |options, node| {
        let acks = match options {
            "acks 1" => Acks::One,
            "acks all" => Acks::All,
            _ => panic!("{options}?"),
        };
        Kafka::new(&node, acks)
    });
    transcript.assert_eq(&played);
}

#[test]
fn offsets() {
    check(expect_file!["../transcripts/offsets.txt"]);
}

#[test]
fn acknowledgements() {
    check(expect_file!["../transcripts/acknowledgements.txt"]);
}

#[test]
fn restarts() {
    check(expect_file!["../transcripts/restarts.txt"]);
}

#[test]
fn refusals() {
    check(expect_file!["../transcripts/refusals.txt"]);
}

/// What it says to clients, without the rest.
fn ask(node: &mut TestNode<Kafka>, body: &str) -> Vec<String> {
    let said = node.tell_from("c1", body).into_iter();
    let bodies = said.filter_map(|line| {
        let (head, body) = line.split_once(r#","body":"#)?;
        head.ends_with(r#""dest":"c1""#)
            .then(|| body.strip_suffix('}').unwrap_or(body).to_owned())
    });
    bodies.collect()
}

/// What is acknowledged, every node can read, whatever carries it.
#[test]
fn a_record_is_kept_as_it_is_or_refused() {
    let mut node = TestNode::start("n0", ["n0"], |node| Kafka::new(&node, Acks::One));
    let nested = |depth| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let send = |msg: &str| format!(r#"{{"type":"send","msg_id":1,"key":"a","msg":{msg}}}"#);
    let deepest = nested(64);
    let big = r#"{"b":18446744073709551617,"a":1.50}"#;
    for (msg, offset) in [(&*deepest, 0), (big, 1)] {
        assert_eq!(
            ask(&mut node, &send(msg)),
            [format!(
                r#"{{"type":"send_ok","offset":{offset},"in_reply_to":1}}"#
            )]
        );
    }
    for depth in [65, 124, 128] {
        assert_eq!(
            ask(&mut node, &send(&nested(depth))),
            [format!(
                r#"{{"type":"error","code":12,"text":"send: field `msg`: expected a value nested 64 deep at most, found one nested {depth} deep","in_reply_to":1}}"#
            )]
        );
    }
    assert_eq!(
        ask(&mut node, r#"{"type":"poll","msg_id":2,"offsets":{"a":0}}"#),
        [format!(
            r#"{{"type":"poll_ok","msgs":{{"a":[[0,{deepest}],[1,{big}]]}},"in_reply_to":2}}"#
        )]
    );
}

/// Nobody has to send a record first, nor another node to say something.
#[test]
fn what_is_on_the_disk_of_the_only_node_can_be_polled_at_once() {
    let start = |node| Kafka::new(&node, Acks::All);
    let mut node = TestNode::start("n0", ["n0"], start);
    let sent = ask(&mut node, r#"{"type":"send","msg_id":1,"key":"a","msg":7}"#);
    assert_eq!(sent, [r#"{"type":"send_ok","offset":0,"in_reply_to":1}"#]);
    let mut node = TestNode::start_with("n0", ["n0"], node.kill(), start);
    assert_eq!(
        ask(&mut node, r#"{"type":"poll","msg_id":2,"offsets":{"a":0}}"#),
        [r#"{"type":"poll_ok","msgs":{"a":[[0,7]]},"in_reply_to":2}"#]
    );
}
