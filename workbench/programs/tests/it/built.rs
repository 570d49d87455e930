//! Programs to be tested.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An example of the workspace, built as this test is.
pub(crate) fn example(name: &str) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        // With the features that it has in the workspace: it is there already, if all is tested.
        .args(["build", "--quiet", "--workspace", "--example", name])
        .status();
    assert!(built.unwrap().success());
    // This test's program is in the folder deps.
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("examples").join(name)
}

/// A script, with the line that names its interpreter.
pub(crate) fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("node");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Whether a program can be run here; told if not.
pub(crate) fn is_here(program: &str, arg: &str) -> bool {
    let output = Command::new(program).arg(arg).output();
    let is_here = output.is_ok_and(|output| output.status.success());
    if !is_here {
        eprintln!("left out: there is no {program} here");
    }
    is_here
}
