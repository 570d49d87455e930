//! Who is whose neighbour, as the nodes are told. They need not heed it.

use std::collections::BTreeMap;

/// The shapes that Maelstrom's `--topology` names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Topology {
    /// One after the other.
    Line,
    /// A square, as well as can be; up to four neighbours.
    #[default]
    Grid,
    /// A binary tree.
    Tree,
    /// The same.
    Tree2,
    /// A tree, three children to a node.
    Tree3,
    /// A tree, four children to a node.
    Tree4,
    /// Everybody is everybody's neighbour.
    Total,
}

impl Topology {
    /// Each node's neighbours.
    pub fn neighbours(self, nodes: &[String]) -> BTreeMap<&str, Vec<&str>> {
        let n = nodes.len();
        let side = (1..).find(|side| side * side >= n).unwrap_or(1);
        let of = |i: usize| -> Vec<usize> {
            match self {
                // A line of one has no ends, and so no entry.
                Topology::Line => [i.checked_sub(1), Some(i + 1)]
                    .into_iter()
                    .flatten()
                    .collect(),
                Topology::Grid => {
                    let (column, last) = (i % side, side - 1);
                    let right = (column < last).then_some(i + 1);
                    let left = (column > 0).then(|| i - 1);
                    [Some(i + side), i.checked_sub(side), right, left]
                        .into_iter()
                        .flatten()
                        .collect()
                }
                Topology::Tree | Topology::Tree2 => tree(i, 2),
                Topology::Tree3 => tree(i, 3),
                Topology::Tree4 => tree(i, 4),
                Topology::Total => (0..n).filter(|&j| j != i).collect(),
            }
        };
        let names = |i| {
            let neighbours = of(i).into_iter().filter(|&j| j < n);
            (&*nodes[i], neighbours.map(|j| &*nodes[j]).collect())
        };
        match self {
            Topology::Line if n < 2 => BTreeMap::new(),
            _ => (0..n).map(names).collect(),
        }
    }
}

/// The parent, then the children, with the nodes tier by tier.
fn tree(i: usize, branches: usize) -> Vec<usize> {
    let parent = i.checked_sub(1).map(|before| before / branches);
    let children = (1..=branches).map(|child| branches * i + child);
    parent.into_iter().chain(children).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shapes_of_seven_nodes() {
        let nodes: Vec<String> = (0..7).map(|i| i.to_string()).collect();
        let shape = |topology: Topology| {
            let neighbours = topology.neighbours(&nodes);
            nodes
                .iter()
                .map(|node| neighbours[&**node].concat())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(shape(Topology::Line), "1 02 13 24 35 46 5");
        assert_eq!(shape(Topology::Grid), "31 420 51 604 153 24 3");
        assert_eq!(shape(Topology::Tree), "12 034 056 1 1 2 2");
        assert_eq!(shape(Topology::Tree4), "1234 056 0 0 0 1 1");
        assert_eq!(
            shape(Topology::Total),
            "123456 023456 013456 012456 012356 012346 012345"
        );
        let one = &nodes[..1];
        assert!(Topology::Line.neighbours(one).is_empty());
        assert_eq!(Topology::Grid.neighbours(one)["0"], Vec::<&str>::new());
    }
}
