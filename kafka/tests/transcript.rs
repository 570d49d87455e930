//! What the node is told, and what it says.

use kafka::{Acks, Kafka};
use maelstrom_node::testing::TestNode;

fn start<const N: usize>(id: &str, ids: [&str; N], acks: Acks) -> TestNode<Kafka> {
    TestNode::start(id, ids, move |node| Kafka::new(&node, acks))
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

#[test]
fn one_node_keeps_logs() {
    let mut node = start("n0", ["n0"], Acks::All);
    let transcript = [
        (
            r#"{"type":"send","msg_id":1,"key":"a","msg":17}"#,
            r#"{"type":"send_ok","offset":0,"in_reply_to":1}"#,
        ),
        (
            r#"{"type":"send","msg_id":2,"key":"a","msg":{"any":"thing"}}"#,
            r#"{"type":"send_ok","offset":1,"in_reply_to":2}"#,
        ),
        (
            r#"{"type":"send","msg_id":3,"key":"b","msg":18}"#,
            r#"{"type":"send_ok","offset":0,"in_reply_to":3}"#,
        ),
        (
            r#"{"type":"poll","msg_id":4,"offsets":{"a":0,"b":1,"c":0}}"#,
            r#"{"type":"poll_ok","msgs":{"a":[[0,17],[1,{"any":"thing"}]]},"in_reply_to":4}"#,
        ),
        (
            r#"{"type":"commit_offsets","msg_id":5,"offsets":{"a":1}}"#,
            r#"{"type":"commit_offsets_ok","in_reply_to":5}"#,
        ),
        // Back it does not go.
        (
            r#"{"type":"commit_offsets","msg_id":6,"offsets":{"a":0}}"#,
            r#"{"type":"commit_offsets_ok","in_reply_to":6}"#,
        ),
        (
            r#"{"type":"list_committed_offsets","msg_id":7,"keys":["a","b"]}"#,
            r#"{"type":"list_committed_offsets_ok","offsets":{"a":1},"in_reply_to":7}"#,
        ),
    ];
    for (request, reply) in transcript {
        assert_eq!(ask(&mut node, request), [reply]);
    }
}

#[test]
fn a_poll_stops_where_a_record_may_still_come() {
    let mut node = start("n0", ["n0", "n1"], Acks::One);
    ask(&mut node, r#"{"type":"send","msg_id":1,"key":"a","msg":1}"#);
    ask(&mut node, r#"{"type":"send","msg_id":2,"key":"a","msg":2}"#);
    // n1 may still put something at offset 1.
    let poll = r#"{"type":"poll","msg_id":3,"offsets":{"a":0}}"#;
    assert_eq!(
        ask(&mut node, poll),
        [r#"{"type":"poll_ok","msgs":{"a":[[0,1]]},"in_reply_to":3}"#]
    );
    // It has not; and now that it has seen offset 2, it never will.
    let gossip = r#"{"type":"gossip","have":[2,1],"at":1,"up":true,"news":[[1,{"from":0,"to":1,"seen":[1,[2,0]]}]]}"#;
    node.tell_from("n1", gossip);
    assert_eq!(
        ask(&mut node, poll),
        [r#"{"type":"poll_ok","msgs":{"a":[[0,1],[2,2]]},"in_reply_to":3}"#]
    );
}

#[test]
fn with_acks_all_an_acknowledgement_waits_for_the_others() {
    let mut node = start("n0", ["n0", "n1"], Acks::All);
    let send = r#"{"type":"send","msg_id":1,"key":"a","msg":1}"#;
    assert_eq!(ask(&mut node, send), [""; 0]);
    let has = r#"{"type":"gossip","have":[1],"at":1,"up":true}"#;
    let said = node.tell_from("n1", has);
    let ok = r#"{"src":"n0","dest":"c1","body":{"type":"send_ok","offset":0,"in_reply_to":1}}"#;
    assert_eq!(said, [ok]);
    // One that cannot be reached is not waited for for long.
    let send = r#"{"type":"send","msg_id":2,"key":"a","msg":1}"#;
    assert_eq!(ask(&mut node, send), [""; 0]);
    let said = node.pass(std::time::Duration::from_secs(2)).concat();
    assert!(
        said.contains(r#"{"type":"send_ok","offset":2,"in_reply_to":2}"#),
        "{said}"
    );
}

/// What another node says in a message that wants an answer, so that its refusal can be seen.
fn told_by_n1(node: &mut TestNode<Kafka>, news: &str) -> String {
    let body = format!(
        r#"{{"type":"gossip","msg_id":9,"have":[0,1],"at":1,"part":true,"news":[[1,{news}]]}}"#
    );
    node.tell_from("n1", &body).concat()
}

/// One that counts would have an offset given twice, or hide what is sent later.
#[test]
fn offsets_and_versions_that_cannot_be_true_are_refused() {
    let mut node = start("n0", ["n0", "n1"], Acks::One);
    let record = |offset: u64| {
        format!(r#"{{"from":0,"to":1,"records":[[1,{{"key":"a","offset":{offset},"msg":0}}]]}}"#)
    };
    let max = u64::MAX;
    let too_far =
        |offset: u64| format!("news: key a: offset {offset} is too far from 0, which is known");
    let twice = r#"{"from":0,"to":2,"records":[[1,{"key":"a","offset":1,"msg":0}],[2,{"key":"a","offset":1,"msg":9}]]}"#;
    let lies = [
        (record(max), too_far(max)),
        (record(max - 2), too_far(max - 2)),
        (
            record(0),
            "key a: expected an offset of node 1 among 2 above None, found 0".into(),
        ),
        (
            twice.into(),
            "key a: expected an offset of node 1 among 2 above Some(1), found 1".into(),
        ),
        (
            record(1).replace("[[1,", "[[7,"),
            "node 1: expected a record's version in 1..=1, found 7".into(),
        ),
        (
            format!(r#"{{"from":0,"to":1,"committed":{{"a":[{max},0]}}}}"#),
            format!("node 1: expected a version in 0..=1, found {max}"),
        ),
        // It cannot have seen what was not there.
        (
            r#"{"from":0,"to":1,"seen":[1,[1,0]]}"#.into(),
            "node 1: seen: expected 0 records of node 0 at most, found 1".into(),
        ),
        (
            format!(r#"{{"from":0,"to":1,"seen":[1,[0,{max}]]}}"#),
            format!(
                "node 1: seen: expected 281474976710656 records of node 1 at most, found {max}"
            ),
        ),
        (
            r#"{"from":0,"to":1,"seen":[1,[0,0,0]]}"#.into(),
            "node 1: seen: expected 2 nodes at most, found 3".into(),
        ),
    ];
    for (news, why) in lies {
        let said = told_by_n1(&mut node, &news);
        assert!(
            said.contains(r#""code":12,"text":"gossip of n1: news: "#),
            "{news}: {said}"
        );
        assert!(said.contains(&why), "{news}: {said}");
    }
    // Nothing of that is here.
    let send = r#"{"type":"send","msg_id":1,"key":"a","msg":1}"#;
    assert_eq!(
        ask(&mut node, send),
        [r#"{"type":"send_ok","offset":0,"in_reply_to":1}"#]
    );
    let poll = r#"{"type":"poll","msg_id":2,"offsets":{"a":0}}"#;
    assert_eq!(
        ask(&mut node, poll),
        [r#"{"type":"poll_ok","msgs":{"a":[[0,1]]},"in_reply_to":2}"#]
    );
    // The truth still counts.
    assert!(!told_by_n1(&mut node, &record(1)).contains("error"));
    assert_eq!(
        ask(&mut node, poll),
        [r#"{"type":"poll_ok","msgs":{"a":[[0,1],[1,0]]},"in_reply_to":2}"#]
    );
}

/// What is acknowledged, every node can read, whatever carries it.
#[test]
fn a_record_is_kept_as_it_is_or_refused() {
    let mut node = start("n0", ["n0"], Acks::One);
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
