//! Shapes of marks, one for each function.

use std::fmt::Write;

use super::operation::FUNCTIONS;

/// The outline of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Triangle,
    Square,
    Diamond,
    Down,
    Hourglass,
}

impl Shape {
    const ALL: [Shape; FUNCTIONS] = [
        Shape::Circle,
        Shape::Triangle,
        Shape::Square,
        Shape::Diamond,
        Shape::Down,
        Shape::Hourglass,
    ];

    /// That of the function at this place.
    pub(super) fn of(function: usize) -> Shape {
        Shape::ALL[function % FUNCTIONS]
    }

    /// Adds it to the data of a path, around this point and reaching this far.
    /// Whole numbers, since ten thousand marks have to be short.
    pub(super) fn draw(self, path: &mut String, x: i64, y: i64, reach: i64) {
        let (r, d) = (reach, 2 * reach);
        let (left, top, bottom) = (x - r, y - r, y + r);
        let _ = match self {
            Shape::Circle => write!(path, "M{left} {y}a{r} {r} 0 10{d} 0 {r} {r} 0 10-{d} 0z"),
            Shape::Square => write!(path, "M{left} {top}h{d}v{d}h-{d}z"),
            Shape::Triangle => write!(path, "M{x} {top}l{r} {d}h-{d}z"),
            Shape::Down => write!(path, "M{x} {bottom}l{r}-{d}h-{d}z"),
            Shape::Diamond => {
                // Larger, to cover as much as the others.
                let (r, top) = (r + 1, top - 1);
                write!(path, "M{x} {top}l{r} {r}-{r} {r}-{r}-{r}z")
            }
            Shape::Hourglass => write!(path, "M{left} {top}h{d}l-{d} {d}h{d}z"),
        };
    }
}
