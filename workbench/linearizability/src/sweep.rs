//! Breadth first: all configurations after a return, then all after the next,
//! as Knossos does it. Best where there are few of them.

use super::frontier::{Configuration, Frontier};
use super::moves::Moves;
use super::search::{Ended, Limit, Search};
use super::trace::Trace;

/// How many configurations a narrow sweep looks at for each that it goes on with.
const LOOKED_AT: usize = 8;

/// The sweep over a trace.
#[derive(Debug)]
pub(super) struct Sweep<'t, const N: usize> {
    moves: Moves<'t, N>,
    step: usize,
    /// The configurations in which the returning call has not taken effect.
    open: Frontier<N>,
    /// How many of these are dealt with.
    dealt: usize,
    /// Those in which it has.
    next: Frontier<N>,
    /// How many of these it goes on with at most.
    width: usize,
    /// Whether there were more.
    pub(super) has_dropped: bool,
}

impl<'t, const N: usize> Sweep<'t, N> {
    /// A sweep from these configurations.
    pub(super) fn new(
        trace: &'t Trace<N>,
        start: impl IntoIterator<Item = Configuration<N>>,
        most_work: u64,
    ) -> Self {
        Sweep::narrow(trace, start, most_work, usize::MAX)
    }

    /// The same, but of what there is after a return it goes on with the most
    /// promising only, as many as this. If it drops any, it can be stuck where
    /// there is a linearization.
    pub(super) fn narrow(
        trace: &'t Trace<N>,
        start: impl IntoIterator<Item = Configuration<N>>,
        most_work: u64,
        width: usize,
    ) -> Self {
        let mut sweep = Sweep {
            moves: Moves::new(trace, most_work),
            step: 0,
            open: Frontier::new(),
            dealt: 0,
            next: Frontier::new(),
            width,
            has_dropped: false,
        };
        if !trace.steps.is_empty() {
            start.into_iter().for_each(|start| sweep.enter(start));
        }
        sweep
    }

    /// Takes in a configuration at this step that is not settled.
    fn enter(&mut self, configuration: Configuration<N>) {
        let settled = self.moves.settle(configuration);
        self.add(settled);
    }

    fn add(&mut self, configuration: Configuration<N>) {
        let frontier = match configuration.step as usize == self.step {
            true => &mut self.open,
            false => &mut self.next,
        };
        self.moves.keep(configuration, frontier);
    }

    fn next_step(&mut self) {
        self.step += 1;
        self.open.clear();
        self.dealt = 0;
        if self.step == self.moves.trace.steps.len() {
            return;
        }
        let here = std::mem::replace(&mut self.next, Frontier::new());
        if here.len() <= self.width {
            for number in 0..here.len() {
                if let Some(configuration) = here.get(number) {
                    self.enter(configuration);
                }
            }
            return;
        }
        let here = (0..here.len()).filter_map(|number| here.get(number));
        let mut here: Vec<Configuration<N>> = here.collect();
        self.has_dropped |= here.len() > self.width;
        here.sort_by_key(|configuration| self.moves.spent(configuration));
        here.truncate(self.width);
        here.into_iter().for_each(|here| self.enter(here));
    }

    /// Whether there is enough to go on with after this return.
    fn has_enough(&mut self) -> bool {
        let has_enough =
            self.next.len() > 0 && self.open.len() > self.width.saturating_mul(LOOKED_AT);
        self.has_dropped |= has_enough;
        has_enough
    }
}

impl<const N: usize> Search for Sweep<'_, N> {
    fn run(&mut self, until: u64) -> Result<Option<Ended>, Limit> {
        while self.step < self.moves.trace.steps.len() {
            while self.dealt < self.open.len() && !self.has_enough() {
                if self.moves.work >= until {
                    return Ok(None);
                }
                if let Some(configuration) = self.open.get(self.dealt) {
                    self.moves.find(configuration);
                    for number in 0..self.moves.found.len() {
                        self.add(self.moves.found[number]);
                    }
                    self.moves.check(self.open.len() + self.next.len())?;
                }
                self.dealt += 1;
            }
            if self.next.len() == 0 {
                return Ok(Some(Ended::Stuck(self.step)));
            }
            self.next_step();
        }
        Ok(Some(Ended::Linearizable))
    }

    fn work(&self) -> u64 {
        self.moves.work
    }
}
