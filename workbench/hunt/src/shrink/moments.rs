//! Rules that strike at times, instead of moments that they wait for.
//!
//! A rule that waits for the fortieth answer of a node keeps alive whatever the other 39 come
//! from. What it does can be had without them: at the time at which it struck.

use std::time::Duration;

use simulation::nemesis::{Moment, Rule};
use simulation::schedule::Schedule;

use super::reduce::reduce;
use super::{Search, Struck};

impl Search<'_> {
    /// Leaves out the rules that do not strike, and has all others do so at their times.
    pub(super) fn all_moments_as_times(&mut self) {
        let Some(struck) = self.waited_for() else {
            return;
        };
        let all = self.best.clone();
        if self.try_(at_times(&all, &struck, |_| false)) {
            return;
        }
        let mut used = all;
        let mut struck = struck.iter();
        used.world
            .rules
            .retain(|_| struck.next().is_some_and(Option::is_some));
        self.try_(used);
    }

    /// Has as few rules as can be wait for moments.
    pub(super) fn moments_as_times(&mut self) {
        let Some(struck) = self.waited_for() else {
            return;
        };
        let all = self.best.clone();
        reduce(all.world.rules.len(), &mut |waiting| {
            self.try_(at_times(&all, &struck, |place| waiting.contains(&place)))
        });
    }

    /// When rules struck, if some wait for moments.
    fn waited_for(&mut self) -> Option<Struck> {
        let waits = |rule: &Rule| !matches!(rule.moment, Moment::At(_));
        if !self.best.world.rules.iter().any(waits) {
            return None;
        }
        if self.struck.is_none() {
            self.struck = self.run(&self.best.clone());
        }
        self.struck.clone()
    }
}

/// The same with rules that strike when they did, but for those that go on to wait.
fn at_times(schedule: &Schedule, struck: &Struck, waits: impl Fn(usize) -> bool) -> Schedule {
    let mut timed = schedule.clone();
    let rules = timed.world.rules.iter().enumerate();
    let rules = rules.filter_map(|(place, rule)| match waits(place) {
        true => Some(rule.clone()),
        false => at_time(rule.clone(), struck[place]),
    });
    timed.world.rules = rules.collect();
    timed
}

/// The same at the time at which it struck; none, if it did not.
fn at_time(rule: Rule, struck: Option<Duration>) -> Option<Rule> {
    let at = match rule.moment {
        Moment::At(at) => at,
        // It comes before all else that is due then: so the message is not given to the node.
        Moment::Receives { .. } => struck?,
        // And this after it: what it waited for has happened.
        _ => struck? + Duration::from_nanos(1),
    };
    let moment = Moment::At(at);
    Some(Rule { moment, ..rule })
}
