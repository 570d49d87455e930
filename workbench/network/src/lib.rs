//! The simulated network: messages and their way from one endpoint to another, and the
//! services that answer some of them.
//!
//! ```
//! use std::time::Duration;
//!
//! use maelstrom_node::Rng;
//! use network::{Config, Latency, Network, Received, Role};
//!
//! let mean = Duration::from_millis(100);
//! let latency = Latency { mean, ..Latency::default() };
//! let mut network = Network::new(Config { latency, ..Config::default() }, Rng::new(1));
//! let n0 = network.add("n0", Role::Node(0));
//! let n1 = network.add("n1", Role::Node(1));
//!
//! network.send(Duration::ZERO, n0, n1, b"hello".to_vec());
//! let Received::Asleep(until) = network.receive(Duration::ZERO, n1) else { panic!() };
//! assert_eq!(until, Duration::from_millis(99)); // as on Maelstrom; see below
//! let Received::Packet(packet) = network.receive(until, n1) else { panic!() };
//! assert_eq!(packet.line, b"hello");
//! ```
//!
//! - [`Network`]: endpoints with a queue each, latency, partitions, loss, and the count of
//!   what was sent and received.
//! - [`wire`]: what a message looks like; [`name`] and [`address`]: what nodes are called, and
//!   how that is written where not every letter can be.
//! - [`service`]: lin-kv, seq-kv, lww-kv and lin-tso.
//!
//! The network is a state machine without a clock of its own. [`Network::send`] puts a
//! packet into its destination's queue; [`Network::receive`] says what the
//! endpoint's reader does now: take a packet, sleep until a moment, or wait for
//! more. Whoever runs it calls `receive` after each send and each such moment.
//!
//! The reader is Maelstrom's, whose figures depend on it: it takes the packet
//! with the earliest deadline, drops it if a partition lies between, and else
//! sleeps until that deadline, cut to whole milliseconds. What arrives
//! meanwhile waits, even if it has no latency at all (head-of-line blocking).

pub mod address;
mod fate;
mod latency;
pub mod name;
pub mod service;
mod stats;
#[cfg(test)]
mod tests;
pub mod wire;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Duration;

use maelstrom_node::Rng;

pub use fate::{Fate, Fates};
pub use latency::{Distribution, Latency};
pub use stats::{Count, Stats};

/// A place that packets are sent from and to, for as long as it is part of the
/// network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId(usize);

/// Who is at an endpoint, which decides what latency and which partitions its
/// packets are subject to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A node under test, by its place among the nodes.
    Node(usize),
    /// A service such as `lin-kv`, by its place among them. Partitions spare it.
    Service(usize),
    /// A client. Neither latency nor partitions touch its packets.
    Client,
}

/// A message on its way, as the line it was written as.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Its number in the order of sending, from 0.
    pub id: u64,
    /// Where it was sent from.
    pub src: EndpointId,
    /// Where it goes.
    pub dest: EndpointId,
    /// The message without its newline.
    pub line: Vec<u8>,
}

/// What an endpoint's reader does next.
#[derive(Debug)]
pub enum Received {
    /// It takes this packet. Call again: there may be more.
    Packet(Packet),
    /// It sleeps; call again at this time.
    Asleep(Duration),
    /// It waits for the next packet, or for a moment that was told before.
    Nothing,
}

/// How the network treats packets.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// How long they take: an hour on average at most.
    pub latency: Latency,
    /// The probability, from 0 to 1, that one is lost.
    pub loss: f64,
    /// The probability, from 0 to 1, that one arrives twice.
    pub duplicate: f64,
    /// The probability, from 0 to 1, that one takes longer than its latency, and
    /// may so arrive after others that were sent later.
    pub reorder: f64,
    /// Whether each packet arrives at its own deadline, whatever waits before
    /// it, and to the nanosecond.
    pub ideal: bool,
}

/// The network between nodes, services and clients.
#[derive(Debug)]
pub struct Network {
    config: Config,
    fates: Source,
    endpoints: Vec<Endpoint>,
    by_name: BTreeMap<String, EndpointId>,
    /// Pairs of nodes, source and destination, between which packets are
    /// dropped.
    cut: BTreeSet<(usize, usize)>,
    next_id: u64,
    next_number: u64,
    /// How many packets are in queues or taken.
    under_way: usize,
    /// How many bytes they have.
    bytes_under_way: usize,
    stats: Stats,
}

#[derive(Debug)]
enum Source {
    Chance(Rng),
    Said(Fates),
}

