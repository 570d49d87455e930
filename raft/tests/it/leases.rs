//! Leases, under the worst that clocks may do: the leader's is slow, the others' are fast, and
//! jump ahead just when the leader is cut off; or the others die and come back. Someone is asked
//! to read all the time, also the leader that was.
//!
//! Random schedules ([`super::schedules`]) hardly ever come so near to the bound that it matters
//! whether it is the right one.

use std::time::Duration;

use super::cluster::{Broken, Cluster, Faults, ms};
use raft::mutation::Mutation;
use raft::{Config, Member, Replication};

/// What only these schedules find out.
pub(crate) const BROKEN: [Mutation; 3] = [
    Mutation::IgnoresDrift,
    Mutation::IgnoresJumps,
    Mutation::ForgetsPromise,
];

/// Three members who want to be leader as soon as they may.
fn cluster(seed: u64, lease: bool, broken: Option<Broken>) -> Cluster {
    let drift = 0.05;
    let config = Config {
        heartbeat: ms(20),
        election_min: ms(80),
        election_max: ms(81),
        lease,
        drift,
        jump: ms(20),
        replication: Replication::Quorum,
        compact_after: 40,
        keep: 10,
        ..Config::default()
    };
    let faults = Faults {
        latency: Duration::from_micros(100),
        drift,
        ..Faults::NONE
    };
    Cluster::broken(config, 3, faults, seed, broken)
}

/// How long a leader that was cut off may have a lease, and more.
const LONG: Duration = ms(100);

fn verdict(cluster: &mut Cluster) -> Result<(), String> {
    for _ in 0..10 {
        let length = 200 + cluster.rng.below(100);
        cluster.run(ms(length));
        let Some(old) = cluster.leader() else {
            continue;
        };
        let others: Vec<Member> = cluster.members().filter(|member| *member != old).collect();
        for member in cluster.members() {
            cluster.set_rate(member, if member == old { 0.95 } else { 1.05 });
        }
        let length = 20_000 + cluster.rng.below(20_000);
        cluster.run(Duration::from_micros(length));
        cluster.cut(|(from, to)| (from == old) != (to == old));
        let began = cluster.now;
        let dies = cluster.rng.chance(0.3);
        for &member in &others {
            match dies {
                true => cluster.crash(member, ms(1)),
                false => cluster.jump(member, ms(20)),
            }
        }
        cluster.run(ms(2));
        if dies {
            cluster.campaign(others[0]);
        }
        while cluster.now < began + LONG {
            if let Some(new) = cluster.leader().filter(|leader| *leader != old) {
                cluster.propose(new, None);
            }
            cluster.run(Duration::from_micros(500));
            cluster.read(old);
        }
        cluster.cut.clear();
        if let Some(broken) = cluster.invariants.broken.take() {
            return Err(broken);
        }
    }
    Ok(())
}

#[test]
fn reads_are_of_the_present_until_the_last_moment_of_a_lease() {
    for seed in 0..50 {
        for lease in [true, false] {
            let mut cluster = cluster(seed, lease, None);
            if let Err(broken) = verdict(&mut cluster) {
                panic!("seed {seed}: {broken}");
            }
            let invariants = &cluster.invariants;
            assert!(invariants.reigns() > 5, "seed {seed}");
            // With a lease, the old leader goes on for a while.
            assert_eq!(
                invariants.ready > 400,
                lease,
                "seed {seed}: {}",
                invariants.ready
            );
        }
    }
}

#[test]
fn leases_that_are_too_long_are_found_out() {
    for rule in BROKEN {
        let is_found_out = |seed: &u64| {
            let mut cluster = cluster(*seed, true, Some(Broken::Rule(rule)));
            let found = verdict(&mut cluster);
            if let Err(broken) = &found {
                eprintln!("{rule:?}, seed {seed}: {broken}");
            }
            found.is_err()
        };
        assert!((0..1000).any(|seed| is_found_out(&seed)), "{rule:?}");
    }
}
