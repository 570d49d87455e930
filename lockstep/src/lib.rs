//! Lockstep: a program on its pipes, but in the time that it is told. Its simulator has the
//! clock, the disk and the seed; the program does nothing between two turns, and so the very
//! binary that runs on Maelstrom repeats from its seed.
//!
//! This is what both sides share: the lines ([`Told`] to the node, [`Said`] by it), and for
//! whoever writes a node without the crate `maelstrom-node`, the order of things ([`Turns`]).
//! The rules are in `workbench/LOCKSTEP.md`; `workbench lockstep-test` holds a program
//! against them.
//!
//! ```no_run
//! use std::io::{stdin, stdout};
//! use std::time::Duration;
//!
//! use lockstep::{Event, Turns};
//!
//! # fn in_real_time() -> std::io::Result<()> { Ok(()) }
//! # struct Node;
//! # impl Node {
//! #     fn new(_: u64, _: &[u8]) -> Node { Node }
//! #     fn answers(&mut self, _: Duration, _: Option<&[u8]>) -> Vec<Vec<u8>> { vec![] }
//! #     fn deadline(&self) -> Option<Duration> { None }
//! # }
//! fn main() -> std::io::Result<()> {
//!     let Some(seed) = lockstep::asked_for()? else {
//!         return in_real_time();
//!     };
//!     # #[expect(clippy::disallowed_methods, reason = "the messages")]
//!     let mut turns = Turns::agree(stdin().lock(), stdout().lock())?;
//!     let Some(start) = turns.start()? else {
//!         return Ok(());
//!     };
//!     let mut node = Node::new(seed, &start.init);
//!     for line in node.answers(Duration::ZERO, Some(&start.init)) {
//!         turns.say(&line)?;
//!     }
//!     turns.end(node.deadline())?;
//!     while let Some((now, event)) = turns.next()? {
//!         let message = match event {
//!             Event::Message(line) => Some(line),
//!             _ => None, // a deadline may be due
//!         };
//!         for line in node.answers(now, message.as_deref()) {
//!             turns.say(&line)?;
//!         }
//!         turns.end(node.deadline())?;
//!     }
//!     Ok(())
//! }
//! ```

mod disk;
mod hex;
mod said;
mod told;
mod turns;

use std::fmt;
use std::io;
use std::time::Duration;

pub use disk::{Command, Files};
pub use said::{Said, agreed};
pub use told::{Event, Told};
pub use turns::{Start, Turns};

/// The environment variable that asks a node for lockstep: the seed of its random numbers, in
/// decimal, below 2^64.
pub const LOCKSTEP: &str = "MAELSTROM_LOCKSTEP";

/// The environment variable that says which versions of the protocol the asking side speaks,
/// with spaces between. Where it is not set, that is 1 alone.
pub const VERSIONS: &str = "MAELSTROM_LOCKSTEP_VERSIONS";

/// The environment variable that says how much time had passed in the run when the node was started,
/// in nanoseconds, below 2^64: a wall clock goes on by it. Where it is not set, that is 0.
pub const TIME: &str = "MAELSTROM_LOCKSTEP_TIME";

/// The environment variable that asks a node to show its state: `1`. It need not.
pub const STATE: &str = "MAELSTROM_LOCKSTEP_STATE";

/// The version of the protocol in which a line comes when the turn before it has ended.
pub const VERSION: u32 = 1;

/// The version in which lines may come before that: a node reads and answers them one after the
/// other all the same. What is said is no other than in version 1.
pub const AHEAD: u32 = 2;

/// The longest line that either side takes, in bytes: 64 MiB to a node. (A workbench takes 8.)
pub const MAX_LINE: usize = 64 << 20;

/// The seed, if lockstep is asked for, in a version that is spoken here.
///
/// # Errors
/// When the seed is no number below 2^64: whoever wrote it wanted lockstep, and would get real
/// time without a word.
pub fn asked_for() -> io::Result<Option<u64>> {
    #[expect(clippy::disallowed_methods, reason = "this is how the simulator asks")]
    let of = |name| std::env::var(name).ok();
    seed(of(LOCKSTEP).as_deref(), of(VERSIONS).as_deref())
}

/// Whether a node is asked to show its state ([`Turns::state`]).
pub fn asked_for_state() -> bool {
    #[expect(clippy::disallowed_methods, reason = "this is how the simulator asks")]
    let asked = std::env::var(STATE);
    asked.is_ok_and(|asked| asked == "1")
}

