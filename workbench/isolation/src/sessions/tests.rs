//! Models of what clients see, against whoever tries all orders of small random histories.

mod definitions;
mod examples;

use std::collections::BTreeMap;

use finding::{Rules, Validity};
use history::History;
use rng::Rng;

use crate::model::{Model, Models};
use crate::options::Options;
use crate::{check_list_append, check_rw_register};

/// A read, with what it found, or a write of one value.
#[derive(Clone, Debug, PartialEq)]
struct Op {
    session: usize,
    transaction: usize,
    key: u64,
    read: Option<Vec<u64>>,
    value: u64,
}

/// Operations of a few clients, a client's in their order; each read finds something that
/// was written, or nothing, and now and then what nobody could. `per` is how many of them
/// make a transaction at most.
fn any(rng: &Rng, is_list: bool, per: u64) -> Vec<Op> {
    let (sessions, count) = (1 + rng.below(3) as usize, 2 + rng.below(6));
    let keys = 1 + rng.below(2);
    let mut ops: Vec<Op> = Vec::new();
    let mut left = vec![0; sessions];
    let mut current = vec![0; sessions];
    let mut transactions = 0;
    let (mut writes, mut order) = (0, Vec::new());
    for _ in 0..count {
        let session = rng.below(sessions as u64) as usize;
        if left[session] == 0 {
            left[session] = 1 + rng.below(per);
            current[session] = transactions;
            transactions += 1;
        }
        left[session] -= 1;
        let key = rng.below(keys);
        let is_read = rng.chance(0.55);
        writes += u64::from(!is_read);
        if !is_read {
            order.push((key, writes));
        }
        ops.push(Op {
            session,
            transaction: current[session],
            key,
            read: is_read.then(Vec::new),
            value: if is_read { 0 } else { writes },
        });
    }
    // What was read: of all that is ever written, or of what came before, so that some are
    // as they should be.
    rng.shuffle(&mut order);
    let strict = rng.chance(0.6);
    for at in 0..ops.len() {
        let key = ops[at].key;
        let before: Vec<u64> = ops[..at]
            .iter()
            .filter(|op| op.key == key)
            .map(|op| op.value)
            .collect();
        let candidates = order.iter().filter(|(written, _)| *written == key);
        let candidates = candidates.map(|(_, value)| *value);
        let seen: Vec<u64> = candidates
            .filter(|value| !strict || before.contains(value))
            .collect();
        if let Some(read) = &mut ops[at].read {
            let keep = rng.below(seen.len() as u64 + 1) as usize;
            *read = match is_list {
                true if strict => {
                    let newest = seen.len() - keep.min(rng.below(2) as usize);
                    let mut sorted = seen.clone();
                    if rng.chance(0.7) {
                        sorted.sort_unstable();
                    }
                    sorted[..newest].to_vec()
                }
                true => seen[..keep].to_vec(),
                false => seen.get(keep).copied().into_iter().collect(),
            };
        }
    }
    ops
}

fn history_of(ops: &[Op], is_list: bool) -> History {
    let mut transactions: BTreeMap<usize, (usize, Vec<&Op>)> = BTreeMap::new();
    for op in ops {
        transactions
            .entry(op.transaction)
            .or_insert((op.session, Vec::new()))
            .1
            .push(op);
    }
    let step = |op: &&Op| match (&op.read, is_list) {
        (None, true) => format!("[:append {} {}]", op.key, op.value),
        (None, false) => format!("[:w {} {}]", op.key, op.value),
        (Some(read), true) => format!("[:r {} {read:?}]", op.key).replace(',', " "),
        (Some(read), false) => {
            let value = read.first().map_or("nil".to_owned(), u64::to_string);
            format!("[:r {} {value}]", op.key)
        }
    };
    let line = |(session, ops): &(usize, Vec<&Op>)| {
        let steps: Vec<String> = ops.iter().map(step).collect();
        let steps = steps.join(" ");
        format!("{{:process {session}, :type :ok, :f :txn, :value [{steps}]}}\n")
    };
    let text: String = transactions.values().map(line).collect();
    History::read(&text).unwrap()
}

