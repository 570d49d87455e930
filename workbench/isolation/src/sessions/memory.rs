//! Causal memory (Ahamad et al., "Causal Memory: Definitions, Implementation, and Programming",
//! 1995): each client has an order of all writes and of its own reads, with the causal past of
//! each in it, in which every read shows the last write before it.
//!
//! That is looked for as Bouajjani et al. do ("On Verifying Causal Consistency", POPL 2017,
//! section 5): whatever a read of the client knew of and does not show was before what it
//! shows. By that, reads may have known of more, so it is done until nothing follows any more.
//! There is an order if none of it makes a circle, and no read knew of a write that it cannot
//! have been before.

use std::collections::BTreeSet;

use super::super::relation::RW;
use super::clocks::{self, Asked, circle, topological, walk};
use super::order::{self, Ask, Violation};
use super::units::Units;
use crate::graph::{Edge, Graph};

/// How many numbers of clocks may be gone through.
const MOST_STEPS: usize = 1_000_000_000;

/// Why some client has no such order, if one has none.
///
/// # Errors
/// That it takes too much.
pub(super) fn look(units: &Units<'_>) -> Result<Option<Violation>, String> {
    if let Some(broken) = clocks::look(units, true)?.broken {
        return Ok(Some(broken));
    }
    let base = clocks::edges(units, true);
    let mut steps = 0;
    for session in 0..units.sessions as u32 {
        let mut asks: BTreeSet<Ask> = BTreeSet::new();
        loop {
            steps += units.all.len() * units.sessions;
            if steps > MOST_STEPS {
                return Err(format!(
                    "{} sessions are too many to look for an order of each",
                    units.sessions
                ));
            }
            let all: Vec<Ask> = asks.iter().copied().collect();
            let graph = order::graph(units, &base, &all);
            if let Some(steps) = circle(units, &graph, &all) {
                let name = "CyclicHB";
                return Ok(Some(Violation { name, steps }));
            }
            let mut asked = Asked {
                session: Some(session),
                ..Asked::default()
            };
            for ask in &all {
                asked.before.entry(ask.after).or_default().push(ask.before);
            }
            let walked = walk(units, true, &topological(&graph), &asked)?;
            if let Some((broken, unseen)) = walked.broken {
                return Ok(Some(match unseen {
                    Some(unseen) => circular(units, &base, &all, unseen).unwrap_or(broken),
                    None => broken,
                }));
            }
            let known = asks.len();
            asks.extend(walked.asks.all());
            if asks.len() == known {
                break;
            }
        }
    }
    Ok(None)
}

/// The way from a write to a read that knew of it, and back, since it does not show it.
fn circular(
    units: &Units<'_>,
    base: &[Edge],
    asks: &[Ask],
    [write, reader]: [u32; 2],
) -> Option<Violation> {
    let asked = asks.iter().map(|ask| Edge {
        from: ask.before,
        to: ask.after,
        label: super::super::relation::WW,
    });
    let back = Edge {
        from: reader,
        to: write,
        label: RW,
    };
    let edges: Vec<Edge> = base.iter().copied().chain(asked).chain([back]).collect();
    let graph = Graph::new(units.all.len(), &edges);
    let steps = circle(units, &graph, asks)?;
    let name = "WriteHBInitRead";
    Some(Violation { name, steps })
}
