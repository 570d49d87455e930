//! How far the numbers of a run go. Beyond these ranges, time and memory overflow or a
//! run does not come to an end; so what is beyond is refused before it begins, with the
//! range.

use std::fmt::{self, Display};
use std::ops::RangeInclusive;
use std::time::Duration;

use super::Config;
use crate::name;
use crate::workload::Workload;

/// How many nodes there may be.
pub const NODES: RangeInclusive<usize> = 1..=1000;
/// How many clients may work at a time.
pub const CONCURRENCY: RangeInclusive<usize> = 1..=10_000;
/// Operations a second. 0, for none at all, is good as well.
pub const RATE: RangeInclusive<f64> = 1e-6..=1e6;
/// How long the main phase may take, in seconds.
pub const TIME_LIMIT: RangeInclusive<f64> = 0.0..=1e6;
/// The mean latency, in milliseconds.
pub const LATENCY: RangeInclusive<u64> = 0..=3_600_000;
/// The mean time between two actions of the nemesis, in seconds.
pub const NEMESIS_INTERVAL: RangeInclusive<f64> = 1e-3..=1e6;
/// How wrong a clock is, is counted in parts of this many.
const MILLION: u32 = 1_000_000;
/// Probabilities: of loss, of duplicates, of being late.
pub const PROBABILITY: RangeInclusive<f64> = 0.0..=1.0;

/// How long a node may be given to answer `init`, in seconds.
pub const INIT_TIMEOUT: RangeInclusive<f64> = 0.1..=3600.0;

/// How many messages the nodes may write in a run, all together: for each second of it
/// and one more,
pub const MESSAGES_PER_SECOND: f64 = 100_000.0;
/// for each pair of nodes, in either direction,
pub const MESSAGES_PER_PAIR: f64 = 10.0;
/// and for each invocation and each completion of an operation.
pub const MESSAGES_PER_OPERATION: f64 = 1000.0;
/// How much may be under way at a time, in bytes.
pub const BYTES_UNDER_WAY: usize = 64 << 20;

/// How many operations a run may have, those of transactions counted one by one. Each
/// stays in memory until the run is judged.
pub const MOST_OPERATIONS: f64 = 1e7;
/// How many pairs of nodes the partitions of a run may cut, since the history names
/// them all.
pub const MOST_CUTS: f64 = 1e7;
/// How much the nodes may be told before the main phase, all together, in bytes. A
/// topology that names all nodes to all nodes, and says of each who its neighbours are,
/// grows with their number's cube.
pub const MOST_PREPARATION: usize = 128 << 20;

/// A configuration that cannot be run: which part of it, what was expected, and what
/// was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {why}")]
pub struct ConfigError {
    /// The part's name, as [`Config`] has it.
    pub part: &'static str,
    /// What was expected, and what was found.
    pub why: String,
}

impl ConfigError {
    fn new(part: &'static str, why: impl Display) -> Self {
        let why = why.to_string();
        ConfigError { part, why }
    }
}

/// Whether a number is in its range.
///
/// # Errors
/// What was expected, and what was found.
pub fn within<T>(range: &RangeInclusive<T>, unit: &str, found: T) -> Result<T, String>
where
    T: PartialOrd + Display + Copy,
    Number<T>: Display,
{
    if range.contains(&found) {
        return Ok(found);
    }
    let (least, most) = (Number(*range.start()), Number(*range.end()));
    let unit = if unit.is_empty() {
        ""
    } else {
        &format!(" {unit}")
    };
    Err(format!("expected {least} to {most}{unit}, found {found}"))
}

/// The same for operations a second, which may also be none.
pub fn rate(found: f64) -> Result<f64, String> {
    match found {
        0.0 => Ok(found),
        _ => within(&RATE, "operations a second", found)
            .map_err(|why| why.replacen("expected", "expected 0, or", 1)),
    }
}

/// A number as people read it: groups of three digits.
pub struct Number<T>(pub T);

impl<T: Display> Display for Number<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let (whole, rest) = match text.find(|c: char| !c.is_ascii_digit()) {
            Some(end) => text.split_at(end),
            None => (&*text, ""),
        };
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i) % 3 == 0 {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        f.write_str(rest)
    }
}

