//! The way to a moment of a run: what each node did last, and what it showed of its state, told when
//! the run stands there.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use crate::recording::{self, Event};
use crate::run::{Inbox, Message, MessageEvent};

/// How many things that a node did last are said.
const LAST: usize = 3;

/// What is remembered of a run on the way there.
#[derive(Debug, Default)]
pub struct Walk {
    /// When the main phase began.
    start: Duration,
    nodes: Vec<String>,
    /// What each node did last.
    last: BTreeMap<String, VecDeque<String>>,
    /// What each node showed last of its state.
    states: BTreeMap<String, Value>,
}

impl Walk {
    /// Takes a message at either end of its way.
    pub fn message(&mut self, message: Message<'_>) {
        let (node, what) = match message.event {
            MessageEvent::Sent => (message.src, "sent"),
            MessageEvent::Received => (message.dest, "received"),
            MessageEvent::Lost => (message.dest, "was dead, and did not receive"),
        };
        if self.nodes.iter().any(|name| name == node) {
            let line = String::from_utf8_lossy(message.line.trim_ascii());
            self.did(message.time, node, &format!("{what} {line}"));
        }
    }

    /// Takes what the run does beside sending messages, at this time since its start.
    pub fn event(&mut self, time: Duration, event: &Event) {
        let (node, what) = match event {
            Event::Nodes { nodes } => return self.nodes.clone_from(nodes),
            Event::Begin => return self.begins(time),
            Event::State { node, changes } => {
                let state = self.states.entry(self.nodes[*node].clone()).or_default();
                return recording::apply(state, changes);
            }
            Event::Kill { node } => (node, "was killed"),
            Event::DiskFailed { node, .. } => (node, "ended: its disk failed"),
            Event::Start { node } => (node, "was started again"),
            Event::Pause { node } => (node, "was paused"),
            Event::Resume { node } => (node, "was resumed"),
            _ => return,
        };
        let node = self.nodes[*node].clone();
        self.did(time, &node, what);
    }

    /// What is said from now on counts from here; what was before is of no interest.
    fn begins(&mut self, time: Duration) {
        self.start = time;
        self.last.clear();
    }

    fn did(&mut self, time: Duration, node: &str, what: &str) {
        let at = time.saturating_sub(self.start);
        let last = self.last.entry(node.to_owned()).or_default();
        last.push_back(format!("{} {what}", shown(at)));
        if last.len() > LAST {
            last.pop_front();
        }
    }

    /// What there is to say when the run stands at a moment of the main phase, before anything of
    /// it: of this node, or of all, what it did last, its state, and what is under way to it.
    pub fn told(&self, at: Duration, node: Option<&str>, inboxes: &[Inbox<'_>]) -> String {
        let mut text = format!("at {}, before anything of that moment:\n", shown(at));
        let is_shown = |inbox: &&Inbox<'_>| node.is_none_or(|node| node == inbox.node);
        for inbox in inboxes.iter().filter(is_shown) {
            self.write(&mut text, inbox);
        }
        text
    }

    fn write(&self, text: &mut String, inbox: &Inbox<'_>) {
        let _ = writeln!(text, "{}\n  did last:", inbox.node);
        let last = self.last.get(inbox.node);
        for did in last.into_iter().flatten() {
            let _ = writeln!(text, "    {did}");
        }
        if last.is_none() {
            let _ = writeln!(text, "    nothing in the main phase");
        }
        if let Some(state) = self.states.get(inbox.node)
            && !state.is_null()
        {
            let _ = writeln!(text, "  state:");
            for line in recording::in_lines(state) {
                let _ = writeln!(text, "    {line}");
            }
        }
        let _ = match inbox.under_way.len() {
            0 => writeln!(text, "  inbox: nothing is under way"),
            1 => writeln!(text, "  inbox: 1 message is under way, due at"),
            count => writeln!(text, "  inbox: {count} messages are under way, due at"),
        };
        for message in &inbox.under_way {
            let line = String::from_utf8_lossy(message.line.trim_ascii());
            let cut = match message.is_cut {
                true => " (the partition drops it)",
                false => "",
            };
            let _ = writeln!(text, "    {} {line}{cut}", shown(message.due));
        }
    }
}

/// A time in seconds.
pub fn shown(time: Duration) -> String {
    format!("{:.6} s", time.as_secs_f64())
}
