//! Who said what to whom, and when it was heard: a diagram as Lamport drew them.
//! A lane for each node, service and client; time runs down; an arrow for each
//! message, from where it was sent to where it arrived.
//!
//! Here it is chosen what is shown, within bounds; [`lanes`] and [`flow`] say where,
//! [`label`] in which words, and [`drawing`] draws it.

mod drawing;
mod flow;
mod label;
mod lanes;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use cause::{OldState, old_states};
use history::History;
use simulation::recording::{About, Recorded, Recording};

use super::fault::{self, Fault};
use super::operation::seconds;
use crate::svg::{cut, grouped};

use drawing::Drawing;
use flow::{Flow, Moment, What};
use label::Words;
use lanes::{Lanes, Role};

/// The file may be this large, in bytes. If it is larger, less is said of each
/// message, and then fewer are drawn.
const MOST_BYTES: usize = 290_000;
/// How many characters of a body are shown to who points at an arrow; the next,
/// if that is too much in all.
const MOST_CHARS: [usize; 4] = [300, 150, 60, 0];
/// More messages than these are never drawn.
const MOST_MESSAGES: usize = 500;
/// Beginnings and ends of faults that are drawn.
const MOST_EDGES: usize = 60;
/// A letter of the words beside an arrow, in half pixels.
const LETTER: i64 = 13;

/// Which part of a run is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Messages sent before this moment are left out; nanoseconds since the
    /// start of the main phase. From 0 on, so is what sets the nodes up before
    /// it; `i64::MIN` shows the run from its first message.
    pub from: i64,
    /// How many messages are drawn; 500 at most, since nobody reads more.
    pub messages: usize,
}

/// The first 400 messages of the main phase.
impl Default for Excerpt {
    fn default() -> Self {
        Excerpt {
            from: 0,
            messages: 400,
        }
    }
}

/// What a message is about, which its colour and its dashes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Init,
    Client,
    Node,
    Service,
    Error,
}

impl Kind {
    const ALL: [Kind; 5] = [
        Kind::Node,
        Kind::Client,
        Kind::Service,
        Kind::Error,
        Kind::Init,
    ];

    fn class(self) -> &'static str {
        match self {
            Kind::Init => "init",
            Kind::Client => "client",
            Kind::Node => "node",
            Kind::Service => "service",
            Kind::Error => "error",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Init => "setting up",
            Kind::Client => "with clients",
            Kind::Node => "between nodes",
            Kind::Service => "with services",
            Kind::Error => "error",
        }
    }
}

/// A message as it is drawn.
#[derive(Debug)]
struct Item {
    kind: Kind,
    /// Its lanes.
    src: usize,
    dest: usize,
    arrives: bool,
    /// It goes all the way, and nobody is there.
    comes_to_the_dead: bool,
    /// A service answers with an old state.
    is_old: bool,
    /// How often it arrived again.
    repeats: u32,
    /// Beside the arrow, and before it was cut to fit.
    label: String,
    words: String,
    /// For who points at it.
    hint: String,
    /// The names of both ends, where they share a lane.
    names: [Option<String>; 2],
}

impl Item {
    /// From where to where its words go, across.
    fn words_at(&self, lanes: &Lanes) -> (i64, i64) {
        let (x, wide) = (lanes.all[self.src].x, self.width());
        match self.src.cmp(&self.dest) {
            Ordering::Less => (x + 8, x + 8 + wide),
            Ordering::Greater => (x - 8 - wide, x - 8),
            Ordering::Equal => (x + 30, x + 30 + wide),
        }
    }

    /// Whether both can begin at one point, and have their words in common.
    fn is_like(&self, other: &Item) -> bool {
        let shape = |item: &Item| (item.src, item.kind, item.src == item.dest);
        shape(self) == shape(other) && self.words == other.words && self.names == other.names
    }

    /// How wide its words are, in pixels.
    fn width(&self) -> i64 {
        self.label.chars().count() as i64 * LETTER / 2
    }
}

/// The beginning or the end of a fault.
#[derive(Debug)]
struct Edge {
    fault: usize,
    begins: bool,
}

