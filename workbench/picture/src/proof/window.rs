//! Operations without an order: a row for each client, a bar for each operation
//! from its beginning to its end, and the one marked that does not fit. Where
//! they do not fit beside each other, the rows go on below.

use finding::window::{Action, Call, Effect};
use finding::{Evidence, Finding};
use history::Process;
use history::edn::Value;

use super::page::{Anchor, CHAR, MARGIN, Page, WIDTH, fitted, wide};
use super::{Drawing, MOST, file_part, left_out};

/// Pixels: a row, the clients' names, and the narrowest column.
const ROW: f64 = 34.0;
const NAMES: f64 = 116.0;
const NARROW: f64 = 26.0;
/// How many columns of text of a label are shown.
const MOST_LABEL: usize = 40;
/// How many times the rows go on below, and how many clients there are.
const MOST_BANDS: usize = 10;
const MOST_CLIENTS: usize = 40;

/// A picture for each key that is not linearizable.
pub(super) fn drawings(finding: &Finding) -> Vec<Drawing> {
    let windows = finding.cases.iter().enumerate();
    let windows = windows.filter_map(|(number, case)| match case {
        Evidence::Window(window) => Some(Window::new(number, window)),
        _ => None,
    });
    let mut windows: Vec<Window> = windows.collect();
    // A few operations are a clearer proof than many.
    windows.sort_by_key(|window| window.bars.len());
    windows.truncate(MOST);
    let more = left_out(finding.count - windows.len());
    let last = windows.len().saturating_sub(1);
    let windows = windows.iter().enumerate();
    windows
        .map(|(i, window)| window.draw(if i == last { &more } else { "" }))
        .collect()
}

/// The operations of a key that have no order.
struct Window {
    name: String,
    /// Which it is.
    register: String,
    before: String,
    /// The index at which the operation ends that does not fit.
    stuck: usize,
    bars: Vec<Bar>,
}

/// An operation as it is drawn.
struct Bar {
    process: i64,
    class: &'static str,
    label: String,
    /// The indices of its beginning and its end.
    from: usize,
    to: Option<usize>,
    is_certain: bool,
    hint: String,
}

impl Bar {
    fn new(call: &Call) -> Bar {
        let (class, label) = match &call.action {
            Action::Read(value) => ("read", format!("read {value}")),
            Action::Write(value) => ("write", format!("write {value}")),
            Action::Cas(from, to) => ("cas", format!("cas {from} → {to}")),
        };
        let (from, time) = call.began;
        let ms = |time: i64| time as f64 / 1e6;
        let hint = match call.ended {
            Some((to, end)) => {
                let (time, end) = (ms(time), ms(end));
                format!("{label}: operations {from} to {to}, {time:.3} to {end:.3} ms")
            }
            None => format!(
                "{label}: operation {from}, {:.3} ms, outcome unknown",
                ms(time)
            ),
        };
        Bar {
            process: match call.process {
                Process::Client(process) => process,
                Process::Nemesis => -1,
            },
            class,
            label: fitted(&label, MOST_LABEL),
            from,
            to: call.ended.map(|(to, _)| to),
            is_certain: call.effect == Effect::Certain,
            hint,
        }
    }
}

/// The columns, each from one event to the next, in rows below each other.
struct Columns {
    events: Vec<usize>,
    widths: Vec<f64>,
    /// The first column of each row.
    starts: Vec<usize>,
}

impl Columns {
    /// Wide enough for every bar's label, if there is room.
    fn new(bars: &[Bar]) -> Self {
        let ends = bars.iter().flat_map(|bar| [Some(bar.from), bar.to]);
        let mut events: Vec<usize> = ends.flatten().collect();
        events.sort_unstable();
        events.dedup();
        let narrow = |event: &usize| NARROW.max(wide(&event.to_string()) + 6.0);
        // Behind the last event there is one for what has not ended.
        let mut widths: Vec<f64> = events.iter().map(narrow).collect();
        widths.push(NARROW);
        let mut columns = Columns {
            events,
            widths,
            starts: vec![0],
        };
        let mut spans: Vec<(usize, usize, f64)> = bars
            .iter()
            .map(|bar| {
                let (from, to) = columns.span(bar);
                (from, to, wide(&bar.label) + 14.0)
            })
            .collect();
        spans.sort_by_key(|(from, to, _)| to - from);
        for (from, to, needed) in spans {
            let span = &mut columns.widths[from..to];
            let missing = needed - span.iter().sum::<f64>();
            let each = missing.max(0.0) / span.len().max(1) as f64;
            span.iter_mut().for_each(|width| *width += each);
        }
        let room = WIDTH - NAMES - 2.0 * MARGIN;
        let mut taken = 0.0;
        for (i, width) in columns.widths.iter_mut().enumerate() {
            *width = width.min(room);
            if taken + *width > room {
                columns.starts.push(i);
                taken = 0.0;
            }
            taken += *width;
        }
        columns
    }

