//! The protocol as a state machine: no I/O, no clock of its own.
//!
//! One node, the first in the list, is the *hub*. What a leaf has to say goes
//! up to the hub; the hub *pushes* everything new to everyone once an epoch.
//! With n nodes that takes at most 2(n - 1) messages an epoch, and no scheme
//! that brings everything to everyone takes fewer (the bound for gossip in one
//! direction at a time; Harary and Schwenk 1974). Two things make it cheap in
//! time as well:
//!
//! - A leaf sends just in time to reach the hub before its next push. It learns
//!   when that is from the last push and the round-trip time.
//! - After a pause, the first piece of news goes up and out at once.
//!
//! Nodes promise that a change is everywhere within a certain time, and keep room in it
//! for those that are late ([`pace`](self::Config::within)). What would still come later
//! than promised if it waited for its turn does not wait: a leaf sends it up before its
//! time, the hub pushes it between two pushes.
//!
//! Acknowledgements are version vectors in messages that go anyway; only after
//! [`ACKNOWLEDGE`] without any does a message go for that alone. When a message
//! is lost, the next one does not fit and the receiver asks for what it missed;
//! when there is no next one, what is not acknowledged in time is sent again.
//!
//! A leaf whose hub does not answer, even when asked, says what it has to say
//! to everyone, takes whoever answers and is first in the list as its hub, and
//! is one itself if nobody before it answers. (Every node's hub stands before
//! it in the list, so there is never a circle.) A hub that cannot reach a leaf
//! asks one after another of the others to relay.
//!
//! A node that was killed and started again is another one, as to what it contributes: see
//! [`Owner`].

mod check;
mod lives;
mod pace;
mod receive;
mod timing;

use std::time::Duration;

use crate::message::Message;
use crate::owner::{Known, Owner};
use crate::peer::Peer;
use crate::replica::Replica;
use crate::versions::Versions;
use pace::Pace;

/// How long an acknowledgement may wait for a message to go with.
pub const ACKNOWLEDGE: Duration = Duration::from_secs(2);
/// How often a node that does not answer is tried again.
const RETRY: Duration = Duration::from_millis(1300);
/// How long what came over a relay, or not at the first attempt, waits at most
/// for the next push: it has waited before.
const LATE: Duration = Duration::from_millis(300);
/// How long a node is a hub to one that counts on it, or was told to be.
const BELOW: Duration = Duration::from_secs(10);

/// A node that has something to do looks at the clock this often: only so can it
/// notice that it stood still.
const WATCH: Duration = Duration::from_millis(25);
/// For so long after the last news it has something to do.
const ACTIVE: Duration = Duration::from_secs(10);
/// An answer that is wanted at once waits so long at most for the next push.
const TOGETHER: Duration = Duration::from_millis(50);
/// A node that is late by more than this has mail, and takes so long to read it
/// before it says anything.
const SOON: Duration = Duration::from_millis(2);

/// This node's own replica: what it comes to know first.
const OWN: usize = 0;

/// Where on the frontier between messages and latency to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The promise: a change is everywhere within this time, if nothing is lost.
    /// The longer, the fewer messages: what of it is not needed for two latencies,
    /// and as room for nodes that are late, is the epoch, the time from one push
    /// of the hub to the next. Where nodes are late by nearly as much as is
    /// promised, it is not kept; an epoch is not shorter than an eighth of it, nor
    /// than 70 ms (or three fifths of a promise that short).
    pub within: Duration,
    /// Whether a node sends each change of its own to everyone at once, so that
    /// it is everywhere after one latency. The hub then only mends.
    pub eager: bool,
    /// Whether a node takes in a change only with all that its maker knew of when it made it. Else
    /// it does as soon as it comes, whichever way: that is earlier, and nothing for nodes whose
    /// clients must not see an effect without its cause.
    pub causal: bool,
}

/// Messages, and the nodes they go to.
pub type Outgoing<D> = Vec<(usize, Message<D>)>;

