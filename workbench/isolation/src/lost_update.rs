//! Lost updates: several transactions that read the same version of a key and
//! then wrote that key, so that all but one wrote over something they had not
//! seen. That takes no order of versions to see.

use history::OpType;

use super::by_key::ByKey;
use super::instance::Instance;
use super::transaction::{Id, Seen, Step, Transactions};

/// Every key and version that several transactions updated.
pub(super) fn find(transactions: &Transactions) -> Vec<Instance> {
    let mut updates: Vec<(Id, Update)> = Vec::new();
    for i in transactions.with(OpType::Ok) {
        add_updates(transactions, i, &mut updates);
    }
    // Reads of the same version side by side.
    let version = |update: &Update| {
        let (kind, one) = match update.seen {
            Seen::Nil => (0, 0),
            Seen::One(id) => (1, id),
            Seen::List(..) => (2, 0),
        };
        (kind, one, transactions.elements(update.seen))
    };
    let mut updates = ByKey::new(transactions.keys.len(), &updates);
    updates.sort_by(|a, b| version(a).cmp(&version(b)));
    let mut lost = Vec::new();
    for (key, updates) in updates.iter() {
        let versions = updates.chunk_by(|a, b| version(a) == version(b));
        let collisions = versions.filter(|updates| updates.len() > 1);
        lost.extend(collisions.map(|updates| Instance::LostUpdate {
            key,
            seen: updates[0].seen,
            transactions: updates.iter().map(|update| update.transaction).collect(),
        }));
    }
    lost
}

#[derive(Clone, Copy)]
struct Update {
    seen: Seen,
    transaction: u32,
}

/// What a transaction first saw of each key that it wrote after that.
fn add_updates(transactions: &Transactions, transaction: u32, updates: &mut Vec<(Id, Update)>) {
    // Transactions are short.
    let mut first: Vec<(Id, Seen)> = Vec::new();
    let mut counted: Vec<Id> = Vec::new();
    for step in transactions.steps(transaction) {
        match *step {
            Step::Read { key, seen } => {
                if !first.iter().any(|(read, _)| *read == key) {
                    first.push((key, seen));
                }
            }
            Step::Write { key, .. } => {
                if let Some((_, seen)) = first.iter().find(|(read, _)| *read == key)
                    && !counted.contains(&key)
                {
                    counted.push(key);
                    let update = Update {
                        seen: *seen,
                        transaction,
                    };
                    updates.push((key, update));
                }
            }
        }
    }
}
