//! Nodes written in sh, run by the command, and what it says of them.

use std::path::Path;
use std::process::{Command, Output};
#[cfg(unix)]
use std::{fs, path::PathBuf};

use tempfile::TempDir;

/// Answers init as n0, and then reads a line.
#[cfg(unix)]
pub(crate) const INIT: &str = r#"
read line
echo '{"src":"n0","dest":"c0","body":{"type":"init_ok","in_reply_to":1}}'
read line
"#;

/// A folder for one test, gone with it.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new(name: &str) -> Folder {
        let prefix = format!("workbench-{name}-");
        Folder(tempfile::Builder::new().prefix(&prefix).tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

#[cfg(unix)]
impl Folder {
    /// A node, written in sh.
    pub(crate) fn node(&self, script: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path().join("node");
        fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// `workbench test` of this node, with its store in this folder.
    pub(crate) fn command(&self, bin: &Path) -> Command {
        let mut command = workbench(&["test", "-w", "echo", "--bin"]);
        command
            .arg(bin)
            .arg("--store")
            .arg(self.path().join("store"));
        command
    }

    /// A second of echo with one node.
    pub(crate) fn test(&self, bin: &Path, args: &[&str]) -> Output {
        let mut command = self.command(bin);
        command.args(["--node-count", "1", "--time-limit", "1"]);
        command.args(args).output().unwrap()
    }

    /// The same of a node that this script is.
    pub(crate) fn run(&self, script: &str, args: &[&str]) -> Output {
        self.test(&self.node(script), args)
    }

    /// What is in a file of the folder; nothing if there is none.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }
}

pub(crate) fn workbench(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workbench"));
    command.args(args);
    command
}

/// All that was said, on either stream.
pub(crate) fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    out + &String::from_utf8_lossy(&output.stderr)
}

#[track_caller]
pub(crate) fn tells(output: &Output, status: i32, parts: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(status), "{said}");
    for part in parts {
        assert!(said.contains(part), "{part:?} is missing:\n{said}");
    }
}

/// Whether a process with this among its arguments is there.
#[cfg(unix)]
pub(crate) fn is_running(argument: &str) -> bool {
    let processes = Command::new("ps").args(["-e", "-o", "args"]).output();
    let text = processes.map_or_else(|_| String::new(), |all| said(&all));
    text.contains(argument)
}
