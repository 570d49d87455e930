//! Consistency models: their names, which are stronger than which, and which
//! anomalies each forbids.
//!
//! As in Elle, the lattice joins several authors' formalisms, so an edge of it
//! says "a history that keeps to the one keeps to the other": Adya's PL levels
//! ("Weak Consistency", 1999), Bailis et al. ("Highly Available Transactions",
//! VLDB 2013), Cerone et al. ("A Framework for Transactional Consistency Models
//! with Atomic Visibility", CONCUR 2015), Daudjee and Salem (strong session
//! snapshot isolation, VLDB 2006).

use std::collections::BTreeSet;

use super::anomaly::{Anomaly, implied_by, implying};
use super::names::{closure, names};

names! {
    /// What a database promises its clients.
    ///
    /// Named as results name them.
    Model {
        ReadUncommitted = "read-uncommitted",
        ReadCommitted = "read-committed",
        CursorStability = "cursor-stability",
        MonotonicView = "monotonic-view",
        MonotonicSnapshotRead = "monotonic-snapshot-read",
        MonotonicAtomicView = "monotonic-atomic-view",
        ConsistentView = "consistent-view",
        ForwardConsistentView = "forward-consistent-view",
        RepeatableRead = "repeatable-read",
        UpdateSerializable = "update-serializable",
        SnapshotIsolation = "snapshot-isolation",
        Serializable = "serializable",
        ViewSerializable = "view-serializable",
        StrongSerializable = "strong-serializable",
        ReadAtomic = "read-atomic",
        UpdateAtomic = "update-atomic",
        CausalCerone = "causal-cerone",
        Prefix = "prefix",
        ParallelSnapshotIsolation = "parallel-snapshot-isolation",
        StrongSessionReadUncommitted = "strong-session-read-uncommitted",
        StrongSessionReadCommitted = "strong-session-read-committed",
        StrongSessionSnapshotIsolation = "strong-session-snapshot-isolation",
        StrongSessionSerializable = "strong-session-serializable",
        StrongReadUncommitted = "strong-read-uncommitted",
        StrongReadCommitted = "strong-read-committed",
        StrongSnapshotIsolation = "strong-snapshot-isolation",
        SessionSerializable = "session-serializable",
        OneCopySerializable = "1SR",
        Linearizable = "linearizable",
        Sequential = "sequential",
        CausalConvergence = "causal-convergence",
        CausalMemory = "causal-memory",
        Causal = "causal",
        Pram = "PRAM",
        WritesFollowReads = "writes-follow-reads",
        MonotonicReads = "monotonic-reads",
        MonotonicWrites = "monotonic-writes",
        ReadYourWrites = "read-your-writes",
    }
}

use Model::*;

/// Further names, which flags take as well.
const ALIASES: &[(&str, Model)] = &[
    ("PL-1", ReadUncommitted),
    ("PL-2", ReadCommitted),
    ("PL-CS", CursorStability),
    ("PL-2L", MonotonicView),
    ("PL-MSR", MonotonicSnapshotRead),
    ("PL-2+", ConsistentView),
    ("PL-FCV", ForwardConsistentView),
    ("PL-2.99", RepeatableRead),
    ("PL-3U", UpdateSerializable),
    ("PL-SI", SnapshotIsolation),
    ("PL-3", Serializable),
    ("PL-SS", StrongSerializable),
    ("conflict-serializable", Serializable),
    ("strict-serializable", StrongSerializable),
    ("strong-session-PL-1", StrongSessionReadUncommitted),
    ("strong-session-PL-2", StrongSessionReadCommitted),
    ("strong-PL-1", StrongReadUncommitted),
    ("strong-PL-2", StrongReadCommitted),
    ("CCv", CausalConvergence),
    ("convergent-causal", CausalConvergence),
    ("convergent-causal-consistency", CausalConvergence),
    ("CM", CausalMemory),
];

