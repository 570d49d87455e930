//! What a message may say: a number near the end of its range would wrap, hide what
//! is here, or freeze another node's replica for ever; so it counts only if it can be true.

use super::Protocol;
use crate::message::Message;
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
    /// Whether a message can be true.
    ///
    /// # Errors
    /// What it says, and what was expected.
    pub(super) fn check(&self, message: &Message<R::Delta>) -> Result<(), String> {
        let count = self.peers.len();
        self.check_versions("have", &message.have)?;
        let nodes = (message.news.iter().map(|(node, _)| *node))
            .chain(message.relay.iter().copied())
            .chain(message.below.iter().map(|(node, _)| *node));
        if let Some(node) = nodes.into_iter().find(|node| *node >= count) {
            return Err(format!(
                "there are {count} nodes, and none has number {node}"
            ));
        }
        let lists = [message.news.len(), message.relay.len(), message.below.len()];
        if let Some(entries) = lists.into_iter().find(|entries| *entries > count) {
            return Err(format!("expected at most {count} entries, found {entries}"));
        }
        for (_, has) in &message.below {
            self.check_versions("below", has)?;
        }
        for (node, delta) in &message.news {
            let replica = &self.replicas[*node];
            if let Some(after) = replica.version_after(delta) {
                self.check_version("news", *node, after)?;
            }
        }
        R::check(self.me, &self.replicas, &message.news).map_err(|why| format!("news: {why}"))?;
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
        let count = self.peers.len();
        if versions.len() > count {
            let found = versions.len();
            return Err(format!(
                "{what}: expected {count} versions at most, found {found}"
            ));
        }
        (0..count).try_for_each(|node| self.check_version(what, node, versions.get(node)))
    }

    fn check_version(&self, what: &str, node: usize, version: u64) -> Result<(), String> {
        let known = self.replicas[node].version();
        match version > known.saturating_add(FAR) {
            true => Err(format!(
                "{what}: version {version} of node {node} is too far from {known}, which is known"
            )),
            false => Ok(()),
        }
    }
}
