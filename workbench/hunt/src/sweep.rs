//! What came of many seeds, a line each: written while a sweep goes on, by as many processes
//! as there are, and put together afterwards.
//!
//! ```text
//! {"sweep":1,"workload":"g-set","command":["-w","g-set","--nemesis","partition"]}
//! {"seed":0,"verdict":"valid","figures":{"ok":98.0,"stable latency, longest":1389.0}}
//! {"seed":1,"verdict":"invalid","failure":"lost","figures":{"ok":97.0}}
//! ```
//!
//! The same seeds give the same lines, whichever process ran them, so that sweeps in parts
//! come to what one sweep would have.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};

use history::quantile;
use serde::{Deserialize, Serialize};
use simulation::Judged;
use simulation::summary::{Verdict, figures};

use crate::Failure;

/// The version of the format.
const VERSION: u32 = 1;
/// Of each kind of failure, how many seeds are named.
const NAMED: usize = 5;

/// What a sweep is about: the first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The version of the format.
    sweep: u32,
    /// The workload's name.
    pub workload: String,
    /// What the command `workbench test` was told, but for the seeds.
    pub command: Vec<String>,
}

impl Subject {
    /// Runs of this workload, by this command.
    pub fn new(workload: String, command: Vec<String>) -> Self {
        Subject {
            sweep: VERSION,
            workload,
            command,
        }
    }
}

/// What came of a seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The seed.
    pub seed: u64,
    /// The verdict.
    pub verdict: Verdict,
    /// In what way the run failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The run's figures, by their names.
    pub figures: BTreeMap<String, f64>,
}

impl Line {
    /// Of this run.
    pub fn of(run: &Judged) -> Self {
        let all = figures(
            &run.outcome.history,
            &run.checked.results,
            run.limits.availability,
        );
        let all = all.into_iter();
        Line {
            seed: run.config.seed,
            verdict: run.checked.valid.into(),
            failure: Failure::of(run).map(|failure| failure.to_string()),
            figures: all
                .filter_map(|figure| Some((figure.name, figure.value?)))
                .collect(),
        }
    }
}

/// What came of many seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// What it is about.
    pub subject: Subject,
    /// A line for each seed.
    pub lines: BTreeMap<u64, Line>,
}

/// Lines that are no sweep, or another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SweepError {
    /// This line cannot be read.
    #[error("line {0}: {1}")]
    Line(usize, String),
    /// Two that are to be one are about different things.
    #[error("it is of another sweep: {0}, and not {1}")]
    Other(String, String),
    /// Two that are to be one have different lines for this seed.
    #[error("seed {0} came to different ends: was the node changed meanwhile?")]
    Differs(u64),
}

impl Sweep {
    /// One without lines.
    pub fn new(subject: Subject) -> Self {
        Sweep {
            subject,
            lines: BTreeMap::new(),
        }
    }

    /// Reads it. The last line may be there in part: whoever wrote it was killed.
    ///
    /// # Errors
    /// Which line cannot be read, and why.
    pub fn read(text: &str) -> Result<Self, SweepError> {
        let mut lines = text.split_inclusive('\n').enumerate();
        let (_, first) = lines
            .next()
            .ok_or_else(|| SweepError::Line(1, "expected what is swept, found nothing".into()))?;
        let subject: Subject =
            serde_json::from_str(first).map_err(|e| SweepError::Line(1, e.to_string()))?;
        if subject.sweep != VERSION {
            let why = format!("expected version {VERSION}, found {}", subject.sweep);
            return Err(SweepError::Line(1, why));
        }
        let mut sweep = Sweep::new(subject);
        for (place, text) in lines {
            match serde_json::from_str::<Line>(text) {
                Ok(line) => sweep.lines.insert(line.seed, line),
                Err(_) if !text.ends_with('\n') => break,
                Err(e) => return Err(SweepError::Line(place + 1, e.to_string())),
            };
        }
        Ok(sweep)
    }

