//! Runs the node on stdin and stdout.

fn main() -> std::process::ExitCode {
    pn_counter::main()
}
