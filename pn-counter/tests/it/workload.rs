//! The workload in virtual time: under every fault, and with few messages.

use std::time::Duration;

use maelstrom_node::testing::TestNode;
use pn_counter::PnCounter;
use simulation::network::{Distribution, Latency};
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
        let simulated = simulate(&rough(seed), &mut Counter::pn(), PnCounter::new);
        simulated.assert_valid();
        assert_eq!(simulated.figure("availability.ok-fraction"), Some(1.0));
    }
}

#[test]
fn few_messages() {
    for seed in 0..5 {
        let config = Config {
            rate: 100.0,
            time_limit: Duration::from_secs(30),
            ..Config::for_nodes(5).seed(seed)
        };
        let simulated = simulate(&config, &mut Counter::pn(), PnCounter::new);
        simulated.assert_valid();
        let found = simulated.figure("net.servers.msgs-per-op").unwrap();
        assert!(found <= 0.07, "seed {seed}: {found}");
    }
}

#[test]
fn a_sum_that_does_not_fit_is_refused_and_changes_nothing() {
    let mut node = TestNode::start("n0", ["n0"], PnCounter::new);
    let mut add = |id: u64, delta: i64| {
        let body = format!(r#"{{"type":"add","msg_id":{id},"delta":{delta}}}"#);
        node.tell_from("c1", &body).concat()
    };
    assert!(add(1, i64::MAX).contains(r#""type":"add_ok""#));
    assert!(add(2, 1).contains(r#""code":22,"text":"the sum would not fit into 64 bits""#));
    assert!(add(3, -1).contains(r#""type":"add_ok""#));
    assert_eq!(
        node.tell_from("c1", r#"{"type":"read","msg_id":4}"#),
        [
            r#"{"src":"n0","dest":"c1","body":{"type":"read_ok","value":9223372036854775806,"in_reply_to":4}}"#
        ]
    );
}