    /// Adds what another one has.
    ///
    /// # Errors
    /// If it is about something else, or knows better.
    pub fn merge(&mut self, other: Sweep) -> Result<(), SweepError> {
        if other.subject != self.subject {
            let words =
                |subject: &Subject| format!("{} {}", subject.workload, subject.command.join(" "));
            return Err(SweepError::Other(
                words(&other.subject),
                words(&self.subject),
            ));
        }
        for (seed, line) in other.lines {
            match self.lines.get(&seed) {
                Some(known) if *known != line => return Err(SweepError::Differs(seed)),
                _ => self.lines.insert(seed, line),
            };
        }
        Ok(())
    }

    /// The worst verdict.
    pub fn verdict(&self) -> Verdict {
        let is = |verdict| self.lines.values().any(|line| line.verdict == verdict);
        match (is(Verdict::Invalid), is(Verdict::Unknown)) {
            (true, _) => Verdict::Invalid,
            (_, true) => Verdict::Unknown,
            _ if self.lines.is_empty() => Verdict::Unknown,
            _ => Verdict::Valid,
        }
    }

    /// How many seeds came to this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        let lines = self.lines.values();
        lines.filter(|line| line.verdict == verdict).count()
    }

    /// The kinds of failures, with the seeds that show them: the most frequent first.
    pub fn failures(&self) -> Vec<(String, Vec<u64>)> {
        let mut failures: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for line in self.lines.values() {
            if line.verdict != Verdict::Valid {
                let failure = line.failure.as_deref().unwrap_or(line.verdict.word());
                failures.entry(failure).or_default().push(line.seed);
            }
        }
        let mut failures: Vec<_> = failures.into_iter().collect();
        failures.sort_by_key(|(_, seeds)| std::cmp::Reverse(seeds.len()));
        let named = |(failure, seeds): (&str, Vec<u64>)| (failure.to_owned(), seeds);
        failures.into_iter().map(named).collect()
    }

    /// How the figures are distributed over the seeds.
    pub fn distributions(&self) -> Vec<Distribution> {
        let mut values: BTreeMap<&str, Vec<(f64, u64)>> = BTreeMap::new();
        for line in self.lines.values() {
            for (name, value) in &line.figures {
                values.entry(name).or_default().push((*value, line.seed));
            }
        }
        let distribution = |(name, mut values): (&str, Vec<(f64, u64)>)| {
            values.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            let at = |q| quantile(&values, q);
            Some(Distribution {
                name: name.to_owned(),
                least: *values.first()?,
                median: at(0.5)?.0,
                most_of_all: at(0.95)?.0,
                most: *values.last()?,
            })
        };
        values.into_iter().filter_map(distribution).collect()
    }
}

/// How a figure is distributed over the seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// The figure's name.
    pub name: String,
    /// The least, and of which seed.
    pub least: (f64, u64),
    /// The median.
    pub median: f64,
    /// What 95 % do not exceed.
    pub most_of_all: f64,
    /// The greatest, and of which seed.
    pub most: (f64, u64),
}

/// As JSON, a line each, in the order of the seeds.
impl Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = |line: serde_json::Result<String>| line.map_err(|_| fmt::Error);
        writeln!(f, "{}", json(serde_json::to_string(&self.subject))?)?;
        for line in self.lines.values() {
            writeln!(f, "{}", json(serde_json::to_string(line))?)?;
        }
        Ok(())
    }
}

/// A sweep in words.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a>(pub &'a Sweep);

