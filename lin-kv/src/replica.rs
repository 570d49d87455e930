//! A member of the cluster on a Maelstrom node: brings Raft's messages to the
//! others and time to Raft, and requests to where they can be answered.
//!
//! A change goes to the leader, by one message, and its outcome is known here as
//! soon as it is carried out here. A question goes to the leader and is answered
//! there. Whoever cannot reach a leader keeps a request for a while, and then
//! refuses it: what was never sent has no effect. What was sent is sent again to
//! the next leader, and takes effect once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use maelstrom_node::{Error, ErrorCode, Json, Node, NodeId, Result, Signal, Task};
use raft::{Config, Event, Member, MessageOf, Raft, ReadId, Role, RoundTrip, Term};
use serde::Serialize;

use crate::store::{Command, Outcome, RequestId, Store};

/// How long a request waits for a leader: less than Maelstrom's clients wait for an answer.
const HOLD: Duration = Duration::from_millis(800);
/// How long a change that was sent is sent again. Its client has given up by then.
const GIVE_UP: Duration = Duration::from_secs(3);
/// How long to wait for an answer while it is not known how long that takes.
const UNKNOWN: Duration = Duration::from_millis(250);

/// A member. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Replica(Rc<Shared>);

struct Shared {
    node: Node,
    me: Member,
    raft: RefCell<Raft<Store>>,
    /// Changes that someone waits for here. Two can have the same id: a client may
    /// come again, or begin again with its numbers.
    changes: RefCell<BTreeMap<RequestId, Vec<Rc<Awaited>>>>,
    /// Whether a read may be answered; `None` until that is known.
    reads: RefCell<BTreeMap<ReadId, Option<bool>>>,
    /// Something has happened.
    happened: Signal,
    timer: RefCell<Option<(Duration, Task<()>)>>,
    round_trip: RefCell<RoundTrip>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Body<'a> {
    Raft(&'a MessageOf<Store>),
    Propose { command: &'a Command },
    Query { key: &'a str },
}

impl Replica {
    pub(crate) fn new(node: Node, config: Config) -> Replica {
        let me = Member(node.place());
        let count = node.node_ids().len();
        let seed = node.rng().u64();
        let mut raft = Raft::new(config, me, count, Store::default(), seed, node.now());
        if me == Member(0) {
            raft.campaign();
        }
        let replica = Replica(Rc::new(Shared {
            node,
            me,
            raft: RefCell::new(raft),
            changes: RefCell::default(),
            reads: RefCell::default(),
            happened: Signal::new(),
            timer: RefCell::default(),
            round_trip: RefCell::default(),
        }));
        replica.then();
        replica
    }

    /// Another member says something.
    pub(crate) fn receive(&self, from: &NodeId, message: MessageOf<Store>) -> Result<()> {
        let now = self.0.node.now();
        let member = self.member(from)?;
        let received = self.0.raft.borrow_mut().receive(now, member, message);
        self.then();
        received.map_err(|why| Error::malformed_request(format!("raft of {from}: {why}")))
    }

    /// Another member was asked for a change, and takes this one for the leader. It
    /// learns what came of it from the log.
    pub(crate) fn propose(&self, from: &NodeId, command: Command) -> Result<()> {
        let from = self.member(from)?;
        let proposed = self.raft(|raft| raft.propose(command, Some(from)));
        if proposed.is_err() {
            log::debug!("not the leader: {from:?} will ask another one");
        }
        Ok(())
    }

    /// Another member was asked for a value.
    pub(crate) async fn query(&self, key: &str) -> Result<Json> {
        self.read_here(key).await
    }

    /// Makes a change, and says what came of it.
    pub(crate) async fn change(&self, command: Command) -> Result<Outcome> {
        let waiting = Waiting::new(self, &command);
        let began = self.now();
        // When it was last sent, and to which leader.
        let mut sent: Option<(Duration, Member, Term)> = None;
        loop {
            if let Some(outcome) = waiting.outcome() {
                if let Some((at, leader, _)) = sent
                    && leader != self.0.me
                {
                    let took = self.now().saturating_sub(at);
                    self.0.round_trip.borrow_mut().measured(took);
                }
                return Ok(outcome);
            }
            let (leader, term) = self.route();
            let is_due = match (sent, leader) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some((at, to, in_term)), Some(leader)) => {
                    (to, in_term) != (leader, term)
                        || (leader != self.0.me && self.now() >= at + self.patience())
                }
            };
            if let (true, Some(leader)) = (is_due, leader) {
                sent = Some((self.now(), leader, term));
                self.put(leader, &command)?;
                continue;
            }
            let waits = if sent.is_some() { GIVE_UP } else { HOLD };
            let left = (began + waits).saturating_sub(self.now());
            if left.is_zero() {
                return Err(match sent {
                    Some(_) => Error::timeout("the leader does not answer: it may be done, or not"),
                    None => no_leader(),
                });
            }
            self.wait(left.min(self.patience())).await;
        }
    }

    /// The value of a key.
    pub(crate) async fn read(&self, key: &str) -> Result<Json> {
        let deadline = self.now() + HOLD;
        loop {
            let answer = match self.route() {
                (Some(leader), _) if leader == self.0.me => self.read_here(key).await,
                (Some(leader), _) => self.ask(leader, key).await,
                (None, _) => Err(no_leader()),
            };
            match answer {
                Err(e) if e.code != ErrorCode::KeyDoesNotExist && self.now() < deadline => {
                    let left = deadline.saturating_sub(self.now());
                    self.wait(left.min(self.patience())).await;
                }
                Err(e) if e.code != ErrorCode::KeyDoesNotExist => return Err(no_leader()),
                answer => return answer,
            }
        }
    }

    async fn ask(&self, leader: Member, key: &str) -> Result<Json> {
        #[derive(serde::Deserialize)]
        struct ReadOk {
            value: Json,
        }
        let asked = self.now();
        let call = self
            .0
            .node
            .rpc::<ReadOk>(self.id(leader), &Body::Query { key });
        let answer = call.timeout(self.patience()).await;
        if answer.is_ok() {
            let took = self.now().saturating_sub(asked);
            self.0.round_trip.borrow_mut().measured(took);
        }
        answer.map(|answer| answer.value)
    }

    /// As the leader.
    async fn read_here(&self, key: &str) -> Result<Json> {
        let asked = self.raft(|raft| {
            let asked = raft.read();
            if let Ok(id) = asked {
                self.0.reads.borrow_mut().insert(id, None);
            }
            asked
        });
        let Ok(id) = asked else {
            return Err(no_leader());
        };
        loop {
            let happened = self.0.happened.wait();
            let known = self.0.reads.borrow().get(&id).copied().flatten();
            if let Some(is_ready) = known {
                self.0.reads.borrow_mut().remove(&id);
                return match is_ready {
                    true => self.value(key),
                    false => Err(no_leader()),
                };
            }
            happened.await;
        }
    }

    fn value(&self, key: &str) -> Result<Json> {
        let raft = self.0.raft.borrow();
        let value = raft.machine().get(key).cloned();
        value.ok_or_else(|| Error::key_does_not_exist(format!("there is no key {key}")))
    }

    /// Puts a change before the leader.
    fn put(&self, leader: Member, command: &Command) -> Result<()> {
        if leader == self.0.me {
            let _ = self.raft(|raft| raft.propose(command.clone(), None));
            return Ok(());
        }
        self.0
            .node
            .send(self.id(leader), &Body::Propose { command })
    }

    /// The leader, if it can be expected to answer, and the term.
    fn route(&self) -> (Option<Member>, Term) {
        let raft = self.0.raft.borrow();
        let leader = raft.leader().filter(|_| raft.is_in_touch());
        (leader, raft.term())
    }

    /// After how long to ask again.
    fn patience(&self) -> Duration {
        let timeout = self.0.round_trip.borrow().timeout();
        timeout.map_or(UNKNOWN, |timeout| timeout * 2 + Duration::from_millis(40))
    }

    /// Until something happens, or for this long.
    async fn wait(&self, time: Duration) {
        let happened = self.0.happened.wait();
        let _ = self.0.node.timeout(time, happened).await;
    }

    fn now(&self) -> Duration {
        self.0.node.now()
    }

    fn id(&self, member: Member) -> &NodeId {
        &self.0.node.node_ids()[member.0]
    }

    fn member(&self, id: &NodeId) -> Result<Member> {
        let place = self.0.node.node_ids().iter().position(|node| node == id);
        let place = place.ok_or_else(|| {
            Error::malformed_request(format!("this comes from nodes, and {id} is none"))
        })?;
        Ok(Member(place))
    }

    fn raft<T>(&self, tell: impl FnOnce(&mut Raft<Store>) -> T) -> T {
        let mut raft = self.0.raft.borrow_mut();
        raft.tick(self.now());
        let told = tell(&mut raft);
        drop(raft);
        self.then();
        told
    }

    /// Does what Raft wants done. Nothing is saved: on Maelstrom, a node that stops
    /// does not come back.
    fn then(&self) {
        let output = self.0.raft.borrow_mut().output();
        for (to, message) in &output.messages {
            if let Err(e) = self.0.node.send(self.id(*to), &Body::Raft(message)) {
                log::error!("raft: {e}");
            }
        }
        let has_news = !output.events.is_empty();
        for event in output.events {
            match event {
                Event::Applied { response, .. } => self.applied(response),
                Event::Restored { .. } => self.restored(),
                Event::ReadReady(id) => self.read_is(id, true),
                Event::ReadLost(id) => self.read_is(id, false),
                Event::Leader(leader) => log::info!("leader: {leader:?}"),
            }
        }
        if has_news {
            self.0.happened.give();
        }
        self.set_timer();
    }

    fn applied(&self, (command, outcome): (Command, Outcome)) {
        if let Some(awaited) = self.0.changes.borrow().get(&command.id) {
            let same = |awaited: &&Rc<Awaited>| awaited.command.change == command.change;
            for awaited in awaited.iter().filter(same) {
                awaited.outcome.replace(Some(outcome.clone()));
            }
        }
    }

    /// What came of changes up to here is in the state, if anywhere.
    fn restored(&self) {
        log::info!("took the leader's state");
        let raft = self.0.raft.borrow();
        for awaited in self.0.changes.borrow().values().flatten() {
            if let Some(outcome) = raft.machine().answer(&awaited.command) {
                awaited.outcome.replace(Some(outcome.clone()));
            }
        }
    }

    fn read_is(&self, id: ReadId, is_ready: bool) {
        // Ready in the same moment in which it was asked, it is not waited for yet.
        self.0.reads.borrow_mut().insert(id, Some(is_ready));
    }

    fn set_timer(&self) {
        let at = self.0.raft.borrow().deadline();
        let mut timer = self.0.timer.borrow_mut();
        match timer.as_ref() {
            // It looks again then.
            Some((set, task)) if *set <= at && !task.is_finished() => return,
            Some((_, task)) => task.abort(),
            None => {}
        }
        let again = self.clone();
        let task = self.0.node.spawn(async move {
            again.0.node.sleep_until(at).await;
            *again.0.timer.borrow_mut() = None;
            again.raft(|_| ());
        });
        *timer = Some((at, task));
    }

    /// Whether this is the leader, as far as it knows.
    pub(crate) fn is_leader(&self) -> bool {
        self.0.raft.borrow().role() == Role::Leader
    }
}

fn no_leader() -> Error {
    Error::temporarily_unavailable("there is no leader that can be reached: nothing was done")
}

/// A change that someone waits for.
struct Awaited {
    command: Command,
    /// What came of it.
    outcome: RefCell<Option<Outcome>>,
}

/// Someone who waits for a change.
struct Waiting<'a> {
    replica: &'a Replica,
    awaited: Rc<Awaited>,
}

impl<'a> Waiting<'a> {
    fn new(replica: &'a Replica, command: &Command) -> Self {
        let awaited = Rc::new(Awaited {
            command: command.clone(),
            outcome: RefCell::default(),
        });
        let mut changes = replica.0.changes.borrow_mut();
        let alike = changes.entry(command.id.clone()).or_default();
        alike.push(awaited.clone());
        Waiting { replica, awaited }
    }

    fn outcome(&self) -> Option<Outcome> {
        self.awaited.outcome.borrow().clone()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut changes = self.replica.0.changes.borrow_mut();
        let id = &self.awaited.command.id;
        if let Some(alike) = changes.get_mut(id) {
            alike.retain(|awaited| !Rc::ptr_eq(awaited, &self.awaited));
            if alike.is_empty() {
                changes.remove(id);
            }
        }
    }
}
