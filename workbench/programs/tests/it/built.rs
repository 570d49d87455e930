//! Programs to be tested.

use std::env::consts::EXE_SUFFIX;
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
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
    let examples = test.ancestors().nth(2).unwrap().join("examples");
    examples.join(format!("{name}{EXE_SUFFIX}"))
}

/// A script, with the line that names its interpreter.
#[cfg(unix)]
pub(crate) fn script(folder: &Path, text: &str) -> PathBuf {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("node");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Whether a program can be run here; told if not.
#[cfg(unix)]
pub(crate) fn is_here(program: &str, arg: &str) -> bool {
    let output = Command::new(program).arg(arg).output();
    let is_here = output.is_ok_and(|output| output.status.success());
    if !is_here {
        eprintln!("left out: there is no {program} here");
    }
    is_here
}
