//! Latencies of the operations that succeeded, window by window: of half of
//! them, of nearly all, and of the slowest.

use std::fmt::Write;

use history::History;
use history::quantile;

use super::fault::Fault;

use super::chart::{Chart, x_at, y_at};
use super::legend::Key;
use super::operation::{Operations, Outcome};
use super::scale::Scale;
use super::shape::Shape;
use super::windows::{MOST_MARKED, Windows};
use crate::svg::{Px, grouped};

/// Each with its name. A line's class is `q` and its place.
const QUANTILES: [(f64, &str, &str); 4] = [
    (0.5, "0.5 (median)", "q0"),
    (0.95, "0.95", "q1"),
    (0.99, "0.99", "q2"),
    (1.0, "1 (slowest)", "q3"),
];

/// The latencies' quantiles 0.5, 0.95, 0.99 and 1 over time (as [`quantile`] has them) of
/// the operations that ended ok, in windows of when they began.
pub fn latency_quantiles(history: &History, faults: &[Fault]) -> String {
    let operations = Operations::new(history);
    let windows = Windows::new(operations.span);
    let mut latencies: Vec<Vec<f64>> = vec![Vec::new(); windows.count];
    let ok = |op: &&super::operation::Operation| op.outcome == Outcome::Ok;
    for op in operations.all.iter().filter(ok) {
        latencies[windows.at(op.begin)].push(op.latency);
    }
    for window in &mut latencies {
        window.sort_unstable_by(f64::total_cmp);
    }
    let x = Scale::exact(operations.span.0, operations.span.1);
    let y = Scale::latency(latencies.iter().flatten().copied());

    let mut marks = String::new();
    for (place, &(q, _, class)) in QUANTILES.iter().enumerate() {
        let (mut line, mut dots, mut is_gap) = (String::new(), String::new(), true);
        for (window, latencies) in latencies.iter().enumerate() {
            let Some(latency) = quantile(latencies, q) else {
                is_gap = true;
                continue;
            };
            let (x, y) = (x_at(&x, windows.middle(window)), y_at(&y, latency));
            let _ = write!(
                line,
                "{}{} {}",
                if is_gap { 'M' } else { 'L' },
                Px(x),
                Px(y)
            );
            is_gap = false;
            if windows.count <= MOST_MARKED {
                let (x, y) = ((2.0 * x).round() as i64, (2.0 * y).round() as i64);
                Shape::of(place).draw(&mut dots, x, y, 5);
            }
        }
        if !line.is_empty() {
            let _ = writeln!(
                marks,
                "<path class=\"plot-line plot-{class}\" d=\"{line}\"/>\
                 <path class=\"plot-mark plot-{class}\" transform=\"scale(.5)\" d=\"{dots}\"/>"
            );
        }
    }
    let count = operations.count(Outcome::Ok);
    let chart = Chart {
        name: "plot-latency-quantiles",
        title: "Latency quantiles",
        notes: vec![match count {
            0 => String::from("No operation ended ok."),
            count => format!(
                "{} operations that ended ok, in windows of {} by when they began. \
                 Quantile q of n is the one at place nq from 0, as in results.edn.",
                grouped(count as i64),
                windows.length_in_words()
            ),
        }],
        legend: (QUANTILES.iter().enumerate())
            .map(|(place, &(_, name, class))| {
                (Key::Line(class, Some(Shape::of(place))), name.to_owned())
            })
            .collect(),
        x: &x,
        y: &y,
        y_label: "latency (ms)",
    };
    chart.draw(faults, &marks)
}
