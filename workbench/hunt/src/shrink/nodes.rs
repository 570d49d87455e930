//! A schedule without one of its nodes.

use std::collections::BTreeSet;

use simulation::nemesis::{Moment, Rule};
use simulation::schedule::{Choice, Schedule};

/// The same without the node at this place, and without all that was about it; its clients'
/// operations are left out, too. The other clients work with the nodes that they worked
/// with. None, if it is the only one.
pub(super) fn without(schedule: &Schedule, gone: usize) -> Option<Schedule> {
    let mut smaller = schedule.clone();
    let before = smaller.world.nodes.len();
    if before < 2 {
        return None;
    }
    let name = smaller.world.nodes.remove(gone);
    let after = before - 1;
    // A client at place p works with the node p modulo the number of nodes.
    let moved = |client: usize| {
        let (node, nth) = (client % before, client / before);
        let node = match node.cmp(&gone) {
            std::cmp::Ordering::Less => node,
            std::cmp::Ordering::Equal => return None,
            std::cmp::Ordering::Greater => node - 1,
        };
        Some(nth * after + node)
    };
    smaller.world.clients = after * smaller.world.clients.div_ceil(before);
    smaller.world.rules = std::mem::take(&mut smaller.world.rules)
        .into_iter()
        .filter_map(|rule| rule_without(rule, gone))
        .collect();
    smaller.choices.retain_mut(|choice| match choice {
        Choice::Operation { client, .. } => match moved(*client) {
            Some(place) => {
                *client = place;
                true
            }
            None => false,
        },
        Choice::Partition { cut, .. } => {
            cut.retain(|(src, dest)| *src != name && *dest != name);
            true
        }
        Choice::Strike { nodes, .. } => {
            nodes.remove(&name);
            true
        }
        Choice::Message { from, to, .. } => *from != name && *to != name,
        Choice::Heal { .. } | Choice::Relief { .. } | Choice::Answer { .. } => true,
    });
    Some(smaller)
}

/// A rule without a node; none, if it was about that alone.
fn rule_without(mut rule: Rule, gone: usize) -> Option<Rule> {
    let moved = |node: usize| (node != gone).then(|| node - usize::from(node > gone));
    rule.nodes = rule.nodes.into_iter().filter_map(moved).collect();
    match &mut rule.moment {
        Moment::At(_) => {}
        Moment::Writes { node, .. }
        | Moment::Syncs { node, .. }
        | Moment::Sends { node, .. }
        | Moment::Receives { node, .. } => *node = moved(*node)?,
    }
    (!rule.nodes.is_empty()).then_some(rule)
}

/// The same with as few clients as its operations need, a whole number for each node.
pub(super) fn with_fewest_clients(schedule: &Schedule) -> Schedule {
    let mut smaller = schedule.clone();
    let nodes = smaller.world.nodes.len();
    let mut used: BTreeSet<usize> = BTreeSet::new();
    for choice in &smaller.choices {
        if let Choice::Operation { client, .. } = choice {
            used.insert(*client);
        }
    }
    // Of each node's clients, those that are used come first.
    let place = |client: usize| {
        let same = used
            .iter()
            .filter(|other| **other % nodes == client % nodes);
        let before = same.filter(|other| **other < client).count();
        before * nodes + client % nodes
    };
    let most = used.iter().map(|client| place(*client) / nodes + 1).max();
    for choice in &mut smaller.choices {
        if let Choice::Operation { client, .. } = choice {
            *client = place(*client);
        }
    }
    let clients = nodes * most.unwrap_or(1);
    smaller.world.clients = clients.min(smaller.world.clients);
    smaller
}
