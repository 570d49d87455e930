//! How long a message and its answer take, learnt from messages.

use std::time::Duration;

/// An estimate of the time that a message and its answer take: a mean and a mean deviation,
/// smoothed as TCP smooths them (Jacobson, "Congestion avoidance and control", 1988; RFC 6298,
/// section 2, whose alpha is 1/8 and beta 1/4). The deviation is taken from the mean as it was
/// before the sample, as there.
///
/// Two things are not as in the RFC, since messages here are few and go over networks that are
/// quiet at first. The first sample counts as no deviation, where the RFC takes half of it (2.2):
/// the first message that is lost is missed after one round trip, not after three. And the
/// margin is a grain *and* four deviations, where the RFC takes the greater of the two (2.3): the
/// grain is for a machine that is late, and that comes on top of what the network does.
///
/// Of messages that carry their sender's clock, and answers that carry it back, each
/// gives a sample, however late it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundTrip(Option<Estimate>);

#[derive(Clone, Copy, Debug)]
struct Estimate {
    mean: Duration,
    deviation: Duration,
}

impl RoundTrip {
    /// One took this long.
    pub fn measured(&mut self, sample: Duration) {
        self.0 = Some(match self.0 {
            None => Estimate {
                mean: sample,
                deviation: Duration::ZERO,
            },
            Some(Estimate { mean, deviation }) => Estimate {
                mean: (mean * 7 + sample) / 8,
                deviation: (deviation * 3 + mean.abs_diff(sample)) / 4,
            },
        });
    }

    /// The mean, once one was measured.
    pub fn mean(self) -> Option<Duration> {
        self.0.map(|estimate| estimate.mean)
    }

    /// What nearly every round trip stays within, beyond the mean: a grain of 5 ms and four mean
    /// deviations.
    pub fn margin(self) -> Duration {
        let deviation = self.0.map_or(Duration::ZERO, |estimate| estimate.deviation);
        Duration::from_millis(5) + deviation * 4
    }

    /// What nearly every round trip stays within, once one was measured.
    pub fn timeout(self) -> Option<Duration> {
        self.mean().map(|mean| mean + self.margin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn steady_round_trips_make_a_small_margin() {
        let mut round_trip = RoundTrip::default();
        assert_eq!(round_trip.mean(), None);
        assert_eq!(round_trip.timeout(), None);
        round_trip.measured(ms(200));
        assert_eq!(round_trip.mean(), Some(ms(200)));
        assert_eq!(round_trip.timeout(), Some(ms(205)));
        for _ in 0..30 {
            round_trip.measured(ms(200));
        }
        assert_eq!(round_trip.mean(), Some(ms(200)));
        assert!(round_trip.margin() < ms(6));
        round_trip.measured(ms(280));
        assert_eq!(round_trip.mean(), Some(ms(210)));
        assert!(round_trip.margin() > ms(80));
    }
}
