//! How long packets take.

use std::time::Duration;

use maelstrom_node::Rng;

/// The shape of the latencies, named as Maelstrom's `--latency-dist` does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Distribution {
    /// Always the mean.
    #[default]
    Constant,
    /// From nothing to twice the mean, each as likely as the others.
    Uniform,
    /// Many short, few long: the times between events that have no memory.
    Exponential,
}

/// Latencies to draw from, in whole milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// Their mean.
    pub mean: Duration,
    /// Their shape.
    pub distribution: Distribution,
}

impl Latency {
    /// The mean, in whole milliseconds: what a packet takes of which nothing else is said.
    pub fn plain(&self) -> Duration {
        Duration::from_millis(self.mean.as_millis() as u64)
    }

    /// The next packet's latency.
    pub fn draw(&self, rng: &Rng) -> Duration {
        if self.mean.is_zero() {
            return Duration::ZERO;
        }
        let mean = self.mean.as_millis() as u64;
        let millis = match self.distribution {
            Distribution::Constant => mean,
            Distribution::Uniform => rng.below(2 * mean + 1),
            Distribution::Exponential => (rng.exponential() * mean as f64) as u64,
        };
        Duration::from_millis(millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_has_its_mean_and_range() {
        for (distribution, longest) in [
            (Distribution::Constant, 100),
            (Distribution::Uniform, 200),
            (Distribution::Exponential, 2000),
        ] {
            let latency = Latency {
                mean: Duration::from_millis(100),
                distribution,
            };
            let rng = Rng::new(1);
            let drawn: Vec<u128> = (0..10_000)
                .map(|_| latency.draw(&rng).as_millis())
                .collect();
            let mean = drawn.iter().sum::<u128>() as f64 / drawn.len() as f64;
            assert!((97.0..103.0).contains(&mean), "{distribution:?}: {mean}");
            assert!(drawn.iter().all(|&ms| ms <= longest), "{distribution:?}");
        }
    }
}
