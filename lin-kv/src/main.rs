//! Runs the node on stdin and stdout.

fn main() -> std::process::ExitCode {
    maelstrom_node::run(lin_kv::LinKv::new)
}
