//! Turns that begin before their time.
//!
//! While a packet is on its way to a node whose reader sleeps until it is due, it is known which line
//! the node will be given next, and when ([`Host::foresee`]); until then it does what is due by
//! its own clock, and nothing else. So its next turn is known: what is due before the line, and else
//! the line. It may begin at once, where nodes are at work elsewhere, while the run has not come to
//! that time. What comes of it is taken over when it has.
//!
//! - The line comes as it was told, at its time, and none before it; nor is the node paused
//!   meanwhile, nor its clock changed. That is the promise of whoever foresees it. What would be
//!   another turn than the one that has begun is a broken promise, and a panic.
//! - What is due by itself is known when the node's turns have all ended, of which the last says it.
//! - What is due at the very moment of the line may be a turn before it, or be done in the same one:
//!   that hangs on what else happens at that moment. Neither begins early.
//! - How a sync ends is known when it does: nothing begins early that comes behind one.
//! - Of what was begun and has not come to its time when the run ends, nothing counts. The node is
//!   ended, and counts as stopped.
//!
//! [`Host::foresee`]: super::Host::foresee

use std::time::Duration;

use super::virtual_time::{Hosted, VirtualTime};
use super::{Happens, TimedNode};

/// A node's future, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Foresight {
    /// The line that it is given next.
    line: Option<(Duration, Vec<u8>)>,
    /// When the turn will be that it has begun: the line's, or one by itself.
    begun: Option<(Duration, Turn)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Line,
    ByItself,
}

impl Foresight {
    /// Whether this turn has begun before its time, which is now.
    ///
    /// # Panics
    /// When another one has.
    pub(super) fn has_begun(
        &mut self,
        now: Duration,
        mut lines: impl Iterator<Item = impl AsRef<[u8]>>,
    ) -> bool {
        let line = lines.next();
        let turn = match line {
            Some(_) => Turn::Line,
            None => Turn::ByItself,
        };
        let begun = self.begun.take();
        if let Some(begun) = begun {
            assert_eq!(begun, (now, turn), "another turn was foreseen");
        }
        if let Some(line) = line
            && let Some((at, foreseen)) = self.line.take()
        {
            assert!(lines.next().is_none(), "one line was foreseen, and not two");
            assert!(
                (at, &*foreseen) == (now, line.as_ref()),
                "another line was foreseen"
            );
        }
        begun.is_some()
    }

    /// Whether a turn has begun before its time, and has not come to it.
    pub(super) fn is_ahead(&self) -> bool {
        self.begun.is_some()
    }
}

impl<N: TimedNode> VirtualTime<N> {
    pub(super) fn foresee_line(&mut self, node: usize, at: Duration, line: &[u8]) {
        let hosted = &mut self.nodes[node];
        if self.tiredness.is_some() || hosted.is_paused {
            return;
        }
        if let Some(living) = &mut hosted.node
            && living.elsewhere().is_some()
        {
            hosted.foresight.line = Some((at, line.to_vec()));
            self.begin_early(node);
        }
    }

    /// Lets a node begin its next turn, if that is known.
    pub(super) fn begin_early(&mut self, node: usize) {
        let next = self.nodes[node].next();
        let Hosted {
            node: Some(living),
            clock,
            disk,
            foresight,
            begun,
            ..
        } = &mut self.nodes[node]
        else {
            return;
        };
        let Some((at, line)) = &foresight.line else {
            return;
        };
        if *begun > 0 || foresight.begun.is_some() || self.is_over {
            return;
        }
        let next = next.map(|next| next.max(self.now));
        let (at, turn, happens) = match next {
            // Which of them comes first is known when the run is there.
            Some(next) if next == *at => return,
            Some(next) if next < *at => (next, Turn::ByItself, Happens::Nothing),
            _ => (*at, Turn::Line, Happens::Line(line)),
        };
        if disk.due().is_some_and(|due| due <= at) {
            return;
        }
        if let Some(elsewhere) = living.elsewhere() {
            elsewhere.begin(clock.at(at), happens);
            elsewhere.send();
            foresight.begun = Some((at, turn));
        }
    }
}
