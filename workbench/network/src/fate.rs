//! What becomes of a packet on its way: lost, or there after a while, or twice. It is drawn,
//! or it is said, packet by packet.

use std::collections::BTreeMap;
use std::time::Duration;

use maelstrom_node::Rng;

use crate::Config;

/// How late a reordered packet can be, or twice the mean latency if that is
/// more.
const LATEST: Duration = Duration::from_millis(100);

/// What becomes of a packet, if no partition drops it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// How long each of its copies takes; there are none if it is lost.
    pub takes: [Option<Duration>; 2],
}

impl Fate {
    /// It is lost.
    pub const LOST: Fate = Fate {
        takes: [None, None],
    };

    /// It arrives once, after so long.
    pub fn arrives(takes: Duration) -> Self {
        Fate {
            takes: [None, Some(takes)],
        }
    }

    /// One by chance.
    pub(crate) fn draw(config: &Config, rng: &Rng) -> Self {
        if config.loss > 0.0 && rng.chance(config.loss) {
            return Fate::LOST;
        }
        let twice = config.duplicate > 0.0 && rng.chance(config.duplicate);
        let first = twice.then(|| delay(config, rng));
        Fate {
            takes: [first, Some(delay(config, rng))],
        }
    }
}

/// A packet's latency, and what it is late beyond that.
fn delay(config: &Config, rng: &Rng) -> Duration {
    let latency = config.latency.draw(rng);
    match config.reorder > 0.0 && rng.chance(config.reorder) {
        true => latency + LATEST.max(config.latency.mean * 2).mul_f64(rng.f64()),
        false => latency,
    }
}

/// What becomes of some packets: of those from one endpoint to another, counted from 0 in
/// the order of sending.
#[derive(Clone, Debug, Default)]
pub struct Fates {
    pairs: BTreeMap<String, BTreeMap<String, Pair>>,
}

#[derive(Clone, Debug, Default)]
struct Pair {
    sent: u64,
    fates: BTreeMap<u64, Fate>,
}

impl Fates {
    /// Says what becomes of the nth packet from `src` to `dest`.
    pub fn say(&mut self, src: &str, dest: &str, nth: u64, fate: Fate) {
        let of_src = self.pairs.entry(src.to_owned()).or_default();
        let pair = of_src.entry(dest.to_owned()).or_default();
        pair.fates.insert(nth, fate);
    }

    /// What is said of the next packet from `src` to `dest`, if anything is.
    pub(crate) fn next(&mut self, src: &str, dest: &str) -> Option<Fate> {
        let pair = self.pairs.get_mut(src)?.get_mut(dest)?;
        let nth = pair.sent;
        pair.sent += 1;
        pair.fates.get(&nth).copied()
    }
}