impl Config {
    /// Whether a run of it comes to an end, and its nodes have names that they can have.
    ///
    /// # Errors
    /// The first part that is out of its range.
    pub fn check(&self) -> Result<(), ConfigError> {
        let seconds = Duration::as_secs_f64;
        let network = &self.network;
        let about = |part| move |why: String| ConfigError::new(part, why);
        within(&NODES, "nodes", self.nodes.len()).map_err(about("nodes"))?;
        name::check_nodes(&self.nodes).map_err(|unfit| ConfigError::new("nodes", unfit))?;
        within(&CONCURRENCY, "clients", self.concurrency).map_err(about("concurrency"))?;
        rate(self.rate).map_err(about("rate"))?;
        within(&TIME_LIMIT, "seconds", seconds(&self.time_limit)).map_err(about("time_limit"))?;
        within(&INIT_TIMEOUT, "seconds", seconds(&self.init_timeout))
            .map_err(about("init_timeout"))?;
        let latency = u64::try_from(network.latency.mean.as_millis()).unwrap_or(u64::MAX);
        within(&LATENCY, "milliseconds", latency).map_err(about("network.latency"))?;
        for (part, probability) in [
            ("network.loss", network.loss),
            ("network.duplicate", network.duplicate),
            ("network.reorder", network.reorder),
        ] {
            within(&PROBABILITY, "", probability).map_err(about(part))?;
        }
        if let Some(interval) = &self.partitions {
            within(&NEMESIS_INTERVAL, "seconds", seconds(interval)).map_err(about("partitions"))?;
            let starts = 1.0 + seconds(&self.time_limit) / seconds(interval) / 2.0;
            // Half of the nodes are cut off from the other half, both ways.
            let cuts = starts * (self.nodes.len() as f64).powi(2) / 2.0;
            if cuts > MOST_CUTS {
                return Err(ConfigError::new(
                    "partitions",
                    format!(
                        "expected partitions that cut {} pairs of nodes at most, all together; \
                         here, {} cut about {}: pass a longer interval or fewer nodes",
                        Number(MOST_CUTS),
                        Number(starts.round()),
                        Number(cuts.round())
                    ),
                ));
            }
        }
        self.check_nodes_faults()
    }

    fn check_nodes_faults(&self) -> Result<(), ConfigError> {
        let count = self.nodes.len();
        if let Some(faults) = &self.node_faults {
            let about = |why| ConfigError::new("node_faults", why);
            let interval = faults.interval.as_secs_f64();
            within(&NEMESIS_INTERVAL, "seconds", interval).map_err(about)?;
            if faults.targets.is_empty() {
                return Err(about("expected a target at least, found none".to_owned()));
            }
            if faults.drift >= MILLION {
                return Err(about(format!(
                    "expected a drift below {} parts in a million, found {}",
                    Number(MILLION),
                    Number(faults.drift)
                )));
            }
            let actions = 1.0 + self.time_limit.as_secs_f64() / interval;
            let entries = actions * faults.kinds.len() as f64 * count as f64;
            if entries > MOST_CUTS {
                return Err(about(format!(
                    "expected faults that strike {} nodes at most, all together; here, it would be \
                     about {}: pass a longer interval or fewer nodes",
                    Number(MOST_CUTS),
                    Number(entries.round())
                )));
            }
        }
        if let Some(schedule) = &self.schedule {
            schedule
                .check(self)
                .map_err(|why| ConfigError::new("schedule", why))?;
        }
        let mut struck = self.rules.iter().flat_map(|rule| &rule.nodes);
        match struck.find(|node| **node >= count) {
            Some(node) => Err(ConfigError::new(
                "rules",
                format!("expected nodes from 0 to {}, found {node}", count - 1),
            )),
            None => Ok(()),
        }
    }

    /// The same, for a run of this workload.
    ///
    /// # Errors
    /// As for [`Config::check`]; and if there were too many operations, or more to tell
    /// the nodes before than there is memory for.
    pub fn check_with(&self, workload: &dyn Workload) -> Result<(), ConfigError> {
        self.check()?;
        let each = workload.operation_size().max(1);
        let operations = self.rate * self.time_limit.as_secs_f64() * f64::from(each);
        if operations > MOST_OPERATIONS {
            let of = match each {
                1 => String::new(),
                _ => format!(" of up to {each} reads and writes"),
            };
            return Err(ConfigError::new(
                "rate",
                format!(
                    "expected {} operations at most; {} a second{of} for {} seconds are {}: pass a \
                     lower rate or a shorter time",
                    Number(MOST_OPERATIONS),
                    Number(self.rate),
                    Number(self.time_limit.as_secs_f64()),
                    Number(operations.round())
                ),
            ));
        }
        let setup = workload.setup(&self.nodes);
        let setup = setup.map_or(0, |body| serde_json::Value::from(body).to_string().len());
        let init: usize = self.nodes.iter().map(|name| name.len() + 3).sum();
        let told = (setup + init).saturating_mul(self.nodes.len());
        if told > MOST_PREPARATION {
            return Err(ConfigError::new(
                "nodes",
                format!(
                    "expected {} bytes at most to tell all nodes before operations begin; to tell \
                     {} nodes of each other takes {}: pass fewer nodes, or a topology with fewer \
                     neighbours",
                    Number(MOST_PREPARATION),
                    Number(self.nodes.len()),
                    Number(told)
                ),
            ));
        }
        Ok(())
    }
}
