//! The order of versions of keys of which it is known that each by itself is sequentially
//! consistent or linearizable (Kingsbury and Alvaro, VLDB 2020, section 5.2): who uses a key
//! after another one did, sees or writes no older version of it.

use std::collections::{BTreeMap, BTreeSet};

use history::{OpType, Process};

use super::super::by_key::ByKey;
use super::super::instance::Instance;
use super::super::options::Keys;
use super::super::reason::{external_reads, external_writes};
use super::super::transaction::{Id, Transactions};
use super::{Registers, value};
use crate::graph::{Edge, Graph};

/// What a transaction did to a key.
struct Use {
    process: Process,
    /// Where it began, and where it ended if it succeeded.
    invoked: Option<usize>,
    ended: Option<usize>,
    /// What it read of others, or else what it left; and what it left, or else read.
    first: Option<Id>,
    last: Option<Id>,
}

/// A version, and one that comes later; `None` is the initial one.
type Order = (Option<Id>, Option<Id>);

impl Registers<'_> {
    /// Takes that of keys for granted. What makes a circle is told, and then left out.
    pub(super) fn know(&mut self, keys: Keys) {
        if keys == Keys::default() || !self.orders_versions {
            return;
        }
        let uses = uses(self.transactions);
        let versions = self.versions.all().len();
        let mut later = BTreeSet::new();
        for (version, values) in self.later.iter() {
            later.extend(values.iter().map(|value| (version, *value)));
        }
        for (id, uses) in (0..).zip(&uses) {
            if keys.are_sequential {
                self.add_order(id, in_sessions(uses), &mut later);
            }
            if keys.are_linearizable {
                self.add_order(id, in_time(uses), &mut later);
            }
        }
        let later: Vec<(u32, Id)> = later.into_iter().collect();
        self.later = ByKey::new(versions, &later);
    }

    /// Whether one of them was written twice, so that it is no version in particular.
    fn is_again(&self, id: Id, before: Option<Id>, after: Option<Id>) -> bool {
        let again =
            |value: Option<Id>| value.is_some_and(|value| self.again.contains(&(id, value)));
        again(before) || again(after)
    }

    /// Adds to what comes later than each version.
    fn add_order(&mut self, id: Id, mut order: Vec<Order>, later: &mut BTreeSet<(u32, Id)>) {
        order.retain(|(before, after)| before != after && !self.is_again(id, *before, *after));
        let versions = self.versions.range(id).map(|version| version as u32);
        let mut names: Vec<Option<Id>> = self.versions.of(id).to_vec();
        let further = order.iter().flat_map(|(before, after)| [*before, *after]);
        names.extend(further.chain([None]));
        names.sort_unstable();
        names.dedup();
        let place = |version: &Option<Id>| names.binary_search(version).unwrap_or(0) as u32;
        let edge = |before: &Option<Id>, after: &Option<Id>| Edge {
            from: place(before),
            to: place(after),
            label: 1,
        };
        let mut edges: Vec<Edge> = order
            .iter()
            .map(|(before, after)| edge(before, after))
            .collect();
        for version in versions {
            let before = self.value_of(version);
            edges.extend(before.iter().map(|_| edge(&None, &before)));
            let later = later.range((version, Id::MIN)..=(version, Id::MAX));
            let after = self
                .next
                .of(version)
                .iter()
                .chain(later.map(|(_, after)| after));
            edges.extend(after.map(|after| edge(&before, &Some(*after))));
        }
        let components = Graph::new(names.len(), &edges).components(1);
        let components = components
            .into_iter()
            .filter(|component| component.len() > 1);
        let mut is_cyclic = false;
        for component in components {
            is_cyclic = true;
            let values = component
                .iter()
                .map(|place| names[*place as usize])
                .collect();
            self.cyclic
                .push(Instance::CyclicVersions { key: id, values });
        }
        if is_cyclic {
            return;
        }
        for (before, after) in &order {
            if let (Some(before), Some(after)) = (before, after)
                && let Some(version) = self.versions.find(id, Some(*before))
                && !self.next.of(version as u32).contains(after)
            {
                later.insert((version as u32, *after));
            }
        }
    }
}

/// What transactions did to each key, by where they began; of those that nobody knows the
/// outcome of, what they wrote.
fn uses(transactions: &Transactions) -> Vec<Vec<Use>> {
    let mut uses: Vec<Vec<Use>> = Vec::new();
    uses.resize_with(transactions.keys.len(), Vec::new);
    for (i, transaction) in transactions.numbered() {
        let is_ok = transaction.outcome == OpType::Ok;
        if transaction.outcome == OpType::Fail {
            continue;
        }
        let mut versions: BTreeMap<Id, [Option<Option<Id>>; 2]> = BTreeMap::new();
        if is_ok {
            for (key, seen) in external_reads(transactions, i) {
                versions.entry(key).or_default()[0] = Some(value(seen));
            }
        }
        for (key, written) in external_writes(transactions, i) {
            versions.entry(key).or_default()[1] = Some(Some(written));
        }
        for (key, [read, written]) in versions {
            if let (Some(first), Some(last)) = (read.or(written), written.or(read)) {
                uses[key as usize].push(Use {
                    process: transaction.process,
                    invoked: transaction.invoked,
                    ended: is_ok.then_some(transaction.place),
                    first,
                    last,
                });
            }
        }
    }
    for uses in &mut uses {
        uses.sort_by_key(|one| one.invoked);
    }
    uses
}

/// As each client did it.
fn in_sessions(uses: &[Use]) -> Vec<Order> {
    let mut last: BTreeMap<Process, Option<Id>> = BTreeMap::new();
    let mut orders = Vec::new();
    // In the order of their ends: of some histories the beginnings are not known.
    let mut uses: Vec<&Use> = uses.iter().collect();
    uses.sort_by_key(|one| one.ended.or(one.invoked));
    for one in uses {
        if let Some(before) = last.get(&one.process) {
            orders.push((*before, one.first));
        }
        if one.ended.is_some() {
            last.insert(one.process, one.last);
        }
    }
    orders
}

/// As the one had ended when the other began; those that others lie between follow.
fn in_time(uses: &[Use]) -> Vec<Order> {
    let uses: Vec<&Use> = uses.iter().filter(|one| one.invoked.is_some()).collect();
    // Of those that begin here or later, when the first ends.
    let mut first_end = vec![usize::MAX; uses.len() + 1];
    for (at, one) in uses.iter().enumerate().rev() {
        first_end[at] = first_end[at + 1].min(one.ended.unwrap_or(usize::MAX));
    }
    let mut orders = Vec::new();
    for one in &uses {
        let Some(ended) = one.ended else { continue };
        let after = uses.partition_point(|other| other.invoked < Some(ended));
        let next = uses[after..].iter();
        let next = next.take_while(|other| other.invoked < Some(first_end[after]));
        orders.extend(next.map(|other| (one.last, other.first)));
    }
    orders
}
