//! Operations on a register that have no order in which each finds what was written
//! last.

use std::fmt;

use history::Process;
use history::edn::Value;
use serde::{Deserialize, Serialize};

/// As few operations as prove that a register is not linearizable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// The register's key; nil, if there is only one and it has none.
    pub key: Value,
    /// What it held before; none if they contradict each other whatever it was.
    pub before: Option<Value>,
    /// The operations, by their beginnings.
    pub calls: Vec<Call>,
    /// The index of the end that fits nowhere.
    pub stuck: usize,
}

/// An operation of a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Who did it.
    pub process: Process,
    /// What.
    pub action: Action,
    /// Its beginning: the index in the history, and nanoseconds since the start.
    pub began: (usize, i64),
    /// Its end likewise, if it has one that is known.
    pub ended: Option<(usize, i64)>,
    /// Whether it took effect among the others.
    pub effect: Effect,
}

/// What an operation does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It found this.
    Read(Value),
    /// It left this.
    Write(Value),
    /// It found the first and left the second.
    Cas(Value, Value),
}

/// Whether an operation took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Among the others.
    Certain,
    /// Among the others, or before them.
    PerhapsBefore,
    /// Nobody knows.
    Perhaps,
}

/// How many operations a sentence names.
const NAMED: usize = 12;

impl Window {
    /// The indices of all beginnings and ends.
    pub fn operations(&self) -> Vec<usize> {
        let ends = |call: &Call| [Some(call.began), call.ended];
        let ends = self.calls.iter().flat_map(ends).flatten();
        ends.map(|(index, _)| index).collect()
    }

    /// As results have it: the value before, unless that does not matter, and the
    /// operations, each with the indices and the times of its ends.
    pub fn to_edn(&self) -> Value {
        let anything = || Value::keyword("anything");
        Value::map([
            ("before", self.before.clone().unwrap_or_else(anything)),
            ("operations", self.calls.iter().map(Call::to_edn).collect()),
        ])
    }
}

impl Call {
    fn to_edn(&self) -> Value {
        let (f, argument) = match &self.action {
            Action::Read(found) => ("read", found.clone()),
            Action::Write(to) => ("write", to.clone()),
            Action::Cas(from, to) => ("cas", Value::from([from.clone(), to.clone()])),
        };
        let process = match self.process {
            Process::Client(process) => process.into(),
            Process::Nemesis => Value::Nil,
        };
        let (index, time) = self.began;
        let mut operation = Value::map([
            ("process", process),
            ("f", Value::keyword(f)),
            ("value", argument),
            ("index", index.into()),
            ("time", time.into()),
        ]);
        if let Some((index, time)) = self.ended {
            operation.insert("end-index", index.into());
            operation.insert("end-time", time.into());
        }
        match self.effect {
            Effect::Certain => {}
            Effect::PerhapsBefore => operation.insert("perhaps", Value::keyword("before")),
            Effect::Perhaps => operation.insert("perhaps", Value::keyword("never")),
        }
        operation
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Read(found) => write!(f, "reads {found}"),
            Action::Write(to) => write!(f, "writes {to}"),
            Action::Cas(from, to) => write!(f, "changes {from} to {to}"),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Value::Nil => f.write_str("the register is not linearizable: ")?,
            key => write!(f, "key {key} is not linearizable: ")?,
        }
        f.write_str(match (&self.before, self.calls.len()) {
            (Some(_), 1) => "nobody can have written this before: ",
            (Some(_), _) => "no order explains these operations, the first of all: ",
            (None, _) => "whatever the value was before, no order explains these operations: ",
        })?;
        for (i, call) in self.calls.iter().take(NAMED).enumerate() {
            let before = if i == 0 { "" } else { "; " };
            let perhaps = match call.effect {
                Effect::Perhaps => " perhaps",
                Effect::Certain | Effect::PerhapsBefore => "",
            };
            let Call {
                process, action, ..
            } = call;
            write!(f, "{before}client {process}{perhaps} {action}")?;
            let (index, _) = call.began;
            match (call.ended, call.effect) {
                (Some((end, _)), Effect::PerhapsBefore) => {
                    write!(f, " (operations {index} to {end}), perhaps before")?;
                }
                (Some((end, _)), _) => write!(f, " (operations {index} to {end})")?,
                (None, _) => write!(f, " (operation {index}, outcome unknown)")?,
            }
        }
        match self.calls.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}