#[derive(Debug)]
struct Endpoint {
    name: String,
    role: Role,
    open: bool,
    queue: BinaryHeap<Reverse<Queued>>,
    /// The packet its reader has taken and sleeps on.
    taken: Option<(Duration, Packet)>,
    /// When its reader was last told to wake up.
    wakes_at: Option<Duration>,
}

/// Ordered by deadline, then by the order of sending.
#[derive(Debug)]
struct Queued {
    deadline: Duration,
    number: u64,
    packet: Packet,
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.deadline, self.number).cmp(&(other.deadline, other.number))
    }
}

impl Network {
    /// A network without endpoints. All chance in it follows from the
    /// generator.
    pub fn new(config: Config, rng: Rng) -> Self {
        Network {
            config,
            fates: Source::Chance(rng),
            endpoints: Vec::new(),
            by_name: BTreeMap::new(),
            cut: BTreeSet::new(),
            next_id: 0,
            next_number: 0,
            under_way: 0,
            bytes_under_way: 0,
            stats: Stats::default(),
        }
    }

    /// Adds an endpoint. A name that is there already now leads to this one.
    pub fn add(&mut self, name: impl Into<String>, role: Role) -> EndpointId {
        let id = EndpointId(self.endpoints.len());
        let name = name.into();
        self.by_name.insert(name.clone(), id);
        self.endpoints.push(Endpoint {
            name,
            role,
            open: true,
            queue: BinaryHeap::new(),
            taken: None,
            wakes_at: None,
        });
        id
    }

    /// Takes an endpoint off the network, with all that waits for it.
    pub fn remove(&mut self, id: EndpointId) {
        let endpoint = &mut self.endpoints[id.0];
        endpoint.open = false;
        let queued = endpoint.queue.iter().map(|Reverse(queued)| &queued.packet);
        for packet in queued.chain(endpoint.taken.iter().map(|(_, packet)| packet)) {
            self.under_way -= 1;
            self.bytes_under_way -= packet.line.len();
        }
        endpoint.queue = BinaryHeap::new();
        endpoint.taken = None;
        if self.by_name.get(&endpoint.name) == Some(&id) {
            self.by_name.remove(&endpoint.name);
        }
    }

    /// The endpoint of this name, if it is part of the network.
    pub fn find(&self, name: &str) -> Option<EndpointId> {
        self.by_name.get(name).copied()
    }

    /// The endpoint's name.
    pub fn name(&self, id: EndpointId) -> &str {
        &self.endpoints[id.0].name
    }

    /// Who is at the endpoint.
    pub fn role(&self, id: EndpointId) -> Role {
        self.endpoints[id.0].role
    }

    /// From now on what becomes of packets is what is said here, in place of chance. Those
    /// that are not named take the mean latency.
    pub fn follow(&mut self, fates: Fates) {
        self.fates = Source::Said(fates);
    }

    /// What becomes of a packet of which nothing else is said.
    pub fn plain(&self) -> Fate {
        Fate::arrives(self.config.latency.plain())
    }

    /// Sends a line. Call [`Network::receive`] for the destination after it. Gives back what
    /// will become of it, but for partitions; clients' lines arrive at once.
    pub fn send(
        &mut self,
        now: Duration,
        src: EndpointId,
        dest: EndpointId,
        line: Vec<u8>,
    ) -> Option<Fate> {
        let packet = Packet {
            id: self.next_id,
            src,
            dest,
            line,
        };
        self.next_id += 1;
        let has_client = self.has_client(&packet);
        self.stats.sent(has_client);
        if has_client {
            // Clients are with their node: no latency, no loss.
            self.enqueue(now, packet);
            return None;
        }
        let plain = self.plain();
        let fate = match &mut self.fates {
            Source::Chance(rng) => Fate::draw(&self.config, rng),
            Source::Said(fates) => {
                let [src, dest] = [src, dest].map(|end| &*self.endpoints[end.0].name);
                fates.next(src, dest).unwrap_or(plain)
            }
        };
        match fate.takes {
            [Some(first), Some(second)] => {
                self.enqueue(now + first, packet.clone());
                self.enqueue(now + second, packet);
            }
            [Some(only), None] | [None, Some(only)] => self.enqueue(now + only, packet),
            [None, None] => {}
        }
        Some(fate)
    }

    fn enqueue(&mut self, deadline: Duration, packet: Packet) {
        let number = self.next_number;
        self.next_number += 1;
        let endpoint = &mut self.endpoints[packet.dest.0];
        if endpoint.open {
            self.under_way += 1;
            self.bytes_under_way += packet.line.len();
            endpoint.queue.push(Reverse(Queued {
                deadline,
                number,
                packet,
            }));
        }
    }

