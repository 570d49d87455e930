//! Replies that no server may give.

use std::fmt;

use history::edn::Value;
use serde::{Deserialize, Serialize};

use crate::Operation;

/// A reply that is wrong by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// A transaction's read of what nobody wrote.
    Garbage {
        /// Its end.
        transaction: Operation,
        /// The key.
        key: Value,
        /// What was read.
        value: Value,
    },
    /// One that is not about what was asked.
    Altered {
        /// The end of the operation.
        ended: Operation,
        /// What was asked.
        asked: Value,
        /// What was answered.
        answered: Value,
    },
    /// A read's, which is no collection.
    NoCollection {
        /// The end of the read.
        read: Operation,
        /// What came.
        value: Value,
    },
}

impl Reply {
    /// The end of the operation.
    pub fn operation(&self) -> &Operation {
        match self {
            Reply::Garbage { transaction, .. } => transaction,
            Reply::Altered { ended, .. } => ended,
            Reply::NoCollection { read, .. } => read,
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Operation { process, index, .. } = self.operation();
        match self {
            Reply::Garbage { key, value, .. } => write!(
                f,
                "client {process} (operation {index}) read {value} in key {key}, which nobody wrote"
            ),
            Reply::Altered {
                asked, answered, ..
            } => write!(
                f,
                "client {process} asked for {asked} and was answered {answered} (operation {index})"
            ),
            Reply::NoCollection { value, .. } => write!(
                f,
                "the read that ended as operation {index} returned {value}, which is no collection"
            ),
        }
    }
}
