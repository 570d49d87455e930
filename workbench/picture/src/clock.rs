//! Times by which a history can be drawn, whatever times it has.

use std::borrow::Cow;

use history::{History, Op};

/// Whose times a drawn history has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Its own.
    Own,
    /// Its own, but since its first event: as of a calendar, they would begin far away.
    SinceFirst,
    /// Made up, an event each millisecond: it has none, or they go back.
    MadeUp,
}

impl Clock {
    /// What is to be said of it, in a sentence.
    pub fn note(self) -> Option<&'static str> {
        match self {
            Clock::Own => None,
            Clock::SinceFirst => Some("Times are since the first event."),
            Clock::MadeUp => Some(
                "The history has no times, or they go back: its events are drawn in their order, \
                 a millisecond apart.",
            ),
        }
    }
}

/// The history with times that ascend and begin near 0, and whose those are.
pub fn drawable(history: &History) -> (Cow<'_, History>, Clock) {
    let ops = history.ops();
    let (Some(first), Some(last)) = (ops.first(), ops.last()) else {
        return (Cow::Borrowed(history), Clock::Own);
    };
    let (first, last) = (first.time, last.time);
    let ascend = ops.windows(2).all(|pair| pair[0].time <= pair[1].time);
    let span = last.checked_sub(first).filter(|span| *span > 0);
    let retimed = |time: &dyn Fn(usize, &Op) -> i64| {
        let ops = ops.iter().enumerate();
        let ops = ops.map(|(place, op)| Op {
            time: time(place, op),
            ..op.clone()
        });
        Cow::Owned(History::new(ops.collect()))
    };
    match span {
        Some(span) if ascend && first <= span => (Cow::Borrowed(history), Clock::Own),
        Some(_) if ascend => (retimed(&|_, op| op.time - first), Clock::SinceFirst),
        _ => {
            let millisecond = |place: usize, _: &Op| place as i64 * 1_000_000;
            (retimed(&millisecond), Clock::MadeUp)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(times: &[i64]) -> (Vec<i64>, Clock) {
        let line = |time: &i64| format!("{{:process 0, :type :invoke, :f :read, :time {time}}}");
        let text: String = times.iter().map(line).collect();
        let history = History::read(&text).unwrap();
        let (history, clock) = drawable(&history);
        (history.ops().iter().map(|op| op.time).collect(), clock)
    }

    #[test]
    fn times_that_can_be_drawn_stay() {
        assert_eq!(drawn(&[]), (vec![], Clock::Own));
        assert_eq!(drawn(&[5, 5, 90]), (vec![5, 5, 90], Clock::Own));
        assert_eq!(drawn(&[-7, 0, 3]), (vec![-7, 0, 3], Clock::Own));
    }

    #[test]
    fn those_of_a_calendar_begin_at_0() {
        let year = 1_767_225_600_000_000_000;
        let times = [year, year + 5, year + 9];
        assert_eq!(drawn(&times), (vec![0, 5, 9], Clock::SinceFirst));
    }

    #[test]
    fn none_at_all_are_made_up() {
        let made_up = (vec![0, 1_000_000, 2_000_000], Clock::MadeUp);
        assert_eq!(drawn(&[0, 0, 0]), made_up);
        assert_eq!(drawn(&[0, 9, 8]), made_up);
        assert_eq!(drawn(&[i64::MIN, 0, i64::MAX]), made_up);
    }
}
