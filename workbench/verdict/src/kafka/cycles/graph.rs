//! What is before what, as a graph: its strongly connected components, and the circles in
//! them.

use std::collections::VecDeque;

use history::History;

use super::super::action::{Action, Actions, Key, Message};
use super::super::log::{Fates, Log};
use super::Why;

/// Which steps count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    /// From who sent a message to who polled it.
    pub(super) polls: bool,
    /// From who sent a message to who sent the next one of its key.
    pub(super) offsets: bool,
    /// From what ended to what began later.
    pub(super) time: bool,
}

/// The nodes of the graph are actions, and behind them the places of the
/// history: time goes from each place to the next, an action that succeeded
/// leads to the place of its end, and the place where one begins leads to it.
/// So paths of time are as short to write down as the history is.
pub(super) struct Graph<'a> {
    actions: &'a Actions<'a>,
    /// Who polled what each action sent, and which message.
    readers: Edges<(Key, Message)>,
    /// Who sent a message right behind one that each action sent, and these two.
    followers: Edges<(Key, Message, Message)>,
    /// For each place of the history, the action that begins there.
    begun: Vec<Option<u32>>,
    /// The place where each action begins, ...
    begins: Vec<Option<u32>>,
    /// ... and where it ends, if it succeeded: what begins later is after it.
    ends: Vec<Option<u32>>,
}

/// Where each action leads to and why, side by side: there are many.
struct Edges<T> {
    all: Vec<(u32, T)>,
    /// Where those of each action begin, and at last their number.
    starts: Vec<usize>,
}

impl<T: Copy + Default> Edges<T> {
    /// From so many actions; `each` gives every edge, and does so twice.
    fn new(actions: usize, each: impl Fn(&mut dyn FnMut(usize, usize, T))) -> Self {
        let mut starts = vec![0; actions + 2];
        each(&mut |from, _, _| starts[from + 2] += 1);
        for from in 2..starts.len() {
            starts[from] += starts[from - 1];
        }
        let mut all = vec![(0, T::default()); starts.last().copied().unwrap_or_default()];
        each(&mut |from, to, why| {
            all[starts[from + 1]] = (to as u32, why);
            starts[from + 1] += 1;
        });
        Edges { all, starts }
    }

    fn of(&self, from: usize) -> &[(u32, T)] {
        &self.all[self.starts[from]..self.starts[from + 1]]
    }
}

/// Gives each message that another polled than sent it: who sent it, and the reader.
fn each_poll(
    actions: &Actions<'_>,
    fates: &Fates,
    each: &mut dyn FnMut(usize, usize, (Key, Message)),
) {
    for (reader, action) in actions.list.iter().enumerate() {
        for batch in action.polled.iter().filter(|_| action.assigned.is_none()) {
            for message in batch.records.iter().map(|record| record.message) {
                let writer = fates.of(batch.key, message).writer;
                if let Some(writer) = writer.filter(|writer| *writer != reader) {
                    each(writer, reader, (batch.key, message));
                }
            }
        }
    }
}

/// Gives each message that is behind another's: who sent that, who sent it, and the two.
fn each_follower(
    logs: &[Log],
    fates: &Fates,
    each: &mut dyn FnMut(usize, usize, (Key, Message, Message)),
) {
    for (key, log) in logs.iter().enumerate() {
        for (message, fate) in fates.of_key(key).iter().enumerate() {
            let before = log.before(message);
            let (Some(follower), Some(before)) = (fate.writer, before) else {
                continue;
            };
            let writer = fates.of(key, before).writer;
            if let Some(writer) = writer.filter(|writer| *writer != follower) {
                each(writer, follower, (key, before, message));
            }
        }
    }
}

