//! What clients say to a node, and what it says back.

use std::time::Duration;

use lin_kv::LinKv;
use maelstrom_node::testing::TestNode;

fn alone() -> TestNode<LinKv> {
    TestNode::start("n1", ["n1"], LinKv::new)
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

#[test]
fn values_are_read_written_and_compared() {
    let mut n1 = alone();
    let transcript = [
        (
            r#"{"type":"read","key":7,"msg_id":1}"#,
            r#""type":"error","code":20,"text":"there is no key 7""#,
        ),
        (
            r#"{"type":"cas","key":7,"from":1,"to":2,"msg_id":2}"#,
            r#""type":"error","code":20,"text":"there is no key 7""#,
        ),
        (
            r#"{"type":"write","key":7,"value":[1,null],"msg_id":3}"#,
            r#""type":"write_ok""#,
        ),
        (
            r#"{"type":"cas","key":7,"from":[1],"to":2,"msg_id":4}"#,
            r#""type":"error","code":22,"text":"the value of 7 is [1,null]""#,
        ),
        (
            r#"{"type":"cas","key":7,"from":[1,null],"to":"two","msg_id":5}"#,
            r#""type":"cas_ok""#,
        ),
        (
            r#"{"type":"read","key":7,"msg_id":6}"#,
            r#""type":"read_ok","value":"two""#,
        ),
        (
            r#"{"type":"cas","key":"7","from":0,"to":8,"create_if_not_exists":true,"msg_id":7}"#,
            r#""type":"cas_ok""#,
        ),
        (
            r#"{"type":"read","key":"7","msg_id":8}"#,
            r#""type":"read_ok","value":8"#,
        ),
    ];
    for ((question, expected), number) in transcript.into_iter().zip(1..) {
        assert_eq!(ask(&mut n1, question), answer(expected, number));
    }
}

#[test]
fn values_are_the_same_however_they_are_written() {
    let mut n1 = alone();
    let transcript = [
        (
            r#"{"type":"write","key":{"a":1,"b":2},"value":{"x": 1.50, "y":[]},"msg_id":1}"#,
            r#""type":"write_ok""#,
        ),
        // It comes back as it was written.
        (
            r#"{"type":"read","key":{ "b":2, "a":1 },"msg_id":2}"#,
            r#""type":"read_ok","value":{"x": 1.50, "y":[]}"#,
        ),
        (
            r#"{"type":"cas","key":{"a":1,"b":2},"from":{"y":[],"x":15e-1},"to":18446744073709551616,"msg_id":3}"#,
            r#""type":"cas_ok""#,
        ),
        // Too big for 64 bits, or for a double, and still not the same as its neighbour.
        (
            r#"{"type":"cas","key":{"a":1,"b":2},"from":18446744073709551617,"to":1,"msg_id":4}"#,
            r#""type":"error","code":22,"text":"the value of {\"a\":1,\"b\":2} is 18446744073709551616""#,
        ),
        (
            r#"{"type":"cas","key":{"a":1,"b":2},"from":18446744073709551616,"to":1,"msg_id":5}"#,
            r#""type":"cas_ok""#,
        ),
        (
            r#"{"type":"cas","key":{"a":1,"b":2},"from":1.0,"to":2,"msg_id":6}"#,
            r#""type":"error","code":22,"text":"the value of {\"a\":1,\"b\":2} is 1""#,
        ),
    ];
    for ((question, expected), number) in transcript.into_iter().zip(1..) {
        assert_eq!(ask(&mut n1, question), answer(expected, number));
    }
}

/// Once it is in the log, everyone must be able to read it, whatever carries it.
#[test]
fn a_value_that_is_nested_too_deep_is_refused_at_the_door() {
    let mut n1 = alone();
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

#[test]
fn a_request_that_comes_again_takes_effect_once() {
    let mut n1 = alone();
    ask(&mut n1, r#"{"type":"write","key":0,"value":1,"msg_id":1}"#);
    let cas = r#"{"type":"cas","key":0,"from":1,"to":2,"msg_id":2}"#;
    assert_eq!(ask(&mut n1, cas), answer(r#""type":"cas_ok""#, 2));
    ask(&mut n1, r#"{"type":"write","key":0,"value":1,"msg_id":3}"#);
    assert_eq!(ask(&mut n1, cas), answer(r#""type":"cas_ok""#, 2));
    assert_eq!(
        ask(&mut n1, r#"{"type":"read","key":0,"msg_id":4}"#),
        answer(r#""type":"read_ok","value":1"#, 4)
    );
}

/// What comes of a change is told to whoever asked for just that: a client may begin
/// again with its numbers while the node still waits for what it asked before.
#[test]
fn two_requests_with_one_number_have_an_answer_each() {
    let mut n1 = TestNode::start("n1", ["n0", "n1", "n2"], LinKv::new);
    let mut index = 0;
    let mut append = |n1: &mut TestNode<LinKv>, entries: &str| {
        let term = u64::from(index > 0);
        let append = format!(
            r#"{{"type":"raft","term":1,"body":{{"append":{{"previous":{{"term":{term},"index":{index}}},
                "entries":[{entries}],"commit":0,"sent":{{"secs":1,"nanos":{index}}}}}}}}}"#
        );
        index += 1;
        let said = n1.tell_from("n0", &append.replace('\n', ""));
        let to_c1 = |line: &String| line.contains(r#""dest":"c1""#);
        said.into_iter().filter(to_c1).collect::<Vec<String>>()
    };
    append(&mut n1, r#"{"term":1,"command":null}"#);
    n1.tell_from("c1", r#"{"type":"write","key":0,"value":1,"msg_id":7}"#);
    n1.tell_from("c1", r#"{"type":"cas","key":0,"from":2,"to":3,"msg_id":7}"#);
    let entry = |change: &str| {
        format!(
            r#"{{"term":1,"command":{{"id":{{"client":"c1","number":7}},"change":{{{change}}}}}}}"#
        )
    };
    assert_eq!(
        append(&mut n1, &entry(r#""write":{"key":"0","value":1}"#)),
        [answer(r#""type":"write_ok""#, 7)]
    );
    let cas = entry(r#""cas":{"key":"0","from":2,"to":3,"create":false}"#);
    assert_eq!(
        append(&mut n1, &cas),
        [answer(
            r#""type":"error","code":22,"text":"the value of 0 is 1""#,
            7
        )]
    );
}

#[test]
fn without_a_leader_it_says_so_in_time() {
    let mut n1 = TestNode::start("n1", ["n1", "n2", "n3"], LinKv::new);
    for (body, number) in [
        (r#"{"type":"write","key":0,"value":1,"msg_id":1}"#, 1),
        (r#"{"type":"read","key":0,"msg_id":2}"#, 2),
    ] {
        let to_clients = |said: Vec<String>| -> Vec<String> {
            let to_c1 = |line: &String| line.contains(r#""dest":"c1""#);
            said.into_iter().filter(to_c1).collect()
        };
        assert!(to_clients(n1.tell_from("c1", body)).is_empty());
        assert!(to_clients(n1.pass(Duration::from_millis(799))).is_empty());
        let refusal = concat!(
            r#""type":"error","code":11,"#,
            r#""text":"there is no leader that can be reached: nothing was done""#
        );
        let said = to_clients(n1.pass(Duration::from_millis(10)));
        assert_eq!(said, [answer(refusal, number)]);
    }
}