/// One node's part in the protocol.
#[derive(Debug)]
pub struct Protocol<R> {
    config: Config,
    me: usize,
    /// This node's life.
    life: u32,
    /// All replicas that are known of; the own one is the first.
    known: Vec<Known<R>>,
    /// What the replicas make.
    have: Versions,
    /// What others had when they first said something to this node in its present life.
    to_catch_up: Versions,
    peers: Vec<Peer>,
    pace: Pace,
    /// When this node wanted to be polled again.
    wakes_at: Option<Duration>,
    /// It was late; until then it takes in what came meanwhile.
    mail_until: Duration,
    /// Until then it watches the clock.
    active_until: Duration,
    /// As a hub: the next push may be at this time.
    push_at: Duration,
    /// There is a push beside those once an epoch at this time.
    late_at: Option<Duration>,
    /// As a leaf: what there is to say may go up at this time.
    up_at: Duration,
    /// As a leaf, from its hub: the time from one push to the next.
    epoch: Duration,
    /// When the oldest change was made that is known here and that the hub was
    /// not told.
    untold: Option<Duration>,
    /// The version of the own replica that was last looked at.
    noted: u64,
    /// Which node thinks that it is this one's hub: the one it told so last.
    told: usize,
    /// When the nodes before the hub were last tried.
    tried_at: Duration,
    /// The version of the own replica that everyone was sent, if eager.
    everyone_has: u64,
    /// Who was asked last to relay.
    helper: usize,
}

impl<R: Replica> Protocol<R> {
    /// The part of the node at the place `me` among `count`. When it starts again, with
    /// nothing of what it knew, `life` is another number, and never 0.
    pub fn new(config: Config, me: usize, count: usize, life: u32) -> Self {
        let own = Known {
            owner: Owner { node: me, life },
            replica: R::default(),
        };
        Protocol {
            config,
            me,
            life,
            known: vec![own],
            have: Versions::default(),
            to_catch_up: Versions::default(),
            peers: (0..count).map(|_| Peer::default()).collect(),
            pace: Pace::new(config.within),
            wakes_at: None,
            mail_until: Duration::ZERO,
            active_until: Duration::ZERO,
            push_at: Duration::ZERO,
            late_at: None,
            up_at: Duration::ZERO,
            epoch: config.within,
            untold: None,
            noted: 0,
            told: 0,
            tried_at: Duration::ZERO,
            everyone_has: 0,
            helper: 0,
        }
    }

    /// The version of this node's own replica.
    pub fn version(&self) -> u64 {
        self.known[OWN].version()
    }

    /// What each node contributed, in each of its lives, as far as it is known here: this one's
    /// own first, the others in the order in which they came to be known.
    pub fn known(&self) -> &[Known<R>] {
        &self.known
    }

    /// Changes this node's own replica.
    pub fn change(&mut self, change: impl FnOnce(&mut R)) {
        change(&mut self.known[OWN].replica);
        self.have.raise(OWN, self.version());
    }

    /// Makes the next [`Protocol::poll`] tell every node what is new here, and ask
    /// for an answer. Nodes that do not answer are told later. Gives those that have
    /// answered until now.
    pub fn tell_all(&mut self) -> Vec<usize> {
        for node in self.others() {
            let peer = &mut self.peers[node];
            if peer.owes_until().is_none() || peer.failures == 0 {
                (peer.answer, peer.ask) = (true, true);
            }
        }
        self.others().filter(|node| self.answers(*node)).collect()
    }

    /// Whether a node has this version of this node's replica, or a later one.
    pub fn is_known_to(&self, node: usize, version: u64) -> bool {
        self.peers[node].has.get(OWN) >= version
    }

    /// Whether a node has acknowledged what was sent to it last, as far as it had to.
    pub fn answers(&self, node: usize) -> bool {
        let peer = &self.peers[node];
        peer.failures == 0 && peer.suspected.is_none()
    }

    /// The first node that is not suspected, or this one.
    fn hub(&self) -> usize {
        let before = self.peers[..self.me].iter();
        before.take_while(|peer| peer.suspected.is_some()).count()
    }

    fn others(&self) -> impl Iterator<Item = usize> + use<R> {
        let me = self.me;
        (0..self.peers.len()).filter(move |node| *node != me)
    }

    fn is_hub(&self) -> bool {
        self.hub() == self.me
    }

