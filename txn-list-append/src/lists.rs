//! The lists, and what transactions do to them.

use std::collections::BTreeMap;

use maelstrom_node::{Error, Result};
use serde_json::Value;

/// A read, `["r", key, null]`, or an append, `["append", key, element]`.
pub type Operation = (String, Value, Value);

/// What was appended: the list's key as JSON, and the element.
pub type Append = (String, Value);

/// All lists, by their keys as JSON.
#[derive(Debug, Default)]
pub(crate) struct Lists(BTreeMap<String, Vec<Value>>);

/// What transactions would do, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Executed {
    /// Each transaction, with what it read.
    pub(crate) txns: Vec<Vec<Operation>>,
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
        let mut changed: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for txn in txns {
            let mut done = txn.clone();
            for (f, key, value) in &mut done {
                let name = key.to_string();
                let list = changed.get(&name).or_else(|| self.0.get(&name));
                if f == "r" {
                    *value = list.map_or(Value::Null, |list| list.clone().into());
                } else {
                    let mut list = list.cloned().unwrap_or_default();
                    list.push(value.clone());
                    changed.insert(name.clone(), list);
                    executed.appends.push((name, value.clone()));
                }
            }
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
