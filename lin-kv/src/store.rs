//! The state that all nodes share: values by key, and what was lately answered, so that
//! a request that comes twice takes effect once (Raft thesis, 6.3).

use std::collections::{BTreeMap, VecDeque};

use maelstrom_node::Json;
use serde::{Deserialize, Serialize};

/// How many answers are kept, of all clients together. A node sends a change again
/// for three seconds at most, so that is how much may come between the first time and the
/// last: what is forgotten sooner takes effect twice. (Not so many of each client: one
/// that does not wait for its answers, or that many others join, would lose them sooner.)
const ANSWERS: usize = 8192;

/// Who asked, and the `msg_id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RequestId {
    /// The client's name.
    pub client: String,
    /// The number of its message.
    pub number: u64,
}

/// What changes a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It has this value from now on.
    Write {
        /// The key, as JSON text.
        key: String,
        /// The value.
        value: Json,
    },
    /// If it has one value, it has the other from now on.
    Cas {
        /// The key, as JSON text.
        key: String,
        /// What it must have.
        from: Json,
        /// What it has then.
        to: Json,
        /// Whether it may also have none.
        create: bool,
    },
}

/// A change that someone asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Who, and in which message.
    pub id: RequestId,
    /// What.
    pub change: Change,
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is done.
    Done,
    /// There is no such key.
    Missing,
    /// The key has another value: this, as JSON text.
    Differs(String),
}

/// The state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Store {
    values: BTreeMap<String, Json>,
    answered: BTreeMap<String, VecDeque<Answer>>,
    /// The client of each answer, the oldest first.
    order: VecDeque<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Answer {
    number: u64,
    change: Change,
    outcome: Outcome,
}

impl Store {
    /// The value of a key, as JSON text.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.values.get(key)
    }

    /// What came of this very request, if it is among the last.
    pub fn answer(&self, command: &Command) -> Option<&Outcome> {
        let answers = self.answered.get(&command.id.client)?;
        // Whoever starts again with its numbers asks for something else.
        let same = |answer: &&Answer| {
            answer.number == command.id.number && answer.change == command.change
        };
        answers.iter().find(same).map(|answer| &answer.outcome)
    }

    fn change(&mut self, change: &Change) -> Outcome {
        let (key, value) = match change {
            Change::Write { key, value } => (key, value),
            Change::Cas {
                key,
                from,
                to,
                create,
            } => match self.values.get(key) {
                None if !create => return Outcome::Missing,
                Some(found) if found != from => return Outcome::Differs(found.to_string()),
                _ => (key, to),
            },
        };
        self.values.insert(key.clone(), value.clone());
        Outcome::Done
    }

    fn remember(&mut self, command: &Command, outcome: Outcome) {
        let RequestId { client, number } = &command.id;
        self.order.push_back(client.clone());
        let answers = self.answered.entry(client.clone()).or_default();
        answers.push_back(Answer {
            number: *number,
            change: command.change.clone(),
            outcome,
        });
        if self.order.len() > ANSWERS {
            self.forget_the_oldest();
        }
    }

    fn forget_the_oldest(&mut self) {
        let Some(client) = self.order.pop_front() else {
            return;
        };
        if let Some(answers) = self.answered.get_mut(&client) {
            answers.pop_front();
            if answers.is_empty() {
                self.answered.remove(&client);
            }
        }
    }
}

impl raft::StateMachine for Store {
    type Command = Command;
    type Response = (Command, Outcome);
    type Snapshot = Store;

    fn apply(&mut self, command: &Command) -> (Command, Outcome) {
        let outcome = match self.answer(command) {
            Some(outcome) => outcome.clone(),
            None => {
                let outcome = self.change(&command.change);
                self.remember(command, outcome.clone());
                outcome
            }
        };
        (command.clone(), outcome)
    }

    fn snapshot(&self) -> Store {
        self.clone()
    }

    fn restore(&mut self, snapshot: &Store) {
        self.clone_from(snapshot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use raft::StateMachine;

    fn json(number: u64) -> Json {
        number.to_string().parse().expect("a number is JSON")
    }

    fn cas(number: u64, from: u64, to: u64) -> Command {
        Command {
            id: RequestId {
                client: "c1".into(),
                number,
            },
            change: Change::Cas {
                key: "0".into(),
                from: json(from),
                to: json(to),
                create: number == 1,
            },
        }
    }

    #[test]
    fn a_request_takes_effect_once() {
        let mut store = Store::default();
        let mut apply = |command: Command| store.apply(&command).1;
        assert_eq!(apply(cas(2, 1, 2)), Outcome::Missing);
        assert_eq!(apply(cas(1, 9, 1)), Outcome::Done);
        assert_eq!(apply(cas(3, 1, 2)), Outcome::Done);
        assert_eq!(apply(cas(4, 1, 3)), Outcome::Differs("2".into()));
        assert_eq!(apply(cas(5, 2, 1)), Outcome::Done);
        // Again, by way of another node: as before, and without effect.
        assert_eq!(apply(cas(3, 1, 2)), Outcome::Done);
        assert_eq!(apply(cas(4, 1, 3)), Outcome::Differs("2".into()));
        // The same number for something else is another request.
        assert_eq!(apply(cas(3, 1, 7)), Outcome::Done);
        assert_eq!(store.get("0"), Some(&json(7)));
    }

    fn from_client(client: usize, mut command: Command) -> Command {
        command.id.client = format!("c{client}");
        command
    }

    /// A cas comes late for the second time, when its client has sent much more and
    /// others have come, and would succeed again.
    #[test]
    fn a_request_takes_effect_once_whatever_comes_between() {
        let mut store = Store::default();
        let mut apply = |client, command| store.apply(&from_client(client, command)).1;
        assert_eq!(apply(0, cas(1, 0, 1)), Outcome::Done);
        assert_eq!(apply(0, cas(2, 1, 2)), Outcome::Done);
        for number in 3..103 {
            assert_eq!(apply(0, cas(number, 2, 2)), Outcome::Done);
        }
        for client in 1..2000 {
            assert_eq!(apply(client, cas(2, 2, 2)), Outcome::Done);
        }
        assert_eq!(apply(0, cas(103, 2, 1)), Outcome::Done);
        assert_eq!(apply(0, cas(2, 1, 2)), Outcome::Done);
        assert_eq!(store.get("0"), Some(&json(1)));
    }

    #[test]
    fn what_is_remembered_does_not_grow_for_ever() {
        let mut store = Store::default();
        for client in 0..200 {
            for number in 0..100 {
                store.apply(&from_client(client, cas(number, 0, 0)));
            }
        }
        let kept = store.answered.values().map(VecDeque::len);
        assert_eq!((kept.sum(), store.order.len()), (ANSWERS, ANSWERS));
        assert_eq!(store.answered.len(), ANSWERS.div_ceil(100));
    }
}
