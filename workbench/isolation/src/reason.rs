//! Why one transaction comes before another: what each edge of a cycle stands
//! on.

use super::relation::{PROCESS, REALTIME};
use super::transaction::{Id, Seen, Step, Transactions};

/// Why one transaction comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The second wrote `value` over the version that the first wrote or read;
    /// `None` is the initial one.
    Overwrites {
        key: Id,
        before: Option<Id>,
        value: Id,
    },
    /// The second read what the first wrote.
    Reads { key: Id, value: Id },
    /// The same client did the second after the first.
    SameProcess,
    /// The second began when the first had ended.
    Later,
}

/// What dependencies were inferred from.
pub(super) trait Reasons {
    /// Why `b` depends on `a` by this relation, one of ww, wr and rw. `None` if
    /// it does not.
    fn why(&self, a: u32, b: u32, relation: u8) -> Option<Reason>;

    /// Where two transactions depend on each other by several relations, which
    /// of them is told: the first of these.
    fn told(&self) -> [u8; 3];
}

/// The relation that an edge with this label is told by: one of data, if there
/// is one.
pub(super) fn told(reasons: &dyn Reasons, label: u8) -> u8 {
    let [a, b, c] = reasons.told();
    let order = [a, b, c, PROCESS, REALTIME];
    order.into_iter().find(|bit| label & bit != 0).unwrap_or(0)
}

/// The value of each key that a transaction read before it wrote that key: what
/// it saw of others.
pub(super) fn external_reads(
    transactions: &Transactions,
    transaction: u32,
) -> impl Iterator<Item = (Id, Seen)> {
    let steps = transactions.steps(transaction);
    steps.iter().enumerate().filter_map(|(place, step)| {
        let Step::Read { key, seen } = *step else {
            return None;
        };
        let touched = |step: &Step| match *step {
            Step::Read { key: other, .. } | Step::Write { key: other, .. } => other == key,
        };
        (!steps[..place].iter().any(touched)).then_some((key, seen))
    })
}

/// The last value of each key that a transaction wrote: what others may see.
pub(super) fn external_writes(
    transactions: &Transactions,
    transaction: u32,
) -> impl Iterator<Item = (Id, Id)> {
    let steps = transactions.steps(transaction);
    steps.iter().enumerate().filter_map(|(place, step)| {
        let Step::Write { key, value } = *step else {
            return None;
        };
        let again = |step: &Step| matches!(step, Step::Write { key: other, .. } if *other == key);
        (!steps[place + 1..].iter().any(again)).then_some((key, value))
    })
}
