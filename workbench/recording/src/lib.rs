//! What is remembered of a run, for its pictures: who sent what to whom, when, when it
//! arrived, and what it was about; which client worked with which node; which fault held
//! when.
//!
//! The observer of a run tells it every message and every [`Event`]; after the run, it can
//! be asked for all of them in the order in which they were sent. A run that floods the
//! network has more messages than anyone looks at: what is beyond [`MOST_BYTES`]
//! is counted and forgotten, and a picture says so.

mod change;
mod event;
mod message;
mod shape;
mod told;
mod trouble;

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use network::wire::Envelope;

use told::Told;

pub use change::{Change, apply, changes, in_lines};
pub use event::{Event, EventLine};
pub use message::{Message, MessageEvent};
pub use shape::Shape;
pub use told::{About, Exchange, Partition, StateChange};
pub use trouble::{Trouble, Wrong};

/// How much of the messages' text is kept at most, in bytes.
pub const MOST_BYTES: usize = 64 << 20;

/// The messages of a run, and what it told of itself.
#[derive(Debug, Default)]
pub struct Recording {
    endpoints: Vec<String>,
    places: BTreeMap<String, usize>,
    kept: Vec<Kept>,
    text: Vec<u8>,
    forgotten: u64,
    /// How many sendings and arrivals it was told.
    events: u64,
    told: Told,
}

#[derive(Debug)]
struct Kept {
    src: usize,
    dest: usize,
    sent: Duration,
    received: Option<Duration>,
    /// The places of both among all sendings and arrivals.
    sent_place: u64,
    received_place: u64,
    /// When and at which place it came to a node that was dead.
    lost: Option<(Duration, u64)>,
    /// How often it arrived after the first time.
    repeats: u32,
    about: Option<About>,
    line: Range<usize>,
}

/// A message of a recording.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// Its number in the order of sending, from 0.
    pub id: u64,
    /// Who sent it: a place among [`Recording::endpoints`].
    pub src: usize,
    /// Whom it was for, likewise.
    pub dest: usize,
    /// When it was sent, in nanoseconds since the start of the main phase, as in
    /// the history; what was sent before that is negative.
    pub sent: i64,
    /// When it first arrived, likewise; none if it was lost, or under way at the
    /// end.
    pub received: Option<i64>,
    /// When it came to a node that was dead, likewise, and the place of that among all
    /// sendings and arrivals; none if it was received after all.
    pub lost: Option<(i64, u64)>,
    /// Its sending's place among all sendings and arrivals: much happens at the
    /// same time, but not in any order.
    pub sent_place: u64,
    /// Its first arrival's place, likewise.
    pub received_place: Option<u64>,
    /// How often it arrived after that: a duplicate.
    pub repeats: u32,
    /// What a client sent or waited for is about. None between nodes and services, and of
    /// replies that came too late.
    pub about: Option<About>,
    /// The whole of it, as the line it was written as.
    pub line: &'a [u8],
}

/// Text that is no `messages.jsonl`, or no `events.jsonl`: the line and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct JournalError {
    /// The line, from 1.
    pub line: usize,
    why: String,
}

/// A line of `messages.jsonl`.
#[derive(Deserialize)]
struct Entry<'a> {
    time: u64,
    event: MessageEvent,
    id: u64,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
}

const ENTRY: &str =
    r#"{"time", "event": "send", "id", "message"} or {"time", "event": "recv" or "lost", "id"}"#;

impl Recording {
    /// Reads the lines of a `messages.jsonl`.
    ///
    /// # Errors
    /// The first line that is none of those that a run writes.
    pub fn read_messages(lines: &str) -> Result<Self, JournalError> {
        let mut recording = Recording::default();
        // The ends of each message's way, by its number.
        let mut ends: Vec<(String, String)> = Vec::new();
        for (i, line) in lines.lines().enumerate() {
            let error = |why: String| JournalError { line: i + 1, why };
            let entry: Entry<'_> =
                serde_json::from_str(line).map_err(|e| error(format!("{e}; expected {ENTRY}")))?;
            let line = entry.message.map_or("", RawValue::get);
            if entry.event == MessageEvent::Sent {
                if entry.id != ends.len() as u64 {
                    let (id, next) = (entry.id, ends.len());
                    return Err(error(format!(
                        "message {id} is sent, expected message {next}"
                    )));
                }
                let message = Envelope::parse(line).map_err(|e| error(e.to_string()))?;
                ends.push((message.src.into_owned(), message.dest.into_owned()));
            }
            let place = usize::try_from(entry.id).unwrap_or(usize::MAX);
            let (src, dest) = (ends.get(place))
                .ok_or_else(|| error(format!("message {} was not sent before", entry.id)))?;
            recording.message(Message {
                event: entry.event,
                time: Duration::from_nanos(entry.time),
                id: entry.id,
                src,
                dest,
                line: line.as_bytes(),
            });
        }
        Ok(recording)
    }

