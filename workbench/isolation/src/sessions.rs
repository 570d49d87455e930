//! The guarantees of sessions, and what is made of them: models that say what a client sees,
//! rather than how transactions are isolated.
//!
//! Every read has a *view*: the writes that it knew of. It shows the last of them in some
//! order, or all of them, if what is written is appended to a list. The least view has
//! what the read shows, and what else follows (Terry et al., "Session Guarantees for Weakly
//! Consistent Replicated Data", PDIS 1994; Viotti and Vukolić, "Consistency in
//! Non-Transactional Distributed Storage Systems", 2016):
//!
//! | model | a view also has |
//! |---|---|
//! | `read-your-writes` | what the client wrote before |
//! | `monotonic-reads` | what was in the views of the client's reads before |
//! | `monotonic-writes` | with a write, those that its client did before; and these are before it in the order |
//! | `writes-follow-reads` | with a write, the views of its client's reads before; and what was in these is before it in the order |
//! | `PRAM` | the first three |
//! | `causal` | all four: a view is everything in the causal past |
//! | `causal-convergence` (`CCv`) | the same, and the order is one for all |
//! | `causal-memory` (`CM`) | the same, and it is one for each client, that of its reads in it |
//!
//! In question is whose the order is. Terry's servers agree on one, as do Adya's versions,
//! Viotti's arbitration, and causal convergence (CCv; Bouajjani et al., "On Verifying Causal
//! Consistency", POPL 2017); it may also be one for each client (Lipton and Sandberg's PRAM,
//! 1988; Ahamad's causal memory, 1995), or for each read (CC, the weakest that Bouajjani et
//! al. have). And in question is what a transaction of several reads and writes is to a model
//! that knows none: as many operations, or one. Here a history is
//!
//! - **invalid** if, each read and write taken by itself, there is no order: for `causal` none
//!   for some read, for the others none for some client. So it is by all of these definitions;
//! - **valid** if there is one order for all, with transactions that happen at once;
//! - else **unknown**, with the reason.
//!
//! `causal-convergence` and `causal-memory` say whose the order is, so of single operations
//! they are always known. Neither follows from the other, nor the memory from what is valid
//! here for `causal`: what a client has read, its memory cannot put after what it reads next.
//!
//! `sequential` and `linearizable` ask for one order of all operations, that of clients or that
//! of time in it. It is looked for, and where it is found, it explains every read; that there
//! is none follows if the history is not causal by one order for all, or if single operations
//! are not serializable in such an order.

mod clocks;
mod memory;
mod order;
mod single;
#[cfg(test)]
mod tests;
mod units;
mod witness;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use finding::cycle::{self, Reason};
use finding::{Contradiction, Cycle, Evidence, Finding, Operation, Validity};
use history::{History, OpType};

use self::order::Violation;
use self::single::Guarantee;
use self::units::{Grain, Units};
use super::anomaly::Anomaly;
use super::list_append::Lists;
use super::model::Model;
use super::options::{Keys, Options};
use super::relation::{self, PROCESS, TimeOrder};
use super::rw_register::Registers;
use super::transaction::{Datatype, Step, Transactions};
use crate::graph::{Edge, Graph};

/// A model of what clients see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Single(Guarantee),
    Pram,
    Causal,
    /// The same, by one order for all.
    Convergence,
    /// The same, by an order for each client that its reads are in.
    Memory,
    /// One order of all operations, and which order it has in it.
    Order(TimeOrder),
}

fn asked(model: Model) -> Option<Asked> {
    Some(match model {
        Model::ReadYourWrites => Asked::Single(Guarantee::ReadYourWrites),
        Model::MonotonicReads => Asked::Single(Guarantee::MonotonicReads),
        Model::MonotonicWrites => Asked::Single(Guarantee::MonotonicWrites),
        Model::WritesFollowReads => Asked::Single(Guarantee::WritesFollowReads),
        Model::Pram => Asked::Pram,
        Model::Causal => Asked::Causal,
        Model::CausalConvergence => Asked::Convergence,
        Model::CausalMemory => Asked::Memory,
        Model::Sequential => Asked::Order(TimeOrder::Process),
        Model::Linearizable => Asked::Order(TimeOrder::Realtime),
        _ => return None,
    })
}

/// Whether a model is one of what clients see.
pub(super) fn is_asked(model: Model) -> bool {
    asked(model).is_some()
}

/// What a model says of a history.
pub(super) enum Verdict {
    Valid,
    Invalid(Box<Finding>),
    Unknown(String),
}

/// A history, to be held against models one after the other.
pub(super) struct Sessions<'a> {
    history: &'a History,
    transactions: &'a Transactions,
    operations: Units<'a>,
    wholes: Units<'a>,
    /// Why transactions as a whole are not as they should be, whatever the order.
    torn: Option<&'static str>,
    is_single: bool,
    /// What transactions as a whole have: an order for all that is causal.
    convergent: OnceCell<Result<bool, String>>,
    options: Options,
}

