//! Anomalies in words: a sentence for each thing that happened, so that a person
//! can follow the proof in the history.

use history::OpType;

use super::instance::{Instance, Teller};
use super::reason::Reason;
use super::relation::RW;
use super::transaction::{Datatype, Id, Step};

impl Teller<'_> {
    /// A transaction by whose it is, and where its end is in the history.
    fn name(&self, transaction: u32) -> String {
        let op = self.op(transaction);
        format!("client {} (operation {})", op.process, op.index)
    }

    fn wrote(&self) -> &'static str {
        match self.transactions.datatype {
            Datatype::Register => "wrote",
            Datatype::List => "appended",
        }
    }

    /// "wrote 3 to key 7".
    fn writes(&self, key: Id, value: Id) -> String {
        format!(
            "{} {} to key {}",
            self.wrote(),
            self.value(value),
            self.key(key)
        )
    }

    /// The instance in plain sentences, without the anomaly's name.
    pub(super) fn words(&self, instance: &Instance) -> String {
        match instance {
            Instance::Read {
                reader,
                key,
                value,
                writer,
            } => {
                let why = match self.op(*writer).typ {
                    OpType::Fail => "which failed",
                    _ => "which wrote that key again",
                };
                format!(
                    "{} read {} in key {}, written by {}, {why}",
                    self.name(*reader),
                    self.value(*value),
                    self.key(*key),
                    self.name(*writer)
                )
            }
            Instance::Internal {
                transaction,
                step,
                is_end,
                expected,
            } => {
                let (key, seen) = match *step {
                    Step::Read { key, seen } => (key, self.transactions.seen(seen)),
                    Step::Write { key, value } => (key, self.value(value).clone()),
                };
                let expected = match (self.transactions.datatype, is_end) {
                    (Datatype::Register, _) => expected
                        .first()
                        .map_or(String::new(), |value| self.value(*value).to_string()),
                    (Datatype::List, false) => self.values(expected).to_string(),
                    (Datatype::List, true) => {
                        format!("a list that ends with {}", self.values(expected))
                    }
                };
                format!(
                    "{} read key {} as {seen}, where after its own reads and writes it must be \
                     {expected}",
                    self.name(*transaction),
                    self.key(key),
                )
            }
            Instance::FutureRead {
                transaction,
                key,
                value,
            } => format!(
                "{} read {} in key {} before it wrote that itself",
                self.name(*transaction),
                self.value(*value),
                self.key(*key)
            ),
            Instance::DirtyUpdate {
                key,
                aborted,
                committed,
            } => format!(
                "{} {}, and failed; {} {}, after that, and succeeded",
                self.name(aborted.0),
                self.writes(*key, aborted.1),
                self.name(committed.0),
                self.writes(*key, committed.1),
            ),
            Instance::LostUpdate {
                key,
                seen,
                transactions,
            } => {
                let names: Vec<String> = transactions.iter().map(|i| self.name(*i)).collect();
                format!(
                    "{} all read key {} as {} and then wrote it, none having seen another's write",
                    names.join(" and "),
                    self.key(*key),
                    self.transactions.seen(*seen)
                )
            }
            Instance::IncompatibleOrder { key, reads: [a, b] } => format!(
                "{} read key {} as {}, but {} read it as {}: neither is an earlier state of the \
                 other",
                self.name(a.0),
                self.key(*key),
                self.transactions.seen(a.1),
                self.name(b.0),
                self.transactions.seen(b.1)
            ),
            Instance::Duplicate {
                transaction,
                key,
                seen,
                value,
            } => format!(
                "{} read key {} as {}, with {} twice",
                self.name(*transaction),
                self.key(*key),
                self.transactions.seen(*seen),
                self.value(*value)
            ),
            Instance::CyclicVersions { key, values } => format!(
                "the versions {} of key {} each come before each other, by what transactions \
                 read before they wrote",
                self.values(values),
                self.key(*key)
            ),
            Instance::Cycle {
                transactions,
                relations,
            } => self.cycle_words(transactions, relations),
            Instance::CycleExists {
                model,
                transactions,
            } => format!(
                "among {} transactions there is a cycle that {model} does not have",
                transactions.len()
            ),
            Instance::GivenUp { size, .. } => {
                format!("there are too many paths between {size} transactions to try them all")
            }
            Instance::Empty => "no transaction read what another wrote, so nothing can be said \
                                about their order"
                .into(),
        }
    }

    /// A sentence for each edge; transactions are T1, T2, ... in it.
    fn cycle_words(&self, transactions: &[u32], relations: &[u8]) -> String {
        let names = (1..).zip(transactions).map(|(n, i)| {
            let op = self.op(*i);
            format!("T{n} (operation {}, client {})", op.index, op.process)
        });
        let names: Vec<String> = names.collect();
        let steps = (0..relations.len()).map(|at| self.step_words(transactions, relations, at));
        let steps: Vec<String> = steps.collect();
        format!(
            "{}: {}; so each would have to come before itself",
            names.join(", "),
            steps.join("; ")
        )
    }

    /// Why the transaction at this place of a cycle comes before the next.
    pub(super) fn step_words(&self, transactions: &[u32], relations: &[u8], at: usize) -> String {
        let after = (at + 1) % transactions.len();
        let (a, b) = (format!("T{}", at + 1), format!("T{}", after + 1));
        let (first, second) = (transactions[at], transactions[after]);
        match self.why(first, second, relations[at]) {
            Some(Reason::Overwrites { key, before, value }) => {
                let writes = self.writes(key, value);
                match (before, relations[at] == RW) {
                    (None, _) => format!("{a} read key {} before {b} {writes}", self.key(key)),
                    (Some(before), true) => format!(
                        "{a} read key {} at {}, before {b} {writes}",
                        self.key(key),
                        self.value(before)
                    ),
                    (Some(before), false) => {
                        let before = self.value(before);
                        format!("{a} {} {before} before {b} {writes}", self.wrote())
                    }
                }
            }
            Some(Reason::Reads { key, value }) => {
                format!("{a} {}, which {b} read", self.writes(key, value))
            }
            Some(Reason::SameProcess) => {
                format!("client {} did {a} before {b}", self.op(first).process)
            }
            Some(Reason::Later) => {
                let began = self.transactions.all[second as usize].invoked;
                let began = began.map_or(0, |place| self.history.ops()[place].index);
                format!("{a} had ended when {b} began, with operation {began}")
            }
            None => format!("{a} comes before {b}"),
        }
    }
}
