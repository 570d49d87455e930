//! The protocol on a network of its own: latency, loss, duplicates, cuts, nodes that are killed and
//! start again, in virtual time.
//!
//! Why not on the workbench's: there a fault is a partition as Maelstrom draws it, which heals, a
//! node lives once, and what it knows shows in what a client reads from it. Here each direction of
//! each link is cut by itself and may stay so, any node starts again at any moment, and every
//! message and every replica can be looked at at any time. It tells: a protocol that never asks
//! anyone to relay, and one that takes a node that starts again for the old one, pass all runs of
//! broadcast's `tests/it/workload.rs`, and each fails here. What that can see (all messages
//! everywhere, in time, in few messages, whatever the network does), it tests, and not this.

use std::collections::BTreeMap;
use std::time::Duration;

use gossip::{Config, Log, Message, Owner, Protocol, Replica};
use rng::Rng;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const SHORT: Config = Config {
    within: ms(690),
    eager: false,
    causal: false,
};
const LONG: Config = Config {
    within: ms(1900),
    eager: false,
    causal: false,
};
const FAST: Config = Config {
    within: ms(330),
    eager: true,
    causal: false,
};

const CAUSAL: Config = Config {
    causal: true,
    ..SHORT
};

enum Event {
    Change(usize),
    Deliver(usize, usize, Message<Log<u64>>),
    Poll(usize),
}

/// Nodes, and what is under way between them.
struct World {
    config: Config,
    nodes: Vec<Protocol<Log<u64>>>,
    now: Duration,
    /// When each node wants to be polled.
    polls: Vec<Option<Duration>>,
    events: BTreeMap<(Duration, u64), Event>,
    scheduled: u64,
    rng: Rng,
    latency: Duration,
    /// The probability that a message is lost, that one comes twice, and that
    /// one is late by up to 200 ms.
    mishaps: f64,
    /// From whom to whom nothing gets through.
    cut: Box<dyn Fn(usize, usize) -> bool>,
    changes: u64,
    /// Of each change, what its node knew when it made it: of whom how many.
    led_to: Vec<Vec<(Owner, u64)>>,
    sent: Vec<(Duration, usize, usize)>,
}

impl World {
    fn new(config: Config, count: usize, seed: u64) -> Self {
        World {
            config,
            nodes: (0..count)
                .map(|me| Protocol::new(config, me, count, 1))
                .collect(),
            now: Duration::ZERO,
            polls: vec![None; count],
            events: BTreeMap::new(),
            scheduled: 0,
            rng: Rng::new(seed),
            latency: ms(100),
            mishaps: 0.0,
            cut: Box::new(|_, _| false),
            changes: 0,
            led_to: Vec::new(),
            sent: Vec::new(),
        }
    }

    fn at(&mut self, time: Duration, event: Event) {
        self.scheduled += 1;
        self.events.insert((time, self.scheduled), event);
    }

    /// Changes at random nodes, this many a second, from now for this long.
    fn changes(&mut self, a_second: u64, time: Duration) {
        for _ in 0..a_second * time.as_millis() as u64 / 1000 {
            let at = self.now + time.mul_f64(self.rng.f64());
            let node = self.rng.below(self.nodes.len() as u64) as usize;
            self.at(at, Event::Change(node));
        }
    }

    fn run_until(&mut self, end: Duration) {
        while let Some(entry) = self.events.first_entry() {
            if entry.key().0 > end {
                break;
            }
            let ((time, _), event) = entry.remove_entry();
            self.now = time;
            let node = match event {
                Event::Change(node) => {
                    let change = self.changes;
                    self.changes += 1;
                    self.led_to.push(self.versions(node));
                    self.nodes[node].change(|log| log.push(change));
                    node
                }
                Event::Deliver(from, to, _) if (self.cut)(from, to) => continue,
                Event::Deliver(from, to, message) => {
                    let received = self.nodes[to].receive(time, from, message);
                    assert_eq!(received, Ok(()));
                    if self.config.causal {
                        self.assert_whole(to);
                    }
                    to
                }
                // One that another took the place of.
                Event::Poll(node) if self.polls[node] != Some(time) => continue,
                Event::Poll(node) => node,
            };
            let (messages, next) = self.nodes[node].poll(time);
            for (to, message) in messages {
                self.sent.push((time, node, to));
                let copies = match () {
                    () if self.rng.chance(self.mishaps) => 0,
                    () if self.rng.chance(self.mishaps) => 2,
                    () => 1,
                };
                for _ in 0..copies {
                    let mut at = time + self.latency;
                    if self.rng.chance(self.mishaps) {
                        at += ms(self.rng.below(200));
                    }
                    self.at(at, Event::Deliver(node, to, message.clone()));
                }
            }
            self.polls[node] = next;
            if let Some(next) = next {
                self.at(next, Event::Poll(node));
            }
        }
        self.now = end;
    }

