//! Times as seconds, to the nanosecond: as numbers that a person can read and change. A
//! double holds those of 100 days to the nanosecond, and no run is longer.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

pub(crate) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    time.as_secs_f64().serialize(to)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    read(f64::deserialize(from)?).map_err(D::Error::custom)
}

/// The time that is nearest.
fn read(seconds: f64) -> Result<Duration, String> {
    match (0.0..=1e7).contains(&seconds) {
        true => Ok(Duration::from_nanos((seconds * 1e9).round() as u64)),
        false => Err(format!("expected 0 to 10,000,000 seconds, found {seconds}")),
    }
}

/// Several of them.
pub(crate) mod several {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(times: &[Duration], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(times.iter().map(Duration::as_secs_f64))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Duration>, D::Error> {
        let seconds = Vec::<f64>::deserialize(from)?;
        let times = seconds.into_iter().map(read);
        times.collect::<Result<_, _>>().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use maelstrom_node::Rng;

    use super::*;

    #[test]
    fn no_nanosecond_is_lost() {
        let rng = Rng::new(1);
        for _ in 0..100_000 {
            // The greater ones are as likely as the smaller ones.
            let nanos = rng.u64() >> (11 + rng.below(40));
            let time = Duration::from_nanos(nanos.min(1_000_000_000_000_000));
            let text = serde_json::to_string(&time.as_secs_f64()).unwrap();
            assert_eq!(read(text.parse().unwrap()), Ok(time));
        }
    }
}
