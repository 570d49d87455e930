//! A tired machine: nodes that get their processor late, and now and then one that
//! stands still for a while and then catches up.
//!
//! Virtual time is perfect time: a node acts the nanosecond that a message arrives or
//! its deadline comes. On a real machine its process has to be woken first, beside all
//! others that want the same few cores, and sometimes it waits long: for a disk, for
//! memory, for a garbage collection, for a neighbour. With a [`Noise`], so it is here:
//!
//! - Between what wakes a node (a message, a deadline) and its turn goes by a time
//!   drawn from an exponential distribution. What arrives meanwhile is handled in
//!   the same turn, in the order of arrival, after what was due.
//! - Every now and then one of the nodes, drawn at random, stands still. What arrives
//!   waits, and is handled in one turn when it goes on.
//!
//! The node's own clock is right all the while: it sees that it is late. All of this
//! follows from a seed. How well the levels fit real machines says the workbench's
//! README, "A tired machine".

use std::time::Duration;

use maelstrom_node::Rng;

/// How tired the machine is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Noise {
    /// How long after what wakes it a node has its turn, on average.
    pub turn: Duration,
    /// How nodes stand still, if they do.
    pub stalls: Option<Stalls>,
}

/// How nodes stand still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stalls {
    /// The time from the beginning of one to that of the next, of all nodes together,
    /// on average; exponential. Above 0.
    pub every: Duration,
    /// How long one lasts at least.
    pub shortest: Duration,
    /// And at most; uniform between the two.
    pub longest: Duration,
}

/// A time in which a node stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// The node, by its place.
    pub node: usize,
    /// When it began.
    pub from: Duration,
    /// When the node goes on.
    pub until: Duration,
}

impl Noise {
    /// From none to busy: for sweeps.
    pub const LEVELS: [Noise; 3] = [Noise::NONE, Noise::LIGHT, Noise::BUSY];

    /// A perfect machine.
    pub const NONE: Noise = Noise {
        turn: Duration::ZERO,
        stalls: None,
    };

    /// A machine with little else to do: turns are 0.5 ms late, and every 2 s a node
    /// stands still for 20 to 100 ms.
    pub const LIGHT: Noise = Noise {
        turn: Duration::from_micros(500),
        stalls: Some(Stalls {
            every: Duration::from_secs(2),
            shortest: Duration::from_millis(20),
            longest: Duration::from_millis(100),
        }),
    };

    /// A machine with more to do than it can: turns are 3 ms late, and every second a
    /// node stands still for 50 to 400 ms.
    pub const BUSY: Noise = Noise {
        turn: Duration::from_millis(3),
        stalls: Some(Stalls {
            every: Duration::from_secs(1),
            shortest: Duration::from_millis(50),
            longest: Duration::from_millis(400),
        }),
    };
}

/// What a noise does to nodes, one event after the other.
#[derive(Debug)]
pub(super) struct Tiredness {
    noise: Noise,
    rng: Rng,
    /// Until when each node stands still.
    still_until: Vec<Duration>,
    /// The one that comes next.
    next: Option<Stall>,
}

impl Tiredness {
    /// For this many nodes; from `seed` follow all delays.
    pub(super) fn new(noise: Noise, nodes: usize, seed: u64) -> Self {
        let mut tiredness = Tiredness {
            noise,
            rng: Rng::new(seed),
            still_until: vec![Duration::ZERO; nodes],
            next: None,
        };
        tiredness.next = tiredness.draw(Duration::ZERO);
        tiredness
    }

    /// When a node that is woken now has its turn.
    pub(super) fn turn(&self, node: usize, now: Duration) -> Duration {
        let late = match self.noise.turn {
            Duration::ZERO => Duration::ZERO,
            mean => exponential(&self.rng, mean),
        };
        now.max(self.still_until[node]) + late
    }

    /// When a node next begins to stand still.
    pub(super) fn next_stall(&self) -> Option<Duration> {
        self.next.map(|stall| stall.from)
    }

    /// A node begins to stand still; the next that will do so is drawn.
    pub(super) fn stall(&mut self) -> Option<Stall> {
        let stall = self.next.take()?;
        let until = &mut self.still_until[stall.node];
        *until = stall.until.max(*until);
        self.next = self.draw(stall.from);
        Some(stall)
    }

    fn draw(&self, after: Duration) -> Option<Stall> {
        let Stalls {
            every,
            shortest,
            longest,
        } = self.noise.stalls?;
        let from = after + exponential(&self.rng, every);
        let length = shortest + longest.saturating_sub(shortest).mul_f64(self.rng.f64());
        Some(Stall {
            node: self.rng.below(self.still_until.len() as u64) as usize,
            from,
            until: from + length,
        })
    }
}

fn exponential(rng: &Rng, mean: Duration) -> Duration {
    mean.mul_f64(rng.exponential())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stalls_come_as_often_and_last_as_long_as_is_said() {
        for noise in [Noise::LIGHT, Noise::BUSY] {
            let stalls = noise.stalls.expect("it has stalls");
            let mut tiredness = Tiredness::new(noise, 5, 1);
            let all: Vec<Stall> = (0..10_000).filter_map(|_| tiredness.stall()).collect();
            assert_eq!(all.len(), 10_000);
            assert!(all.is_sorted_by_key(|stall| stall.from));
            let mean = all[9_999].from / 10_000;
            let off = mean.abs_diff(stalls.every).as_secs_f64() / stalls.every.as_secs_f64();
            assert!(off < 0.03, "{mean:?}");
            let range = stalls.shortest..=stalls.longest;
            assert!(
                all.iter()
                    .all(|one| range.contains(&(one.until - one.from)))
            );
            let length: Duration = all.iter().map(|one| one.until - one.from).sum();
            let middle = (stalls.shortest + stalls.longest) / 2;
            let off = (length / 10_000).abs_diff(middle).as_secs_f64() / middle.as_secs_f64();
            assert!(off < 0.03, "{length:?}");
            assert!((0..5).all(|node| all.iter().any(|one| one.node == node)));
        }
    }

    #[test]
    fn a_turn_is_late_as_is_said_and_waits_for_the_end_of_a_stall() {
        let mut tiredness = Tiredness::new(Noise::BUSY, 1, 1);
        let now = Duration::from_millis(1);
        let late: Duration = (0..10_000).map(|_| tiredness.turn(0, now) - now).sum();
        let mean = (late / 10_000).as_secs_f64() * 1000.0;
        assert!((2.9..3.1).contains(&mean), "{mean} ms");
        let stall = tiredness.stall().expect("a busy machine has some");
        assert!(tiredness.turn(0, stall.from) >= stall.until);
    }
}
