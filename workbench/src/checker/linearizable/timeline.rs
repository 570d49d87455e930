//! Operations without an order as a picture: a row for each client, a bar for
//! each operation from its beginning to its end. SVG, each in a file of its own
//! that needs nothing else, in colours for light and for dark surroundings.

use std::fmt::Write;

use crate::checker::isolation::drawing::Drawing;
use crate::edn::Value;

/// Pixels: a row, a column, the clients' names, and the head.
const ROW: usize = 40;
const COLUMN: usize = 72;
const NAMES: usize = 110;
const HEAD: usize = 56;

const STYLE: &str = "\
:root{--paper:#fff;--ink:#1f2328;--edge:#8c959f;--read:#b6d7ff;--write:#ffd8a8;\
--cas:#d3f0c5;--stuck:#cf222e}\
@media(prefers-color-scheme:dark){:root{--paper:#0d1117;--ink:#f0f6fc;--edge:#6e7681;\
--read:#1f4b82;--write:#7a4a12;--cas:#2c5a1f;--stuck:#ff7b72}}\
.paper{fill:var(--paper)}text{font:13px ui-monospace,monospace;fill:var(--ink)}\
.name{font-weight:bold}.row{stroke:var(--edge);opacity:.4}\
rect{stroke:var(--edge)}.read{fill:var(--read)}.write{fill:var(--write)}\
.cas{fill:var(--cas)}.perhaps{stroke-dasharray:4 3;fill-opacity:.45}\
.stuck{stroke:var(--stuck);stroke-width:2.5}";

/// A timeline for each key that is not linearizable, from the results of
/// [`check`](super::check); none from others.
pub fn timelines(results: &Value) -> Vec<Drawing> {
    let Some(Value::Map(keys)) = results.get("results") else {
        return Vec::new();
    };
    let drawn = keys
        .iter()
        .enumerate()
        .filter_map(|(number, (key, result))| {
            let proof = result.get("proof")?;
            let stuck = result.get("op-index")?.as_int()?;
            let operations = proof.get("operations")?.items()?;
            let bars: Option<Vec<Bar>> = operations.iter().map(Bar::read).collect();
            let before = match proof.get("before")? {
                Value::Keyword(_) => String::from("any value"),
                value => value.to_string(),
            };
            let name = match key {
                Value::Int(key) => format!("key-{key}.svg"),
                _ => format!("key-number-{number}.svg"),
            };
            let svg = draw(&format!("key {key} has no order"), &before, stuck, &bars?);
            Some(Drawing { name, svg })
        });
    drawn.collect()
}

/// An operation as it is drawn.
struct Bar {
    process: i64,
    class: &'static str,
    label: String,
    /// The indices of its beginning and its end.
    from: i64,
    to: Option<i64>,
    is_certain: bool,
    hint: String,
}

impl Bar {
    fn read(operation: &Value) -> Option<Bar> {
        let int = |key| operation.get(key).and_then(Value::as_int);
        let value = operation.get("value")?;
        let Some(Value::Keyword(f)) = operation.get("f") else {
            return None;
        };
        let (class, label) = match (&**f, value.items()) {
            ("read", _) => ("read", format!("read {value}")),
            ("write", _) => ("write", format!("write {value}")),
            (_, Some([from, to])) => ("cas", format!("cas {from} → {to}")),
            _ => return None,
        };
        let (from, time) = (int("index")?, int("time")?);
        let ms = |time: i64| time as f64 / 1e6;
        let hint = match (int("end-index"), int("end-time")) {
            (Some(to), Some(end)) => {
                let (time, end) = (ms(time), ms(end));
                format!("operations {from} to {to}, {time:.3} to {end:.3} ms")
            }
            _ => format!("operation {from}, {:.3} ms, outcome unknown", ms(time)),
        };
        Some(Bar {
            process: int("process")?,
            class,
            label,
            from,
            to: int("end-index"),
            is_certain: operation.get("perhaps").is_none(),
            hint,
        })
    }
}

fn draw(title: &str, before: &str, stuck: i64, bars: &[Bar]) -> String {
    let mut processes: Vec<i64> = bars.iter().map(|bar| bar.process).collect();
    processes.sort_unstable();
    processes.dedup();
    // A column for each event; a scale of time would hide what is short.
    let mut events: Vec<i64> = bars
        .iter()
        .flat_map(|bar| [Some(bar.from), bar.to])
        .flatten()
        .collect();
    events.sort_unstable();
    events.dedup();
    let width = NAMES + (events.len() + 1) * COLUMN;
    let height = HEAD + processes.len() * ROW + 16;
    let title = escaped(title);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n\
         <text class=\"name\" x=\"12\" y=\"22\">{title}</text>\n\
         <text x=\"12\" y=\"42\">before: {}; a column for each event</text>\n",
        escaped(before)
    );
    for (row, process) in processes.iter().enumerate() {
        let y = HEAD + row * ROW + ROW / 2;
        let _ = writeln!(
            svg,
            "<line class=\"row\" x1=\"{NAMES}\" y1=\"{y}\" x2=\"{width}\" y2=\"{y}\"/>\
             <text x=\"12\" y=\"{}\">client {process}</text>",
            y + 5
        );
    }
    let column = |event: i64| events.partition_point(|known| *known < event);
    for bar in bars {
        let row = processes.partition_point(|process| *process < bar.process);
        let to = bar.to.map_or(events.len(), column);
        let (x, y) = (NAMES + column(bar.from) * COLUMN, HEAD + row * ROW + 5);
        let length = (to.saturating_sub(column(bar.from)) * COLUMN).max(COLUMN / 2);
        let perhaps = if bar.is_certain { "" } else { " perhaps" };
        let stuck = if bar.to == Some(stuck) { " stuck" } else { "" };
        let _ = writeln!(
            svg,
            "<g><title>{}</title><rect class=\"{}{perhaps}{stuck}\" x=\"{x}\" y=\"{y}\" \
             width=\"{length}\" height=\"{}\" rx=\"5\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>",
            bar.hint,
            bar.class,
            ROW - 10,
            x + length / 2,
            y + 20,
            escaped(&bar.label)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
