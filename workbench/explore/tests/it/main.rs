//! Small worlds, looked at whole: good nodes are valid in all of them, and broken ones are
//! found out by one of the shortest runs that shows it.

use explore::{Bounds, Explored, explore, in_process};
use history::edn::Value;
use simulation::client::Operation;
use specimens::flood::{self, Flood};
use specimens::registers::{self, Registers};
use workloads::broadcast::{Broadcast, Topology};
use workloads::lin_kv::LinKv;

fn flooded(bounds: &Bounds, fault: flood::Fault) -> Explored {
    let start = in_process(1, move |node| Flood::new(node, fault));
    explore(bounds, &Broadcast::new(Topology::Total), start, &mut |_| {
        true
    })
}

fn registered(bounds: &Bounds, fault: registers::Fault) -> Explored {
    let workload = LinKv::new(bounds.nodes, std::time::Duration::ZERO);
    let start = in_process(1, move |node| Registers::new(node, fault));
    explore(bounds, &workload, start, &mut |_| true)
}

#[test]
fn what_is_sent_once_is_lost_with_one_message() {
    let bounds = Bounds {
        drops: 1,
        ..Bounds::default()
    };
    let explored = flooded(&bounds, flood::Fault::NoRetry);
    let wrong = explored
        .wrong
        .expect("a message that is lost is not sent again");
    let steps: Vec<String> = wrong.steps.iter().map(ToString::to_string).collect();
    let lost = steps
        .iter()
        .filter(|step| step.ends_with(" is lost"))
        .count();
    assert_eq!(lost, 1, "{steps:#?}");
    assert!(wrong.to_string().contains("element"), "{wrong}");

    let explored = flooded(&bounds, flood::Fault::None);
    assert!(
        explored.is_complete && explored.wrong.is_none(),
        "{explored}"
    );
    eprintln!("{explored}");
    assert!(explored.states > 20 && explored.ended > 1, "{explored}");
}

/// The same world has the same states each time.
#[test]
fn the_counts_are_the_same_each_time() {
    let bounds = Bounds {
        nodes: 3,
        operations: 1,
        drops: 1,
        ..Bounds::default()
    };
    let first = flooded(&bounds, flood::Fault::None);
    eprintln!("{first}");
    let second = flooded(&bounds, flood::Fault::None);
    assert_eq!(first.to_string(), second.to_string());
}

#[test]
fn more_than_the_bounds_let_is_said_to_be_given_up() {
    let bounds = Bounds {
        states: 50,
        drops: 1,
        ..Bounds::default()
    };
    let explored = flooded(&bounds, flood::Fault::None);
    assert!(!explored.is_complete && explored.wrong.is_none());
    assert!(
        explored
            .to_string()
            .ends_with("given up before the end; valid until then")
    );
}

/// Two clients find the same value, and both change it.
#[test]
fn a_cas_that_compares_first_and_sets_later_is_found_out() {
    let on_key = |f: &'static str, value: Value| {
        Operation::new(f, Value::Vector([Value::Int(0), value].into()))
    };
    let cas = |to: i64| on_key("cas", Value::Vector([Value::Int(1), Value::Int(to)].into()));
    let bounds = Bounds {
        operations: 3,
        chosen: vec![on_key("write", Value::Int(1)), cas(2), cas(3)],
        timers: 2,
        ..Bounds::default()
    };
    let explored = registered(&bounds, registers::Fault::RacyCas);
    let wrong = explored.wrong.expect("both find 1");
    assert!(wrong.to_string().contains("not linearizable"), "{wrong}");
    let explored = registered(&bounds, registers::Fault::None);
    assert!(
        explored.is_complete && explored.wrong.is_none(),
        "{explored}"
    );
}
