//! How many operations end in a second, window by window.

use std::fmt::Write;

use history::History;

use super::fault::Fault;

use super::chart::{Chart, x_at, y_at};
use super::legend::Key;
use super::operation::Operations;
use super::scale::Scale;
use super::shape::Shape;
use super::windows::{MOST_MARKED, Windows};
use crate::svg::{Px, grouped};

/// Operations a second over time, by when they ended; a line for each function
/// (shape) and outcome (colour and dash) that there is.
pub fn rate(history: &History, faults: &[Fault]) -> String {
    let operations = Operations::new(history);
    let windows = Windows::new(operations.span);
    let x = Scale::exact(operations.span.0, operations.span.1);
    let mut lines = Vec::new();
    for (function, outcome) in operations.kinds() {
        let of_kind = operations.all.iter();
        let of_kind = of_kind.filter(|op| (op.function, op.outcome) == (function, outcome));
        let mut counts = vec![0_u64; windows.count];
        let mut total = 0;
        for end in of_kind.filter_map(|op| op.end) {
            counts[windows.at(end)] += 1;
            total += 1;
        }
        let rates: Vec<f64> = counts.iter().map(|&n| n as f64 / windows.length).collect();
        if total > 0 {
            lines.push((function, outcome, total, rates));
        }
    }
    let rates = lines.iter().flat_map(|(.., rates)| rates);
    let y = Scale::from_zero(rates.copied().fold(0.0, f64::max));

    let (mut marks, mut legend) = (String::new(), Vec::new());
    for (function, outcome, total, rates) in &lines {
        let (class, shape) = (outcome.name(), Shape::of(*function));
        let (mut line, mut dots) = (String::new(), String::new());
        for (window, rate) in rates.iter().enumerate() {
            let (x, y) = (x_at(&x, windows.middle(window)), y_at(&y, *rate));
            let _ = write!(
                line,
                "{}{} {}",
                if window == 0 { 'M' } else { 'L' },
                Px(x),
                Px(y)
            );
            if windows.count <= MOST_MARKED {
                let (x, y) = ((2.0 * x).round() as i64, (2.0 * y).round() as i64);
                shape.draw(&mut dots, x, y, 5);
            }
        }
        let _ = writeln!(
            marks,
            "<path class=\"plot-line plot-{class}\" d=\"{line}\"/>\
             <path class=\"plot-mark plot-{class}\" transform=\"scale(.5)\" d=\"{dots}\"/>"
        );
        let name = &operations.functions[*function];
        let name = format!("{name} {class} ({})", grouped(*total));
        legend.push((Key::Line(class, Some(shape)), name));
    }
    let open = operations.all.iter().filter(|op| op.end.is_none()).count();
    let mut note = match lines.is_empty() {
        true => String::from("No operation ended."),
        false => format!(
            "Operations by when they ended: each point is the mean over a window of {}.",
            windows.length_in_words()
        ),
    };
    if open > 0 {
        note += &format!(" {} never ended and are not shown.", grouped(open as i64));
    }
    let chart = Chart {
        name: "plot-rate",
        title: "Rate of operations",
        notes: vec![note],
        legend,
        x: &x,
        y: &y,
        y_label: "operations per second",
    };
    chart.draw(faults, &marks)
}
