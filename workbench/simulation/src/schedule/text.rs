//! Schedules as text.

use std::fmt;
use std::str::FromStr;

use history::edn::Value;

use super::{Choice, Schedule, VERSION, World};

/// A text that is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the schedule: {why}")]
pub struct ScheduleError {
    /// Where, counted from 1.
    pub line: usize,
    /// What was expected, and what was found.
    pub why: String,
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let lines = text.lines().enumerate();
        let mut lines = lines.filter(|(_, line)| !line.trim().is_empty());
        let at = |line: usize, why: String| ScheduleError {
            line: line + 1,
            why,
        };
        let Some((first, line)) = lines.next() else {
            return Err(at(
                0,
                "expected what the run is like, found nothing".to_owned(),
            ));
        };
        let world: World = serde_json::from_str(line).map_err(|e| at(first, of_json(&e)))?;
        if world.schedule != VERSION {
            let why = format!("expected version {VERSION}, found {}", world.schedule);
            return Err(at(first, why));
        }
        let choices = lines
            .map(|(place, line)| serde_json::from_str(line).map_err(|e| at(place, of_json(&e))));
        let choices = choices.collect::<Result<Vec<Choice>, _>>()?;
        Ok(Schedule { world, choices })
    }
}

/// What is wrong, and in which column: it is always the first line of its text.
fn of_json(e: &serde_json::Error) -> String {
    let said = e.to_string();
    let why = said.rsplit_once(" at line ").map_or(&*said, |(why, _)| why);
    format!("column {}: {why}", e.column())
}

/// The file's text.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |line: serde_json::Result<String>| line.map_err(|_| fmt::Error);
        writeln!(f, "{}", line(serde_json::to_string(&self.world))?)?;
        for choice in &self.choices {
            writeln!(f, "{}", line(serde_json::to_string(choice))?)?;
        }
        Ok(())
    }
}

pub(super) fn is_nil(value: &Value) -> bool {
    *value == Value::Nil
}

/// Values as EDN in a string.
pub(super) mod edn {
    use history::edn::{self, Value};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in super::super) fn serialize<S: Serializer>(
        value: &Value,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Value, D::Error> {
        edn::read(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}
