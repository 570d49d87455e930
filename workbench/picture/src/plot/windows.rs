//! Windows of time, of a round length, about as many as a chart shows well.

use super::scale::round_step;
use crate::svg::decimal;

/// About how many.
const WINDOWS: f64 = 50.0;
/// With more than these, a line has no marks upon it.
pub(super) const MOST_MARKED: usize = 60;

/// Windows of the same length, one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    first: f64,
    /// How long each is, in seconds.
    pub(super) length: f64,
    /// How many.
    pub(super) count: usize,
}

impl Windows {
    /// Over this span, in seconds.
    pub(super) fn new((begin, end): (f64, f64)) -> Self {
        let length = round_step((end - begin) / WINDOWS);
        let first = (begin / length).floor() * length;
        let count = ((end - first) / length).floor() as usize + 1;
        Windows {
            first,
            length,
            count: count.clamp(1, 2 * WINDOWS as usize),
        }
    }

    /// The one that this time is in.
    pub(super) fn at(self, time: f64) -> usize {
        // Saturates, both ways.
        (((time - self.first) / self.length) as usize).min(self.count - 1)
    }

    /// The time in the middle of one.
    pub(super) fn middle(self, window: usize) -> f64 {
        self.first + (window as f64 + 0.5) * self.length
    }

    /// Their length, with its unit.
    pub(super) fn length_in_words(self) -> String {
        match self.length < 1.0 {
            true => format!("{} ms", decimal(self.length * 1e3, self.length * 1e3)),
            false => format!("{} s", decimal(self.length, self.length)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_round_and_cover_the_span() {
        let windows = Windows::new((0.0, 20.0));
        assert_eq!((windows.length, windows.count), (0.5, 41));
        assert_eq!(windows.length_in_words(), "500 ms");
        assert_eq!(
            [0.0, 0.49, 0.5, 20.0, 99.0].map(|t| windows.at(t)),
            [0, 0, 1, 40, 40]
        );
        assert_eq!(windows.middle(1), 0.75);
        let early = Windows::new((-3.0, 1e-3));
        assert_eq!((early.at(-3.0), early.at(0.0)), (0, early.count - 1));
    }
}
