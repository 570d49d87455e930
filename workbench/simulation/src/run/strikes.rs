//! What happens to nodes: they are killed and started again, stand still, have clocks
//! and disks that are wrong; with its entries in the history.

use std::time::Duration;

use history::edn::Value;

use super::{Due, Event, Phase, Run};
use crate::host::Health;
use crate::nemesis::node::{Action, NodeFault, Strike};
use crate::nemesis::rule::Happening;
use crate::network::{EndpointId, Role};

/// A node that is to be killed at one of its next steps is killed after this time, if it
/// does nothing.
const PATIENCE: Duration = Duration::from_millis(100);

/// The end of a node, which may have been started again after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// Its place.
    pub node: usize,
    /// Its name.
    pub name: String,
    /// When, since the start of the main phase.
    pub time: Duration,
    /// What its disk said, if it ended because of that; else it was killed.
    pub why: Option<String>,
    /// Since when there was something on its disk that was not synced, if there was.
    pub unsynced: Option<Duration>,
}

impl Run<'_> {
    pub(super) fn schedule_strikes(&mut self) {
        for (place, strikes) in self.strikes.iter().enumerate() {
            if let Some(at) = strikes.next(self.start, self.now) {
                self.events.add(at, Due::Strikes(place));
            }
        }
        for (at, place) in self.rules.timed() {
            self.events.add(self.now + at, Due::Rule(place));
        }
    }

    /// A kind of fault begins or ends.
    pub(super) fn strikes(&mut self, place: usize) {
        if self.phase != Phase::Main {
            return;
        }
        let busiest = self.busiest();
        let strikes = &mut self.strikes[place];
        let (kind, action) = (strikes.kind(), strikes.act(busiest));
        if let Some(next) = strikes.next(self.start, self.now) {
            self.events.add(next, Due::Strikes(place));
        }
        match action {
            Action::Strike(target, struck) => {
                self.choose_strike(kind, Some((target, &struck)));
                let target = Value::keyword(target.to_string());
                self.strike(kind, target, &struck);
            }
            Action::End => {
                self.choose_strike(kind, None);
                self.relieve(kind, None);
            }
        }
    }

    /// Counts a message between nodes, if it is looked at who leads.
    pub(super) fn count_traffic(&mut self, src: EndpointId, dest: EndpointId) {
        let ends = [src, dest].map(|end| self.network.role(end));
        if let [Role::Node(src), Role::Node(dest)] = ends {
            self.traffic[src] += 1;
            self.traffic[dest] += 1;
        }
    }

    /// Which node sent and got most messages since it was last asked.
    fn busiest(&mut self) -> Option<usize> {
        let most = self
            .traffic
            .iter()
            .copied()
            .max()
            .filter(|most| *most > 0)?;
        let busiest = self.traffic.iter().position(|count| *count == most);
        self.traffic.fill(0);
        busiest
    }

    /// A rule's moment has come.
    pub(super) fn rule(&mut self, place: usize) {
        let rule = self.rules.begin(place, self.now);
        let (fault, strike, lasts) = (rule.fault, rule.strike(), rule.lasts);
        let struck: Vec<_> = rule.nodes.iter().map(|node| (*node, strike)).collect();
        let lasts = lasts.max(Duration::from_millis(1));
        self.events.add(self.now + lasts, Due::RuleOver(place));
        self.strike(fault, Value::keyword("rule"), &struck);
    }

    pub(super) fn rule_is_over(&mut self, place: usize) {
        if let Some(rule) = self.rules.end(place) {
            let (fault, nodes) = (rule.fault, rule.nodes.clone());
            self.relieve(fault, Some(&nodes));
        }
    }

    /// Something that rules may wait for.
    pub(super) fn happens(&mut self, happening: Happening<'_>) {
        if self.rules.is_empty() || self.phase != Phase::Main {
            return;
        }
        for place in self.rules.happened(happening) {
            self.rule(place);
        }
    }

    /// Gives a node what the network has for it.
    pub(super) fn arrives(&mut self, node: usize, line: &[u8]) {
        if !self.rules.is_empty() {
            let kind = std::str::from_utf8(line).ok().map(str::to_owned);
            let kind = kind.as_deref().and_then(kind_of).unwrap_or_default();
            self.happens(Happening::Received { node, kind: &kind });
        }
        if self.nodes[node].is_alive {
            self.host.deliver(node, line);
        }
    }

    fn strike(&mut self, kind: NodeFault, target: Value, struck: &[(usize, Strike)]) {
        let mut done = Vec::new();
        for &(node, strike) in struck {
            let Some(what) = self.strike_node(node, strike) else {
                continue;
            };
            done.push((self.config.nodes[node].as_str().into(), what));
        }
        self.record_nemesis(
            kind.names().0,
            target,
            Value::Map(done.into_iter().collect()),
        );
    }

    /// What happened to it, if anything did: a node that is dead feels nothing.
    fn strike_node(&mut self, node: usize, strike: Strike) -> Option<Value> {
        if !self.nodes[node].is_alive && !matches!(strike, Strike::Disk(_)) {
            return None;
        }
        Some(match strike {
            Strike::Kill { after: 0 } => {
                self.kill(node);
                Value::keyword("killed")
            }
            Strike::Kill { after } => {
                let life = self.nodes[node].life;
                self.nodes[node].steps_left = Some(after);
                self.events
                    .add(self.now + PATIENCE, Due::Kill { node, life });
                Value::keyword("killed")
            }
            Strike::Pause => {
                self.host.pause(node);
                self.tell(Event::Pause { node });
                Value::keyword("paused")
            }
            Strike::Clock { jump, fast } => {
                self.host.set_clock(node, jump, fast);
                self.tell(Event::Clock { node, jump, fast });
                let millis = jump.as_secs_f64() * 1000.0;
                Value::from([Value::Float(millis), Value::Int(i64::from(fast))])
            }
            Strike::Disk(health) => {
                self.host.set_disk(node, health);
                self.tell(Event::Disk { node, health });
                Value::keyword(match health {
                    Health::Well => "well",
                    Health::Slow => "slow",
                    Health::Full => "full",
                    Health::Failing => "failing",
                    Health::Lying => "lying",
                })
            }
        })
    }

    /// A kind of fault is over, for these nodes or for all.
    fn relieve(&mut self, kind: NodeFault, nodes: Option<&[usize]>) {
        let all: Vec<usize> = (0..self.nodes.len()).collect();
        for &node in nodes.unwrap_or(&all) {
            match kind {
                NodeFault::Kill => self.start(node),
                NodeFault::Pause => {
                    self.host.resume(node);
                    self.tell(Event::Resume { node });
                }
                NodeFault::Clock => {
                    let (jump, fast) = (Duration::ZERO, 0);
                    self.host.set_clock(node, jump, fast);
                    self.tell(Event::Clock { node, jump, fast });
                }
                NodeFault::Disk | NodeFault::LostWrites => {
                    let health = Health::Well;
                    self.host.set_disk(node, health);
                    self.tell(Event::Disk { node, health });
                    if self.nodes[node].disk_failed {
                        self.start(node);
                    }
                }
            }
        }
        let target = match nodes {
            Some(_) => Value::keyword("rule"),
            None => Value::keyword("all"),
        };
        self.record_nemesis(kind.names().1, target, Value::Nil);
    }

    /// All that was done to nodes is over, before the last operations.
    pub(super) fn relieve_all(&mut self) {
        let kinds: Vec<NodeFault> = match &self.config.node_faults {
            Some(faults) => faults.kinds.iter().copied().collect(),
            None => Vec::new(),
        };
        // Disks first: whoever is started then finds them well.
        for kind in kinds.into_iter().rev() {
            self.relieve(kind, None);
        }
        for place in 0..self.config.rules.len() {
            self.rule_is_over(place);
        }
    }

    /// Whether it is killed before what it does now: it may be its last step.
    pub(super) fn dies_before(&mut self, node: usize) -> bool {
        match &mut self.nodes[node].steps_left {
            None => false,
            Some(0) => {
                self.kill(node);
                true
            }
            Some(left) => {
                *left -= 1;
                false
            }
        }
    }

    pub(super) fn kill_if_alive(&mut self, node: usize, life: u32) {
        if self.nodes[node].is_alive && self.nodes[node].life == life {
            self.kill(node);
        }
    }

    fn kill(&mut self, node: usize) {
        self.host.kill(node);
        self.is_dead(node, None);
        self.tell(Event::Kill { node });
        self.shows_nothing(node);
    }

    /// Killed, or because its disk failed: why.
    fn is_dead(&mut self, node: usize, why: Option<String>) {
        let since_begin = |time: Duration| time.saturating_sub(self.start);
        let state = &mut self.nodes[node];
        state.is_alive = false;
        state.steps_left = None;
        let unsynced = std::mem::take(&mut state.unsynced);
        self.deaths.push(Death {
            node,
            name: self.config.nodes[node].clone(),
            time: since_begin(self.now),
            why,
            unsynced: unsynced.since().map(since_begin),
        });
        if let Some(client) = self.nodes[node].asked_by.take() {
            self.network.remove(client);
        }
    }

    /// Its disk has failed, and it has ended.
    pub(super) fn failed(&mut self, node: usize, why: String) {
        self.is_dead(node, Some(why.clone()));
        self.nodes[node].disk_failed = true;
        self.tell(Event::DiskFailed {
            node,
            why: why.clone(),
        });
        self.shows_nothing(node);
        // It is the nemesis that does this to disks; else it is the node's own doing.
        if !self.is_hard_on_disks() {
            self.problem(node, format!("it cannot go on: {why}"));
            self.phase = Phase::Over;
        }
    }

    fn is_hard_on_disks(&self) -> bool {
        let is_of_disks = |kind: NodeFault| matches!(kind, NodeFault::Disk | NodeFault::LostWrites);
        let faults = self.config.node_faults.iter();
        let mut kinds = faults.flat_map(|faults| &faults.kinds).copied();
        let mut rules = self.config.rules.iter().map(|rule| rule.fault);
        kinds.any(is_of_disks) || rules.any(is_of_disks)
    }

    /// Whether nodes may answer clients that have given up, through no fault of theirs.
    pub(super) fn may_stand_still(&self) -> bool {
        self.config.node_faults.is_some() || !self.config.rules.is_empty()
    }

    /// Starts a node that is dead.
    fn start(&mut self, node: usize) {
        let state = &mut self.nodes[node];
        if state.is_alive {
            // It was to die, and has had no time for it.
            state.steps_left = None;
            return;
        }
        state.is_alive = true;
        state.disk_failed = false;
        state.mute = false;
        state.life += 1;
        let life = state.life;
        self.host.start(node);
        self.tell(Event::Start { node });
        self.init_again(node);
        let until = self.now + self.config.init_timeout;
        self.events.add(until, Due::RestartTimeout { node, life });
    }

    pub(super) fn unanswered_restart(&mut self, node: usize, life: u32) {
        let state = &self.nodes[node];
        if state.is_alive && state.life == life && state.asked_by.is_some() {
            let seconds = self.config.init_timeout.as_secs_f64();
            let what = format!("started again, it did not answer init within {seconds} s");
            self.problem(node, what);
            self.phase = Phase::Over;
        }
    }
}

/// The type of a message's body.
fn kind_of(line: &str) -> Option<String> {
    let envelope = crate::wire::Envelope::parse(line).ok()?;
    let body = crate::wire::Body::parse(envelope.body).ok()?;
    body.kind().map(str::to_owned)
}
