//! Runs the node on stdin and stdout.

fn main() -> std::process::ExitCode {
    kafka::main()
}
