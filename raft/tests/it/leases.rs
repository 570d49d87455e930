//! Leases, under the worst that clocks may do: the leader's is slow, the others' are fast, and
//! jump ahead just when the leader is cut off; or the others die and come back. Someone is asked
//! to read all the time, also the leader that was.
//!
//! Random schedules ([`super::schedules`]) hardly ever come so near to the bound that it matters
//! whether it is the right one.

use std::time::Duration;

use super::cluster::{Broken, Cluster, Faults, ms};
use raft::mutation::Mutation;
use raft::{Change, Config, Member, Replication};

/// What only these schedules find out.
pub(crate) const BROKEN: [Mutation; 3] = [
    Mutation::IgnoresDrift,
    Mutation::IgnoresJumps,
    Mutation::ForgetsPromise,
];

/// Three members who want to be leader as soon as they may.
fn cluster(seed: u64, lease: bool, broken: Option<Broken>) -> Cluster {
    cluster_with(0, seed, lease, broken)
}

/// And so many more that could join.
fn cluster_with(spares: usize, seed: u64, lease: bool, broken: Option<Broken>) -> Cluster {
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
    Cluster::with_spares(config, (3, spares), faults, seed, broken)
}

/// How long a leader that was cut off may have a lease, and more.
const LONG: Duration = ms(100);

fn verdict(cluster: &mut Cluster) -> Result<(), String> {
    verdict_with(cluster, |_, _| ())
}

/// `just_before` the leader is cut off, something happens to it.
fn verdict_with(
    cluster: &mut Cluster,
    mut just_before: impl FnMut(&mut Cluster, Member),
) -> Result<(), String> {
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
        just_before(cluster, old);
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

/// The leader's last configuration may be known to it alone, to some, or be committed when it is
/// cut off: the others elect by it, or by the one before.
#[test]
fn leases_are_sound_while_members_change() {
    let (mut changes, mut reads) = (0, 0);
    for seed in 0..100 {
        let mut cluster = cluster_with(2, seed, true, None);
        let changed = verdict_with(&mut cluster, |cluster, leader| {
            let members = cluster.raft(leader).expect("it is up").configuration();
            let promote = members.learners().iter().copied().map(Change::Promote);
            let has_room = members.voters().len() > 2;
            let remove = members.voters().iter().filter(|_| has_room);
            let remove = remove.copied().map(Change::Remove);
            let strangers = (0..5).map(Member).filter(|&stranger| {
                !members.voters().contains(&stranger) && !members.learners().contains(&stranger)
            });
            let add = strangers.map(Change::AddLearner);
            let choices: Vec<Change> = promote.chain(remove).chain(add).collect();
            let change = *cluster.rng.choose(&choices).expect("five are something");
            cluster.change(leader, change);
            let length = cluster.rng.below(400);
            cluster.run(Duration::from_micros(length));
        });
        if let Err(broken) = changed {
            panic!("seed {seed}: {broken}");
        }
        changes += cluster.invariants.changed;
        reads += cluster.invariants.ready;
    }
    assert!(changes > 500 && reads > 40_000, "{changes}, {reads}");
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
