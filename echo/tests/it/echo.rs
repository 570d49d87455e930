//! What Maelstrom says to an echo node, and what it says back.

use echo::Echo;
use maelstrom_node::testing::TestNode;

#[test]
fn whatever_is_sent_comes_back() {
    let mut n1 = TestNode::start("n1", ["n1"], |_node| Echo);
    for payload in [
        r#""Please echo 35""#,
        "null",
        "18446744073709551617",
        r#"{"a":[1.0]}"#,
    ] {
        let request = format!(r#"{{"type":"echo","msg_id":2,"echo":{payload}}}"#);
        let reply = format!(
            r#"{{"src":"n1","dest":"c2","body":{{"type":"echo_ok","echo":{payload},"in_reply_to":2}}}}"#
        );
        assert_eq!(n1.tell_from("c2", &request), [reply]);
    }
}
