//! A member of the cluster on a Maelstrom node: brings Raft's messages to the
//! others and time to Raft, what it must remember to the disk, and requests to where
//! they can be answered.
//!
//! A change goes to the leader, by one message, and its outcome is known here as
//! soon as it is carried out here. A question goes to the leader and is answered
//! there. Whoever cannot reach a leader keeps a request for a while, and then
//! refuses it: what was never sent has no effect. What was sent is sent again to
//! the next leader, and takes effect once.
//!
//! Nothing that this member says or answers depends on what is not durable: see
//! [`Replica::take_turns`].

mod shown;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use maelstrom_node::{Error, ErrorCode, Json, Node, NodeId, Result, Signal};
use raft::{Config, Event, Member, MessageOf, Output, Raft, ReadId, Role, RoundTrip, Term};
use serde::Serialize;

use crate::rules::{Kept, Rules};
use crate::storage::Storage;
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
    storage: Storage,
    rules: Kept,
    inbox: RefCell<Inbox>,
    /// Something is in the inbox.
    told: Signal,
    /// The leader and the term, as far as that is durable.
    leader: Cell<(Option<Member>, Term)>,
    /// Changes that someone waits for here. Two can have the same id: a client may
    /// come again, or begin again with its numbers.
    changes: RefCell<BTreeMap<RequestId, Vec<Rc<Awaited>>>>,
    /// Questions that Raft was asked about.
    reads: RefCell<BTreeMap<ReadId, Rc<Question>>>,
    /// Something has happened.
    happened: Signal,
    round_trip: RefCell<RoundTrip>,
}

/// What Raft is to be told.
#[derive(Default)]
struct Inbox {
    messages: Vec<(Member, MessageOf<Store>)>,
    /// Changes, and who wants to know soon what comes of them.
    proposals: Vec<(Command, Option<Member>)>,
    questions: Vec<Rc<Question>>,
}

