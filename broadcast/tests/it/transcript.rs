//! What the node is told, and what it says: clients never wait for other nodes.

use broadcast::{Broadcast, Options};
use maelstrom_node::testing::TestNode;

#[test]
fn clients_are_answered_at_once() {
    let new = |node| Broadcast::new(&node, Options::default());
    let mut node = TestNode::start("n1", ["n0", "n1", "n2"], new);
    let topology = r#"{"type":"topology","msg_id":1,"topology":{"n1":["n0"],"n0":["n1"]}}"#;
    assert_eq!(
        node.tell_from("c1", topology),
        [r#"{"src":"n1","dest":"c1","body":{"type":"topology_ok","in_reply_to":1}}"#]
    );
    let written = node.tell_from("c1", r#"{"type":"broadcast","msg_id":2,"message":7}"#);
    let answer = r#"{"src":"n1","dest":"c1","body":{"type":"broadcast_ok","in_reply_to":2}}"#;
    assert!(written.iter().any(|line| line == answer), "{written:#?}");
    assert_eq!(
        node.tell_from("c2", r#"{"type":"read","msg_id":1}"#),
        [r#"{"src":"n1","dest":"c2","body":{"type":"read_ok","messages":[7],"in_reply_to":1}}"#]
    );
}

#[test]
fn gossip_of_someone_else_is_refused() {
    let new = |node| Broadcast::new(&node, Options::default());
    let mut node = TestNode::start("n0", ["n0", "n1"], new);
    let body = r#"{"type":"gossip","msg_id":1,"lives":[7,0],"have":[],"at":5}"#;
    assert_eq!(
        node.tell_from("c1", body),
        [
            r#"{"src":"n0","dest":"c1","body":{"type":"error","code":12,"text":"gossip comes from nodes, and c1 is none","in_reply_to":1}}"#
        ]
    );
}
