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

/// What n1, in its life 7, says; it calls its own contribution 0.
fn from_n1(node: &mut TestNode<Kafka>, to_life: u64, rest: &str) -> String {
    let body = format!(
        r#"{{"type":"gossip","msg_id":9,"lives":[7,{to_life}],"who":[[0,1,7],[1,0,{}]],"at":1,{rest}}}"#,
        to_life.max(1)
    );
    node.tell_from("n1", &body).concat()
}

/// n1 answers n0, which has just started; gives n0's life.
fn n1_answers(node: &mut TestNode<Kafka>) -> u64 {
    let who = r#"{"type":"gossip","lives":[7,0],"who":[[0,1,7]],"have":[],"at":1}"#;
    let said = node.tell_from("n1", who).concat();
    let (_, life) = said.split_once(r#""lives":["#).expect("it asks n1");
    let (life, _) = life.split_once(',').expect("a number");
    let life = life.parse().expect("a number");
    let stated = r#""have":[1],"part":true,"news":[[0,{"from":0,"to":1,"former":[1,[]]}]]"#;
    from_n1(node, life, stated);
    life
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
    let life = n1_answers(&mut node);
    ask(&mut node, r#"{"type":"send","msg_id":1,"key":"a","msg":1}"#);
    ask(&mut node, r#"{"type":"send","msg_id":2,"key":"a","msg":2}"#);
    // n1 may still put something at offset 1.
    let poll = r#"{"type":"poll","msg_id":3,"offsets":{"a":0}}"#;
    assert_eq!(
        ask(&mut node, poll),
        [r#"{"type":"poll_ok","msgs":{"a":[[0,1]]},"in_reply_to":3}"#]
    );
    // It has not; and now that it has seen offset 2, it never will.
    let seen = format!(
        r#""have":[2,3],"up":true,"news":[[0,{{"from":1,"to":2,"seen":[2,[[[0,{life}],2]]]}}]]"#
    );
    from_n1(&mut node, life, &seen);
    assert_eq!(
        ask(&mut node, poll),
        [r#"{"type":"poll_ok","msgs":{"a":[[0,1],[2,2]]},"in_reply_to":3}"#]
    );
}

#[test]
fn with_acks_all_an_acknowledgement_waits_for_the_others() {
    let mut node = start("n0", ["n0", "n1"], Acks::All);
    let life = n1_answers(&mut node);
    let send = r#"{"type":"send","msg_id":1,"key":"a","msg":1}"#;
    assert_eq!(ask(&mut node, send), [""; 0]);
    let said = from_n1(&mut node, life, r#""have":[1,2],"up":true"#);
    let ok = r#"{"src":"n0","dest":"c1","body":{"type":"send_ok","offset":0,"in_reply_to":1}}"#;
    assert_eq!(said.trim(), ok);
    // One that cannot be reached is not waited for for long.
    let send = r#"{"type":"send","msg_id":2,"key":"a","msg":1}"#;
    assert_eq!(ask(&mut node, send), [""; 0]);
    let said = node.pass(std::time::Duration::from_secs(2)).concat();
    assert!(
        said.contains(r#"{"type":"send_ok","offset":2,"in_reply_to":2}"#),
        "{said}"
    );
}

/// One that counts would have an offset given twice, or hide what is sent later.
#[test]
fn offsets_and_versions_that_cannot_be_true_are_refused() {
    let mut node = start("n0", ["n0", "n1"], Acks::One);
    let life = n1_answers(&mut node);
    let told_by_n1 = |node: &mut TestNode<Kafka>, news: &str| {
        let news = format!(r#""have":[2],"part":true,"news":[[0,{news}]]"#);
        from_n1(node, life, &news)
    };
    let record = |offset: u64| {
        format!(r#"{{"from":1,"to":2,"records":[[2,{{"key":"a","offset":{offset},"msg":0}}]]}}"#)
    };
    let max = u64::MAX;
    let too_far =
        |offset: u64| format!("news: key a: offset {offset} is too far from 0, which is known");
    let twice = r#"{"from":1,"to":3,"records":[[2,{"key":"a","offset":1,"msg":0}],[3,{"key":"a","offset":1,"msg":9}]]}"#;
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
            record(1).replace("[[2,", "[[7,"),
            "node 1: expected a record's version in 2..=2, found 7".into(),
        ),
        (
            format!(r#"{{"from":1,"to":2,"committed":{{"a":[{max},0]}}}}"#),
            format!("node 1: expected a version in 1..=2, found {max}"),
        ),
        // It cannot have seen what was not there.
        (
            r#"{"from":1,"to":2,"seen":[2,[[[0,LIFE],1]]]}"#.replace("LIFE", &life.to_string()),
            "node 1: seen: expected 0 records of node 0 at most, found 1".into(),
        ),
        (
            format!(r#"{{"from":1,"to":2,"seen":[2,[[[1,7],{max}]]]}}"#),
            format!(
                "node 1: seen: expected 281474976710656 records of node 1 at most, found {max}"
            ),
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

/// A node that was killed does not know which offsets it has given, and asks before it gives
/// any.
#[test]
fn a_node_that_starts_again_gives_no_offset_twice() {
    let mut node = start("n0", ["n0", "n1"], Acks::One);
    let send =
        |id: u64, key: &str| format!(r#"{{"type":"send","msg_id":{id},"key":"{key}","msg":5}}"#);
    assert_eq!(ask(&mut node, &send(1, "a")), [""; 0]);
    // n1 knows of n0's life 1, which gave 0 and 2; that there is another life, it hears later.
    let former = r#""have":[1,2],"news":[[0,{"from":0,"to":1,"former":[1,[]]}],[1,{"from":0,"to":2,"records":[[1,{"key":"a","offset":0,"msg":3}],[2,{"key":"a","offset":2,"msg":4}]]}]]"#;
    let said = from_n1(&mut node, 0, former);
    assert!(!said.contains("send_ok"), "{said}");
    let (_, life) = said
        .split_once(r#""lives":["#)
        .expect("it tells n1 of its life");
    let (life, _) = life.split_once(',').expect("a number");
    // Now n1 has heard of it, and can have nothing more of the former one. Records of which it
    // never heard are lost, but their offsets are not given again.
    let said = from_n1(&mut node, life.parse().unwrap(), r#""have":[1]"#);
    let ok = r#"{"type":"send_ok","offset":131076,"in_reply_to":1}"#;
    assert!(said.contains(ok), "{said}");
    assert_eq!(
        ask(&mut node, &send(2, "a")),
        [r#"{"type":"send_ok","offset":131078,"in_reply_to":2}"#]
    );
    assert_eq!(
        ask(&mut node, &send(3, "b")),
        [r#"{"type":"send_ok","offset":131072,"in_reply_to":3}"#]
    );
    // One that cannot be heard could know of more.
    let mut node = start("n0", ["n0", "n1"], Acks::One);
    assert_eq!(ask(&mut node, &send(1, "a")), [""; 0]);
    let said = node.pass(std::time::Duration::from_secs(4)).concat();
    let refusal = r#""code":11,"text":"not every node has answered since this one started: it could give an offset that it has given before","in_reply_to":1"#;
    assert!(said.contains(refusal), "{said}");
    // And when nobody will be heard any more, that is said soon.
    let mut node = start("n0", ["n0", "n1"], Acks::One);
    assert_eq!(ask(&mut node, &send(1, "a")), [""; 0]);
    node.end_input();
    let said = node.pass(std::time::Duration::from_millis(250)).concat();
    let refusal =
        r#""code":11,"text":"the input ended before every node was heard","in_reply_to":1"#;
    assert!(said.contains(refusal), "{said}");
}
