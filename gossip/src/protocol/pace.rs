//! How long things take, as a node learns it, and the schedule that follows.
//!
//! A configuration makes one promise: a change is everywhere within so long. Two
//! latencies of that are spent under way. Of the rest, some is kept as *room* for what
//! comes late, since nodes are processes on machines that have other things to do; what
//! is left is the *epoch*, the time in which changes are gathered. So the better the
//! network and the machines are, the fewer messages keep the promise.
//!
//! Two things are learnt, and they are kept apart. How long a round trip takes mostly,
//! with a margin (a mean and a mean deviation, as TCP keeps them: Jacobson,
//! "Congestion avoidance and control", 1988): by this a leaf sends just in time.
//! One sample does not move that far, however late it is; else every stall would be
//! followed by seconds in which everything is sent too early. And how late things are
//! at worst: by this the hub chooses the epoch. It is what was seen lately, by any
//! node, or what the ordinary lateness lets expect before the worst has been seen.

use std::time::Duration;

/// What there is always room for: no machine is so quiet that nothing is late.
const LEAST_ROOM: Duration = Duration::from_millis(25);
/// How long the worst is remembered at least; twice as long at most.
const MEMORY: Duration = Duration::from_secs(10);
/// What nearly every round trip stays within, beyond the mean and its deviations.
const GRAIN: Duration = Duration::from_millis(5);
/// How many times as late as turns are on average the worst is expected to be. (Of 25
/// live nodes on two cores with a load of 10, it was 90 times in half a minute: 32 ms
/// and 0.36 ms.)
const TAIL: u32 = 150;
/// How late a turn is taken to be on average until that is known: a machine is tired
/// until it shows otherwise.
const TIRED: Duration = Duration::from_millis(1);
/// An epoch is never shorter than this part of the promise. Where nodes stand still for
/// longer than the promise leaves room for, more messages would not save it.
const SHORTEST: u32 = 8;
/// Nor than this, or three fifths of a shorter promise: a short promise is broken by any
/// stall, and to send ten times as often would not save it.
const LEAST_EPOCH: Duration = Duration::from_millis(70);

/// What one node has learnt.
#[derive(Debug)]
pub(super) struct Pace {
    promise: Duration,
    /// The mean of round trips, and their mean deviation from it.
    round_trip: Option<(Duration, Duration)>,
    /// The worst lateness since `since`, and in the time of [`MEMORY`] before.
    worst: Duration,
    worst_before: Duration,
    since: Duration,
    /// How late a turn of this node is on average, stalls aside.
    on_average: Duration,
}

impl Pace {
    /// Of a node that promises that changes are everywhere within this time.
    pub(super) fn new(promise: Duration) -> Self {
        Pace {
            promise,
            round_trip: None,
            worst: Duration::ZERO,
            worst_before: Duration::ZERO,
            since: Duration::ZERO,
            // But not so tired that the promise could not be kept.
            on_average: TIRED.min(promise / 4 / TAIL),
        }
    }

    /// A message and its answer took this long.
    pub(super) fn round_trip(&mut self, now: Duration, sample: Duration) {
        let Some((mean, deviation)) = self.round_trip else {
            self.round_trip = Some((sample, Duration::ZERO));
            return;
        };
        self.late(now, sample.saturating_sub(mean));
        let sample = sample.min(mean + self.margin() * 2);
        let off = mean.abs_diff(sample);
        self.round_trip = Some(((mean * 7 + sample) / 8, (deviation * 3 + off) / 4));
    }

    /// Something was late by this much: a turn of this node, an answer; or another node
    /// says so of what it knows.
    pub(super) fn late(&mut self, now: Duration, by: Duration) {
        self.forget(now);
        self.worst = self.worst.max(by.min(self.promise));
    }

    /// A turn of this node came this much after it was due.
    pub(super) fn turn(&mut self, now: Duration, late: Duration) {
        self.late(now, late);
        let sample = late.min(self.on_average * 4 + TIRED);
        self.on_average = (self.on_average * 31 + sample) / 32;
    }

    fn forget(&mut self, now: Duration) {
        if now >= self.since + MEMORY {
            let is_recent = now < self.since + MEMORY * 2;
            self.worst_before = if is_recent {
                self.worst
            } else {
                Duration::ZERO
            };
            (self.worst, self.since) = (Duration::ZERO, now);
        }
    }

    /// How late the worst was lately.
    pub(super) fn worst(&mut self, now: Duration) -> Duration {
        self.forget(now);
        self.worst.max(self.worst_before)
    }

    /// The mean round trip, once one was measured.
    pub(super) fn mean(&self) -> Option<Duration> {
        self.round_trip.map(|(mean, _)| mean)
    }

