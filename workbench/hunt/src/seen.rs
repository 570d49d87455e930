//! What is seen of a run: which situations nodes were in, roughly.
//!
//! A situation is the type of a message that a node gets, the type of the one it got before,
//! and what was wrong at that time; and how often there was one, to the next power of two.
//! Runs that come to new ones are worth to be changed a little and tried again (as in
//! coverage-guided fuzzing: Zalewski, "american fuzzy lop", 2014; here nothing has to be
//! compiled in, since nodes speak of what they do).

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use simulation::run::{Event, Message, MessageEvent, Observer};
use simulation::schedule::{Choice, Schedule, World, Written};
use simulation::wire::{Body, Envelope};

use crate::moments::Kinds;

/// Watches a run.
#[derive(Debug, Default)]
pub struct Seen {
    written: Written,
    /// Of each endpoint, the type of the message it got last.
    last: BTreeMap<String, u64>,
    /// What is wrong just now.
    wrong: BTreeSet<(u8, usize)>,
    counts: BTreeMap<u64, u32>,
    kinds: Kinds,
}

impl Seen {
    /// The situations, as numbers of no meaning.
    pub fn situations(&self) -> impl Iterator<Item = u64> + '_ {
        let counts = self.counts.iter();
        counts.map(|(situation, count)| hash(&(situation, count.ilog2())))
    }

    /// The types of the messages that came to nodes, and those of their answers to clients.
    pub fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    /// What the run chose; none, if none was watched.
    pub fn schedule(self) -> Option<Schedule> {
        self.written.schedule()
    }
}

fn hash(it: &impl Hash) -> u64 {
    // The same in every process, unlike that of a map.
    let mut hasher = DefaultHasher::new();
    it.hash(&mut hasher);
    hasher.finish()
}

fn kind(line: &[u8]) -> Option<String> {
    let envelope = Envelope::parse(std::str::from_utf8(line).ok()?).ok()?;
    let body = Body::parse(envelope.body).ok()?;
    body.kind().map(str::to_owned)
}

impl Observer for Seen {
    fn message(&mut self, message: Message<'_>) {
        if message.event == MessageEvent::Sent {
            return;
        }
        let Some(kind) = kind(message.line) else {
            return;
        };
        if message.dest.starts_with('c') {
            if kind != "error" && kind != "init_ok" {
                self.kinds.replies.insert(kind);
            }
            return;
        }
        let now = hash(&kind);
        let before = self.last.insert(message.dest.to_owned(), now);
        let situation = hash(&(before, now, message.dest, &self.wrong));
        *self.counts.entry(situation).or_default() += 1;
        self.kinds.requests.insert(kind);
    }

    fn event(&mut self, _time: Duration, event: &Event) {
        match event {
            Event::Partition { deaf, .. } => {
                self.wrong.retain(|(what, _)| *what != 0);
                let cut = deaf.iter().enumerate();
                let cut = cut.filter(|(_, unheard)| !unheard.is_empty());
                self.wrong.extend(cut.map(|(node, _)| (0, node)));
            }
            Event::Heal => self.wrong.retain(|(what, _)| *what != 0),
            Event::Kill { node } | Event::DiskFailed { node, .. } => {
                self.wrong.insert((1, *node));
            }
            Event::Start { node } => {
                self.wrong.remove(&(1, *node));
            }
            Event::Pause { node } => {
                self.wrong.insert((2, *node));
            }
            Event::Resume { node } => {
                self.wrong.remove(&(2, *node));
            }
            _ => {}
        }
    }

    fn wants_choices(&self) -> bool {
        true
    }

    fn begins(&mut self, world: &World) {
        self.written.begins(world);
    }

    fn choice(&mut self, choice: &Choice) {
        self.written.choice(choice);
    }
}