    /// A node is killed and starts again, with nothing; what is under way to it still arrives.
    fn restart(&mut self, node: usize) {
        let life = self.nodes[node].owner().life + 1;
        let (config, count) = (self.config, self.nodes.len());
        self.nodes[node] = Protocol::new(config, node, count, life);
        self.polls[node] = None;
    }

    /// All items that a node knows, in order.
    fn items(&self, node: usize) -> Vec<u64> {
        let known = self.nodes[node].known().iter();
        let mut items: Vec<u64> = known.flat_map(|log| log.items()).copied().collect();
        items.sort_unstable();
        items
    }

    /// Of whom a node knows how many items.
    fn versions(&self, node: usize) -> Vec<(Owner, u64)> {
        let known = self.nodes[node].known().iter();
        known.map(|log| (log.owner, log.version())).collect()
    }

    /// A node knows all that led to what it knows.
    #[track_caller]
    fn assert_whole(&self, node: usize) {
        let known: BTreeMap<Owner, u64> = self.versions(node).into_iter().collect();
        // What led to the last of a log led to all before it.
        let last = self.nodes[node].known().iter();
        for change in last.filter_map(|log| log.items().last()) {
            let mut led_to = self.led_to[*change as usize].iter();
            let lacks = led_to.find(|(owner, count)| known.get(owner).unwrap_or(&0) < count);
            assert_eq!(
                lacks, None,
                "node {node} knows {change} without what led to it"
            );
        }
    }

    fn known(&self, node: usize) -> usize {
        let known = self.nodes[node].known().iter();
        known.map(|log| log.items().len()).sum()
    }

    /// Whether all of these nodes know everything that any of them knows.
    fn agree(&self, nodes: impl IntoIterator<Item = usize> + Clone) -> bool {
        let first = nodes.clone().into_iter().next().expect("a node");
        let of = |node: usize| {
            let mut known = self.nodes[node].known().to_vec();
            known.retain(|log| log.version() > 0);
            known.sort_by_key(|log| log.owner);
            known
        };
        nodes.into_iter().all(|node| of(node) == of(first))
    }

    /// Runs until every node knows every change; fails if that takes longer.
    #[track_caller]
    fn completes_within(&mut self, time: Duration, what: &str) {
        let end = self.now + time;
        self.run_until(end);
        let known: Vec<usize> = (0..self.nodes.len()).map(|node| self.known(node)).collect();
        assert!(
            known.iter().all(|known| *known as u64 == self.changes),
            "{what}: of {} changes, the nodes know {known:?}",
            self.changes
        );
    }
}

#[test]
fn one_change_goes_up_and_out_and_is_acknowledged() {
    let mut world = World::new(SHORT, 4, 1);
    world.at(ms(1000), Event::Change(2));
    world.run_until(ms(60_000));
    let sent: Vec<(u128, usize, usize)> = (world.sent.iter())
        .map(|(time, from, to)| (time.as_millis(), *from, *to))
        .collect();
    assert_eq!(
        sent,
        [
            // Node 2 tells the hub, which tells the others, and node 2 that it did.
            (1000, 2, 0),
            (1100, 0, 1),
            (1100, 0, 2),
            (1100, 0, 3),
            // Nobody has more to say; so those two acknowledge alone.
            (3150, 1, 0),
            (3150, 3, 0),
        ]
    );
    assert!(world.agree(0..4));
}

