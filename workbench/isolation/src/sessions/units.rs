//! What sessions did, in units that see the store once: each read and write by itself, or a
//! transaction as a whole.

use std::collections::{BTreeMap, BTreeSet};

use history::{OpType, Process};

use super::super::transaction::{Datatype, Id, Seen, Step, Transactions};

/// What is taken for one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grain {
    /// Each read and each write, in the order of its transaction.
    Operation,
    /// Each transaction: it reads one state of the store, and its writes appear together.
    Transaction,
}

/// Something that a session did at once.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) transaction: u32,
    pub(super) session: u32,
    /// How many units with writes its session did before.
    pub(super) place: u32,
    /// What it saw of others, or also of its own session.
    pub(super) reads: Vec<(Id, Seen)>,
    pub(super) writes: Vec<(Id, Id)>,
    /// The unit of its client before it.
    pub(super) before: Option<u32>,
}

/// All units, those of a session in their order. What failed did not happen. Of what nobody
/// knows the outcome of, it did if somebody saw it, after all that its client had done; its
/// client's later units need not have seen it, so it is a session of its own.
pub(super) struct Units<'a> {
    pub(super) transactions: &'a Transactions,
    pub(super) all: Vec<Unit>,
    pub(super) sessions: usize,
    /// Who wrote a value to a key.
    pub(super) writers: BTreeMap<(Id, Id), u32>,
    /// The units that wrote a key, by session and in their order, each with its place.
    pub(super) by_key: Vec<BTreeMap<u32, Vec<(u32, u32)>>>,
}

impl<'a> Units<'a> {
    /// # Errors
    /// That nobody knows who wrote a value that was read.
    pub(super) fn new(transactions: &'a Transactions, grain: Grain) -> Result<Self, String> {
        let read = read_values(transactions);
        one_writer_each(transactions, &read)?;
        let mut units = Units {
            transactions,
            all: Vec::new(),
            sessions: 0,
            writers: BTreeMap::new(),
            by_key: Vec::new(),
        };
        units
            .by_key
            .resize_with(transactions.keys.len(), BTreeMap::new);
        let mut sessions: BTreeMap<Process, (u32, Option<u32>)> = BTreeMap::new();
        let mut places: Vec<u32> = Vec::new();
        for (i, transaction) in transactions.numbered() {
            let parts = match (transaction.outcome, grain) {
                (OpType::Fail | OpType::Invoke, _) => continue,
                (OpType::Ok, Grain::Operation) => each(transactions, i),
                (OpType::Ok, Grain::Transaction) => vec![whole(transactions, i)],
                (OpType::Info, _) => {
                    let writes = match grain {
                        Grain::Operation => each(transactions, i),
                        Grain::Transaction => vec![whole(transactions, i)],
                    };
                    let writes = writes.into_iter().map(|(_, writes)| (Vec::new(), writes));
                    writes
                        .filter(|(_, writes)| writes.iter().any(|write| read.contains(write)))
                        .collect()
                }
            };
            let is_ok = transaction.outcome == OpType::Ok;
            for (reads, writes) in parts {
                let next = units.sessions as u32;
                let before = sessions.get(&transaction.process);
                let (session, before) = match (is_ok, before) {
                    (true, Some((session, last))) => (*session, *last),
                    (false, before) => (next, before.and_then(|(_, last)| *last)),
                    (true, None) => (next, None),
                };
                if session == next {
                    units.sessions += 1;
                    places.push(0);
                }
                let number = units.all.len() as u32;
                if is_ok {
                    sessions.insert(transaction.process, (session, Some(number)));
                }
                let place = places[session as usize];
                if !writes.is_empty() {
                    places[session as usize] += 1;
                }
                for (key, value) in &writes {
                    units.writers.insert((*key, *value), number);
                    let of_session = units.by_key[*key as usize].entry(session).or_default();
                    if of_session.last() != Some(&(place, number)) {
                        of_session.push((place, number));
                    }
                }
                units.all.push(Unit {
                    transaction: i,
                    session,
                    place,
                    reads,
                    writes,
                    before,
                });
            }
        }
        Ok(units)
    }

