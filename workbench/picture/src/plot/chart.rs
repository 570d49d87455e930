//! What all charts share: title, legend, axes, the bands of faults, and the
//! colours. A chart adds its marks.

use std::fmt::Write;

use super::fault::{Bands, Fault};
use super::legend::{self, Entry, Key};
use super::scale::Scale;
use crate::palette;
use crate::svg::{Px, Text};

/// The plot itself, in pixels.
pub(super) const PLOT_WIDTH: usize = 860;
pub(super) const PLOT_HEIGHT: usize = 300;
/// A row of bars above it.
pub(super) const LANE: usize = 16;
/// Around it: for the labels left of it, below it, and what may stick out.
const LEFT: usize = 72;
const RIGHT: usize = 28;
const BOTTOM: usize = 46;
const TITLE: usize = 30;
const NOTE: usize = 17;

/// A chart without its marks.
pub(super) struct Chart<'a> {
    /// The class of the whole, such as `plot-rate`.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// Lines below the title: what was counted, and what is not shown.
    pub(super) notes: Vec<String>,
    pub(super) legend: Vec<Entry>,
    /// Seconds.
    pub(super) x: &'a Scale,
    pub(super) y: &'a Scale,
    /// What is on the other axis, with its unit.
    pub(super) y_label: &'static str,
}

/// Where a value is, in pixels from the plot's left edge.
pub(super) fn x_at(scale: &Scale, value: f64) -> f64 {
    scale.at(value) * PLOT_WIDTH as f64
}

/// Where a value is, in pixels from the plot's upper edge.
pub(super) fn y_at(scale: &Scale, value: f64) -> f64 {
    (1.0 - scale.at(value)) * PLOT_HEIGHT as f64
}

impl Chart<'_> {
    /// The file, with these elements as its marks, relative to the plot's upper
    /// left.
    pub(super) fn draw(mut self, faults: &[Fault], marks: &str) -> String {
        let bands = Bands::new(faults, self.x);
        if let Some(faults) = bands.words() {
            self.legend.push((Key::Area("fault-key"), faults));
        }
        let (legend, rows) = legend::draw(&self.legend, (PLOT_WIDTH + RIGHT - 8) as f64);
        let notes: Vec<&str> = self.notes.iter().flat_map(|note| wrapped(note)).collect();
        let legend_top = TITLE + notes.len() * NOTE + 6;
        // The axis' own label is above the bars, which are above the plot.
        let top = legend_top + rows * legend::ROW + 8 + NOTE + 2 + bands.height();
        let (wide, high) = (LEFT + PLOT_WIDTH + RIGHT, top + PLOT_HEIGHT + BOTTOM);
        let (name, title) = (self.name, self.title);
        let (from, to) = self.x.ends();
        let description = self.notes.join(" ");
        let colours = palette::custom_properties(".plot", "plot-");
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot {name}\" role=\"img\" \
             width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" \
             data-from=\"{from}\" data-to=\"{to}\" data-left=\"{LEFT}\" data-width=\"{PLOT_WIDTH}\" \
             aria-labelledby=\"{name}-title {name}-desc\">\n\
             <title id=\"{name}-title\">{title}</title>\n\
             <desc id=\"{name}-desc\">{}</desc>\n<style>{colours}{STYLE}</style>\n\
             <rect class=\"plot-paper\" width=\"{wide}\" height=\"{high}\"/>\n\
             <text class=\"plot-title\" x=\"12\" y=\"24\">{title}</text>\n",
            Text(&description)
        );
        for (i, note) in notes.iter().enumerate() {
            let y = TITLE + i * NOTE + 12;
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
        let _ = writeln!(
            svg,
            "<g transform=\"translate({LEFT} {top})\">\n{}",
            bands.svg()
        );
        self.axes(&mut svg, bands.height());
        svg.push_str(marks);
        svg + "</g>\n</svg>\n"
    }

    fn axes(&self, svg: &mut String, above: usize) {
        let (mut grid, mut faint, mut labels) = (String::new(), String::new(), String::new());
        for tick in self.y.ticks() {
            let y = (1.0 - tick.at) * PLOT_HEIGHT as f64;
            let lines = if tick.label.is_some() {
                &mut grid
            } else {
                &mut faint
            };
            let _ = write!(lines, "M0 {}h{PLOT_WIDTH}", Px(y));
            if let Some(label) = &tick.label {
                let y = Px(y + 4.0);
                let _ = writeln!(
                    labels,
                    "<text class=\"plot-y\" x=\"-8\" y=\"{y}\">{label}</text>"
                );
            }
        }
        for tick in self.x.ticks() {
            let x = Px(tick.at * PLOT_WIDTH as f64);
            let _ = write!(grid, "M{x} {PLOT_HEIGHT}v5");
            let label = tick.label.as_deref().unwrap_or_default();
            let y = PLOT_HEIGHT + 19;
            let _ = writeln!(
                labels,
                "<text class=\"plot-x\" x=\"{x}\" y=\"{y}\">{label}</text>"
            );
        }
        let (middle, y) = (PLOT_WIDTH / 2, PLOT_HEIGHT + 38);
        let _ = write!(
            svg,
            "<path class=\"plot-faint\" d=\"{faint}\"/>\n<path class=\"plot-grid\" d=\"{grid}\"/>\n\
             <path class=\"plot-axis\" d=\"M0 0V{PLOT_HEIGHT}H{PLOT_WIDTH}\"/>\n{labels}\
             <text class=\"plot-x plot-unit\" x=\"{middle}\" y=\"{y}\">time since the start (s)</text>\n\
             <text class=\"plot-unit\" x=\"{}\" y=\"-{}\">{}</text>\n",
            20 - LEFT as i64,
            above + 12,
            self.y_label
        );
    }
}

