//! An id that was given more than once: the requests that got it, from which
//! node and when, on one scale of time.

use std::collections::BTreeMap;

use history::edn::Value;
use history::{History, OpType};
use simulation::recording::Recording;

use super::page::{Anchor, LINE, MARGIN, Page, fitted, wide};
use super::{Drawing, asked, few, nodes, seconds};

/// How many requests for one id are drawn.
const MOST_ROWS: usize = 16;
/// A request, and the scale, in pixels.
const ROW: f64 = 26.0;
const SCALE: f64 = 420.0;

/// A picture for each id that the results call duplicated.
pub(super) fn drawings(
    history: &History,
    results: &Value,
    recording: Option<&Recording>,
) -> Vec<Drawing> {
    let Some(Value::Map(duplicated)) = results.get("duplicated") else {
        return Vec::new();
    };
    let mut given: BTreeMap<&Value, Vec<usize>> =
        duplicated.iter().map(|(id, _)| (id, Vec::new())).collect();
    for (place, op) in history.clients() {
        if op.typ == OpType::Ok
            && op.f == "generate"
            && let Some(places) = given.get_mut(&op.value)
        {
            places.push(place);
        }
    }
    let mut given: Vec<(&Value, Vec<usize>)> = given.into_iter().collect();
    // Given most often first.
    given.sort_by_key(|(_, places)| std::cmp::Reverse(places.len()));
    let count = results.get("duplicated-count").and_then(Value::as_int);
    let count = count.map_or(0, |count| usize::try_from(count).unwrap_or_default());
    let nodes = recording.map_or(Vec::new(), nodes);
    few(&given, count, |number, (id, places), more| {
        Some(draw(history, &nodes, number, id, places, more))
    })
}

fn draw(
    history: &History,
    nodes: &[String],
    number: usize,
    id: &Value,
    places: &[usize],
    more: &str,
) -> Drawing {
    let ops = history.ops();
    let rows: Vec<_> = (places.iter().take(MOST_ROWS))
        .map(|&place| {
            let ended = &ops[place];
            let began = history.pair(place).unwrap_or(ended);
            let node = match ended.process {
                history::Process::Client(process) => {
                    asked(nodes, process).map(|node| nodes[node].clone())
                }
                history::Process::Nemesis => None,
            };
            (began, ended, node)
        })
        .collect();
    let given_by: Vec<&String> = {
        let mut names: Vec<&String> = rows.iter().filter_map(|(.., node)| node.as_ref()).collect();
        names.sort();
        names.dedup();
        names
    };
    let by = match given_by[..] {
        [] => String::new(),
        [one] => format!(", each time by {}", fitted(one, 20)),
        ref all => format!(", by {} nodes", all.len()),
    };
    let title = format!(
        "The id {} was given {}{by}",
        fitted(&id.to_string(), 60),
        match places.len() {
            2 => "twice".into(),
            count => format!("{count} times"),
        }
    );
    let hidden = match places.len().saturating_sub(MOST_ROWS) {
        0 => String::new(),
        hidden => format!("{hidden} more requests that got it are not drawn."),
    };
    let note = "A bar is a request, from when it was sent to when the id came back.";
    let mut page = Page::new(&title, &[note.into(), hidden, more.to_owned()]);

    let first = rows.iter().map(|(began, ..)| began.time).min().unwrap_or(0);
    let last = rows
        .iter()
        .map(|(_, ended, _)| ended.time)
        .max()
        .unwrap_or(0);
    let span = (last.saturating_sub(first)).max(1) as f64;
    let names: Vec<String> = rows
        .iter()
        .map(|(_, ended, node)| {
            let name = format!("client {}", ended.process);
            match node {
                Some(node) => format!("{name} → {}", fitted(node, 16)),
                None => name,
            }
        })
        .collect();
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
    for (i, ((began, ended, _), name)) in rows.iter().zip(&names).enumerate() {
        let y = top + (i as f64 + 0.5) * ROW;
        page.line(&[(left, y), (left + SCALE, y)], "faint");
        page.text((MARGIN, y + 4.0), "name", Anchor::Start, name);
        let (from, to) = (x_at(began.time), x_at(ended.time));
        page.rect(
            (from.min(left + SCALE - 4.0), y - 7.0),
            ((to - from).max(4.0), 14.0),
            "read",
        );
        let text = format!(
            "got {} (operations {} to {})",
            fitted(&id.to_string(), 16),
            began.index,
            ended.index
        );
        page.text((left + SCALE + 14.0, y + 4.0), "text", Anchor::Start, &text);
    }
    page.text(
        (left + SCALE / 2.0, bottom + LINE - 4.0),
        "soft",
        Anchor::Middle,
        "time since the start",
    );
    Drawing {
        name: format!("id-{number}.svg"),
        title,
        svg: page.finish(),
    }
}
