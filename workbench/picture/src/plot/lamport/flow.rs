//! How far down the page each event is. Time is not to scale: a microsecond and
//! a minute have to be read side by side. What happens is in its order; on one
//! lane there is room between any two events; and the longer nothing happens,
//! the more space there is, up to a mark that says how long that was.

use super::Item;
use super::lanes::Lanes;

/// Before a sending, whose words stand above its arrow: after another on this
/// lane, and after an arrival. Before an arrival, after either. In pixels.
const AFTER_SENDING: i64 = 24;
const AFTER_ARRIVAL: i64 = 18;
const BEFORE_ARRIVAL: i64 = 10;
/// How far an arrow descends at least, and for each lane it passes.
const DROP: i64 = 13;
const DROP_PER_LANE: i64 = 3;
const MOST_DROP: i64 = 34;
/// Words with less between them than this are too close, across and down.
const APART: i64 = 14;
/// Nanoseconds in which nothing happens that are told.
const LONG: i64 = 1_000_000_000;
/// The lanes' names come again after so many pixels; of many lanes, seldomer.
const NAMES_AFTER: i64 = 900;
const NAMES_OF_MANY_AFTER: i64 = 2200;
const MANY: usize = 27;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The item of this number is sent, or arrives.
    Sending(usize),
    Arrival(usize),
    /// The edge of this number, a fault's beginning or end.
    Edge(usize),
}

/// Something that happens, and when, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) time: i64,
    pub(super) what: What,
}

/// Where everything is, in pixels from the top.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// Of each item: where it is sent, and where it arrives, or is lost.
    pub(super) items: Vec<(i64, i64)>,
    /// Which items have words; not those that say the same as the one before.
    pub(super) has_words: Vec<bool>,
    /// Of each edge.
    pub(super) edges: Vec<i64>,
    /// Long times in which nothing happens: where, how long, and whether
    /// messages were under way.
    pub(super) pauses: Vec<(i64, i64, bool)>,
    /// Times, as they change, in nanoseconds.
    pub(super) times: Vec<(i64, i64)>,
    /// Where the lanes' names come again.
    pub(super) names: Vec<i64>,
    pub(super) height: i64,
}

impl Flow {
    pub(super) fn new(moments: &[Moment], items: &[Item], edges: usize, lanes: &Lanes) -> Flow {
        let mut flow = Flow {
            items: vec![(0, 0); items.len()],
            has_words: vec![true; items.len()],
            edges: vec![0; edges],
            ..Flow::default()
        };
        // Of each lane: from where on it may send, and receive.
        let mut free = vec![(0_i64, 0_i64); lanes.all.len()];
        // The last words: from where to where across, and how far down.
        let mut words: Vec<(i64, i64, i64)> = Vec::new();
        // What is sent at once from one lane and says the same: a fan of arrows.
        let mut fan: Vec<usize> = Vec::new();
        let (mut y, mut now, mut under_way) = (0, None, 0_usize);
        let mut names_at = 0;
        let names_after = match lanes.all.len() < MANY {
            true => NAMES_AFTER,
            false => NAMES_OF_MANY_AFTER,
        };
        for moment in moments {
            let passed = now.map_or(0, |now| moment.time.saturating_sub(now).max(0));
            if passed >= LONG {
                flow.pauses.push((y + 22, passed, under_way > 0));
                y += 44;
            } else {
                y += pace(passed);
            }
            if y - names_at >= names_after {
                flow.names.push(y + 26);
                y += 62;
                names_at = y;
            }
            let goes_on = match (moment.what, fan.first()) {
                (What::Sending(number), Some(&first)) => {
                    now == Some(moment.time) && items[number].is_like(&items[first])
                }
                _ => false,
            };
            if !goes_on {
                fan.clear();
            }
            match moment.what {
                What::Sending(number) => {
                    let item = &items[number];
                    let is_left = |item: &Item| item.dest < item.src;
                    let same_side = |&&other: &&usize| is_left(&items[other]) == is_left(item);
                    flow.has_words[number] = fan.iter().find(same_side).is_none();
                    if fan.is_empty() {
                        y = y.max(free[item.src].0);
                    }
                    if flow.has_words[number] {
                        let (left, right) = item.words_at(lanes);
                        for (other_left, other_right, at) in &words {
                            if left < other_right + APART && other_left - APART < right {
                                y = y.max(at + APART);
                            }
                        }
                        words.retain(|(_, _, at)| at + APART > y);
                        words.push((left, right, y));
                    }
                    fan.push(number);
                    free[item.src] = (y + AFTER_SENDING, y + BEFORE_ARRIVAL);
                    flow.items[number].0 = y;
                    if item.arrives || item.comes_to_the_dead {
                        under_way += 1;
                    } else {
                        flow.items[number].1 = y + drop(item) * 6 / 10;
                    }
                }
                What::Arrival(number) => {
                    let item = &items[number];
                    let least = flow.items[number].0 + drop(item);
                    y = y.max(free[item.dest].1).max(least);
                    free[item.dest] = (y + AFTER_ARRIVAL, y + BEFORE_ARRIVAL);
                    flow.items[number].1 = y;
                    under_way = under_way.saturating_sub(1);
                }
                What::Edge(number) => {
                    y += 24;
                    flow.edges[number] = y;
                    // Words stand above: nothing is sent right below.
                    for (sends, _) in &mut free {
                        *sends = (*sends).max(y + AFTER_ARRIVAL);
                    }
                }
            }
            if now != Some(moment.time) {
                let last = flow.times.last().map_or(-APART, |(y, _)| *y);
                if y - last >= APART {
                    flow.times.push((y, moment.time));
                }
            }
            now = Some(moment.time);
        }
        let lowest = flow.items.iter().map(|(_, y)| *y).max().unwrap_or(0);
        flow.height = y.max(lowest) + 24;
        flow
    }
}

/// How far an arrow descends at least.
fn drop(item: &Item) -> i64 {
    let lanes = item.src.abs_diff(item.dest) as i64;
    (DROP + DROP_PER_LANE * lanes.saturating_sub(1)).min(MOST_DROP)
}

/// How much space so many nanoseconds take.
fn pace(passed: i64) -> i64 {
    match passed {
        0 => 0,
        passed => 5 + (8.0 * (1.0 + passed as f64 / 1e6).log10()) as i64,
    }
}
