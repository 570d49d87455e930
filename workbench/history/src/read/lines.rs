//! Lines of Jepsen's `history.txt` and of its log: the process, the type, the function,
//! the value and perhaps an error, behind whatever a logger wrote before them.

use super::operation::{Draft, Reader, function, type_named};
use super::{Format, Found, HistoryError, Place};
use crate::OpType;
use crate::edn::{self, Value};

/// How many lines are looked at to know these by.
const LOOKED_AT: usize = 1000;

/// Whether there are such lines in a text.
pub(super) fn are_in(text: &str) -> bool {
    text.lines()
        .take(LOOKED_AT)
        .any(|line| parts(line).is_some())
}

/// A line taken apart.
struct Parts<'a> {
    process: &'a str,
    typ: OpType,
    f: &'a str,
    rest: &'a str,
}

/// The parts of a line, if it is of an operation, such as
/// `INFO  jepsen.util - 0 :invoke :read nil`.
fn parts(line: &str) -> Option<Parts<'_>> {
    let mut words = line.split_whitespace();
    let mut process = words.next()?;
    let typ = loop {
        let word = words.next()?;
        if let Some(typ) = word.strip_prefix(':').and_then(type_named) {
            break typ;
        }
        process = word;
    };
    if process != ":nemesis" && process.parse::<i64>().is_err() {
        return None;
    }
    let word = words.next()?;
    let end = word.as_ptr() as usize - line.as_ptr() as usize + word.len();
    Some(Parts {
        process,
        typ,
        f: match word {
            "nil" => "",
            word => word.strip_prefix(':')?,
        },
        rest: line[end..].trim(),
    })
}

pub(super) fn read(text: &str) -> Result<Found, HistoryError> {
    let mut reader = Reader::default();
    let mut others = 0;
    for (i, line) in text.lines().enumerate() {
        let Some(parts) = parts(line) else {
            others += usize::from(!line.trim().is_empty());
            continue;
        };
        let mut draft = Draft::new(Place::Line(i + 1), parts.typ);
        draft.client = Some(match parts.process.parse() {
            Ok(number) => Value::Int(number),
            Err(_) => Value::keyword("nemesis"),
        });
        if !parts.f.is_empty() {
            draft.op.f = function(parts.f);
        }
        let values =
            edn::read_all(parts.rest).map_err(|e| HistoryError::line(i + 1, e.in_line()))?;
        let mut values = values.into_iter();
        if let Some(value) = values.next() {
            draft.op.value = value;
        }
        if let Some(error) = values.next() {
            draft.op.extra.push(("error".into(), error));
        }
        reader.draft(draft);
    }
    let mut found = reader.finish(Format::Text)?;
    if others > 0 {
        found.notes.push(format!(
            "{others} lines are of no operation and were left out"
        ));
    }
    Ok(found)
}