/// The value of a key is asked for.
struct Question {
    key: String,
    answer: RefCell<Option<Result<Json>>>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Body<'a> {
    Raft(&'a MessageOf<Store>),
    Propose { command: &'a Command },
    Query { key: &'a str },
}

impl Replica {
    pub(crate) fn new(node: Node, config: Config, rules: Kept) -> Replica {
        let me = Member(node.place());
        let count = node.node_ids().len();
        let seed = node.rng().u64();
        let (storage, saved) = Storage::open(node.disk(), rules);
        let is_fresh = saved.is_none();
        let (saved, machine) = (saved.unwrap_or_default(), Store::default());
        let mut raft = Raft::restart(config, me, count, machine, seed, node.now(), saved);
        rules.brief(&mut raft);
        if is_fresh && me == Member(0) {
            raft.campaign();
        }
        let replica = Replica(Rc::new(Shared {
            node: node.clone(),
            me,
            raft: RefCell::new(raft),
            storage,
            rules,
            inbox: RefCell::default(),
            told: Signal::new(),
            leader: Cell::default(),
            changes: RefCell::default(),
            reads: RefCell::default(),
            happened: Signal::new(),
            round_trip: RefCell::default(),
        }));
        drop(node.spawn(replica.clone().take_turns()));
        replica
    }

    /// Tells Raft what came, and the time, and does what it wants done: saves, sends, and
    /// says what happened, in this order and one turn after the other.
    ///
    /// While the disk writes, Raft is told nothing; all that comes meanwhile is told it in the
    /// next turn, and saved with one sync. So a slow disk costs a busy member no more syncs than
    /// a fast one, and whoever looks at its state between two turns sees nothing that
    /// a crash could take back.
    async fn take_turns(self) {
        let Shared {
            node,
            told,
            storage,
            rules,
            ..
        } = &*self.0;
        loop {
            let told = told.wait();
            let Output {
                unsaved,
                mut messages,
                mut events,
            } = self.turn();
            let is_unsaved = storage.save(&self.0.raft.borrow(), unsaved);
            if is_unsaved {
                // Both are nothing, but where a rule is broken to see what comes of it.
                let early = messages.extract_if(.., |(_, message)| !rules.waits(message));
                self.send(early.collect());
                if !rules.answers_wait() {
                    self.happened(std::mem::take(&mut events));
                }
                storage.sync().await;
            }
            self.send(messages);
            self.happened(events);
            let deadline = self.0.raft.borrow().deadline();
            let left = deadline.saturating_sub(node.now());
            let _ = node.timeout(left, told).await;
        }
    }

    fn turn(&self) -> Output<Store> {
        let now = self.now();
        let Inbox {
            messages,
            proposals,
            questions,
        } = self.0.inbox.take();
        let mut raft = self.0.raft.borrow_mut();
        // Messages before the time: the leader may have been heard of just in time.
        for (from, message) in messages {
            if let Err(why) = raft.receive(now, from, message) {
                log::warn!("raft of {}: {why}", self.id(from));
            }
        }
        raft.tick(now);
        for (command, near) in proposals {
            if raft.propose(command, near).is_err() {
                log::debug!("not the leader: who asked will ask another one");
            }
        }
        for question in questions {
            match raft.read() {
                Ok(id) => drop(self.0.reads.borrow_mut().insert(id, question)),
                Err(_) => self.answer(&question, Err(no_leader())),
            }
        }
        raft.output()
    }

    /// Puts something into the inbox.
    fn tell(&self, what: impl FnOnce(&mut Inbox)) {
        what(&mut self.0.inbox.borrow_mut());
        self.0.told.give();
    }

    /// Another member says something.
    pub(crate) fn receive(&self, from: &NodeId, message: MessageOf<Store>) -> Result<()> {
        let from = self.member(from)?;
        self.tell(|inbox| inbox.messages.push((from, message)));
        Ok(())
    }

    /// Another member was asked for a change, and takes this one for the leader. It
    /// learns what came of it from the log.
    pub(crate) fn propose(&self, from: &NodeId, command: Command) -> Result<()> {
        let from = self.member(from)?;
        self.tell(|inbox| inbox.proposals.push((command, Some(from))));
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
        let question = Rc::new(Question {
            key: key.to_owned(),
            answer: RefCell::default(),
        });
        self.tell(|inbox| inbox.questions.push(question.clone()));
        loop {
            let happened = self.0.happened.wait();
            if let Some(answer) = question.answer.take() {
                return answer;
            }
            happened.await;
        }
    }

    /// Puts a change before the leader.
    fn put(&self, leader: Member, command: &Command) -> Result<()> {
        if leader == self.0.me {
            self.tell(|inbox| inbox.proposals.push((command.clone(), None)));
            return Ok(());
        }
        self.0
            .node
            .send(self.id(leader), &Body::Propose { command })
    }

    /// The leader, if it can be expected to answer, and the term.
    fn route(&self) -> (Option<Member>, Term) {
        let (leader, term) = self.0.leader.get();
        let is_in_touch = self.0.raft.borrow().is_in_touch();
        (leader.filter(|_| is_in_touch), term)
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

    fn send(&self, messages: Vec<(Member, MessageOf<Store>)>) {
        for (to, message) in &messages {
            if let Err(e) = self.0.node.send(self.id(*to), &Body::Raft(message)) {
                log::error!("raft: {e}");
            }
        }
    }

    fn happened(&self, events: Vec<Event<(Command, Outcome)>>) {
        let has_news = !events.is_empty();
        for event in events {
            match event {
                Event::Applied { response, .. } => self.applied(response),
                Event::Restored { .. } => self.restored(),
                Event::ReadReady(id) => self.read_is(id, true),
                Event::ReadLost(id) => self.read_is(id, false),
                // Maelstrom's nodes are who they are from `init` on: nobody asks for it.
                Event::Changed { position } => log::info!("other members: {position:?}"),
                Event::Leader(leader) => {
                    self.0.leader.set((leader, self.0.raft.borrow().term()));
                    log::info!("leader: {leader:?}");
                }
            }
        }
        if has_news {
            self.0.happened.give();
        }
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

    /// The value is taken now. Raft has been told nothing since it said so, and all that
    /// it was told before is durable.
    fn read_is(&self, id: ReadId, is_ready: bool) {
        if let Some(question) = self.0.reads.borrow_mut().remove(&id) {
            let answer = match is_ready {
                true => self.value(&question.key),
                false => Err(no_leader()),
            };
            self.answer(&question, answer);
        }
    }

    fn value(&self, key: &str) -> Result<Json> {
        let raft = self.0.raft.borrow();
        let value = raft.machine().get(key).cloned();
        value.ok_or_else(|| Error::key_does_not_exist(format!("there is no key {key}")))
    }

    fn answer(&self, question: &Question, answer: Result<Json>) {
        question.answer.replace(Some(answer));
        self.0.happened.give();
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
