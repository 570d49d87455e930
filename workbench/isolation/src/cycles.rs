//! The cycles of a dependency graph: for each strongly connected component, the
//! worst of each kind, as `elle.txn` reports them.

use std::collections::BTreeSet;

use super::anomaly::{Anomaly, by_severity, implied_by};
use super::exists;
use super::instance::Instance;
use super::model;
use super::pattern::{PATTERNS, Pattern};
use super::reason::{Reasons, told};
use super::relation::{PROCESS, REALTIME, RW, WR};
use super::search::Search;
use crate::graph::Graph;

/// How many edges a check looks at in search of cycles, all in all. What is not
/// found by then is named by the model that it breaks.
const BUDGET: u64 = 10_000_000;

/// Every relation.
const ALL: u8 = u8::MAX;

/// All that cycles of the graph show; `hashes` order the transactions, see [`clojure_order`](super::clojure_order).
pub(super) fn find(
    graph: &Graph,
    hashes: &[u32],
    reasons: &dyn Reasons,
) -> Vec<(Anomaly, Instance)> {
    let patterns = by_severity(&PATTERNS.map(|pattern| pattern.anomaly));
    let pattern = |anomaly| PATTERNS.iter().find(|pattern| pattern.anomaly == anomaly);
    let patterns: Vec<&Pattern> = patterns.into_iter().filter_map(pattern).collect();
    let mut components = graph.components(ALL);
    components.retain(|component| component.len() > 1);
    let mut budget = BUDGET;
    let mut found = Vec::new();
    for (i, component) in components.iter().enumerate() {
        // What small ones leave over is for the others.
        let share = budget / (components.len() - i) as u64;
        budget -= share;
        let left = in_component(
            graph, component, hashes, reasons, &patterns, share, &mut found,
        );
        budget += left;
    }
    found
}

fn in_component(
    graph: &Graph,
    component: &[u32],
    hashes: &[u32],
    reasons: &dyn Reasons,
    patterns: &[&Pattern],
    mut budget: u64,
    found: &mut Vec<(Anomaly, Instance)>,
) -> u64 {
    let part = graph.induced(component);
    let global = |vertices: &[u32]| -> Vec<u32> {
        let vertices = vertices.iter();
        vertices.map(|vertex| component[*vertex as usize]).collect()
    };
    let cyclic = exists::cyclic(&part);
    for cyclic in &cyclic {
        found.push((
            cyclic.anomaly,
            Instance::CycleExists {
                model: cyclic.model,
                transactions: global(&cyclic.component),
            },
        ));
    }
    // What a model forbids that holds, cannot be there.
    let mut needless: BTreeSet<Anomaly> = model::forbidden(exists::possible(&cyclic));
    let hashes = component.iter().map(|i| hashes[*i as usize]).collect();
    let mut search = Search::new(&part, hashes, &mut budget);
    let mut given_up = Vec::new();
    for pattern in patterns {
        if needless.contains(&pattern.anomaly) {
            continue;
        }
        match search.find(pattern) {
            Some(mut cycle) => {
                // Told from the one that ended first.
                let first = (0..cycle.len()).min_by_key(|at| cycle[*at]);
                cycle.rotate_left(first.unwrap_or(0));
                let next = cycle.iter().skip(1).chain(cycle.first());
                let pairs = cycle.iter().zip(next);
                let relations: Vec<u8> = pairs
                    .map(|(from, to)| told(reasons, part.label(*from, *to)))
                    .collect();
                let kind = kind(&relations);
                if kind == pattern.anomaly || !pattern.is_exact() {
                    let transactions = global(&cycle);
                    found.push((
                        kind,
                        Instance::Cycle {
                            transactions,
                            relations,
                        },
                    ));
                    needless.append(&mut implied_by([pattern.anomaly]));
                }
            }
            None if *search.budget == 0 => given_up.push(pattern.anomaly),
            None => {}
        }
    }
    if !given_up.is_empty() {
        found.push((
            Anomaly::CycleSearchTimeout,
            Instance::GivenUp {
                size: component.len(),
                sought: given_up,
            },
        ));
    }
    budget
}

/// What a cycle whose edges are told by these relations is.
pub(super) fn kind(relations: &[u8]) -> Anomaly {
    use Anomaly::*;
    let count = |relation| relations.iter().filter(|r| **r == relation).count();
    let next = relations.iter().skip(1).chain(relations.first());
    let in_a_row = relations
        .iter()
        .zip(next)
        .any(|(a, b)| (*a, *b) == (RW, RW));
    let variants = match (count(RW), in_a_row) {
        (0, _) if count(WR) > 0 => [G1c, G1cProcess, G1cRealtime],
        (0, _) => [G0, G0Process, G0Realtime],
        (1, _) => [GSingleItem, GSingleItemProcess, GSingleItemRealtime],
        (_, false) => [
            GNonadjacentItem,
            GNonadjacentItemProcess,
            GNonadjacentItemRealtime,
        ],
        (_, true) => [G2Item, G2ItemProcess, G2ItemRealtime],
    };
    match (count(PROCESS), count(REALTIME)) {
        (0, 0) => variants[0],
        (_, 0) => variants[1],
        _ => variants[2],
    }
}