    fn at(&self, event: usize) -> usize {
        self.events.partition_point(|known| *known < event)
    }

    /// The columns of a bar, at least one.
    fn span(&self, bar: &Bar) -> (usize, usize) {
        let from = self.at(bar.from);
        let to = bar.to.map_or(self.events.len() + 1, |to| self.at(to));
        (from, to.max(from + 1))
    }

    /// From the first column to before the last, of each row.
    fn bands(&self) -> impl Iterator<Item = (usize, usize)> {
        let ends = self.starts.iter().skip(1).copied();
        let ends = ends.chain([self.widths.len()]);
        self.starts.iter().copied().zip(ends)
    }

    fn width(&self, from: usize, to: usize) -> f64 {
        self.widths.get(from..to).unwrap_or_default().iter().sum()
    }
}

impl Window {
    fn new(number: usize, window: &finding::Window) -> Window {
        let key = &window.key;
        Window {
            name: match key {
                Value::Nil => "register.svg".into(),
                Value::Int(key) => format!("key-{key}.svg"),
                _ => format!("key-number-{number}-{}.svg", file_part(&key.to_string())),
            },
            register: match key {
                Value::Nil => "The register".into(),
                _ => format!("Key {}", fitted(&key.to_string(), 60)),
            },
            before: match &window.before {
                None => "Whatever the value was before, they contradict each other".into(),
                Some(value) => format!(
                    "Before them the value is {}",
                    fitted(&value.to_string(), 40)
                ),
            },
            stuck: window.stuck,
            bars: window.calls.iter().map(Bar::new).collect(),
        }
    }

    fn draw(&self, more: &str) -> Drawing {
        let mut processes: Vec<i64> = self.bars.iter().map(|bar| bar.process).collect();
        processes.sort_unstable();
        processes.dedup();
        let hidden = processes.len().saturating_sub(MOST_CLIENTS);
        let stuck = self.bars.iter().find(|bar| bar.to == Some(self.stuck));
        // The one that does not fit is among those shown.
        if let Some(place) = stuck.and_then(|bar| processes.binary_search(&bar.process).ok()) {
            processes[..=place].rotate_right(1);
        }
        processes.truncate(MOST_CLIENTS);
        processes.sort_unstable();

        let title = match self.bars.len() {
            1 => format!(
                "{}: nobody can have written what this operation found",
                self.register
            ),
            count => format!(
                "{}: these {count} operations have no order in which each finds what was \
                 written last",
                self.register
            ),
        };
        let before = match self.bars.len() {
            1 => String::new(),
            _ => format!(
                "{}. A bar is an operation from its beginning to its end; it takes effect \
                 somewhere between. Each event has a column, with its index in the history above.",
                self.before
            ),
        };
        let columns = Columns::new(&self.bars);
        let bands: Vec<(usize, usize)> = columns.bands().collect();
        let mut left_out = Vec::new();
        if hidden > 0 {
            left_out.push(format!("{hidden} more clients are not drawn."));
        }
        if bands.len() > MOST_BANDS {
            left_out.push("The first events are not drawn.".into());
        }
        let mut page = Page::new(&title, &[before, left_out.join(" "), more.to_owned()]);
        page.legend(&self.legend());
        for (from, to) in bands.iter().skip(bands.len().saturating_sub(MOST_BANDS)) {
            self.band(&mut page, &processes, &columns, (*from, *to));
        }
        Drawing {
            name: self.name.clone(),
            title,
            svg: page.finish(),
        }
    }

    fn legend(&self) -> Vec<(&'static str, &'static str)> {
        let has = |class| self.bars.iter().any(|bar| bar.class == class);
        let kinds = [
            ("read", "read"),
            ("write", "write"),
            ("cas", "compare and set"),
        ];
        let mut legend: Vec<_> = kinds.into_iter().filter(|(class, _)| has(*class)).collect();
        if self.bars.iter().any(|bar| !bar.is_certain) {
            legend.push((
                "write proof-perhaps",
                "may have happened, or not, or before",
            ));
        }
        legend.push(("box proof-stuck", "fits nowhere"));
        legend
    }

