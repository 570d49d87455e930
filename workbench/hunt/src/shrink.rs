//! Takes away of a failing run what the failure does not need, until nothing more can be
//! taken away.
//!
//! What is tried first takes away most: a perfect machine, no faults of a kind at all, a
//! shorter time, fewer nodes. Then the lists of operations, faults, cut links and messages are
//! reduced (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002:
//! ddmin), then what is left is made plain: fewer clients, round times, smaller values. All
//! of it is done again until a whole round changes nothing.
//!
//! Whatever is tried is run: a smaller schedule fails, or it is not taken. It need not fail
//! for the same reason, only in the same way ([`Failure`](crate::Failure)).

mod nodes;
mod passes;
mod reduce;

use simulation::schedule::Schedule;

use crate::Size;

/// What is left of a schedule.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The smallest one that was found.
    pub schedule: Schedule,
    /// What there is to it.
    pub size: Size,
    /// How many runs it took.
    pub runs: usize,
    /// Whether nothing more can be taken away of it, rather than that the time was over.
    pub is_smallest: bool,
}

/// How far it is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// How many runs it took until now.
    pub runs: usize,
    /// What there is to the smallest schedule until now.
    pub size: Size,
}

/// Makes a schedule smaller for as long as it `fails`, and `goes_on` says that there is time
/// left. The same schedule and the same answers give the same result.
pub fn shrink(
    schedule: Schedule,
    fails: &mut dyn FnMut(&Schedule) -> bool,
    goes_on: &mut dyn FnMut(&Progress) -> bool,
) -> Shrunk {
    let mut search = Search {
        size: Size::of(&schedule),
        best: schedule,
        fails,
        goes_on,
        runs: 0,
        is_over: false,
    };
    search.begin();
    let mut last = None;
    while !search.is_over && last.as_ref() != Some(&search.best) {
        last = Some(search.best.clone());
        search.round();
    }
    Shrunk {
        size: Size::of(&search.best),
        schedule: search.best,
        runs: search.runs,
        is_smallest: !search.is_over,
    }
}

struct Search<'a> {
    /// The smallest until now.
    best: Schedule,
    size: Size,
    fails: &'a mut dyn FnMut(&Schedule) -> bool,
    goes_on: &'a mut dyn FnMut(&Progress) -> bool,
    runs: usize,
    is_over: bool,
}

impl Search<'_> {
    /// Takes this schedule in place of the smallest, if it is another and fails.
    fn try_(&mut self, schedule: Schedule) -> bool {
        if self.is_over || schedule == self.best {
            return false;
        }
        let progress = Progress {
            runs: self.runs,
            size: self.size.clone(),
        };
        if !(self.goes_on)(&progress) {
            self.is_over = true;
            return false;
        }
        self.runs += 1;
        let fails = (self.fails)(&schedule);
        if fails {
            self.size = Size::of(&schedule);
            self.best = schedule;
        }
        fails
    }
}
