//! A run as a list of choices: which client does what and when, what becomes of each
//! message, which fault begins where and when. A seed is one way to make such a list; it
//! can also be read from a file, changed, and followed.
//!
//! ```
//! # use maelstrom_node::{NodeId, Result, Server};
//! # struct Echo;
//! # #[derive(serde::Deserialize)] #[serde(rename_all = "snake_case")]
//! # enum Request { Echo { echo: String } }
//! # #[derive(serde::Serialize)] #[serde(rename_all = "snake_case")]
//! # enum Response { EchoOk { echo: String } }
//! # impl Server for Echo {
//! #     type Request = Request;
//! #     type Response = Response;
//! #     async fn handle(&self, Request::Echo { echo }: Request, _: &NodeId) -> Result<Response> {
//! #         Ok(Response::EchoOk { echo })
//! #     }
//! # }
//! use simulation::schedule::Schedule;
//! use simulation::simulate;
//!
//! let schedule: Schedule = r#"
//! {"schedule":1,"workload":"echo","nodes":["n0","n1"],"clients":2,"time-limit":1.0}
//! {"operation":{"at":0.1,"client":1,"f":"echo","value":"\"hello\""}}
//! {"partition":{"at":0.2,"shape":"one","cut":[["n0","n1"],["n1","n0"]]}}
//! {"operation":{"at":0.3,"client":0,"f":"echo","value":"\"again\""}}
//! "#
//! .parse()?;
//!
//! let simulated = simulate(&schedule.config(), &mut workloads::echo::Echo, |_| Echo);
//! simulated.assert_valid();
//! assert_eq!(simulated.outcome.history.begun(), 2);
//! # Ok::<(), simulation::schedule::ScheduleError>(())
//! ```
//!
//! # The file
//!
//! JSON, a line each: first the [`World`], then the [`Choice`]s. Those of one kind are in the
//! order in which they happen; otherwise, lines may stand anywhere. What is not chosen is
//! plain: a message takes the mean latency, a service answers with its newest state. So a
//! line can be taken out, and the rest still is a schedule.
//!
//! Times are in seconds, to the nanosecond; those called `at` count from the start of the
//! main phase. Operations' values are EDN, as in `history.edn`.
//!
//! What nodes draw by themselves, how late a tired machine is and what a disk loses follow
//! from the world's seed, as they do without a schedule.

pub(crate) mod seconds;
mod text;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use history::edn::Value;
use serde::{Deserialize, Serialize};

use crate::nemesis::node::Strike;
use crate::nemesis::{NodeFault, Shape, Target};
use crate::network::Fate;
use crate::run::{Config, Observer};

pub use text::ScheduleError;
pub use world::World;

/// The version of the format.
pub const VERSION: u32 = 1;

/// What a run is like, and all that is chosen in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// What it is like.
    pub world: World,
    /// What is chosen.
    pub choices: Vec<Choice>,
}

