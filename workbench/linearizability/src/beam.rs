//! Breadth first, but narrow: of the configurations after each return only the
//! most promising are kept, and more of them whenever that leads nowhere (beam
//! search; Bisiani, 1987). Best where calls of unknown outcome leave very many
//! ways open and most of them lead to the end.

use super::frontier::Configuration;
use super::search::{Ended, Limit, Search};
use super::sweep::Sweep;
use super::trace::Trace;

/// How many configurations are kept at first.
const FIRST_WIDTH: usize = 16;

/// Sweeps over a trace, one wider than the other.
#[derive(Debug)]
pub(super) struct Beam<'t, const N: usize> {
    trace: &'t Trace<N>,
    start: Vec<Configuration<N>>,
    most_work: u64,
    width: usize,
    sweep: Sweep<'t, N>,
    /// The work of the sweeps before.
    before: u64,
}

impl<'t, const N: usize> Beam<'t, N> {
    /// A search from these configurations.
    pub(super) fn new(
        trace: &'t Trace<N>,
        start: impl IntoIterator<Item = Configuration<N>>,
        most_work: u64,
    ) -> Self {
        let start: Vec<_> = start.into_iter().collect();
        Beam {
            trace,
            most_work,
            width: FIRST_WIDTH,
            sweep: Sweep::narrow(trace, start.iter().copied(), most_work, FIRST_WIDTH),
            start,
            before: 0,
        }
    }
}

impl<const N: usize> Search for Beam<'_, N> {
    fn run(&mut self, until: u64) -> Result<Option<Ended>, Limit> {
        loop {
            let ended = self.sweep.run(until.saturating_sub(self.before))?;
            if !matches!(ended, Some(Ended::Stuck(_))) || !self.sweep.has_dropped {
                return Ok(ended);
            }
            self.before += self.sweep.work();
            let left = self.most_work.saturating_sub(self.before);
            if left == 0 {
                return Err(Limit::Work(self.most_work));
            }
            self.width *= 4;
            let start = self.start.iter().copied();
            self.sweep = Sweep::narrow(self.trace, start, left, self.width);
        }
    }

    fn work(&self) -> u64 {
        self.before + self.sweep.work()
    }
}
