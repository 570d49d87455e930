//! Takes away of a failing run what the failure does not need, until nothing more can be
//! taken away.
//!
//! Moments for which rules wait become times first. What is tried then takes away most: a perfect
//! machine, no faults of a kind at all, a shorter time, fewer nodes. Then the lists of operations,
//! faults, cut links and messages are reduced (Zeller and Hildebrandt, "Simplifying and Isolating
//! Failure-Inducing Input", 2002: ddmin), then what is left is made plain: fewer clients, round times,
//! smaller values. All of it is done again until a whole round changes nothing. Then nodes,
//! operations and faults are left out while nodes draw other random numbers: some may have been
//! needed for no more than that nodes draw what they drew.
//!
//! Whatever is tried is run: a smaller schedule fails, or it is not taken. It need not fail
//! for the same reason, only in the same way ([`Failure`](crate::Failure)).

mod moments;
mod nodes;
mod passes;
mod reduce;

use std::time::Duration;

use simulation::schedule::Schedule;

use crate::Size;

/// When each rule of a run's world struck, since the start of its main phase; none, if its moment
/// did not come. (Of an [`Outcome`](simulation::run::Outcome), `struck`.)
pub type Struck = Vec<Option<Duration>>;

/// With how many other seeds it is tried, in the end, to take something away.
const OTHERS: u64 = 8;

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

/// Makes a schedule smaller for as long as a run of it `fails`, which then is when the rules struck
/// ([`Failure::struck_in`](crate::Failure::struck_in)), and `goes_on` says that there is time left. The
/// same schedule and the same answers give the same result.
pub fn shrink(
    schedule: Schedule,
    fails: &mut dyn FnMut(&Schedule) -> Option<Struck>,
    goes_on: &mut dyn FnMut(&Progress) -> bool,
) -> Shrunk {
    let mut search = Search {
        size: Size::of(&schedule),
        best: schedule,
        struck: None,
        others: 0,
        fails,
        goes_on,
        runs: 0,
        is_over: false,
    };
    search.begin();
    loop {
        let mut last = None;
        while !search.is_over && last.as_ref() != Some(&search.best) {
            last = Some(search.best.clone());
            search.round();
        }
        search.others = OTHERS;
        search.fewer();
        search.others = 0;
        if search.is_over || last.as_ref() == Some(&search.best) {
            break;
        }
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
    /// When its rules struck, if it was run.
    struck: Option<Struck>,
    /// With how many other seeds whatever is tried is run, too.
    others: u64,
    fails: &'a mut dyn FnMut(&Schedule) -> Option<Struck>,
    goes_on: &'a mut dyn FnMut(&Progress) -> bool,
    runs: usize,
    is_over: bool,
}

impl Search<'_> {
    /// Takes this schedule in place of the smallest, if it is another and fails.
    fn try_(&mut self, mut schedule: Schedule) -> bool {
        let seed = self.best.world.seed;
        schedule.world.seed = seed;
        if schedule == self.best {
            return false;
        }
        for other in 0..=self.others {
            schedule.world.seed = seed.wrapping_add(other);
            if let Some(struck) = self.run(&schedule) {
                self.size = Size::of(&schedule);
                self.best = schedule;
                self.struck = Some(struck);
                return true;
            }
        }
        false
    }

    /// When the rules struck, if it fails.
    fn run(&mut self, schedule: &Schedule) -> Option<Struck> {
        if self.is_over {
            return None;
        }
        let progress = Progress {
            runs: self.runs,
            size: self.size.clone(),
        };
        if !(self.goes_on)(&progress) {
            self.is_over = true;
            return None;
        }
        self.runs += 1;
        (self.fails)(schedule)
    }
}