#[test]
fn an_epoch_takes_two_messages_a_leaf_at_most() {
    for (config, count) in [(SHORT, 5), (SHORT, 25), (LONG, 25)] {
        let mut world = World::new(config, count, 1);
        let time = ms(20_000);
        world.changes(50, time);
        world.run_until(time);
        // What is promised less a round trip and the least room; shorter until it is known
        // that nobody is ever late.
        let epoch = config.within - ms(230);
        let epochs = time.as_secs_f64() / epoch.as_secs_f64() + 3.0;
        let bound = epochs * 2.0 * (count - 1) as f64;
        // Until it knows how long they take, a leaf does not gather messages.
        let bound = bound + 6.0 * (count - 1) as f64;
        let sent = world.sent.len() as f64;
        assert!(sent <= bound, "{sent} of {bound}");
        // With acknowledgements at the end.
        world.completes_within(config.within, "the last");
        world.sent.clear();
        world.run_until(ms(40_000));
        assert!(world.sent.len() <= 2 * (count - 1), "{:?}", world.sent);
        world.sent.clear();
        world.run_until(ms(400_000));
        assert_eq!(world.sent, [], "there is nothing to say");
    }
}

#[test]
fn eager_nodes_need_one_hop() {
    let mut world = World::new(FAST, 25, 1);
    world.changes(50, ms(20_000));
    world.run_until(ms(20_000));
    world.completes_within(ms(100), "the last");
    world.run_until(ms(60_000));
    let sent = world.sent.len();
    assert!(sent < 24 * 1000 + 600, "{sent}");
    world.sent.clear();
    world.run_until(ms(400_000));
    assert_eq!(world.sent, [], "there is nothing to say");
}

#[test]
fn an_isolated_hub_is_replaced_and_comes_back() {
    for config in [SHORT, FAST, LONG] {
        for seed in 0..10 {
            let mut world = World::new(config, 25, seed);
            world.changes(50, ms(20_000));
            world.run_until(ms(7000));
            world.cut = Box::new(|from, to| from == 0 || to == 0);
            world.run_until(ms(12_000));
            // The others go on without it.
            let changes = world.changes as usize;
            let late = (1..25).map(|node| changes - world.known(node)).max();
            let in_flight = 50 * (config.within.as_millis() as usize + 1300) / 1000;
            assert!(late < Some(in_flight), "{config:?}, seed {seed}: {late:?}");
            world.cut = Box::new(|_, _| false);
            let changes = world.changes;
            world.run_until(ms(15_000));
            let least = (0..25).map(|node| world.known(node)).min();
            assert!(least >= Some(changes as usize), "{config:?}, seed {seed}");
            world.run_until(ms(20_000));
            world.completes_within(ms(3000), &format!("{config:?}, seed {seed}"));
        }
    }
}

#[test]
fn a_dead_hub_is_replaced_for_good() {
    for config in [SHORT, FAST, LONG] {
        let mut world = World::new(config, 9, 1);
        world.changes(50, ms(10_000));
        world.run_until(ms(5000));
        world.cut = Box::new(|from, to| from == 0 || to == 0);
        world.run_until(ms(20_000));
        assert!(world.agree(1..9), "{config:?}");
        world.sent.clear();
        world.changes(20, ms(10_000));
        world.run_until(ms(40_000));
        assert!(world.agree(1..9), "{config:?}");
        // At most a vain attempt a second by each.
        let vain = world.sent.iter().filter(|(_, _, to)| *to == 0).count();
        assert!(vain < 9 * 20, "{vain}");
    }
}

#[test]
fn whatever_is_cut_all_is_known_soon_after_the_heal() {
    for (config, seeds) in [(SHORT, 60), (FAST, 60), (LONG, 60), (CAUSAL, 20)] {
        for seed in 0..seeds {
            let rng = Rng::new(1000 + seed);
            let count = 2 + rng.below(12) as usize;
            let mut world = World::new(config, count, seed);
            world.latency = ms(rng.below(120));
            world.mishaps = [0.0, 0.05][rng.below(2) as usize];
            world.changes(20, ms(20_000));
            for _ in 0..4 {
                world.run_until(world.now + ms(rng.below(4000)));
                // Each direction of each link is cut, or not, by itself.
                let share = rng.f64();
                let one_way = rng.chance(0.5);
                let cut: Vec<bool> = (0..count * count).map(|_| rng.chance(share)).collect();
                world.cut = Box::new(move |from, to| match one_way {
                    true => cut[from * count + to],
                    false => cut[from.min(to) * count + from.max(to)],
                });
                world.run_until(world.now + ms(rng.below(6000)));
                world.cut = Box::new(|_, _| false);
            }
            world.run_until(world.now.max(ms(20_000)));
            // Messages may be lost after the heal, too, where there are mishaps.
            let time = if world.mishaps > 0.0 { 8000 } else { 3000 };
            let what = format!("{config:?}, seed {seed}, within {time} ms");
            world.completes_within(ms(time), &what);
        }
    }
}