/// How much time had passed in the run when this node was started. Its own clock begins at 0 then.
///
/// # Errors
/// When that is no number of nanoseconds below 2^64.
pub fn started_at() -> io::Result<Duration> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is how the simulator tells it"
    )]
    let told = std::env::var(TIME).ok();
    time(told.as_deref())
}

fn time(told: Option<&str>) -> io::Result<Duration> {
    let Some(told) = told else {
        return Ok(Duration::ZERO);
    };
    let nanos = disk::number(told.as_bytes()).ok_or_else(|| {
        let why = format!("{TIME}: expected nanoseconds, a number below 2^64, found {told:?}");
        io::Error::new(io::ErrorKind::InvalidInput, why)
    })?;
    Ok(Duration::from_nanos(nanos))
}

/// The highest version that is spoken here and asked for, in such words; none if there is none.
fn version(asked: Option<&str>) -> Option<u32> {
    let asked = asked.unwrap_or("1").split_ascii_whitespace();
    let spoken = |version: &str| {
        [VERSION, AHEAD]
            .into_iter()
            .find(|it| it.to_string() == version)
    };
    asked.filter_map(spoken).max()
}

/// The version that this node goes in: the highest that both sides speak.
fn agreed_version() -> u32 {
    #[expect(clippy::disallowed_methods, reason = "this is how the simulator asks")]
    let asked = std::env::var(VERSIONS).ok();
    version(asked.as_deref()).unwrap_or(VERSION)
}

fn seed(asked: Option<&str>, versions: Option<&str>) -> io::Result<Option<u64>> {
    let Some(asked) = asked else {
        return Ok(None);
    };
    let is_number = asked.bytes().all(|byte| byte.is_ascii_digit());
    let seed = asked.parse().ok().filter(|_| is_number);
    let seed = seed.ok_or_else(|| {
        let why = format!("{LOCKSTEP}: expected a seed, a number below 2^64, found {asked:?}");
        io::Error::new(io::ErrorKind::InvalidInput, why)
    })?;
    Ok(version(versions).map(|_| seed))
}

/// A line that breaks a rule of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What a line there has to be.
    pub expected: &'static str,
    /// The beginning of the line, 200 bytes at most.
    pub found: String,
}

impl Wrong {
    fn new(expected: &'static str, line: &[u8]) -> Wrong {
        let shown = &line[..line.len().min(200)];
        let found = String::from_utf8_lossy(shown).into_owned();
        Wrong { expected, found }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Wrong { expected, found } = self;
        write!(f, "lockstep: expected {expected}, found {found}")
    }
}

impl std::error::Error for Wrong {}

impl From<Wrong> for io::Error {
    fn from(wrong: Wrong) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_may_be_started_in_the_middle_of_a_run() {
        let read = |told| time(told).map_err(|e| e.to_string());
        assert_eq!(read(None), Ok(Duration::ZERO));
        assert_eq!(read(Some("1500000000")), Ok(Duration::from_millis(1500)));
        for wrong in ["", "-1", "1.5", "18446744073709551616"] {
            let expected = format!(
                "MAELSTROM_LOCKSTEP_TIME: expected nanoseconds, a number below 2^64, found {wrong:?}"
            );
            assert_eq!(read(Some(wrong)), Err(expected));
        }
    }

    #[test]
    fn a_seed_asks_for_lockstep_in_a_version_that_is_spoken() -> io::Result<()> {
        assert_eq!(seed(None, Some("1"))?, None);
        assert_eq!(seed(Some("7"), None)?, Some(7));
        assert_eq!(
            seed(Some("18446744073709551615"), Some("1 2"))?,
            Some(u64::MAX)
        );
        assert_eq!(seed(Some("7"), Some("2 3"))?, Some(7));
        assert_eq!(seed(Some("7"), Some("3 4"))?, None);
        assert_eq!(version(None), Some(VERSION));
        assert_eq!(version(Some("2 1 3")), Some(AHEAD));
        for wrong in ["", "yes", "-1", "+1", "18446744073709551616"] {
            let why = seed(Some(wrong), None).map_err(|e| e.to_string());
            let expected = format!(
                "MAELSTROM_LOCKSTEP: expected a seed, a number below 2^64, found {wrong:?}"
            );
            assert_eq!(why, Err(expected));
        }
        Ok(())
    }
}
