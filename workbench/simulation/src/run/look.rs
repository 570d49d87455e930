//! The moment at which an observer looks into a run: all that is before it has happened, and
//! nothing of it.

use std::ops::ControlFlow;
use std::time::Duration;

use super::{Inbox, Phase, Run, UnderWay};

/// What is between a moment and all that is before it: times are in nanoseconds.
const INSTANT: Duration = Duration::from_nanos(1);

impl Run<'_> {
    /// The last instant before this moment of the main phase, once that has begun.
    fn before(&self, moment: Option<Duration>) -> Option<Duration> {
        let moment = moment.filter(|_| self.has_begun() && !self.host.is_live())?;
        Some((self.start + moment).saturating_sub(INSTANT))
    }

    /// Whether the main phase has begun.
    pub(super) fn has_begun(&self) -> bool {
        !matches!(self.phase, Phase::Init | Phase::Setup)
    }

    pub(super) fn is_just_before(&self, moment: Option<Duration>) -> bool {
        self.before(moment).is_some_and(|stop| self.now >= stop)
    }

    /// Until when nodes may go on by themselves: until the next event, and not beyond the moment.
    pub(super) fn next_stop(&self, moment: Option<Duration>) -> Option<Duration> {
        let next = self.events.next_time()?;
        Some(self.before(moment).map_or(next, |stop| stop.min(next)))
    }

    /// Shows what is under way.
    pub(super) fn look(&mut self) -> ControlFlow<()> {
        let inbox = |node: &'_ String| {
            let endpoint = self.network.find(node);
            let inbox = endpoint.map_or_else(Vec::new, |it| self.network.inbox(it));
            let under_way = inbox.into_iter().map(|(due, packet, is_cut)| UnderWay {
                due: due.saturating_sub(self.start),
                is_cut,
                line: &packet.line,
            });
            under_way.collect()
        };
        let inboxes = self.config.nodes.iter().map(|node| Inbox {
            node,
            under_way: inbox(node),
        });
        let inboxes: Vec<Inbox<'_>> = inboxes.collect();
        self.observer.look(&inboxes)
    }
}
