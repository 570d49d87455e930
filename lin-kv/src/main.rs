//! Runs the node on stdin and stdout.

fn main() -> std::process::ExitCode {
    lin_kv::main()
}
