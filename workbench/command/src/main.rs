//! The command `workbench`.

fn main() -> std::process::ExitCode {
    workbench::main_with(&[])
}