impl Model {
    /// The weaker models next to it: what keeps to it keeps to them.
    fn weaker(self) -> &'static [Model] {
        match self {
            ReadCommitted => &[ReadUncommitted],
            CursorStability | MonotonicView | MonotonicSnapshotRead | MonotonicAtomicView => {
                &[ReadCommitted]
            }
            ConsistentView => &[CursorStability, MonotonicView],
            ForwardConsistentView => &[ConsistentView],
            RepeatableRead => &[CursorStability, MonotonicAtomicView],
            UpdateSerializable => &[ForwardConsistentView],
            ReadAtomic => &[MonotonicAtomicView],
            UpdateAtomic | CausalCerone => &[ReadAtomic],
            Prefix => &[CausalCerone],
            ParallelSnapshotIsolation => &[CausalCerone, UpdateAtomic],
            SnapshotIsolation => &[
                ForwardConsistentView,
                MonotonicAtomicView,
                MonotonicSnapshotRead,
                ParallelSnapshotIsolation,
                Prefix,
            ],
            Serializable => &[
                RepeatableRead,
                UpdateSerializable,
                SnapshotIsolation,
                ViewSerializable,
            ],
            StrongSerializable => &[
                Serializable,
                SessionSerializable,
                Linearizable,
                SnapshotIsolation,
                StrongSnapshotIsolation,
                StrongSessionSerializable,
            ],
            StrongSessionReadUncommitted => &[ReadUncommitted],
            StrongSessionReadCommitted => &[ReadCommitted, StrongSessionReadUncommitted],
            StrongSessionSnapshotIsolation => &[SnapshotIsolation, StrongSessionReadCommitted],
            StrongSessionSerializable => &[Serializable, StrongSessionSnapshotIsolation],
            StrongReadUncommitted => &[StrongSessionReadUncommitted],
            StrongReadCommitted => &[StrongSessionReadCommitted, StrongReadUncommitted],
            StrongSnapshotIsolation => &[StrongSessionSnapshotIsolation, StrongReadCommitted],
            SessionSerializable => &[OneCopySerializable],
            Linearizable => &[Sequential],
            Sequential => &[CausalConvergence, CausalMemory],
            CausalConvergence | CausalMemory => &[Causal],
            Causal => &[WritesFollowReads, Pram],
            Pram => &[MonotonicReads, MonotonicWrites, ReadYourWrites],
            ReadUncommitted | ViewSerializable | OneCopySerializable | WritesFollowReads
            | MonotonicReads | MonotonicWrites | ReadYourWrites => &[],
        }
    }

    /// What it forbids beyond what weaker ones do, as far as that can be seen
    /// in a history of reads and writes of single keys.
    fn forbids(self) -> &'static [Anomaly] {
        use Anomaly::*;
        match self {
            // Versions have a total order, in which each is installed once.
            ReadUncommitted => &[G0, DuplicateElements, CyclicVersions, Pl1CycleExists],
            ReadCommitted => &[G1, Pl2CycleExists],
            CursorStability => &[G1, LostUpdate],
            MonotonicView | MonotonicSnapshotRead | ForwardConsistentView | UpdateSerializable => {
                &[G1]
            }
            ConsistentView => &[G1, GSingle],
            RepeatableRead => &[G1, G2Item, LostUpdate, Pl299CycleExists],
            SnapshotIsolation => &[Internal, G1, GNonadjacent, PlSiCycleExists],
            Serializable => &[Internal, G1, G2, Pl3CycleExists],
            StrongSerializable => &[G1, G1cRealtime, G2Realtime, PlSsCycleExists],
            ReadAtomic => &[Internal, G1a, FutureRead],
            UpdateAtomic => &[LostUpdate],
            CausalCerone | Prefix | ParallelSnapshotIsolation => &[Internal, G1a],
            StrongSessionReadUncommitted => &[G0Process, SessionPl1CycleExists],
            StrongSessionReadCommitted => &[G1cProcess, SessionPl2CycleExists],
            StrongSessionSnapshotIsolation => &[
                Internal,
                G1Process,
                GNonadjacentProcess,
                SessionSiCycleExists,
            ],
            StrongSessionSerializable => &[G1Process, G2Process, SessionSerializableCycleExists],
            StrongReadUncommitted => &[G0Realtime, StrongPl1CycleExists],
            StrongReadCommitted => &[G1cRealtime, StrongPl2CycleExists],
            StrongSnapshotIsolation => &[
                Internal,
                G1Realtime,
                GNonadjacentRealtime,
                StrongSiCycleExists,
            ],
            _ => &[],
        }
    }
}

impl Model {
    /// The model that it is judged as. A history shows what was read, and of those that it
    /// does not keep to, serializability says just that no serial order of its transactions
    /// explains that: every edge of a cycle is one that each such order has. So there is no
    /// more to be seen of view-serializability (Bernstein, Hadzilacos and Goodman, 1987), or
    /// of how many copies there are.
    pub(super) fn judged_as(self) -> Model {
        match self {
            ViewSerializable | OneCopySerializable => Serializable,
            SessionSerializable => StrongSessionSerializable,
            model => model,
        }
    }
}

