//! Directed graphs with labelled edges, and their strongly connected components.
//!
//! Vertices are numbers from 0; a label is a set of at most eight bits, which
//! say what kinds of edge lead from one vertex to another. Algorithms take a
//! mask and see only those edges that have one of its bits, so that a part of a
//! graph needs no copy.
//!
//! Its own rather than a crate's: which cycle proves an anomaly follows from the order of
//! components and of the vertices in them, and that must not change with a version of a
//! dependency.

/// An edge, or a part of one: the labels of two with the same ends are united.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Where it begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// Its bits.
    pub label: u8,
}

/// A directed graph that does not change.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Where each vertex's edges begin in `edges`, and at last their number.
    starts: Vec<u32>,
    /// Target and label, by source and then by target.
    edges: Vec<(u32, u8)>,
}

impl Graph {
    /// The graph of this many vertices and these edges, whose ends are among
    /// them.
    pub fn new(vertices: usize, edges: &[Edge]) -> Self {
        let mut starts = vec![0; vertices + 1];
        for edge in edges {
            starts[edge.from as usize + 1] += 1;
        }
        for vertex in 0..vertices {
            starts[vertex + 1] += starts[vertex];
        }
        let mut next = starts.clone();
        let mut sorted = vec![(0, 0); edges.len()];
        for edge in edges {
            let place = &mut next[edge.from as usize];
            sorted[*place as usize] = (edge.to, edge.label);
            *place += 1;
        }
        // Unite in place what has the same ends.
        let mut kept = 0;
        for vertex in 0..vertices {
            let row = starts[vertex] as usize..next[vertex] as usize;
            sorted[row.clone()].sort_unstable();
            let start = kept;
            for i in row {
                let (to, label) = sorted[i];
                if kept > start && sorted[kept - 1].0 == to {
                    sorted[kept - 1].1 |= label;
                } else {
                    sorted[kept] = (to, label);
                    kept += 1;
                }
            }
            starts[vertex] = start as u32;
        }
        starts[vertices] = kept as u32;
        sorted.truncate(kept);
        Graph {
            starts,
            edges: sorted,
        }
    }

    /// How many vertices it has.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The edges from a vertex: targets, ascending, with labels.
    pub fn out(&self, vertex: u32) -> &[(u32, u8)] {
        let vertex = vertex as usize;
        &self.edges[self.starts[vertex] as usize..self.starts[vertex + 1] as usize]
    }

    /// The label of the edge between two vertices; 0 if there is none.
    pub fn label(&self, from: u32, to: u32) -> u8 {
        let edges = self.out(from);
        let place = edges.binary_search_by_key(&to, |(target, _)| *target);
        place.map_or(0, |place| edges[place].1)
    }

    /// The part of it that these vertices, ascending, have among themselves.
    /// They are numbered anew, in their order.
    pub fn induced(&self, vertices: &[u32]) -> Graph {
        let mut edges = Vec::new();
        for (from, vertex) in vertices.iter().enumerate() {
            for &(target, label) in self.out(*vertex) {
                if let Ok(to) = vertices.binary_search(&target) {
                    edges.push(Edge {
                        from: from as u32,
                        to: to as u32,
                        label,
                    });
                }
            }
        }
        Graph::new(vertices.len(), &edges)
    }

    /// The graph with every edge the other way round.
    pub fn reversed(&self) -> Graph {
        let vertices = 0..self.len() as u32;
        let edges = vertices.flat_map(|to| {
            let edge = move |&(from, label): &(u32, u8)| Edge { from, to, label };
            self.out(to).iter().map(edge)
        });
        Graph::new(self.len(), &edges.collect::<Vec<Edge>>())
    }

