//! Transactions of reads and writes over keys that hold registers: as far as the
//! nodes claim to isolate them, they must.

use history::History;
use maelstrom_node::Rng;
use verdict::isolation::options::Options;
use verdict::{Checked, Rules};

use crate::txn;
use simulation::client::{Client, Operation, Step};
use simulation::wire::Body;
use simulation::workload::Workload;

/// The txn-rw-register workload.
#[derive(Clone, Debug)]
pub struct TxnRwRegister {
    generator: txn::Generator,
    judged_by: Options,
}

/// The function of a write.
const WRITE: &str = "w";

impl TxnRwRegister {
    /// With transactions of this kind, to be judged by these models.
    pub fn new(options: &txn::Options) -> Self {
        TxnRwRegister {
            generator: txn::Generator::new(WRITE, options),
            judged_by: options.judged_by(),
        }
    }
}

impl Workload for TxnRwRegister {
    fn name(&self) -> &'static str {
        "txn-rw-register"
    }

    fn operation_size(&self) -> u32 {
        self.generator.max_txn_length()
    }

    fn generate(&mut self, _: Client, rng: &Rng) -> Operation {
        self.generator.generate(rng)
    }

    fn request(&mut self, _: Client, operation: &Operation) -> Step {
        txn::request(operation)
    }

    fn complete(&mut self, _: Client, _: &Operation, reply: &Body<'_>) -> Result<Step, String> {
        txn::complete(reply, WRITE, |_| true)
    }

    fn reuses_clients(&self) -> bool {
        true
    }

    fn check(&self, history: &History, rules: Rules) -> Checked {
        let judged_by = Options {
            rules,
            ..self.judged_by.clone()
        };
        verdict::isolation::check_rw_register(history, &judged_by)
    }
}