fn verdict(ops: &[Op], is_list: bool, model: Model) -> (Validity, Vec<String>) {
    let history = history_of(ops, is_list);
    let options = Options {
        rules: Rules::Sound,
        models: Models(vec![model]),
        ..Options::default()
    };
    let checked = match is_list {
        true => check_list_append(&history, &options),
        false => check_rw_register(&history, &options),
    };
    (checked.valid, checked.sentences())
}

/// All orders of these.
fn orders(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let mut rest = items.to_vec();
        rest.remove(at);
        for mut order in orders(&rest) {
            order.insert(0, *item);
            all.push(order);
        }
    }
    all
}

/// What follows from the definitions, one by one: for each operation, the writes in its
/// least view.
struct Told<'a> {
    ops: &'a [Op],
    /// ryw, mr, mw, wfr.
    guarantees: [bool; 4],
    views: Vec<Vec<bool>>,
    is_impossible: bool,
}

impl<'a> Told<'a> {
    fn new(ops: &'a [Op], guarantees: [bool; 4]) -> Self {
        let n = ops.len();
        let is_write = |i: usize| ops[i].read.is_none();
        let so = |a: usize, b: usize| a < b && ops[a].session == ops[b].session;
        let shows = |r: usize, w: usize| {
            ops[r].key == ops[w].key && ops[r].read.iter().flatten().any(|v| *v == ops[w].value)
        };
        let mut is_impossible = false;
        // a is known where b is: the rules, and then their closure.
        let mut known = vec![vec![false; n]; n];
        let [ryw, mr, mw, wfr] = guarantees;
        for (b, known) in known.iter_mut().enumerate() {
            for (a, known) in known.iter_mut().enumerate() {
                let by_session = so(a, b)
                    && match (is_write(a), is_write(b)) {
                        (true, false) => ryw,
                        (false, false) => mr,
                        (true, true) => mw,
                        (false, true) => wfr,
                    };
                let by_value = is_write(a) && !is_write(b) && shows(b, a);
                is_impossible |= by_value && so(b, a);
                *known = by_session || by_value;
            }
        }
        for k in 0..n {
            for i in 0..n {
                for j in 0..n {
                    known[i][j] |= known[i][k] && known[k][j];
                }
            }
        }
        if guarantees == [true; 4] {
            is_impossible |= (0..n).any(|i| known[i][i]);
        }
        Told {
            ops,
            guarantees,
            views: known,
            is_impossible,
        }
    }

    fn is_write(&self, i: usize) -> bool {
        self.ops[i].read.is_none()
    }

    /// Whether this order of all writes has what the guarantees ask of one.
    fn is_lawful(&self, order: &[usize]) -> bool {
        let place = |w: usize| order.iter().position(|o| *o == w).unwrap();
        let [_, _, mw, wfr] = self.guarantees;
        order.iter().all(|a| {
            order.iter().all(|b| {
                let so = a < b && self.ops[*a].session == self.ops[*b].session;
                let by_mw = mw && so;
                // What a read of b's session before it knew of.
                let by_wfr = wfr && self.views[*b][*a];
                !(by_mw || by_wfr) || (a != b && place(*a) < place(*b))
            })
        })
    }

    /// Whether a read shows its view in this order.
    fn is_right(&self, read: usize, order: &[usize]) -> bool {
        let op = &self.ops[read];
        let seen = order
            .iter()
            .filter(|w| self.views[read][**w] && self.ops[**w].key == op.key);
        let seen: Vec<u64> = seen.map(|w| self.ops[*w].value).collect();
        match (&op.read, IS_LIST.get()) {
            (Some(found), true) => *found == seen,
            (Some(found), false) => found.last() == seen.last(),
            (None, _) => true,
        }
    }