/// How many characters of a note a line holds.
const NOTE_CHARS: usize = 125;

/// The lines of a note, broken between words.
fn wrapped(mut note: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    while let Some((end, _)) = note.char_indices().nth(NOTE_CHARS) {
        let Some(space) = note[..end].rfind(' ') else {
            break;
        };
        lines.push(&note[..space]);
        note = &note[space + 1..];
    }
    lines.push(note);
    lines
}

/// The looks of it; the colours are the palette's.
pub(super) const STYLE: &str = "\
.plot{max-width:100%;height:auto;\
font:12px ui-sans-serif,system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}\
.plot-paper{fill:var(--plot-paper)}.plot text{fill:var(--plot-ink)}\
.plot .plot-title{font-size:16px;font-weight:600}\
.plot .plot-note,.plot .plot-unit,.plot .plot-y,.plot .plot-x{fill:var(--plot-soft)}\
.plot .plot-small{font-size:11px}\
.plot-x{text-anchor:middle}.plot-y{text-anchor:end}\
.plot-axis,.plot-grid,.plot-faint{fill:none;stroke:var(--plot-grid)}\
.plot-axis{stroke:var(--plot-soft)}.plot-faint{opacity:.45}\
.plot-fault{fill:var(--plot-shade);opacity:.14}.plot-lane{fill:var(--plot-shade);opacity:.34}\
.plot-fault-key{fill:var(--plot-shade);opacity:.34}\
.plot-mark{stroke-width:2.5;stroke-linejoin:round;fill:var(--plot-colour);\
stroke:var(--plot-colour)}\
.plot-line{fill:none;stroke:var(--plot-colour);stroke-width:1.75;stroke-linejoin:round}\
.plot-area{fill:var(--plot-colour);opacity:.25}\
.plot-any{--plot-colour:var(--plot-soft)}\
.plot-ok,.plot-q1{--plot-colour:var(--plot-ok)}\
.plot-info,.plot-q2{--plot-colour:var(--plot-info)}\
.plot-fail,.plot-q3{--plot-colour:var(--plot-fail)}\
.plot-q0{--plot-colour:var(--plot-green)}.plot-lost{--plot-colour:var(--plot-info)}\
.plot-mark.plot-info{fill:var(--plot-paper)}.plot-mark.plot-fail{stroke:var(--plot-ink)}\
.plot-marks .plot-ok{fill-opacity:.55;stroke-opacity:.75;stroke-width:1}\
.plot-line.plot-info{stroke-dasharray:6 3}.plot-line.plot-fail{stroke-dasharray:2 3}\
.plot-line.plot-q1{stroke-dasharray:8 3}.plot-line.plot-q2{stroke-dasharray:3 3}\
.plot-line.plot-q3{stroke-dasharray:1 2}";