    /// The strongly connected components of the part with edges in `mask`, as
    /// far as they hold a cycle: those of two vertices or more, and single
    /// vertices with an edge to themselves. Vertices ascend in each, and
    /// components by their first.
    ///
    /// Tarjan, "Depth-First Search and Linear Graph Algorithms" (1972), with a
    /// stack of its own: histories are longer than threads' stacks are deep.
    pub fn components(&self, mask: u8) -> Vec<Vec<u32>> {
        const UNSEEN: u32 = u32::MAX;
        const DONE: u32 = u32::MAX - 1;
        let mut number = vec![UNSEEN; self.len()];
        let mut low = vec![0; self.len()];
        let mut open: Vec<u32> = Vec::new();
        // A vertex and its next edge.
        let mut calls: Vec<(u32, u32)> = Vec::new();
        let mut components = Vec::new();
        let mut count = 0;
        for root in 0..self.len() as u32 {
            if number[root as usize] != UNSEEN {
                continue;
            }
            calls.push((root, self.starts[root as usize]));
            while let Some((vertex, next)) = calls.last_mut() {
                let v = *vertex as usize;
                if number[v] == UNSEEN {
                    number[v] = count;
                    low[v] = count;
                    count += 1;
                    open.push(*vertex);
                }
                let end = self.starts[v + 1];
                let mut deeper = None;
                while *next < end {
                    let (target, label) = self.edges[*next as usize];
                    *next += 1;
                    if label & mask == 0 {
                        continue;
                    }
                    match number[target as usize] {
                        UNSEEN => {
                            deeper = Some(target);
                            break;
                        }
                        DONE => {}
                        seen => low[v] = low[v].min(seen),
                    }
                }
                if let Some(target) = deeper {
                    calls.push((target, self.starts[target as usize]));
                    continue;
                }
                calls.pop();
                if let Some((parent, _)) = calls.last() {
                    let parent = *parent as usize;
                    low[parent] = low[parent].min(low[v]);
                }
                if low[v] == number[v] {
                    let from = open.iter().rposition(|w| *w as usize == v).unwrap_or(0);
                    for w in &open[from..] {
                        number[*w as usize] = DONE;
                    }
                    let is_single = open.len() == from + 1;
                    if !is_single || self.label(v as u32, v as u32) & mask != 0 {
                        let mut component = open[from..].to_vec();
                        component.sort_unstable();
                        components.push(component);
                    }
                    open.truncate(from);
                }
            }
        }
        components.sort_unstable();
        components
    }
}

#[cfg(test)]
mod tests {
    use rng::Rng;

    use super::*;

    fn edges(text: &[(u32, u32, u8)]) -> Vec<Edge> {
        let edge = |&(from, to, label)| Edge { from, to, label };
        text.iter().map(edge).collect()
    }

    #[test]
    fn labels_of_the_same_edge_are_united() {
        let graph = Graph::new(3, &edges(&[(0, 2, 1), (0, 1, 2), (0, 2, 4), (2, 0, 1)]));
        assert_eq!(graph.out(0), [(1, 2), (2, 5)]);
        assert_eq!((graph.label(2, 0), graph.label(1, 0)), (1, 0));
        assert_eq!(graph.reversed().out(2), [(0, 5)]);
        let part = graph.induced(&[0, 2]);
        assert_eq!((part.out(0), part.out(1)), (&[(1, 5)][..], &[(0, 1)][..]));
    }

    #[test]
    fn components_hold_cycles_of_the_mask() {
        let graph = Graph::new(
            6,
            &edges(&[
                (0, 1, 1),
                (1, 0, 2),
                (1, 2, 1),
                (3, 4, 1),
                (4, 5, 1),
                (5, 3, 1),
                (2, 2, 4),
            ]),
        );
        assert_eq!(graph.components(1), [[3, 4, 5]]);
        assert_eq!(graph.components(3), [vec![0, 1], vec![3, 4, 5]]);
        assert_eq!(graph.components(4), [[2]]);
        assert!(graph.components(8).is_empty());
    }

    #[test]
    fn a_long_path_does_not_overflow_the_stack() {
        let count = 1_000_000;
        let ring: Vec<Edge> = (0..count)
            .map(|from| Edge {
                from,
                to: (from + 1) % count,
                label: 1,
            })
            .collect();
        let graph = Graph::new(count as usize, &ring);
        assert_eq!(graph.components(1)[0].len(), count as usize);
        assert!(graph.components(2).is_empty());
    }

    /// Against the definition: two vertices are in one component if each can
    /// be reached from the other.
    #[test]
    fn components_are_what_reaches_each_other() {
        let rng = Rng::new(1);
        for _ in 0..300 {
            let n = 1 + rng.below(9) as usize;
            let random = |_| Edge {
                from: rng.below(n as u64) as u32,
                to: rng.below(n as u64) as u32,
                label: 1 << rng.below(2),
            };
            let edges: Vec<Edge> = (0..rng.below(20)).map(random).collect();
            let graph = Graph::new(n, &edges);
            for mask in 1..4 {
                let mut reach = vec![vec![false; n]; n];
                for edge in edges.iter().filter(|edge| edge.label & mask != 0) {
                    reach[edge.from as usize][edge.to as usize] = true;
                }
                for k in 0..n {
                    for i in 0..n {
                        for j in 0..n {
                            reach[i][j] |= reach[i][k] && reach[k][j];
                        }
                    }
                }
                let mut expected: Vec<Vec<u32>> = Vec::new();
                for i in (0..n).filter(|i| reach[*i][*i]) {
                    let with = (0..n).filter(|j| reach[i][*j] && reach[*j][i]);
                    let component: Vec<u32> = with.map(|j| j as u32).collect();
                    if !expected.contains(&component) {
                        expected.push(component);
                    }
                }
                assert_eq!(graph.components(mask), expected);
            }
        }
    }
}
