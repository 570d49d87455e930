//! Who did what, where that is not said by numbers. Clients with names get numbers of
//! their own. Where nobody says who did what, or a client is said to do several things at a
//! time, completions are paired with invocations by what they are about.

use std::collections::{BTreeMap, BTreeSet};

use super::HistoryError;
use super::operation::Drafts;
use crate::edn::Value;
use crate::{OpType, Process};

/// Gives each operation its process.
///
/// # Errors
/// The first that has none, if others have one.
pub(super) fn name(drafts: &mut Drafts, notes: &mut Vec<String>) -> Result<(), HistoryError> {
    let unknown = drafts.named.iter().filter(|(_, client)| client.is_none());
    let unknown: Vec<usize> = unknown.map(|(place, _)| *place).collect();
    if let Some(first) = unknown.first() {
        if unknown.len() < drafts.ops.len() {
            let why = "expected a :process, as other operations have one, found none";
            return Err(HistoryError::new(drafts.places[*first], why));
        }
        notes.push(
            "no operation has a :process, so each is taken to be of a client of its own, and \
             completions to be of open operations of the same function and value"
                .into(),
        );
        return pair(drafts, |_| true, 0);
    }
    // Where all are numbers, there is nothing to be taken.
    let ops = drafts.ops.iter().filter(|_| !drafts.named.is_empty());
    let numbers = ops.filter_map(|op| match op.process {
        Process::Client(number) => Some(number),
        Process::Nemesis => None,
    });
    let taken: BTreeSet<i64> = numbers.collect();
    let mut free = (0..).filter(|number| !taken.contains(number));
    let mut named: BTreeMap<String, i64> = BTreeMap::new();
    for (place, client) in std::mem::take(&mut drafts.named) {
        let number = named.entry(client.unwrap_or_default().to_string());
        let number = number.or_insert_with(|| free.next().unwrap_or_default());
        drafts.ops[place].process = Process::Client(*number);
    }
    apart(drafts, notes)?;
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

/// Gives the operations of clients that do several things at a time clients of their own:
/// no client does, so there is no telling in which order it did them.
fn apart(drafts: &mut Drafts, notes: &mut Vec<String>) -> Result<(), HistoryError> {
    let mut open = BTreeSet::new();
    let mut many = BTreeSet::new();
    let mut next = 0;
    for op in &drafts.ops {
        let Process::Client(number) = op.process else {
            continue;
        };
        next = next.max(number.saturating_add(1));
        let does_many = match op.typ {
            OpType::Invoke => !open.insert(number),
            _ => !open.remove(&number) && many.contains(&number),
        };
        if does_many {
            many.insert(number);
        }
    }
    let Some(first) = many.first() else {
        return Ok(());
    };
    notes.push(format!(
        "client {first} begins an operation while it has another{}: each is taken to be of a client \
         of its own, and completions to be of open operations of the same function and value",
        match many.len() {
            1 => String::new(),
            more => format!(", and so do {} others", more - 1),
        }
    ));
    let is_of_many = |process| matches!(process, Process::Client(number) if many.contains(&number));
    pair(drafts, is_of_many, next)
}

/// Gives each operation of these a client of its own, numbered from here. Where an end may
/// be that of several operations that ask for the same, all of them may have begun when the
/// first did.
///
/// # Errors
/// The first end that may be that of several, which ask for different things.
fn pair(
    drafts: &mut Drafts,
    is_meant: impl Fn(Process) -> bool,
    next: i64,
) -> Result<(), HistoryError> {
    let clients = (next..).map(Process::Client);
    let mut clients = clients.chain(std::iter::repeat(Process::Client(i64::MAX)));
    // The operations that are open, by what they said before: a client of many is several.
    let mut open: BTreeMap<(Process, &str), Vec<usize>> = BTreeMap::new();
    let mut found: Vec<(usize, Process)> = Vec::new();
    let Drafts { ops, places, .. } = drafts;
    let mut begins: Vec<usize> = (0..ops.len()).collect();
    for (place, op) in ops.iter().enumerate() {
        if !is_meant(op.process) {
            continue;
        }
        let open = open.entry((op.process, &*op.f)).or_default();
        if op.typ == OpType::Invoke {
            open.push(place);
            continue;
        }
        let asked = |begun: usize| &ops[begun].value;
        let may_be = |begun: &usize| could_end_with(asked(*begun), &op.value);
        let mut own: Vec<usize> = open.iter().copied().filter(may_be).collect();
        if own.is_empty() && open.len() == 1 {
            own.clone_from(open);
        }
        let client = clients.next().unwrap_or(op.process);
        found.push((place, client));
        let [first, others @ ..] = &own[..] else {
            continue;
        };
        if let Some(other) = others.iter().find(|other| asked(**other) != asked(*first)) {
            let [a, b] = [first, other].map(|begun| places[*begun]);
            let why = format!(
                "expected a :process or a value by which to tell whether this is the end of the \
                 operation in {a} or of that in {b}"
            );
            return Err(HistoryError::new(places[place], why));
        }
        for other in others {
            begins[*other] = begins[*other].min(begins[*first]);
        }
        open.retain(|begun| begun != first);
        found.push((*first, client));
    }
    let open: Vec<usize> = open.into_values().flatten().collect();
    found.extend(open.into_iter().zip(clients));
    for (place, client) in found {
        ops[place].process = client;
    }
    let mut order: Vec<usize> = (0..ops.len()).collect();
    order.sort_by_key(|place| begins[*place]);
    if order.is_sorted() {
        return Ok(());
    }
    let mut to = vec![0; order.len()];
    for (new, old) in order.iter().enumerate() {
        to[*old] = new;
    }
    for place in 0..to.len() {
        while to[place] != place {
            let there = to[place];
            ops.swap(place, there);
            places.swap(place, there);
            to.swap(place, there);
        }
    }
    Ok(())
}

/// Whether an operation that asked for the one may have ended with the other, which may
/// fill in what was nil.
fn could_end_with(asked: &Value, ended: &Value) -> bool {
    match (asked.items(), ended.items()) {
        _ if *asked == Value::Nil || *ended == Value::Nil || asked == ended => true,
        (Some(asked), Some(ended)) => {
            // [:r x] may end with [:r x 1], and [:poll] with what it polled.
            let is_short = matches!(asked, [Value::Keyword(_), ..]) && asked.len() < ended.len();
            let is_as_long = asked.len() == ended.len() || is_short;
            let mut pairs = asked.iter().zip(ended);
            is_as_long && pairs.all(|(asked, ended)| could_end_with(asked, ended))
        }
        // A send is told its offset.
        (None, Some([_, sent])) => asked == sent,
        _ => false,
    }
}