    pub(super) fn unit(&self, unit: u32) -> &Unit {
        &self.all[unit as usize]
    }

    /// What a read saw, in order; nothing of the initial state.
    pub(super) fn values<'b>(&'b self, seen: &'b Seen) -> &'b [Id] {
        match seen {
            Seen::Nil => &[],
            Seen::One(value) => std::slice::from_ref(value),
            Seen::List(..) => self.transactions.elements(*seen),
        }
    }

    /// What a unit wrote to a key, the last of it.
    pub(super) fn written(&self, unit: u32, key: Id) -> Option<Id> {
        let writes = self.unit(unit).writes.iter().rev();
        let mut of_key = writes.filter(|(written, _)| *written == key);
        of_key.next().map(|(_, value)| *value)
    }

    pub(super) fn is_list(&self) -> bool {
        self.transactions.datatype == Datatype::List
    }

    /// How many units of a session that wrote this key are among its first so many that
    /// wrote anything, and the last of these.
    pub(super) fn among_first(writes: &[(u32, u32)], count: u32) -> (usize, Option<u32>) {
        let among = writes.partition_point(|(place, _)| *place < count);
        let last = among.checked_sub(1).map(|last| writes[last].1);
        (among, last)
    }
}

/// Every value that was read.
fn read_values(transactions: &Transactions) -> BTreeSet<(Id, Id)> {
    let mut read = BTreeSet::new();
    for i in transactions.with(OpType::Ok) {
        for step in transactions.steps(i) {
            if let Step::Read { key, seen } = *step {
                match seen {
                    Seen::Nil => {}
                    Seen::One(value) => {
                        read.insert((key, value));
                    }
                    Seen::List(..) => {
                        read.extend(
                            transactions
                                .elements(seen)
                                .iter()
                                .map(|value| (key, *value)),
                        );
                    }
                }
            }
        }
    }
    read
}

/// # Errors
/// A value that was read, and written more than once.
fn one_writer_each(transactions: &Transactions, read: &BTreeSet<(Id, Id)>) -> Result<(), String> {
    let mut written = BTreeSet::new();
    for (i, _) in transactions.numbered() {
        for step in transactions.steps(i) {
            if let Step::Write { key, value } = *step
                && !written.insert((key, value))
                && read.contains(&(key, value))
            {
                return Err(format!(
                    "{} was written to key {} more than once, so reads do not say by whom",
                    transactions.values.value(value),
                    transactions.keys.value(key),
                ));
            }
        }
    }
    Ok(())
}

/// Reads and writes.
type Parts = (Vec<(Id, Seen)>, Vec<(Id, Id)>);

/// The reads and writes of a transaction, one by one.
fn each(transactions: &Transactions, i: u32) -> Vec<Parts> {
    let part = |step: &Step| match *step {
        Step::Read { key, seen } => (vec![(key, seen)], Vec::new()),
        Step::Write { key, value } => (Vec::new(), vec![(key, value)]),
    };
    transactions.steps(i).iter().map(part).collect()
}

/// A transaction as a whole: what it read first of each key, without what it had written
/// itself; what it left of a register, and all that it appended to a list.
fn whole(transactions: &Transactions, i: u32) -> Parts {
    let is_list = transactions.datatype == Datatype::List;
    let (mut reads, mut writes): Parts = Default::default();
    for step in transactions.steps(i) {
        match *step {
            Step::Write { key, value } => {
                if !is_list {
                    writes.retain(|(written, _)| *written != key);
                }
                writes.push((key, value));
            }
            Step::Read { key, seen } => {
                let own = writes.iter().filter(|(written, _)| *written == key).count();
                let is_first = reads.iter().all(|(read, _)| *read != key);
                match seen {
                    Seen::List(start, end) if is_first => {
                        let end = end.saturating_sub(own as u32).max(start);
                        reads.push((key, Seen::List(start, end)));
                    }
                    seen if is_first && own == 0 => reads.push((key, seen)),
                    _ => {}
                }
            }
        }
    }
    (reads, writes)
}
