//! Runs the node on stdin and stdout.

fn main() -> std::process::ExitCode {
    maelstrom_node::run(txn_rw_register::TxnRwRegister::new)
}
