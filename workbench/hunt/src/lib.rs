//! Finds runs that fail, and makes them as small as can be.
//!
//! ```
//! use hunt::{Failure, shrink};
//! use simulation::{run::Config, schedule::Schedule, simulate};
//! use specimens::flood::{Fault, Flood};
//! use workloads::broadcast::{Broadcast, Topology};
//!
//! // Nodes that send once, and do not care whether it arrives.
//! let run = |config: &Config| {
//!     let mut workload = Broadcast::new(Topology::Total);
//!     simulate(config, &mut workload, |node| Flood::new(node, Fault::NoRetry))
//! };
//! let failing = run(&Config::rough(1, 5));
//! let failure = Failure::of(&failing).expect("messages are lost");
//!
//! let mut fails = |schedule: &_| failure.struck_in(&run(&Schedule::config(schedule)));
//! let shrunk = shrink(failing.schedule(), &mut fails, &mut |_| true);
//! let smallest = run(&shrunk.schedule.config());
//! assert_eq!(smallest.checked.findings[0].anomaly, failing.checked.findings[0].anomaly);
//! assert_eq!(shrunk.size.to_string(), "2 nodes, 1 operation, 1 partition");
//! ```
//!
//! - [`Hunt`]: which runs to make, so that one fails soon; [`swarm()`]: worlds that differ in
//!   what can go wrong in them, [`moments()`]: and when. [`Seen`]: what a hunt learns from.
//! - [`how_soon()`]: how many runs that takes, beside plain seeds; [`how_small()`]: what is left
//!   of one that fails.
//! - [`shrink()`]: takes away of a [`Schedule`](simulation::schedule::Schedule) whatever the
//!   failure does not need.
//! - [`sweep`]: what came of many seeds, line by line.
//! - [`Failure`]: what went wrong with a run, so that one can tell whether another shows the
//!   same.
//! - [`Size`]: how much there is to a schedule.

mod failure;
mod how_small;
mod how_soon;
mod hunting;
mod moments;
mod mutate;
mod seen;
mod shrink;
mod size;
mod swarm;
pub mod sweep;

pub use failure::Failure;
pub use how_small::{HowSmall, MadeSmall, how_small};
pub use how_soon::{HowSoon, how_soon};
pub use hunting::Hunt;
pub use moments::{Kinds, moments};
pub use seen::Seen;
pub use shrink::{Shrunk, Struck, shrink};
pub use size::Size;
pub use swarm::swarm;
