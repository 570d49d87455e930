//! Cycles as pictures: SVG, each in a file of its own that needs nothing else,
//! in colours for light and for dark surroundings.
//!
//! The transactions of a cycle stand one below the other with what they read
//! and wrote; an arrow leads from each to the next, with the reason beside it,
//! and one from the last back to the first.

use std::fmt::Write;

use crate::edn::Value;

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// The name of its file, such as `G1c-0.svg`.
    pub name: String,
    /// The file's text.
    pub svg: String,
}

/// The cycles in the results of a checker of isolation; none in others.
pub fn drawings(results: &Value) -> Vec<Drawing> {
    let Some(Value::Map(anomalies)) = results.get("anomalies") else {
        return Vec::new();
    };
    let mut drawings = Vec::new();
    for (anomaly, cases) in anomalies {
        let (Value::Keyword(anomaly), Some(cases)) = (anomaly, cases.items()) else {
            continue;
        };
        for (number, case) in cases.iter().enumerate() {
            let cycle = case.get("cycle").and_then(Value::items);
            let steps = case.get("steps").and_then(Value::items);
            if let (Some(cycle), Some(steps)) = (cycle, steps) {
                drawings.push(Drawing {
                    name: format!("{anomaly}-{number}.svg"),
                    svg: draw(anomaly, cycle, steps),
                });
            }
        }
    }
    drawings
}

/// Pixels: a line of text, a character, and the space around boxes.
const LINE: usize = 20;
const CHAR: usize = 8;
const PAD: usize = 12;
/// Between two boxes.
const GAP: usize = 56;
/// Left of the boxes, for the arrow back.
const MARGIN: usize = 56;
/// How many characters of a line are shown, and how many lines of a box.
const MOST_CHARS: usize = 72;
const MOST_LINES: usize = 12;

const STYLE: &str = "\
:root{--paper:#fff;--ink:#1f2328;--box:#f6f8fa;--edge:#d1d9e0;\
--ww:#b35900;--wr:#0969da;--rw:#cf222e;--process:#8250df;--realtime:#1a7f37}\
@media(prefers-color-scheme:dark){:root{--paper:#0d1117;--ink:#f0f6fc;\
--box:#151b23;--edge:#3d444d;--ww:#f0883e;--wr:#58a6ff;--rw:#ff7b72;--process:#d2a8ff;\
--realtime:#7ee787}}\
.paper{fill:var(--paper)}.box{fill:var(--box);stroke:var(--edge)}\
text{font:13px ui-monospace,monospace;fill:var(--ink)}.name{font-weight:bold}\
.arrow{fill:none;stroke:currentColor;stroke-width:2}\
.head{fill:currentColor}.why{fill:currentColor}\
.ww{color:var(--ww)}.wr{color:var(--wr)}.rw{color:var(--rw)}\
.process{color:var(--process)}.realtime{color:var(--realtime)}";

/// A transaction as lines of text, and where its box is.
struct Drawn {
    lines: Vec<String>,
    top: usize,
    bottom: usize,
}

fn draw(anomaly: &str, cycle: &[Value], steps: &[Value]) -> String {
    let mut y = PAD + 2 * LINE;
    let mut drawn = Vec::new();
    for (i, op) in cycle.iter().enumerate() {
        let lines = lines(i + 1, op);
        let top = y;
        y += lines.len() * LINE + PAD;
        drawn.push(Drawn {
            lines,
            top,
            bottom: y,
        });
        y += GAP;
    }
    let reasons: Vec<(String, String)> = steps.iter().map(reason).collect();
    let longest = |lines: &mut dyn Iterator<Item = &String>| {
        let widths = lines.map(|line| line.chars().count() * CHAR);
        widths.max().unwrap_or(0)
    };
    let box_width = longest(&mut drawn.iter().flat_map(|drawn| &drawn.lines)) + 2 * PAD;
    let middle = MARGIN + box_width / 4;
    let right_of_middle = longest(&mut reasons.iter().map(|(_, label)| label)) + PAD;
    let width = (MARGIN + box_width).max(middle + right_of_middle) + PAD;

    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{width}\" \
         height=\"{y}\" viewBox=\"0 0 {width} {y}\">\n<title>{0}</title>\n\
         <style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n\
         <text class=\"name\" x=\"{PAD}\" y=\"{1}\">{0}</text>\n",
        escaped(anomaly),
        PAD + LINE - 6,
    );
    for drawn in &drawn {
        let (top, height) = (drawn.top, drawn.bottom - drawn.top);
        let _ = writeln!(
            svg,
            "<rect class=\"box\" x=\"{MARGIN}\" y=\"{top}\" width=\"{box_width}\" \
             height=\"{height}\" rx=\"6\"/>"
        );
        for (i, line) in drawn.lines.iter().enumerate() {
            let class = if i == 0 { " class=\"name\"" } else { "" };
            let (x, y) = (MARGIN + PAD, top + (i + 1) * LINE - 2);
            let _ = writeln!(
                svg,
                "<text{class} x=\"{x}\" y=\"{y}\">{}</text>",
                escaped(line)
            );
        }
    }
    for (i, (relation, label)) in reasons.iter().enumerate() {
        let from = &drawn[i.min(drawn.len() - 1)];
        let start = from.bottom;
        let (path, head) = match drawn.get(i + 1) {
            Some(next) => {
                let end = next.top - 1;
                (
                    format!("M{middle} {start}V{}", end - 8),
                    format!("M{middle} {end}l-5 -10h10z"),
                )
            }
            // From below the last, along the left side, to the first.
            None => {
                let (left, below, end) = (MARGIN / 2, start + GAP / 2, drawn[0].top + LINE);
                (
                    format!("M{middle} {start}V{below}H{left}V{end}H{}", MARGIN - 10),
                    format!("M{} {end}l-10 -5v10z", MARGIN - 1),
                )
            }
        };
        let (x, y) = (middle + PAD, start + GAP / 2 - 6);
        let _ = writeln!(
            svg,
            "<g class=\"{relation}\"><path class=\"arrow\" d=\"{path}\"/>\
             <path class=\"head\" d=\"{head}\"/>\
             <text class=\"why\" x=\"{x}\" y=\"{y}\">{}</text></g>",
            escaped(label)
        );
    }
    svg + "</svg>\n"
}