/// Something that could have been otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Choice {
    /// A client begins an operation of the main phase. If it is not free yet, it does so as
    /// soon as it is, and all that come after this one wait.
    Operation {
        /// When.
        #[serde(with = "seconds")]
        at: Duration,
        /// Its place among those that work at a time, from 0.
        client: usize,
        /// The operation's function.
        f: String,
        /// Its argument.
        #[serde(default, with = "text::edn", skip_serializing_if = "text::is_nil")]
        value: Value,
        /// Further keys in the history.
        #[serde(default, with = "text::edn", skip_serializing_if = "text::is_nil")]
        extra: Value,
    },
    /// Messages between some nodes are dropped from now on; whatever was cut before is whole
    /// again.
    Partition {
        /// When.
        #[serde(with = "seconds")]
        at: Duration,
        /// What shape this has, for a person.
        shape: Shape,
        /// Between whom: from the first to the second.
        cut: Vec<(String, String)>,
    },
    /// None are any more.
    Heal {
        /// When.
        #[serde(with = "seconds")]
        at: Duration,
    },
    /// Something happens to nodes.
    Strike {
        /// When.
        #[serde(with = "seconds")]
        at: Duration,
        /// What.
        fault: NodeFault,
        /// How many were to be struck, for a person.
        target: Target,
        /// Which, and how.
        nodes: BTreeMap<String, Strike>,
    },
    /// That is over, for all nodes.
    Relief {
        /// When.
        #[serde(with = "seconds")]
        at: Duration,
        /// What.
        fault: NodeFault,
    },
    /// What becomes of a message between nodes and services, if no partition drops it.
    Message {
        /// Who sends it.
        from: String,
        /// Whom it is for.
        to: String,
        /// How many were sent from the one to the other before it.
        nth: u64,
        /// How long each of its copies takes, two at most; none, if it is lost.
        #[serde(with = "seconds::several")]
        takes: Vec<Duration>,
    },
    /// What a service that may answer in several ways does.
    Answer {
        /// Its name.
        service: String,
        /// How many requests it had before this one.
        nth: u64,
        /// What it chooses each time it has a choice: of states, how many back from the
        /// newest.
        picks: Vec<u64>,
    },
}

/// Writes down what a run chooses.
#[derive(Debug, Default)]
pub struct Written(Option<Schedule>);

impl Written {
    /// What it was; none, if no run was watched.
    pub fn schedule(self) -> Option<Schedule> {
        self.0
    }
}

impl Observer for Written {
    fn wants_choices(&self) -> bool {
        true
    }

    fn begins(&mut self, world: &World) {
        self.0 = Some(Schedule {
            world: world.clone(),
            choices: Vec::new(),
        });
    }

    fn choice(&mut self, choice: &Choice) {
        if let Some(schedule) = &mut self.0 {
            schedule.choices.push(choice.clone());
        }
    }
}

impl Schedule {
    /// The configuration of a run that follows it.
    pub fn config(&self) -> Config {
        Config {
            schedule: Some(Arc::new(self.clone())),
            ..self.world.config()
        }
    }

    /// How many operations are begun.
    pub fn operations(&self) -> usize {
        let operations = self.choices.iter();
        operations
            .filter(|choice| matches!(choice, Choice::Operation { .. }))
            .count()
    }

    /// Whether a run can follow it.
    ///
    /// # Errors
    /// The first choice that cannot be: of a client or a node that is not there.
    pub(crate) fn check(&self, config: &Config) -> Result<(), String> {
        let nodes = &config.nodes;
        let is_node = |name: &String| match nodes.contains(name) {
            true => Ok(()),
            false => Err(format!(
                "expected one of {}, found {name}",
                nodes.join(", ")
            )),
        };
        for choice in &self.choices {
            match choice {
                Choice::Operation { client, .. } if *client >= config.concurrency => {
                    return Err(format!(
                        "expected clients from 0 to {}, found {client}",
                        config.concurrency.saturating_sub(1)
                    ));
                }
                Choice::Partition { cut, .. } => {
                    for (src, dest) in cut {
                        is_node(src).and_then(|()| is_node(dest))?;
                    }
                }
                Choice::Strike { nodes, .. } => nodes.keys().try_for_each(is_node)?,
                Choice::Message { takes, .. } if takes.len() > 2 => {
                    return Err(format!(
                        "expected a message of two copies at most, found {}",
                        takes.len()
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// What becomes of a message, as a choice has it.
pub(crate) fn takes(fate: Fate) -> Vec<Duration> {
    fate.takes.into_iter().flatten().collect()
}

/// The other way round.
pub(crate) fn fate(takes: &[Duration]) -> Fate {
    match *takes {
        [] => Fate::LOST,
        [only] => Fate::arrives(only),
        [first, second, ..] => Fate {
            takes: [Some(first), Some(second)],
        },
    }
}