    /// Whether there is one order for each of these groups of reads.
    fn has_orders(&self, groups: &[Vec<usize>]) -> bool {
        let writes: Vec<usize> = (0..self.ops.len()).filter(|i| self.is_write(*i)).collect();
        let orders: Vec<Vec<usize>> = orders(&writes)
            .into_iter()
            .filter(|o| self.is_lawful(o))
            .collect();
        let has_order = |group: &Vec<usize>| {
            let is_right =
                |order: &Vec<usize>| group.iter().all(|read| self.is_right(*read, order));
            orders.iter().any(is_right)
        };
        !self.is_impossible && groups.iter().all(has_order)
    }
}

thread_local! {
    static IS_LIST: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// How many histories each test looks at.
const HISTORIES: u64 = 1500;

#[test]
fn single_operations_are_judged_as_by_the_definitions() {
    single_operations(3, HISTORIES);
}

#[test]
fn one_order_is_found_or_ruled_out() {
    one_order(4, HISTORIES);
}

#[test]
fn transactions_are_judged_by_their_operations_and_as_a_whole() {
    transactions(5, HISTORIES / 2);
}

/// More of the same, for `cargo test -- --ignored`: it takes minutes.
#[test]
#[ignore = "it takes minutes"]
fn many_more_histories_are_judged_as_by_the_definitions() {
    single_operations(6, 12_000);
    one_order(7, 12_000);
    transactions(8, 12_000);
}

const MODELS: [(Model, [bool; 4]); 6] = [
    (Model::ReadYourWrites, [true, false, false, false]),
    (Model::MonotonicReads, [false, true, false, false]),
    (Model::MonotonicWrites, [false, false, true, false]),
    (Model::WritesFollowReads, [false, false, false, true]),
    (Model::Pram, [true, true, true, false]),
    (Model::Causal, [true; 4]),
];

/// Single operations: invalid just where no definition holds, valid just where the
/// strongest does.
fn single_operations(seed: u64, histories: u64) {
    let rng = Rng::new(seed);
    for is_list in [false, true] {
        IS_LIST.set(is_list);
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for _ in 0..histories {
            let ops = any(&rng, is_list, 1);
            let reads: Vec<usize> = (0..ops.len()).filter(|i| ops[*i].read.is_some()).collect();
            let alone: Vec<Vec<usize>> = reads.iter().map(|read| vec![*read]).collect();
            let by_session: Vec<Vec<usize>> = (0..3)
                .map(|s| {
                    reads
                        .iter()
                        .copied()
                        .filter(|read| ops[*read].session == s)
                        .collect()
                })
                .collect();
            for (model, guarantees) in MODELS {
                let told = Told::new(&ops, guarantees);
                let groups = if model == Model::Causal {
                    &alone
                } else {
                    &by_session
                };
                let expected = match (
                    told.has_orders(std::slice::from_ref(&reads)),
                    told.has_orders(groups),
                ) {
                    (true, _) => Validity::Valid,
                    (false, true) => Validity::Unknown,
                    (false, false) => Validity::Invalid,
                };
                let (found, words) = verdict(&ops, is_list, model);
                // Views of lists without monotonic writes are looked at one step deep.
                let is_partly = is_list && model == Model::WritesFollowReads;
                if !(is_partly && found == Validity::Unknown) {
                    assert_eq!(found, expected, "{model} {ops:#?} {words:#?}");
                }
                *counts.entry(format!("{model} {expected:?}")).or_default() += 1;
            }
        }
        for (model, _) in MODELS {
            let count = |what: &str| counts.get(&format!("{model} {what}")).copied().unwrap_or(0);
            let least = histories / 50;
            assert!(count("Valid") > least, "{counts:#?}");
            let is_idle = model == Model::MonotonicWrites && !is_list;
            assert!(is_idle || count("Invalid") > least / 4, "{counts:#?}");
        }
    }
}

/// Whether an order of these groups, with sessions' order in it, explains every read.
fn has_serial_order(groups: &[Vec<usize>], ops: &[Op], is_list: bool) -> bool {
    fn go(
        left: &[usize],
        groups: &[Vec<usize>],
        ops: &[Op],
        state: &BTreeMap<u64, Vec<u64>>,
        is_list: bool,
    ) -> bool {
        left.is_empty()
            || left.iter().enumerate().any(|(at, group)| {
                let session = ops[groups[*group][0]].session;
                let is_first = left[..at]
                    .iter()
                    .all(|g| ops[groups[*g][0]].session != session);
                let mut state = state.clone();
                let is_right = groups[*group].iter().all(|i| {
                    let now = state.entry(ops[*i].key).or_default();
                    match (&ops[*i].read, is_list) {
                        (Some(read), _) => read == now,
                        (None, true) => {
                            now.push(ops[*i].value);
                            true
                        }
                        (None, false) => {
                            *now = vec![ops[*i].value];
                            true
                        }
                    }
                });
                let mut rest = left.to_vec();
                rest.remove(at);
                is_first && is_right && go(&rest, groups, ops, &state, is_list)
            })
    }
    let left: Vec<usize> = (0..groups.len()).collect();
    go(&left, groups, ops, &BTreeMap::new(), is_list)
}

/// Transactions, or single operations: what is invalid has no order of operations, what is
/// valid has one of transactions.
fn one_order(seed: u64, histories: u64) {
    let rng = Rng::new(seed);
    for is_list in [false, true] {
        let (mut counts, mut exact) = ([0; 3], 0);
        for i in 0..histories {
            let ops = any(&rng, is_list, 1 + i % 3);
            let each: Vec<Vec<usize>> = (0..ops.len()).map(|i| vec![i]).collect();
            let mut transactions: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for (i, op) in ops.iter().enumerate() {
                transactions.entry(op.transaction).or_default().push(i);
            }
            let whole: Vec<Vec<usize>> = transactions.into_values().collect();
            let (found, words) = verdict(&ops, is_list, Model::Sequential);
            let by_operation = has_serial_order(&each, &ops, is_list);
            let by_transaction = has_serial_order(&whole, &ops, is_list);
            match found {
                Validity::Valid => assert!(by_transaction, "{ops:#?}"),
                Validity::Invalid => assert!(!by_operation, "{ops:#?} {words:#?}"),
                Validity::Unknown => {}
            }
            counts[found as usize] += 1;
            exact += u64::from(found != Validity::Unknown);
        }
        assert!(counts[0] > 50 && counts[2] > 50, "{counts:?}");
        assert!(exact * 10 > histories * 7, "{counts:?}");
    }
}

/// Transactions of several operations: what is invalid is so one by one; what is valid has
/// one order of the writes of transactions that happen at once.
fn transactions(seed: u64, histories: u64) {
    let rng = Rng::new(seed);
    for is_list in [false, true] {
        IS_LIST.set(is_list);
        let mut counts = [0; 3];
        for _ in 0..histories {
            let ops = any(&rng, is_list, 3);
            let reads: Vec<usize> = (0..ops.len()).filter(|i| ops[*i].read.is_some()).collect();
            let alone: Vec<Vec<usize>> = reads.iter().map(|read| vec![*read]).collect();
            let told = Told::new(&ops, [true; 4]);
            let (found, words) = verdict(&ops, is_list, Model::Causal);
            counts[found as usize] += 1;
            match found {
                Validity::Invalid => assert!(!told.has_orders(&alone), "{ops:#?} {words:#?}"),
                Validity::Valid => assert!(told.has_orders(&[reads]), "{ops:#?}"),
                Validity::Unknown => assert!(told.has_orders(&alone), "{ops:#?} {words:#?}"),
            }
        }
        assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
    }
}
