//! The diagram as SVG: what is where has been decided, here it is drawn.

use std::cmp::Ordering;
use std::fmt::Write;

use super::flow::Flow;
use super::lanes::{Lanes, Role};
use super::{Edge, Item, Kind, millis};
use crate::palette;
use crate::plot::chart;
use crate::plot::fault::Fault;
use crate::plot::operation::seconds;
use crate::svg::{Inner, Px, Text, cut};

/// Dotted pieces of lanes.
const MOST_DOTTED: usize = 400;
/// Around the lanes, in pixels: the times at the left, names at the right.
const LEFT: i64 = 122;
const RIGHT: i64 = 76;
/// A lane's name, in pixels.
const NAME_HEIGHT: i64 = 24;

/// All that a diagram is drawn from.
pub(super) struct Drawing<'a> {
    pub(super) lanes: &'a Lanes,
    pub(super) items: &'a [Item],
    pub(super) faults: &'a [Fault],
    pub(super) edges: &'a [Edge],
    pub(super) flow: &'a Flow,
    pub(super) has_more: bool,
    /// When the last thing happens that is drawn.
    pub(super) end: i64,
}

impl Drawing<'_> {
    pub(super) fn draw(&self, note: &str) -> String {
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
        if self.items.iter().any(|item| item.is_old) {
            let key = "<circle class=\"lamport-cross lamport-old\" cx=\"15\" cy=\"9\" r=\"5\"/>";
            add(key, "an old state");
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
        false if item.comes_to_the_dead => end,
        false => x + (end - x) * 6 / 10,
    }
}

/// The line of an arrow as a path, and its other marks: where it is sent, and
/// its head, if it arrives.
fn arrow(item: &Item, (x, from): (i64, i64), (end, to): (i64, i64)) -> (String, String) {
    let mut marks = format!("<circle class=\"lamport-dot\" cx=\"{x}\" cy=\"{from}\" r=\"2.5\"/>");
    if item.is_old {
        let _ = write!(
            marks,
            "<circle class=\"lamport-cross lamport-old\" cx=\"{x}\" cy=\"{from}\" r=\"5\"/>"
        );
    }
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
