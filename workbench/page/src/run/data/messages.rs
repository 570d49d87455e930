//! The messages of a page, and who sent them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use simulation::cause::{OldState, old_states};
use simulation::recording::Recorded;
use simulation::service::Service;
use simulation::wire::{Body, Envelope};

use super::{Gap, Part, Row, cut, fit, one_line};
use crate::run::Page;

/// How many characters of a body are shown.
const MOST_CHARS: usize = 320;
/// Of the kind of a message that has none.
const NO_TYPE: &str = "(no type)";

/// The first line of the part.
#[derive(Debug, Serialize)]
struct Columns<'a> {
    /// Nodes, then services, then clients.
    endpoints: Vec<&'a str>,
    nodes: usize,
    services: usize,
    types: Vec<String>,
    gaps: Vec<Gap>,
    /// The messages' numbers, as differences.
    id: Vec<u64>,
    /// As differences.
    sent: Vec<i64>,
    /// How long each was under way, in nanoseconds; -1 if it never came anywhere.
    took: Vec<i64>,
    /// Which of them came to a node that was dead, and are lost.
    dead: Vec<usize>,
    /// The place of its sending among all sendings and arrivals, as differences; and
    /// how many places later it arrived, -1 if it never did.
    at: Vec<u64>,
    span: Vec<i64>,
    src: Vec<usize>,
    dest: Vec<usize>,
    kind: Vec<usize>,
    /// The message that this is the answer to: how many places before it; 0 for
    /// none.
    answers: Vec<usize>,
    /// Which of them arrived again, and how often.
    repeats: Vec<[u64; 2]>,
    /// Which of them have an old state of a service, how old it is, and that in words.
    old: Vec<(usize, String, String)>,
}

/// A message, read as far as a page needs it.
struct Message<'a> {
    recorded: Recorded<'a>,
    kind: Cow<'a, str>,
    /// As JSON text: between two nodes it may be anything.
    msg_id: Option<&'a str>,
    in_reply_to: Option<&'a str>,
    body: Cow<'a, str>,
}

impl Row for Message<'_> {
    fn time(&self) -> i64 {
        self.recorded.sent
    }

    fn weight(&self) -> usize {
        self.body.len() + 24
    }
}

impl<'a> Message<'a> {
    fn new(recorded: Recorded<'a>) -> Self {
        let text = std::str::from_utf8(recorded.line).unwrap_or_default();
        let whole = Envelope::parse(text).map_or("", |envelope| envelope.body);
        let body = Body::parse(whole).unwrap_or_default();
        let get = |key| Some(body.get(key)?.get());
        Message {
            recorded,
            kind: match (body.kind(), get("type")) {
                (Some(kind), _) => Cow::Owned(kind.to_owned()),
                (None, Some(kind)) => Cow::Borrowed(kind),
                (None, None) => Cow::Borrowed(NO_TYPE),
            },
            msg_id: get("msg_id"),
            in_reply_to: get("in_reply_to"),
            body: one_line(whole, MOST_CHARS),
        }
    }
}

/// Packs them.
pub(super) fn pack(page: &Page<'_>, moments: &[i64], budget: usize) -> Part {
    let all: Vec<Message<'_>> = page.recording.messages().map(Message::new).collect();
    let count = all.len() as u64 + page.recording.forgotten();
    let old = old_states(page.recording);
    let (text, _, kept) = fit(all, moments, budget, |rows, gaps| {
        encode(page, rows, gaps, &old)
    });
    Part {
        text,
        count,
        omitted: count - kept as u64,
    }
}

