//! Who said what to whom, and when it was heard: a diagram as Lamport drew them.
//! A lane for each node, service and client; time runs down; an arrow for each
//! message, from where it was sent to where it arrived.

mod flow;
mod label;
mod lanes;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt::Write;

use super::chart;
use super::fault::{Fault, faults};
use super::operation::seconds;
use crate::history::History;
use crate::palette;
use crate::recording::{Recorded, Recording};
use crate::svg::{Inner, Px, Text, cut, grouped};

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
/// Dotted pieces of lanes.
const MOST_DOTTED: usize = 400;
/// Beginnings and ends of faults that are drawn.
const MOST_EDGES: usize = 60;
/// What sets nodes up before the main phase begins.
const PREPARATION: [&str; 4] = ["init", "init_ok", "topology", "topology_ok"];

/// Around the lanes, in pixels: the times at the left, names at the right.
const LEFT: i64 = 122;
const RIGHT: i64 = 76;
/// A lane's name, in pixels, and a letter of the words beside an arrow, in halves.
const NAME_HEIGHT: i64 = 24;
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
    loop {
        let shown = Shown::new(recording, &excerpt);
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
    /// Which of all they are.
    note: String,
    /// Whether others were sent after them.
    has_more: bool,
}

impl<'a> Shown<'a> {
    fn new(recording: &'a Recording, excerpt: &Excerpt) -> Self {
        let most = excerpt.messages.min(MOST_MESSAGES);
        let is_preparation = |message: &Recorded<'_>| {
            message.sent <= 0 && PREPARATION.contains(&&*Words::new(message.line, 0).kind)
        };
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
            note,
            has_more: end < total,
        }
    }

    fn draw(&self, history: &History, recording: &Recording, most: usize) -> String {
        let lanes = Lanes::new(recording, &self.messages);
        let items: Vec<Item> = (self.messages.iter())
            .map(|message| item(message, &lanes, recording, most))
            .collect();
        let (faults, edges, moments) = self.moments(history);
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
    fn moments(&self, history: &History) -> (Vec<Fault>, Vec<Edge>, Vec<Moment>) {
        let mut events: Vec<(u64, Moment)> = Vec::new();
        for (number, message) in self.messages.iter().enumerate() {
            let what = What::Sending(number);
            let time = message.sent;
            events.push((message.sent_place, Moment { time, what }));
            if let (Some(time), Some(place)) = (message.received, message.received_place) {
                let what = What::Arrival(number);
                events.push((place, Moment { time, what }));
            }
        }
        events.sort_by_key(|(place, _)| *place);
        let begin = events.first().map_or(0, |(_, moment)| moment.time);
        let end = events.last().map_or(0, |(_, moment)| moment.time);
        let mut faults = faults(history);
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

fn item(message: &Recorded<'_>, lanes: &Lanes, recording: &Recording, most: usize) -> Item {
    let words = Words::new(message.line, most);
    let (src, dest) = (lanes.of(message.src), lanes.of(message.dest));
    let roles = [lanes.role(message.src), lanes.role(message.dest)];
    let kind = match &*words.kind {
        "error" => Kind::Error,
        kind if PREPARATION.contains(&kind) && roles.contains(&Role::Client) => Kind::Init,
        _ if roles.contains(&Role::Client) => Kind::Client,
        _ if roles.contains(&Role::Service) => Kind::Service,
        _ => Kind::Node,
    };
    let name = |endpoint: usize, most| cut(&recording.endpoints()[endpoint], most);
    let arrival = match (message.received, message.repeats) {
        (None, _) => "lost, or under way at the end".to_owned(),
        (Some(time), 0) => format!("arrived at {} s", millis(time)),
        (Some(time), repeats) => {
            format!("arrived at {} s, and {repeats} times more", millis(time))
        }
    };
    // Up to the next lane, or the one after it, if it goes that far.
    let spaces = src.abs_diff(dest).clamp(1, 2) as i64;
    let room = ((lanes.space * spaces - 16) * 2 / LETTER).min(40) as usize;
    Item {
        kind,
        src,
        dest,
        arrives: message.received.is_some(),
        repeats: message.repeats,
        label: cut(&words.label, room),
        words: words.label,
        hint: format!(
            "{} → {}, sent at {} s, {arrival}\n{}",
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

struct Drawing<'a> {
    lanes: &'a Lanes,
    items: &'a [Item],
    faults: &'a [Fault],
    edges: &'a [Edge],
    flow: &'a Flow,
    has_more: bool,
    /// When the last thing happens that is drawn.
    end: i64,
}

impl Drawing<'_> {
    fn draw(&self, note: &str) -> String {
        let (legend, legend_width) = self.legend();
        let wide = (LEFT + self.lanes.right() + RIGHT)
            .max(legend_width + 24)
            .max(560);
        let mut notes = vec![note.to_owned()];
        notes.extend(self.lanes.notes.iter().cloned());
        let legend_top = 34 + notes.len() as i64 * 17;
        let top = legend_top + 24 + NAME_HEIGHT + 16;
        let below = match self.flow.height > 500 {
            true => NAME_HEIGHT + 16,
            false => 8,
        };
        let high = top + self.flow.height + below;
        let title = "Messages";
        let colours = palette::custom_properties(".plot", "plot-");
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot lamport\" role=\"img\" \
             width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" \
             aria-label=\"{title}: who said what to whom. {}\">\n\
             <style>{colours}{}{STYLE}</style>\n\
             <rect class=\"plot-paper\" width=\"{wide}\" height=\"{high}\"/>\n\
             <text class=\"plot-title\" x=\"12\" y=\"24\">{title}</text>\n",
            Text(note),
            chart::STYLE,
        );
        for (i, note) in notes.iter().enumerate() {
            let y = 42 + i * 17;
            let _ = writeln!(
                svg,
                "<text class=\"plot-note\" x=\"12\" y=\"{y}\">{}</text>",
                Text(note)
            );
        }
        let _ = writeln!(
            svg,
            "<g transform=\"translate(12 {legend_top})\">\n{legend}</g>"
        );
        let _ = writeln!(svg, "<g transform=\"translate({LEFT} {top})\">");
        self.bands(&mut svg);
        self.lifelines(&mut svg);
        self.edge_words(&mut svg);
        self.pauses(&mut svg);
        self.times(&mut svg);
        self.arrows(&mut svg);
        self.words(&mut svg);
        self.crosses(&mut svg);
        let mut heads = vec![-16 - NAME_HEIGHT / 2];
        heads.extend(&self.flow.names);
        if below > NAME_HEIGHT {
            heads.push(self.flow.height + NAME_HEIGHT / 2);
        }
        for y in heads {
            self.names(&mut svg, y);
        }
        svg + "</g>\n</svg>\n"
    }

    fn legend(&self) -> (String, i64) {
        let (mut svg, mut x) = (String::new(), 0);
        let mut add = |key: &str, name: &str| {
            let _ = writeln!(
                svg,
                "<g transform=\"translate({x} 0)\">{key}<text x=\"36\" y=\"13\">{name}</text></g>"
            );
            x += 36 + name.chars().count() as i64 * 65 / 10 + 18;
        };
        for kind in Kind::ALL {
            if self.items.iter().any(|item| item.kind == kind) {
                let key = format!(
                    "<g class=\"lamport-{}\"><path class=\"lamport-line\" d=\"M0 9H22\"/>\
                     <path class=\"lamport-head\" d=\"M30 9l-9-4v8z\"/></g>",
                    kind.class()
                );
                add(&key, kind.name());
            }
        }
        if self.items.iter().any(|item| !item.arrives) {
            let key = "<path class=\"lamport-cross\" d=\"M10 4l10 10m0-10l-10 10\"/>";
            add(key, "lost");
        }
        if self.items.iter().any(|item| item.repeats > 0) {
            let key = "<path class=\"lamport-twice\" d=\"M30 9l-9-4v8zM20 9l-9-4v8z\"/>";
            add(key, "arrived more than once");
        }
        if !self.edges.is_empty() {
            add(
                "<rect class=\"plot-fault-key\" y=\"2\" width=\"28\" height=\"14\"/>",
                "fault",
            );
        }
        (svg, x)
    }

    /// From where to where the lanes go, across.
    fn across(&self) -> (i64, i64) {
        (-30, self.lanes.right() + 60)
    }

    fn bands(&self, svg: &mut String) {
        let (left, right) = self.across();
        for (number, edge) in self
            .edges
            .iter()
            .enumerate()
            .filter(|(_, edge)| edge.begins)
        {
            let fault = &self.faults[edge.fault];
            let is_end = |other: &Edge| !other.begins && other.fault == edge.fault;
            let end = self.edges.iter().position(is_end);
            let y = self.flow.edges[number];
            let end = end.map_or(self.flow.height, |end| self.flow.edges[end]);
            let mut words = format!("{}, from {:.3} s", fault.name(), fault.begin);
            if fault.has_ended {
                let _ = write!(words, " to {:.3} s", fault.end);
            }
            for (node, unheard) in fault.deaf.iter().take(12) {
                let (node, unheard) = (cut(node, 40), cut(&unheard.join(", "), 80));
                let _ = write!(words, "\n{node} does not hear {unheard}");
            }
            let _ = writeln!(
                svg,
                "<g><title>{}</title><rect class=\"plot-fault\" x=\"{left}\" y=\"{y}\" \
                 width=\"{}\" height=\"{}\"/></g>",
                Text(&words),
                right - left,
                end - y
            );
        }
    }

    /// What begins and ends, on the edges of the bands.
    fn edge_words(&self, svg: &mut String) {
        let (left, right) = self.across();
        for (edge, y) in self.edges.iter().zip(&self.flow.edges) {
            let fault = &self.faults[edge.fault];
            let words = match edge.begins {
                true => {
                    let most = ((right - left) / 7) as usize;
                    cut(&format!("{}{}", fault.name(), who(fault)), most)
                }
                false => format!("end of {}", cut(&fault.kind, 40)),
            };
            let _ = writeln!(
                svg,
                "<path class=\"lamport-edge\" d=\"M{left} {y}H{right}\"/>\
                 <text class=\"lamport-fault\" x=\"{left}\" y=\"{}\">{}</text>",
                y - 5,
                Text(&words)
            );
        }
    }

    fn lifelines(&self, svg: &mut String) {
        // Dotted where time is left out, unless that is nearly everywhere.
        let is_dotted = self.lanes.all.len() * self.flow.pauses.len() <= MOST_DOTTED;
        let pauses = self.flow.pauses.iter().filter(|_| is_dotted);
        let mut solid = String::new();
        let mut dotted = String::new();
        let height = self.flow.height;
        for lane in &self.lanes.all {
            let x = lane.x;
            let mut y = -16;
            for (pause, _, _) in pauses.clone() {
                let _ = write!(solid, "M{x} {y}V{}", pause - 14);
                let _ = write!(dotted, "M{x} {}V{}", pause - 12, pause + 14);
                y = pause + 14;
            }
            let _ = write!(solid, "M{x} {y}V{height}");
        }
        let _ = writeln!(
            svg,
            "<path class=\"lamport-life\" d=\"{solid}\"/>\n\
             <path class=\"lamport-life lamport-dotted\" d=\"{dotted}\"/>"
        );
    }

    fn pauses(&self, svg: &mut String) {
        let middle = self.lanes.right() / 2;
        for (y, passed, under_way) in &self.flow.pauses {
            let is_later = self.has_more && *y > self.last_sending();
            let words = match *under_way || is_later {
                true => "later",
                false => "without messages",
            };
            let _ = writeln!(
                svg,
                "<text class=\"lamport-pause\" x=\"{middle}\" y=\"{}\">{} s {words}</text>",
                y + 4,
                crate::svg::decimal(seconds(*passed), 0.1)
            );
        }
    }

    fn last_sending(&self) -> i64 {
        self.flow.items.last().map_or(0, |(y, _)| *y)
    }

    fn times(&self, svg: &mut String) {
        let x = self.across().0 - 8;
        let mut last = String::new();
        for (y, time) in &self.flow.times {
            let time = millis((*time).min(self.end));
            if time == last {
                continue;
            }
            let _ = writeln!(
                svg,
                "<text class=\"plot-y\" x=\"{x}\" y=\"{}\">{time} s</text>",
                y + 4
            );
            last = time;
        }
    }

    fn names(&self, svg: &mut String, y: i64) {
        let _ = writeln!(
            svg,
            "<g class=\"lamport-names\" transform=\"translate(0 {y})\">"
        );
        for lane in &self.lanes.all {
            let x = lane.x;
            let most = ((self.lanes.space - 26) / 7) as usize;
            let name = cut(&lane.name, most);
            let wide = (name.chars().count() as i64 * 75 / 10 + 20).max(40);
            let (left, top) = (x - wide / 2, -NAME_HEIGHT / 2);
            let (round, class) = match lane.role {
                Role::Node => (NAME_HEIGHT / 2, ""),
                Role::Service => (3, ""),
                Role::Client => (NAME_HEIGHT / 2, " class=\"lamport-plain\""),
            };
            let _ = writeln!(
                svg,
                "<rect{class} x=\"{left}\" y=\"{top}\" width=\"{wide}\" \
                 height=\"{NAME_HEIGHT}\" rx=\"{round}\"/><text x=\"{x}\" y=\"4\">{}</text>",
                Text(&name)
            );
        }
        svg.push_str("</g>\n");
    }

    fn arrows(&self, svg: &mut String) {
        for (item, &(from, to)) in self.items.iter().zip(&self.flow.items) {
            let (x, end) = (self.lanes.all[item.src].x, self.lanes.all[item.dest].x);
            let class = item.kind.class();
            let (line, marks) = arrow(item, (x, from), (end, to));
            let _ = writeln!(
                svg,
                "<g class=\"lamport-message lamport-{class}\"><title>{}</title>\
                 <path class=\"lamport-hit\" d=\"{line}\"/>\
                 <path class=\"lamport-line\" d=\"{line}\"/>{marks}</g>",
                Inner(&item.hint)
            );
        }
    }

    /// Where messages are lost, above all else: it is what one looks for.
    fn crosses(&self, svg: &mut String) {
        let mut path = String::new();
        for (item, &(_, to)) in self.items.iter().zip(&self.flow.items) {
            if !item.arrives {
                let (x, end) = (self.lanes.all[item.src].x, self.lanes.all[item.dest].x);
                let at = lost_at(item, x, end);
                let _ = write!(path, "M{} {}l10 10m0-10l-10 10", at - 5, to - 5);
            }
        }
        let _ = writeln!(
            svg,
            "<path class=\"lamport-cross lamport-lost\" d=\"{path}\"/>"
        );
    }

    /// The words are above all arrows.
    fn words(&self, svg: &mut String) {
        svg.push_str("<g class=\"lamport-words\">\n");
        let has_words = &self.flow.has_words;
        for ((item, &(from, to)), has_words) in
            self.items.iter().zip(&self.flow.items).zip(has_words)
        {
            let (left, right) = item.words_at(self.lanes);
            let (x, y, class) = match item.src.cmp(&item.dest) {
                Ordering::Less => (left, from - 4, ""),
                Ordering::Greater => (right, from - 4, " class=\"plot-y\""),
                Ordering::Equal => (left, from + 3, ""),
            };
            if *has_words {
                let _ = writeln!(
                    svg,
                    "<text{class} x=\"{x}\" y=\"{y}\">{}</text>",
                    Inner(&item.label)
                );
            }
            let ends = [(item.src, from), (item.dest, to)];
            for ((lane, y), name) in ends.into_iter().zip(&item.names) {
                if let Some(name) = name {
                    let _ = writeln!(
                        svg,
                        "<text class=\"lamport-who\" x=\"{}\" y=\"{}\">{}</text>",
                        self.lanes.all[lane].x + 7,
                        y + 4,
                        Inner(name)
                    );
                }
            }
        }
        svg.push_str("</g>\n");
    }
}

/// Whom a partition keeps apart.
fn who(fault: &Fault) -> String {
    if let Some(sides) = fault.sides() {
        return format!(": {sides}");
    }
    let mut words = String::new();
    // More than these do not fit a line.
    for (node, unheard) in fault.deaf.iter().take(30) {
        let sign = if words.is_empty() { ": " } else { "; " };
        let _ = write!(words, "{sign}{node} deaf to {}", unheard.join(" "));
    }
    words
}

/// Where the arrow of a message that is lost ends, across.
fn lost_at(item: &Item, x: i64, end: i64) -> i64 {
    match item.src == item.dest {
        true => x + 8,
        false => x + (end - x) * 6 / 10,
    }
}

/// The line of an arrow as a path, and its other marks: where it is sent, and
/// its head, if it arrives.
fn arrow(item: &Item, (x, from): (i64, i64), (end, to): (i64, i64)) -> (String, String) {
    let mut marks = format!("<circle class=\"lamport-dot\" cx=\"{x}\" cy=\"{from}\" r=\"2.5\"/>");
    if item.src == item.dest {
        // To itself, or to another in its lane: around, to the right.
        let line = format!(
            "M{x} {from}C{a} {from} {a} {to} {b} {to}",
            a = x + 34,
            b = x + 8
        );
        if item.arrives {
            let _ = write!(
                marks,
                "<path class=\"lamport-head\" d=\"M{x} {to}l9-4v8z\"/>"
            );
        }
        return (line, marks);
    }
    if !item.arrives {
        let end = lost_at(item, x, end);
        return (format!("M{x} {from}L{end} {to}"), marks);
    }
    let (across, down) = ((end - x) as f64, (to - from) as f64);
    let length = across.hypot(down).max(1.0);
    let (cos, sin) = (across / length, down / length);
    // Back along the arrow from its tip, and to its side.
    let at = |back: f64, side: f64| {
        let x = end as f64 - back * cos - side * sin;
        let y = to as f64 - back * sin + side * cos;
        format!("{} {}", Px(x), Px(y))
    };
    let head = |back: f64| {
        format!(
            "M{}L{}L{}z",
            at(back, 0.0),
            at(back + 9.0, 4.0),
            at(back + 9.0, -4.0)
        )
    };
    let again = if item.repeats > 0 {
        head(10.0)
    } else {
        String::new()
    };
    let _ = write!(
        marks,
        "<path class=\"lamport-head\" d=\"{}{again}\"/>",
        head(0.0)
    );
    (format!("M{x} {from}L{}", at(8.0, 0.0)), marks)
}

/// Colours are those of the charts.
const STYLE: &str = "\
.plot.lamport{max-width:none}\
.lamport-line{fill:none;stroke:var(--plot-colour);stroke-width:1.6}\
.lamport-head,.lamport-dot{fill:var(--plot-colour)}\
.lamport-twice{fill:var(--plot-soft)}\
.lamport-hit{fill:none;stroke:transparent;stroke-width:11;pointer-events:stroke}\
.lamport-message:hover .lamport-line{stroke-width:3.2}\
.lamport-node{--plot-colour:var(--plot-ok)}\
.lamport-client{--plot-colour:var(--plot-green)}\
.lamport-service{--plot-colour:var(--plot-info)}\
.lamport-error{--plot-colour:var(--plot-fail)}\
.lamport-init{--plot-colour:var(--plot-soft)}\
.lamport-client .lamport-line{stroke-dasharray:8 3}\
.lamport-service .lamport-line{stroke-dasharray:4 3}\
.lamport-error .lamport-line{stroke-dasharray:9 3 2 3}\
.lamport-init .lamport-line{stroke-dasharray:1.5 3}\
.lamport-cross{fill:none;stroke:var(--plot-ink);stroke-width:2.2}\
.lamport-life{fill:none;stroke:var(--plot-soft);opacity:.7}\
.lamport-dotted{stroke-dasharray:1 4}\
.lamport-edge{stroke:var(--plot-shade);stroke-dasharray:2 3}\
.lamport .lamport-fault{font-size:11.5px;font-weight:600}\
.lamport .lamport-pause{fill:var(--plot-soft);text-anchor:middle;font-style:italic}\
.lamport-pause,.lamport-fault,.lamport-words text{paint-order:stroke;stroke:var(--plot-paper);\
stroke-width:3px;stroke-opacity:.8;stroke-linejoin:round}\
.lamport .lamport-words text{fill:var(--plot-ink);font-size:11.5px}\
.lamport-words,.lamport-lost{pointer-events:none}\
.lamport .lamport-words .lamport-who{fill:var(--plot-soft);font-size:10.5px}\
.lamport-names rect{fill:var(--plot-paper);stroke:var(--plot-ink);stroke-width:1.3}\
.lamport-names .lamport-plain{stroke:none}\
.lamport .lamport-names text{text-anchor:middle;font-weight:600;font-size:13px}";
