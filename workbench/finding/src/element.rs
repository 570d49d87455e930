//! Elements of a set that reads do not show as they should.

use std::fmt;

use history::edn::Value;
use serde::{Deserialize, Serialize};

use crate::Operation;

/// An element, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Element {
    /// The element.
    pub value: Value,
    /// What became of it.
    pub fate: Fate,
}

/// What became of an element.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It was known, and a read that began after all that show it misses it.
    Lost(Box<Lost>),
    /// Its add may have happened, and no read showed it.
    NeverRead {
        /// The beginning of its add.
        add: Operation,
    },
    /// Reads missed it for a while after it was known.
    Stale {
        /// The beginning of its add.
        add: Operation,
    },
    /// Nobody had begun to add it when a read that ended here showed it.
    Invented(Operation),
    /// A read that ended here shows it, though every add of it was refused.
    Refused(Operation),
    /// A read that ended here shows it more than once.
    Repeated(Operation),
}

/// How an element was lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lost {
    /// The beginning of its add.
    pub add: Operation,
    /// The end of the add or of the first read that made it known.
    pub known: Option<Operation>,
    /// The beginning of the last read that shows it.
    pub last_present: Option<Operation>,
    /// The beginning and the end of the last read that misses it.
    pub last_absent: Option<(Operation, Option<Operation>)>,
}

impl Element {
    /// The beginning of its add, if anybody added it.
    pub fn add(&self) -> Option<&Operation> {
        match &self.fate {
            Fate::Lost(lost) => Some(&lost.add),
            Fate::NeverRead { add } | Fate::Stale { add } => Some(add),
            Fate::Invented(_) | Fate::Refused(_) | Fate::Repeated(_) => None,
        }
    }

    /// The operations that it is about.
    pub fn operations(&self) -> Vec<Operation> {
        let operations = match &self.fate {
            Fate::Lost(lost) => {
                let Lost {
                    known,
                    last_present,
                    last_absent,
                    ..
                } = &**lost;
                let (began, ended) = match last_absent {
                    Some((began, ended)) => (Some(began), ended.as_ref()),
                    None => (None, None),
                };
                vec![known.as_ref(), last_present.as_ref(), began, ended]
            }
            Fate::NeverRead { add } | Fate::Stale { add } => vec![Some(add)],
            Fate::Invented(read) | Fate::Refused(read) | Fate::Repeated(read) => vec![Some(read)],
        };
        operations.into_iter().flatten().cloned().collect()
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = &self.value;
        match &self.fate {
            Fate::Lost(lost) => write!(f, "element {value} is lost: {lost}"),
            Fate::NeverRead { add } => {
                write!(
                    f,
                    "element {value} of operation {} was never read",
                    add.index
                )
            }
            Fate::Stale { add } => write!(
                f,
                "element {value} of operation {} was known before all reads showed it",
                add.index
            ),
            Fate::Invented(Operation { index, .. }) => write!(
                f,
                "element {value} is in the read that ended as operation {index}, but nobody had \
                 begun to add it (Jepsen lets this pass)"
            ),
            Fate::Refused(Operation { index, .. }) => write!(
                f,
                "element {value} is in the read that ended as operation {index}, but its add was \
                 refused (Jepsen lets this pass)"
            ),
            Fate::Repeated(Operation { index, .. }) => write!(
                f,
                "element {value} is more than once in the read that ended as operation {index} \
                 (Jepsen lets this pass)"
            ),
        }
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.known {
            Some(op) if op.f == "read" => write!(f, "it was read by operation {}", op.index)?,
            Some(op) => write!(f, "it was acknowledged by operation {}", op.index)?,
            None => f.write_str("it is not known")?,
        }
        match &self.last_present {
            Some(Operation { index, .. }) => write!(
                f,
                ", and was last seen by the read that began as operation {index}"
            )?,
            None => f.write_str(", and was never read")?,
        }
        let Some((Operation { process, index, .. }, ended)) = &self.last_absent else {
            return Ok(());
        };
        write!(f, "; the read of client {process} (operations {index}")?;
        if let Some(Operation { index, .. }) = ended {
            write!(f, " to {index}")?;
        }
        f.write_str(") misses it")
    }
}
