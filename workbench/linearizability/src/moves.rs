//! Just-in-time linearization (Lowe, "Testing for linearizability", 2017): what
//! can take effect between one return and the next.
//!
//! Calls take effect no earlier than they must: when one returns that has not
//! yet taken effect, it does so now, after some of the other pending ones.
//! Reads are the exception: they take effect as soon as the register holds what
//! they found, for they change nothing and can only be in the way later.
//!
//! Offers are used only where a pending read or cas waits for a value that they
//! make, alone or one after another.

use super::bits::Bits;
use super::calls::ValueId;
use super::frontier::{Configuration, Frontier};
use super::multisets::Multisets;
use super::search::{Limit, MOST_BYTES};
use super::trace::Trace;

/// Finds what can follow on configurations, and knows when that is enough.
#[derive(Debug)]
pub(super) struct Moves<'t, const N: usize> {
    pub(super) trace: &'t Trace<N>,
    multisets: Multisets,
    /// How much was done so far: configurations and chains looked at, and
    /// configurations compared.
    pub(super) work: u64,
    most_work: u64,
    /// What [`Moves::find`] found.
    pub(super) found: Vec<Configuration<N>>,
    /// Memory of it.
    wanted: Vec<ValueId>,
    chain: Vec<Link>,
    /// The number of the last search for chains, and for each value of the last in
    /// which it was needed.
    search: u32,
    needed_in: Vec<u32>,
}

/// A place in the search for a chain of offers: a value that is needed, and
/// which of the kinds that make it was taken.
#[derive(Debug)]
struct Link {
    value: ValueId,
    maker: usize,
}

impl<'t, const N: usize> Moves<'t, N> {
    /// Moves in this trace, until this much work is done.
    pub(super) fn new(trace: &'t Trace<N>, most_work: u64) -> Self {
        Moves {
            trace,
            multisets: Multisets::new(trace.counters(), trace.families()),
            work: 0,
            most_work,
            found: Vec::new(),
            wanted: Vec::new(),
            chain: Vec::new(),
            search: 0,
            needed_in: vec![0; trace.value_count()],
        }
    }

    /// The configuration after all reads that can take effect have; at the next
    /// step if the returning call has taken effect by then.
    pub(super) fn settle(&self, mut configuration: Configuration<N>) -> Configuration<N> {
        let step = configuration.step as usize;
        for reads in self.trace.reads(step) {
            if reads.value == configuration.state {
                configuration.done = configuration.done.union(&reads.slots);
            }
        }
        let slot = self.trace.steps[step].slot;
        if configuration.done.contains(slot) {
            configuration.done = configuration.done.without(slot);
            configuration.step += 1;
        }
        configuration
    }

    /// Finds what can follow on a settled configuration, each settled: first by
    /// pending calls alone, then by offers.
    pub(super) fn find(&mut self, from: Configuration<N>) {
        self.work += Bits::<N>::COST;
        self.found.clear();
        let step = from.step as usize;
        let mut wanted = std::mem::take(&mut self.wanted);
        for mover in self.trace.movers(step) {
            if from.done.contains(mover.slot) {
                continue;
            }
            match mover.from {
                Some(value) if value != from.state => wanted.push(value),
                _ => {
                    let moved = Configuration {
                        state: mover.to,
                        done: from.done.with(mover.slot),
                        ..from
                    };
                    self.found.push(self.settle(moved));
                }
            }
        }
        let waiting = self.trace.reads(step).iter();
        let waiting = waiting.filter(|reads| !from.done.is_superset(&reads.slots));
        wanted.extend(waiting.map(|reads| reads.value));
        wanted.sort_unstable();
        wanted.dedup();
        for value in wanted.drain(..) {
            self.demand(&from, value);
        }
        self.wanted = wanted;
        self.work += self.found.len() as u64 * Bits::<N>::COST;
    }

    /// Finds the chains of offers by which the register comes to hold this
    /// value. They are looked for from their end; one that came to a value
    /// twice would not be the shortest. Where offers are not counted one chain is as
    /// good as another: whatever waits for a value on the way is waited for
    /// itself. So each value is looked at once.
    fn demand(&mut self, from: &Configuration<N>, value: ValueId) {
        debug_assert!(self.chain.is_empty(), "each search empties it");
        let step = from.step as usize;
        let is_counted = self.trace.is_counted();
        self.search += 1;
        self.needed_in[value as usize] = self.search;
        self.chain.push(Link { value, maker: 0 });
        while let Some(link) = self.chain.last_mut() {
            self.work += 1;
            if self.work >= self.most_work {
                // Whoever goes on is told by `check`.
                return self.chain.clear();
            }
            let Some(&kind) = self.trace.makers(link.value).get(link.maker) else {
                self.chain.pop();
                if let Some(link) = self.chain.last_mut() {
                    link.maker += 1;
                }
                continue;
            };
            let kind = &self.trace.kinds[kind as usize];
            let used = |counter| self.multisets.count(from.used, counter);
            let is_there = self.trace.has_offer(kind, step, used);
            let needed = kind.from.filter(|value| *value != from.state);
            match needed {
                Some(value) if is_there && self.may_need(value, is_counted) => {
                    self.needed_in[value as usize] = self.search;
                    self.chain.push(Link { value, maker: 0 });
                    continue;
                }
                None if is_there => {
                    self.follow(from);
                    if !is_counted {
                        return self.chain.clear();
                    }
                }
                _ => {}
            }
            if let Some(link) = self.chain.last_mut() {
                link.maker += 1;
            }
        }
    }

    /// Whether a chain may go on with this value.
    fn may_need(&self, value: ValueId, is_counted: bool) -> bool {
        match is_counted {
            true => self.chain.iter().all(|link| link.value != value),
            false => self.needed_in[value as usize] != self.search,
        }
    }

    /// Finds what comes of a configuration by the chain.
    fn follow(&mut self, from: &Configuration<N>) {
        let mut configuration = *from;
        for link in self.chain.iter().rev() {
            let kind = self.trace.makers(link.value)[link.maker] as usize;
            if let Some(counter) = self.trace.kinds[kind].counter {
                configuration.used = self.multisets.with(configuration.used, counter);
                self.work += self.multisets.cost();
            }
            configuration.state = link.value;
            for reads in self.trace.reads(from.step as usize) {
                if reads.value == link.value {
                    configuration.done = configuration.done.union(&reads.slots);
                }
            }
        }
        self.found.push(self.settle(configuration));
    }

    /// How much a configuration has used of what could be of use later: offers
    /// above all, then calls that could have waited.
    pub(super) fn spent(&self, configuration: &Configuration<N>) -> (u32, u32) {
        let used = self.multisets.size(configuration.used);
        (used, configuration.done.count())
    }

    /// Adds a configuration to a frontier. True if it was not needless.
    pub(super) fn keep(
        &mut self,
        configuration: Configuration<N>,
        frontier: &mut Frontier<N>,
    ) -> bool {
        let (is_new, compared) = frontier.insert(configuration, &self.multisets);
        self.work += compared * self.multisets.cost() * Bits::<N>::COST;
        is_new
    }

    /// Whether to go on, while the search keeps this many configurations.
    ///
    /// # Errors
    /// The limit that it has come to; what was found is not all, then.
    pub(super) fn check(&self, kept: usize) -> Result<(), Limit> {
        if self.work >= self.most_work {
            return Err(Limit::Work(self.most_work));
        }
        match kept * Frontier::<N>::BYTES + self.multisets.bytes() > MOST_BYTES {
            true => Err(Limit::Memory),
            false => Ok(()),
        }
    }
}
