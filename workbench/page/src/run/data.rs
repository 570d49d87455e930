//! What a page's script draws: operations and messages in columns, as text that is
//! compressed and put into the page, in three parts.
//!
//! A part is one line of JSON (see [`operations`] and [`messages`]), then lines of
//! text: for each message its body, for each operation its argument and what came of
//! it. Times are in nanoseconds; columns that only grow are differences from one to
//! the next. It goes through zlib and base64; every browser of today undoes both.
//!
//! A page has a budget. Operations have up to two thirds of it, messages what is left.
//! Where it is not enough, those stay that are around what was found, then those at
//! the beginning; gaps say when the others were, and the script
//! hatches them, so that no one takes a gap for silence.

mod messages;
mod operations;
mod states;

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::Page;

/// How large the compressed text of a page may become, before base64, in bytes.
const BUDGET: usize = 2_050_000;
/// How much text to begin with, in bytes: most compresses about as well as this.
const RATIO: usize = 10;
/// Rows are kept or left out in stretches of this many.
const STRETCH: usize = 250;

/// The data of a page.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) operations: Part,
    pub(super) messages: Part,
    /// What nodes showed of their states; they have a budget of their own.
    pub(super) states: Part,
}

/// One kind of what happened.
#[derive(Debug)]
pub(super) struct Part {
    /// zlib in base64.
    pub(super) text: String,
    /// How many there were.
    pub(super) count: u64,
    /// How many of them are not in the page.
    pub(super) omitted: u64,
}

/// Packs what happened. `moments` are times that matter, in nanoseconds.
pub(super) fn pack(page: &Page<'_>, moments: &[i64]) -> Data {
    let (operations, size) = operations::pack(page, moments, BUDGET / 3 * 2);
    let messages = messages::pack(page, moments, BUDGET - size);
    Data {
        operations,
        messages,
        states: states::pack(page),
    }
}

/// One thing that happened, as a row of a part.
trait Row {
    /// When, in nanoseconds.
    fn time(&self) -> i64;
    /// About how much text it takes, in bytes.
    fn weight(&self) -> usize;
}

/// A stretch of time of which a page has nothing, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Gap(i64, i64);

/// Encodes as many rows as fit into so many bytes when they are compressed, and says
/// how large that became.
fn fit<R: Row>(
    mut rows: Vec<R>,
    moments: &[i64],
    budget: usize,
    encode: impl Fn(&[R], &[Gap]) -> String,
) -> (String, usize, usize) {
    let mut most = budget * RATIO;
    let mut gaps = Vec::new();
    loop {
        keep(&mut rows, &mut gaps, moments, most);
        let text = encode(&rows, &gaps);
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(text.as_bytes(), 4);
        if packed.len() <= budget || rows.is_empty() {
            return (STANDARD.encode(&packed), packed.len(), rows.len());
        }
        // As much as would have fitted, had all compressed as well as this.
        let kept: usize = rows.iter().map(Row::weight).sum();
        most = (kept as f64 * 0.9 * budget as f64 / packed.len() as f64) as usize;
    }
}

/// Leaves out what is too much: what is around these moments stays, then what is
/// first.
fn keep<R: Row>(rows: &mut Vec<R>, gaps: &mut Vec<Gap>, moments: &[i64], most: usize) {
    let weights: Vec<usize> = rows
        .chunks(STRETCH)
        .map(|stretch| stretch.iter().map(Row::weight).sum())
        .collect();
    if weights.iter().sum::<usize>() <= most {
        return;
    }
    let around = moments.iter().flat_map(|moment| {
        let place = rows.partition_point(|row| row.time() < *moment);
        let stretch = place / STRETCH;
        [stretch, stretch.saturating_sub(1), stretch + 1]
    });
    let mut kept = vec![false; weights.len()];
    let mut left = most;
    for stretch in around.chain(0..weights.len()).collect::<Vec<_>>() {
        let Some(false) = kept.get(stretch) else {
            continue;
        };
        match left.checked_sub(weights[stretch]) {
            Some(rest) => left = rest,
            None => break,
        }
        kept[stretch] = true;
    }
    let mut was_kept = true;
    for (stretch, kept) in rows.chunks(STRETCH).zip(&kept) {
        if let (false, [first, .., last] | [first @ last]) = (kept, stretch) {
            match gaps.last_mut() {
                Some(gap) if !was_kept => gap.1 = last.time(),
                _ => gaps.push(Gap(first.time(), last.time())),
            }
        }
        was_kept = *kept;
    }
    let mut place = 0;
    rows.retain(|_| {
        place += 1;
        kept[(place - 1) / STRETCH]
    });
}

/// Cut where it gets long, and without ends of lines.
fn one_line(text: &str, most: usize) -> Cow<'_, str> {
    let text = cut(text, most);
    match text.contains(['\n', '\r']) {
        true => Cow::Owned(text.replace(['\n', '\r'], " ")),
        false => text,
    }
}

fn cut(text: &str, most: usize) -> Cow<'_, str> {
    // Most are short: no need to look for the boundary of a character.
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}
