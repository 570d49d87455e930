//! How long it takes until the others go on without the leader, in the network's
//! time.

use std::time::Duration;

use super::cluster::{Cluster, Faults, ms};
use raft::{Config, Member};

/// From when the leader is cut off until the others commit something new.
fn gap(seed: u64, count: usize) -> Duration {
    let faults = Faults {
        latency: ms(10),
        ..Faults::NONE
    };
    let mut cluster = Cluster::new(Config::default(), count, faults, seed);
    cluster.campaign(Member(0));
    cluster.run(ms(1000 + seed));
    let old = cluster.leader().expect("all is well");
    cluster.cut(|(from, to)| (from == old) != (to == old));
    let began = cluster.now;
    loop {
        cluster.run(ms(5));
        let committed = cluster.invariants.committed();
        let is_new = |&member: &Member| {
            member != old
                && cluster
                    .raft(member)
                    .is_some_and(|raft| raft.leader() == Some(member))
        };
        if let Some(new) = cluster.members().find(is_new) {
            cluster.propose(new, None);
            cluster.run(ms(40));
            if cluster.invariants.committed() > committed {
                return cluster.now - began;
            }
        }
        assert!(
            cluster.now < began + ms(5000),
            "seed {seed}: no leader for 5 s"
        );
        assert_eq!(cluster.invariants.broken, None);
    }
}

#[test]
fn the_others_go_on_within_a_second() {
    for count in [3, 5] {
        let mut gaps: Vec<Duration> = (0..300).map(|seed| gap(seed, count)).collect();
        gaps.sort();
        eprintln!(
            "{count} members: median {:?}, longest {:?}",
            gaps[150], gaps[299]
        );
        assert!(gaps[299] < ms(1000), "{:?}", gaps[299]);
    }
}
