//! Ids of several nodes and of several lives of one node.

use std::collections::BTreeSet;

use maelstrom_node::testing::TestNode;
use unique_ids::UniqueIds;

fn init(seed: u64, id: &str) -> TestNode<UniqueIds> {
    let mut node = TestNode::new(seed, UniqueIds::new);
    node.tell(&format!(
        r#"{{"src":"c0","dest":"{id}","body":{{"type":"init","node_id":"{id}","node_ids":["n1","n2"]}}}}"#
    ));
    node
}

#[test]
fn an_id_names_the_node_its_life_and_a_number() {
    let mut n1 = init(7, "n1");
    let said =
        [1, 2].map(|id| n1.tell_from("c1", &format!(r#"{{"type":"generate","msg_id":{id}}}"#)));
    let life = maelstrom_node::Rng::new(7).u64();
    assert_eq!(
        said.concat(),
        [
            format!(
                r#"{{"src":"n1","dest":"c1","body":{{"type":"generate_ok","id":"n1-{life:016x}-0","in_reply_to":1}}}}"#
            ),
            format!(
                r#"{{"src":"n1","dest":"c1","body":{{"type":"generate_ok","id":"n1-{life:016x}-1","in_reply_to":2}}}}"#
            ),
        ]
    );
}

#[test]
fn no_two_nodes_and_no_two_lives_share_an_id() {
    let mut ids = BTreeSet::new();
    let mut lives: Vec<_> = (0..100)
        .flat_map(|seed| [init(seed, "n1"), init(seed, "n2")])
        .collect();
    for _ in 0..50 {
        for node in &mut lives {
            ids.extend(node.tell_from("c1", r#"{"type":"generate","msg_id":1}"#));
        }
    }
    assert_eq!(ids.len(), 200 * 50);
}