    /// Reads the lines of an `events.jsonl`, of the run whose messages these are.
    ///
    /// # Errors
    /// The first line that is none of those that a run writes.
    pub fn read_events(&mut self, lines: &str) -> Result<(), JournalError> {
        for (i, line) in lines.lines().enumerate() {
            let EventLine { time, event } =
                serde_json::from_str(line).map_err(|e| JournalError {
                    line: i + 1,
                    why: format!("{e}; expected an event of a run"),
                })?;
            self.event(time, &event);
        }
        Ok(())
    }

    /// Takes a message at either end of its way. They come in the order of their
    /// numbers.
    pub fn message(&mut self, message: Message<'_>) {
        self.events += 1;
        if message.event == MessageEvent::Sent {
            return self.sent(message);
        }
        // What is forgotten is the end: the others are at their number's place.
        let place = usize::try_from(message.id).unwrap_or(usize::MAX);
        let Some(kept) = self.kept.get_mut(place) else {
            return;
        };
        match (message.event, kept.received) {
            (MessageEvent::Lost, _) => {
                kept.lost.get_or_insert((message.time, self.events));
            }
            (_, None) => {
                kept.received = Some(message.time);
                kept.received_place = self.events;
            }
            (_, Some(_)) => kept.repeats += 1,
        }
    }

    fn sent(&mut self, message: Message<'_>) {
        let is_next = self.kept.len() as u64 == message.id;
        let line = message.line.trim_ascii();
        if !is_next || self.text.len() + line.len() > MOST_BYTES {
            self.forgotten += 1;
            return;
        }
        let begin = self.text.len();
        self.text.extend_from_slice(line);
        let kept = Kept {
            src: self.endpoint(message.src),
            dest: self.endpoint(message.dest),
            sent: message.time,
            received: None,
            sent_place: self.events,
            received_place: 0,
            lost: None,
            repeats: 0,
            about: None,
            line: begin..self.text.len(),
        };
        self.kept.push(kept);
    }

    fn endpoint(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.endpoints.len();
        self.endpoints.push(name.to_owned());
        self.places.insert(name.to_owned(), place);
        place
    }

    /// Takes what the run does beside sending messages.
    pub fn event(&mut self, time: Duration, event: &Event) {
        if let Some((message, about)) = self.told.event(time, event) {
            let place = usize::try_from(message).unwrap_or(usize::MAX);
            if let Some(kept) = self.kept.get_mut(place) {
                kept.about = Some(about);
            }
        }
    }

    /// The nodes, in the order in which clients are spread over them; none, if no run told
    /// of any.
    pub fn nodes(&self) -> &[String] {
        self.told.nodes()
    }

    /// The node that a client works with, by the client's number in the history.
    pub fn node_of(&self, process: i64) -> Option<&str> {
        self.told.node_of(process)
    }

    /// The messages of the operation whose invocation has this index in the history; none,
    /// if it has sent no request.
    pub fn exchange(&self, operation: usize) -> Option<Exchange> {
        self.told.exchange(operation)
    }

