//! A node's own clock: it begins at 0 when the node is started, never goes back, and
//! may run fast or slow, or jump ahead.
//!
//! Beside the simulation's time, which is the true one, each node has such a clock, and
//! knows no other: its deadlines are times of it. A clock that runs fast lets a lease of
//! the others end early and a promise of its own, too; what rests on clocks must say how
//! wrong they may be.

use std::time::Duration;

/// Parts in a million.
const MILLION: u128 = 1_000_000;

/// How a node's clock goes, since it was last changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// The true time at that moment,
    since: Duration,
    /// and what it showed then.
    showed: Duration,
    /// How many millionths of a second it goes on in a microsecond: above 0.
    rate: u128,
}

impl Clock {
    /// One that shows 0 now, and is right from then on.
    pub(super) fn started(now: Duration) -> Self {
        Clock {
            since: now,
            showed: Duration::ZERO,
            rate: MILLION,
        }
    }

    /// What it shows at this time, which is not before its last change.
    pub(super) fn at(&self, now: Duration) -> Duration {
        let passed = now.saturating_sub(self.since).as_nanos();
        self.showed + nanoseconds(passed * self.rate / MILLION)
    }

    /// The first moment at which it shows at least this much.
    pub(super) fn moment(&self, shown: Duration) -> Duration {
        let left = shown.saturating_sub(self.showed).as_nanos();
        self.since.saturating_add(nanoseconds(
            left.saturating_mul(MILLION).div_ceil(self.rate),
        ))
    }

    /// From now on it is ahead by `jump` more, and runs fast by so many parts in a
    /// million; slow, if they are below 0. More than -1,000,000.
    pub(super) fn change(&mut self, now: Duration, jump: Duration, fast: i32) {
        *self = Clock {
            showed: self.at(now) + jump,
            since: now,
            rate: u128::try_from(MILLION as i128 + i128::from(fast)).map_or(1, |rate| rate.max(1)),
        };
    }
}

fn nanoseconds(count: u128) -> Duration {
    Duration::from_nanos(u64::try_from(count).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use maelstrom_node::Rng;

    use super::*;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn it_runs_fast_and_slow_and_jumps_ahead() {
        let mut clock = Clock::started(ms(500));
        assert_eq!(clock.at(ms(1500)), ms(1000));
        clock.change(ms(1500), ms(20), 50_000);
        assert_eq!(clock.at(ms(1500)), ms(1020));
        assert_eq!(clock.at(ms(2500)), ms(2070));
        assert_eq!(clock.moment(ms(2070)), ms(2500));
        clock.change(ms(2500), Duration::ZERO, -50_000);
        assert_eq!(clock.at(ms(3500)), ms(3020));
        assert_eq!(clock.moment(ms(1)), ms(2500), "that was before");
    }

    #[test]
    fn what_is_due_at_a_time_is_due_at_its_moment_and_not_before() {
        let rng = Rng::new(1);
        let mut clock = Clock::started(Duration::ZERO);
        let mut now = Duration::ZERO;
        for _ in 0..1000 {
            now += Duration::from_nanos(rng.below(1_000_000));
            let before = clock.at(now);
            clock.change(
                now,
                Duration::from_nanos(rng.below(1000)),
                rng.below(100_000) as i32 - 50_000,
            );
            assert!(clock.at(now) >= before);
            let deadline = clock.at(now) + Duration::from_nanos(1 + rng.below(1_000_000_000));
            let moment = clock.moment(deadline);
            assert!(clock.at(moment) >= deadline);
            assert!(clock.at(moment - Duration::from_nanos(1)) < deadline);
        }
    }
}
