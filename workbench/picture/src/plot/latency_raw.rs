//! Every operation as a mark: when it began, how long it took, how it ended.
//! The axis of latencies is logarithmic.

use std::collections::BTreeMap;
use std::fmt::Write;

use history::History;

use super::fault::Fault;

use super::chart::{Chart, PLOT_WIDTH, x_at, y_at};
use super::legend::{Entry, Key};
use super::operation::{Operations, Outcome};
use super::scale::Scale;
use super::shape::Shape;
use crate::svg::grouped;

/// More operations than these are put together in cells of a grid.
const MOST_OPERATIONS: usize = 10_000;
/// Marks may take this many bytes; if they take more, cells grow.
const MOST_BYTES: usize = 240_000;
/// How far a mark reaches, in half pixels. In a grid: if it stands for up to 9,
/// up to 99, and more operations.
const REACH: i64 = 6;
const GRID_REACH: [i64; 3] = [3, 5, 8];

/// The latency of every operation over time, by outcome (colour) and function
/// (shape). One that has not ended took as long as until the history's end.
pub fn latency_raw(history: &History, faults: &[Fault]) -> String {
    let operations = Operations::new(history);
    let x = Scale::exact(operations.span.0, operations.span.1);
    let y = Scale::latency(operations.all.iter().map(|op| op.latency));
    let count = operations.all.len();
    let mut notes = vec![format!(
        "{} operations, each where it began.",
        grouped(count as i64)
    )];
    let open = operations.all.iter().filter(|op| op.end.is_none()).count();
    if open > 0 {
        let open = grouped(open as i64);
        notes[0] += &format!(" {open} had not ended: they are drawn as info, up to the end.");
    }

    let mut cells = (count > MOST_OPERATIONS).then_some(4);
    let marks = loop {
        let (marks, shown) = draw(&operations, &x, &y, cells);
        if marks.len() <= MOST_BYTES || cells.is_some_and(|pixels| pixels > PLOT_WIDTH as i64) {
            if let Some(pixels) = cells {
                notes.push(format!(
                    "Too many to show each: {} marks, one for each function and outcome in a cell \
                     of {pixels} × {pixels} pixels; small for 1 to 9 operations, middle for 10 to \
                     99, large for more.",
                    grouped(shown as i64)
                ));
            }
            break marks;
        }
        cells = Some(cells.map_or(4, |pixels| pixels * 3 / 2));
    };
    let chart = Chart {
        name: "plot-latency-raw",
        title: "Latency of every operation",
        notes,
        legend: legend(&operations),
        x: &x,
        y: &y,
        y_label: "latency (ms)",
    };
    chart.draw(faults, &marks)
}

/// The marks, and how many they are. Those that would cover each other exactly
/// are one. With cells of so many pixels, so are all within one.
fn draw(operations: &Operations, x: &Scale, y: &Scale, cells: Option<i64>) -> (String, usize) {
    let mut groups: BTreeMap<(Outcome, usize), BTreeMap<(i64, i64), u64>> = BTreeMap::new();
    for op in &operations.all {
        // In half pixels.
        let mut at = (
            (2.0 * x_at(x, op.begin)).round() as i64,
            (2.0 * y_at(y, op.latency)).round() as i64,
        );
        if let Some(pixels) = cells {
            let middle = |at: i64| at.div_euclid(2 * pixels) * 2 * pixels + pixels;
            at = (middle(at.0), middle(at.1));
        }
        let group = groups.entry((op.outcome, op.function)).or_default();
        *group.entry(at).or_default() += 1;
    }
    let mut svg = String::from("<g class=\"plot-marks\" transform=\"scale(.5)\">\n");
    let mut shown = 0;
    for ((outcome, function), marks) in &groups {
        let mut path = String::new();
        for (&(x, y), count) in marks {
            let reach = match (cells, count) {
                (None, _) => REACH,
                (Some(_), ..10) => GRID_REACH[0],
                (Some(_), ..100) => GRID_REACH[1],
                (Some(_), _) => GRID_REACH[2],
            };
            Shape::of(*function).draw(&mut path, x, y, reach);
        }
        shown += marks.len();
        let class = outcome.name();
        let _ = writeln!(svg, "<path class=\"plot-mark plot-{class}\" d=\"{path}\"/>");
    }
    (svg + "</g>\n", shown)
}

/// The outcomes and the functions that there are, with their numbers.
fn legend(operations: &Operations) -> Vec<Entry> {
    let mut entries = Vec::new();
    for outcome in Outcome::ALL {
        let count = operations.count(outcome);
        if count > 0 {
            let name = format!("{} ({})", outcome.name(), grouped(count as i64));
            entries.push((Key::Mark(Shape::Circle, Some(outcome)), name));
        }
    }

    for (function, name) in operations.functions.iter().enumerate() {
        entries.push((Key::Mark(Shape::of(function), None), name.clone()));
    }
    entries
}
