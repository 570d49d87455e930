//! A workload of its own, the bank: clients move money between accounts, and read all
//! balances. Whatever happens, money is only moved: every read must show the sum that
//! there was at the beginning, and no account below zero.
//!
//! It is all in this file, behind the trait [`Workload`]: what a client does next, how it
//! asks, how it reads the answer, and how the history is judged. The nodes that it is
//! tried on are in `examples/`: `sound` passes, `torn` does not.
//!
//! | request | reply |
//! |---|---|
//! | `{"type": "read"}` | `{"type": "read_ok", "balances": [10, 10, 10, 10, 10]}` |
//! | `{"type": "transfer", "from": 0, "to": 3, "amount": 4}` | `{"type": "transfer_ok"}` |
//!
//! A node that refuses a transfer answers with an `error`, such as 22,
//! `precondition-failed`, where there is not enough money.

use finding::{Case, Checked, Evidence, Finding, Operation, Rules, Validity};
use history::edn::Value;
use history::{History, Op, OpType};
use maelstrom_node::Rng;
use simulation::client::{self, Client, Completion, Step, expect};
use simulation::wire::Body;
use simulation::workload::{Workload, acknowledged, ask, elements};

/// How many accounts there are.
pub const ACCOUNTS: usize = 5;
/// What is in each at the beginning.
pub const INITIAL: i64 = 10;
/// The most that is moved at once.
const MOST: u64 = 5;

/// The workload: half reads, half transfers. It has no state.
#[derive(Clone, Debug)]
pub struct Bank;

impl Workload for Bank {
    fn name(&self) -> &'static str {
        "bank"
    }

    fn generate(&mut self, _: Client, rng: &Rng) -> client::Operation {
        if rng.chance(0.5) {
            return client::Operation::new("read", Value::Nil);
        }
        let accounts = ACCOUNTS as u64;
        let from = rng.below(accounts);
        let to = (from + 1 + rng.below(accounts - 1)) % accounts;
        let amount = 1 + rng.below(MOST);
        let numbers = [from, to, amount].map(|number| Value::Int(number as i64));
        client::Operation::new("transfer", Value::Vector(numbers.into()))
    }

    /// After the faults, each client reads once more.
    fn final_operation(&self) -> Option<client::Operation> {
        Some(client::Operation::new("read", Value::Nil).with("final?", true))
    }

    fn request(&mut self, _: Client, operation: &client::Operation) -> Step {
        match operation.value.items() {
            Some([from, to, amount]) => ask(
                "transfer",
                [
                    ("from", from.to_json()),
                    ("to", to.to_json()),
                    ("amount", amount.to_json()),
                ],
            ),
            _ => ask("read", []),
        }
    }

    fn complete(
        &mut self,
        _: Client,
        operation: &client::Operation,
        reply: &Body<'_>,
    ) -> Result<Step, String> {
        if operation.f == "transfer" {
            return acknowledged(operation, reply);
        }
        expect(reply, "read_ok", &["balances"])?;
        Ok(Completion::ok(elements(reply, "balances")?).into())
    }

    /// Whether a read happened is no one's business.
    fn is_idempotent(&self, f: &str) -> bool {
        f == "read"
    }

    fn check(&self, history: &History, _: Rules) -> Checked {
        check(history)
    }
}

/// Judges a history: every read must show all of the money, and none that is owed.
pub fn check(history: &History) -> Checked {
    let reads: Vec<(usize, &Op)> = history
        .clients()
        .filter(|(_, op)| op.typ == OpType::Ok && op.f == "read")
        .collect();
    let wrong = reads.iter().filter_map(|(place, read)| {
        let words = what_is_wrong(&read.value)?;
        // The read, and the transfers that it may have seen half of.
        let mut operations = vec![Operation::from(*read)];
        operations.extend(transfers_during(history, *place));
        Some(Evidence::Case(Case { words, operations }))
    });
    let wrong: Vec<Evidence> = wrong.collect();
    let results = Value::map([
        ("valid?", wrong.is_empty().into()),
        ("read-count", reads.len().into()),
        ("wrong-read-count", wrong.len().into()),
    ]);
    let valid = match (wrong.is_empty(), reads.is_empty()) {
        (false, _) => Validity::Invalid,
        (true, true) => return Checked::unknown("no read was answered"),
        (true, false) => Validity::Valid,
    };
    let finding = Finding::new("wrong-balance", "reads are wrong", wrong);
    Checked {
        valid,
        results,
        findings: Vec::from_iter((finding.count > 0).then_some(finding)),
    }
}

fn what_is_wrong(balances: &Value) -> Option<String> {
    let balances = balances.items().unwrap_or_default();
    let numbers: Option<Vec<i64>> = balances.iter().map(Value::as_int).collect();
    let Some(numbers) = numbers.filter(|numbers| numbers.len() == ACCOUNTS) else {
        return Some(format!("a read does not show {ACCOUNTS} balances"));
    };
    let (sum, all) = (numbers.iter().sum::<i64>(), ACCOUNTS as i64 * INITIAL);
    if sum != all {
        return Some(format!("a read shows {sum} in all, of {all}"));
    }
    let owed = numbers.iter().find(|balance| **balance < 0)?;
    Some(format!("a read shows an account with {owed}"))
}

/// The transfers that were under way while the read that ends at this place was.
fn transfers_during(history: &History, end: usize) -> impl Iterator<Item = Operation> {
    let began = history.pair_place(end).unwrap_or(end);
    let transfers = history.clients().filter(move |(place, op)| {
        let ended = history.pair_place(*place).unwrap_or(usize::MAX);
        op.f == "transfer" && op.typ == OpType::Invoke && *place < end && ended > began
    });
    transfers.map(|(place, op)| Operation::from(history.pair(place).unwrap_or(op)))
}
