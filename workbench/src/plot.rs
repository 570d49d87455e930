//! Charts of a run as SVG: each is a function of the history, and a file of its
//! own that needs nothing else, neither gnuplot nor a font.
//!
//! - [`latency_raw`]: every operation, by when it began and how long it took.
//! - [`latency_quantiles`]: how long the median and the slowest took, over time.
//! - [`rate`]: how many operations ended a second, over time.
//! - [`messages_in_flight`]: how many messages the network held, over time.
//!
//! They have Maelstrom's names and one look: time from left to right, what the
//! nemesis did as shaded bands, an outcome always in the same colour (Okabe and
//! Ito's, which people tell apart who do not see red and green) and a function
//! always with the same shape. Dark surroundings get dark charts. A page may hold
//! several inline: classes and ids have prefixes of their own, and
//! `:root[data-theme=light]` or `dark` decides over what the system prefers.
//!
//! Whatever the history, a chart stays below 300 KB: what a screen cannot show is
//! put together, and the chart says how.

mod chart;
mod fault;
mod in_flight;
mod latency_quantiles;
mod latency_raw;
mod legend;
mod operation;
mod rate;
mod scale;
mod shape;
mod svg;
mod windows;

#[cfg(test)]
mod tests;

pub use in_flight::messages_in_flight;
pub use latency_quantiles::latency_quantiles;
pub use latency_raw::latency_raw;
pub use rate::rate;

use crate::history::History;

/// The charts of a history with the names of their files.
pub fn files(history: &History) -> [(&'static str, String); 3] {
    [
        ("latency-raw.svg", latency_raw(history)),
        ("latency-quantiles.svg", latency_quantiles(history)),
        ("rate.svg", rate(history)),
    ]
}
