//! The shapes that partitions have.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The shape of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// One node is cut off from all others.
    One,
    /// Two halves, drawn at random; the second has one node more if their number
    /// is odd.
    Majority,
    /// Every node sees a majority, but not all the same one.
    MajoritiesRing,
    /// As many nodes as are fewer than a third, drawn at random, are cut off from
    /// the others.
    MinorityThird,
}

impl Shape {
    /// All of them; each is as likely as the others.
    pub const ALL: [Shape; 4] = [
        Shape::One,
        Shape::Majority,
        Shape::MajoritiesRing,
        Shape::MinorityThird,
    ];
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Shape::One => "one",
            Shape::Majority => "majority",
            Shape::MajoritiesRing => "majorities-ring",
            Shape::MinorityThird => "minority-third",
        })
    }
}