fn encode(
    page: &Page<'_>,
    rows: &[Message<'_>],
    gaps: &[Gap],
    old: &BTreeMap<u64, OldState>,
) -> String {
    let mut columns = columns(page);
    columns.gaps = gaps.to_vec();
    if page.recording.forgotten() > 0 {
        let last = page.recording.messages().last();
        columns
            .gaps
            .push(Gap(last.map_or(0, |message| message.sent), i64::MAX));
    }
    let names = page.recording.endpoints();
    let order = columns.endpoints.iter().enumerate();
    let order: BTreeMap<&str, usize> = order.map(|(place, name)| (*name, place)).collect();
    let places: Vec<usize> = names.iter().map(|name| order[&**name]).collect();
    let mut lines = String::new();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    // Requests by who asked whom with which number.
    let mut asked: BTreeMap<(usize, usize, &str), usize> = BTreeMap::new();
    let (mut last_id, mut last_sent, mut last_place) = (0, 0, 0);
    for (place, message) in rows.iter().enumerate() {
        let Recorded {
            id,
            src,
            dest,
            sent,
            received,
            sent_place,
            received_place,
            lost,
            repeats,
            ..
        } = message.recorded;
        if let Some(state) = old.get(&id) {
            columns.old.push((place, state.brief(), state.to_string()));
        }
        if lost.is_some() {
            columns.dead.push(place);
        }
        let came = received.zip(received_place).or(lost);
        let next = kinds.len();
        let kind = *kinds.entry(&message.kind).or_insert_with(|| {
            columns.types.push(cut(&message.kind, 60).into_owned());
            next
        });
        let request = message
            .in_reply_to
            .and_then(|number| asked.get(&(dest, src, number)));
        columns.answers.push(request.map_or(0, |at| place - at));
        if let Some(number) = message.msg_id {
            asked.insert((src, dest, number), place);
        }
        columns.id.push(id - last_id);
        columns.sent.push(sent.saturating_sub(last_sent));
        let took = came.map(|(at, _)| at.saturating_sub(sent));
        columns.took.push(took.unwrap_or(-1));
        columns.at.push(sent_place - last_place);
        let span = came.map(|(_, place)| (place - sent_place) as i64);
        columns.span.push(span.unwrap_or(-1));
        columns.src.push(places[src]);
        columns.dest.push(places[dest]);
        columns.kind.push(kind);
        if repeats > 0 {
            columns.repeats.push([place as u64, u64::from(repeats)]);
        }
        (last_id, last_sent, last_place) = (id, sent, sent_place);
        lines.push_str(&message.body);
        lines.push('\n');
    }
    let mut text = serde_json::to_string(&columns).unwrap_or_default();
    text.push('\n');
    text + &lines
}

/// No messages yet, but who sends them.
fn columns<'a>(page: &Page<'a>) -> Columns<'a> {
    let names = page.recording.endpoints();
    let nodes = page.subject.nodes();
    let services = Service::all().map(|(name, _)| name);
    // Nodes in their order.
    let group = |name: &str| match nodes.iter().position(|node| node == name) {
        Some(place) => (0, place),
        None if services.contains(&name) => (1, 0),
        None => (2, 0),
    };
    let mut endpoints: Vec<&str> = names.iter().map(|name| &**name).collect();
    endpoints.sort_by_cached_key(|name| (group(name), natural(name)));
    let count = |which| names.iter().filter(|name| group(name).0 == which).count();
    Columns {
        nodes: count(0),
        services: count(1),
        endpoints,
        types: Vec::new(),
        gaps: Vec::new(),
        id: Vec::new(),
        sent: Vec::new(),
        took: Vec::new(),
        dead: Vec::new(),
        at: Vec::new(),
        span: Vec::new(),
        src: Vec::new(),
        dest: Vec::new(),
        kind: Vec::new(),
        answers: Vec::new(),
        repeats: Vec::new(),
        old: Vec::new(),
    }
}

/// Digits count as numbers: c2 comes before c10.
fn natural(name: &str) -> (String, u64, String) {
    let digits = name
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(name.len());
    let (word, rest) = name.split_at(digits);
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let number = rest[..end].parse().unwrap_or(0);
    (word.to_owned(), number, rest[end..].to_owned())
}
