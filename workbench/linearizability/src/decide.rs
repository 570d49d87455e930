//! Whether calls can be put in an order: several searches by turns, until one
//! has the answer or all have come to a limit.
//!
//! Three look for an order: breadth first, depth first, and breadth first with
//! the most promising configurations alone. Two more sweep over traces in which
//! offers are counted less exactly, and can only find that there is none; they
//! make short work of histories with many offers and a fault that these cannot
//! explain.
//!
//! Turns and limits are in units of work, not of time, so that the same calls
//! always get the same answer.

use super::beam::Beam;
use super::bits::Bits;
use super::calls::{Call, NIL, ValueId};
use super::depth_first::DepthFirst;
use super::frontier::Configuration;
use super::multisets::Multisets;
use super::search::{Ended, Limit, Search};
use super::sweep::Sweep;
use super::trace::{Detail, Trace};

/// What the register holds when the first call begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// `nil`, as at the beginning of a history.
    Nil,
    /// Nobody knows; and as many of the first calls with a known outcome may
    /// have taken effect already, all of which must begin before any returns.
    Anything {
        /// At most [`MOST_PENDING`].
        pending: usize,
    },
}

/// Whether there is an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// There is.
    Linearizable,
    /// There is none.
    Not {
        /// The call, by its place, up to whose return there is one, but not
        /// beyond.
        stuck: usize,
    },
    /// There is no telling.
    Unknown(Limit),
}

/// How many calls may have taken effect before the first begins: each doubles
/// the number of configurations to start from.
pub(super) const MOST_PENDING: usize = 10;

/// The work of the first turn; each turn is twice as long as the one before.
const FIRST_TURN: u64 = 1 << 16;

/// Whether these calls, in the order of their beginnings, can be put in an
/// order that explains them, and the work it took to say so. No search
/// does more than `most_work`.
pub(super) fn decide(
    calls: &[Call],
    value_count: usize,
    start: Start,
    most_work: u64,
) -> (Answer, u64) {
    // Nearly all histories fit into one word, and those that do not mostly into two,
    // in an eighth of the memory that all slots take.
    by_turns::<1>(calls, value_count, start, most_work)
        .or_else(|_| by_turns::<2>(calls, value_count, start, most_work))
        .or_else(|_| by_turns::<16>(calls, value_count, start, most_work))
        .unwrap_or_else(|limit| (Answer::Unknown(limit), 0))
}

fn by_turns<const N: usize>(
    calls: &[Call],
    value_count: usize,
    start: Start,
    most_work: u64,
) -> Result<(Answer, u64), Limit> {
    let (states, pending) = match start {
        Start::Nil => (NIL..NIL + 1, 0),
        // One that no call knows stands for all such.
        Start::Anything { pending } => {
            let pending = pending.min(MOST_PENDING) as u32;
            (NIL..value_count as ValueId + 1, pending)
        }
    };
    // The first calls have the first slots.
    let done = (0..1u32 << pending).map(|subset| {
        let slots = (0..pending).filter(|slot| subset >> slot & 1 == 1);
        slots.fold(Bits::EMPTY, |done, slot| done.with(slot))
    });
    let start = states.flat_map(|state| {
        done.clone().map(move |done| Configuration {
            step: 0,
            state,
            used: Multisets::EMPTY,
            done,
        })
    });
    let trace = |detail| Trace::<N>::new(calls, value_count, detail);
    let exact = trace(Detail::Exact)?;
    let mut sweep = Sweep::new(&exact, start.clone(), most_work);
    let mut until = FIRST_TURN;
    // Nearly all end here.
    let first = sweep.run(until);
    if let Ok(Some(ended)) = first {
        return Ok((answer(ended, &exact), sweep.work()));
    }
    let mut depth_first = DepthFirst::new(&exact, start.clone(), most_work);
    let mut beam = Beam::new(&exact, start.clone(), most_work);
    let (by_value, unlimited) = (trace(Detail::ByValue)?, trace(Detail::Unlimited)?);
    let mut by_value = Sweep::new(&by_value, start.clone(), most_work);
    let mut unlimited = Sweep::new(&unlimited, start, most_work);
    // Without offers these would be the same sweep again.
    let needless = exact.kinds.is_empty().then_some(Limit::Detail);
    let mut searches: [(&mut dyn Search, Option<Limit>, bool); 5] = [
        (&mut unlimited, needless, false),
        (&mut depth_first, None, true),
        (&mut beam, None, true),
        (&mut by_value, needless, false),
        (&mut sweep, first.err(), true),
    ];
    let answer = 'turns: loop {
        for (search, limit, is_exact) in &mut searches {
            if limit.is_some() {
                continue;
            }
            match search.run(until) {
                Ok(None) => {}
                Ok(Some(Ended::Linearizable)) if !*is_exact => *limit = Some(Limit::Detail),
                Ok(Some(ended)) => break 'turns answer(ended, &exact),
                Err(met) => *limit = Some(met),
            }
        }
        if searches.iter().all(|(_, limit, _)| limit.is_some()) {
            // That of the search that is told when nothing else is.
            let [.., (_, limit, _)] = searches;
            break Answer::Unknown(limit.unwrap_or(Limit::Work(most_work)));
        }
        until = until.saturating_mul(2);
    };
    let work = searches.iter().map(|(search, ..)| search.work()).sum();
    Ok((answer, work))
}

fn answer<const N: usize>(ended: Ended, trace: &Trace<N>) -> Answer {
    match ended {
        Ended::Linearizable => Answer::Linearizable,
        Ended::Stuck(step) => Answer::Not {
            stuck: trace.steps[step].call,
        },
    }
}
