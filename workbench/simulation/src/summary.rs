//! A run in a few lines: the verdict and the sentence that explains it, the
//! command that repeats it, and its figures with their limits. The page of a run
//! begins with it, and the list of runs is made of such; it is kept as
//! `summary.json`.

use serde::{Deserialize, Serialize};

use crate::judged::Judged;
use crate::run::Problem;
use history::edn::Value;
use history::quantile;
use history::{History, OpType};
use verdict::assertion::figure;
use verdict::{Availability, Checked, Validity};

/// A run in a few lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The workload's name.
    pub workload: String,
    /// `valid`, `invalid` or `unknown`.
    pub verdict: Verdict,
    /// Whether it was broken off, and the verdict is on what was done.
    pub interrupted: bool,
    /// The sentence that explains the verdict.
    pub sentence: String,
    /// When it began: local time as in ISO 8601, to the second.
    pub began: String,
    /// The command that ran it, with its seed. It repeats the run, unless that
    /// was in real time.
    pub command: String,
    /// What all chance followed from.
    pub seed: u64,
    /// Whether the nodes' time was virtual, so that the command gives the same
    /// run again.
    pub virtual_time: bool,
    /// The nodes' names.
    pub nodes: Vec<String>,
    /// How many clients worked at a time.
    pub concurrency: usize,
    /// When the main phase began, which is 0 in the history, in nanoseconds since
    /// the first message.
    pub start: u64,
    /// The figures, those first that matter most.
    pub figures: Vec<Figure>,
}

/// A verdict, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything is as it should be.
    Valid,
    /// Something is not.
    Invalid,
    /// There is no telling.
    Unknown,
}

impl Verdict {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Valid => "valid",
            Verdict::Invalid => "invalid",
            Verdict::Unknown => "unknown",
        }
    }
}

impl From<Validity> for Verdict {
    fn from(validity: Validity) -> Self {
        match validity {
            Validity::Valid => Verdict::Valid,
            Validity::Unknown => Verdict::Unknown,
            Validity::Invalid => Verdict::Invalid,
        }
    }
}

/// A number that a run is judged or compared by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is, in words.
    pub name: String,
    /// Its unit, such as `ms`; empty if it is a mere number.
    pub unit: String,
    /// How much; none if it was to be limited, but the results do not have it.
    pub value: Option<f64>,
    /// What it must be, such as `< 20`, if there is a limit.
    pub limit: Option<String>,
    /// Whether it keeps to its limit.
    pub holds: Option<bool>,
}

impl Summary {
    /// The summary of a run that began at `began`, local time as in ISO 8601 to the
    /// second, and that this command runs again.
    pub fn new(run: &Judged, began: String, command: String) -> Self {
        let Judged {
            outcome, checked, ..
        } = run;
        let availability = run.limits.availability;
        Summary {
            workload: run.workload.to_owned(),
            verdict: checked.valid.into(),
            interrupted: outcome.interrupted,
            sentence: match outcome.problems.first() {
                // What a storm broke stands below the storm.
                _ if checked
                    .findings
                    .iter()
                    .any(|finding| finding.anomaly == "storm") =>
                {
                    sentence(checked)
                }
                Some(Problem { node, what, .. }) => {
                    format!("node {node}: {}", what.lines().next().unwrap_or_default())
                }
                None => sentence(checked),
            },
            began,
            command,
            seed: run.config.seed,
            virtual_time: run.virtual_time,
            nodes: run.config.nodes.clone(),
            concurrency: run.config.concurrency,
            start: outcome.start.as_nanos() as u64,
            figures: figures(&outcome.history, &checked.results, availability),
        }
    }
}

/// The sentence that explains a verdict.
pub fn sentence(checked: &Checked) -> String {
    match (checked.sentences().into_iter().next(), checked.valid) {
        (Some(sentence), _) => sentence,
        (None, Validity::Valid) => "Everything looks good!".into(),
        (None, Validity::Unknown) => "the history does not say whether it is valid".into(),
        (None, Validity::Invalid) => "not everything is as it should be: see results.edn".into(),
    }
}

const OK_FRACTION: &str = "availability.ok-fraction";