impl<'a> Sessions<'a> {
    /// # Errors
    /// Why there is no telling, whatever the model.
    pub(super) fn new(
        history: &'a History,
        transactions: &'a Transactions,
        options: &Options,
    ) -> Result<Self, String> {
        let anomalies: Vec<(Anomaly, _)> = match transactions.datatype {
            Datatype::List => Lists::new(transactions, options.rules)?.anomalies()?,
            Datatype::Register => {
                let none = (TimeOrder::None, Keys::default());
                Registers::new(transactions, options.rules, none.0, none.1)?.anomalies()
            }
        };
        let torn = anomalies.iter().find_map(|(anomaly, _)| match anomaly {
            Anomaly::G1a | Anomaly::G1b | Anomaly::Internal => Some(anomaly.name()),
            Anomaly::FutureRead | Anomaly::DuplicateElements => Some(anomaly.name()),
            _ => None,
        });
        let is_single = transactions
            .numbered()
            .all(|(i, _)| transactions.steps(i).len() <= 1);
        Ok(Sessions {
            history,
            transactions,
            operations: Units::new(transactions, Grain::Operation)?,
            wholes: Units::new(transactions, Grain::Transaction)?,
            torn,
            is_single,
            convergent: OnceCell::new(),
            options: options.clone(),
        })
    }

    /// Whether the model holds.
    pub(super) fn judge(&self, model: Model) -> Verdict {
        match asked(model).map(|asked| self.judged(model, asked)) {
            Some(Ok(verdict)) => verdict,
            Some(Err(why)) => Verdict::Unknown(why),
            None => Verdict::Unknown(format!("{model} is no model of what clients see")),
        }
    }

    fn judged(&self, model: Model, asked: Asked) -> Result<Verdict, String> {
        if let Some(finding) = self.impossible() {
            return Ok(Verdict::Invalid(Box::new(finding)));
        }
        let units = &self.operations;
        let looked = match asked {
            Asked::Single(guarantee) => single::look(units, guarantee)?,
            Asked::Pram => clocks::look(units, false)?,
            Asked::Causal => clocks::look(units, true)?,
            Asked::Convergence | Asked::Memory => return self.by_one_definition(model, asked),
            Asked::Order(time) => return self.in_one_order(model, time),
        };
        if let Some(broken) = looked.broken {
            return Ok(Verdict::Invalid(Box::new(self.finding(broken))));
        }
        // Views of lists without monotonic writes are looked at one step deep.
        let is_whole = !units.is_list() || asked != Asked::Single(Guarantee::WritesFollowReads);
        if self.is_convergent()?
            || (self.is_single && is_whole && looked.disagreeing.is_none() && self.torn.is_none())
        {
            return Ok(Verdict::Valid);
        }
        Ok(Verdict::Unknown(match (self.is_single, self.torn) {
            (false, Some(anomaly)) => format!(
                "its reads and writes one by one are {model}, but its transactions show {anomaly}, \
                 so as a whole they are not"
            ),
            (false, None) => format!(
                "its reads and writes one by one are {model}; transactions that happen at once \
                 would not be, by one order for all"
            ),
            (true, _) => format!(
                "it is {model} if each client may see writes in an order of its own, but not by one \
                 order for all"
            ),
        }))
    }

