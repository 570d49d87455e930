//! Scales: from a value to its place on an axis, and the round values that the
//! axis is marked with.

use crate::svg::{decimal, grouped};

/// An axis from its low end, at 0, to its high end, at 1.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    is_log: bool,
    ticks: Vec<Tick>,
}

/// A mark on an axis.
#[derive(Clone, Debug)]
pub(super) struct Tick {
    /// Where on the axis, from 0 to 1.
    pub(super) at: f64,
    /// What is written there; none at lesser marks.
    pub(super) label: Option<String>,
}

/// Milliseconds. What is faster is drawn here: a logarithmic axis has no 0.
const FASTEST: f64 = 0.01;
/// The decades above which not each has its label.
const LABELLED_DECADES: i32 = 8;

impl Scale {
    /// Just from `low` to `high`, such as for time.
    pub(super) fn exact(low: f64, high: f64) -> Self {
        let step = round_step((high - low) / 9.0);
        let first = (low / step - 1e-9).ceil();
        let steps = ((high / step + 1e-9).floor() - first).clamp(0.0, 20.0) as usize;
        let mut scale = Scale {
            low,
            high,
            is_log: false,
            ticks: Vec::new(),
        };
        let values = (0..=steps).map(|i| (first + i as f64) * step);
        scale.ticks = values
            .map(|value| Tick {
                at: scale.at(value),
                label: Some(decimal(value, step)),
            })
            .collect();
        scale
    }

    /// From 0 to a round value that is not below `high`.
    pub(super) fn from_zero(high: f64) -> Self {
        let high = if high > 0.0 { high } else { 1.0 };
        let step = round_step(high / 6.0);
        Scale::exact(0.0, (high / step - 1e-9).ceil() * step)
    }

    /// Logarithmic, for latencies in milliseconds, over the decades that these
    /// need.
    pub(super) fn latency(latencies: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high, mut is_below) = (f64::INFINITY, 0.0_f64, false);
        for latency in latencies {
            low = low.min(latency.max(FASTEST));
            high = high.max(latency);
            is_below |= latency < FASTEST;
        }
        let first = match low.is_finite() {
            true => low.log10().floor() as i32,
            false => 0,
        };
        let last = (high.max(FASTEST).log10().ceil() as i32).max(first + 1);
        let mut scale = Scale {
            low: 10_f64.powi(first),
            high: 10_f64.powi(last),
            is_log: true,
            ticks: Vec::new(),
        };
        let every = match last - first > LABELLED_DECADES {
            true => 2,
            false => 1,
        };
        for exponent in first..=last {
            let value = 10_f64.powi(exponent);
            let mut label = match exponent {
                ..0 => decimal(value, value),
                _ => grouped(value as i64),
            };
            if exponent == first && is_below {
                label.insert_str(0, "≤ ");
            }
            scale.ticks.push(Tick {
                at: scale.at(value),
                label: ((exponent - first) % every == 0).then_some(label),
            });
            if exponent < last && every == 1 {
                for digit in 2..10 {
                    let at = scale.at(value * f64::from(digit));
                    scale.ticks.push(Tick { at, label: None });
                }
            }
        }
        scale
    }

    /// Where on the axis a value is, from 0 to 1: at an end if it is beyond it.
    pub(super) fn at(&self, value: f64) -> f64 {
        let at = match self.is_log {
            true => (value.max(self.low) / self.low).log10() / (self.high / self.low).log10(),
            false => (value - self.low) / (self.high - self.low),
        };
        match at.is_finite() {
            true => at.clamp(0.0, 1.0),
            false => 0.0,
        }
    }

    /// Its low and its high end.
    pub(super) fn ends(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// Its marks, from low to high.
    pub(super) fn ticks(&self) -> &[Tick] {
        &self.ticks
    }
}

/// The least of 1, 2 and 5 times a power of ten that is not below this.
pub(super) fn round_step(least: f64) -> f64 {
    let least = least.clamp(1e-9, 1e18);
    let power = 10_f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0].map(|digit| digit * power);
    let step = step.into_iter().find(|step| *step >= least * (1.0 - 1e-9));
    step.unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale) -> Vec<&str> {
        let labels = scale
            .ticks()
            .iter()
            .filter_map(|tick| tick.label.as_deref());
        labels.collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(
            labels(&Scale::exact(0.0, 20.3)),
            ["0", "5", "10", "15", "20"]
        );
        assert_eq!(
            labels(&Scale::exact(0.0, 0.001)),
            ["0.0000", "0.0002", "0.0004", "0.0006", "0.0008", "0.0010"]
        );
        assert_eq!(
            labels(&Scale::from_zero(11.0)),
            ["0", "2", "4", "6", "8", "10", "12"]
        );
        assert_eq!(labels(&Scale::from_zero(0.0)).last(), Some(&"1.0"));
    }

    #[test]
    fn decades_are_those_of_the_latencies() {
        let scale = Scale::latency([0.3, 5000.0].into_iter());
        assert_eq!(labels(&scale), ["0.1", "1", "10", "100", "1,000", "10,000"]);
        assert_eq!(scale.at(0.1), 0.0);
        assert_eq!(scale.at(1e9), 1.0);
        assert!((scale.at(1.0) - 0.2).abs() < 1e-9);
        assert_eq!(
            labels(&Scale::latency([0.0].into_iter())),
            ["≤ 0.01", "0.1"]
        );
        assert_eq!(labels(&Scale::latency(std::iter::empty())), ["1", "10"]);
    }
}
