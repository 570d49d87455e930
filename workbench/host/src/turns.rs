//! Turns, one after the other or side by side.
//!
//! What a node does in its turn follows from what it was told, and from nothing that others do in
//! theirs. So where nodes take their turns elsewhere, they may be at work side by side, and while
//! the run goes on: a turn begins when what it is about happens, and is waited for later. What came
//! of turns is taken over in the order in which they were begun, so that a run sees what it would
//! see if each turn ended before the next one began:
//!
//! - All turns that have begun are of the same moment (but for those that [have begun
//!   early](super::foresight), which are not waited for). Before time passes ([`Host::wait`]), before
//!   something is done to a node, and before a question about it, all have ended.
//! - What a node was told in a turn never depends on a turn of the same node that has begun and not
//!   ended: its clock stands still, and a sync that it wants then takes time. (Where it may
//!   take none, the turns before are waited for.)
//! - Nothing is taken over of turns behind one in which a node was given up, since then there
//!   are none. The nodes that have begun them are ended, and count as stopped.
//!
//! [`Host::wait`]: super::Host::wait

use std::collections::VecDeque;

use super::virtual_time::{Hosted, VirtualTime};
use super::{Happens, Output, TimedNode};

/// Turns that have begun.
#[derive(Debug)]
pub(super) struct Turns {
    /// In this order they are taken over.
    begun: VecDeque<Begun>,
    /// Whether there may be several.
    side_by_side: bool,
    /// What a node says in its turn.
    said: Vec<Output>,
}

/// A turn that has begun.
#[derive(Debug)]
struct Begun {
    node: usize,
    /// How many lines it is about,
    lines: u64,
    /// and whether a sync that was done.
    is_synced: bool,
    /// Whether it is about nothing but the time.
    is_by_itself: bool,
    /// In how many parts it is waited for.
    parts: usize,
}

impl Turns {
    /// Each is waited for as soon as it has begun, unless they are side by side.
    pub(super) fn new(side_by_side: bool) -> Self {
        Turns {
            begun: VecDeque::new(),
            side_by_side,
            said: Vec::new(),
        }
    }

    pub(super) fn are_side_by_side(&self) -> bool {
        self.side_by_side
    }
}

impl<N: TimedNode> VirtualTime<N> {
    /// A node has its turn: what was due first, as in a binary, then what arrived.
    pub(super) fn turn(&mut self, node: usize, lines: &[impl AsRef<[u8]>]) {
        self.make_room(node);
        if self.is_over {
            return;
        }
        let now = self.now;
        let hosted = &mut self.nodes[node];
        let Some(living) = &mut hosted.node else {
            return;
        };
        hosted.turn_at = None;
        let shown = hosted.clock.at(now);
        let synced = hosted.disk.done(now);
        let mut begun = Begun {
            node,
            lines: lines.len() as u64,
            is_synced: matches!(synced, Some(Ok(()))),
            is_by_itself: lines.is_empty() && synced.is_none(),
            parts: 0,
        };
        if self.turns.side_by_side && hosted.foresight.has_begun(now, lines.iter()) {
            begun.parts = 1;
            hosted.begun += 1;
            self.turns.begun.push_back(begun);
            return;
        }
        let lines = lines.iter().map(|line| Happens::Line(line.as_ref()));
        let nothing = begun.is_by_itself.then_some(Happens::Nothing);
        let synced = synced.map(Happens::Synced);
        let all = synced.into_iter().chain(lines).chain(nothing);
        if self.turns.side_by_side
            && let Some(elsewhere) = living.elsewhere()
        {
            for happens in all {
                elsewhere.begin(shown, happens);
                begun.parts += 1;
            }
            hosted.begun += 1;
            self.turns.begun.push_back(begun);
            return;
        }
        let mut say = |output| self.turns.said.push(output);
        for happens in all {
            living.turn(shown, happens, &mut say);
        }
        self.take_over(&begun);
    }

    /// Before another turn of this node begins.
    fn make_room(&mut self, node: usize) {
        let is_at_work = self.nodes[node].begun > 0;
        if is_at_work && !self.nodes[node].disk.takes_time() {
            self.end_turns();
        } else if !is_at_work && !self.turns.begun.is_empty() {
            // It is the next one's turn: nothing more is told to the last one for now.
            self.send_last();
        }
    }

    /// Waits for all turns that have begun.
    pub(super) fn end_turns(&mut self) {
        self.send_last();
        while !self.turns.begun.is_empty() {
            self.end_first();
        }
    }

    fn send_last(&mut self) {
        if let Some(begun) = self.turns.begun.back()
            && let Some(living) = &mut self.nodes[begun.node].node
            && let Some(elsewhere) = living.elsewhere()
        {
            elsewhere.send();
        }
    }

    fn end_first(&mut self) {
        let Some(begun) = self.turns.begun.pop_front() else {
            return;
        };
        let hosted = &mut self.nodes[begun.node];
        hosted.begun -= 1;
        let Some(elsewhere) = hosted.node.as_mut().and_then(N::elsewhere) else {
            return; // it has failed in a turn before
        };
        if self.is_over {
            return elsewhere.abandon();
        }
        for _ in 0..begun.parts {
            elsewhere.end(&mut |output| self.turns.said.push(output));
        }
        self.take_over(&begun);
    }

    /// A turn has ended.
    fn take_over(&mut self, begun: &Begun) {
        let now = self.now;
        let node = begun.node;
        let Hosted {
            node: Some(living),
            disk,
            ..
        } = &mut self.nodes[node]
        else {
            return;
        };
        if begun.is_synced {
            self.ready.push_back((node, Output::Synced));
        }
        for line in living.logged() {
            self.aside += 1;
            self.ready.push_back((node, Output::Logged(now, line)));
        }
        let commands = living.disk_commands();
        let failure = living.failure();
        // What it wanted written comes before what it said meanwhile: a node that answers
        // first and writes then is broken in any case.
        let wrote = commands.iter().map(Output::of_disk);
        self.ready.extend(wrote.map(|output| (node, output)));
        disk.take(now, commands);
        for output in self.turns.said.drain(..) {
            self.is_over |= matches!(output, Output::GivenUp(_));
            self.ready.push_back((node, output));
        }
        let hosted = &mut self.nodes[node];
        hosted.lines += begun.lines;
        hosted.wakes += u64::from(begun.is_by_itself);
        if self.shows_states
            && let Some(state) = hosted.node.as_mut().and_then(N::state)
            && hosted.shown.as_ref() != Some(&state)
        {
            hosted.shown = Some(state.clone());
            self.aside += 1;
            self.ready
                .push_back((node, Output::Shows { at: now, state }));
        }
        let hosted = &mut self.nodes[node];
        if let Some(why) = failure {
            self.bury(node);
            self.ready.push_back((node, Output::Failed(why)));
        } else if let Some(why) = hosted.excess(now) {
            if let Some(node) = &mut hosted.node {
                node.give_up();
            }
            self.wake_at(node, None);
            self.is_over = true;
            self.ready.push_back((node, Output::GivenUp(why)));
        } else {
            let next = hosted.next();
            self.wake_at(node, next);
            self.begin_early(node);
        }
    }
}

#[cfg(test)]
mod tests;