/// The messages of a run as arrows between lanes: its
/// [`Excerpt::default`] is the file `messages.svg`. The history tells of the
/// faults. If no message was sent from the excerpt's moment on, the first ones
/// are drawn.
pub fn messages(history: &History, recording: &Recording, excerpt: &Excerpt) -> String {
    let mut excerpt = *excerpt;
    let old = old_states(recording);
    loop {
        let shown = Shown::new(recording, &excerpt, &old);
        for most in MOST_CHARS {
            let svg = shown.draw(history, recording, most);
            if svg.len() <= MOST_BYTES || shown.messages.is_empty() {
                return svg;
            }
        }
        excerpt.messages = shown.messages.len() / 2;
    }
}

/// The messages that are drawn.
struct Shown<'a> {
    messages: Vec<Recorded<'a>>,
    /// The old states that services answered with, by the answers' numbers.
    old: &'a BTreeMap<u64, OldState>,
    /// Which of all they are.
    note: String,
    /// Whether others were sent after them.
    has_more: bool,
}

impl<'a> Shown<'a> {
    fn new(recording: &'a Recording, excerpt: &Excerpt, old: &'a BTreeMap<u64, OldState>) -> Self {
        let most = excerpt.messages.min(MOST_MESSAGES);
        let is_preparation = |message: &Recorded<'_>| message.about == Some(About::Preparation);
        let is_shown = |message: &Recorded<'_>| {
            message.sent >= excerpt.from && (excerpt.from < 0 || !is_preparation(message))
        };
        let mut shown: Vec<Recorded<'_>> =
            recording.messages().filter(is_shown).take(most).collect();
        if shown.is_empty() {
            shown = recording.messages().take(most).collect();
        }
        let total = recording.messages().len() as u64 + recording.forgotten();
        let grouped = |count: u64| grouped(i64::try_from(count).unwrap_or(i64::MAX));
        let first = shown.first().map_or(0, |message| message.id);
        let end = shown.last().map_or(0, |message| message.id + 1);
        // Those before the excerpt are what sets nodes up, if it is from 0 on.
        let (of, since) = match (first, excerpt.from) {
            (0, _) => (total, String::new()),
            (_, 0) => (total - first, " after the nodes are set up".to_owned()),
            (_, from) => (total - first, format!(" from {} s on", millis(from))),
        };
        let count = shown.len() as u64;
        let note = match (count, of) {
            (0, _) => "No messages.".to_owned(),
            _ if count == of => format!("All {} messages{since}.", grouped(of)),
            _ => format!(
                "The first {} of {} messages{since}; the run's page shows all.",
                grouped(count),
                grouped(of)
            ),
        };
        Shown {
            messages: shown,
            old,
            note,
            has_more: end < total,
        }
    }

    fn draw(&self, history: &History, recording: &Recording, most: usize) -> String {
        let lanes = Lanes::new(recording, &self.messages);
        let items: Vec<Item> = (self.messages.iter())
            .map(|message| {
                let old = self.old.get(&message.id);
                item(message, &lanes, recording, most, old)
            })
            .collect();
        let (faults, edges, moments) = self.moments(history, recording);
        let flow = Flow::new(&moments, &items, edges.len(), &lanes);
        Drawing {
            lanes: &lanes,
            items: &items,
            faults: &faults,
            edges: &edges,
            flow: &flow,
            has_more: self.has_more,
            end: moments.last().map_or(0, |moment| moment.time),
        }
        .draw(&self.note)
    }

    /// What happens, in order, with the faults that hold meanwhile and their
    /// beginnings and ends.
    fn moments(
        &self,
        history: &History,
        recording: &Recording,
    ) -> (Vec<Fault>, Vec<Edge>, Vec<Moment>) {
        let mut events: Vec<(u64, Moment)> = Vec::new();
        for (number, message) in self.messages.iter().enumerate() {
            let what = What::Sending(number);
            let time = message.sent;
            events.push((message.sent_place, Moment { time, what }));
            let received = message.received.zip(message.received_place);
            if let Some((time, place)) = received.or(message.lost) {
                let what = What::Arrival(number);
                events.push((place, Moment { time, what }));
            }
        }
        events.sort_by_key(|(place, _)| *place);
        let begin = events.first().map_or(0, |(_, moment)| moment.time);
        let end = events.last().map_or(0, |(_, moment)| moment.time);
        let mut faults = fault::of_run(history, recording);
        faults.retain(|fault| fault.begin <= seconds(end) && fault.end >= seconds(begin));
        let mut edges: Vec<(f64, Edge)> = Vec::new();
        for (number, fault) in faults.iter().enumerate() {
            let edge = |begins| Edge {
                fault: number,
                begins,
            };
            // One that held before is told of at the top.
            edges.push((fault.begin.max(seconds(begin)), edge(true)));
            if fault.has_ended && fault.end <= seconds(end) {
                edges.push((fault.end, edge(false)));
            }
        }
        edges.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        edges.truncate(MOST_EDGES);
        let mut moments = Vec::with_capacity(events.len() + edges.len());
        let mut next = 0;
        for (_, moment) in events {
            while next < edges.len() && edges[next].0 <= seconds(moment.time) {
                let time = (edges[next].0 * 1e9).round() as i64;
                let what = What::Edge(next);
                moments.push(Moment {
                    time: time.min(moment.time),
                    what,
                });
                next += 1;
            }
            moments.push(moment);
        }
        edges.truncate(next);
        let edges = edges.into_iter().map(|(_, edge)| edge).collect();
        (faults, edges, moments)
    }
}

