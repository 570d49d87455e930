//! The picture of a path: lanes from left to right, rows from top to bottom, each
//! with its time and its words.

use super::super::page::{Anchor, CHAR, LINE, MARGIN, Page, WIDTH, fitted, wide};
use super::super::seconds;
use super::cuts::Cuts;

/// Pixels: a row, the times, and the room for words.
const ROW: f64 = 22.0;
const TIMES: f64 = 90.0;
const WORDS: f64 = 330.0;

/// A column of the picture.
pub(super) struct Lane {
    pub(super) name: String,
    /// From which row to which it has the element: to the end, if there is none.
    has: Vec<(usize, Option<usize>)>,
    /// Whether it is a node, which has the element or not.
    pub(super) is_node: bool,
}

impl Lane {
    pub(super) fn new(name: &str, is_node: bool) -> Self {
        Lane {
            name: name.to_owned(),
            has: Vec::new(),
            is_node,
        }
    }
}

/// A line of the picture.
pub(super) struct Row {
    pub(super) time: i64,
    pub(super) what: What,
    pub(super) words: String,
    pub(super) is_bad: bool,
}

#[derive(Clone, Copy)]
pub(super) enum What {
    /// From a lane to another.
    Message {
        from: usize,
        to: usize,
        arrives: bool,
    },
    /// Something at a lane.
    Event { lane: usize, is_good: bool },
    /// A node dies, and with it what it knew.
    Death { lane: usize },
}

/// What is drawn.
pub(super) struct Picture {
    pub(super) lanes: Vec<Lane>,
    pub(super) rows: Vec<Row>,
    pub(super) note: String,
    /// What the lanes are.
    pub(super) of: &'static str,
    /// The nodes that never got it, as far as messages and reads show, ...
    pub(super) without: Vec<String>,
    /// ... and those whose last read misses it.
    pub(super) missing: Vec<String>,
}

impl Picture {
    /// Finds from which row on each lane has the element.
    pub(super) fn find_owners(&mut self) {
        for (i, row) in self.rows.iter().enumerate() {
            let owner = match row.what {
                What::Message {
                    to, arrives: true, ..
                } => to,
                What::Event {
                    lane,
                    is_good: true,
                } => lane,
                What::Death { lane } => {
                    if let Some((_, end)) = self.lanes[lane].has.last_mut() {
                        end.get_or_insert(i);
                    }
                    continue;
                }
                _ => continue,
            };
            let has = &mut self.lanes[owner].has;
            if has.last().is_none_or(|(_, end)| end.is_some()) {
                has.push((i, None));
            }
        }
    }

    pub(super) fn draw(&self, title: &str, notes: &[String], cuts: &Cuts) -> String {
        let mut page = Page::new(title, notes);

        let mut legend = vec![
            ("good", "has it, shows it"),
            ("bad", "lost, or misses it (✗)"),
        ];
        let shaded: Vec<Option<&str>> = self.rows.iter().map(|row| cuts.at(row.time)).collect();
        if shaded.iter().any(Option::is_some) {
            legend.push(("shade", "a fault holds"));
        }
        page.legend(&legend);
        let longest = self
            .lanes
            .iter()
            .map(|lane| wide(&lane.name))
            .fold(0.0, f64::max);
        let room = WIDTH - 2.0 * MARGIN - TIMES - WORDS;
        let each =
            (room / self.lanes.len() as f64).clamp(50.0, 110.0_f64.max(longest.min(120.0) + 14.0));
        let name_columns = ((each - 4.0) / CHAR) as usize;
        let x_at = |lane: usize| MARGIN + TIMES + (lane as f64 + 0.5) * each;
        let words_x = MARGIN + TIMES + self.lanes.len() as f64 * each + 12.0;
        let words_columns = ((WIDTH - MARGIN - words_x) / CHAR) as usize;
        let top = page.bottom() + LINE;
        let y_at = |row: usize| top + 20.0 + (row as f64 + 0.5) * ROW;
        let bottom = y_at(self.rows.len()) - 4.0;

        page.text((MARGIN, top), "soft", Anchor::Start, self.of);
        for (i, fault) in shaded.iter().enumerate() {
            if let Some(fault) = fault {
                page.open(fault);
                let wide = WIDTH - 2.0 * MARGIN;
                page.rect((MARGIN, y_at(i) - ROW / 2.0), (wide, ROW), "shade");
                page.close();
            }
        }
        for (i, lane) in self.lanes.iter().enumerate() {
            let x = x_at(i);
            let name = fitted(&lane.name, name_columns);
            page.text((x, top), "name", Anchor::Middle, &name);
            let mut at = top + 8.0;
            for (from, to) in lane.has.iter().filter(|_| lane.is_node) {
                let (from, to) = (y_at(*from), to.map_or(bottom, y_at));
                page.line(&[(x, at), (x, from)], "without");
                page.line(&[(x, from), (x, to)], "with");
                at = to;
            }
            if at < bottom {
                page.line(&[(x, at), (x, bottom)], "without");
            }
            if lane.is_node && lane.has.is_empty() {
                page.cross((x, bottom + 8.0));
                page.text((x, bottom + 28.0), "wrong", Anchor::Middle, "never");
                page.text((x, bottom + 42.0), "wrong", Anchor::Middle, "got it");
            }
        }
        for (i, row) in self.rows.iter().enumerate() {
            let y = y_at(i);
            page.text(
                (MARGIN + TIMES - 12.0, y + 4.0),
                "soft",
                Anchor::End,
                &seconds(row.time),
            );
            match row.what {
                What::Message { from, to, arrives } if from != to => {
                    let (from, to) = (x_at(from), x_at(to));
                    match arrives {
                        true => page.arrow(&[(from, y), (to, y)], "good"),
                        false => {
                            // It does not get there.
                            let end = to - (to - from).signum() * 16.0;
                            page.line(&[(from, y), (end, y)], "bad");
                            page.cross((end, y));
                        }
                    }
                }
                What::Message {
                    to: lane,
                    arrives: is_good,
                    ..
                }
                | What::Event { lane, is_good } => match is_good {
                    true => page.dot((x_at(lane), y), "good"),
                    false => page.cross((x_at(lane), y)),
                },
                What::Death { lane } => page.cross((x_at(lane), y)),
            }
            let class = if row.is_bad { "wrong" } else { "text" };
            let words = fitted(&row.words, words_columns);
            page.text((words_x, y + 4.0), class, Anchor::Start, &words);
        }
        page.finish()
    }
}
