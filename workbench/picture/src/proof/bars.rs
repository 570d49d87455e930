//! Operations beside each other in time, each with its client and the node that it asked:
//! requests that got the same id, or whatever else cannot all be.

use finding::{Case, Operation, Twins};
use history::{History, Op};
use simulation::recording::Recording;

use super::page::{Anchor, LINE, MARGIN, Page, fitted, wide};
use super::{Drawing, node_of, place, seconds};

/// How many operations are drawn.
const MOST_ROWS: usize = 16;
/// An operation, and the scale, in pixels.
const ROW: f64 = 26.0;
const SCALE: f64 = 420.0;

/// Requests that got one id.
pub(super) fn twins(
    number: usize,
    twins: &Twins,
    history: &History,
    recording: Option<&Recording>,
    more: &str,
) -> Option<Drawing> {
    let rows = Row::all(history, recording, &twins.operations);
    let mut given_by: Vec<&str> = rows.iter().filter_map(|row| row.node).collect();
    given_by.sort_unstable();
    given_by.dedup();
    let by = match given_by[..] {
        [] => String::new(),
        [one] => format!(", each time by {}", fitted(one, 20)),
        ref all => format!(", by {} nodes", all.len()),
    };
    let id = twins.id.to_string();
    let title = format!(
        "The id {} was given {}{by}",
        fitted(&id, 60),
        match twins.count {
            2 => "twice".into(),
            count => format!("{count} times"),
        }
    );
    let hidden = match twins.count - rows.len() {
        0 => String::new(),
        hidden => format!("{hidden} more requests that got it are not drawn."),
    };
    let note = "A bar is a request, from when it was sent to when the id came back.";
    let page = Page::new(&title, &[note.into(), hidden, more.to_owned()]);
    let told = |_: &Row<'_>| format!("got {}", fitted(&id, 16));
    Some(Drawing {
        name: format!("id-{number}.svg"),
        svg: draw(page, &rows, told)?,
        title,
    })
}

/// Operations that cannot all be.
pub(super) fn case(
    kind: &str,
    number: usize,
    case: &Case,
    history: &History,
    recording: Option<&Recording>,
    more: &str,
) -> Option<Drawing> {
    let rows = Row::all(history, recording, &case.operations);
    let title = format!("{kind}: {}", case.words);
    let hidden = match case.operations.len() - rows.len() {
        0 => String::new(),
        hidden => format!("{hidden} more operations are not drawn."),
    };
    let note = "A bar is an operation, from its beginning to its end.";
    let page = Page::new(&title, &[note.into(), hidden, more.to_owned()]);
    let told = |row: &Row<'_>| {
        let Op { f, value, .. } = row.ended;
        fitted(&format!("{f} {value}"), 30)
    };
    Some(Drawing {
        name: format!("{kind}-{number}.svg"),
        svg: draw(page, &rows, told)?,
        title,
    })
}

/// An operation as it is drawn.
struct Row<'a> {
    began: &'a Op,
    ended: &'a Op,
    /// Whom its client asked, if that is known.
    node: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn all(
        history: &'a History,
        recording: Option<&'a Recording>,
        operations: &[Operation],
    ) -> Vec<Self> {
        let shown = operations.iter().take(MOST_ROWS);
        let shown = shown.filter_map(|op| place(history, op.index));
        let row = |place| {
            let op = &history.ops()[place];
            let pair = history.pair(place).unwrap_or(op);
            let (began, ended) = match pair.index < op.index {
                true => (pair, op),
                false => (op, pair),
            };
            let node = node_of(recording, op.process);
            Row { began, ended, node }
        };
        shown.map(row).collect()
    }
}

/// The rows below what is on the page, each with these words.
fn draw(mut page: Page, rows: &[Row<'_>], told: impl Fn(&Row<'_>) -> String) -> Option<String> {
    let first = rows.iter().map(|row| row.began.time).min()?;
    let last = rows.iter().map(|row| row.ended.time).max()?;
    let span = (last.saturating_sub(first)).max(1) as f64;
    let name = |row: &Row<'_>| {
        let name = format!("client {}", row.ended.process);
        match row.node {
            Some(node) => format!("{name} → {}", fitted(node, 16)),
            None => name,
        }
    };
    let names: Vec<String> = rows.iter().map(name).collect();
    let left = MARGIN + names.iter().map(|name| wide(name)).fold(0.0, f64::max) + 16.0;
    let x_at = |time: i64| left + time.saturating_sub(first) as f64 / span * SCALE;
    let top = page.bottom() + 22.0;
    let bottom = top + rows.len() as f64 * ROW;
    page.line(&[(left, top), (left, bottom)], "faint");
    page.line(&[(left + SCALE, top), (left + SCALE, bottom)], "faint");
    page.text((left, top - 6.0), "soft", Anchor::Start, &seconds(first));
    page.text(
        (left + SCALE, top - 6.0),
        "soft",
        Anchor::End,
        &seconds(last),
    );
    for (i, (row, name)) in rows.iter().zip(&names).enumerate() {
        let Row { began, ended, .. } = row;
        let y = top + (i as f64 + 0.5) * ROW;
        page.line(&[(left, y), (left + SCALE, y)], "faint");
        page.text((MARGIN, y + 4.0), "name", Anchor::Start, name);
        let (from, to) = (x_at(began.time), x_at(ended.time));
        page.rect(
            (from.min(left + SCALE - 4.0), y - 7.0),
            ((to - from).max(4.0), 14.0),
            "read",
        );
        let (told, from, to) = (told(row), began.index, ended.index);
        let text = format!("{told} (operations {from} to {to})");
        page.text((left + SCALE + 14.0, y + 4.0), "text", Anchor::Start, &text);
    }
    page.text(
        (left + SCALE / 2.0, bottom + LINE - 4.0),
        "soft",
        Anchor::Middle,
        "time since the start",
    );
    Some(page.finish())
}
