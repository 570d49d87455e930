//! Charts and diagrams of a run as SVG: each is a function of the history and the
//! recorded messages, and a file of its own that needs nothing else, neither
//! gnuplot nor a font.
//!
//! - [`latency_raw`]: every operation, by when it began and how long it took.
//! - [`latency_quantiles`]: how long the median and the slowest took, over time.
//! - [`rate`]: how many operations ended a second, over time.
//! - [`messages_in_flight`]: how many messages the network held, over time.
//! - [`messages`]: who said what to whom, as arrows between lanes.
//!
//! The charts have Maelstrom's names and one look: time from left to right, what the
//! nemesis did as shaded bands, an outcome always in the same colour (Okabe and
//! Ito's, which people tell apart who do not see red and green) and a function
//! always with the same shape. Dark surroundings get dark charts. A page may hold
//! several inline: classes and ids have prefixes of their own, and
//! `:root[data-theme=light]` or `dark` decides over what the system prefers.
//!
//! Whatever the history, a chart stays below 300 KB: what a screen cannot show is
//! put together, and the chart says how.

mod chart;
pub mod fault;
mod in_flight;
mod lamport;
mod latency_quantiles;
mod latency_raw;
mod legend;
mod operation;
mod rate;
mod scale;
mod shape;
mod windows;

#[cfg(test)]
mod tests;

pub use fault::{Fault, faults};
pub use in_flight::messages_in_flight;
pub use lamport::{Excerpt, messages};
pub use latency_quantiles::latency_quantiles;
pub use latency_raw::latency_raw;
pub use rate::rate;

use std::time::Duration;

use history::History;
use simulation::recording::Recording;

/// The charts that need no messages, with the names of their files.
pub fn charts(history: &History, faults: &[Fault]) -> [(&'static str, String); 3] {
    [
        ("latency-raw.svg", latency_raw(history, faults)),
        ("latency-quantiles.svg", latency_quantiles(history, faults)),
        ("rate.svg", rate(history, faults)),
    ]
}

/// The charts and the diagram of a run with the names of their files.
pub fn files(history: &History, recording: &Recording) -> [(&'static str, String); 5] {
    let faults = fault::of_run(history, recording);
    let [raw, quantiles, rate] = charts(history, &faults);
    // What set the nodes up comes before the start of a chart.
    let since_start = |time: i64| Duration::from_nanos(time.max(0) as u64);
    let in_flight = (recording.messages())
        .map(|message| (since_start(message.sent), message.received.map(since_start)));
    [
        raw,
        quantiles,
        rate,
        (
            "messages-in-flight.svg",
            messages_in_flight(history, &faults, in_flight),
        ),
        (
            "messages.svg",
            messages(history, recording, &Excerpt::default()),
        ),
    ]
}
