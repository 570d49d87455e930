//! Where a node's folder is, how the node finds it again, and that nobody else uses it.
//!
//! With [`DISK`] in the environment, it is below the folder that stands there, and what is in it
//! from an earlier run is taken up. Without, it is below the system's folder for what is temporary,
//! in one that belongs to the process that has started the node: as long as that runs, a node
//! that it starts with the same name finds what the one before it has left. Who comes later does
//! not; and what belongs to a process that is gone is removed when a node next looks for its
//! folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::files::RealFiles;
use crate::{NodeId, os};

/// The environment variable that says below which folder nodes have their disks, each in one of its
/// name. Both are made if they are not there.
///
/// Without it, a node's disk lasts as long as the process that has started it, below the system's folder
/// for what is temporary: `maelstrom-node-UID/PARENT-START/NODE`, with the user's number, and the
/// number and start of that process. So a node that Maelstrom kills and starts again has its disk,
/// and another run of Maelstrom begins with none. But runs that one process makes after each other
/// (`--test-count`) need a folder each; and a script around the program must `exec` it, or each start has
/// another parent. On Windows nobody says which process that is: there a node without it has no disk.
pub const DISK: &str = "MAELSTROM_DISK";

/// How long a node waits for its predecessor to be quite dead.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long between two looks.
const NAP: Duration = Duration::from_millis(10);
/// The file in a node's folder that its process has locked.
const LOCK: &str = "lock";

/// The node's folder, and nobody else's.
pub(super) fn open(id: &NodeId) -> Result<RealFiles, String> {
    let is_plain = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    let is_short = (1..=64).contains(&id.len());
    if !is_short || id.starts_with('.') || !id.bytes().all(is_plain) {
        return Err(format!(
            "no folder for the node {id:?}: expected a name of 1 to 64 letters, digits, -, _ and ., \
             the first no ."
        ));
    }
    let named = std::env::var_os(DISK).filter(|named| !named.is_empty());
    let path = match named.map(PathBuf::from) {
        Some(named) => named.join(id.as_str()),
        None => os::parents_folder()?.join(id.as_str()),
    };
    let in_path = |e: io::Error| format!("{}: {e}", path.display());
    make(&path).map_err(in_path)?;
    let lock = lock(&path, PATIENCE).map_err(in_path)?;
    RealFiles::new(path.clone(), lock).map_err(in_path)
}

/// Makes a folder and those above it, so that they stay.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    if path.exists() {
        return match path.is_dir() {
            true => Ok(()),
            false => Err(io::Error::other(format!("{} is no folder", path.display()))),
        };
    }
    let above = match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    };
    make(above)?;
    match os::make_folder(path) {
        // Another node was first.
        Err(e) if e.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made?,
    }
    os::Entries::of(above)?.sync()
}

/// Locks a node's folder. The lock ends with its process, however that ends.
pub(crate) fn lock(path: &Path, patience: Duration) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options
        .write(true)
        .create(true)
        .truncate(false)
        .open(path.join(LOCK))?;
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(e)) => return Err(e),
            Err(TryLockError::WouldBlock) if waited < patience => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::other(format!(
                    "another process uses this folder, and still does after {patience:?}: two \
                     nodes of the same name?"
                )));
            }
        }
        #[expect(clippy::disallowed_methods, reason = "the node has not begun")]
        std::thread::sleep(NAP);
        waited += NAP;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_processs_at_a_time() {
        let path = std::env::temp_dir().join(format!("maelstrom-node-lock-{}", std::process::id()));
        make(&path).unwrap();
        let first = lock(&path, Duration::ZERO).unwrap();
        let second = lock(&path, 3 * NAP).unwrap_err();
        assert_eq!(
            second.to_string(),
            "another process uses this folder, and still does after 30ms: two nodes of the same name?"
        );
        // Who waits for one that dies has it then.
        let third = std::thread::scope(|scope| {
            let third = scope.spawn(|| lock(&path, PATIENCE));
            drop(first);
            third.join().unwrap()
        });
        drop(third.unwrap());
        std::fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn a_folder_has_a_plain_name() {
        for name in ["", "..", "a/b", ".lock"] {
            let why = open(&name.into()).err().expect("no folder of this name");
            assert!(
                why.starts_with(&format!("no folder for the node {name}: expected a name")),
                "{why}"
            );
        }
    }
}