    /// What the endpoint's reader does now.
    pub fn receive(&mut self, now: Duration, id: EndpointId) -> Received {
        match self.config.ideal {
            true => self.receive_ideal(now, id),
            false => self.receive_in_line(now, id),
        }
    }

    fn receive_in_line(&mut self, now: Duration, id: EndpointId) -> Received {
        if let Some((until, packet)) = self.endpoints[id.0].taken.take() {
            if until <= now {
                return self.deliver(packet);
            }
            self.endpoints[id.0].taken = Some((until, packet));
            return Received::Nothing;
        }
        while let Some(Reverse(Queued {
            deadline, packet, ..
        })) = self.endpoints[id.0].queue.pop()
        {
            if self.is_cut(&packet) {
                self.gone(&packet);
                continue;
            }
            // By the time it looks at the clock, some of the latency is over,
            // be it ever so little: a latency of 100 ms is a sleep of 99.
            let left = deadline
                .saturating_sub(now)
                .saturating_sub(Duration::from_nanos(1));
            let sleep = Duration::from_millis(left.as_millis() as u64);
            if sleep.is_zero() {
                return self.deliver(packet);
            }
            self.endpoints[id.0].taken = Some((now + sleep, packet));
            return Received::Asleep(now + sleep);
        }
        Received::Nothing
    }

    fn receive_ideal(&mut self, now: Duration, id: EndpointId) -> Received {
        loop {
            let endpoint = &mut self.endpoints[id.0];
            let Some(Reverse(head)) = endpoint.queue.peek() else {
                return Received::Nothing;
            };
            if head.deadline > now {
                let wake = head.deadline;
                if endpoint.wakes_at.is_some_and(|at| now < at && at <= wake) {
                    return Received::Nothing;
                }
                endpoint.wakes_at = Some(wake);
                return Received::Asleep(wake);
            }
            let Some(Reverse(Queued { packet, .. })) = endpoint.queue.pop() else {
                return Received::Nothing;
            };
            if !self.is_cut(&packet) {
                return self.deliver(packet);
            }
            self.gone(&packet);
        }
    }

    /// The packet that an endpoint's reader has taken, and when it lets it through: that is the next
    /// that arrives there, whatever is sent or cut until then. None if the network is ideal.
    pub fn taken(&self, id: EndpointId) -> Option<(Duration, &Packet)> {
        let taken = self.endpoints[id.0].taken.as_ref();
        taken.map(|(until, packet)| (*until, packet))
    }

    /// What is under way to an endpoint, in the order in which it is due: when that is, and
    /// whether what is cut now would drop it.
    pub fn inbox(&self, id: EndpointId) -> Vec<(Duration, &Packet, bool)> {
        let endpoint = &self.endpoints[id.0];
        let mut queued: Vec<&Queued> = endpoint.queue.iter().map(|Reverse(it)| it).collect();
        queued.sort();
        // One that its reader sleeps for arrives, whatever is cut meanwhile.
        let taken = endpoint.taken.iter().map(|(due, it)| (*due, it, false));
        let queued = queued.into_iter();
        taken
            .chain(queued.map(|it| (it.deadline, &it.packet, self.is_cut(&it.packet))))
            .collect()
    }

    /// It is not under way any more.
    fn gone(&mut self, packet: &Packet) {
        self.under_way -= 1;
        self.bytes_under_way -= packet.line.len();
    }

    fn deliver(&mut self, packet: Packet) -> Received {
        self.gone(&packet);
        self.stats.received(self.has_client(&packet));
        Received::Packet(packet)
    }

    /// Drops what goes from one of the pairs' first node to its second, from
    /// now on, in place of what was cut before.
    pub fn cut(&mut self, pairs: BTreeSet<(usize, usize)>) {
        self.cut = pairs;
    }

    /// How many messages were sent and have neither arrived nor been dropped.
    pub fn under_way(&self) -> usize {
        self.under_way
    }

    /// How many bytes they have together.
    pub fn bytes_under_way(&self) -> usize {
        self.bytes_under_way
    }

    /// What was sent and received until now.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    fn is_cut(&self, packet: &Packet) -> bool {
        match (self.role(packet.src), self.role(packet.dest)) {
            (Role::Node(src), Role::Node(dest)) => self.cut.contains(&(src, dest)),
            _ => false,
        }
    }

    fn has_client(&self, packet: &Packet) -> bool {
        self.role(packet.src) == Role::Client || self.role(packet.dest) == Role::Client
    }
}
