//! Cycles of cause and effect: whoever sent a message did so before whoever
//! polled it, and whatever ended before another began is before it, too.
//!
//! The operations of a strongly connected component cannot be put in any such
//! order. If the messages alone make a circle, that is Adya's G1c; if it needs
//! the clock, G1c-realtime: a poll, say, that returned a message before anybody
//! began to send it. (Which of two messages has the smaller offset says nothing
//! here: writes are not isolated.)

use std::collections::VecDeque;

use history::History;

use super::action::{Actions, Key, Message};
use super::log::Fates;
use finding::LISTED;

/// Why one operation is before another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Why {
    /// The other polled what it sent.
    Sent(Key, Message),
    /// It ended before the other began.
    Ended,
}

/// Operations in a circle, each before the next, and the last before the first.
#[derive(Debug)]
pub(super) struct Cycle {
    /// Actions, each with why it is before the next. None beyond the first few
    /// cycles of a kind.
    pub(super) steps: Vec<(usize, Why)>,
    /// How many actions are in its strongly connected component.
    pub(super) component: Vec<usize>,
    /// Whether it needs the clock.
    pub(super) is_realtime: bool,
}

/// The nodes of the graph are actions, and behind them the places of the
/// history: time goes from each place to the next, an action that succeeded
/// leads to the place of its end, and the place where one begins leads to it.
/// So paths of time are as short to write down as the history is.
struct Graph<'a> {
    actions: &'a Actions<'a>,
    /// Who polled what each action sent.
    readers: Readers,
    /// For each place of the history, the action that begins there, if time
    /// counts.
    begun: Vec<Option<usize>>,
    /// The place where each action begins.
    begins: Vec<Option<usize>>,
}

/// An action that polled a message, and which.
type Reader = (u32, Key, Message);

/// Who polled what each action sent, side by side: there are many.
struct Readers {
    all: Vec<Reader>,
    /// Where those of each action begin, and at last their number.
    starts: Vec<usize>,
}

impl Readers {
    fn new(actions: &Actions<'_>, fates: &Fates) -> Self {
        let mut starts = vec![0; actions.list.len() + 2];
        each_poll(actions, fates, |writer, _| starts[writer + 2] += 1);
        for writer in 2..starts.len() {
            starts[writer] += starts[writer - 1];
        }
        let mut all = vec![(0, 0, 0); starts.last().copied().unwrap_or_default()];
        each_poll(actions, fates, |writer, reader| {
            all[starts[writer + 1]] = reader;
            starts[writer + 1] += 1;
        });
        Readers { all, starts }
    }

    /// How many actions there are.
    fn len(&self) -> usize {
        self.starts.len() - 2
    }

    fn of(&self, writer: usize) -> &[Reader] {
        &self.all[self.starts[writer]..self.starts[writer + 1]]
    }
}

/// Gives each message that another polled than sent it: who sent it, and the reader.
fn each_poll(actions: &Actions<'_>, fates: &Fates, mut each: impl FnMut(usize, Reader)) {
    for (reader, action) in actions.list.iter().enumerate() {
        for batch in action.polled.iter().filter(|_| action.assigned.is_none()) {
            for message in batch.records.iter().map(|record| record.message) {
                let writer = fates.of(batch.key, message).writer;
                if let Some(writer) = writer.filter(|writer| *writer != reader) {
                    each(writer, (reader as u32, batch.key, message));
                }
            }
        }
    }
}

impl<'a> Graph<'a> {
    fn new(history: &History, actions: &'a Actions<'a>, fates: &Fates) -> Self {
        let readers = Readers::new(actions, fates);
        let mut begun = vec![None; history.ops().len()];
        let mut begins = vec![None; actions.list.len()];
        for (reader, action) in actions.list.iter().enumerate() {
            if action.assigned.is_some() {
                continue;
            }
            if let Some(place) = history.pair_place(action.place) {
                begun[place] = Some(reader);
                begins[reader] = Some(place);
            }
        }
        Graph {
            actions,
            readers,
            begun,
            begins,
        }
    }

    /// Whether any operation is before another.
    fn is_empty(&self) -> bool {
        let list = &self.actions.list;
        let mut done = list
            .iter()
            .filter(|action| action.assigned.is_none() && action.is_ok());
        let first_end = done.next().map(|action| action.place);
        let is_after = |(place, begun): (usize, &Option<usize>)| {
            begun.is_some() && first_end.is_some_and(|end| place > end)
        };
        self.readers.all.is_empty() && !self.begun.iter().enumerate().any(is_after)
    }

    fn nodes(&self) -> usize {
        self.readers.len() + self.begun.len()
    }

    /// The nodes that one leads to, by number, so that a walk can be taken up
    /// where it was left.
    fn next(&self, node: usize, number: usize) -> Option<usize> {
        let count = self.readers.len();
        let Some(place) = node.checked_sub(count) else {
            let readers = self.readers.of(node);
            return match readers.get(number) {
                Some((reader, ..)) => Some(*reader as usize),
                None if number == readers.len() => {
                    let action = &self.actions.list[node];
                    let counts = action.assigned.is_none() && action.is_ok();
                    (counts && action.place < self.begun.len()).then_some(count + action.place)
                }
                None => None,
            };
        };
        let following = (place + 1 < self.begun.len()).then_some(count + place + 1);
        match (self.begun[place], number) {
            (Some(action), 0) => Some(action),
            (Some(_), 1) | (None, 0) => following,
            _ => None,
        }
    }

