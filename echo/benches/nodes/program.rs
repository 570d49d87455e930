//! The programs that are compared, and what is said to them.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The first message of all.
pub(crate) const INIT: &str = concat!(
    r#"{"src":"c0","dest":"n0","body":{"type":"init","msg_id":1,"#,
    r#""node_id":"n0","node_ids":["n0"]}}"#,
    "\n"
);

/// A request for this payload.
pub(crate) fn echo(msg_id: usize, payload: &str) -> String {
    format!(
        r#"{{"src":"c1","dest":"n0","body":{{"type":"echo","msg_id":{msg_id},"echo":{payload}}}}}"#
    ) + "\n"
}

/// An echo node.
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

impl Program {
    pub(crate) fn new(name: &str, path: &str) -> Program {
        Program {
            name: name.to_owned(),
            path: PathBuf::from(path),
        }
    }

    /// This program itself, told to be the floor.
    pub(crate) fn floor() -> Program {
        let path = std::env::current_exe().expect("a program knows its path");
        Program {
            name: "floor".to_owned(),
            path,
        }
    }
}

/// Starts it, with its log to nowhere.
pub(crate) fn start(path: &Path) -> io::Result<Child> {
    let mut command = Command::new(path);
    if std::env::current_exe().is_ok_and(|own| own == path) {
        command.arg("--floor");
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
}

/// Ends it, if it has not ended.
pub(crate) fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
