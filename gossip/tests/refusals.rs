//! What a node does not believe: a number near the end of its range would hide what is here,
//! or keep another node's changes out for ever.

use std::time::Duration;

use gossip::{Config, Latest, Log, Message, Protocol, Replica};

const NOW: Duration = Duration::from_secs(1);

/// Node 0 of three, with one change.
fn node<R: Replica>(change: impl FnOnce(&mut R)) -> Protocol<R> {
    let config = Config {
        within: Duration::from_millis(690),
        eager: false,
    };
    let mut node = Protocol::new(config, 0, 3);
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
    let known = r#""have":[1,0],"at":1"#;
    for (message, why) in [
        (
            r#"{"have":[18446744073709551615],"at":1}"#.to_owned(),
            "have: version 18446744073709551615 of node 0 is too far from 1, which is known",
        ),
        (
            r#"{"have":[1,0,0,1],"at":1}"#.to_owned(),
            "have: expected 3 versions at most, found 4",
        ),
        (
            r#"{"have":[1],"at":18446744073709551615}"#.to_owned(),
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
            format!(r#"{{{known},"below":[[2,[0,0,18446744073709551615]]]}}"#),
            "below: version 18446744073709551615 of node 2 is too far from 0, which is known",
        ),
    ] {
        assert_eq!(refusal(&mut node, &message), why, "{message}");
    }
    // It is as it was, and listens.
    assert_eq!(node.replicas()[0].items(), [7]);
    let news = format!(r#"{{{known},"part":true,"news":[[1,{{"from":0,"items":[8]}}]]}}"#);
    let message = serde_json::from_str(&news).expect("a message");
    assert_eq!(node.receive(NOW, 1, message), Ok(()));
    assert_eq!(node.replicas()[1].items(), [8]);
}

#[test]
fn a_latest_value_of_the_last_version_freezes_nothing() {
    let mut node = node::<Latest<i64>>(|_| ());
    let say = |version: u64, value: i64| {
        format!(
            r#"{{"have":[],"at":1,"part":true,"news":[[1,{{"version":{version},"value":{value}}}]]}}"#
        )
    };
    assert_eq!(
        refusal(&mut node, &say(u64::MAX, 5)),
        "news: version 18446744073709551615 of node 1 is too far from 0, which is known"
    );
    let message = serde_json::from_str(&say(7, 2)).expect("a message");
    assert_eq!(node.receive(NOW, 1, message), Ok(()));
    assert_eq!(*node.replicas()[1].value(), 2);
}
