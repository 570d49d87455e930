//! A request beside the reply that should have had the same in it, with what
//! differs marked.

use finding::Mismatch;
use history::edn::Value;
use history::{History, OpType};

use super::page::{Anchor, CHAR, LINE, MARGIN, Page, columns, fitted};
use super::{Drawing, indexed, seconds};

/// How many columns of a value are shown.
const MOST_COLUMNS: usize = 110;

/// A reply that was not an echo.
pub(super) fn draw(
    number: usize,
    mismatch: &Mismatch,
    history: &History,
    more: &str,
) -> Option<Drawing> {
    let sent = indexed(history, mismatch.sent.index)?;
    let got = indexed(history, mismatch.got.index)?;
    let asked = sent.value.to_string();
    let echo = got.value.get("echo");
    let title = match (got.typ, echo) {
        (OpType::Fail, _) => format!("The echo of {} failed", fitted(&asked, 60)),
        (_, None) => format!("The reply to {} has no echo in it", fitted(&asked, 60)),
        (_, Some(echo)) => format!(
            "{} was sent, and {} came back",
            fitted(&asked, 44),
            fitted(&echo.to_string(), 44)
        ),
    };
    let took = got.time.saturating_sub(sent.time) as f64 / 1e6;
    let note = format!(
        "Client {} sent it at {} (operation {}); the reply came {took:.1} ms later (operation {}).",
        sent.process,
        seconds(sent.time),
        sent.index,
        got.index
    );
    let mut page = Page::new(&title, &[note, more.to_owned()]);
    let left = MARGIN + 90.0;
    let mut y = page.bottom() + LINE;
    let mut row = |page: &mut Page, name: &str, text: &str, differs: Option<(usize, usize)>| {
        page.text((MARGIN, y), "soft", Anchor::Start, name);
        if let Some((from, to)) = differs {
            let (x, wide) = (left + from as f64 * CHAR, (to - from) as f64 * CHAR);
            // Where nothing is, there is still a mark.
            page.rect((x - 1.0, y - 13.0), (wide.max(3.0), LINE), "mark-bad");
            page.line(&[(x - 1.0, y + 4.0), (x + wide.max(2.0), y + 4.0)], "cross");
        }
        page.text((left, y), "name", Anchor::Start, text);
        y += LINE + 8.0;
    };
    match (got.typ, echo) {
        (OpType::Fail, _) => {
            let error = got.get("error").unwrap_or(&Value::Nil).to_string();
            row(&mut page, "sent", &fitted(&asked, MOST_COLUMNS), None);
            let error = fitted(&error, MOST_COLUMNS);
            row(&mut page, "error", &error, Some((0, columns(&error))));
        }
        (_, echo) => {
            let came = echo.map_or("nothing".into(), Value::to_string);
            let (asked, came) = (asked.as_str(), came.as_str());
            let (same, end) = if echo.is_some() {
                common(asked, came)
            } else {
                (0, 0)
            };
            // What is the same is cut before what differs.
            let skip = same.saturating_sub(MOST_COLUMNS / 3);
            for (name, text) in [("sent", asked), ("came back", came)] {
                let rest: String = text.chars().skip(skip).collect();
                let tail: usize = rest
                    .chars()
                    .rev()
                    .take(end)
                    .collect::<String>()
                    .chars()
                    .count();
                let head: String = rest.chars().take(same - skip).collect();
                let kept = rest.chars().count() - tail;
                let middle: String = rest.chars().take(kept).collect();
                let dots = if skip > 0 { "…" } else { "" };
                let shown = fitted(&format!("{dots}{rest}"), MOST_COLUMNS);
                let limit = columns(&shown);
                let shift = columns(dots);
                let (from, to) = (columns(&head) + shift, columns(&middle) + shift);
                row(
                    &mut page,
                    name,
                    &shown,
                    Some((from.min(limit), to.clamp(from.min(limit), limit))),
                );
            }
            let whole = fitted(&got.value.to_string(), MOST_COLUMNS);
            row(&mut page, "reply", &whole, None);
        }
    }
    Some(Drawing {
        name: format!("echo-{number}.svg"),
        title,
        svg: page.finish(),
    })
}

/// How many characters two texts have in common at their beginning, and at
/// their end beside that.
fn common(a: &str, b: &str) -> (usize, usize) {
    let start = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let rest = a.chars().count().min(b.chars().count()) - start;
    let ends = a.chars().rev().zip(b.chars().rev());
    let end = ends.take(rest).take_while(|(a, b)| a == b).count();
    (start, end)
}