/// The model of this name, one of Adya's or another.
pub fn find(name: &str) -> Option<Model> {
    let named = Model::ALL.iter().find(|model| model.name() == name);
    let alias = || ALIASES.iter().find(|(alias, _)| *alias == name);
    named.copied().or_else(|| alias().map(|(_, model)| *model))
}

/// Models that are all to hold; as a flag has them, names with commas between,
/// and spaces if one likes. An empty text is none, for whoever asks for anomalies alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Models(pub Vec<Model>);

/// The strongest, as in Maelstrom.
impl Default for Models {
    fn default() -> Self {
        Models(vec![StrongSerializable])
    }
}

impl std::str::FromStr for Models {
    type Err = String;

    /// # Errors
    /// The first name that is none, and all that are.
    fn from_str(text: &str) -> Result<Self, String> {
        let model = |name: &str| find(name).ok_or_else(|| unknown(name));
        let names = text.split(',').map(str::trim);
        let models = names.filter(|name| !name.is_empty()).map(model);
        models.collect::<Result<_, _>>().map(Models)
    }
}

fn unknown(name: &str) -> String {
    let names = Model::ALL.iter().map(|model| model.name());
    let mut known: Vec<&str> = names.chain(ALIASES.iter().map(|(name, _)| *name)).collect();
    known.sort_unstable();
    format!(
        "{name:?} is no consistency model; expected some of {}",
        known.join(", ")
    )
}

/// What may not be there if all these models are to hold.
pub(super) fn forbidden(models: impl IntoIterator<Item = Model>) -> BTreeSet<Anomaly> {
    let held = closure(models, |model| model.weaker().to_vec());
    implying(held.into_iter().flat_map(Model::forbids).copied())
}

/// The models that none of these histories keep to: these and the stronger.
pub(super) fn ruled_out(models: impl IntoIterator<Item = Model>) -> BTreeSet<Model> {
    closure(models, |model| {
        let stronger = |other: &&Model| other.weaker().contains(&model);
        Model::ALL.iter().filter(stronger).copied().collect()
    })
}

/// The models that a history with these anomalies does not keep to.
pub(super) fn ruled_out_by(anomalies: impl IntoIterator<Item = Anomaly>) -> BTreeSet<Model> {
    let present = implied_by(anomalies);
    let forbid = |model: &&Model| model.forbids().iter().any(|one| present.contains(one));
    ruled_out(Model::ALL.iter().filter(forbid).copied())
}

/// Of models that are ruled out, the weakest, and the others; each by name.
pub(super) fn boundary(ruled_out: &BTreeSet<Model>) -> [Vec<&'static str>; 2] {
    let is_weakest = |model: &Model| {
        let below = closure(model.weaker().iter().copied(), |model| {
            model.weaker().to_vec()
        });
        below.is_disjoint(ruled_out)
    };
    let (weakest, others): (Vec<Model>, Vec<Model>) = ruled_out.iter().partition(|m| is_weakest(m));
    [weakest, others].map(|models| {
        let mut names: Vec<&str> = models.into_iter().map(Model::name).collect();
        names.sort_unstable();
        names
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_with_spaces_and_without() {
        let both = Ok(Models(vec![ReadCommitted, StrongSerializable]));
        assert_eq!("read-committed , strict-serializable".parse(), both);
        assert_eq!("PL-2,strong-serializable".parse(), both);
        let error = "read-committed,srializable".parse::<Models>().unwrap_err();
        assert!(error.starts_with("\"srializable\" is no consistency model; expected some of 1SR"));
        assert!(error.contains(", strict-serializable, "), "{error}");
        for model in Model::ALL {
            assert_eq!(model.name().parse(), Ok(Models(vec![*model])));
        }
    }

    #[test]
    fn what_a_write_skew_rules_out() {
        let [not, also_not] = boundary(&ruled_out_by([Anomaly::G2Item]));
        assert_eq!(not, ["repeatable-read"]);
        assert_eq!(
            also_not,
            [
                "serializable",
                "strong-serializable",
                "strong-session-serializable"
            ]
        );
        assert!(forbidden([Serializable]).contains(&Anomaly::LostUpdate));
        assert!(!forbidden([SnapshotIsolation]).contains(&Anomaly::G2Item));
    }

    #[test]
    fn stronger_models_forbid_more() {
        for model in Model::ALL {
            for weaker in model.weaker() {
                assert!(forbidden([*model]).is_superset(&forbidden([*weaker])));
                assert!(ruled_out([*weaker]).contains(model));
            }
        }
    }
}
