//! What cycles of each kind are like, as an automaton over their edges. What
//! Elle calls a specification of a cycle (in `elle.txn`) is a pattern here.

use super::anomaly::Anomaly;
use super::relation::{PROCESS, REALTIME, RW, WR, WW};

/// How many anti-dependencies a cycle has, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AntiDependencies {
    /// None.
    None,
    /// Just one.
    Single,
    /// Two or more, no two of them in a row.
    Nonadjacent,
    /// Two or more.
    Several,
}

/// What a cycle must be like for an anomaly.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pattern {
    pub(super) anomaly: Anomaly,
    /// What relations it may use beside anti-dependencies.
    legal: u8,
    /// Each of these must be used; 0 for none.
    required: [u8; 2],
    anti: AntiDependencies,
}

/// All patterns.
pub(super) const PATTERNS: [Pattern; 15] = {
    use Anomaly::*;
    use AntiDependencies::{Nonadjacent, None, Several, Single};
    const fn variant(base: Pattern, anomaly: Anomaly, order: u8) -> Pattern {
        let Pattern {
            legal,
            required,
            anti,
            ..
        } = base;
        Pattern {
            anomaly,
            legal: legal | order,
            required: [required[0], order],
            anti,
        }
    }
    const fn base(anomaly: Anomaly, legal: u8, required: u8, anti: AntiDependencies) -> Pattern {
        Pattern {
            anomaly,
            legal,
            required: [required, 0],
            anti,
        }
    }
    let g0 = base(G0, WW, 0, None);
    let g1c = base(G1c, WW | WR, WR, None);
    let single = base(GSingleItem, WW | WR, 0, Single);
    let nonadjacent = base(GNonadjacentItem, WW | WR, 0, Nonadjacent);
    let g2 = base(G2Item, WW | WR, 0, Several);
    [
        g0,
        variant(g0, G0Process, PROCESS),
        variant(g0, G0Realtime, REALTIME),
        g1c,
        variant(g1c, G1cProcess, PROCESS),
        variant(g1c, G1cRealtime, REALTIME),
        single,
        variant(single, GSingleItemProcess, PROCESS),
        variant(single, GSingleItemRealtime, REALTIME),
        nonadjacent,
        variant(nonadjacent, GNonadjacentItemProcess, PROCESS),
        variant(nonadjacent, GNonadjacentItemRealtime, REALTIME),
        g2,
        variant(g2, G2ItemProcess, PROCESS),
        variant(g2, G2ItemRealtime, REALTIME),
    ]
};

/// What a path has taken, and what it still needs to be the pattern's when it
/// closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// Which of the required relations are missing.
    required: [bool; 2],
    /// How many anti-dependencies are missing.
    anti: u8,
    /// Whether another anti-dependency may come now.
    anti_allowed: bool,
}

impl State {
    /// Its number, below [`STATES`].
    pub(super) fn number(self) -> usize {
        let [a, b] = self.required.map(usize::from);
        a | b << 1 | usize::from(self.anti_allowed) << 2 | usize::from(self.anti) << 3
    }
}

pub(super) const STATES: usize = 24;

impl Pattern {
    /// Whether a cycle counts only if it is told as this anomaly. An edge may
    /// stand for several relations; a search that sees an anti-dependency where
    /// a reader sees a write dependency has not found what it looked for.
    pub(super) fn is_exact(&self) -> bool {
        self.anti != AntiDependencies::None
    }

    /// The relations of its cycles.
    pub(super) fn relations(&self) -> u8 {
        match self.anti {
            AntiDependencies::None => self.legal,
            _ => self.legal | RW,
        }
    }

    /// Whether edges with these labels, united, have all that it needs.
    pub(super) fn has_what_it_needs(&self, labels: u8) -> bool {
        let anti = self.relations() & !self.legal;
        let mut needed = self.required.into_iter().chain([anti]);
        needed.all(|relation| relation == 0 || labels & relation != 0)
    }

    /// The state of a path before its first edge.
    pub(super) fn start(&self) -> State {
        State {
            required: self.required.map(|relation| relation != 0),
            anti: match self.anti {
                AntiDependencies::None => 0,
                AntiDependencies::Single => 1,
                AntiDependencies::Nonadjacent | AntiDependencies::Several => 2,
            },
            anti_allowed: self.anti != AntiDependencies::None,
        }
    }

    /// Whether a path in this state may close. One that began with an
    /// anti-dependency must not end with one, if no two may be in a row.
    pub(super) fn accepts(&self, state: State) -> bool {
        let ends_well = self.anti != AntiDependencies::Nonadjacent || state.anti_allowed;
        state.required == [false; 2] && state.anti == 0 && ends_well
    }

    /// The states after an edge with this label; one for each way to see it
    /// that makes a difference.
    pub(super) fn step(
        &self,
        state: State,
        label: u8,
        is_first: bool,
        mut next: impl FnMut(State),
    ) {
        let legal = label & self.legal;
        let plain = State {
            anti_allowed: state.anti_allowed || self.anti == AntiDependencies::Nonadjacent,
            ..state
        };
        if label & RW != 0 && state.anti_allowed {
            next(State {
                anti: state.anti.saturating_sub(1),
                anti_allowed: self.anti == AntiDependencies::Several,
                ..state
            });
        }
        // A cycle can begin anywhere: with something that it needs.
        if is_first && state.anti > 0 {
            return;
        }
        let mut others = legal;
        for (i, relation) in self.required.into_iter().enumerate() {
            if state.required[i] {
                others &= !relation;
                if legal & relation != 0 {
                    let mut ticked = plain;
                    ticked.required[i] = false;
                    next(ticked);
                }
            }
        }
        if others != 0 && !(is_first && state.required != [false; 2]) {
            next(plain);
        }
    }
}
