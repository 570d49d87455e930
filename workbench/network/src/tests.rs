//! A packet at a time: who takes it when, and what becomes of it on the way.

use super::*;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn network(config: Config) -> (Network, [EndpointId; 3]) {
    let mut network = Network::new(config, Rng::new(0));
    let n0 = network.add("n0", Role::Node(0));
    let n1 = network.add("n1", Role::Node(1));
    let c0 = network.add("c0", Role::Client);
    (network, [n0, n1, c0])
}

fn slow() -> Config {
    Config {
        latency: Latency {
            mean: ms(100),
            distribution: Distribution::Constant,
        },
        ..Config::default()
    }
}

#[track_caller]
fn takes(network: &mut Network, at: Duration, id: EndpointId) -> String {
    match network.receive(at, id) {
        Received::Packet(packet) => String::from_utf8(packet.line).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn sleeps_until(network: &mut Network, at: Duration, id: EndpointId) -> Duration {
    match network.receive(at, id) {
        Received::Asleep(until) => until,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_clients_packet_waits_behind_one_with_latency() {
    let (mut network, [n0, n1, c0]) = network(slow());
    network.send(ms(0), n0, n1, b"gossip".to_vec());
    assert_eq!(sleeps_until(&mut network, ms(0), n1), ms(99));
    network.send(ms(10), c0, n1, b"read".to_vec());
    assert!(matches!(network.receive(ms(10), n1), Received::Nothing));
    assert_eq!(takes(&mut network, ms(99), n1), "gossip");
    assert_eq!(takes(&mut network, ms(99), n1), "read");
    assert!(matches!(network.receive(ms(99), n1), Received::Nothing));
}

#[test]
fn in_an_ideal_network_nothing_waits_for_another() {
    let (mut network, [n0, n1, c0]) = network(Config {
        ideal: true,
        ..slow()
    });
    network.send(ms(0), n0, n1, b"gossip".to_vec());
    assert_eq!(sleeps_until(&mut network, ms(0), n1), ms(100));
    network.send(ms(10), c0, n1, b"read".to_vec());
    assert_eq!(takes(&mut network, ms(10), n1), "read");
    assert!(matches!(network.receive(ms(10), n1), Received::Nothing));
    assert_eq!(takes(&mut network, ms(100), n1), "gossip");
}

#[test]
fn a_partition_drops_what_leaves_the_queue_while_it_lasts() {
    let (mut network, [n0, n1, c0]) = network(slow());
    network.send(ms(0), n0, n1, b"taken before".to_vec());
    sleeps_until(&mut network, ms(0), n1);
    network.cut(BTreeSet::from([(0, 1)]));
    network.send(ms(1), n0, n1, b"dropped".to_vec());
    network.send(ms(1), c0, n1, b"of a client".to_vec());
    assert_eq!(takes(&mut network, ms(99), n1), "taken before");
    assert_eq!(takes(&mut network, ms(99), n1), "of a client");
    assert!(matches!(network.receive(ms(99), n1), Received::Nothing));
    // One way only.
    network.send(ms(100), n1, n0, b"back".to_vec());
    assert_eq!(sleeps_until(&mut network, ms(100), n0), ms(199));
    network.cut(BTreeSet::new());
    network.send(ms(101), n0, n1, b"healed".to_vec());
    assert_eq!(sleeps_until(&mut network, ms(101), n1), ms(200));

    assert_eq!(network.under_way(), 2);
    network.remove(n1);
    assert_eq!(network.under_way(), 1);

    let stats = network.stats();
    assert_eq!((stats.servers().sent, stats.servers().received), (4, 1));
    assert_eq!((stats.clients.sent, stats.clients.received), (1, 1));
}

#[test]
fn packets_are_reordered_only_if_asked() {
    for (reorder, in_order) in [(0.0, true), (0.2, false)] {
        let (mut network, [n0, n1, _]) = network(Config {
            reorder,
            ideal: true,
            ..slow()
        });
        for i in 0..100u8 {
            network.send(ms(u64::from(i)), n0, n1, vec![i]);
        }
        let mut arrived = Vec::new();
        for at in 0..1000 {
            while let Received::Packet(packet) = network.receive(ms(at), n1) {
                arrived.push(packet.line[0]);
            }
        }
        assert_eq!(arrived.len(), 100);
        assert_eq!(arrived.is_sorted(), in_order);
    }
}

#[test]
fn packets_are_lost_and_doubled_as_often_as_asked() {
    let (mut network, [n0, n1, c0]) = network(Config {
        loss: 0.5,
        duplicate: 0.5,
        ..Config::default()
    });
    let mut arrived = [0; 2];
    for (i, src) in [n0, c0].into_iter().enumerate() {
        for _ in 0..1000 {
            network.send(ms(0), src, n1, Vec::new());
            while let Received::Packet(_) = network.receive(ms(0), n1) {
                arrived[i] += 1;
            }
        }
    }
    assert!((650..850).contains(&arrived[0]), "{arrived:?}");
    assert_eq!(arrived[1], 1000, "a client's packets are neither");
}
