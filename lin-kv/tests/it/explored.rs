//! Every run of a small cluster, once it has a leader: no order of messages, no loss and no
//! kill makes it break its promise.

use std::time::Duration;

use explore::{Bounds, Explored, explore, in_process};
use history::edn::Value;
use lin_kv::LinKv;
use raft::Config as Raft;
use simulation::client::Operation;
use workloads::lin_kv::LinKv as Workload;

fn on_key(f: &'static str, value: Value) -> Operation {
    Operation::new(f, Value::Vector([Value::Int(0), value].into()))
}

/// A client changes a key that another one reads.
fn world() -> Bounds {
    Bounds {
        nodes: 3,
        operations: 2,
        chosen: vec![on_key("write", Value::Int(1)), on_key("read", Value::Nil)],
        warm_up: Duration::from_millis(500),
        ..Bounds::default()
    }
}

fn explored(bounds: &Bounds) -> Explored {
    // Reads do not rest on clocks, which have nothing to do with each other here.
    let raft = Raft {
        lease: false,
        ..Raft::default()
    };
    let workload = Workload::new(bounds.nodes, Duration::ZERO);
    let start = in_process(1, move |node| LinKv::with(node, raft));
    explore(bounds, &workload, start, &mut |_| true)
}

#[track_caller]
fn all_valid(bounds: &Bounds) {
    let explored = explored(bounds);
    eprintln!("{explored}");
    assert!(
        explored.is_complete && explored.wrong.is_none(),
        "{explored}"
    );
}

#[test]
fn no_order_of_messages_and_no_loss_breaks_it() {
    all_valid(&Bounds {
        drops: 1,
        ..world()
    });
}

#[test]
#[ignore = "half a minute; .github/workflows/nightly.yml runs it"]
fn no_kill_breaks_it() {
    all_valid(&Bounds {
        kills: 1,
        ..world()
    });
}
