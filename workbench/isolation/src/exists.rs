//! Models that a dependency graph rules out, be the cycle that does it ever so
//! long: a graph without a strongly connected component has no cycle. This is
//! exact and takes linear time, so it guides the search for cycles to show, and
//! stands in for those that it does not find.

use std::collections::BTreeSet;

use super::anomaly::Anomaly;
use super::model::{self, Model};
use super::relation::{PROCESS, REALTIME, RW, WR, WW};
use crate::graph::{Edge, Graph};

/// A part of the graph that has no cycle where a model holds.
struct Acyclic {
    model: Model,
    anomaly: Anomaly,
    relations: u8,
    /// Whether the part has also one anti-dependency after each other edge, as
    /// for snapshot isolation: cycles without two in a row.
    then_anti: bool,
}

const fn acyclic(model: Model, anomaly: Anomaly, relations: u8, then_anti: bool) -> Acyclic {
    Acyclic {
        model,
        anomaly,
        relations,
        then_anti,
    }
}

/// Weaker models first.
const ACYCLIC: [Acyclic; 13] = {
    use Anomaly::*;
    use Model::*;
    const ALL: u8 = WW | WR | RW;
    [
        acyclic(ReadUncommitted, Pl1CycleExists, WW, false),
        acyclic(ReadCommitted, Pl2CycleExists, WW | WR, false),
        acyclic(SnapshotIsolation, PlSiCycleExists, WW | WR, true),
        acyclic(RepeatableRead, Pl299CycleExists, ALL, false),
        // Without predicates there is no cycle that only this one forbids, and
        // so no `PL-3-cycle-exists`.
        acyclic(
            StrongSessionReadUncommitted,
            SessionPl1CycleExists,
            WW | PROCESS,
            false,
        ),
        acyclic(
            StrongSessionReadCommitted,
            SessionPl2CycleExists,
            WW | WR | PROCESS,
            false,
        ),
        acyclic(
            StrongSessionSnapshotIsolation,
            SessionSiCycleExists,
            WW | WR | PROCESS,
            true,
        ),
        acyclic(
            StrongSessionSerializable,
            SessionSerializableCycleExists,
            ALL | PROCESS,
            false,
        ),
        acyclic(
            StrongReadUncommitted,
            StrongPl1CycleExists,
            WW | REALTIME,
            false,
        ),
        acyclic(
            StrongReadCommitted,
            StrongPl2CycleExists,
            WW | WR | REALTIME,
            false,
        ),
        acyclic(
            StrongSnapshotIsolation,
            StrongSiCycleExists,
            WW | WR | REALTIME,
            true,
        ),
        acyclic(StrongSerializable, PlSsCycleExists, ALL | REALTIME, false),
        acyclic(Serializable, Pl3CycleExists, ALL, false),
    ]
};

/// A model that a graph rules out.
pub(super) struct Cyclic {
    pub(super) anomaly: Anomaly,
    pub(super) model: Model,
    /// The vertices of the smallest component that does.
    pub(super) component: Vec<u32>,
}

/// The weakest models that a graph rules out.
pub(super) fn cyclic(graph: &Graph) -> Vec<Cyclic> {
    let mut found: Vec<Cyclic> = Vec::new();
    let mut known = BTreeSet::new();
    for part in &ACYCLIC {
        if known.contains(&part.model) {
            continue;
        }
        let components = match part.then_anti {
            false => graph.components(part.relations),
            true => components_with_single_anti(graph, part.relations),
        };
        if let Some(component) = components.into_iter().min_by_key(Vec::len) {
            known.append(&mut model::ruled_out([part.model]));
            found.push(Cyclic {
                anomaly: part.anomaly,
                model: part.model,
                component,
            });
        }
    }
    found
}

/// The models that hold for a graph of which [`cyclic`] says this.
pub(super) fn possible(cyclic: &[Cyclic]) -> impl Iterator<Item = Model> {
    let ruled_out = model::ruled_out(cyclic.iter().map(|cyclic| cyclic.model));
    let models = ACYCLIC.iter().map(|part| part.model);
    models.filter(move |model| !ruled_out.contains(model))
}

/// What model the absence of cycles of this kind is part of.
pub(super) fn model_of(anomaly: Anomaly) -> Option<Model> {
    let part = ACYCLIC.iter().find(|part| part.anomaly == anomaly);
    part.map(|part| part.model)
}

/// The components of the graph in which an anti-dependency may follow each
/// other edge, but no anti-dependency. Each vertex becomes two, one for each
/// kind of edge by which it is reached.
fn components_with_single_anti(graph: &Graph, relations: u8) -> Vec<Vec<u32>> {
    let mut edges = Vec::new();
    for vertex in 0..graph.len() as u32 {
        for &(target, label) in graph.out(vertex) {
            let mut add = |from, to| edges.push(Edge { from, to, label: 1 });
            let (by_other, by_anti) = (2 * vertex, 2 * vertex + 1);
            if label & relations != 0 {
                add(by_other, 2 * target);
                add(by_anti, 2 * target);
            }
            if label & RW != 0 {
                add(by_other, 2 * target + 1);
            }
        }
    }
    let components = Graph::new(2 * graph.len(), &edges).components(1);
    let single = |component: Vec<u32>| {
        let mut vertices: Vec<u32> = component.into_iter().map(|twin| twin / 2).collect();
        vertices.dedup();
        vertices
    };
    components.into_iter().map(single).collect()
}
