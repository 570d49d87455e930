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
//! - `store`, `test_map`: Jepsen's binary files.
//! - `packed`: any of these, packed with gzip.

mod clients;
mod json;
mod lines;
mod operation;
mod packed;
mod store;
mod test_map;

#[cfg(test)]
mod tests;

use std::fmt;

use self::operation::Reader;
use crate::{History, edn, fressian};

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
    /// Jepsen's `test.jepsen`: blocks of Fressian.
    Store,
    /// Fressian alone: a test with its history, as in older Jepsen's `test.fressian`, or
    /// operations, in a list or one after the other.
    Fressian,
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

/// Where something is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a line, from 1.
    Line(usize),
    /// At a byte, from 0.
    Byte(usize),
    /// In a block of a `test.jepsen`.
    Block {
        /// Its number; 0 is the block index.
        number: u32,
        /// The byte of the file, from 0.
        byte: usize,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(f, "line {line}"),
            Place::Byte(byte) => write!(f, "byte {byte}"),
            Place::Block { number: 0, byte } => write!(f, "block index, byte {byte}"),
            Place::Block { number, byte } => write!(f, "block {number}, byte {byte}"),
        }
    }
}

/// What is no history: where, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct HistoryError {
    /// Where.
    pub place: Place,
    why: String,
}

impl HistoryError {
    fn new(place: Place, why: impl Into<String>) -> Self {
        HistoryError {
            place,
            why: why.into(),
        }
    }

    fn line(line: usize, why: impl Into<String>) -> Self {
        HistoryError::new(Place::Line(line), why)
    }
}

/// Reads a history of any format, text or not, and packed with gzip or not.
///
/// # Errors
/// The first operation that is none, the first block or value that is not as it was written,
/// or that this looks like no history at all.
pub fn read_bytes(bytes: &[u8]) -> Result<Found, HistoryError> {
    match packed::unpack(bytes)? {
        Some(unpacked) => read_unpacked(&unpacked),
        None => read_unpacked(bytes),
    }
}

fn read_unpacked(bytes: &[u8]) -> Result<Found, HistoryError> {
    if bytes.starts_with(store::MAGIC) {
        return store::read(bytes);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => read(text),
        Err(_) if fressian::looks_like(bytes) => test_map::read(bytes),
        Err(e) => {
            let text = &bytes[..e.valid_up_to()];
            let line = text.iter().filter(|byte| **byte == b'\n').count() + 1;
            let why = "expected text in UTF-8, found other bytes";
            Err(HistoryError::line(line, why))
        }
    }
}

/// Reads a history of any format that is text.
///
/// # Errors
/// The first line that is no operation, or that the text looks like no history at all.
pub fn read(text: &str) -> Result<Found, HistoryError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match reader_of(text) {
        Some(reader) => reader(text),
        None => Err(nothing_known(text)),
    }
}

type TextReader = fn(&str) -> Result<Found, HistoryError>;

/// What reads the format that a text seems to be of, from where it begins.
fn reader_of(text: &str) -> Option<TextReader> {
    let begin = edn::past_comments(text);
    let mut chars = begin.chars().filter(|c| !c.is_whitespace() && *c != ',');
    let first: Vec<char> = chars.by_ref().take(3).collect();
    match first[..] {
        [] => Some(edn),
        ['{', '"', ..] | ['[', '{', '"'] => Some(json::read),
        ['{' | '[' | '(' | '#' | '^', ..] => Some(edn),
        _ => lines::are_in(text).then_some(lines::read),
    }
}

fn nothing_known(text: &str) -> HistoryError {
    let line = text
        .lines()
        .take_while(|line| line.trim().is_empty())
        .count();
    let first = text.lines().nth(line).unwrap_or_default();
    let first: String = first.trim().chars().take(60).collect();
    HistoryError::line(
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
    edn::each(text, |line, item| reader.item(line, item))?;
    reader.finish(Format::Edn)
}
