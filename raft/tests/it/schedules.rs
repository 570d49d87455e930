//! Random schedules: members that crash, stand still and come back, clocks that
//! drift, messages that are lost, late, or come twice, networks in pieces. What
//! must hold is looked at after every step; and when all is well again, all
//! agree. What goes wrong, and when, is in [`super::menu`].
//!
//! And the same with one rule broken, which must be found out.

use super::cluster::disk::Bad;
use super::cluster::{Broken, Cluster, Faults, ms};
use super::menu::go;
use super::{changes, leases};
use raft::mutation::Mutation;
use raft::{Config, Replication};

const SEEDS: u64 = 300;

/// Everything is chosen by the seed.
fn schedule(seed: u64, broken: Option<Broken>) -> Cluster {
    let rng = rng::Rng::new(seed.wrapping_mul(77));
    let (config, faults) = world(&rng);
    let count = *rng.choose(&[2, 3, 3, 3, 4, 5]).expect("there are some");
    Cluster::broken(config, count, faults, seed, broken)
}

/// How members are told to be, and what their network is like.
pub(crate) fn world(rng: &rng::Rng) -> (Config, Faults) {
    let latency = 1 + rng.below(*rng.choose(&[3, 10, 40]).expect("there are some"));
    // Where messages are fast, elections may be, too: then there are more of them.
    let grain = match latency {
        0..=4 => 8,
        _ => 20,
    };
    let config = Config {
        heartbeat: ms(grain),
        election_min: ms(4 * grain),
        election_max: ms(8 * grain),
        lease: true,
        drift: 0.05,
        jump: ms(*rng.choose(&[0, grain / 4, grain]).expect("there are some")),
        replication: match rng.below(2) {
            0 => Replication::All,
            _ => Replication::Quorum,
        },
        batch: *rng.choose(&[1, 2, 10]).expect("there are some"),
        pipeline: *rng.choose(&[1, 2, 8]).expect("there are some"),
        compact_after: 5 + rng.below(40),
        keep: rng.below(10),
    };
    let up_to = |most: f64| match rng.chance(0.5) {
        true => most * rng.f64(),
        false => 0.0,
    };
    let faults = Faults {
        latency: ms(latency),
        loss: up_to(0.1),
        twice: up_to(0.1),
        late: up_to(0.05),
        drift: 0.05,
    };
    (config, faults)
}

/// All is well again: they find a leader, and agree.
pub(crate) fn settle(cluster: &mut Cluster) -> Result<(), String> {
    cluster.cut.clear();
    cluster.slow.clear();
    cluster.faults = Faults {
        drift: cluster.faults.drift,
        ..Faults::NONE
    };
    cluster.run(ms(3000));
    let Some(leader) = cluster.leader() else {
        return Err("there is no leader after 3 s without faults".into());
    };
    let before = cluster.invariants.committed();
    let is_taken = cluster.propose(leader, None);
    cluster.run(ms(1000));
    let committed = cluster.invariants.committed();
    if !is_taken || committed <= before {
        return Err(format!(
            "{leader:?} commits nothing after 3 s without faults"
        ));
    }
    for member in cluster.invariants.members().members() {
        let commit = cluster.raft(member).map(raft::Raft::commit);
        if commit != Some(committed) {
            return Err(format!(
                "{member:?} is at {commit:?} of {committed} entries"
            ));
        }
    }
    Ok(())
}

fn verdict(cluster: &mut Cluster) -> Result<(), String> {
    go(cluster, |_, _, _| ());
    let settled = match cluster.invariants.broken {
        None => settle(cluster),
        Some(_) => Ok(()),
    };
    match cluster.invariants.broken.take() {
        Some(broken) => Err(broken),
        None => settled,
    }
}

