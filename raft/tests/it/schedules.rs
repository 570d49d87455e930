//! Random schedules: members that crash, stand still and come back, clocks that
//! drift, messages that are lost, late, or come twice, networks in pieces. What
//! must hold is looked at after every step; and when all is well again, all
//! agree.
//!
//! And the same with one rule broken, which must be found out.

use std::time::Duration;

use super::cluster::disk::Bad;
use super::cluster::{Broken, Cluster, Faults, ms};
use super::{changes, leases};
use raft::mutation::Mutation;
use raft::{Config, Member, Replication};

const SEEDS: u64 = 300;

/// Everything is chosen by the seed.
fn schedule(seed: u64, broken: Option<Broken>) -> Cluster {
    let rng = rng::Rng::new(seed.wrapping_mul(77));
    let (config, faults) = world(&rng);
    let count = 2 + rng.below(4) as usize;
    Cluster::broken(config, count, faults, seed, broken)
}

/// How members are told to be, and what their network is like.
pub(crate) fn world(rng: &rng::Rng) -> (Config, Faults) {
    let config = Config {
        heartbeat: ms(20),
        election_min: ms(80),
        election_max: ms(160),
        lease: true,
        drift: 0.05,
        jump: ms(20),
        replication: match rng.below(2) {
            0 => Replication::All,
            _ => Replication::Quorum,
        },
        batch: *rng.choose(&[1, 2, 10]).expect("there are some"),
        pipeline: *rng.choose(&[1, 2, 8]).expect("there are some"),
        compact_after: 5 + rng.below(40),
        keep: rng.below(10),
    };
    let harsh = rng.f64();
    let faults = Faults {
        latency: ms(1 + rng.below(*rng.choose(&[5, 15, 60]).expect("there are some"))),
        loss: 0.1 * harsh * rng.f64(),
        twice: 0.1 * harsh * rng.f64(),
        late: 0.05 * harsh * rng.f64(),
        drift: 0.05,
    };
    (config, faults)
}

pub(crate) fn some(cluster: &Cluster) -> Member {
    Member(cluster.rng.below(cluster.nodes.len() as u64) as usize)
}

/// What goes wrong in a run: some of these, at some pace. All of them in every run
/// would hide what only shows when one of them does not happen (Groce et al.,
/// "Swarm testing", 2012).
pub(crate) struct Menu {
    faults: Vec<Fault>,
    /// How far apart they are, at most.
    pace: Duration,
    /// How long crashes and pauses last, at most.
    length: Duration,
    /// How often cuts are mended when the next thing goes wrong.
    calm: f64,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Crash,
    CrashLeader,
    CrashAll,
    Pause,
    PauseLeader,
    /// Nobody hears the leader, nor it anybody.
    IsolateLeader,
    /// One does not hear the leader.
    DeafToLeader,
    /// One does not hear another.
    Deaf,
    Isolate,
    Split,
    Heal,
    HandOver,
    /// A clock jumps ahead.
    Jump,
    /// One wants to be leader before its time.
    Campaign,
    /// Two do.
    Contest,
}

impl Menu {
    fn new(cluster: &Cluster) -> Menu {
        const ALL: [Fault; 15] = [
            Fault::Crash,
            Fault::CrashLeader,
            Fault::CrashAll,
            Fault::Pause,
            Fault::PauseLeader,
            Fault::IsolateLeader,
            Fault::DeafToLeader,
            Fault::Deaf,
            Fault::Isolate,
            Fault::Split,
            Fault::Heal,
            Fault::HandOver,
            Fault::Jump,
            Fault::Campaign,
            Fault::Contest,
        ];
        let rng = &cluster.rng;
        let choice = rng.u64();
        let chosen = ALL
            .iter()
            .zip(0..)
            .filter(|(_, bit)| choice >> bit & 1 == 1);
        let mut faults: Vec<Fault> = chosen.map(|(fault, _)| *fault).collect();
        faults.push(Fault::Heal);
        let time = |choices: &[u64]| ms(*rng.choose(choices).expect("there are some"));
        Menu {
            faults,
            pace: time(&[40, 100, 200, 400]),
            length: time(&[5, 30, 100, 500]),
            calm: rng.f64(),
        }
    }

    pub(crate) fn strike(&self, cluster: &mut Cluster) {
        let (one, other) = (some(cluster), some(cluster));
        let leader = cluster.leader().unwrap_or(one);
        let length = self.length.mul_f64(cluster.rng.f64());
        let side = cluster.rng.u64();
        let fault = *cluster.rng.choose(&self.faults).expect("there is Heal");
        if cluster.rng.chance(self.calm) {
            cluster.cut.clear();
        }
        let is_isolated = |member: Member, (from, to)| (from == member) != (to == member);
        match fault {
            Fault::Crash => cluster.crash(one, length),
            Fault::CrashLeader => cluster.crash(leader, length),
            Fault::CrashAll => {
                for member in cluster.members() {
                    cluster.crash(member, length);
                }
            }
            Fault::Pause => cluster.pause(one, length),
            Fault::PauseLeader => cluster.pause(leader, length),
            Fault::IsolateLeader => cluster.cut(|pair| is_isolated(leader, pair)),
            Fault::DeafToLeader => cluster.cut(|pair| pair == (leader, other)),
            Fault::Deaf => cluster.cut(|pair| pair == (one, other)),
            Fault::Isolate => cluster.cut(|pair| is_isolated(one, pair)),
            Fault::Split => cluster.cut(|(from, to)| (side >> from.0 ^ side >> to.0) & 1 == 1),
            Fault::Heal => cluster.cut.clear(),
            Fault::HandOver => cluster.hand_over(leader, other),
            Fault::Jump => {
                let far = cluster.config.jump.mul_f64(2.0 * cluster.rng.f64());
                cluster.jump(one, far);
            }
            Fault::Campaign => cluster.campaign(one),
            Fault::Contest => {
                cluster.campaign(one);
                cluster.campaign(other);
            }
        }
    }
}

/// One thing after another for a while, until something is broken; `also` after each.
pub(crate) fn go(cluster: &mut Cluster, mut also: impl FnMut(&mut Cluster, &Menu)) {
    let menu = Menu::new(cluster);
    let mut next_fault = Duration::ZERO;
    for _ in 0..600 {
        let pause = cluster.rng.below(12);
        cluster.run(ms(pause));
        if cluster.invariants.broken.is_some() {
            return;
        }
        let member = some(cluster);
        // Now and then one that may only think it is the leader is asked.
        let asked = match cluster.leader() {
            Some(leader) if cluster.rng.chance(0.7) => leader,
            _ => member,
        };
        if cluster.rng.chance(0.6) {
            let near = cluster.rng.chance(0.7).then(|| some(cluster));
            cluster.propose(asked, near);
        }
        if cluster.rng.chance(0.5) {
            for member in cluster.members() {
                cluster.read(member);
            }
        }
        also(cluster, &menu);
        if cluster.now >= next_fault {
            next_fault = cluster.now + menu.pace.mul_f64(cluster.rng.f64());
            menu.strike(cluster);
        }
    }
}

/// All is well again: they find a leader, and agree.
pub(crate) fn settle(cluster: &mut Cluster) -> Result<(), String> {
    cluster.cut.clear();
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
    go(cluster, |_, _| ());
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
        assert!(committed > 100 * runs && reigns > 3 * runs, "{totals:?}");
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

fn is_found_out(broken: Broken) {
    for seed in 0..1000 {
        if let Err(finding) = verdict(&mut schedule(seed, Some(broken))) {
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
