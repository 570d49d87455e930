//! The legend of a chart: what its colours, shapes and dashes stand for.

use std::fmt::Write;

use super::operation::Outcome;
use super::shape::Shape;
use crate::svg::{Px, Text, cut, width};

/// What a legend shows beside a name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key {
    /// A mark; without an outcome it stands for a function.
    Mark(Shape, Option<Outcome>),
    /// A line of this class; with marks upon it, if it has a shape.
    Line(&'static str, Option<Shape>),
    /// An area of this class.
    Area(&'static str),
}

/// A key and its name.
pub(super) type Entry = (Key, String);

/// A line of a legend, in pixels.
pub(super) const ROW: usize = 18;
/// The key, and the space after a name.
const KEY: f64 = 24.0;
const GAP: f64 = 16.0;
/// How many characters of a name are shown.
const MOST_CHARS: usize = 40;

/// The elements from the left upper corner, and how many rows of text they
/// take if they are this wide at most.
pub(super) fn draw(entries: &[Entry], most: f64) -> (String, usize) {
    let (mut svg, mut x, mut row) = (String::new(), 0.0, 0);
    for (key, name) in entries {
        let name = cut(name, MOST_CHARS);
        let wide = KEY + width(&name);
        if x > 0.0 && x + wide > most {
            (x, row) = (0.0, row + 1);
        }
        let y = row * ROW + 9;
        let (left, right) = (Px(x), Px(x + 18.0));
        let _ = match key {
            Key::Mark(shape, outcome) => {
                let class = outcome.map_or("any", Outcome::name);
                write!(
                    svg,
                    "<path class=\"plot-mark plot-{class}\" {}/>",
                    mark(*shape, x, y)
                )
            }
            Key::Line(class, shape) => {
                let line =
                    format!("<path class=\"plot-line plot-{class}\" d=\"M{left} {y}H{right}\"/>");
                svg.push_str(&line);
                let shape = shape.map(|shape| mark(shape, x, y));
                shape.map_or(Ok(()), |at| {
                    write!(svg, "<path class=\"plot-mark plot-{class}\" {at}/>")
                })
            }
            Key::Area(class) => write!(
                svg,
                "<rect class=\"plot-{class}\" x=\"{left}\" y=\"{}\" width=\"18\" height=\"12\"/>",
                y - 6
            ),
        };
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\">{}</text>",
            Px(x + KEY),
            y + 4,
            Text(&name)
        );
        x += wide + GAP;
    }
    (svg, if entries.is_empty() { 0 } else { row + 1 })
}

/// The attributes of a path that is one mark in the middle of its key.
fn mark(shape: Shape, x: f64, y: usize) -> String {
    let mut path = String::new();
    shape.draw(&mut path, (2.0 * (x + 9.0)) as i64, 2 * y as i64, 8);
    format!("transform=\"scale(.5)\" d=\"{path}\"")
}
