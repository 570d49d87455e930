//! The search for cycles of a kind.
//!
//! It goes breadth first from one transaction after the other, so that what it
//! finds is short, over pairs of a transaction and what the path to it has taken
//! and still needs. Only the first path to a pair is followed, which is what
//! keeps the search from growing exponentially; paths that cross themselves are
//! cut to the loop in them.

use super::clojure_order::sort_as_map;
use super::pattern::{Pattern, STATES, State};
use crate::graph::Graph;

/// A search in a graph, and how much work it may still be.
pub(super) struct Search<'a> {
    graph: &'a Graph,
    /// By which vertices are ordered, see [`clojure_order`](super::clojure_order).
    hashes: Vec<u32>,
    /// The edges from each vertex that the pattern can use, in that order, as
    /// far as they were needed.
    edges: Vec<Option<Vec<(u32, u8)>>>,
    /// How many edges may still be looked at.
    pub(super) budget: &'a mut u64,
    /// When a vertex was last reached in a state: by the number of a start.
    reached: Vec<[u32; STATES]>,
    starts: u32,
}

/// Part of a path: its last vertex, its state, and where what came before is.
struct Path {
    vertex: u32,
    state: State,
    before: usize,
}

/// Where the first part of a path has what came before.
const NOTHING: usize = usize::MAX;

impl<'a> Search<'a> {
    /// In a graph of operations with these hashes.
    pub(super) fn new(graph: &'a Graph, hashes: Vec<u32>, budget: &'a mut u64) -> Self {
        Search {
            graph,
            edges: vec![None; hashes.len()],
            hashes,
            budget,
            reached: vec![[0; STATES]; graph.len()],
            starts: 0,
        }
    }

    /// A cycle of the pattern, each vertex once; `None` if there is none, or
    /// if the budget was used up before one was found.
    pub(super) fn find(&mut self, pattern: &Pattern) -> Option<Vec<u32>> {
        let leads = self.leading_to_cycles(pattern)?;
        self.edges.fill(None);
        let starts = self.vertices(pattern.relations()).into_iter();
        starts
            .filter(|start| leads[*start as usize])
            .find_map(|start| self.from(pattern, start, &leads))
    }

    /// From which vertices one comes to a component that has all that the
    /// pattern needs; `None` if there is no such component. Elle begins at any
    /// of them, and so finds cycles by paths with a tail.
    fn leading_to_cycles(&self, pattern: &Pattern) -> Option<Vec<bool>> {
        let relations = pattern.relations();
        let components = self.graph.components(relations).into_iter();
        let mut open: Vec<u32> = components
            .filter(|component| self.has_all(pattern, component))
            .flatten()
            .collect();
        if open.is_empty() {
            return None;
        }
        let back = self.graph.reversed();
        let mut leads = vec![false; self.graph.len()];
        while let Some(vertex) = open.pop() {
            if !std::mem::replace(&mut leads[vertex as usize], true) {
                let edges = back.out(vertex).iter();
                let usable = edges.filter(|(_, label)| label & relations != 0);
                open.extend(usable.map(|(before, _)| *before));
            }
        }
        Some(leads)
    }

    /// The vertices that have edges of these relations, in Elle's order.
    fn vertices(&self, relations: u8) -> Vec<u32> {
        let mut has_edges = vec![false; self.graph.len()];
        for vertex in 0..self.graph.len() as u32 {
            for (target, label) in self.graph.out(vertex) {
                if label & relations != 0 {
                    has_edges[vertex as usize] = true;
                    has_edges[*target as usize] = true;
                }
            }
        }
        let vertices = (0..self.graph.len() as u32).filter(|v| has_edges[*v as usize]);
        let mut hashed: Vec<(u32, u32)> = vertices
            .map(|vertex| (self.hashes[vertex as usize], vertex))
            .collect();
        sort_as_map(&mut hashed);
        hashed.into_iter().map(|(_, vertex)| vertex).collect()
    }

    /// The edges from a vertex that the pattern can use, in Elle's order.
    fn edges(&mut self, pattern: &Pattern, vertex: u32) -> Vec<(u32, u8)> {
        if let Some(edges) = self.edges[vertex as usize].take() {
            return edges;
        }
        let edges = self.graph.out(vertex).iter();
        let usable = edges.filter(|(_, label)| label & pattern.relations() != 0);
        let mut hashed: Vec<_> = usable
            .map(|edge| (self.hashes[edge.0 as usize], *edge))
            .collect();
        sort_as_map(&mut hashed);
        hashed.into_iter().map(|(_, edge)| edge).collect()
    }

    /// Whether a component has an edge of all that the pattern needs.
    fn has_all(&self, pattern: &Pattern, component: &[u32]) -> bool {
        let mut labels = 0;
        for vertex in component {
            for (target, label) in self.graph.out(*vertex) {
                if component.binary_search(target).is_ok() {
                    labels |= label;
                }
            }
        }
        pattern.has_what_it_needs(labels)
    }

