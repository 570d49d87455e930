//! How one transaction depends on another: the bits of the edges of a
//! dependency graph, and those edges that follow from when and by whom
//! transactions were done rather than from what they read and wrote.

use std::collections::BTreeMap;

use history::OpType;

use super::transaction::Transactions;
use crate::graph::Edge;
use finding::cycle::Relation;

/// The second overwrote a version that the first wrote.
pub(super) const WW: u8 = 1;
/// The second read a version that the first wrote.
pub(super) const WR: u8 = 2;
/// The second overwrote a version that the first read.
pub(super) const RW: u8 = 4;
/// One client did the first before the second.
pub(super) const PROCESS: u8 = 8;
/// The first ended before the second began.
pub(super) const REALTIME: u8 = 16;

/// The name of a relation in results.
pub(super) fn named(relation: u8) -> Relation {
    match relation {
        WW => Relation::Ww,
        WR => Relation::Wr,
        RW => Relation::Rw,
        PROCESS => Relation::Process,
        _ => Relation::Realtime,
    }
}

/// Edges between transactions, and whether there were any, be it from a
/// transaction to itself or to one that failed, which are in no cycle.
#[derive(Debug)]
pub(super) struct Edges {
    pub(super) edges: Vec<Edge>,
    pub(super) any: bool,
    /// Whether some were left out, since there would be more than `most`.
    pub(super) too_many: bool,
    most: usize,
}

/// How many edges there may be, and how many more for each transaction. Real histories
/// have a tenth of it; where many transactions read the same and many write after it,
/// each depends on each, and memory would not suffice.
const MOST_EDGES: usize = 1 << 22;
const MOST_FOR_EACH: usize = 64;

impl Edges {
    /// None between so many transactions.
    pub(super) fn among(transactions: &Transactions) -> Self {
        Edges {
            edges: Vec::new(),
            any: false,
            too_many: false,
            most: MOST_EDGES + MOST_FOR_EACH * transactions.all.len(),
        }
    }

    /// Adds an edge between two transactions.
    pub(super) fn add(&mut self, from: u32, to: u32, label: u8) {
        self.any = true;
        match self.edges.len() < self.most {
            true => self.edges.push(Edge { from, to, label }),
            false => self.too_many = true,
        }
    }
}

/// What order of time transactions must keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeOrder {
    /// None.
    None,
    /// That of each client.
    Process,
    /// That of the clock, which has that of clients in it.
    Realtime,
}

/// From each client's transactions that succeeded, one to the next.
pub(super) fn add_process_order(edges: &mut Edges, transactions: &Transactions) {
    let mut last = BTreeMap::new();
    for (i, transaction) in transactions.numbered() {
        if transaction.outcome == OpType::Ok
            && let Some(before) = last.insert(transaction.process, i)
        {
            edges.add(before, i, PROCESS);
        }
    }
}

/// From each transaction that succeeded to those that began after its end; as
/// few edges as have the same paths.
///
/// Of those that have ended, only some need an edge to one that begins now: not
/// those that ended before another of them began. These few, at most about as
/// many as there are clients, are kept while time goes on.
pub(super) fn add_realtime_order(edges: &mut Edges, transactions: &Transactions) {
    // By place in the history: which one begins or ends there, and whether it ends.
    let places = transactions.all.iter().map(|transaction| transaction.place);
    let mut events = vec![None; places.max().map_or(0, |last| last + 1)];
    for (i, transaction) in transactions.numbered() {
        if let Some(place) = transaction.invoked {
            events[place] = Some((i, false));
        }
        if transaction.outcome == OpType::Ok {
            events[transaction.place] = Some((i, true));
        }
    }
    let mut frontier: Vec<u32> = Vec::new();
    for (i, ends) in events.into_iter().flatten() {
        let transaction = &transactions.all[i as usize];
        if ends {
            let invoked = transaction.invoked.unwrap_or(0);
            frontier.retain(|before| transactions.all[*before as usize].place > invoked);
            frontier.push(i);
        } else if transaction.outcome == OpType::Fail {
            edges.any |= !frontier.is_empty();
        } else {
            for before in &frontier {
                edges.add(*before, i, REALTIME);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::transaction::Datatype;
    use super::*;
    use crate::graph::Graph;
    use history::History;

    use rng::Rng;

    /// Against the definition, on random histories: the same paths, and no edge
    /// that paths of others make needless.
    #[test]
    fn realtime_edges_are_the_transitive_reduction() {
        let rng = Rng::new(1);
        for _ in 0..200 {
            let mut text = String::new();
            let mut busy = [false; 4];
            for index in 0..24 {
                let client = rng.below(4) as usize;
                let typ = if busy[client] { "ok" } else { "invoke" };
                busy[client] = !busy[client];
                text += &format!(
                    "{{:index {index}, :type :{typ}, :process {client}, :f :txn, :value []}}\n"
                );
            }
            let history = History::read(&text).unwrap();
            let transactions = Transactions::read(&history, Datatype::List).unwrap();
            let n = transactions.all.len();
            let mut edges = Edges::among(&transactions);
            add_realtime_order(&mut edges, &transactions);
            let graph = Graph::new(n, &edges.edges);
            let before = |a: usize, b: usize| {
                let (a, b) = (&transactions.all[a], &transactions.all[b]);
                a.outcome == OpType::Ok && b.invoked.is_some_and(|invoked| a.place < invoked)
            };
            for a in 0..n {
                for b in 0..n {
                    let between = (0..n).any(|c| before(a, c) && before(c, b));
                    let edge = graph.label(a as u32, b as u32) != 0;
                    assert_eq!(edge, before(a, b) && !between, "{a} {b}\n{text}");
                }
            }
        }
    }
}