    fn band(
        &self,
        page: &mut Page,
        processes: &[i64],
        columns: &Columns,
        (first, last): (usize, usize),
    ) {
        let (left, top) = (MARGIN + NAMES, page.bottom() + 20.0);
        let right = left + columns.width(first, last);
        let bottom = top + processes.len() as f64 * ROW;
        for (i, event) in columns.events.iter().enumerate().take(last).skip(first) {
            let x = left + columns.width(first, i);
            page.line(&[(x, top - 2.0), (x, bottom)], "faint");
            page.text((x, top - 7.0), "soft", Anchor::Start, &event.to_string());
        }
        page.text((MARGIN, top - 7.0), "soft", Anchor::Start, "event");
        for (row, process) in processes.iter().enumerate() {
            let y = top + (row as f64 + 0.5) * ROW;
            page.line(&[(left, y), (right, y)], "faint");
            let name = fitted(&format!("client {process}"), 15);
            page.text((MARGIN, y + 4.0), "text", Anchor::Start, &name);
        }
        for bar in &self.bars {
            let Ok(row) = processes.binary_search(&bar.process) else {
                continue;
            };
            let (from, to) = columns.span(bar);
            let (from, to) = (from.max(first), to.min(last));
            if from >= to {
                continue;
            }
            let x = left + columns.width(first, from);
            let width = columns.width(from, to) - 2.0;
            let y = top + row as f64 * ROW + 4.0;
            let is_stuck = bar.to == Some(self.stuck);
            let perhaps = if bar.is_certain { "" } else { " proof-perhaps" };
            let stuck = if is_stuck { " proof-stuck" } else { "" };
            page.open(&bar.hint);
            page.rect(
                (x, y),
                (width, ROW - 8.0),
                &format!("{}{perhaps}{stuck}", bar.class),
            );
            let room = ((width - 6.0) / CHAR) as usize;
            if room > 2 {
                let class = if is_stuck { "name" } else { "text" };
                let label = fitted(&bar.label, room);
                page.text((x + width / 2.0, y + 17.0), class, Anchor::Middle, &label);
            }
            page.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use history::History;
    use verdict::linearizability::{Options, check};

    fn history(lines: &str) -> History {
        let lines = lines.lines().enumerate().map(|(i, line)| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [process, typ, f, value] = words[..] else {
                panic!("{line}")
            };
            format!(
                "{{:index {i}, :time {i}000000, :process {process}, :type :{typ}, :f :{f}, \
                 :value [0 {value}]}}\n"
            )
        });
        History::read(&lines.collect::<String>()).unwrap()
    }

    #[test]
    fn each_operation_is_shown_and_the_one_marked_that_does_not_fit() {
        let checked = check(
            &history(
                "0 invoke write 1
             0 ok write 1
             0 invoke write 2
             0 ok write 2
             1 invoke read nil
             1 ok read 1",
            ),
            &Options::default(),
        );
        let [drawing] = &drawings(&checked.findings[0])[..] else {
            panic!("{:?}", checked.findings)
        };
        assert_eq!(drawing.name, "key-0.svg");
        assert_eq!(
            drawing.title,
            "Key 0: these 2 operations have no order in which each finds what was written last"
        );
        let bars: Vec<&str> = drawing.svg.split("<g>").skip(1).collect();
        assert_eq!(bars.len(), 2);
        assert!(bars[0].contains("operations 2 to 3, 2.000 to 3.000 ms"));
        assert!(bars[0].contains(">write 2</text>") && !bars[0].contains("stuck"));
        assert!(bars[1].contains(">read 1</text>") && bars[1].contains("proof-stuck"));
    }

    #[test]
    fn many_operations_go_on_below() {
        let calls = (0..60).map(|i| Call {
            process: Process::Client(i % 4),
            action: Action::Write(Value::Int(i)),
            began: (i as usize * 10_000, i),
            ended: Some((i as usize * 10_000 + 25_000, i + 3)),
            effect: Effect::Certain,
        });
        let window = finding::Window {
            key: Value::Str("</svg>".into()),
            before: Some(Value::Nil),
            calls: calls.collect(),
            stuck: 615_000,
        };
        let finding = Finding::new("nonlinearizable", "keys", [Evidence::Window(window)]);
        let [drawing] = &drawings(&finding)[..] else {
            panic!("no drawing")
        };
        assert_eq!(drawing.name, "key-number-0-svg.svg");
        crate::svg::assert_sound(&drawing.svg, 100_000);
        assert!(drawing.svg.matches(">client 0</text>").count() > 3);
        let widths = drawing.svg.split(" width=\"").skip(1);
        let widths = widths.map(|rest| rest.split('"').next().unwrap().parse::<f64>().unwrap());
        assert!(widths.fold(0.0, f64::max) <= WIDTH);
    }
}