impl<'a> Graph<'a> {
    /// Without logs, nobody sends behind another.
    pub(super) fn new(
        history: &History,
        actions: &'a Actions<'a>,
        fates: &Fates,
        logs: &[Log],
    ) -> Self {
        let count = actions.list.len();
        let mut begun = vec![None; history.ops().len()];
        let mut begins = vec![None; count];
        for (reader, action) in actions.list.iter().enumerate() {
            if action.assigned.is_some() {
                continue;
            }
            if let Some(place) = history.pair_place(action.place) {
                begun[place] = Some(reader as u32);
                begins[reader] = Some(place as u32);
            }
        }
        let is_done = |action: &&Action<'_>| action.assigned.is_none() && action.is_ok();
        let end = |action| Some(action).filter(is_done).map(|done| done.place as u32);
        let ends = actions.list.iter().map(end).collect();
        Graph {
            actions,
            readers: Edges::new(count, |each| each_poll(actions, fates, each)),
            followers: Edges::new(count, |each| each_follower(logs, fates, each)),
            begun,
            begins,
            ends,
        }
    }

    /// How many actions there are.
    pub(super) fn actions(&self) -> usize {
        self.actions.list.len()
    }

    /// Whether no operation is before another.
    pub(super) fn is_empty(&self) -> bool {
        let first_end = self.ends.iter().flatten().next();
        let is_after = |(place, begun): (usize, &Option<u32>)| {
            begun.is_some() && first_end.is_some_and(|end| place > *end as usize)
        };
        self.readers.all.is_empty()
            && self.followers.all.is_empty()
            && !self.begun.iter().enumerate().any(is_after)
    }

    /// The actions, and the places if time counts.
    fn nodes(&self, steps: Steps) -> usize {
        match steps.time {
            true => self.actions() + self.begun.len(),
            false => self.actions(),
        }
    }

    /// The nodes that one leads to, by number, so that a walk can be taken up
    /// where it was left.
    fn next(&self, node: usize, number: usize, steps: Steps) -> Option<usize> {
        let count = self.actions();
        let Some(place) = node.checked_sub(count) else {
            let mut number = number;
            if steps.polls {
                let readers = self.readers.of(node);
                if let Some((reader, _)) = readers.get(number) {
                    return Some(*reader as usize);
                }
                number -= readers.len();
            }
            if steps.offsets {
                let followers = self.followers.of(node);
                if let Some((follower, _)) = followers.get(number) {
                    return Some(*follower as usize);
                }
                number -= followers.len();
            }
            let end = self.ends[node].filter(|_| steps.time && number == 0);
            return end.map(|place| count + place as usize);
        };
        let following = (place + 1 < self.begun.len()).then_some(count + place + 1);
        match (self.begun[place], number) {
            (Some(action), 0) => Some(action as usize),
            (Some(_), 1) | (None, 0) => following,
            _ => None,
        }
    }

    /// Why an action is before one that it leads to without a place between.
    fn why(&self, from: usize, to: usize, steps: Steps) -> Option<Why> {
        let readers = self.readers.of(from).iter().filter(|_| steps.polls);
        let mut sent = readers.filter(|(reader, _)| *reader as usize == to);
        if let Some((_, (key, message))) = sent.next() {
            return Some(Why::Sent(*key, *message));
        }
        let followers = self.followers.of(from).iter().filter(|_| steps.offsets);
        let mut followed = followers.filter(|(follower, _)| *follower as usize == to);
        let (_, (key, first, second)) = followed.next()?;
        Some(Why::Followed(*key, *first, *second))
    }

