//! Depth first: one move after another as far as they lead, then back, never
//! into a configuration seen before (Wing and Gong, "Testing and verifying
//! concurrent objects", 1993; the memory is Lowe's, 2017). Best where there is a
//! linearization among very many configurations.

use super::frontier::{Configuration, Frontier};
use super::moves::Moves;
use super::search::{Ended, Limit, Search};
use super::trace::Trace;

/// The search through a trace.
#[derive(Debug)]
pub(super) struct DepthFirst<'t, const N: usize> {
    moves: Moves<'t, N>,
    /// Where the search can still go on, the deepest last.
    ahead: Vec<Configuration<N>>,
    seen: Frontier<N>,
    /// The last step that it came to.
    deepest: usize,
}

impl<'t, const N: usize> DepthFirst<'t, N> {
    /// A search from these configurations.
    pub(super) fn new(
        trace: &'t Trace<N>,
        start: impl IntoIterator<Item = Configuration<N>>,
        most_work: u64,
    ) -> Self {
        DepthFirst {
            moves: Moves::new(trace, most_work),
            ahead: start.into_iter().collect(),
            seen: Frontier::new(),
            deepest: 0,
        }
    }
}

impl<const N: usize> Search for DepthFirst<'_, N> {
    fn run(&mut self, until: u64) -> Result<Option<Ended>, Limit> {
        while self.moves.work < until {
            let Some(mut configuration) = self.ahead.pop() else {
                return Ok(Some(Ended::Stuck(self.deepest)));
            };
            // Reads that began meanwhile may take effect, and more returns be
            // passed.
            let step = loop {
                let step = configuration.step;
                self.deepest = self.deepest.max(step as usize);
                if step as usize == self.moves.trace.steps.len() {
                    return Ok(Some(Ended::Linearizable));
                }
                configuration = self.moves.settle(configuration);
                if configuration.step == step {
                    break step;
                }
            };
            if !self.moves.keep(configuration, &mut self.seen) {
                continue;
            }
            // What was found first, without offers, is tried first; before that,
            // what makes a call return.
            self.moves.find(configuration);
            for is_beyond in [false, true] {
                let found = self.moves.found.iter().rev();
                let there = |found: &&Configuration<N>| (found.step > step) == is_beyond;
                self.ahead.extend(found.filter(there));
            }
            self.moves.check(self.seen.len() + self.ahead.len())?;
        }
        Ok(None)
    }

    fn work(&self) -> u64 {
        self.moves.work
    }
}
