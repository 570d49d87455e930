//! Plays the workbench against one program, and says which rules of lockstep it keeps.
//!
//! The rules are those of `workbench/LOCKSTEP.md`, under their names there. A program is started
//! many times, each time as the only node of a cluster or as one of three whose others are
//! silent; what it is told is made up here, its services are real, its disk keeps everything.

mod ahead;
mod probes;
mod requests;
mod session;
mod twins;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Program;
use session::Bench;

/// A rule of lockstep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The first line is `= lockstep`.
    Agree,
    /// `init` is answered.
    Init,
    /// Each turn ends.
    End,
    /// What is said are lines, each a message or the protocol's.
    Lines,
    /// Nothing is said between turns.
    Quiet,
    /// A deadline is not before the time of its turn.
    Deadline,
    /// What is due is done, and nothing before.
    Wake,
    /// All time is that of the turns.
    Time,
    /// The same seed and lines give the same lines.
    Same,
    /// A request is answered to its sender, with its number.
    Reply,
    /// A line that is no message is skipped.
    Skip,
    /// A long message is handled as any other.
    Large,
    /// Many messages at the same time are all handled.
    Many,
    /// In version 2, lines that come before they are its turn are handled as any others.
    Ahead,
    /// Nothing is promised before it is durable.
    Sync,
    /// A disk that fails ends the node.
    Failed,
    /// A node that comes back takes up what its disk holds.
    Again,
    /// The end of the input ends the process.
    Eof,
}

impl Rule {
    /// All of them, in the order of the specification.
    pub const ALL: [Rule; 18] = [
        Rule::Agree,
        Rule::Init,
        Rule::End,
        Rule::Lines,
        Rule::Quiet,
        Rule::Deadline,
        Rule::Wake,
        Rule::Time,
        Rule::Same,
        Rule::Reply,
        Rule::Skip,
        Rule::Large,
        Rule::Many,
        Rule::Ahead,
        Rule::Sync,
        Rule::Failed,
        Rule::Again,
        Rule::Eof,
    ];

    /// Its name in the specification.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Agree => "agree",
            Rule::Init => "init",
            Rule::End => "end",
            Rule::Lines => "lines",
            Rule::Quiet => "quiet",
            Rule::Deadline => "deadline",
            Rule::Wake => "wake",
            Rule::Time => "time",
            Rule::Same => "same",
            Rule::Reply => "reply",
            Rule::Skip => "skip",
            Rule::Large => "large",
            Rule::Many => "many",
            Rule::Ahead => "ahead",
            Rule::Sync => "sync",
            Rule::Failed => "failed",
            Rule::Again => "again",
            Rule::Eof => "eof",
        }
    }
}

/// What was seen of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was tried, and held; how.
    Kept(String),
    /// It was broken.
    Broken(Breach),
    /// It could not be tried; why.
    NotTried(String),
}

/// A rule that was broken: what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which.
    pub rule: Rule,
    /// The line that the program was told last, or what else was done to it.
    pub told: String,
    /// What had to come.
    pub expected: String,
    /// What came.
    pub came: String,
    /// The last lines of its log.
    pub log: Vec<String>,
}

/// What is tried, and for how long.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the program's random numbers follow from.
    pub seed: u64,
    /// How long a turn may take, in real time.
    pub patience: Duration,
    /// The workload whose requests it is sent; without it, each workload's are tried.
    pub workload: Option<String>,
}

impl Default for Options {
    /// With the seed 1 and the specification's patience, 10 s.
    fn default() -> Self {
        Options {
            seed: 1,
            patience: Duration::from_secs(10),
            workload: None,
        }
    }
}

/// What came of all rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    verdicts: BTreeMap<Rule, Verdict>,
}

impl Report {
    /// What was seen of a rule.
    pub fn of(&self, rule: Rule) -> &Verdict {
        &self.verdicts[&rule]
    }

    /// The rules that could not be tried, in the order of the specification.
    pub fn not_tried(&self) -> Vec<Rule> {
        let not_tried = |(rule, verdict): (&Rule, &Verdict)| {
            matches!(verdict, Verdict::NotTried(_)).then_some(*rule)
        };
        self.verdicts.iter().filter_map(not_tried).collect()
    }

