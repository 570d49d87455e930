//! Dissemination on a Maelstrom node: brings the messages of [`gossip::Protocol`] to the other
//! nodes, and time to it.
//!
//! A [`Gossip`] is this node's copies of all replicas. The node hands it the messages of the type
//! `gossip`; it sends its own, and wakes itself when more is due. (The protocol does no I/O and has
//! no clock, and knows nothing of Maelstrom. This is what it needs of both, for every challenge
//! whose nodes tell each other what they know.)
//!
//! ```
//! use std::time::Duration;
//!
//! use broadcast::Gossip;
//! use gossip::{Config, Log};
//! use maelstrom_node::{Node, NodeId, Result, Server};
//! use serde::{Deserialize, Serialize};
//!
//! /// Notes that everyone can read.
//! struct Notes(Gossip<Log<String>>);
//!
//! impl Notes {
//!     fn new(node: &Node) -> Self {
//!         let within = Duration::from_millis(500);
//!         Notes(Gossip::new(node, Config { within, eager: false, causal: false }))
//!     }
//! }
//!
//! #[derive(Deserialize)]
//! #[serde(rename_all = "snake_case")]
//! enum Request {
//!     Note { text: String },
//!     Read,
//!     Gossip(gossip::Message<Log<String>>),
//! }
//!
//! #[derive(Serialize)]
//! #[serde(rename_all = "snake_case")]
//! enum Response {
//!     NoteOk,
//!     ReadOk { notes: Vec<String> },
//! }
//!
//! impl Server for Notes {
//!     type Request = Request;
//!     type Response = Option<Response>;
//!
//!     async fn handle(&self, request: Request, from: &NodeId) -> Result<Option<Response>> {
//!         match request {
//!             Request::Note { text } => {
//!                 self.0.change(|notes| notes.push(text))?;
//!                 Ok(Some(Response::NoteOk))
//!             }
//!             Request::Read => {
//!                 let notes = self.0.read(|all| all.iter().flat_map(|one| one.items()).cloned().collect());
//!                 Ok(Some(Response::ReadOk { notes }))
//!             }
//!             Request::Gossip(message) => {
//!                 self.0.receive(from, message)?;
//!                 Ok(None)
//!             }
//!         }
//!     }
//! }
//! ```

mod memory;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use gossip::{Config, Known, Log, Message, Protocol, Replica};
use maelstrom_node::{Error, Node, NodeId, Result, Signal, Task};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::mutation::{Mutation, breaks};
pub use memory::Keeps;
use memory::Memory;

/// How often those are asked again that have not answered a node that starts.
const ASK_AGAIN: Duration = Duration::from_millis(250);

/// How long a node that does not answer is waited for. (Longer than any stall.)
const GIVE_UP: Duration = Duration::from_millis(1300);

/// The replicas of all nodes, as one of them knows them. Clones are the same.
pub struct Gossip<R: Replica>(Rc<Shared<R>>);

impl<R: Replica> Clone for Gossip<R> {
    fn clone(&self) -> Self {
        Gossip(Rc::clone(&self.0))
    }
}

struct Shared<R: Replica> {
    node: Node,
    protocol: RefCell<Protocol<R>>,
    /// What is on the disk, if anything is.
    memory: Option<Memory<R>>,
    /// Given after each poll.
    polled: Signal,
    /// When the others were last asked whether they know of a former life of this node.
    asked: Cell<Option<Duration>>,
    has_caught_up: Cell<bool>,
    /// Polls again when the protocol wants it.
    timer: RefCell<Option<(Duration, Task<()>)>>,
}

impl<R: Replica> Shared<R> {
    fn has_caught_up(&self) -> bool {
        let now = self.has_caught_up.get() || self.protocol.borrow().has_caught_up();
        self.has_caught_up.set(now);
        now
    }
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Body<'a, M> {
    Gossip(&'a M),
}

impl<R: Replica> Gossip<R> {
    /// This node's part. Every node must have the same configuration, and hand
    /// messages of the type `gossip` to [`Gossip::receive`].
    pub fn new(node: &Node, config: Config) -> Self {
        Gossip::with(node, None, begin(node, config, draw_life(node)))
    }