/// A transaction's name, and each of its reads and writes.
fn lines(number: usize, op: &Value) -> Vec<String> {
    let of = |key| op.get(key).cloned().unwrap_or_default();
    let name = format!(
        "T{number}: operation {}, client {}",
        of("index"),
        of("process")
    );
    let value = of("value");
    let steps = value.items().unwrap_or_default();
    let shown = steps.iter().take(MOST_LINES);
    let mut lines: Vec<String> = std::iter::once(name)
        .chain(shown.map(|step| cut(&words(step))))
        .collect();
    if steps.len() > MOST_LINES {
        lines.push(format!("and {} more", steps.len() - MOST_LINES));
    }
    lines
}

/// A read or a write, such as `append 3 to 7`.
fn words(step: &Value) -> String {
    match step.items() {
        Some([Value::Keyword(f), key, value]) => match &**f {
            "r" => format!("read {key}: {value}"),
            "w" => format!("write {key}: {value}"),
            f => format!("{f} {value} to {key}"),
        },
        _ => step.to_string(),
    }
}

/// The relation of a step, and that with why it holds.
fn reason(step: &Value) -> (String, String) {
    let relation = match step.get("type") {
        Some(Value::Keyword(relation)) => relation.clone(),
        _ => String::new(),
    };
    let why = step.get("because").and_then(Value::as_str);
    let label = format!("{relation}: {}", why.unwrap_or_default());
    (relation, cut(&label))
}

/// A line without its end, if it is long.
fn cut(line: &str) -> String {
    match line.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

/// The text as XML wants it, without characters that it does not allow.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::check_rw_register;
    use super::super::model::Models;
    use super::*;
    use crate::history::History;

    /// Two transactions that each read what the other wrote; the key is not a
    /// name that XML likes.
    const CYCLE: &str = r#"
        {:index 0, :type :invoke, :process 0, :f :txn, :value [[:w "<&>" 1] [:r "b" nil]]}
        {:index 1, :type :invoke, :process 1, :f :txn, :value [[:w "b" 1] [:r "<&>" nil]]}
        {:index 2, :type :ok, :process 0, :f :txn, :value [[:w "<&>" 1] [:r "b" 1]]}
        {:index 3, :type :ok, :process 1, :f :txn, :value [[:w "b" 1] [:r "<&>" 1]]}"#;

    #[test]
    fn a_cycle_is_drawn() {
        let history = History::read(CYCLE).unwrap();
        let results = check_rw_register(&history, &Models::default().0).results;
        let drawings = drawings(&results);
        let names: Vec<&str> = drawings.iter().map(|drawing| &*drawing.name).collect();
        assert_eq!(names, ["G1c-0.svg"]);
        let svg = &drawings[0].svg;
        for part in [
            ">T1: operation 2, client 0<",
            ">write &quot;&lt;&amp;&gt;&quot;: 1<",
            ">wr: T1 wrote 1 to key &quot;&lt;&amp;&gt;&quot;, which T2 read<",
            ">wr: T2 wrote 1 to key &quot;b&quot;, which T1 read<",
            "prefers-color-scheme:dark",
        ] {
            assert!(svg.contains(part), "{part} is not in {svg}");
        }
        assert_eq!(svg.matches('<').count(), svg.matches('>').count());
        assert_eq!(svg.matches("class=\"box\"").count(), 2);
        assert_eq!(svg.matches("class=\"arrow\"").count(), 2);
    }

    #[test]
    fn results_of_others_have_no_cycles() {
        assert!(drawings(&Value::map([("valid?", true.into())])).is_empty());
        let odd = Value::map([("anomalies", Value::map([("G0", Value::Int(5))]))]);
        assert!(drawings(&odd).is_empty());
    }
}
