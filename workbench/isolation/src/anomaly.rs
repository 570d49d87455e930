//! Anomalies: what they are called, which of them imply which others, and in
//! what order to look for them.
//!
//! The names are Elle's. Most are Adya's ("Weak Consistency", 1999, chapter 4):
//! G0 is a cycle of writes, G1a, G1b and G1c are reads of aborted and of
//! intermediate versions and a cycle of information flow, G-single is a cycle
//! with one anti-dependency, G2-item one with several. In G-nonadjacent there
//! are several, but never two in a row, which is what snapshot isolation rules
//! out (Cerone and Gotsman, "Analysing Snapshot Isolation", PODC 2016). The
//! variants `-process` and `-realtime` close the cycle with the order within a
//! client or with that of time.

use std::collections::BTreeSet;

use super::names::{closure, names};

names! {
    /// Something that a consistency model forbids.
    ///
    /// There are more kinds in the literature; these are the ones that a
    /// history of reads and writes of single keys can show, and the more
    /// general ones that they imply.
    Anomaly {
        G0 = "G0",
        G0Process = "G0-process",
        G0Realtime = "G0-realtime",
        G1 = "G1",
        G1Process = "G1-process",
        G1Realtime = "G1-realtime",
        G1a = "G1a",
        G1b = "G1b",
        G1c = "G1c",
        G1cProcess = "G1c-process",
        G1cRealtime = "G1c-realtime",
        GSingle = "G-single",
        GSingleProcess = "G-single-process",
        GSingleRealtime = "G-single-realtime",
        GSingleItem = "G-single-item",
        GSingleItemProcess = "G-single-item-process",
        GSingleItemRealtime = "G-single-item-realtime",
        GNonadjacent = "G-nonadjacent",
        GNonadjacentProcess = "G-nonadjacent-process",
        GNonadjacentRealtime = "G-nonadjacent-realtime",
        GNonadjacentItem = "G-nonadjacent-item",
        GNonadjacentItemProcess = "G-nonadjacent-item-process",
        GNonadjacentItemRealtime = "G-nonadjacent-item-realtime",
        G2 = "G2",
        G2Process = "G2-process",
        G2Realtime = "G2-realtime",
        G2Item = "G2-item",
        G2ItemProcess = "G2-item-process",
        G2ItemRealtime = "G2-item-realtime",
        Internal = "internal",
        FutureRead = "future-read",
        DirtyUpdate = "dirty-update",
        LostUpdate = "lost-update",
        WriteSkew = "write-skew",
        IncompatibleOrder = "incompatible-order",
        DuplicateElements = "duplicate-elements",
        CyclicVersions = "cyclic-versions",
        Pl1CycleExists = "PL-1-cycle-exists",
        Pl2CycleExists = "PL-2-cycle-exists",
        PlSiCycleExists = "PL-SI-cycle-exists",
        Pl299CycleExists = "PL-2.99-cycle-exists",
        Pl3CycleExists = "PL-3-cycle-exists",
        PlSsCycleExists = "PL-SS-cycle-exists",
        SessionPl1CycleExists = "strong-session-PL-1-cycle-exists",
        SessionPl2CycleExists = "strong-session-PL-2-cycle-exists",
        SessionSiCycleExists = "strong-session-snapshot-isolation-cycle-exists",
        SessionSerializableCycleExists = "strong-session-serializable-cycle-exists",
        StrongPl1CycleExists = "strong-PL-1-cycle-exists",
        StrongPl2CycleExists = "strong-PL-2-cycle-exists",
        StrongSiCycleExists = "strong-snapshot-isolation-cycle-exists",
        EmptyTransactionGraph = "empty-transaction-graph",
        CycleSearchTimeout = "cycle-search-timeout",
    }
}

use Anomaly::*;

