//! The workload in virtual time: under every fault, and with few messages.

use std::time::Duration;

use g_counter::GCounter;
use maelstrom_node::testing::TestNode;
use simulation::network::{self, Distribution, Latency};
use simulation::run::Config;
use simulation::simulate;
use workloads::counter::Counter;

fn rough(seed: u64) -> Config {
    let mut config = Config::rough(seed, 1 + seed as usize % 7);
    config.rate = 20.0;
    config.time_limit = Duration::from_secs(15);
    config.network.latency = Latency {
        mean: Duration::from_millis(seed % 70),
        distribution: [Distribution::Constant, Distribution::Exponential][seed as usize % 2],
    };
    config
}

#[test]
fn valid_whatever_the_network_does() {
    for seed in 0..200 {
        let simulated = simulate(&rough(seed), &mut Counter::g(), GCounter::new);
        simulated.assert_valid();
        // Reads may have to wait for the store, which messages to are lost.
        let found = simulated.figure("availability.ok-fraction");
        assert!(found > Some(0.98), "seed {seed}: {found:?}");
    }
}

#[test]
fn clients_are_answered_though_three_messages_in_ten_are_lost() {
    let mut answered = 0.0;
    let seeds = 20;
    for seed in 0..seeds {
        let config = Config {
            rate: 20.0,
            time_limit: Duration::from_secs(20),
            network: network::Config {
                latency: Latency {
                    mean: Duration::from_millis(seed * 5),
                    distribution: Distribution::Exponential,
                },
                loss: 0.3,
                ..network::Config::default()
            },
            ..Config::for_nodes(7).seed(seed)
        };
        let simulated = simulate(&config, &mut Counter::g(), GCounter::new);
        simulated.assert_valid();
        let found = simulated.figure("availability.ok-fraction").unwrap();
        assert!(found > 0.98, "seed {seed}: {found}");
        answered += found / seeds as f64;
    }
    assert!(answered > 0.99, "{answered}");
}

/// Challenge 4.
#[test]
fn always_right_after_partitions_and_with_few_messages() {
    for seed in 0..200 {
        let config = Config {
            rate: 100.0,
            time_limit: Duration::from_secs(20),
            partitions: Some(Duration::from_secs(10)),
            ..Config::for_nodes(3).seed(seed)
        };
        let simulated = simulate(&config, &mut Counter::g(), GCounter::new);
        simulated.assert_valid();
        let found = simulated.figure("net.servers.msgs-per-op").unwrap();
        assert!(found <= 0.25, "seed {seed}: {found}");
    }
}

#[test]
fn a_client_does_not_wait_for_the_store() {
    let mut node = TestNode::start("n0", ["n0", "n1"], GCounter::new);
    let said = node.tell_from("c1", r#"{"type":"add","msg_id":1,"delta":3}"#);
    let ok = r#"{"src":"n0","dest":"c1","body":{"type":"add_ok","in_reply_to":1}}"#;
    assert_eq!(said[0], ok);
    // It asks the store at once what it knows; no more is said while that is silent.
    assert!(said[1].contains(r#""dest":"seq-kv""#), "{said:?}");
    assert_eq!(said.len(), 2);
    assert_eq!(
        node.tell_from("c1", r#"{"type":"add","msg_id":2,"delta":-1}"#),
        [
            r#"{"src":"n0","dest":"c1","body":{"type":"error","code":12,"text":"this counter only grows: expected a delta of 0 or more, found -1","in_reply_to":2}}"#
        ]
    );
}

/// What was answered stays so when something else of the same round is lost.
#[test]
fn what_is_lost_is_asked_again_and_nothing_else() {
    let mut node = TestNode::start("n0", ["n0", "n1", "n2"], GCounter::new);
    let answer = |node: &mut TestNode<GCounter>, body: &str| node.tell_from("seq-kv", body);
    // A read makes it look for its own entry, first of all in a state that is new.
    let said = node
        .tell_from("c1", r#"{"type":"read","msg_id":1}"#)
        .concat();
    assert!(
        said.contains(r#""type":"write","key":"fresh-n0""#),
        "{said}"
    );
    let read_own = r#"{"src":"n0","dest":"seq-kv","body":{"type":"read","key":"n0","msg_id":2}}"#;
    let said = answer(&mut node, r#"{"type":"write_ok","in_reply_to":1}"#);
    assert_eq!(said, [read_own]);
    // The request or the answer is lost, whichever.
    assert_eq!(node.pass(Duration::from_millis(250)), [read_own]);
    let cas = r#"{"src":"n0","dest":"seq-kv","body":{"type":"cas","key":"n0","from":{"sum":5,"round":3},"to":{"sum":5,"round":4},"create_if_not_exists":true,"msg_id":3}}"#;
    let found = r#"{"type":"read_ok","in_reply_to":2,"value":{"sum":5,"round":3}}"#;
    assert_eq!(answer(&mut node, found), [cas]);
    let read = |peer: u64| {
        format!(
            r#"{{"src":"n0","dest":"seq-kv","body":{{"type":"read","key":"n{peer}","msg_id":{}}}}}"#,
            3 + peer
        )
    };
    let said = answer(&mut node, r#"{"type":"cas_ok","in_reply_to":3}"#);
    assert_eq!(said, [read(1), read(2)]);
    let found = r#"{"type":"read_ok","in_reply_to":4,"value":{"sum":20,"round":9}}"#;
    assert_eq!(answer(&mut node, found), [""; 0]);
    assert_eq!(node.pass(Duration::from_millis(250)), [read(2)]);
    let found = r#"{"type":"read_ok","in_reply_to":5,"value":{"sum":300,"round":9}}"#;
    assert_eq!(
        answer(&mut node, found),
        [r#"{"src":"n0","dest":"c1","body":{"type":"read_ok","value":325,"in_reply_to":1}}"#]
    );
}
