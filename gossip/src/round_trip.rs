//! How long a message and its answer take, learnt from the messages themselves.
//!
//! Every message carries its sender's clock; the next one back carries that
//! reading again, and how long it lay there. So a round trip is known without
//! clocks that agree, and however late the answer is. Smoothed as TCP does it
//! (Jacobson 1988; RFC 6298).

use std::time::Duration;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RoundTrip(Option<Estimate>);

#[derive(Clone, Copy, Debug)]
struct Estimate {
    mean: Duration,
    deviation: Duration,
}

impl RoundTrip {
    pub(crate) fn measured(&mut self, sample: Duration) {
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
    pub(crate) fn mean(self) -> Option<Duration> {
        self.0.map(|estimate| estimate.mean)
    }

    /// What nearly every round trip stays within, beyond the mean.
    pub(crate) fn margin(self) -> Duration {
        let deviation = self.0.map_or(Duration::ZERO, |estimate| estimate.deviation);
        Duration::from_millis(5) + deviation * 4
    }

    /// When to take an answer for lost. A second, as long as nothing is known.
    pub(crate) fn timeout(self) -> Duration {
        match self.0 {
            None => Duration::from_secs(1),
            Some(estimate) => estimate.mean + self.margin() + Duration::from_millis(100),
        }
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
        assert_eq!(round_trip.timeout(), ms(1000));
        round_trip.measured(ms(200));
        assert_eq!(round_trip.mean(), Some(ms(200)));
        assert_eq!(round_trip.margin(), ms(5));
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