impl Anomaly {
    /// What is there as well where this is. A process does one transaction
    /// after the other, so its order is part of that of time, and what breaks
    /// the one breaks the other.
    fn implied(self) -> &'static [Anomaly] {
        match self {
            G0 => &[G1c, G0Process],
            G0Process => &[G1cProcess, G0Realtime],
            G0Realtime => &[G1cRealtime],
            G1a | G1b => &[G1],
            G1c => &[G1, G1cProcess],
            G1cProcess => &[G1cRealtime, G1Process],
            G1cRealtime => &[G1Realtime],
            G1 => &[G1Process],
            G1Process => &[G1Realtime],
            GSingleItem => &[GSingle, GSingleItemProcess, GNonadjacentItem],
            GSingleItemProcess => &[GSingleProcess, GSingleItemRealtime, GNonadjacentItemProcess],
            GSingleItemRealtime => &[GSingleRealtime, GNonadjacentItemRealtime],
            GSingle => &[GNonadjacent, GSingleProcess],
            GSingleProcess => &[GNonadjacentProcess, GSingleRealtime],
            GSingleRealtime => &[GNonadjacentRealtime],
            GNonadjacentItem => &[GNonadjacent, G2Item, GNonadjacentItemProcess],
            GNonadjacentItemProcess => {
                &[GNonadjacentProcess, G2ItemProcess, GNonadjacentItemRealtime]
            }
            GNonadjacentItemRealtime => &[G2ItemRealtime, GNonadjacentRealtime],
            GNonadjacent => &[G2, GNonadjacentProcess],
            GNonadjacentProcess => &[G2Process, GNonadjacentRealtime],
            GNonadjacentRealtime => &[G2Realtime],
            G2 => &[G2Process],
            G2Process => &[G2Realtime],
            G2Item => &[G2, G2ItemProcess],
            G2ItemProcess => &[G2Process, G2ItemRealtime],
            G2ItemRealtime => &[G2Realtime],
            IncompatibleOrder | DirtyUpdate => &[G1a],
            FutureRead => &[G1c],
            LostUpdate => &[WriteSkew, G2Item],
            WriteSkew => &[G2],
            _ => &[],
        }
    }

    /// What is less severe, without being implied.
    fn less_severe(self) -> &'static [Anomaly] {
        match self {
            G1c => &[GSingle, G2Item],
            G1cProcess => &[GSingleProcess, G2ItemProcess],
            G1cRealtime => &[GSingleRealtime, G2ItemRealtime],
            G2 => &[G0Process],
            G2Process => &[G0Realtime],
            _ => &[],
        }
    }

    /// Whether it says that there is a cycle, without showing it.
    pub(super) fn is_cycle_exists(self) -> bool {
        self.name().ends_with("-cycle-exists")
    }
}

/// What is there where these are, themselves among it.
pub(super) fn implied_by(anomalies: impl IntoIterator<Item = Anomaly>) -> BTreeSet<Anomaly> {
    closure(anomalies, |anomaly| anomaly.implied().to_vec())
}

/// What implies one of these, themselves among it.
pub(super) fn implying(anomalies: impl IntoIterator<Item = Anomaly>) -> BTreeSet<Anomaly> {
    closure(anomalies, |anomaly| {
        let implies = |other: &&Anomaly| other.implied().contains(&anomaly);
        Anomaly::ALL.iter().filter(implies).copied().collect()
    })
}

/// The order in which to look for these: what is worse, first, so that what it
/// implies need not be looked for.
pub(super) fn by_severity(anomalies: &[Anomaly]) -> Vec<Anomaly> {
    // How long the longest chain of worse ones is; chains are shorter than
    // there are anomalies.
    let mut depths = vec![0; Anomaly::ALL.len()];
    for _ in Anomaly::ALL {
        for worse in Anomaly::ALL {
            for after in worse.implied().iter().chain(worse.less_severe()) {
                let depth = depths[*worse as usize] + 1;
                depths[*after as usize] = depth.max(depths[*after as usize]);
            }
        }
    }
    let mut sorted = anomalies.to_vec();
    sorted.sort_by_key(|anomaly| (depths[*anomaly as usize], anomaly.name()));
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_in_the_glossary() {
        for anomaly in Anomaly::ALL {
            let meaning = finding::glossary::meaning(anomaly.name());
            assert!(meaning.is_some(), "{anomaly}");
        }
    }
}