/// Figures that results may have: the path, the name and the unit.
const FIGURES: [(&str, &str, &str); 11] = [
    (
        "net.servers.msgs-per-op",
        "messages between servers per operation",
        "",
    ),
    (
        "workload.stable-latencies.0.5",
        "stable latency, median",
        "ms",
    ),
    (
        "workload.stable-latencies.0.95",
        "stable latency, 95 %",
        "ms",
    ),
    (
        "workload.stable-latencies.0.99",
        "stable latency, 99 %",
        "ms",
    ),
    (
        "workload.stable-latencies.1",
        "stable latency, longest",
        "ms",
    ),
    (
        "workload.worst-realtime-lag.lag",
        "worst lag of a poll",
        "s",
    ),
    ("stats.count", "operations that ended", ""),
    ("stats.ok-count", "ok", ""),
    ("stats.fail-count", "failed", ""),
    ("stats.info-count", "unknown", ""),
    ("net.servers.msg-count", "messages between servers", ""),
];

/// The figures of a history and of the results on it, those first that matter most.
pub fn figures(
    history: &History,
    results: &Value,
    availability: Option<Availability>,
) -> Vec<Figure> {
    let mut limits = limits(results, availability);
    let mut take = |path: &str| {
        let place = limits.iter().position(|limit| limit.path == path);
        place.map(|place| limits.remove(place))
    };
    let mut figures: Vec<Figure> = Vec::new();
    let mut add = |path: &str, name: &str, unit: &str, value: Option<f64>| {
        let limit = take(path);
        if value.is_some() || limit.is_some() {
            figures.push(Figure {
                name: name.into(),
                unit: unit.into(),
                value,
                holds: limit.as_ref().map(|limit| limit.holds),
                limit: limit.map(|limit| limit.words),
            });
        }
    };
    let name = "fraction of operations that are ok";
    add(OK_FRACTION, name, "", figure(results, OK_FRACTION));
    for (path, name, unit) in FIGURES {
        add(path, name, unit, figure(results, path));
    }
    let endless = history
        .clients()
        .filter(|(place, op)| op.typ == OpType::Invoke && history.pair(*place).is_none())
        .count();
    if endless > 0 {
        add("", "operations that never ended", "", Some(endless as f64));
    }
    let latencies = latencies(history);
    for (q, name) in [(0.5, "median"), (0.99, "99 %"), (1.0, "longest")] {
        let value = quantile(&latencies, q);
        add(
            "",
            &format!("latency of ok operations, {name}"),
            "ms",
            value,
        );
    }
    for limit in limits {
        figures.push(Figure {
            value: figure(results, &limit.path),
            name: limit.path,
            unit: String::new(),
            limit: Some(limit.words),
            holds: Some(limit.holds),
        });
    }
    // What has a limit is what someone wants to know.
    figures.sort_by_key(|figure| figure.limit.is_none());
    figures
}

struct Limit {
    path: String,
    words: String,
    holds: bool,
}

/// The limits that were set: by `--assert`, and by `--availability`.
fn limits(results: &Value, availability: Option<Availability>) -> Vec<Limit> {
    let asserted = results
        .get("assertions")
        .and_then(|part| part.get("assertions"))
        .and_then(Value::items)
        .unwrap_or_default();
    let is_valid = |part: &Value| part.get("valid?") == Some(&Value::Bool(true));
    let mut limits = Vec::new();
    if let Some(asked) = availability {
        limits.push(Limit {
            path: OK_FRACTION.into(),
            words: match asked {
                Availability::Total => "= 1".into(),
                Availability::AtLeast(least) => format!(">= {least}"),
            },
            holds: results.get("availability").is_some_and(is_valid),
        });
    }
    for part in asserted {
        let text = part.get("assert").and_then(Value::as_str);
        if let Some((path, words)) = text.and_then(|text| text.split_once(' ')) {
            limits.push(Limit {
                path: path.into(),
                words: words.into(),
                holds: is_valid(part),
            });
        }
    }
    limits
}

/// How long the ok operations took, in milliseconds, sorted.
fn latencies(history: &History) -> Vec<f64> {
    let ended = history.clients().filter(|(_, op)| op.typ == OpType::Ok);
    let mut latencies: Vec<f64> = ended
        .filter_map(|(place, op)| {
            Some(op.time.saturating_sub(history.pair(place)?.time) as f64 / 1e6)
        })
        .collect();
    latencies.sort_by(f64::total_cmp);
    latencies
}
