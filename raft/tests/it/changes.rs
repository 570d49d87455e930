//! Random schedules of other members: learners join, are promoted and removed, and so are voters
//! and leaders, while everything goes wrong that [`super::schedules`] has. Whoever thinks it is the leader
//! is asked, also one that was cut off; and when all is well again, those that are members
//! agree, and go on changing.
//!
//! And the same with one rule of it broken, which must be found out.

use super::cluster::{Broken, Cluster, ms};
use super::menu::{Menu, go};
use super::schedules::{seeds, settle, world};
use raft::mutation::Mutation;
use raft::{Change, Config, Member};

const SEEDS: u64 = 1000;

/// What only these schedules find out.
pub(crate) const BROKEN: [Mutation; 13] = [
    Mutation::ConfiguresLate,
    Mutation::ChangesTwice,
    Mutation::ChangesAtOnce,
    Mutation::KeepsConfiguration,
    Mutation::CountsLearners,
    Mutation::CountsItself,
    Mutation::LeadsOn,
    Mutation::LeavesAtOnce,
    Mutation::IgnoresStrangers,
    Mutation::OmitsConfiguration,
    Mutation::ForgetsConfiguration,
    Mutation::IgnoresConfiguration,
    Mutation::ReadsBelowFormerFollowers,
];

/// Everything is chosen by the seed.
fn schedule(seed: u64, broken: Option<Broken>) -> Cluster {
    let rng = rng::Rng::new(seed.wrapping_mul(79));
    let (config, faults) = world(&rng);
    // A member alone commits at once: what it has made must be there to be looked at.
    let keep = config.keep.max(2);
    let config = Config { keep, ..config };
    let founders = *rng.choose(&[1, 2, 3, 4, 4, 4]).expect("there are some");
    let spares = 1 + rng.below(3) as usize;
    Cluster::with_spares(config, (founders, spares), faults, seed, broken)
}

/// What is asked for in a run, and how often.
struct Wishes {
    /// The chance that something is, at each step.
    often: f64,
    /// Of what is asked for, how much makes the cluster greater.
    growth: f64,
    /// The chance that something goes wrong just when a change has begun.
    strikes: f64,
}

impl Wishes {
    fn new(cluster: &Cluster) -> Wishes {
        let choose = |choices: &[f64]| *cluster.rng.choose(choices).expect("there are some");
        Wishes {
            often: choose(&[0.01, 0.05, 0.3]),
            growth: choose(&[0.3, 0.5, 0.7]),
            strikes: choose(&[0.0, 0.2, 0.6]),
        }
    }

    /// Asks for something, whoever leads or thinks so.
    fn wish(&self, cluster: &mut Cluster, menu: &Menu, at_once: bool) {
        for leader in cluster.leaders() {
            // A new leader knows of no learner whether it has caught up.
            let grows = !at_once && cluster.rng.chance(self.growth);
            let Some(change) = choose(cluster, leader, grows) else {
                continue;
            };
            if let Some(Ok(_)) = cluster.change(leader, change)
                && cluster.rng.chance(self.strikes)
            {
                menu.strike(cluster, Some(leader));
            }
        }
    }
}

/// A change that makes sense by what one knows.
fn choose(cluster: &Cluster, leader: Member, grows: bool) -> Option<Change> {
    let members = cluster.raft(leader)?.configuration();
    let (voters, learners) = (members.voters(), members.learners());
    let stranger = |member: &Member| !voters.contains(member) && !learners.contains(member);
    let add = cluster.members().filter(stranger).map(Change::AddLearner);
    let promote = learners.iter().copied().map(Change::Promote);
    let remove = members.members().map(Change::Remove);
    let choices: Vec<Change> = match grows {
        true => promote.chain(add).collect(),
        false => remove.collect(),
    };
    cluster.rng.choose(&choices).copied()
}

/// Those that are members go on, and those that could be can still join.
fn settles(cluster: &mut Cluster) -> Result<(), String> {
    settle(cluster)?;
    let leader = cluster.leader().ok_or("there is no leader")?;
    let members = cluster.invariants.members();
    if !members.voters().contains(&leader) {
        return Err(format!("{leader:?} leads, and was removed: {members:?}"));
    }
    let all: Vec<Member> = cluster.members().collect();
    let member = *all
        .iter()
        .rfind(|member| **member != leader)
        .ok_or("there is one")?;
    let is_voter = members.voters().contains(&member);
    let is_learner = members.learners().contains(&member);
    let changes: &[Change] = match (is_voter, is_learner) {
        (true, _) => &[Change::Remove(member)],
        (_, true) => &[Change::Promote(member)],
        _ => &[Change::AddLearner(member), Change::Promote(member)],
    };
    for &change in changes {
        let before = cluster.invariants.changed;
        let asked = cluster.change(leader, change);
        cluster.run(ms(500));
        if cluster.invariants.changed != before + 1 {
            return Err(format!(
                "{change:?} comes to nothing when all is well: {asked:?}"
            ));
        }
    }
    settle(cluster)
}

fn verdict(cluster: &mut Cluster) -> Result<(), String> {
    let wishes = Wishes::new(cluster);
    go(cluster, |cluster, menu, at_once| {
        if at_once || cluster.rng.chance(wishes.often) {
            wishes.wish(cluster, menu, at_once);
        }
    });
    let settled = match cluster.invariants.broken {
        None => settles(cluster),
        Some(_) => Ok(()),
    };
    match cluster.invariants.broken.take() {
        Some(broken) => Err(broken),
        None => settled,
    }
}

#[test]
fn what_must_hold_holds_while_members_change() {
    let mut totals = [0; 5];
    for seed in seeds(SEEDS) {
        let mut cluster = schedule(seed, None);
        if let Err(broken) = verdict(&mut cluster) {
            panic!(
                "{broken}\nrepeat it: RAFT_SEED={seed} cargo test --package raft --test it \
                 what_must_hold_holds_while_members_change"
            );
        }
        let invariants = &cluster.invariants;
        let counts = [
            invariants.committed(),
            invariants.reigns() as u64,
            invariants.ready,
            invariants.restored,
            invariants.changed,
        ];
        totals
            .iter_mut()
            .zip(counts)
            .for_each(|(total, n)| *total += n);
    }
    let [committed, reigns, ready, restored, changed] = totals;
    eprintln!(
        "{committed} entries, {reigns} reigns, {ready} reads, {restored} snapshots sent, {changed} \
         changes of members"
    );
    let seeds = seeds(SEEDS);
    let runs = seeds.end - seeds.start;
    if runs > 1 {
        assert!(committed > 100 * runs && reigns > 3 * runs, "{totals:?}");
        assert!(ready > 100 * runs && restored > runs, "{totals:?}");
        assert!(changed > 10 * runs, "{totals:?}");
    }
}

/// What a schedule finds of members that are broken.
pub(crate) fn finding(seed: u64, broken: Broken) -> Option<String> {
    verdict(&mut schedule(seed, Some(broken))).err()
}

#[test]
fn broken_rules_of_changes_are_found_out() {
    for rule in BROKEN {
        let broken = Broken::Rule(rule);
        let found = (0..1000).find_map(|seed| Some((seed, finding(seed, broken)?)));
        let (seed, finding) = found.unwrap_or_else(|| {
            panic!("{rule:?} is not found out by 1000 schedules");
        });
        eprintln!("{rule:?}, seed {seed}: {finding}");
    }
}
