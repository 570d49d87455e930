//! What a person sees at the end of a run: the verdict first, then what went
//! wrong, the figures, and where to read on.

use std::fmt::{self, Write};
use std::path::Path;

use history::edn::Value;
use simulation::Judged;
use verdict::finding::glossary::meaning;
use verdict::{Finding, Validity};

/// How many findings are shown; all faults of a kind look alike.
const SHOWN: usize = 5;

/// The summary of a run, to be printed.
#[derive(Debug)]
pub struct Report<'a> {
    /// The run, and the verdict on it.
    pub run: &'a Judged,
    /// What is said before the verdict, if anything is.
    pub heading: Option<&'a str>,
    /// The command that repeats it, if one does.
    pub repeat: Option<String>,
    /// Whether it might repeat with `--reactive`.
    pub looks_reactive: bool,
    /// Where it is kept.
    pub folder: &'a Path,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.run.workload, self.headline().1)?;
        if let Some(heading) = self.heading {
            let messages = self.run.outcome.messages.all.sent;
            write!(f, ". {heading}, {messages} messages")?;
        }
        writeln!(f)?;
        // What a storm broke stands below the storm.
        let (storm, others): (Vec<&Finding>, Vec<&Finding>) =
            (self.run.checked.findings.iter()).partition(|finding| finding.anomaly == "storm");
        findings(f, &storm)?;
        self.problems(f)?;
        findings(f, &others)?;
        names(f, &others)?;
        self.figures(f)?;
        if let Some(repeat) = &self.repeat {
            writeln!(f, "\nrepeat it: {repeat}")?;
        }
        if self.looks_reactive {
            writeln!(
                f,
                "\nthis node looks reactive: add --reactive to get a run that repeats"
            )?;
        }
        writeln!(f, "look at:   {}", self.folder.join("index.html").display())
    }
}

impl Report<'_> {
    /// The colour of its first line, the verdict, as ANSI's code.
    pub fn colour(&self) -> u8 {
        self.headline().0
    }

    fn headline(&self) -> (u8, &'static str) {
        match self.run.checked.valid {
            _ if self.run.outcome.interrupted => {
                (33, "interrupted; the verdict is on what was done")
            }
            Validity::Valid => (32, "valid. Everything looks good!"),
            Validity::Unknown => (33, "unknown: the history does not say"),
            Validity::Invalid => (31, "INVALID"),
        }
    }

    fn problems(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in self.run.outcome.problems.iter().take(SHOWN) {
            let seconds = problem.time.as_secs_f64();
            writeln!(
                f,
                "\nnode {}, after {seconds:.3} s: {}",
                problem.node, problem.what
            )?;
            if problem.last_words.is_empty() {
                writeln!(f, "  (it wrote nothing to stderr)")?;
            } else {
                writeln!(f, "  its last words on stderr:")?;
            }
            for line in &problem.last_words {
                writeln!(f, "  | {line}")?;
            }
        }
        more(f, self.run.outcome.problems.len(), "problem")
    }

    fn figures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figure = |path: &[&str]| -> Value {
            let section = path
                .iter()
                .try_fold(&self.run.checked.results, |map, key| map.get(key));
            section.cloned().unwrap_or_default()
        };
        let begun = self.run.outcome.history.begun();
        let ended = figure(&["stats", "count"]).as_int().unwrap_or(0) as usize;
        let not_ended = match begun.saturating_sub(ended) {
            0 => String::new(),
            count => format!(", {count} not ended"),
        };
        writeln!(
            f,
            "\n{begun} operations: {} ok, {} failed, {} unknown{not_ended}; ok-fraction {}",
            figure(&["stats", "ok-count"]),
            figure(&["stats", "fail-count"]),
            figure(&["stats", "info-count"]),
            figure(&["availability", "ok-fraction"]),
        )?;
        writeln!(
            f,
            "{} messages between servers, {} per operation; {} with clients",
            figure(&["net", "servers", "msg-count"]),
            figure(&["net", "servers", "msgs-per-op"]),
            figure(&["net", "clients", "msg-count"]),
        )?;
        if let Some(Value::Map(quantiles)) = Some(figure(&["workload", "stable-latencies"])) {
            let shown = quantiles
                .iter()
                .map(|(q, latency)| format!("{q}: {latency}"));
            let shown: Vec<String> = shown.collect();
            writeln!(f, "stable latencies by quantile, ms: {}", shown.join(", "))?;
        }
        Ok(())
    }
}

fn findings(f: &mut fmt::Formatter<'_>, findings: &[&Finding]) -> fmt::Result {
    let sentences = findings.iter().flat_map(|finding| finding.sentences());
    let sentences: Vec<String> = sentences.collect();
    if !sentences.is_empty() {
        f.write_char('\n')?;
    }
    for sentence in sentences.iter().take(SHOWN) {
        writeln!(f, "- {sentence}")?;
    }
    more(f, sentences.len(), "finding")
}

/// How many names are explained.
const NAMED: usize = 3;

/// What the names of anomalies mean that the findings begin with.
fn names(f: &mut fmt::Formatter<'_>, findings: &[&Finding]) -> fmt::Result {
    let is_told = |finding: &&&Finding| {
        let name = format!("{}: ", finding.anomaly);
        finding
            .sentences()
            .iter()
            .any(|sentence| sentence.starts_with(&name))
    };
    let told = findings.iter().filter(is_told).take(NAMED);
    let known = told.filter_map(|finding| Some((&finding.anomaly, meaning(&finding.anomaly)?)));
    for (i, (name, meaning)) in known.enumerate() {
        let line = if i == 0 { "\n" } else { "" };
        writeln!(f, "{line}{name} is a name for: {meaning}")?;
    }
    Ok(())
}

fn more(f: &mut fmt::Formatter<'_>, count: usize, what: &str) -> fmt::Result {
    match count.saturating_sub(SHOWN) {
        0 => Ok(()),
        1 => writeln!(f, "  and 1 more {what} in results.edn"),
        rest => writeln!(f, "  and {rest} more {what}s in results.edn"),
    }
}