    /// What there is to say now, and to whom; and when to ask again, if nothing
    /// comes before.
    pub fn poll(&mut self, now: Duration) -> (Outgoing<R::Delta>, Option<Duration>) {
        self.look_at_the_clock(now);
        self.miss(now);
        let mut messages = Vec::new();
        if self.config.eager && self.everyone_has < self.have.get(OWN) {
            self.tell_everyone(now, &mut messages);
        }
        let is_due = |node: &usize| {
            let due = self.due(*node, now);
            due.is_some_and(|due| due.max(self.mail_until) <= now)
        };
        let due: Vec<usize> = self.others().filter(is_due).collect();
        if due.iter().any(|node| self.is_pushed_to(*node, now)) {
            self.late_at = None;
            if self.push_at <= now {
                self.push_at = now + self.pace.epoch(now);
            }
        }
        for node in due {
            messages.push((node, self.message(node, now)));
        }
        let wakes = self.others().flat_map(|node| {
            let owes = self.peers[node].owes_until();
            [self.due(node, now), owes].into_iter().flatten()
        });
        let watch = (now < self.active_until).then_some(now + WATCH);
        let next = wakes.min().map(|next| next.max(now).max(self.mail_until));
        let next = next.into_iter().chain(watch).min();
        self.wakes_at = next;
        (messages, next)
    }

    /// Takes note of how late this is, and of changes since the last time.
    fn look_at_the_clock(&mut self, now: Duration) {
        if let Some(due) = self.wakes_at.take().filter(|due| *due <= now) {
            let late = now.saturating_sub(due);
            self.pace.turn(now, late);
            if late > SOON {
                self.mail_until = now + SOON;
            }
        }
        let version = self.version();
        if self.noted < version {
            self.noted = version;
            self.untold.get_or_insert(now);
            self.active_until = now + ACTIVE;
        }
    }

    /// Looks who did not acknowledge what was sent to him.
    fn miss(&mut self, now: Duration) {
        for node in self.others() {
            let hub = self.hub();
            let peer = &mut self.peers[node];
            if peer.owes_until().is_none_or(|until| now < until) {
                continue;
            }
            peer.lost();
            peer.again = true;
            peer.failures += 1;
            peer.ask = true;
            if node == hub && peer.failures >= 2 {
                // Everyone is, until he answers: whoever is first is the hub.
                for peer in &mut self.peers {
                    peer.suspected.get_or_insert(now);
                    peer.ask = true;
                }
                self.push_at = now;
            } else if hub == self.me && peer.failures >= 2 && !peer.has.covers(&self.have) {
                self.find_helper(node);
            }
        }
    }

    /// Asks another node to relay to this one.
    fn find_helper(&mut self, node: usize) {
        let count = self.peers.len();
        for _ in 0..count {
            self.helper = (self.helper + 1) % count;
            let helper = &mut self.peers[self.helper];
            let can = helper.suspected.is_none() && helper.failures == 0;
            if can && self.helper != node && self.helper != self.me {
                helper.relay.push(node);
                helper.answer = true;
                return;
            }
        }
    }

    /// Whether this node answers for what that one knows.
    fn is_below(&self, node: usize, now: Duration) -> bool {
        self.is_hub() || now < self.peers[node].below_until
    }

    fn is_pushed_to(&self, node: usize, now: Duration) -> bool {
        let peer = &self.peers[node];
        self.is_below(node, now) && node != self.hub() && peer.failures == 0 && !peer.answer
    }

    /// When this node is to have a message, if at all.
    fn due(&self, node: usize, now: Duration) -> Option<Duration> {
        let peer = &self.peers[node];
        if peer.answer {
            let with_push = self.is_below(node, now) && self.push_at < now + TOGETHER;
            return Some(if with_push {
                now.max(self.push_at)
            } else {
                now
            });
        }
        let hub = self.hub();
        if node == hub && self.told != hub {
            return Some(now);
        }
        let lacks = !peer.expected().covers(&self.have);
        let with_news = if !lacks {
            None
        } else if peer.failures > 0 {
            // Again and again, but not faster than that.
            let is_mine = node == hub || self.is_below(node, now);
            is_mine.then(|| peer.owes_until().unwrap_or(now))
        } else if node == hub {
            // Of a push that is less than a round trip ahead, it cannot know in time.
            let can_time = self.pace.timeout().is_none_or(|ahead| ahead < self.epoch);
            Some(if can_time {
                self.up_at.min(self.up_by(now))
            } else {
                now
            })
        } else if self.is_below(node, now) {
            Some(self.late_at.unwrap_or(self.push_at).min(self.push_at))
        } else {
            None
        };
        let with_push = self.is_below(node, now) && !self.config.eager;
        let alone = peer.acknowledge_at.map(|at| match with_push {
            true => at.min(self.push_at.max(now)),
            false => at,
        });
        with_news.into_iter().chain(alone).min()
    }