    /// The strongly connected components of several actions each (Tarjan 1972,
    /// with a stack of its own instead of recursion).
    fn components(&self) -> Vec<Vec<usize>> {
        const NEW: u32 = u32::MAX;
        let nodes = self.nodes();
        let (mut number, mut low) = (vec![NEW; nodes], vec![0; nodes]);
        let mut is_open = vec![false; nodes];
        let (mut open, mut path) = (Vec::new(), Vec::new());
        let (mut count, mut components) = (0, Vec::new());
        for root in 0..nodes {
            if number[root] != NEW {
                continue;
            }
            path.push((root, 0));
            while let Some((node, next)) = path.pop() {
                if next == 0 {
                    (number[node], low[node]) = (count, count);
                    count += 1;
                    open.push(node);
                    is_open[node] = true;
                }
                match self.next(node, next) {
                    Some(other) => {
                        path.push((node, next + 1));
                        if number[other] == NEW {
                            path.push((other, 0));
                        } else if is_open[other] {
                            low[node] = low[node].min(number[other]);
                        }
                    }
                    None => {
                        if let Some((parent, _)) = path.last() {
                            low[*parent] = low[*parent].min(low[node]);
                        }
                        if low[node] == number[node] {
                            let from = open.iter().rposition(|other| *other == node);
                            let members = open.drain(from.unwrap_or(open.len())..);
                            let members = members.inspect(|node| is_open[*node] = false);
                            let actions = members.filter(|node| *node < self.readers.len());
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

    /// A circle through a component, with few steps.
    fn cycle(&self, component: &[usize]) -> Vec<(usize, Why)> {
        let is_inside = |action: usize| component.binary_search(&action).is_ok();
        let sent = component.iter().flat_map(|&writer| {
            let readers = self.readers.of(writer).iter();
            readers.map(move |(reader, key, message)| (writer, *reader as usize, *key, *message))
        });
        let inside = sent.filter(|(_, reader, ..)| is_inside(*reader));
        // Best is a message whose reader is before its writer straight away.
        let mut inside = inside.peekable();
        let first = inside.peek().copied();
        let straight = inside.find(|(writer, reader, ..)| {
            let reader = &self.actions.list[*reader];
            reader.is_ok() && self.begins[*writer].is_some_and(|place| reader.place < place)
        });
        let Some((writer, reader, key, message)) = straight.or(first) else {
            return Vec::new();
        };
        let mut steps = vec![(writer, Why::Sent(key, message))];
        steps.extend(self.path(reader, writer));
        steps
    }

    /// The way from one action to another with the fewest actions on it,
    /// without the last.
    fn path(&self, from: usize, to: usize) -> Vec<(usize, Why)> {
        let is_action = |node: usize| node < self.readers.len();
        let mut before: Vec<Option<usize>> = vec![None; self.nodes()];
        let mut reached = vec![false; self.nodes()];
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
            while let Some(next) = self.next(node, number) {
                // Time alone is no step.
                match is_action(next) {
                    true => queue.push_back((next, node)),
                    false => queue.push_front((next, node)),
                }
                number += 1;
            }
        }
        let mut steps = Vec::new();
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
            let mut readers = self.readers.of(origin).iter();
            let sent = readers.find(|(reader, ..)| *reader as usize == node);
            let why = match sent {
                Some((_, key, message)) if previous == origin => Why::Sent(*key, *message),
                _ => Why::Ended,
            };
            steps.push((origin, why));
            node = origin;
        }
        steps.reverse();
        steps
    }
}

/// What the order of cause and effect shows.
#[derive(Debug)]
pub(super) struct Cycles {
    /// A circle of each component.
    pub(super) cycles: Vec<Cycle>,
    /// Nothing is before anything, so that there is nothing to judge.
    pub(super) is_empty: bool,
}

/// Finds the cycles.
pub(super) fn find(history: &History, actions: &Actions<'_>, fates: &Fates) -> Cycles {
    let mut graph = Graph::new(history, actions, fates);
    let is_empty = history.clients().next().is_some() && graph.is_empty();
    let components = graph.components();
    // Those that are circles by their messages alone, each in the place of the
    // component around it.
    let mut plain: Vec<Option<Vec<usize>>> = vec![None; components.len()];
    let begun = std::mem::take(&mut graph.begun);
    if !components.is_empty() {
        let mut around = vec![None; actions.list.len()];
        for (i, component) in components.iter().enumerate() {
            component
                .iter()
                .for_each(|action| around[*action] = Some(i));
        }
        for component in graph.components() {
            if let Some(i) = around[component[0]] {
                plain[i].get_or_insert(component);
            }
        }
    }
    // It takes a walk through the graph to make one out; few are told.
    let told = plain.iter().flatten().take(LISTED);
    let circles: Vec<_> = told.map(|component| graph.cycle(component)).collect();
    let mut circles = circles.into_iter();
    graph.begun = begun;
    let mut untold = LISTED;
    let cycle = |(component, plain): (Vec<usize>, Option<_>)| {
        let is_realtime = plain.is_none();
        let steps = match is_realtime {
            true if untold > 0 => {
                untold -= 1;
                graph.cycle(&component)
            }
            true => Vec::new(),
            false => circles.next().unwrap_or_default(),
        };
        Cycle {
            steps,
            component,
            is_realtime,
        }
    };
    let cycles = components.into_iter().zip(plain).map(cycle).collect();
    Cycles { cycles, is_empty }
}
