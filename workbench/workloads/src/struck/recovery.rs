//! How soon nodes that were started again answer.

use std::time::Duration;

use history::{OpType, Process};
use simulation::run::Outcome;

/// A node that was started again, and asked something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Its place.
    pub node: usize,
    /// When it was started, since the start of the main phase.
    pub started: Duration,
    /// The time from the first operation that a client began there in this life to the first such
    /// one that succeeded; none if there was none before the node died again, or the run ended.
    pub took: Option<Duration>,
}

/// Every node that was started again in a run and asked something then, in the order of deaths.
///
/// What happens to it meanwhile, such as partitions, pauses, and that others are dead, is part of
/// the time: it is what clients see.
pub fn recoveries(outcome: &Outcome) -> Vec<Recovery> {
    let deaths = outcome.deaths.iter().enumerate();
    let lives = deaths.filter_map(|(place, death)| {
        let started = restart(outcome, death.time, death.why.is_some())?;
        let mut later = outcome.deaths[place + 1..].iter();
        let next = later.find(|later| later.node == death.node);
        recovery(outcome, death.node, started, next.map(|next| next.time))
    });
    lives.collect()
}

/// When the nemesis starts a node again that died then: when kills are over, or, if its disk had
/// failed, when that is.
fn restart(outcome: &Outcome, died: Duration, is_of_disk: bool) -> Option<Duration> {
    let mut ops = outcome.history.ops().iter();
    let starts =
        |f: &str| f == "start" || is_of_disk && matches!(f, "stop-disk" | "stop-lost-writes");
    let start =
        ops.find(|op| op.process == Process::Nemesis && time(op.time) >= died && starts(&op.f))?;
    Some(time(start.time))
}

fn recovery(
    outcome: &Outcome,
    node: usize,
    started: Duration,
    ended: Option<Duration>,
) -> Option<Recovery> {
    let mut begun = None;
    let mut answered: Option<Duration> = None;
    let ops = outcome.history.clients();
    for (place, op) in ops.filter(|(_, op)| op.typ == OpType::Invoke) {
        let is_asked = matches!(op.process, Process::Client(client)
            if client as usize % outcome.nodes == node);
        let at = time(op.time);
        if !is_asked || at < started || ended.is_some_and(|ended| at >= ended) {
            continue;
        }
        begun.get_or_insert(at);
        if let Some(end) = outcome.history.pair(place)
            && end.typ == OpType::Ok
        {
            let end = time(end.time);
            answered = Some(answered.map_or(end, |answered| answered.min(end)));
        }
    }
    let begun = begun?;
    Some(Recovery {
        node,
        started,
        took: answered.map(|answered| answered - begun),
    })
}

fn time(nanos: i64) -> Duration {
    Duration::from_nanos(nanos.max(0) as u64)
}