    /// The partitions, in the order in which they began.
    pub fn partitions(&self) -> impl Iterator<Item = Partition<'_>> {
        self.told.partitions()
    }

    /// What was wrong with which node, in the order in which it began.
    pub fn troubles(&self) -> impl Iterator<Item = Trouble<'_>> {
        self.told.troubles()
    }

    /// What changed of the states that nodes showed, in the order of time.
    pub fn states(&self) -> impl ExactSizeIterator<Item = StateChange<'_>> {
        self.told.states()
    }

    /// The names of nodes, services and clients, in the order of their first
    /// message.
    pub fn endpoints(&self) -> &[String] {
        &self.endpoints
    }

    /// The messages in the order in which they were sent.
    pub fn messages(&self) -> impl ExactSizeIterator<Item = Recorded<'_>> {
        let numbered = self.kept.iter().enumerate();
        numbered.map(|(place, kept)| Recorded {
            id: place as u64,
            src: kept.src,
            dest: kept.dest,
            sent: self.told.time(kept.sent),
            received: kept.received.map(|time| self.told.time(time)),
            lost: (kept.lost.filter(|_| kept.received.is_none()))
                .map(|(time, place)| (self.told.time(time), place)),
            sent_place: kept.sent_place,
            received_place: kept.received.map(|_| kept.received_place),
            repeats: kept.repeats,
            about: kept.about,
            line: &self.text[kept.line.clone()],
        })
    }

    /// How many messages were sent that are not among them: the last ones.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tell(recording: &mut Recording, event: MessageEvent, id: u64, ms: u64, line: &str) {
        recording.message(Message {
            event,
            time: Duration::from_millis(ms),
            id,
            src: "c1",
            dest: "n0",
            line: line.as_bytes(),
        });
    }

    #[test]
    fn messages_are_given_back_with_when_they_arrived() {
        let mut recording = Recording::default();
        tell(&mut recording, MessageEvent::Sent, 0, 5, "{\"a\":1}\n");
        tell(&mut recording, MessageEvent::Sent, 1, 6, "{}");
        tell(&mut recording, MessageEvent::Received, 0, 8, "");
        tell(&mut recording, MessageEvent::Received, 0, 9, "");
        recording.event(Duration::from_millis(6), &Event::Begin);
        let all: Vec<Recorded<'_>> = recording.messages().collect();
        assert_eq!(recording.endpoints(), ["c1", "n0"]);
        assert_eq!((all[0].src, all[0].dest), (0, 1));
        assert_eq!(
            (all[0].sent, all[0].received),
            (-1_000_000, Some(2_000_000))
        );
        assert_eq!((all[0].sent_place, all[0].received_place), (1, Some(3)));
        assert_eq!((all[1].sent_place, all[1].received_place), (2, None));
        assert_eq!((all[0].repeats, all[0].line), (1, &b"{\"a\":1}"[..]));
        assert_eq!((all[1].sent, all[1].received), (0, None));
        assert_eq!(recording.forgotten(), 0);
    }

    /// Its double may come when the node is there again.
    #[test]
    fn what_comes_to_a_dead_node_has_not_arrived() {
        let mut recording = Recording::default();
        tell(&mut recording, MessageEvent::Sent, 0, 5, "{}");
        tell(&mut recording, MessageEvent::Lost, 0, 8, "");
        let get = |recording: &Recording| {
            let message = recording.messages().next().unwrap();
            (message.received, message.lost)
        };
        assert_eq!(get(&recording), (None, Some((8_000_000, 2))));
        tell(&mut recording, MessageEvent::Received, 0, 9, "");
        assert_eq!(get(&recording), (Some(9_000_000), None));
    }

    #[test]
    fn what_a_run_writes_is_read_back() {
        let lines = r#"{"time":5,"event":"send","id":0,"message":{"src":"c1","dest":"n0","body":{}}}
{"time":7,"event":"recv","id":0}"#;
        let recording = Recording::read_messages(lines).unwrap();
        let message = recording.messages().next().unwrap();
        assert_eq!((message.sent, message.received), (5, Some(7)));
        assert_eq!(message.line, br#"{"src":"c1","dest":"n0","body":{}}"#);
        for (line, error) in [
            (
                r#"{"time":7,"event":"recv","id":1}"#,
                "line 3: message 1 was not sent before",
            ),
            (
                "{}",
                "line 3: missing field `time` at line 1 column 2; expected {\"time\", ",
            ),
            (
                r#"{"time":7,"event":"send","id":1}"#,
                "line 3: EOF while parsing",
            ),
        ] {
            let text = Recording::read_messages(&format!("{lines}\n{line}"))
                .unwrap_err()
                .to_string();
            assert!(text.starts_with(error), "{text}");
        }
    }
}