    fn from(&mut self, pattern: &Pattern, start: u32, leads: &[bool]) -> Option<Vec<u32>> {
        self.starts += 1;
        let stamp = self.starts;
        let mut paths = vec![Path {
            vertex: start,
            state: pattern.start(),
            before: NOTHING,
        }];
        let mut next = 0;
        let mut states = Vec::with_capacity(4);
        let mut path = Vec::new();
        while next < paths.len() {
            let Path { vertex, state, .. } = paths[next];
            trace(&paths, next, &mut path);
            let edges = self.edges(pattern, vertex);
            for &(target, label) in &edges {
                if *self.budget == 0 {
                    return None;
                }
                *self.budget -= 1;
                if !leads[target as usize] {
                    continue;
                }
                states.clear();
                pattern.step(state, label, next == 0, |state| states.push(state));
                for state in states.drain(..) {
                    if let Some(place) = path.iter().position(|vertex| *vertex == target) {
                        if !pattern.accepts(state) {
                            continue;
                        }
                        if target == start {
                            return Some(path.iter().rev().copied().collect());
                        }
                        // The path has a tail: is there a cycle without it?
                        let mut looped: Vec<u32> = path[..=place].to_vec();
                        looped.reverse();
                        if let Some(cycle) = self.within_loop(pattern, &looped) {
                            return Some(cycle);
                        }
                        continue;
                    }
                    let reached = &mut self.reached[target as usize][state.number()];
                    if *reached != stamp {
                        *reached = stamp;
                        paths.push(Path {
                            vertex: target,
                            state,
                            before: next,
                        });
                    }
                }
            }
            self.edges[vertex as usize] = Some(edges);
            next += 1;
        }
        None
    }

    /// A cycle of the pattern among the vertices of a loop.
    fn within_loop(&mut self, pattern: &Pattern, looped: &[u32]) -> Option<Vec<u32>> {
        let mut vertices = looped.to_vec();
        vertices.sort_unstable();
        let part = self.graph.induced(&vertices);
        let hashes = vertices.iter().map(|v| self.hashes[*v as usize]).collect();
        let mut search = Search::new(&part, hashes, self.budget);
        let place = |vertex: &u32| vertices.binary_search(vertex).unwrap_or(0) as u32;
        let all = vec![true; vertices.len()];
        let mut starts = looped.iter().map(place);
        let cycle = starts.find_map(|start| search.from(pattern, start, &all))?;
        Some(cycle.into_iter().map(|i| vertices[i as usize]).collect())
    }
}

/// Sets `vertices` to those of a path, the last first.
fn trace(paths: &[Path], mut place: usize, vertices: &mut Vec<u32>) {
    vertices.clear();
    while place != NOTHING {
        vertices.push(paths[place].vertex);
        place = paths[place].before;
    }
}

#[cfg(test)]
mod tests {
    use rng::Rng;

    use super::super::anomaly::Anomaly::{self, *};
    use super::super::clojure_order::hash_operation;
    use super::super::cycles::kind;
    use super::super::pattern::PATTERNS;
    use super::super::relation::{PROCESS, RW, WR, WW};
    use super::*;
    use crate::graph::Edge;

    /// The kinds of all cycles of a graph in which each edge is one relation.
    fn kinds(graph: &Graph) -> Vec<Anomaly> {
        fn extend(graph: &Graph, path: &mut Vec<u32>, found: &mut Vec<Vec<u8>>) {
            let last = path[path.len() - 1];
            for (target, _) in graph.out(last) {
                if *target == path[0] {
                    let next = path.iter().skip(1).chain(path.first());
                    let pairs = path.iter().zip(next);
                    found.push(pairs.map(|(a, b)| graph.label(*a, *b)).collect());
                } else if !path.contains(target) {
                    path.push(*target);
                    extend(graph, path, found);
                    path.pop();
                }
            }
        }
        let mut found = Vec::new();
        for start in 0..graph.len() as u32 {
            extend(graph, &mut vec![start], &mut found);
        }
        found.iter().map(|relations| kind(relations)).collect()
    }

    /// Against all cycles of small random graphs.
    #[test]
    fn a_cycle_is_found_if_there_is_one() {
        let rng = Rng::new(1);
        let (mut present, mut missed) = (0, 0);
        for _ in 0..3000 {
            let n = 2 + rng.below(6) as u32;
            let mut edges = Vec::new();
            for from in 0..n {
                for to in (0..n).filter(|to| *to != from) {
                    if rng.chance(0.3) {
                        let label = *rng.choose(&[WW, WR, RW, RW, PROCESS]).unwrap();
                        edges.push(Edge { from, to, label });
                    }
                }
            }
            let graph = Graph::new(n as usize, &edges);
            let kinds = kinds(&graph);
            let mut budget = u64::MAX;
            for pattern in &PATTERNS {
                let hashes = (0..n as usize).map(hash_operation).collect();
                let found = Search::new(&graph, hashes, &mut budget).find(pattern);
                let exists = kinds.contains(&pattern.anomaly);
                present += usize::from(exists);
                match found {
                    Some(cycle) => {
                        let next = cycle.iter().skip(1).chain(cycle.first());
                        let pairs = cycle.iter().zip(next);
                        let labels: Vec<u8> = pairs.map(|(a, b)| graph.label(*a, *b)).collect();
                        assert!(labels.iter().all(|label| *label != 0), "{edges:?}");
                        // Two anti-dependencies in a row may be, but need not.
                        let fits = match (pattern.anomaly, kind(&labels)) {
                            (G2Item, GNonadjacentItem) => true,
                            (G2ItemProcess, GNonadjacentItemProcess) => true,
                            (sought, found) => sought == found,
                        };
                        assert!(fits, "{edges:?}");
                    }
                    None => missed += usize::from(exists),
                }
            }
        }
        assert_eq!((present > 1000, missed), (true, 0), "of {present}");
    }
}
