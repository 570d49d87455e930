//! Every run of two nodes that give three ids, one of them killed at any moment: no id is
//! given twice.

use explore::{Bounds, Explored, explore, in_process};
use maelstrom_node::{Node, Server};
use unique_ids::UniqueIds;

use super::broken::nameless;

fn explored<S: Server>(start: impl Fn(Node) -> S + Clone + 'static) -> Explored {
    let bounds = Bounds {
        operations: 3,
        kills: 1,
        ..Bounds::default()
    };
    let workload = workloads::unique_ids::UniqueIds;
    explore(&bounds, &workload, in_process(1, start), &mut |_| true)
}

#[test]
fn no_id_is_given_twice() {
    let explored = explored(UniqueIds::new);
    assert!(
        explored.is_complete && explored.wrong.is_none(),
        "{explored}"
    );
    assert!(explored.ended > 10, "{explored}");
}

#[test]
fn nodes_without_a_name_give_the_same() {
    let wrong = explored(nameless::start).wrong;
    let wrong = wrong.expect("both begin with the same number");
    assert_eq!(wrong.steps.len(), 3, "{wrong}");
}
