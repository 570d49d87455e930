//! The ranges of a configuration's numbers, by themselves and together.

use std::time::Duration;

use simulation::network::{self, Latency};
use simulation::run::Config;
use workloads::broadcast::{Broadcast, Topology};
use workloads::echo::Echo;
use workloads::txn;
use workloads::txn_list_append::TxnListAppend;

fn error(config: &Config) -> String {
    config
        .check_with(&Echo)
        .err()
        .map_or("none".into(), |e| e.to_string())
}

#[test]
fn numbers_are_refused_with_their_range() {
    let config = || Config::for_nodes(3);
    assert_eq!(error(&config()), "none");
    for (rate, expected) in [
        (0.0, "none"),
        (-0.0, "none"),
        (1e-6, "none"),
        (1e5, "none"),
        (
            1e-300,
            "rate: expected 0, or 0.000001 to 1,000,000 operations a second, found 0.0000",
        ),
        (
            1e6 + 1.0,
            "rate: expected 0, or 0.000001 to 1,000,000 operations a second, found 1000001",
        ),
        (
            -1.0,
            "rate: expected 0, or 0.000001 to 1,000,000 operations a second, found -1",
        ),
        (
            f64::NAN,
            "rate: expected 0, or 0.000001 to 1,000,000 operations a second, found NaN",
        ),
        (
            f64::INFINITY,
            "rate: expected 0, or 0.000001 to 1,000,000 operations a second, found inf",
        ),
    ] {
        let found = error(&Config { rate, ..config() });
        assert!(found.starts_with(expected), "{rate}: {found}");
    }
    for (seconds, expected) in [
        (Duration::ZERO, "none"),
        (Duration::from_secs(1_000_000), "none"),
        (
            Duration::MAX,
            "time_limit: expected 0 to 1,000,000 seconds, found 18446744073709552000",
        ),
    ] {
        assert_eq!(
            error(&Config {
                time_limit: seconds,
                ..config()
            }),
            expected
        );
    }
    for (interval, expected) in [
        (Duration::from_millis(1), "none"),
        (
            Duration::from_nanos(1),
            "partitions: expected 0.001 to 1,000,000 seconds, found 0.000000001",
        ),
        (
            Duration::ZERO,
            "partitions: expected 0.001 to 1,000,000 seconds, found 0",
        ),
    ] {
        let config = Config {
            partitions: Some(interval),
            ..config()
        };
        assert_eq!(error(&config), expected);
    }
    for (concurrency, expected) in [
        (10_000, "none"),
        (0, "concurrency: expected 1 to 10,000 clients, found 0"),
        (
            usize::MAX,
            "concurrency: expected 1 to 10,000 clients, found 18446744073709551615",
        ),
    ] {
        assert_eq!(
            error(&Config {
                concurrency,
                ..config()
            }),
            expected
        );
    }
    for (nodes, expected) in [
        (1000, "none"),
        (0, "nodes: expected 1 to 1,000 nodes, found 0"),
        (1001, "nodes: expected 1 to 1,000 nodes, found 1001"),
    ] {
        let nodes = Config::for_nodes(nodes).nodes;
        assert_eq!(error(&Config { nodes, ..config() }), expected);
    }
    for (loss, expected) in [
        (1.0, "none"),
        (1.1, "network.loss: expected 0 to 1, found 1.1"),
        (f64::NAN, "network.loss: expected 0 to 1, found NaN"),
    ] {
        let network = network::Config {
            loss,
            ..network::Config::default()
        };
        assert_eq!(
            error(&Config {
                network,
                ..config()
            }),
            expected
        );
    }
    let latency = Latency {
        mean: Duration::MAX,
        ..Latency::default()
    };
    let network = network::Config {
        latency,
        ..network::Config::default()
    };
    assert_eq!(
        error(&Config {
            network,
            ..config()
        }),
        "network.latency: expected 0 to 3,600,000 milliseconds, found 18446744073709551615"
    );
    let nodes = vec!["../../victim".to_owned()];
    assert!(error(&Config { nodes, ..config() }).starts_with("nodes: expected a name of 1 to 64"));
}

/// Each by itself in its range, but all together more than there is room for.
#[test]
fn what_numbers_come_to_together_is_refused_as_well() {
    let long = Config {
        rate: 1e6,
        time_limit: Duration::from_secs(60),
        ..Config::for_nodes(3)
    };
    assert_eq!(
        error(&long),
        "rate: expected 10,000,000 operations at most; 1,000,000 a second for 60 seconds are \
         60,000,000: pass a lower rate or a shorter time"
    );
    let options = txn::Options {
        max_txn_length: 1000,
        ..txn::Options::default()
    };
    let transactions = Config {
        rate: 1000.0,
        ..Config::for_nodes(3)
    };
    let found = transactions.check_with(&TxnListAppend::new(&options));
    assert_eq!(
        found.unwrap_err().to_string(),
        "rate: expected 10,000,000 operations at most; 1,000 a second of up to 1000 reads and \
         writes for 60 seconds are 60,000,000: pass a lower rate or a shorter time"
    );
    let cut = |nodes| Config {
        partitions: Some(Duration::from_secs(1)),
        ..Config::for_nodes(nodes)
    };
    assert_eq!(error(&cut(500)), "none");
    assert_eq!(
        error(&cut(1000)),
        "partitions: expected partitions that cut 10,000,000 pairs of nodes at most, all \
         together; here, 31 cut about 15,500,000: pass a longer interval or fewer nodes"
    );
    let told = |nodes, topology| {
        let told = Config::for_nodes(nodes).check_with(&Broadcast::new(topology));
        told.err().map_or("none".into(), |e| e.to_string())
    };
    assert_eq!(told(1000, Topology::Grid), "none");
    assert_eq!(told(200, Topology::Total), "none");
    assert!(told(400, Topology::Total).starts_with("nodes: expected 134,217,728 bytes at most"));
}
