//! Every run of two nodes with an element each, of which one message is lost and timers fire at
//! any moment: no element is lost.

use explore::{Bounds, explore, in_process};
use g_set::GSet;
use history::edn::Value;
use simulation::client::Operation;

#[test]
fn no_element_is_lost() {
    let bounds = Bounds {
        chosen: vec![add(1), add(2)],
        drops: 1,
        timers: 2,
        ..Bounds::default()
    };
    let workload = workloads::g_set::GSet::default();
    let start = in_process(1, GSet::new);
    let explored = explore(&bounds, &workload, start, &mut |_| true);
    eprintln!("{explored}");
    assert!(
        explored.is_complete && explored.wrong.is_none(),
        "{explored}"
    );
    assert!(explored.states > 50, "{explored}");
}

fn add(element: i64) -> Operation {
    Operation::new("add", Value::Int(element))
}
