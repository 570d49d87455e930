//! Runs the node on stdin and stdout.

fn main() -> std::process::ExitCode {
    maelstrom_node::run(txn_list_append::TxnListAppend::new)
}
