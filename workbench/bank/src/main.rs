//! The command `workbench`, which knows this workload beside Maelstrom's.

fn main() -> std::process::ExitCode {
    workbench::main_with(&[|_| Box::new(bank::Bank)])
}
