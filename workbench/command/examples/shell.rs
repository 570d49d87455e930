//! Writes what a shell wants to know of the command to a folder: completions for bash, zsh,
//! fish, elvish and PowerShell, and its pages of the manual.
//!
//!     cargo run --package workbench --example shell -- target/shell

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use clap_complete::Shell;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("shell: expected the folder to write to");
        return ExitCode::from(2);
    };
    match write(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("shell: cannot write to {}: {e}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &PathBuf) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for shell in Shell::value_variants() {
        clap_complete::generate_to(*shell, &mut workbench::flags(), "workbench", folder)?;
    }
    clap_mangen::generate_to(workbench::flags(), folder)
}
