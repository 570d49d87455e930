//! Transcripts of how a node comes to be: `init`, and what comes before it.

use maelstrom_node::Node;
use maelstrom_node::testing::TestNode;
use serde_json::{Value, json};

use super::probe::{Probe, body, n1};
use super::script::NOTHING;

fn init(msg_id: u64) -> String {
    let body = json!({"type": "init", "msg_id": msg_id, "node_id": "n1", "node_ids": ["n1", "n2"]});
    json!({"src": "c0", "dest": "n1", "body": body}).to_string()
}

#[test]
fn a_node_knows_itself_its_peers_and_who_asks() {
    assert_eq!(
        n1().tell_from("c9", r#"{"type":"who","msg_id":1}"#),
        [concat!(
            r#"{"src":"n1","dest":"c9","body":{"type":"who_ok","id":"n1","node_ids":["n1","n2","n3"],"#,
            r#""peers":["n2","n3"],"from":"c9","in_reply_to":1}}"#
        )]
    );
}

#[test]
fn nothing_is_lost_before_init_and_init_ok_comes_first() {
    let mut node = TestNode::new(0, Probe);
    let early = r#"{"src":"n2","dest":"n1","body":{"type":"any","msg_id":5,"value":0}}"#;
    assert_eq!(node.tell(early), NOTHING);
    assert_eq!(node.tell(early), NOTHING);
    let said = node.tell(&init(0));
    let any_ok = r#"{"src":"n1","dest":"n2","body":{"type":"any_ok","value":0,"in_reply_to":5}}"#;
    assert_eq!(
        said,
        [
            r#"{"src":"n1","dest":"c0","body":{"type":"init_ok","in_reply_to":0}}"#,
            any_ok,
            any_ok
        ]
    );
}

#[test]
fn an_init_that_lacks_something_is_refused_and_the_next_one_taken() {
    let mut node = TestNode::new(0, Probe);
    let said =
        node.tell(r#"{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1"}}"#);
    assert_eq!(
        said,
        [
            r#"{"src":"n1","dest":"c0","body":{"type":"error","code":12,"text":"init: missing field `node_ids`","in_reply_to":1}}"#
        ]
    );
    let said = node.tell(
        r#"{"src":"c0","dest":"n1","body":{"type":"init","msg_id":2,"node_id":"n1","node_ids":["n1"]}}"#,
    );
    assert_eq!(body(&said)["type"], "init_ok");
}

#[test]
fn an_init_without_the_node_among_the_nodes_is_refused() {
    let cases = [
        (
            r#""node_ids":[]"#,
            "node_ids is empty: expected all nodes, n1 among them",
        ),
        (
            r#""node_ids":["n2","n3"]"#,
            "node_id n1 is none of the 2 node_ids: expected all nodes, this one among them",
        ),
        (
            r#""node_ids":["n1","n2","n1"]"#,
            "node_ids has n1 twice: expected each node once",
        ),
        (
            r#""node_ids":"n1""#,
            "field `node_ids`: invalid type: string \"n1\", expected a sequence",
        ),
        (
            r#""node_ids":[null]"#,
            "field `node_ids`: invalid type: null, expected a string",
        ),
    ];
    for (node_ids, why) in cases {
        let mut node = TestNode::new(0, Probe);
        let said = node.tell(&format!(
            r#"{{"src":"c0","dest":"n1","body":{{"type":"init","msg_id":1,"node_id":"n1",{node_ids}}}}}"#
        ));
        let expected = json!({
            "type": "error", "code": 12, "text": format!("init: {why}"), "in_reply_to": 1
        });
        assert_eq!(body(&said), expected);
        // What comes next waits, as before.
        let early = r#"{"src":"n2","dest":"n1","body":{"type":"who","msg_id":5}}"#;
        assert_eq!(node.tell(early), NOTHING);
        let said = node.tell(&init(2));
        assert_eq!(
            said,
            [
                r#"{"src":"n1","dest":"c0","body":{"type":"init_ok","in_reply_to":2}}"#,
                r#"{"src":"n1","dest":"n2","body":{"type":"who_ok","id":"n1","node_ids":["n1","n2"],"peers":["n2"],"from":"n2","in_reply_to":5}}"#,
            ]
        );
    }
}

#[test]
fn a_node_knows_its_place() {
    for (place, id) in ["n2", "n0", "n1"].into_iter().enumerate() {
        let is_there = move |node: Node| {
            assert_eq!(node.place(), place);
            assert_eq!(node.node_ids()[place], id);
            Probe(node)
        };
        TestNode::start(id, ["n2", "n0", "n1"], is_there);
    }
}

/// Whatever a hostile or lost peer sends: a bound, and nothing goes in silence.
#[test]
fn what_comes_before_init_is_kept_up_to_a_bound() {
    let mut node = TestNode::new(0, Probe);
    let line = |msg_id: usize| {
        let value = "x".repeat(1 << 20);
        format!(
            r#"{{"src":"n2","dest":"n1","body":{{"type":"any","msg_id":{msg_id},"value":"{value}"}}}}"#
        )
    };
    for msg_id in 0..15 {
        assert_eq!(node.tell(&line(msg_id)), NOTHING);
    }
    // The sixteenth does not fit. Who asked is told so, and what needs less room still fits.
    assert_eq!(
        node.tell(&line(15)),
        [concat!(
            r#"{"src":"n1","dest":"n2","body":{"type":"error","code":11,"#,
            r#""text":"not initialised yet, and 16777216 bytes wait for that: try again after init","#,
            r#""in_reply_to":15}}"#
        )]
    );
    let who = r#"{"src":"c1","dest":"n1","body":{"type":"who","msg_id":16}}"#;
    assert_eq!(node.tell(who), NOTHING);
    let said = node.tell(&init(1));
    let answered = said.iter().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["body"]["in_reply_to"].as_u64().unwrap()
    });
    let expected: Vec<u64> = [1].into_iter().chain(0..15).chain([16]).collect();
    assert_eq!(answered.collect::<Vec<u64>>(), expected);
}

#[test]
fn before_init_nothing_was_asked_so_replies_are_ignored() {
    let mut node = TestNode::new(0, Probe);
    for body in [
        r#"{"type":"init","in_reply_to":1,"msg_id":1}"#,
        r#"{"type":"error","code":10,"text":"what?","msg_id":1}"#,
        r#"{"type":"any_ok","in_reply_to":7}"#,
    ] {
        assert_eq!(node.tell_from("n2", body), NOTHING, "{body}");
    }
    let said = node.tell(&init(1));
    assert_eq!(said.len(), 1, "{said:?}");
}

#[test]
fn a_second_init_is_refused_and_changes_nothing() {
    let mut node = n1();
    let said = node.tell_from(
        "c0",
        r#"{"type":"init","msg_id":2,"node_id":"n7","node_ids":["n7"]}"#,
    );
    assert_eq!(body(&said)["code"], 12);
    let said = node.tell_from("c1", r#"{"type":"who","msg_id":3}"#);
    assert_eq!(body(&said)["id"], "n1");
}
