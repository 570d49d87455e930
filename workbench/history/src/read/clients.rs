//! Who did what, where that is not said by numbers. Clients with names get numbers of
//! their own; where nobody says who did what, completions are paired with invocations by
//! what they are about.

use std::collections::{BTreeMap, BTreeSet};

use super::HistoryError;
use super::operation::Draft;
use crate::edn::Value;
use crate::{OpType, Process};

/// Gives each operation its process.
///
/// # Errors
/// The first that has none, if others have one.
pub(super) fn name(drafts: &mut [Draft], notes: &mut Vec<String>) -> Result<(), HistoryError> {
    let is_unknown = |draft: &&Draft| draft.client.is_none();
    if let Some(first) = drafts.iter().find(is_unknown) {
        if !drafts.iter().all(|draft| is_unknown(&draft)) {
            let why = "expected a :process, as other operations have one, found none";
            return Err(HistoryError::new(first.place, why));
        }
        notes.push(
            "no operation has a :process, so completions are taken to be of the first open \
             operation of the same function and value"
                .into(),
        );
        pair(drafts);
        return Ok(());
    }
    let number = |client: &Value| match client {
        Value::Int(number) => Some(*number),
        _ => None,
    };
    let numbers = drafts
        .iter()
        .filter_map(|draft| number(draft.client.as_ref()?));
    let taken: BTreeSet<i64> = numbers.collect();
    let mut free = (0..).filter(|number| !taken.contains(number));
    let mut named: BTreeMap<String, i64> = BTreeMap::new();
    for draft in drafts {
        draft.op.process = match draft.client.take() {
            Some(Value::Keyword(name)) if name == "nemesis" => Process::Nemesis,
            Some(Value::Str(name)) if name.trim_start_matches(':') == "nemesis" => Process::Nemesis,
            Some(Value::Int(number)) => Process::Client(number),
            other => {
                let other = other.unwrap_or_default();
                let number = named.entry(other.to_string());
                let number = number.or_insert_with(|| free.next().unwrap_or_default());
                Process::Client(*number)
            }
        };
    }
    if !named.is_empty() {
        let mut named: Vec<(i64, String)> = named.into_iter().map(|(name, n)| (n, name)).collect();
        named.sort();
        let more = named.len().saturating_sub(MOST_NAMED);
        let first = named.iter().take(MOST_NAMED);
        let first: Vec<String> = first.map(|(n, name)| format!("{name} is {n}")).collect();
        let more = match more {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        notes.push(format!(
            "clients have numbers here: {}{more}",
            first.join(", ")
        ));
    }
    Ok(())
}

/// How many clients a note names.
const MOST_NAMED: usize = 5;

/// A client for each operation that is open at a time.
fn pair(drafts: &mut [Draft]) {
    // The operation of each client that is open.
    let mut open: Vec<Option<usize>> = Vec::new();
    for place in 0..drafts.len() {
        let op = &drafts[place].op;
        let free = |open: &mut Vec<Option<usize>>| {
            open.iter().position(Option::is_none).unwrap_or_else(|| {
                open.push(None);
                open.len() - 1
            })
        };
        let client = match op.typ {
            OpType::Invoke => {
                let client = free(&mut open);
                open[client] = Some(place);
                client
            }
            _ => {
                let same = |value: bool| {
                    open.iter().position(|begun| {
                        begun.is_some_and(|begun| {
                            let begun = &drafts[begun].op;
                            begun.f == op.f && (!value || begun.value == op.value)
                        })
                    })
                };
                match same(true).or_else(|| same(false)) {
                    Some(client) => {
                        open[client] = None;
                        client
                    }
                    None => free(&mut open),
                }
            }
        };
        drafts[place].op.process = Process::Client(client as i64);
    }
}
