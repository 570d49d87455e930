//! What a node does not believe: a number near the end of its range would hide what is here,
//! or keep another node's changes out for ever.
//!
//! Node 1 is in its life 7 and calls its own replica 0, and node 0's, of life 9, 1.

use std::time::Duration;

use gossip::{Config, Latest, Log, Message, Protocol, Replica};

const NOW: Duration = Duration::from_secs(1);

/// Node 0 of three, with one change.
fn node<R: Replica>(change: impl FnOnce(&mut R)) -> Protocol<R> {
    let config = Config {
        within: Duration::from_millis(690),
        eager: false,
        causal: false,
    };
    let mut node = Protocol::new(config, 0, 3, 9);
    node.change(change);
    node
}

/// Why node 0 does not believe what node 1 says.
fn refusal<R: Replica>(node: &mut Protocol<R>, message: &str) -> String {
    let message: Message<R> = serde_json::from_str(message).expect("it has the form of one");
    let refused = node.receive(NOW, 1, message);
    refused.expect_err("it cannot be true")
}

#[test]
fn numbers_near_the_end_of_their_range_are_refused() {
    let mut node = node::<Log<i64>>(|log| log.push(7));
    let known = r#""lives":[7,9],"who":[[0,1,7],[1,0,9]],"have":[0,1],"at":1"#;
    for (message, why) in [
        (
            r#"{"lives":[7,9],"who":[[0,1,7],[1,0,9]],"have":[0,18446744073709551615],"at":1}"#
                .to_owned(),
            "have: version 18446744073709551615 of node 0 is too far from 1, which is known",
        ),
        (
            r#"{"lives":[7,9],"have":[],"at":18446744073709551615}"#.to_owned(),
            "at: expected less than 3153600000000000000 ns, found 18446744073709551615",
        ),
        (
            format!(r#"{{{known},"echo":[1,18446744073709551615]}}"#),
            "echo: expected less than 3153600000000000000 ns, found 18446744073709551615",
        ),
        (
            format!(r#"{{{known},"next_push":[1,18446744073709551615]}}"#),
            "next_push: expected less than 86400000000000 ns, found 18446744073709551615",
        ),
        (
            format!(r#"{{{known},"age":3153600000000000000}}"#),
            "age: expected less than 3153600000000000000 ns, found 3153600000000000000",
        ),
        (
            format!(r#"{{{known},"relay":[3]}}"#),
            "there are 3 nodes, and none has number 3",
        ),
        (
            format!(r#"{{{known},"relay":[2,2,2,2]}}"#),
            "expected at most 3 entries, found 4",
        ),
        (
            format!(r#"{{{known},"below":[[2,5,[18446744073709551615]]]}}"#),
            "below: version 18446744073709551615 of node 1 is too far from 0, which is known",
        ),
        (
            r#"{"lives":[0,9],"have":[],"at":1}"#.to_owned(),
            "lives: expected the sender's, found 0",
        ),
        (
            r#"{"lives":[7,9],"who":[[0,3,7]],"have":[],"at":1}"#.to_owned(),
            "who: expected one of 3 nodes in a life other than 0, found 3 in 7",
        ),
    ] {
        assert_eq!(refusal(&mut node, &message), why, "{message}");
    }
    // More lives than any node has.
    let who: Vec<String> = (0..300)
        .map(|life| format!("[{life},1,{}]", 1000 + life))
        .collect();
    let lives = format!(
        r#"{{"lives":[7,9],"who":[{}],"have":[],"at":1}}"#,
        who.join(",")
    );
    let why = "who: expected 256 lives of node 1 at most, found another";
    assert_eq!(refusal(&mut node, &lives), why);
    // It is as it was, and listens.
    assert_eq!(node.known()[0].items(), [7]);
    let news = format!(r#"{{{known},"part":true,"news":[[0,{{"from":0,"items":[8]}}]]}}"#);
    let message = serde_json::from_str(&news).expect("a message");
    assert_eq!(node.receive(NOW, 1, message), Ok(()));
    assert_eq!(node.known()[1].items(), [8]);
}

#[test]
fn a_latest_value_of_the_last_version_freezes_nothing() {
    let mut node = node::<Latest<i64>>(|_| ());
    let say = |version: u64, value: i64| {
        format!(
            r#"{{"lives":[7,9],"who":[[0,1,7]],"have":[],"at":1,"part":true,"news":[[0,{{"version":{version},"value":{value}}}]]}}"#
        )
    };
    assert_eq!(
        refusal(&mut node, &say(u64::MAX, 5)),
        "news: version 18446744073709551615 of node 1 is too far from 0, which is known"
    );
    let message = serde_json::from_str(&say(7, 2)).expect("a message");
    assert_eq!(node.receive(NOW, 1, message), Ok(()));
    assert_eq!(*node.known()[1].value(), 2);
}
