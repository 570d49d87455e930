//! The lists, and what transactions do to them.

use std::collections::BTreeMap;

use maelstrom_node::{Error, Json, Result};
use serde::Serialize;

/// A read, `["r", key, null]`, or an append, `["append", key, element]`.
pub type Operation = (String, Json, Json);

/// An operation that was executed.
pub type Done = (String, Json, Found);

/// What an operation has in the place of its value once it was executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Found {
    /// The list that was read; `null`, if there is none.
    List(Option<Vec<Json>>),
    /// The element that was appended.
    Element(Json),
}

/// What was appended: the list's key, and the element.
pub type Append = (String, Json);

/// All lists, by their keys' normal text.
#[derive(Debug, Default)]
pub(crate) struct Lists(BTreeMap<String, Vec<Json>>);

/// What transactions would do, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Executed {
    /// Each transaction, with what it read.
    pub(crate) txns: Vec<Vec<Done>>,
    /// What they append.
    pub(crate) appends: Vec<Append>,
}

impl Lists {
    pub(crate) fn append(&mut self, appends: &[Append]) {
        for (key, element) in appends {
            let list = self.0.entry(key.clone()).or_default();
            list.push(element.clone());
        }
    }

    /// What these transactions would do and read now.
    pub(crate) fn execute<'a>(
        &self,
        txns: impl IntoIterator<Item = &'a Vec<Operation>>,
    ) -> Executed {
        let mut executed = Executed::default();
        // The lists that are appended to, as they would be then.
        let mut changed: BTreeMap<String, Vec<Json>> = BTreeMap::new();
        for txn in txns {
            let done = txn.iter().map(|(f, key, element)| {
                let name = key.normal();
                let list = changed.get(name).or_else(|| self.0.get(name));
                let found = if f == "r" {
                    Found::List(list.cloned())
                } else {
                    let mut list = list.cloned().unwrap_or_default();
                    list.push(element.clone());
                    changed.insert(name.to_owned(), list);
                    let append = (name.to_owned(), element.clone());
                    executed.appends.push(append);
                    Found::Element(element.clone())
                };
                (f.clone(), key.clone(), found)
            });
            let done = done.collect();
            executed.txns.push(done);
        }
        executed
    }
}

/// Checks that a transaction has only operations that there are.
///
/// # Errors
/// [`Error::malformed_request`], with the one that is none.
pub(crate) fn check(txn: &[Operation]) -> Result<()> {
    match txn.iter().find(|(f, ..)| f != "r" && f != "append") {
        None => Ok(()),
        Some((f, ..)) => Err(Error::malformed_request(format!(
            "expected \"r\" or \"append\" in an operation, found {f:?}"
        ))),
    }
}
