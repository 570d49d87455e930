//! How many messages the network holds: sent, and not yet received.

use std::fmt::Write;
use std::time::Duration;

use history::History;

use super::fault::Fault;

use super::chart::{Chart, PLOT_HEIGHT, PLOT_WIDTH, y_at};
use super::legend::Key;
use super::operation::span;
use super::scale::Scale;
use crate::svg::{Px, grouped};

/// A step of the line is this wide, in pixels; it shows the most at any time in
/// it.
const STEP: usize = 2;
const STEPS: usize = PLOT_WIDTH / STEP;

/// The messages in flight over time, from when each was sent and received since
/// the start of the run. One that was never received is lost: it is not in
/// flight, but marked where it was sent. The history gives the span of time and
/// the faults.
pub fn messages_in_flight(
    history: &History,
    faults: &[Fault],
    messages: impl IntoIterator<Item = (Duration, Option<Duration>)>,
) -> String {
    let (mut changes, mut lost) = (Vec::new(), Vec::new());
    let mut sent = 0;
    for (from, to) in messages {
        sent += 1;
        let from = from.as_secs_f64();
        match to {
            // What arrives at the moment it is sent never was in flight. Between
            // nodes without latency, and with clients, that is the rule.
            Some(to) if to.as_secs_f64() <= from => {}
            Some(to) => changes.extend([(from, 1), (to.as_secs_f64(), -1)]),
            None => lost.push(from),
        }
    }
    // At the same moment, what arrives makes room first.
    changes.sort_unstable_by(|(a, x), (b, y)| a.total_cmp(b).then(x.cmp(y)));
    let (begin, end) = span(history);
    let last = changes.last().map_or(end, |(time, _)| *time);
    let end = lost.iter().fold(end.max(last), |a, b| a.max(*b));
    let x = Scale::exact(begin, end);
    let step = |time: f64| ((x.at(time) * STEPS as f64) as usize).min(STEPS - 1);

    let mut most = [0_i64; STEPS];
    let (mut now, mut reached, mut peak) = (0_i64, 0, 0);
    for (time, change) in changes {
        let here = step(time);
        for between in &mut most[reached..=here] {
            *between = (*between).max(now);
        }
        // Below 0 only until what is sent in the same moment is counted, too.
        now += change;
        most[here] = most[here].max(now);
        peak = peak.max(now);
        reached = here;
    }
    let y = Scale::from_zero(peak as f64);

    let mut line = String::new();
    for (i, &count) in most.iter().enumerate() {
        let level = Px(y_at(&y, count as f64));
        // Only where it changes.
        if i == 0 {
            let _ = write!(line, "M0 {level}");
        } else if most[i - 1] != count {
            let _ = write!(line, "H{}V{level}", i * STEP);
        }
    }
    let _ = write!(line, "H{PLOT_WIDTH}");
    let mut drops = [false; STEPS];
    for time in &lost {
        drops[step(*time)] = true;
    }
    let mut ticks = String::new();
    for (i, _) in drops.iter().enumerate().filter(|(_, dropped)| **dropped) {
        let _ = write!(ticks, "M{} {PLOT_HEIGHT}v-8", i * STEP + STEP / 2);
    }
    let marks = format!(
        "<path class=\"plot-area plot-ok\" d=\"{line}V{PLOT_HEIGHT}H0z\"/>\n\
         <path class=\"plot-line plot-ok\" d=\"{line}\"/>\n\
         <path class=\"plot-line plot-lost\" d=\"{ticks}\"/>\n"
    );
    let window = (end - begin) / STEPS as f64 * 1e3;
    let received = Key::Line("ok", None);
    let mut legend = vec![(received, format!("in flight (at most {})", grouped(peak)))];
    if !lost.is_empty() {
        let name = format!("lost ({})", grouped(lost.len() as i64));
        legend.push((Key::Line("lost", None), name));
    }
    let chart = Chart {
        name: "plot-in-flight",
        title: "Messages in flight",
        notes: vec![format!(
            "{} messages; each step of the line is the most at any time within {window:.1} ms.",
            grouped(sent)
        )],
        legend,
        x: &x,
        y: &y,
        y_label: "messages",
    };
    chart.draw(faults, &marks)
}