    /// Whether a model holds of which it is known whose the order is.
    fn by_one_definition(&self, model: Model, asked: Asked) -> Result<Verdict, String> {
        let broken = |units: &Units<'_>| match asked {
            Asked::Memory => memory::look(units),
            _ => {
                let looked = clocks::look(units, true)?;
                Ok(looked.broken.or(looked.disagreeing))
            }
        };
        if let Some(violation) = broken(&self.operations)? {
            return Ok(Verdict::Invalid(Box::new(self.finding(violation))));
        }
        let as_a_whole = match self.torn {
            Some(anomaly) => {
                format!("but its transactions show {anomaly}, so as a whole they are not")
            }
            None if broken(&self.wholes)?.is_none() => return Ok(Verdict::Valid),
            None => "but transactions that happen at once are not".into(),
        };
        Ok(Verdict::Unknown(format!(
            "its reads and writes one by one are {model}, {as_a_whole}"
        )))
    }

    /// Whether transactions that happen at once are causal by one order for all, of which all
    /// weaker models follow.
    fn is_convergent(&self) -> Result<bool, String> {
        let convergent = self.convergent.get_or_init(|| {
            let looked = clocks::look(&self.wholes, true)?;
            Ok(self.torn.is_none() && looked.broken.is_none() && looked.disagreeing.is_none())
        });
        convergent.clone()
    }

    /// Whether there is one order of all operations, with that of time in it.
    fn in_one_order(&self, model: Model, time: TimeOrder) -> Result<Verdict, String> {
        let mut looked = clocks::look(&self.operations, true)?;
        let known = looked.broken.take().or(looked.disagreeing.take());
        let violation = match known {
            Some(violation) => Some(violation),
            None => order::look_at_overwrites(&self.operations, &looked)?,
        };
        if let Some(violation) = violation {
            return Ok(Verdict::Invalid(Box::new(self.finding(violation))));
        }
        if self.is_single {
            let order = match time {
                TimeOrder::Realtime => Model::StrongSerializable,
                _ => Model::StrongSessionSerializable,
            };
            let forbidden = super::model::forbidden([order]);
            let datatype = self.transactions.datatype;
            let checked = super::judged(self.history, datatype, &forbidden, &self.options);
            if let (Validity::Invalid, Some(finding)) = (checked.valid, checked.findings.first()) {
                return Ok(Verdict::Invalid(Box::new(finding.clone())));
            }
        }
        let unknown = || {
            Ok(Verdict::Unknown(format!(
                "there is no telling whether it is {model}: no order of its transactions was found \
                 that explains every read, nor anything that rules one out"
            )))
        };
        if !self.is_convergent()? {
            return unknown();
        }
        let mut edges = clocks::look(&self.wholes, true)?.edges;
        if time == TimeOrder::Realtime {
            let mut later = relation::Edges::among(self.transactions);
            relation::add_realtime_order(&mut later, self.transactions);
            if later.too_many {
                return Err("too many transactions follow on others in time".into());
            }
            let mut unit_of = vec![None; self.transactions.all.len()];
            for (number, unit) in (0..).zip(&self.wholes.all) {
                unit_of[unit.transaction as usize] = Some(number);
            }
            edges.extend(later.edges.iter().filter_map(|edge| {
                let [from, to] = [edge.from, edge.to].map(|txn| unit_of[txn as usize]);
                Some(Edge {
                    from: from?,
                    to: to?,
                    label: edge.label,
                })
            }));
        }
        let graph = Graph::new(self.wholes.all.len(), &edges);
        match witness::is_found(&self.wholes, &graph) {
            true => Ok(Verdict::Valid),
            false => unknown(),
        }
    }

    /// What no order explains: a read of what was refused.
    fn impossible(&self) -> Option<Finding> {
        let transactions = self.transactions;
        let mut refused = BTreeMap::new();
        for i in transactions.with(OpType::Fail) {
            for step in transactions.steps(i) {
                if let Step::Write { key, value } = *step {
                    refused.insert((key, value), i);
                }
            }
        }
        if refused.is_empty() {
            return None;
        }
        let mut reads = self.operations.all.iter().flat_map(|unit| {
            let values = unit.reads.iter().flat_map(|(key, seen)| {
                self.operations
                    .values(seen)
                    .iter()
                    .map(|value| (*key, *value))
            });
            values.map(move |read| (unit.transaction, read))
        });
        let (reader, (key, value), writer) = reads.find_map(|(reader, read)| {
            let writer = refused.get(&read)?;
            Some((reader, read, *writer))
        })?;
        let evidence = Contradiction::Read {
            reader: self.operation(reader),
            key: transactions.keys.value(key).clone(),
            value: transactions.values.value(value).clone(),
            writer: self.operation(writer),
        };
        Some(Finding::new(
            "G1a",
            "reads of what was refused",
            [Evidence::Contradiction(evidence)],
        ))
    }

    fn operation(&self, transaction: u32) -> Operation {
        (&self.history.ops()[self.transactions.all[transaction as usize].place]).into()
    }

    /// A violation with transactions in place of their parts.
    fn finding(&self, violation: Violation) -> Finding {
        let mut steps: Vec<(u32, u8, Reason)> = Vec::new();
        let of = |unit: u32| self.operations.unit(unit).transaction;
        let count = violation.steps.len();
        for (at, (unit, relation, reason)) in violation.steps.iter().enumerate() {
            let next = of(violation.steps[(at + 1) % count].0);
            let is_again = |(_, before, _): &(u32, u8, Reason)| *before == PROCESS;
            if of(*unit) == next {
                continue;
            }
            // What a client did, it did after all that it had done before.
            if *relation == PROCESS && steps.last().is_some_and(is_again) {
                continue;
            }
            // A way that comes back to where it was has a shorter one in it.
            if let Some(first) = steps.iter().position(|(before, ..)| *before == of(*unit)) {
                steps.drain(..first);
                if first > 0 || steps.len() > 1 {
                    break;
                }
            }
            steps.push((of(*unit), *relation, reason.clone()));
        }
        if steps.len() < 2 {
            let transaction = violation.steps.first().map_or(0, |(unit, ..)| of(*unit));
            let index = self.operation(transaction).index;
            return Finding::statement(
                violation.name,
                format!("{}: operation {index} contradicts itself", violation.name),
            );
        }
        let cycle = Cycle {
            transactions: steps.iter().map(|(txn, ..)| self.operation(*txn)).collect(),
            steps: (steps.into_iter())
                .map(|(_, relation, reason)| cycle::Step {
                    relation: relation::named(relation),
                    reason,
                })
                .collect(),
        };
        Finding::new(violation.name, violation.name, [Evidence::Cycle(cycle)])
    }
}
