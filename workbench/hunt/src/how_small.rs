//! How small what is broken is made: for whoever changes how runs are made smaller.

use std::fmt;
use std::time::{Duration, Instant};

use simulation::Simulated;
use simulation::run::Config;
use simulation::schedule::Schedule;

use crate::{Failure, Hunt, Seen, Shrunk, Size, shrink};

/// With how many seeds a hunt begins anew.
const STARTS: u64 = 3;
/// After so many runs it is given up.
const MOST: u64 = 300;
/// For how long a run is made smaller: as long as the command does.
const PATIENCE: Duration = Duration::from_secs(60);

/// Of each hunt, what it found and what was left of that; none, if it found nothing.
#[derive(Clone, Debug)]
pub struct HowSmall(pub Vec<Option<MadeSmall>>);

/// A run that fails, and the smallest one that does.
#[derive(Clone, Debug)]
pub struct MadeSmall {
    /// What is wrong with both.
    pub failure: Failure,
    /// The number of the run that failed, from 1.
    pub found: u64,
    /// What there was to it.
    pub before: Size,
    /// How many messages its nodes sent each other, and how many they do in the smallest one.
    pub messages: [u64; 2],
    /// What was left.
    pub shrunk: Shrunk,
    /// How long that took, of real time.
    pub took: Duration,
}

/// Hunts for a run that fails, three times, among 300 runs at most, and makes each smaller, for a
/// minute at most. `base` is what is searched from, by the number of the start, from 1.
pub fn how_small(base: impl Fn(u64) -> Config, run: impl Fn(&Config) -> Simulated) -> HowSmall {
    let starts = 1..=STARTS;
    HowSmall(starts.map(|start| made_small(base(start), &run)).collect())
}

#[expect(clippy::disallowed_methods, reason = "it is a figure of real time")]
fn made_small(base: Config, run: impl Fn(&Config) -> Simulated) -> Option<MadeSmall> {
    let mut hunt = Hunt::new(base);
    while hunt.runs() < MOST {
        let first = run(&hunt.next_run());
        let failure = Failure::of(&first).filter(|failure| !failure.is_fruitless());
        let Some(failure) = failure else {
            let mut seen = Seen::default();
            first.again(&mut seen);
            hunt.learn(seen);
            continue;
        };
        let schedule = first.schedule();
        let before = Size::of(&schedule);
        let began = Instant::now();
        let mut fails = |schedule: &Schedule| failure.struck_in(&run(&schedule.config()));
        let shrunk = shrink(schedule, &mut fails, &mut |_| began.elapsed() < PATIENCE);
        let took = began.elapsed();
        let smallest = run(&shrunk.schedule.config());
        let messages = [first, smallest]
            .map(|run| run.figure("net.servers.msg-count").unwrap_or_default() as u64);
        return Some(MadeSmall {
            failure,
            found: hunt.runs(),
            before,
            messages,
            shrunk,
            took,
        });
    }
    None
}

/// "nonlinearizable, run 4: 3 nodes, 190 operations, 60 kills, 900 messages; 1 node, 2 operations, 1
/// kill, 0 messages; in 120 runs, 3.0 s": a line for each.
impl fmt::Display for HowSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for made in &self.0 {
            let Some(made) = made else {
                writeln!(f, "  not found")?;
                continue;
            };
            let MadeSmall {
                failure,
                found,
                before: size,
                messages: [before, after],
                shrunk,
                took,
            } = made;
            let end = if shrunk.is_smallest {
                ""
            } else {
                ", and not done"
            };
            writeln!(
                f,
                "  {failure}, run {found}: {size}, {before} messages; {}, {after} messages; in {} runs, \
                 {:.1} s{end}",
                shrunk.size,
                shrunk.runs,
                took.as_secs_f64()
            )?;
        }
        Ok(())
    }
}
