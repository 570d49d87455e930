//! Runs the node on stdin and stdout.

fn main() -> std::process::ExitCode {
    txn_rw_register::main()
}