#[test]
fn what_must_hold_holds() {
    let mut totals = [0; 5];
    for seed in seeds(SEEDS) {
        let mut cluster = schedule(seed, None);
        if let Err(broken) = verdict(&mut cluster) {
            panic!(
                "{broken}\nrepeat it: RAFT_SEED={seed} cargo test --package raft --test it \
                 what_must_hold_holds"
            );
        }
        let invariants = &cluster.invariants;
        let counts = [
            invariants.committed(),
            invariants.reigns() as u64,
            invariants.ready,
            invariants.lost,
            invariants.restored,
        ];
        totals
            .iter_mut()
            .zip(counts)
            .for_each(|(total, n)| *total += n);
    }
    // Not because nothing happened.
    let [committed, reigns, ready, lost, restored] = totals;
    eprintln!(
        "{committed} entries, {reigns} reigns, {ready} reads, {lost} lost, {restored} snapshots sent"
    );
    let seeds = seeds(SEEDS);
    let runs = seeds.end - seeds.start;
    if runs > 1 {
        assert!(committed > 80 * runs && reigns > 5 * runs, "{totals:?}");
        assert!(
            ready > 100 * runs && lost > 5 * runs && restored > runs,
            "{totals:?}"
        );
    }
}

/// All of `RAFT_SEEDS` for whoever has the time, or `RAFT_SEED` alone.
#[allow(clippy::disallowed_methods)] // not what happens depends on it, but how much
pub(crate) fn seeds(unless_told: u64) -> std::ops::Range<u64> {
    let number = |name| {
        std::env::var(name)
            .ok()
            .and_then(|value| value.parse().ok())
    };
    match (number("RAFT_SEED"), number("RAFT_SEEDS")) {
        (Some(seed), _) => seed..seed + 1,
        (None, seeds) => 0..seeds.unwrap_or(unless_told),
    }
}

/// What a schedule finds of members that are broken.
pub(crate) fn finding(seed: u64, broken: Broken) -> Option<String> {
    verdict(&mut schedule(seed, Some(broken))).err()
}

fn is_found_out(broken: Broken) {
    for seed in 0..1000 {
        if let Some(finding) = finding(seed, broken) {
            eprintln!("{broken:?}, seed {seed}: {finding}");
            return;
        }
    }
    panic!("{broken:?} is not found out by 1000 schedules");
}

macro_rules! found_out {
    ($($name:ident: $mutation:ident,)*) => {
        $(#[test]
        fn $name() {
            is_found_out(Broken::Rule(Mutation::$mutation));
        })*

        #[test]
        fn every_rule_is_broken() {
            let broken = [$(Mutation::$mutation),*];
            let elsewhere = [&leases::BROKEN[..], &changes::BROKEN[..]].concat();
            let is_broken = |rule| broken.contains(rule) || elsewhere.contains(rule);
            assert!(Mutation::ALL.iter().all(is_broken));
        }
    };
}

found_out! {
    votes_twice: VotesTwice,
    votes_for_any_log: VotesForAnyLog,
    half_is_enough: HalfIsEnough,
    commits_old_terms: CommitsOldTerms,
    appends_anywhere: AppendsAnywhere,
    keeps_conflicts: KeepsConflicts,
    truncates_always: TruncatesAlways,
    commits_unchecked: CommitsUnchecked,
    acknowledges_all: AcknowledgesAll,
    restores_backwards: RestoresBackwards,
    reads_unconfirmed: ReadsUnconfirmed,
    no_noop: NoNoop,
    reads_below_followers: ReadsBelowFollowers,
    votes_during_lease: VotesDuringLease,
    keeps_lease: KeepsLease,
    obeys_old_leaders: ObeysOldLeaders,
}

macro_rules! found_out_by_crashes {
    ($($name:ident: $bad:ident,)*) => {
        $(#[test]
        fn $name() {
            is_found_out(Broken::Memory(Bad::$bad));
        })*
    };
}

found_out_by_crashes! {
    forgets_term: ForgetsTerm,
    forgets_vote: ForgetsVote,
    forgets_own_vote: ForgetsOwnVote,
    forgets_log: ForgetsLog,
    votes_before_saved: VotesBeforeSaved,
    acknowledges_before_saved: AcknowledgesBeforeSaved,
    tears_entries: TearsEntries,
    keeps_conflicts_on_disk: KeepsConflicts,
    keeps_log_under_snapshot: KeepsLogUnderSnapshot,
    cuts_log_before_snapshot: CutsLogBeforeSnapshot,
}
