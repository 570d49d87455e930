//! What the nemesis did: from when to when each fault held. A recording knows; a history
//! from elsewhere names it by `start-X` and `stop-X`, or `kill` and `start`, `pause` and
//! `resume`, as Jepsen does.

use std::fmt::Write;

use history::edn::Value;
use history::{History, Process};
use simulation::recording::{Recording, Wrong};

use super::chart::{LANE, PLOT_HEIGHT, PLOT_WIDTH};
use super::operation::{seconds, span};
use super::scale::Scale;
use crate::svg::{Px, Text, cut, decimal, width};

/// A fault while it held.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What, such as `partition`.
    pub kind: String,
    /// Which of its shapes, such as `majority`.
    pub detail: Option<String>,
    /// When it began, in seconds.
    pub begin: f64,
    /// When it ended, in seconds.
    pub end: f64,
    /// Whether the history has its end; if not, it held until the history's.
    pub has_ended: bool,
    /// Of a partition: each node with those that it does not hear.
    pub deaf: Vec<(String, Vec<String>)>,
}

impl Fault {
    /// Its kind and its shape, cut to a length that fits a line.
    pub fn name(&self) -> String {
        match &self.detail {
            Some(detail) => cut(&format!("{}: {detail}", self.kind), MOST_CHARS),
            None => cut(&self.kind, MOST_CHARS),
        }
    }

    /// Both sides of a partition that has just two, such as `n0 n3 | n1 n2 n4`.
    pub fn sides(&self) -> Option<String> {
        let (_, other) = self.deaf.first()?;
        let (_, one) = self.deaf.iter().find(|(node, _)| other.contains(node))?;
        let splits = |(node, unheard): &(String, Vec<String>)| match one.contains(node) {
            true => unheard == other,
            false => unheard == one && other.contains(node),
        };
        let is_split = self.deaf.len() == one.len() + other.len();
        (is_split && self.deaf.iter().all(splits))
            .then(|| format!("{} | {}", one.join(" "), other.join(" ")))
    }
}

/// Who does not hear whom, from what the nemesis says of a partition it made:
/// `[:isolated {"n0" #{"n1"}}]`.
fn deaf(value: &Value) -> Vec<(String, Vec<String>)> {
    let Some([_, Value::Map(nodes)]) = value.items() else {
        return Vec::new();
    };
    let name = |value: &Value| match value {
        Value::Str(name) => name.to_string(),
        other => other.to_string(),
    };
    let nodes = nodes.iter().map(|(node, unheard)| {
        let unheard = unheard.items().unwrap_or_default().iter();
        (name(node), sorted(unheard.map(name).collect()))
    });
    nodes.collect()
}

/// Kinds of faults that get a row of their own; the others share the last.
const MOST_KINDS: usize = 5;
/// So many faults that began before are looked at for one that began at the same moment.
const MOST_NODES: usize = 100;
/// How many characters of a name are shown.
const MOST_CHARS: usize = 40;

/// The faults of a run, in the order in which they began: as it was recorded, or, if it
/// was elsewhere, as its history says.
pub fn of_run(history: &History, recording: &Recording) -> Vec<Fault> {
    if recording.nodes().is_empty() {
        return faults(history);
    }
    let (_, end) = span(history);
    let partitions = recording.partitions();
    let partitions = partitions.map(|partition| {
        let begin = seconds(partition.began);
        let ended = partition.ended.map_or(f64::INFINITY, seconds);
        let deaf = partition.deaf().map(|(node, unheard)| {
            let unheard = unheard.into_iter().map(str::to_owned).collect();
            (node.to_owned(), sorted(unheard))
        });
        Fault {
            kind: "partition".to_owned(),
            detail: Some(partition.shape.to_string()),
            begin,
            end: ended.min(end).max(begin),
            has_ended: partition.ended.is_some(),
            deaf: deaf.collect(),
        }
    });
    let mut faults: Vec<Fault> = partitions.collect();
    faults.extend(of_nodes(recording, end));
    faults.sort_by(|a, b| a.begin.total_cmp(&b.begin));
    faults
}

/// What happened to nodes: of each kind one fault for all nodes that it began with at a
/// moment and that it ended with at another. (A node that stands still is in its lane.)
fn of_nodes(recording: &Recording, end: f64) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for trouble in recording.troubles() {
        let kind = trouble.wrong.kind();
        if *trouble.wrong == Wrong::Still {
            continue;
        }
        let begin = seconds(trouble.began);
        let ended = trouble.ended.map_or(f64::INFINITY, seconds);
        let until = ended.min(end).max(begin);
        let is_same =
            |fault: &&mut Fault| fault.kind == kind && fault.begin == begin && fault.end == until;
        match faults.iter_mut().rev().take(MOST_NODES).find(is_same) {
            Some(fault) => {
                let detail = fault.detail.get_or_insert_default();
                detail.push(' ');
                detail.push_str(trouble.node);
            }
            None => faults.push(Fault {
                kind: kind.to_owned(),
                detail: Some(trouble.node.to_owned()),
                begin,
                end: until,
                has_ended: trouble.ended.is_some(),
                deaf: Vec::new(),
            }),
        }
    }
    faults
}

/// n2 before n10.
fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    names
}