    /// What goes with a message to the hub.
    fn count_on_hub(&mut self, hub: usize, now: Duration) {
        if self.told != hub {
            self.told = hub;
            // Others will find their way as this one did.
            for peer in &mut self.peers {
                peer.below_until = Duration::ZERO;
            }
        }
        if hub > 0 && now >= self.tried_at + RETRY {
            // Those before it may be back.
            self.tried_at = now;
            for peer in &mut self.peers[..hub] {
                (peer.answer, peer.ask) = (true, true);
            }
        }
    }

    fn message(&mut self, node: usize, now: Duration) -> Message<R::Delta> {
        let hub = self.hub();
        let push = self.is_pushed_to(node, now);
        if node == hub {
            let peer = &mut self.peers[node];
            if self.pace.mean().is_some() {
                self.up_at = self.epochs_after(self.up_at, now);
            } else if peer.owes_until().is_none() && !peer.has.covers(&self.have) {
                // When to send the next, only an answer can tell.
                peer.ask = true;
            }
            self.count_on_hub(hub, now);
        }
        let below = match node == hub {
            true => (self.peers.iter().enumerate())
                .filter(|(_, peer)| now < peer.below_until)
                .map(|(below, peer)| (below, peer.life, peer.has.clone()))
                .collect(),
            false => Box::default(),
        };
        let is_mine = node <= hub || self.is_below(node, now);
        // Those that others answer for hear of the rest from them.
        let lacking: Vec<usize> = (self.have.lacking(self.peers[node].expected()))
            .filter(|of| !self.is_present_life(*of, node) && (is_mine || *of == OWN))
            .collect();
        let news = lacking.into_iter().map(|of| {
            let known = self.peers[node].expected().get(of);
            (of, self.known[of].since(known))
        });
        let news: Vec<(usize, R::Delta)> = news.collect();
        let age = match node == hub {
            true => self.untold.take().filter(|_| !news.is_empty()),
            false => None,
        };
        let until = now + self.patience(node, now);
        let epoch = nanos(self.pace.epoch(now));
        let late = nanos(self.pace.worst(now));
        let who = self.introductions(node, nanos(now));
        let peer = &mut self.peers[node];
        if is_mine || peer.ask {
            peer.sent(&self.have, until);
        }
        peer.acknowledge_at = None;
        peer.answer = false;
        Message {
            lives: (self.life, peer.life),
            who,
            have: self.have.clone(),
            news,
            part: !is_mine,
            up: node == hub,
            push,
            next_push: (hub == self.me).then(|| (nanos(self.push_at.saturating_sub(now)), epoch)),
            age: age.map(|made| nanos(now.saturating_sub(made))),
            late: if node == hub { late } else { 0 },
            ask: std::mem::take(&mut peer.ask),
            again: std::mem::take(&mut peer.again),
            relay: std::mem::take(&mut peer.relay).into(),
            below,
            at: nanos(now),
            echo: (peer.stamp).map(|(at, came)| (at, nanos(now.saturating_sub(came)))),
        }
    }

    /// Sends the latest changes of the own replica to every node.
    fn tell_everyone(&mut self, now: Duration, messages: &mut Outgoing<R::Delta>) {
        let own = self.version();
        let hub = self.hub();
        for node in self.others() {
            let is_mine = node == hub || self.is_below(node, now);
            if self.peers[node].suspected.is_some() {
                continue;
            }
            let mut message = self.message(node, now);
            message.push = true;
            message.part = true;
            if !is_mine {
                let delta = self.known[OWN].since(self.everyone_has);
                message.news = vec![(OWN, delta)];
            }
            messages.push((node, message));
        }
        self.everyone_has = own;
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
