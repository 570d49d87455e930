//! How many schedules it takes on average until a broken rule, or a bad memory, is found out: a
//! first seed is one throw of dice, a part of many is a figure. For whoever changes the
//! schedules:
//!
//! ```text
//! RAFT_SEEDS=1000 cargo test --package raft --test it how_soon -- --ignored --nocapture
//! ```

use std::panic::catch_unwind;

use super::cluster::Broken;
use super::cluster::disk::Bad;
use super::schedules::seeds;
use super::{changes, leases, schedules};
use raft::mutation::Mutation;

/// What is so broken that it panics is found out, too.
fn is_found(seed: u64, broken: Broken, finding: fn(u64, Broken) -> Option<String>) -> bool {
    catch_unwind(|| finding(seed, broken)).map_or(true, |found| found.is_some())
}

#[test]
#[ignore = "it is a figure, and takes a minute"]
fn how_soon_each_is_found_out() {
    let rules = Mutation::ALL.into_iter();
    let rules = rules.filter(|rule| !leases::BROKEN.contains(rule));
    let all = rules.map(Broken::Rule).chain(Bad::ALL.map(Broken::Memory));
    let mut figures: Vec<(f64, String)> = Vec::new();
    for broken in all {
        let of_changes = |rule| changes::BROKEN.contains(&rule);
        let finding = match broken {
            Broken::Rule(rule) if of_changes(rule) => changes::finding,
            _ => schedules::finding,
        };
        let runs = seeds(300);
        let found: Vec<u64> = runs
            .clone()
            .filter(|&seed| is_found(seed, broken, finding))
            .collect();
        let one_in = (runs.end - runs.start) as f64 / found.len() as f64;
        let first = found.first();
        figures.push((
            one_in,
            format!("{broken:?}: one in {one_in:.1}, first {first:?}"),
        ));
    }
    figures.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    for (_, figure) in &figures {
        eprintln!("{figure}");
    }
    let (median, _) = figures[figures.len() / 2];
    let (most, _) = figures[figures.len() - 1];
    eprintln!("{}: median {median:.1}, most {most:.1}", figures.len());
    assert!(most.is_finite(), "one is not found out at all");
}