    /// The same for a node that keeps replicas on its disk: it begins with what was synced there in
    /// its former lives, and tells no other node what is not. Before it tells anyone else,
    /// it waits for [`Gossip::synced`].
    ///
    /// When it starts it asks every other node what that knows, until all have answered: one
    /// that was killed lacks what came meanwhile, and nobody else may know that it was killed.
    pub fn durable(node: &Node, config: Config, keeps: Keeps) -> Self {
        let (memory, protocol) = Memory::open(node, keeps, |life| begin(node, config, life));
        let gossip = Gossip::with(node, Some(memory), protocol);
        let catch_up = gossip.catch_up();
        drop(node.spawn(async move {
            if let Err(e) = catch_up.await {
                log::info!("gossip: {e}");
            }
        }));
        gossip
    }

    fn with(node: &Node, memory: Option<Memory<R>>, protocol: Protocol<R>) -> Self {
        Gossip(Rc::new(Shared {
            node: node.clone(),
            protocol: RefCell::new(protocol),
            memory,
            polled: Signal::new(),
            asked: Cell::default(),
            has_caught_up: Cell::default(),
            timer: RefCell::default(),
        }))
    }

    /// Changes this node's own replica; the others will hear of it.
    ///
    /// # Errors
    /// If a message cannot be written.
    pub fn change(&self, change: impl FnOnce(&mut R)) -> Result<()> {
        self.0.protocol.borrow_mut().change(change);
        poll(&self.0)
    }

    /// Waits until all is durable that this node keeps of what it knows now: at once, if that is
    /// nothing. What it promises rests on that, and so does what it lets others read.
    pub async fn synced(&self) {
        match &self.0.memory {
            Some(memory) if !breaks(Mutation::AcknowledgesUnsynced) => memory.disk.sync().await,
            _ => {}
        }
    }

    /// Changes this node's own replica and tells all others at once. What it
    /// gives waits until every node that answers knows it. One that does not is
    /// given up after 1.3 seconds, and will know it when it can be reached again.
    ///
    /// # Errors
    /// If a message cannot be written.
    pub fn change_everywhere(
        &self,
        change: impl FnOnce(&mut R),
    ) -> Result<Pin<Box<dyn Future<Output = ()>>>> {
        let (version, told) = {
            let mut protocol = self.0.protocol.borrow_mut();
            protocol.change(change);
            (protocol.version(), protocol.tell_all())
        };
        let until = self.0.node.now() + GIVE_UP;
        poll(&self.0)?;
        let shared = Rc::clone(&self.0);
        Ok(Box::pin(async move {
            let knows = |node: &usize| {
                let protocol = shared.protocol.borrow();
                let is_late = shared.node.now() >= until;
                protocol.is_known_to(*node, version) || is_late && !protocol.answers(*node)
            };
            while !told.iter().all(knows) {
                let polled = shared.polled.wait();
                match until.saturating_sub(shared.node.now()) {
                    Duration::ZERO => polled.await,
                    left => drop(shared.node.timeout(left, polled).await),
                }
            }
        }))
    }

    /// Asks every other node what it knows, among it what this one contributed before it was
    /// killed and started again, if it was. What this gives waits until all have answered and
    /// that is here; then nothing of it can come later. It is for nodes that would contradict
    /// themselves else, and it takes every node: as long as one cannot be reached, it waits.
    ///
    /// # Errors
    /// If a message cannot be written, or the input ends before.
    pub fn catch_up(&self) -> impl Future<Output = Result<()>> + use<R> {
        let shared = Rc::clone(&self.0);
        async move {
            while !shared.has_caught_up() {
                if shared.node.input_ended() {
                    let text = "the input ended before every node was heard";
                    return Err(Error::temporarily_unavailable(text));
                }
                let now = shared.node.now();
                let next = shared.asked.get().map(|asked| asked + ASK_AGAIN);
                if next.is_none_or(|next| next <= now) {
                    shared.asked.set(Some(now));
                    shared.protocol.borrow_mut().catch_up();
                    poll(&shared)?;
                    continue;
                }
                let left = next.unwrap_or(now).saturating_sub(now);
                let polled = shared.polled.wait();
                let _ = shared.node.timeout(left, polled).await;
            }
            Ok(())
        }
    }

    /// Looks at what is known of every node's replica, in each of its lives: this one's own
    /// first, the others in the order in which they came to be known, which stays.
    pub fn read<T>(&self, read: impl FnOnce(&[Known<R>]) -> T) -> T {
        read(self.0.protocol.borrow().known())
    }

