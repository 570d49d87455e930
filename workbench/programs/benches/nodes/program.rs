//! The programs that are compared, and what is said to them.

use std::io;
use std::path::PathBuf;
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

/// What this program is told to be one of its own nodes.
pub(crate) const FLOOR: &str = "--floor";
pub(crate) const LIBRARY: &str = "--library";

/// An echo node.
pub(crate) struct Program {
    pub(crate) name: String,
    path: PathBuf,
    argument: Option<&'static str>,
}

impl Program {
    /// This program itself, told to be a node.
    pub(crate) fn own(name: &str, argument: &'static str) -> Program {
        Program {
            name: name.to_owned(),
            path: std::env::current_exe().expect("a program knows its path"),
            argument: Some(argument),
        }
    }

    /// The program at this path.
    pub(crate) fn other(path: &str) -> Program {
        Program {
            name: path.to_owned(),
            path: PathBuf::from(path),
            argument: None,
        }
    }

    /// Starts it, with its log to nowhere.
    pub(crate) fn start(&self) -> io::Result<Child> {
        Command::new(&self.path)
            .args(self.argument)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| io::Error::other(format!("it does not start: {error}")))
    }
}

/// Ends it, if it has not ended.
pub(crate) fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
