//! What transactions did to registers, before it is known what that says of versions.

use std::collections::{BTreeMap, BTreeSet};

use history::OpType;

use super::super::by_key::OfValues;
use super::super::reason::external_reads;
use super::super::transaction::{Id, Step, Transactions};
use super::value;

/// What transactions did, as they did it: the key, and what.
#[derive(Default)]
pub(super) struct Done {
    pub(super) failed: Vec<(Id, (Id, u32))>,
    pub(super) intermediate: Vec<(Id, (Id, u32))>,
    /// The last that a transaction wrote, and whether it succeeded.
    pub(super) written: Vec<(Id, (Id, u32, bool))>,
    /// What a transaction read of others.
    pub(super) read: Vec<(Id, (Option<Id>, u32))>,
    /// What it read, and then wrote.
    pub(super) updated: Vec<(Id, (Id, Id))>,
}

impl Done {
    /// Room for the last writes of a transaction is taken once for all.
    pub(super) fn add(
        &mut self,
        transactions: &Transactions,
        i: u32,
        outcome: OpType,
        last_write: &mut Vec<(Id, Id)>,
    ) {
        last_write.clear();
        for step in transactions.steps(i) {
            if let Step::Write { key, value } = *step {
                if outcome == OpType::Fail {
                    self.failed.push((key, (value, i)));
                }
                match last_write.iter_mut().find(|(other, _)| *other == key) {
                    Some((_, last)) => {
                        self.intermediate.push((key, (*last, i)));
                        *last = value;
                    }
                    None => last_write.push((key, value)),
                }
            }
        }
        if outcome == OpType::Fail {
            return;
        }
        let is_ok = outcome == OpType::Ok;
        let written = last_write.iter();
        (self.written).extend(written.map(|(key, value)| (*key, (*value, i, is_ok))));
        if !is_ok {
            return;
        }
        for (key, seen) in external_reads(transactions, i) {
            let value = value(seen);
            self.read.push((key, (value, i)));
            if let Some(before) = value
                && let Some((_, next)) = last_write.iter().find(|(written, _)| *written == key)
            {
                self.updated.push((key, (before, *next)));
            }
        }
    }
}

/// The values of keys that several transactions wrote, whatever came of those. (Elle looks
/// at those only that succeeded.)
///
/// # Errors
/// The first of them that was read: there is no telling whose it is.
pub(super) fn written_again(transactions: &Transactions) -> Result<BTreeSet<(Id, Id)>, String> {
    let mut writers: Vec<(Id, (Id, u32))> = Vec::new();
    for (i, _) in transactions.numbered() {
        for step in transactions.steps(i) {
            if let Step::Write { key, value } = *step {
                writers.push((key, (value, i)));
            }
        }
    }
    let writers = OfValues::new(transactions.keys.len(), &writers);
    let mut again: BTreeMap<(Id, Id), [u32; 2]> = BTreeMap::new();
    for key in 0..transactions.keys.len() as Id {
        for pair in writers.of(key).windows(2) {
            let [(value, a), (other, b)] = [pair[0], pair[1]];
            if value == other && a != b {
                again.entry((key, value)).or_insert([a, b]);
            }
        }
    }
    if again.is_empty() {
        return Ok(BTreeSet::new());
    }
    for i in transactions.with(OpType::Ok) {
        for step in transactions.steps(i) {
            if let Step::Read { key, seen } = *step
                && let Some(read) = value(seen)
                && let Some(both) = again.get(&(key, read))
            {
                return Err(several_wrote(transactions, key, read, *both));
            }
        }
    }
    Ok(again.into_keys().collect())
}

/// Why there is no telling whose a version is.
pub(super) fn several_wrote(
    transactions: &Transactions,
    key: Id,
    value: Id,
    both: [u32; 2],
) -> String {
    let [a, b] = both.map(|i| transactions.all[i as usize].place);
    format!(
        "{} was written to key {} by more than one transaction, operations {a} and {b}, so \
         reads do not say by which",
        transactions.values.value(value),
        transactions.keys.value(key),
    )
}
