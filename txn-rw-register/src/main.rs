//! Runs the node on stdin and stdout.

use broadcast::durability;
use txn_rw_register::{HELP, TxnRwRegister};

fn main() -> std::process::ExitCode {
    durability::run(HELP, TxnRwRegister::new, TxnRwRegister::durable)
}
