//! A fault at a moment that a test says: "kill n1 between its write and its reply".
//!
//! ```
//! use std::time::Duration;
//!
//! use simulation::nemesis::{Moment, NodeFault, Rule};
//! use simulation::run::Config;
//!
//! // The third time that n1 writes to its log, and before it says anything after that.
//! let moment = Moment::Writes { node: 1, file: "raft.log".into(), nth: 3 };
//! let kill = Rule::new(moment, NodeFault::Kill, vec![1]).lasts(Duration::from_millis(200));
//! let config = Config { rules: vec![kill], ..Config::for_nodes(3) };
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::node::{DRIFT, JUMP, NodeFault, Strike};
use crate::host::Health;
use crate::schedule::seconds;

/// When a rule strikes. What is counted is counted from 1, in the main phase. Nodes are
/// counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Moment {
    /// So long after the main phase began.
    At(#[serde(with = "seconds")] Duration),
    /// When this node has written to this file for the nth time, before it says anything
    /// more. The file is named as on its disk: `raft.log`, `counts.record`.
    Writes {
        /// The node.
        node: usize,
        /// The file.
        file: String,
        /// The how manieth time.
        nth: u32,
    },
    /// When this node has asked its disk for the nth sync.
    Syncs {
        /// The node.
        node: usize,
        /// The how manieth time.
        nth: u32,
    },
    /// When this node has sent the nth message of this type.
    Sends {
        /// The node.
        node: usize,
        /// The type of the message's body.
        kind: String,
        /// The how manieth time.
        nth: u32,
    },
    /// When the nth message of this type is about to be given to this node: a node that is
    /// killed then does not get it.
    Receives {
        /// The node.
        node: usize,
        /// The type of the message's body.
        kind: String,
        /// The how manieth time.
        nth: u32,
    },
}

/// What is to happen at a moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rule {
    /// When.
    pub moment: Moment,
    /// What.
    pub fault: NodeFault,
    /// To which nodes.
    pub nodes: Vec<usize>,
    /// How long it lasts: a second, if nothing else is said. At least a millisecond.
    #[serde(with = "seconds")]
    pub lasts: Duration,
    /// For [`NodeFault::Disk`]: what is wrong with it.
    pub health: Health,
}

impl Rule {
    /// At this moment, this happens to these nodes for a second. A disk fails.
    pub fn new(moment: Moment, fault: NodeFault, nodes: Vec<usize>) -> Self {
        Rule {
            moment,
            fault,
            nodes,
            lasts: Duration::from_secs(1),
            health: Health::Failing,
        }
    }

    /// The same for this long.
    #[must_use]
    pub fn lasts(self, lasts: Duration) -> Self {
        Rule { lasts, ..self }
    }

    /// The same with disks that are like this.
    #[must_use]
    pub fn health(self, health: Health) -> Self {
        Rule { health, ..self }
    }

    pub(crate) fn strike(&self) -> Strike {
        match self.fault {
            NodeFault::Kill => Strike::Kill { after: 0 },
            NodeFault::Pause => Strike::Pause,
            NodeFault::Clock => Strike::Clock {
                jump: JUMP,
                fast: DRIFT as i32,
            },
            NodeFault::Disk => Strike::Disk(self.health),
            NodeFault::LostWrites => Strike::Disk(Health::Lying),
        }
    }
}

/// Something that happens in a run, for which rules may wait.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Happening<'a> {
    Wrote { node: usize, file: &'a str },
    Syncs { node: usize },
    Sent { node: usize, kind: &'a str },
    Received { node: usize, kind: &'a str },
}

/// Rules, and how far each is.
#[derive(Debug)]
pub(crate) struct Rules(Vec<Waiting>);

#[derive(Debug)]
struct Waiting {
    rule: Rule,
    /// How often what it waits for has happened.
    count: u32,
    /// When it struck, if it has.
    struck: Option<Duration>,
    /// Whether what it does is not over.
    is_active: bool,
}

impl Rules {
    pub(crate) fn new(rules: &[Rule]) -> Self {
        let waiting = |rule: &Rule| Waiting {
            rule: rule.clone(),
            count: 0,
            struck: None,
            is_active: false,
        };
        Rules(rules.iter().map(waiting).collect())
    }

    /// Whether there are none, so that nothing need be told.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that strike at a time of the main phase, by their places.
    pub(crate) fn timed(&self) -> impl Iterator<Item = (Duration, usize)> {
        let rules = self.0.iter().enumerate();
        rules.filter_map(|(place, waiting)| match waiting.rule.moment {
            Moment::At(at) => Some((at, place)),
            _ => None,
        })
    }

    /// When each struck, counted from this time.
    pub(crate) fn struck(&self, start: Duration) -> Vec<Option<Duration>> {
        let since_start = |struck: Duration| struck.saturating_sub(start);
        let struck = self.0.iter().map(|waiting| waiting.struck.map(since_start));
        struck.collect()
    }

    /// The one at this place strikes.
    pub(crate) fn begin(&mut self, place: usize, now: Duration) -> &Rule {
        self.0[place].is_active = true;
        self.0[place].struck = Some(now);
        &self.0[place].rule
    }

    /// What the one at this place did is over, if it is not already.
    pub(crate) fn end(&mut self, place: usize) -> Option<&Rule> {
        let waiting = &mut self.0[place];
        std::mem::take(&mut waiting.is_active).then_some(&waiting.rule)
    }

    /// Those that strike now.
    pub(crate) fn happened(&mut self, happening: Happening<'_>) -> Vec<usize> {
        let mut strike = Vec::new();
        for (place, waiting) in self.0.iter_mut().enumerate() {
            if let Some(nth) = waiting.rule.moment.awaits(happening) {
                waiting.count += 1;
                if waiting.count == nth {
                    strike.push(place);
                }
            }
        }
        strike
    }
}

impl Moment {
    /// If this is one of what is waited for: for the how manieth.
    fn awaits(&self, happening: Happening<'_>) -> Option<u32> {
        let (is_it, nth) = match (self, happening) {
            (Moment::Writes { node, file, nth }, Happening::Wrote { node: by, file: to }) => {
                (*node == by && file == to, nth)
            }
            (Moment::Syncs { node, nth }, Happening::Syncs { node: by }) => (*node == by, nth),
            (Moment::Sends { node, kind, nth }, Happening::Sent { node: by, kind: of })
            | (Moment::Receives { node, kind, nth }, Happening::Received { node: by, kind: of }) => {
                (*node == by && kind == of, nth)
            }
            _ => return None,
        };
        is_it.then_some(*nth)
    }
}
