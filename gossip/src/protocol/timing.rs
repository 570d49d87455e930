//! When to send, and how long to wait.

use std::time::Duration;

use super::{ACKNOWLEDGE, Protocol, RETRY};
use crate::replica::Replica;

/// How long to wait for an answer as long as none has come.
const UNKNOWN: Duration = Duration::from_secs(1);
/// How much later than most an answer may be.
const SLACK: Duration = Duration::from_millis(100);

impl<R: Replica> Protocol<R> {
    /// By when this leaf's hub must be told of the oldest change that it was not
    /// told of.
    pub(super) fn up_by(&self, now: Duration) -> Duration {
        let Some(made) = self.untold else {
            return Duration::MAX;
        };
        let age = now.saturating_sub(made);
        self.pace
            .latest(now, age, 2)
            .saturating_sub(self.pace.margin())
    }

    /// How long until what is sent to a node is acknowledged, if all is well.
    pub(super) fn patience(&mut self, peer: usize, now: Duration) -> Duration {
        let timeout = match self.pace.timeout() {
            None => UNKNOWN,
            Some(timeout) => timeout + SLACK.max(self.pace.worst(now)),
        };
        let is_asked = self.peers[peer].failures > 0 || self.peers[peer].ask;
        if is_asked && peer == self.hub() {
            timeout
        } else if is_asked {
            timeout.max(RETRY)
        } else if peer == self.hub() && !self.config.eager {
            timeout + self.epoch + self.pace.margin()
        } else {
            timeout + ACKNOWLEDGE
        }
    }

    /// As a leaf that hears from the hub now how long that waits for its next
    /// push: when to send what is to be in it. At once, while it is not known
    /// how long that takes.
    pub(super) fn just_in_time(&self, now: Duration, next_push: Duration) -> Duration {
        let Some(mean) = self.pace.mean() else {
            return now;
        };
        let ahead = mean + self.pace.margin();
        match (now + next_push).checked_sub(ahead) {
            Some(at) if at >= now => at,
            // Too late for that one.
            Some(at) => self.epochs_after(at, now),
            None => now,
        }
    }

    /// The first of the moments `at` and whole epochs after it that is later
    /// than `now`.
    pub(super) fn epochs_after(&self, at: Duration, now: Duration) -> Duration {
        if now < at {
            return at;
        }
        let epochs = now.saturating_sub(at).as_nanos() / self.epoch.as_nanos().max(1) + 1;
        let epochs = u32::try_from(epochs).unwrap_or(u32::MAX);
        at + self.epoch.saturating_mul(epochs)
    }

    /// As a leaf: the last of its times to send up that is not after this.
    pub(super) fn last_up_within(&self, limit: Duration) -> Duration {
        let left = limit.saturating_sub(self.up_at).as_nanos();
        let epochs = left / self.epoch.as_nanos().max(1);
        self.up_at + self.epoch * u32::try_from(epochs).unwrap_or(0)
    }
}