    /// The strongly connected components of several actions each (Tarjan 1972,
    /// with a stack of its own instead of recursion).
    pub(super) fn components(&self, steps: Steps) -> Vec<Vec<usize>> {
        const NEW: u32 = u32::MAX;
        let nodes = self.nodes(steps);
        let (mut number, mut low) = (vec![NEW; nodes], vec![0; nodes]);
        let mut is_open = vec![false; nodes];
        // Those of which it is open what component they are in, and the way to where the search
        // is, each with the number of its next edge. In a long history either is long.
        let mut open: Vec<u32> = Vec::new();
        let mut path: Vec<(u32, u32)> = Vec::new();
        let (mut count, mut components) = (0, Vec::new());
        for root in 0..nodes {
            if number[root] != NEW {
                continue;
            }
            path.push((root as u32, 0));
            while let Some((node, next)) = path.pop() {
                let node = node as usize;
                if next == 0 {
                    (number[node], low[node]) = (count, count);
                    count += 1;
                    open.push(node as u32);
                    is_open[node] = true;
                }
                match self.next(node, next as usize, steps) {
                    Some(other) => {
                        path.push((node as u32, next + 1));
                        if number[other] == NEW {
                            path.push((other as u32, 0));
                        } else if is_open[other] {
                            low[node] = low[node].min(number[other]);
                        }
                    }
                    None => {
                        if let Some((parent, _)) = path.last() {
                            let parent = *parent as usize;
                            low[parent] = low[parent].min(low[node]);
                        }
                        if low[node] == number[node] {
                            let from = open.iter().rposition(|other| *other as usize == node);
                            let members = open.drain(from.unwrap_or(open.len())..);
                            let members = members.map(|node| node as usize);
                            let members = members.inspect(|node| is_open[*node] = false);
                            let actions = members.filter(|node| *node < self.actions());
                            let mut component: Vec<usize> = actions.collect();
                            if component.len() > 1 {
                                component.sort_unstable();
                                components.push(component);
                            }
                        }
                    }
                }
            }
        }
        components.sort_unstable();
        components
    }

    /// A circle through a component, with few steps; of steps that are not of time, it has
    /// one that counts most: a poll, if those count.
    pub(super) fn cycle(&self, component: &[usize], steps: Steps) -> Vec<(usize, Why)> {
        let is_inside = |action: usize| component.binary_search(&action).is_ok();
        let direct = component.iter().flat_map(|&from| {
            let (readers, followers) = (self.readers.of(from), self.followers.of(from));
            let polls = readers.iter().filter(|_| steps.polls);
            let offsets = followers.iter().filter(|_| !steps.polls);
            let to = polls.map(|(to, _)| *to).chain(offsets.map(|(to, _)| *to));
            to.map(move |to| (from, to as usize))
        });
        let inside = direct.filter(|(_, to)| is_inside(*to));
        // Best is a message whose reader is before its writer straight away.
        let mut inside = inside.peekable();
        let first = inside.peek().copied();
        let straight = inside.find(|(from, to)| {
            let to = &self.actions.list[*to];
            to.is_ok() && self.begins[*from].is_some_and(|place| to.place < place as usize)
        });
        let Some((from, to)) = straight.filter(|_| steps.time).or(first) else {
            return Vec::new();
        };
        let why = self.why(from, to, steps);
        let mut circle: Vec<(usize, Why)> = why.into_iter().map(|why| (from, why)).collect();
        circle.extend(self.path(to, from, steps));
        circle
    }

    /// The way from one action to another with the fewest actions on it,
    /// without the last.
    fn path(&self, from: usize, to: usize, steps: Steps) -> Vec<(usize, Why)> {
        let is_action = |node: usize| node < self.actions();
        let mut before: Vec<Option<usize>> = vec![None; self.nodes(steps)];
        let mut reached = vec![false; self.nodes(steps)];
        let mut queue = VecDeque::from([(from, from)]);
        while let Some((node, previous)) = queue.pop_front() {
            if std::mem::replace(&mut reached[node], true) {
                continue;
            }
            before[node] = Some(previous);
            if node == to {
                break;
            }
            let mut number = 0;
            while let Some(next) = self.next(node, number, steps) {
                // Time alone is no step.
                match is_action(next) {
                    true => queue.push_back((next, node)),
                    false => queue.push_front((next, node)),
                }
                number += 1;
            }
        }
        let mut way = Vec::new();
        let mut node = to;
        while node != from {
            let Some(previous) = before[node] else {
                return Vec::new();
            };
            let mut origin = previous;
            while !is_action(origin) {
                let Some(earlier) = before[origin] else {
                    return Vec::new();
                };
                origin = earlier;
            }
            let why = match previous == origin {
                true => self.why(origin, node, steps),
                false => None,
            };
            way.push((origin, why.unwrap_or(Why::Ended)));
            node = origin;
        }
        way.reverse();
        way
    }
}