    /// What nearly every round trip stays within, beyond the mean.
    pub(super) fn margin(&self) -> Duration {
        GRAIN
            + self
                .round_trip
                .map_or(Duration::ZERO, |(_, deviation)| deviation * 4)
    }

    /// What nearly every round trip stays within, once one was measured.
    pub(super) fn timeout(&self) -> Option<Duration> {
        self.mean().map(|mean| mean + self.margin())
    }

    /// What a change may be late by and still be everywhere in time.
    pub(super) fn room(&mut self, now: Duration) -> Duration {
        // The next may be worse than the worst until now.
        let worst = self.worst(now) * 5 / 4;
        worst.max(self.on_average * TAIL).max(LEAST_ROOM)
    }

    /// How long changes may be gathered.
    pub(super) fn epoch(&mut self, now: Duration) -> Duration {
        // Half of it under way, as long as that is not known.
        let spent = self.timeout().unwrap_or(self.promise / 2) + self.room(now);
        let least = LEAST_EPOCH.min(self.promise * 3 / 5);
        self.promise
            .saturating_sub(spent)
            .max(self.promise / SHORTEST)
            .max(least)
    }

    /// By when a change of this age must be told to the node after which it has so many
    /// latencies left to go.
    pub(super) fn latest(&self, now: Duration, age: Duration, latencies: u32) -> Duration {
        let left = self.mean().unwrap_or_default() / 2 * latencies;
        (now + self.promise).saturating_sub(age + left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn what_is_not_under_way_and_not_room_is_the_epoch() {
        let mut pace = Pace::new(ms(700));
        assert_eq!(pace.epoch(ms(0)), ms(700 - 350 - 150));
        for _ in 0..200 {
            pace.turn(ms(0), ms(0));
        }
        assert_eq!(pace.epoch(ms(0)), ms(700 - 350 - 25));
        pace.round_trip(ms(0), ms(200));
        assert_eq!(pace.epoch(ms(0)), ms(700 - 200 - 5 - 25));
        pace.late(ms(100), ms(60));
        assert_eq!(pace.epoch(ms(100)), ms(700 - 200 - 5 - 75));
        // A node that says it was an hour late, or was.
        pace.late(ms(200), Duration::from_secs(3600));
        assert_eq!(pace.epoch(ms(200)), ms(700) / 8);
        for (promise, least) in [(130, 70), (100, 60)] {
            let mut pace = Pace::new(ms(promise));
            pace.late(ms(0), ms(400));
            assert_eq!(pace.epoch(ms(0)), ms(least));
        }
    }

    #[test]
    fn the_worst_is_remembered_for_ten_to_twenty_seconds() {
        let mut pace = Pace::new(ms(700));
        pace.late(ms(3000), ms(60));
        assert_eq!(pace.worst(ms(9999)), ms(60));
        assert_eq!(pace.worst(ms(10_000)), ms(60));
        pace.late(ms(12_000), ms(40));
        assert_eq!(pace.worst(ms(20_000)), ms(40));
        assert_eq!(pace.worst(ms(30_000)), ms(0));
        pace.late(ms(31_000), ms(40));
        assert_eq!(pace.worst(ms(90_000)), ms(0));
    }

    #[test]
    fn a_machine_whose_turns_are_late_is_expected_to_stall() {
        let mut pace = Pace::new(ms(700));
        for _ in 0..500 {
            pace.turn(ms(0), ms(3));
        }
        let room = pace.room(ms(0));
        assert!(ms(440) < room && room <= ms(450), "{room:?}");
        // One stall counts as such; it does not make all turns late.
        for _ in 0..500 {
            pace.turn(ms(0), ms(0));
        }
        pace.turn(ms(0), ms(200));
        assert_eq!(pace.room(ms(0)), ms(250));
        assert_eq!(pace.room(ms(30_000)), ms(25));
    }

    #[test]
    fn one_late_answer_moves_the_margin_by_little() {
        let mut pace = Pace::new(ms(700));
        for _ in 0..30 {
            pace.round_trip(ms(0), ms(200));
        }
        assert_eq!(pace.margin(), ms(5));
        pace.round_trip(ms(0), ms(600));
        assert!(pace.margin() <= ms(15), "{:?}", pace.margin());
        assert_eq!(pace.worst(ms(0)), ms(400));
        // But a network that has become slower is soon known as such.
        for _ in 0..30 {
            pace.round_trip(ms(0), ms(300));
        }
        let mean = pace.mean().expect("measured");
        assert!(mean > ms(285), "{mean:?}");
    }
}