impl Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report(sweep) = self;
        let [valid, invalid, unknown] = [Verdict::Valid, Verdict::Invalid, Verdict::Unknown]
            .map(|verdict| sweep.count(verdict));
        let name = &sweep.subject.workload;
        let count = sweep.lines.len();
        writeln!(
            f,
            "{name}: {count} seeds: {valid} valid, {invalid} invalid, {unknown} unknown"
        )?;
        for (failure, seeds) in sweep.failures() {
            let named: Vec<String> = seeds.iter().take(NAMED).map(u64::to_string).collect();
            let mut named = named.join(", ");
            if seeds.len() > NAMED {
                let _ = write!(named, " and {} more", seeds.len() - NAMED);
            }
            writeln!(f, "- {failure}: {} times, with seeds {named}", seeds.len())?;
        }
        writeln!(
            f,
            "\n{:40} {:>12} {:>12} {:>12} {:>12}  seed of the most",
            "", "least", "median", "95 %", "most"
        )?;
        for figure in sweep.distributions() {
            let numbers = [
                figure.least.0,
                figure.median,
                figure.most_of_all,
                figure.most.0,
            ];
            let [least, median, most_of_all, most] =
                numbers.map(|number| (number * 1e4).round() / 1e4);
            writeln!(
                f,
                "{:40} {least:>12} {median:>12} {most_of_all:>12} {most:>12}  {}",
                figure.name, figure.most.1
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject {
        Subject::new(
            "g-set".to_owned(),
            vec!["-w".to_owned(), "g-set".to_owned()],
        )
    }

    /// With these seeds, of which every seventh fails.
    fn sweep(seeds: impl Iterator<Item = u64>) -> Sweep {
        let line = |seed: u64| Line {
            seed,
            verdict: match seed % 7 {
                0 => Verdict::Invalid,
                _ => Verdict::Valid,
            },
            failure: seed.is_multiple_of(7).then(|| "lost".to_owned()),
            figures: BTreeMap::from([("ok".to_owned(), seed as f64 / 3.0)]),
        };
        Sweep {
            subject: subject(),
            lines: seeds.map(|seed| (seed, line(seed))).collect(),
        }
    }

    #[test]
    fn parts_put_together_are_the_whole() {
        let whole = sweep(0..100);
        let mut merged = Sweep::new(subject());
        for part in [2, 0, 3, 1] {
            let part = sweep((0..100).filter(|seed| seed % 4 == part));
            merged
                .merge(Sweep::read(&part.to_string()).unwrap())
                .unwrap();
        }
        assert_eq!(merged.to_string(), whole.to_string());
        assert_eq!(merged.verdict(), Verdict::Invalid);
        let report = Report(&whole).to_string();
        let lines: Vec<&str> = report.lines().collect();
        assert_eq!(
            lines[0],
            "g-set: 100 seeds: 85 valid, 15 invalid, 0 unknown"
        );
        assert_eq!(
            lines[1],
            "- lost: 15 times, with seeds 0, 7, 14, 21, 28 and 10 more"
        );
        assert!(
            lines[4].ends_with(" 0      16.6667      31.6667           33  99"),
            "{report}"
        );
    }

    #[test]
    fn what_is_of_another_sweep_is_refused() {
        let mut whole = sweep(0..3);
        let mut other = sweep(3..4);
        other.subject.command.push("--loss=1".to_owned());
        assert_eq!(
            whole.merge(other).unwrap_err().to_string(),
            "it is of another sweep: g-set -w g-set --loss=1, and not g-set -w g-set"
        );
        let mut other = sweep(2..4);
        other.lines.get_mut(&2).unwrap().verdict = Verdict::Unknown;
        let error = whole.merge(other).unwrap_err();
        assert_eq!(error, SweepError::Differs(2));
    }

    #[test]
    fn a_line_that_was_broken_off_is_not_there() {
        let text = sweep(0..3).to_string();
        let torn = &text[..text.len() - 5];
        assert_eq!(Sweep::read(torn).unwrap(), sweep(0..2));
        let garbled = text.replace("\"seed\":1", "\"sead\":1");
        let error = Sweep::read(&garbled).unwrap_err().to_string();
        assert!(error.starts_with("line 3: unknown field `sead`"), "{error}");
        assert!(Sweep::read("").is_err());
    }
}
