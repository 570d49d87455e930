//! Taking in what other nodes say.

use std::time::Duration;

use super::{ACKNOWLEDGE, ACTIVE, BELOW, LATE, OWN, Protocol, SOON};
use crate::message::Message;
use crate::replica::Replica;
use crate::versions::Versions;

/// How soon the hub hears that one it cannot reach has got something.
const RELAYED: Duration = Duration::from_millis(100);

/// What counts of a message once its news is taken in.
struct Heard {
    from: usize,
    has_news: bool,
    is_to_all: bool,
    /// It has waited before, at a relay or because a message was lost.
    is_late: bool,
    /// The sender has more than it was known to have.
    is_progress: bool,
    next_push: Option<(Duration, Duration)>,
    /// How old the oldest change was that it brings.
    age: Option<Duration>,
}

impl<R: Replica> Protocol<R> {
    /// Takes in what another node says.
    ///
    /// # Errors
    /// If it cannot be true; nothing of it counts then.
    pub fn receive(
        &mut self,
        now: Duration,
        from: usize,
        mut message: Message<R::Delta>,
    ) -> Result<(), String> {
        if from == self.me || from >= self.peers.len() {
            return Ok(());
        }
        self.check_nodes(&message)?;
        if !self.understand(from, &mut message)? {
            return Ok(());
        }
        self.check(&message)?;
        let heard = Heard {
            from,
            has_news: !message.news.is_empty(),
            is_to_all: message.push,
            is_late: message.again || !message.below.is_empty(),
            is_progress: !self.peers[from].has.covers(&message.have),
            next_push: (message.next_push)
                .map(|(at, epoch)| (Duration::from_nanos(at), Duration::from_nanos(epoch))),
            age: message.age.map(Duration::from_nanos),
        };
        self.hear_of_others(now, &message.below, &message.relay);
        self.hear_from_sender(now, from, &message);
        let was = self.have.clone();
        if !self.take_in(message) {
            // The sender is to send what is missing.
            let sender = &mut self.peers[from];
            (sender.answer, sender.ask) = (true, true);
        }
        let learnt = !was.covers(&self.have);
        if learnt {
            self.active_until = now + ACTIVE;
        }
        self.plan(now, &heard, learnt);
        Ok(())
    }

    /// Takes in the news, if nothing before it is missing.
    fn take_in(&mut self, message: Message<R::Delta>) -> bool {
        let stands_alone = message.part && !self.config.causal;
        if !stands_alone && !self.is_complete_after(&message) {
            // Of a part, what led to it comes from others, and then it does, too.
            return message.part;
        }
        let mut fits = true;
        for (of, delta) in message.news.into_iter().filter(|(of, _)| *of != OWN) {
            let replica = &mut self.known[of].replica;
            fits &= replica.apply(delta);
            self.have.raise(of, replica.version());
        }
        fits
    }

    /// Whether everything that the sender holds will be here with this message.
    /// Else something was lost, and it is not taken in at all: what is here is
    /// always what was at some time at some node, all that led to it included.
    fn is_complete_after(&self, message: &Message<R::Delta>) -> bool {
        let mut after = self.have.clone();
        for (of, delta) in &message.news {
            match self.known[*of].version_after(delta) {
                Some(version) => after.raise(*of, version),
                None => return false,
            }
        }
        after.covers(&message.have)
    }

    /// What the sender says of those that it relays to, and whom this node is to
    /// relay to.
    fn hear_of_others(&mut self, now: Duration, below: &[(usize, u32, Versions)], relay: &[usize]) {
        for (node, life, has) in below {
            let Some(peer) = self.peers.get_mut(*node) else {
                continue;
            };
            if peer.life == 0 {
                peer.lives(*life);
            }
            // Of another life it says nothing.
            if peer.life == *life {
                peer.has(has);
            }
        }
        for node in relay.iter().filter(|node| **node != self.me) {
            if let Some(peer) = self.peers.get_mut(*node) {
                if peer.below_until <= now {
                    (peer.answer, peer.ask) = (true, true);
                }
                peer.below_until = now + BELOW;
            }
        }
    }

    /// What a message says of its sender, whatever news it brings.
    fn hear_from_sender(&mut self, now: Duration, from: usize, message: &Message<R::Delta>) {
        let peer = &mut self.peers[from];
        peer.has(&message.have);
        peer.failures = 0;
        peer.stamp = Some((message.at, now));
        if let Some((at, held)) = message.echo {
            peer.heard(at);
            let (at, held) = (Duration::from_nanos(at), Duration::from_nanos(held));
            let round_trip = now.saturating_sub(at).saturating_sub(held);
            self.pace.round_trip(now, round_trip);
            // It has answered since.
            if peer.suspected.is_some_and(|since| since <= at) {
                peer.suspected = None;
            }
        }
        if message.late > 0 {
            self.pace.late(now, Duration::from_nanos(message.late));
        }
        if message.up {
            peer.below_until = now + BELOW;
        }
        if message.ask {
            peer.answer = true;
            // What it lacks is lost, or it would not ask.
            peer.lost();
            peer.again = true;
        }
    }

    /// When to pass on what was heard, and to acknowledge it.
    fn plan(&mut self, now: Duration, heard: &Heard, learnt: bool) {
        let from = heard.from;
        let hub = self.hub();
        let next_push = heard.next_push.filter(|_| from == hub);
        if let Some((next_push, epoch)) = next_push {
            self.epoch = epoch;
            self.up_at = self.just_in_time(now, next_push);
        }
        if heard.has_news && (from == hub || self.is_below(from, now)) {
            let at = match next_push {
                Some(_) => self.last_up_within(now + ACKNOWLEDGE),
                None => now + ACKNOWLEDGE,
            };
            self.peers[from].acknowledge_at.get_or_insert(at);
        }
        let relays = self.peers[from].below_until > now;
        if hub == self.me {
            if learnt && heard.is_late {
                self.late_at.get_or_insert(now + LATE);
            } else if let Some(age) = heard.age.filter(|_| learnt)
                && self.pace.latest(now, age, 2) < self.push_at
            {
                // Others that were held up by the same may come just now.
                let at = now + SOON;
                self.late_at = Some(self.late_at.map_or(at, |late| late.min(at)));
            }
        } else {
            if learnt && relays {
                self.up_at = now;
            }
            // The hub waits to hear of what came another way.
            if relays && heard.is_progress && from != hub {
                self.acknowledge_by(hub, now + RELAYED);
            } else if learnt && self.config.eager {
                self.acknowledge_by(hub, now + ACKNOWLEDGE);
            }
        }
        if learnt && self.config.eager && heard.is_to_all {
            self.count_on_others(now);
        }
    }

    fn acknowledge_by(&mut self, node: usize, at: Duration) {
        let due = self.peers[node].acknowledge_at.get_or_insert(at);
        *due = at.min(*due);
    }

    /// Where nodes send their changes to everyone: what has come here has come
    /// to the others, too, unless they do not acknowledge it in time.
    fn count_on_others(&mut self, now: Duration) {
        let hub = self.hub();
        for node in self.others() {
            if hub != self.me && node != hub {
                continue;
            }
            let until = now + self.patience(node, now);
            let peer = &mut self.peers[node];
            if peer.suspected.is_none() && peer.failures == 0 {
                peer.sent(&self.have, until);
            }
        }
    }
}
