//! Reads histories in the formats that people have. Which it is, is found by looking.
//!
//! ```
//! use history::read::{Format, read};
//!
//! let found = read(
//!     "{\"process\": 0, \"type\": \"invoke\", \"f\": \"read\", \"value\": null}
//!      {\"process\": 0, \"type\": \"ok\", \"f\": \"read\", \"value\": 5}",
//! )?;
//! assert_eq!(found.format, Format::Json);
//! assert_eq!(found.history.ops()[1].value.as_int(), Some(5));
//! # Ok::<(), history::HistoryError>(())
//! ```
//!
//! - `operation`: an operation from a map, whatever is odd about it.
//! - `clients`: who did what, where that is not said by numbers.
//! - `json`, `lines`: what is special to JSON and to `history.txt`.

mod clients;
mod json;
mod lines;
mod operation;

#[cfg(test)]
mod tests;

use self::operation::Reader;
use crate::History;
use crate::edn;

/// How a history is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Jepsen's `history.edn`: maps, one after the other or in one vector or list.
    Edn,
    /// JSON: objects, one after the other or in one array.
    Json,
    /// Jepsen's `history.txt`, or its log: process, type, function and value in a line,
    /// behind whatever a logger wrote before them.
    Text,
}

/// A history, and what is to be said of how it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// It.
    pub history: History,
    /// How it was written.
    pub format: Format,
    /// What had to be guessed, a sentence each.
    pub notes: Vec<String>,
}

/// Text that is no history: the line and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct HistoryError {
    /// The line, from 1.
    pub line: usize,
    why: String,
}

impl HistoryError {
    fn new(line: usize, why: impl Into<String>) -> Self {
        HistoryError {
            line,
            why: why.into(),
        }
    }
}

/// Reads a history of any format.
///
/// # Errors
/// The first line that is no operation, or that the text looks like no history at all.
pub fn read(text: &str) -> Result<Found, HistoryError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match looks_like(text) {
        Some(Format::Edn) => edn(text),
        Some(Format::Json) => json::read(text),
        Some(Format::Text) => lines::read(text),
        None => Err(nothing_known(text)),
    }
}

/// The format that a text seems to be of, from where it begins.
fn looks_like(text: &str) -> Option<Format> {
    let begin = edn::past_comments(text);
    let mut chars = begin.chars().filter(|c| !c.is_whitespace() && *c != ',');
    let first: Vec<char> = chars.by_ref().take(3).collect();
    match first[..] {
        [] => Some(Format::Edn),
        ['{', '"', ..] | ['[', '{', '"'] => Some(Format::Json),
        ['{' | '[' | '(' | '#' | '^', ..] => Some(Format::Edn),
        _ => lines::are_in(text).then_some(Format::Text),
    }
}

fn nothing_known(text: &str) -> HistoryError {
    let line = text
        .lines()
        .take_while(|line| line.trim().is_empty())
        .count();
    let first = text.lines().nth(line).unwrap_or_default();
    let first: String = first.trim().chars().take(60).collect();
    HistoryError::new(
        line + 1,
        format!(
            "expected a history: operations as maps of EDN, such as {{:process 0, :type :invoke, \
             :f :read, :value nil}}, as objects of JSON, or a line each as in history.txt; found \
             {first:?}"
        ),
    )
}

/// Reads a history from EDN.
pub(crate) fn edn(text: &str) -> Result<Found, HistoryError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::default();
    match edn::each(text, |line, value| reader.map(line, value)) {
        Ok(()) => reader.finish(Format::Edn),
        Err(edn::EachError::NoEdn(e)) => Err(HistoryError::new(e.line, e.in_line())),
        Err(edn::EachError::Refused(e)) => Err(e),
    }
}
