//! What lists that were read show by themselves, without cycles.

use history::OpType;

use super::super::anomaly::Anomaly;
use super::super::instance::Instance;
use super::super::lost_update;
use super::super::transaction::{Id, Seen, Step};
use super::{LastSeen, Lists};

impl Lists<'_> {
    /// What is wrong without looking at cycles.
    ///
    /// # Errors
    /// Why there is no telling: the order of a key has an element that nobody
    /// appended.
    pub(in super::super) fn anomalies(&self) -> Result<Vec<(Anomaly, Instance)>, String> {
        let mut found = Vec::new();
        let mut last_seen = LastSeen::new(self.transactions);
        for (id, reads) in self.reads.iter() {
            self.dirty_updates(id, &mut last_seen, &mut found)?;
            for pair in reads.windows(2) {
                let [a, b] = [pair[0], pair[1]].map(|(_, seen)| self.transactions.elements(seen));
                if !b.starts_with(a) {
                    let reads = [pair[0], pair[1]];
                    let instance = Instance::IncompatibleOrder { key: id, reads };
                    found.push((Anomaly::IncompatibleOrder, instance));
                    break;
                }
            }
        }
        for (i, transaction) in self.transactions.numbered() {
            if transaction.outcome == OpType::Ok {
                self.wrong_reads(i, &mut found);
                self.internal(i, &mut found);
            }
        }
        self.duplicates(&mut found);
        let lost = lost_update::find(self.transactions);
        found.extend(lost.into_iter().map(|lost| (Anomaly::LostUpdate, lost)));
        Ok(found)
    }

    /// Appends that succeeded on top of ones that did not.
    fn dirty_updates(
        &self,
        id: Id,
        last_seen: &mut LastSeen,
        found: &mut Vec<(Anomaly, Instance)>,
    ) -> Result<(), String> {
        let Some(longest) = self.longest[id as usize] else {
            return Ok(());
        };
        if self.rules.are_sound() && self.failed.of(id).is_empty() {
            return Ok(());
        }
        // The last that failed, with nothing after it that succeeded.
        let mut aborted: Option<(u32, Id)> = None;
        last_seen.begin();
        for value in self.transactions.elements(longest) {
            if !last_seen.is_first(*value) {
                continue;
            }
            let failed = self.failed.get(id, *value);
            let writer = self.writers.get(id, *value);
            match failed
                .max(writer)
                .map(|i| (i, self.transactions.outcome(i)))
            {
                // Which no model allows; the rest is judged all the same.
                None if self.rules.are_sound() => {}
                None => {
                    return Err(format!(
                        "{} was read in key {}, but nobody appended it",
                        self.transactions.values.value(*value),
                        self.transactions.keys.value(id)
                    ));
                }
                Some((writer, OpType::Ok)) => {
                    if let Some(aborted) = aborted.take() {
                        let committed = (writer, *value);
                        found.push((
                            Anomaly::DirtyUpdate,
                            Instance::DirtyUpdate {
                                key: id,
                                aborted,
                                committed,
                            },
                        ));
                    }
                }
                Some((writer, OpType::Fail)) if aborted.is_none() => {
                    aborted = Some((writer, *value));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Reads of aborted and of intermediate versions.
    fn wrong_reads(&self, reader: u32, found: &mut Vec<(Anomaly, Instance)>) {
        for step in self.transactions.steps(reader) {
            let Step::Read { key: id, seen } = *step else {
                continue;
            };
            let elements = self.transactions.elements(seen);
            let version = |value: Id, writer: u32| Instance::Read {
                reader,
                key: id,
                value,
                writer,
            };
            if !self.failed.of(id).is_empty() {
                let failed = |value: &Id| Some((*value, self.failed.get(id, *value)?));
                for (value, writer) in elements.iter().filter_map(failed) {
                    found.push((Anomaly::G1a, version(value, writer)));
                }
            }
            if let Some(last) = elements.last()
                && let Some(writer) = self.intermediate.get(id, *last)
                && writer != reader
            {
                found.push((Anomaly::G1b, version(*last, writer)));
            }
        }
    }

    /// Reads that contradict what the transaction itself read or appended
    /// before (axiom INT of Cerone et al., CONCUR 2015), and reads of what it
    /// appends only later.
    fn internal(&self, i: u32, found: &mut Vec<(Anomaly, Instance)>) {
        let transactions = self.transactions;
        let steps = transactions.steps(i);
        for (place, step) in steps.iter().enumerate() {
            let Step::Read { key, seen } = *step else {
                continue;
            };
            let expected = self.expected(&steps[..place], key);
            if let Some((start, appended)) = expected {
                let elements = transactions.elements(seen);
                let start = start.map(|seen| (seen, transactions.elements(seen)));
                let agrees = match start {
                    None => elements.ends_with(&appended),
                    // After nil, an empty list is no contradiction; to Elle no list was
                    // until 2026.
                    Some((Seen::Nil, _)) if appended.is_empty() => {
                        elements.is_empty() || !self.rules.are_sound()
                    }
                    Some((_, start)) => {
                        seen != Seen::Nil
                            && elements.len() == start.len() + appended.len()
                            && elements.starts_with(start)
                            && elements.ends_with(&appended)
                    }
                };
                if !agrees {
                    let expected = start.map_or(Vec::new(), |(_, start)| start.to_vec());
                    found.push((
                        Anomaly::Internal,
                        Instance::Internal {
                            transaction: i,
                            step: *step,
                            is_end: start.is_none(),
                            expected: [expected, appended].concat(),
                        },
                    ));
                    break;
                }
            }
        }
        for (place, step) in steps.iter().enumerate() {
            let Step::Write { key: id, value } = *step else {
                continue;
            };
            let shows = |step: &&Step| {
                matches!(**step, Step::Read { key, seen }
                    if key == id && transactions.elements(seen).contains(&value))
            };
            if steps[..place].iter().any(|step| shows(&step)) {
                let instance = Instance::FutureRead {
                    transaction: i,
                    key: id,
                    value,
                };
                return found.push((Anomaly::FutureRead, instance));
            }
        }
    }

    /// What a key is expected to hold after some steps: what was read of it
    /// last, if it was, and what was appended since.
    fn expected(&self, steps: &[Step], id: Id) -> Option<(Option<Seen>, Vec<Id>)> {
        let mut expected = None;
        for step in steps {
            match *step {
                Step::Read { key, seen } if key == id => expected = Some((Some(seen), Vec::new())),
                Step::Write { key, value } if key == id => {
                    expected.get_or_insert((None, Vec::new())).1.push(value);
                }
                _ => {}
            }
        }
        expected
    }

    /// Lists with an element twice.
    fn duplicates(&self, found: &mut Vec<(Anomaly, Instance)>) {
        let mut last_seen = LastSeen::new(self.transactions);
        for (id, reads) in self.reads.iter() {
            for (transaction, seen) in reads {
                let elements = self.transactions.elements(*seen);
                // In that order, each is once.
                if self.order.of(id).starts_with(elements) {
                    continue;
                }
                last_seen.begin();
                for value in elements {
                    if !last_seen.is_first(*value) {
                        let instance = Instance::Duplicate {
                            transaction: *transaction,
                            key: id,
                            seen: *seen,
                            value: *value,
                        };
                        found.push((Anomaly::DuplicateElements, instance));
                        break;
                    }
                }
            }
        }
    }
}
