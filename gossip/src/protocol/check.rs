//! What a message may say: a number near the end of its range would wrap, hide what
//! is here, or freeze another node's replica for ever; so it counts only if it can be true.

use super::Protocol;
use crate::message::Message;
use crate::owner::Known;
use crate::replica::Replica;
use crate::versions::Versions;

/// A version may be this far above what is known of a replica: more changes than any
/// node makes while another hears nothing of it.
const FAR: u64 = 1 << 32;
/// Times in a message are below this, in nanoseconds: a century.
const LATE: u64 = 100 * 365 * 24 * 3600 * 1_000_000_000;
/// The time to the next push, and an age, are below this, in nanoseconds: a day. What
/// is older is late by then anyway.
const DAY: u64 = 24 * 3600 * 1_000_000_000;

impl<R: Replica> Protocol<R> {
    /// Whether the nodes in a message are nodes.
    ///
    /// # Errors
    /// What it says, and what was expected.
    pub(super) fn check_nodes(&self, message: &Message<R::Delta>) -> Result<(), String> {
        let count = self.peers.len();
        let nodes =
            (message.relay.iter().copied()).chain(message.below.iter().map(|below| below.0));
        if let Some(node) = nodes.into_iter().find(|node| *node >= count) {
            return Err(format!(
                "there are {count} nodes, and none has number {node}"
            ));
        }
        let lists = [message.relay.len(), message.below.len()];
        if let Some(entries) = lists.into_iter().find(|entries| *entries > count) {
            return Err(format!("expected at most {count} entries, found {entries}"));
        }
        Ok(())
    }

    /// Whether a message can be true that was understood.
    ///
    /// # Errors
    /// What it says, and what was expected.
    pub(super) fn check(&self, message: &Message<R::Delta>) -> Result<(), String> {
        self.check_versions("have", &message.have)?;
        for (_, _, has) in &message.below {
            self.check_versions("below", has)?;
        }
        for (of, delta) in &message.news {
            if let Some(after) = self.known[*of].version_after(delta) {
                self.check_version("news", *of, after)?;
            }
        }
        let nodes = self.peers.len();
        R::check(nodes, &self.known, &message.news).map_err(|why| format!("news: {why}"))?;
        let (at, held) = message.echo.unwrap_or_default();
        let (next_push, epoch) = message.next_push.unwrap_or_default();
        for (what, time, most) in [
            ("at", message.at, LATE),
            ("echo", at.max(held), LATE),
            ("next_push", next_push.max(epoch), DAY),
            ("age", message.age.unwrap_or(0), LATE),
            ("late", message.late, LATE),
        ] {
            if time >= most {
                return Err(format!(
                    "{what}: expected less than {most} ns, found {time}"
                ));
            }
        }
        Ok(())
    }

    fn check_versions(&self, what: &str, versions: &Versions) -> Result<(), String> {
        let mut all = versions.iter().enumerate();
        all.try_for_each(|(of, version)| self.check_version(what, of, version))
    }

    fn check_version(&self, what: &str, of: usize, version: u64) -> Result<(), String> {
        let Known { owner, replica } = &self.known[of];
        let (node, known) = (owner.node, replica.version());
        match version > known.saturating_add(FAR) {
            true => Err(format!(
                "{what}: version {version} of node {node} is too far from {known}, which is known"
            )),
            false => Ok(()),
        }
    }
}