/// The faults that a history names, in the order in which they began.
pub fn faults(history: &History) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    // The places of those that still hold.
    let mut open: Vec<usize> = Vec::new();
    for op in history.ops() {
        if op.process != Process::Nemesis {
            continue;
        }
        // Each event comes twice: as it is begun and as it is done.
        let held = |kind| open.iter().position(|&place| faults[place].kind == kind);
        let (starts, stops) = match &*op.f {
            // Jepsen's start of nodes that were killed; elsewhere it is that of any fault.
            "start" if held("kill").is_some() => (None, Some("kill")),
            f => (starts(f), stops(f)),
        };
        match (starts, stops) {
            (Some(kind), _) if held(kind).is_none() => {
                open.push(faults.len());
                faults.push(Fault {
                    kind: kind.to_owned(),
                    detail: match &op.value {
                        Value::Keyword(shape) => Some(shape.clone().into_owned()),
                        _ => None,
                    },
                    begin: seconds(op.time),
                    end: f64::INFINITY,
                    has_ended: false,
                    deaf: deaf(&op.value),
                });
            }
            (Some(kind), _) => {
                let fault = held(kind).map(|i| &mut faults[open[i]]);
                if let Some(fault) = fault.filter(|fault| fault.deaf.is_empty()) {
                    fault.deaf = deaf(&op.value);
                }
            }
            (_, Some(kind)) => {
                if let Some(i) = held(kind) {
                    let fault = &mut faults[open.remove(i)];
                    fault.end = seconds(op.time);
                    fault.has_ended = true;
                }
            }
            _ => {}
        }
    }
    let (_, end) = span(history);
    for fault in &mut faults {
        fault.end = fault.end.min(end).max(fault.begin);
    }
    faults
}

fn starts(f: &str) -> Option<&str> {
    match f {
        "start" => Some("fault"),
        "kill" | "pause" => Some(f),
        "bump-clock" => Some("clock"),
        f => f.strip_prefix("start-"),
    }
}

fn stops(f: &str) -> Option<&str> {
    match f {
        "stop" => Some("fault"),
        "resume" => Some("pause"),
        "reset-clock" => Some("clock"),
        f => f.strip_prefix("stop-"),
    }
}

/// Faults as bands over a chart, with a row of bars above it for each kind.
pub(super) struct Bands {
    /// The kinds, each a row.
    kinds: Vec<String>,
    svg: String,
}

impl Bands {
    /// These, on this scale of seconds.
    pub(super) fn new(faults: &[Fault], time: &Scale) -> Self {
        let mut kinds: Vec<String> = Vec::new();
        for fault in faults {
            if kinds.len() < MOST_KINDS && !kinds.contains(&fault.kind) {
                kinds.push(fault.kind.clone());
            }
        }
        let mut svg = String::new();
        for (row, kind) in kinds.iter().enumerate() {
            let is_last = row == MOST_KINDS - 1;
            let of_kind =
                |fault: &&Fault| fault.kind == *kind || (is_last && !kinds.contains(&fault.kind));
            let y = -(((kinds.len() - row) * LANE) as f64) - 4.0;
            let bands = merged(faults.iter().filter(of_kind), time);
            for band in bands {
                band.draw(&mut svg, y);
            }
        }
        Bands { kinds, svg }
    }

    /// The rows' height, in pixels.
    pub(super) fn height(&self) -> usize {
        match self.kinds.len() {
            0 => 0,
            rows => rows * LANE + 4,
        }
    }

    /// What they show, in words; nothing if there are none.
    pub(super) fn words(&self) -> Option<String> {
        let kinds: Vec<String> = self
            .kinds
            .iter()
            .map(|kind| cut(kind, MOST_CHARS))
            .collect();
        (!kinds.is_empty()).then(|| kinds.join(", "))
    }

    /// The elements, relative to the plot's upper left.
    pub(super) fn svg(&self) -> &str {
        &self.svg
    }
}

/// A fault, or some that a screen cannot tell apart, in pixels.
struct Band {
    left: f64,
    right: f64,
    begin: f64,
    end: f64,
    count: usize,
    label: String,
}

fn merged<'a>(faults: impl Iterator<Item = &'a Fault>, time: &Scale) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    for fault in faults {
        let left = time.at(fault.begin) * PLOT_WIDTH as f64;
        let right = (time.at(fault.end) * PLOT_WIDTH as f64).max(left + 1.0);
        match bands.last_mut() {
            Some(last) if left < last.right + 1.0 => {
                last.count += 1;
                last.right = last.right.max(right);
                last.end = last.end.max(fault.end);
                last.label = format!("{} faults", last.count);
            }
            _ => bands.push(Band {
                left,
                right,
                begin: fault.begin,
                end: fault.end,
                count: 1,
                label: fault.name(),
            }),
        }
    }
    bands
}

impl Band {
    fn draw(&self, svg: &mut String, y: f64) {
        let (x, wide) = (Px(self.left), self.right - self.left);
        let _ = write!(
            svg,
            "<g><title>{}, {} s to {} s</title>\
             <rect class=\"plot-fault\" x=\"{x}\" width=\"{wide}\" height=\"{PLOT_HEIGHT}\"/>\
             <rect class=\"plot-lane\" x=\"{x}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\" rx=\"2\"/>",
            Text(&self.label),
            decimal(self.begin, 1e-3),
            decimal(self.end, 1e-3),
            wide = Px(wide),
            top = Px(y),
            high = LANE - 2,
        );
        // The whole label where there is room for it, or its end, or none.
        let short = self.label.rsplit(": ").next().unwrap_or_default();
        let fits = |label: &&str| width(label) + 6.0 < wide;
        if let Some(label) = [&*self.label, short].into_iter().find(fits) {
            let (x, y) = (Px(self.left + 4.0), Px(y + LANE as f64 - 4.0));
            let _ = write!(
                svg,
                "<text class=\"plot-small\" x=\"{x}\" y=\"{y}\">{}</text>",
                Text(label)
            );
        }
        svg.push_str("</g>\n");
    }
}
