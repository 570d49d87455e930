//! Runs a WebAssembly module as a node: see the crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    workbench_wasi::main()
}
