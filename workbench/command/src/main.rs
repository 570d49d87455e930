//! The command `workbench`.

fn main() -> std::process::ExitCode {
    workbench::cli::main()
}
