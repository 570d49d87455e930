//! Cycles of cause and effect: whoever sent a message did so before whoever
//! polled it, and whatever ended before another began is before it, too.
//!
//! The operations of a strongly connected component cannot be put in any such
//! order. If the messages alone make a circle, that is Adya's G1c; if it needs
//! the clock, G1c-realtime: a poll, say, that returned a message before anybody
//! began to send it.
//!
//! Which of two messages has the smaller offset says nothing of that, unless one
//! asks for it ([`Options::ww_deps`](super::Options)): then whoever sent a
//! message is before whoever sent the next one of its key. Circles of that alone
//! are G0, or G0-realtime with the clock. Writes are not isolated in Kafka, so
//! cycles that need such a step are told, and are no errors.

mod graph;

use std::collections::BTreeSet;

use history::History;

use super::action::{Actions, Key, Message};
use super::log::{Fates, Log};
use finding::LISTED;
use graph::{Graph, Steps};

/// Why one operation is before another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Why {
    /// The other polled what it sent.
    Sent(Key, Message),
    /// The other sent the second of these messages right behind the first, which it sent.
    Followed(Key, Message, Message),
    /// It ended before the other began.
    Ended,
}

/// What a cycle is made of, by the name that Elle has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Sends behind sends.
    G0,
    /// Those, and the clock.
    G0Realtime,
    /// Messages that were polled, and sends behind sends where these count.
    G1c,
    /// Those, and the clock.
    G1cRealtime,
}

impl Kind {
    /// All of them: one that Elle looks for is behind those that imply it.
    pub(super) const ALL: [Kind; 4] = [Kind::G0, Kind::G1c, Kind::G0Realtime, Kind::G1cRealtime];

    /// Its name in results.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::G0 => "G0",
            Kind::G0Realtime => "G0-realtime",
            Kind::G1c => "G1c",
            Kind::G1cRealtime => "G1c-realtime",
        }
    }

    /// The steps that it may have, where sends behind sends count or do not; none, if it
    /// would have no other than those of time.
    fn steps(self, offsets: bool) -> Option<Steps> {
        let polls = matches!(self, Kind::G1c | Kind::G1cRealtime);
        let time = matches!(self, Kind::G0Realtime | Kind::G1cRealtime);
        (polls || offsets).then_some(Steps {
            polls,
            offsets,
            time,
        })
    }

    /// Whether a component with a cycle of another kind has one of this kind as well, which
    /// then says nothing more.
    fn follows_from(self, other: Kind) -> bool {
        match other {
            Kind::G0 => self != Kind::G0,
            Kind::G1c | Kind::G0Realtime => self == Kind::G1cRealtime,
            Kind::G1cRealtime => false,
        }
    }
}

/// Operations in a circle, each before the next, and the last before the first.
#[derive(Debug)]
pub(super) struct Cycle {
    /// Actions, each with why it is before the next. None beyond the first few
    /// cycles of a kind.
    pub(super) steps: Vec<(usize, Why)>,
    /// The actions of its strongly connected component.
    pub(super) component: Vec<usize>,
    /// What it is made of.
    pub(super) kind: Kind,
    /// Whether there is a circle only if sends behind sends count.
    pub(super) needs_offsets: bool,
}

/// What the order of cause and effect shows.
#[derive(Debug)]
pub(super) struct Cycles {
    /// A circle of each component, or one of several kinds.
    pub(super) cycles: Vec<Cycle>,
    /// Nothing is before anything, so that there is nothing to judge.
    pub(super) is_empty: bool,
}

/// Finds the cycles; with the order of offsets, if logs are given, and then also without it,
/// if it matters which cycles need it.
pub(super) fn find(
    history: &History,
    actions: &Actions<'_>,
    fates: &Fates,
    logs: Option<&[Log]>,
    tells_need: bool,
) -> Cycles {
    let graph = Graph::new(history, actions, fates, logs.unwrap_or_default());
    let is_empty = history.clients().next().is_some() && graph.is_empty();
    let mut cycles = match logs.is_none() || tells_need {
        true => search(&graph, false),
        false => Vec::new(),
    };
    if logs.is_some() {
        let known = cycles.iter().map(|cycle| (cycle.kind, cycle.component[0]));
        let known: BTreeSet<(Kind, usize)> = known.collect();
        let mut others = search(&graph, true);
        others.retain(
            |Cycle {
                 kind, component, ..
             }| {
                !component
                    .iter()
                    .any(|action| known.contains(&(*kind, *action)))
            },
        );
        cycles.append(&mut others);
    }
    Cycles { cycles, is_empty }
}

/// A cycle of each component, or one of each kind that does not follow from another.
fn search(graph: &Graph<'_>, offsets: bool) -> Vec<Cycle> {
    let everything = Steps {
        polls: true,
        offsets,
        time: true,
    };
    let components = graph.components(everything);
    if components.is_empty() {
        return Vec::new();
    }
    let mut around = vec![None; graph.actions()];
    for (i, component) in components.iter().enumerate() {
        (component.iter()).for_each(|action| around[*action] = Some(i));
    }
    let mut found: Vec<Vec<Kind>> = vec![Vec::new(); components.len()];
    let mut cycles = Vec::new();
    for kind in Kind::ALL {
        let Some(steps) = kind.steps(offsets) else {
            continue;
        };
        // The smaller components, each in the place of the one around it.
        let mut inner: Vec<Option<Vec<usize>>> = vec![None; components.len()];
        for component in graph.components(steps) {
            if let Some(i) = around[component[0]] {
                inner[i].get_or_insert(component);
            }
        }
        // It takes a walk through the graph to make a circle out; few are told.
        let mut untold = LISTED;
        for (i, inner) in inner.into_iter().enumerate() {
            let follows = found[i].iter().any(|other| kind.follows_from(*other));
            let Some(inner) = inner.filter(|_| !follows) else {
                continue;
            };
            found[i].push(kind);
            let circle = match untold {
                0 => Vec::new(),
                _ => graph.cycle(&inner, steps),
            };
            untold = untold.saturating_sub(1);
            cycles.push(Cycle {
                steps: circle,
                component: components[i].clone(),
                kind,
                needs_offsets: offsets,
            });
        }
    }
    cycles
}