fn item(
    message: &Recorded<'_>,
    lanes: &Lanes,
    recording: &Recording,
    most: usize,
    old: Option<&OldState>,
) -> Item {
    let mut words = Words::new(message.line, most);
    let (src, dest) = (lanes.of(message.src), lanes.of(message.dest));
    let roles = [lanes.role(message.src), lanes.role(message.dest)];
    let kind = match &*words.kind {
        "error" => Kind::Error,
        _ if message.about == Some(About::Preparation) => Kind::Init,
        _ if roles.contains(&Role::Client) => Kind::Client,
        _ if roles.contains(&Role::Service) => Kind::Service,
        _ => Kind::Node,
    };
    let name = |endpoint: usize, most| cut(&recording.endpoints()[endpoint], most);
    let arrival = match (message.received, message.repeats) {
        (None, _) => match message.lost {
            Some((time, _)) => format!(
                "lost: {} was dead at {} s",
                name(message.dest, 40),
                millis(time)
            ),
            None => "lost, or under way at the end".to_owned(),
        },
        (Some(time), 0) => format!("arrived at {} s", millis(time)),
        (Some(time), repeats) => {
            format!("arrived at {} s, and {repeats} times more", millis(time))
        }
    };
    // Up to the next lane, or the one after it, if it goes that far.
    let spaces = src.abs_diff(dest).clamp(1, 2) as i64;
    let room = ((lanes.space * spaces - 16) * 2 / LETTER).min(40) as usize;
    // The value is told first, and then how old it is.
    let age = old.map_or(String::new(), |old| format!(", {}", old.brief()));
    let label = cut(
        &words.label,
        room.saturating_sub(age.chars().count()).max(10),
    ) + &age;
    words.label += &age;
    let told = old.map_or(String::new(), |old| format!(", {old}"));
    Item {
        kind,
        is_old: old.is_some(),
        src,
        dest,
        arrives: message.received.is_some(),
        comes_to_the_dead: message.lost.is_some(),
        repeats: message.repeats,
        label,
        words: words.label,
        hint: format!(
            "{} → {}, sent at {} s, {arrival}{told}\n{}",
            name(message.src, 40),
            name(message.dest, 40),
            millis(message.sent),
            words.body
        ),
        names: [(src, message.src), (dest, message.dest)]
            .map(|(lane, endpoint)| lanes.all[lane].is_shared.then(|| name(endpoint, 9))),
    }
}

/// Nanoseconds as seconds, with milliseconds.
fn millis(time: i64) -> String {
    format!("{:.3}", seconds(time))
}