    /// The rules that were broken, in the order of the specification.
    pub fn broken(&self) -> Vec<Rule> {
        let broken = |(rule, verdict): (&Rule, &Verdict)| {
            matches!(verdict, Verdict::Broken(_)).then_some(*rule)
        };
        self.verdicts.iter().filter_map(broken).collect()
    }
}

/// Holds a program against all rules.
///
/// # Errors
/// When it cannot be started.
pub fn test(program: &Program, options: &Options) -> io::Result<Report> {
    let bench = Bench::new(program, options);
    let mut found = Found::default();
    probes::all(&bench, &mut found)?;
    let Found {
        mut verdicts,
        mut broken,
    } = found;
    if broken.contains_key(&Rule::Time) {
        // What it says of its time follows from that.
        for rule in [Rule::Deadline, Rule::Wake] {
            let why = "its time is not that of the turns";
            broken.remove(&rule);
            verdicts.insert(rule, Verdict::NotTried(why.to_owned()));
        }
    }
    for rule in Rule::ALL {
        let verdict = match (broken.remove(&rule), verdicts.remove(&rule)) {
            (Some(breach), _) => Verdict::Broken(breach),
            (None, Some(verdict)) => verdict,
            (None, None) => Verdict::NotTried("what comes before it did not work".to_owned()),
        };
        verdicts.insert(rule, verdict);
    }
    Ok(Report { verdicts })
}

/// Holds a program against all rules, for tests. Its log goes to a folder that exists.
///
/// # Panics
/// If it cannot be started, or breaks a rule.
#[track_caller]
pub fn assert_kept(bin: &str, args: &[&str], logs: &Path) -> Report {
    let program = Program {
        bin: PathBuf::from(bin),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        logs: logs.to_owned(),
        disks: logs.to_owned(),
        show_stderr: None,
    };
    let report = test(&program, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
    assert!(report.broken().is_empty(), "{bin}:\n{report}");
    report
}

/// What was found until now.
#[derive(Debug, Default)]
struct Found {
    verdicts: BTreeMap<Rule, Verdict>,
    broken: BTreeMap<Rule, Breach>,
}

impl Found {
    fn kept(&mut self, rule: Rule, how: impl Into<String>) {
        self.verdicts.insert(rule, Verdict::Kept(how.into()));
    }

    fn not_tried(&mut self, rule: Rule, why: impl Into<String>) {
        self.verdicts.insert(rule, Verdict::NotTried(why.into()));
    }

    /// Only the first breach of a rule counts.
    fn broken(&mut self, breach: Breach) {
        self.broken.entry(breach.rule).or_insert(breach);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (rule, verdict) in &self.verdicts {
            let name = rule.name();
            match verdict {
                Verdict::Kept(how) => writeln!(f, "{name:9} kept: {how}")?,
                Verdict::NotTried(why) => writeln!(f, "{name:9} not tried: {why}")?,
                Verdict::Broken(_) => writeln!(f, "{name:9} BROKEN")?,
            }
        }
        let breaches = self.verdicts.values().filter_map(|verdict| match verdict {
            Verdict::Broken(breach) => Some(breach),
            _ => None,
        });
        breaches.into_iter().try_for_each(|breach| {
            writeln!(f, "\n{}", breach.rule.name())?;
            writeln!(f, "  told:     {}", breach.told)?;
            writeln!(f, "  expected: {}", breach.expected)?;
            writeln!(f, "  came:     {}", breach.came)?;
            breach
                .log
                .iter()
                .try_for_each(|line| writeln!(f, "  | {line}"))
        })
    }
}

/// A folder for a program's log, as long as it is tested.
#[derive(Debug)]
pub struct Logs(PathBuf);

impl Logs {
    /// Makes one, below the system's folder for what is temporary.
    ///
    /// # Errors
    /// When that cannot be.
    pub fn create() -> io::Result<Logs> {
        let name = format!("workbench-lockstep-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder)?;
        Ok(Logs(folder))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