    /// What is known of each replica under the name of its node, for a [state] that is shown: with
    /// ` #2`, ` #3` behind it for each life of that node that came to be known after its first.
    ///
    /// [state]: maelstrom_node::Server::state
    fn by_node<T>(&self, of: impl Fn(&R) -> T) -> BTreeMap<String, T> {
        let mut all = BTreeMap::new();
        let mut lives = vec![0; self.0.node.node_ids().len()];
        self.read(|known| {
            for replica in known {
                let place = replica.owner.node;
                lives[place] += 1;
                let name = &self.0.node.node_ids()[place];
                let key = match lives[place] {
                    1 => name.to_string(),
                    life => format!("{name} #{life}"),
                };
                all.insert(key, of(replica));
            }
        });
        all
    }

    /// Takes in what another node says.
    ///
    /// # Errors
    /// If the sender is not one of the nodes, if what it says cannot be true (such as a
    /// version near the end of its range), or if a message cannot be written.
    pub fn receive(&self, from: &NodeId, message: Message<R>) -> Result<()> {
        let node = &self.0.node;
        let Some(place) = node.node_ids().iter().position(|id| id == from) else {
            let text = format!("gossip comes from nodes, and {from} is none");
            return Err(Error::malformed_request(text));
        };
        let mut protocol = self.0.protocol.borrow_mut();
        let received = protocol.receive(node.now(), place, message);
        drop(protocol);
        received.map_err(|why| Error::malformed_request(format!("gossip of {from}: {why}")))?;
        poll(&self.0)
    }
}

/// Of a log, which may be long, what is shown in a [state](maelstrom_node::Server::state): how much
/// there is, and its end.
#[derive(Debug, Serialize)]
pub struct Shown<T> {
    count: usize,
    newest: Vec<T>,
}

impl<T: Clone + Serialize + DeserializeOwned + 'static> Gossip<Log<T>> {
    /// What is known of each node's log: the last four items.
    pub fn shown(&self) -> BTreeMap<String, Shown<T>> {
        const NEWEST: usize = 4;
        self.by_node(|log| {
            let items = log.items();
            Shown {
                count: items.len(),
                newest: items[items.len().saturating_sub(NEWEST)..].to_vec(),
            }
        })
    }
}

/// A node's part in the protocol, as it begins.
fn begin<R: Replica>(node: &Node, config: Config, life: u32) -> Protocol<R> {
    Protocol::new(config, node.place(), node.node_ids().len(), life)
}

/// A life that no other of this node's is likely to have.
fn draw_life(node: &Node) -> u32 {
    if breaks(Mutation::LivesOn) {
        return 1;
    }
    1 + node.rng().below(u64::from(u32::MAX)) as u32
}

fn send<R: Replica>(shared: &Shared<R>, messages: &[(usize, Message<R>)]) -> Result<()> {
    let node = &shared.node;
    for (place, message) in messages {
        node.send(&node.node_ids()[*place], &Body::Gossip(message))?;
    }
    Ok(())
}

/// Sends these messages once all that they say is durable.
fn send_synced<R: Replica>(shared: &Rc<Shared<R>>, messages: Vec<(usize, Message<R>)>) {
    let shared = Rc::clone(shared);
    drop(shared.node.clone().spawn(async move {
        match &shared.memory {
            Some(memory) if !breaks(Mutation::SendsUnsynced) => memory.disk.sync().await,
            _ => {}
        }
        if let Err(e) = send(&shared, &messages) {
            log::error!("gossip: {e}");
        }
    }));
}

/// Sends what is due, and comes back when more is.
fn poll<R: Replica>(shared: &Rc<Shared<R>>) -> Result<()> {
    let node = &shared.node;
    let (messages, next) = shared.protocol.borrow_mut().poll(node.now());
    match &shared.memory {
        None => send(shared, &messages)?,
        Some(memory) => {
            memory.save(shared.protocol.borrow().known());
            if !messages.is_empty() {
                send_synced(shared, messages);
            }
        }
    }
    shared.polled.give();
    let mut timer = shared.timer.borrow_mut();
    let Some(next) = next else {
        return Ok(());
    };
    match timer.as_ref() {
        // It looks again then.
        Some((at, task)) if *at <= next && !task.is_finished() => return Ok(()),
        Some((_, task)) => task.abort(),
        None => {}
    }
    let again = Rc::clone(shared);
    let task = node.spawn(async move {
        again.node.sleep_until(next).await;
        *again.timer.borrow_mut() = None;
        if let Err(e) = poll(&again) {
            log::error!("gossip: {e}");
        }
    });
    *timer = Some((next, task));
    Ok(())
}
