//! Runs the node on stdin and stdout.

fn main() -> std::process::ExitCode {
    g_set::main()
}