#[test]
fn every_node_that_can_be_reached_is_reached() {
    // Links are cut, but each node reaches each other over at most one more.
    for config in [SHORT, FAST, LONG, CAUSAL] {
        for seed in 0..20 {
            let rng = Rng::new(seed);
            let count = 7;
            let ways = rng.below(count as u64) as usize;
            let mut world = World::new(config, count, seed);
            world.changes(10, ms(10_000));
            // The hub's links are cut but for one, and some others.
            let cut: Vec<bool> = (0..count * count).map(|_| rng.chance(0.3)).collect();
            let cut = move |a: usize, b: usize| {
                let (low, high) = (a.min(b), a.max(b));
                let through = ways.max(1);
                if low == through || high == through {
                    return false;
                }
                low == 0 || cut[low * count + high]
            };
            world.run_until(ms(2000));
            world.cut = Box::new(cut);
            world.run_until(ms(10_000));
            world.completes_within(ms(20_000), &format!("{config:?}, seed {seed}, over {ways}"));
        }
    }
}

#[test]
fn a_node_that_starts_again_is_told_everything_and_is_heard() {
    let mut world = World::new(SHORT, 3, 1);
    world.at(ms(1000), Event::Change(1));
    world.at(ms(1100), Event::Change(2));
    world.run_until(ms(10_000));
    world.restart(1);
    assert_eq!(world.items(1), [0; 0]);
    world.at(ms(10_000), Event::Change(1));
    world.sent.clear();
    world.run_until(ms(60_000));
    for node in 0..3 {
        assert_eq!(world.items(node), [0, 1, 2], "node {node}");
    }
    let sent: Vec<(u128, usize, usize)> = (world.sent.iter())
        .map(|(time, from, to)| (time.as_millis(), *from, *to))
        .collect();
    assert_eq!(
        sent,
        [
            // It says in which life it is, and what it knows: its new change.
            (10_000, 1, 0),
            // The hub tells it all that is known, and the other one of the change.
            (10_100, 0, 1),
            (10_100, 0, 2),
            // Both acknowledge.
            (11_835, 1, 0),
            (11_835, 2, 0),
        ]
    );
}

/// At any moment, with messages to them and of them under way.
#[test]
fn whoever_is_killed_what_others_know_is_not_lost() {
    for (config, seeds) in [(SHORT, 60), (FAST, 60), (LONG, 60), (CAUSAL, 20)] {
        for seed in 0..seeds {
            let rng = Rng::new(2000 + seed);
            let count = 2 + rng.below(8) as usize;
            let mut world = World::new(config, count, seed);
            world.latency = ms(rng.below(120));
            world.mishaps = [0.0, 0.05][rng.below(2) as usize];
            world.changes(20, ms(20_000));
            for _ in 0..8 {
                world.run_until(world.now + ms(rng.below(2500)));
                let killed = rng.below(count as u64) as usize;
                world.restart(killed);
            }
            world.run_until(world.now.max(ms(20_000)));
            let what = format!("{config:?}, seed {seed}");
            // Unless it was told before, what a node that was killed knew is lost.
            let kept: Vec<u64> = (0..count).flat_map(|node| world.items(node)).collect();
            world.run_until(world.now + ms(8000));
            let items = world.items(0);
            assert!(kept.iter().all(|item| items.contains(item)), "{what}");
            for node in 0..count {
                assert_eq!(world.items(node), items, "{what}, node {node}");
            }
            // And then there is nothing to say.
            world.run_until(world.now + ms(30_000));
            world.sent.clear();
            world.run_until(world.now + ms(400_000));
            assert_eq!(world.sent, [], "{what}");
        }
    }
}
