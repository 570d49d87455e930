//! Where a node's folder is, how the node finds it again, and that nobody else uses it.
//!
//! With [`DISK`] in the environment, it is below the folder that stands there, and what is in it
//! from an earlier run is taken up. Without, it is below the system's folder for what is temporary,
//! in one that belongs to the process that has started the node: as long as that runs, a node
//! that it starts with the same name finds what the one before it has left. Who comes later does
//! not; and what belongs to a process that is gone is removed when a node next looks for its
//! folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::files::RealFiles;
use crate::NodeId;

/// The environment variable that says below which folder nodes have their disks, each in one of its
/// name. Both are made if they are not there.
///
/// Without it, a node's disk lasts as long as the process that has started it, below the system's folder
/// for what is temporary: `maelstrom-node-UID/PARENT-START/NODE`, with the user's number, and the
/// number and start of that process. So a node that Maelstrom kills and starts again has its disk,
/// and another run of Maelstrom begins with none. But runs that one process makes after each other
/// (`--test-count`) need a folder each; and a script around the program must `exec` it, or each start has
/// another parent.
pub const DISK: &str = "MAELSTROM_DISK";

/// How long a node waits for its predecessor to be quite dead.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long between two looks.
const NAP: Duration = Duration::from_millis(10);
/// The file in a node's folder that its process has locked.
const LOCK: &str = "lock";

/// The node's folder, and nobody else's.
pub(super) fn open(id: &NodeId) -> Result<RealFiles, String> {
    let name_is_plain = id.len() <= 64
        && !id.starts_with('.')
        && id
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c));
    if id.is_empty() || !name_is_plain {
        return Err(format!(
            "no folder for the node {id:?}: expected a name of 1 to 64 letters, digits, -, _ and ., \
             the first no ."
        ));
    }
    let path = match named() {
        Some(named) => named.join(id.as_str()),
        None => temporary()?.join(id.as_str()),
    };
    let in_path = |e: io::Error| format!("{}: {e}", path.display());
    make(&path).map_err(in_path)?;
    let lock = lock(&path, PATIENCE).map_err(in_path)?;
    RealFiles::new(path.clone(), lock).map_err(in_path)
}

fn named() -> Option<PathBuf> {
    let named = std::env::var_os(DISK).filter(|named| !named.is_empty());
    named.map(PathBuf::from)
}

/// The folder of the process that has started this one.
fn temporary() -> Result<PathBuf, String> {
    let parent = parent_id();
    let name = process(parent).ok_or_else(|| {
        format!(
            "no folder for the disk: cannot tell when process {parent} was started, which has started \
             this one. Set {DISK} to a folder"
        )
    })?;
    // SAFETY: it has no conditions.
    let user = unsafe { libc::geteuid() };
    let ours = std::env::temp_dir().join(format!("maelstrom-node-{user}"));
    let in_ours = |e: io::Error| format!("{}: {e}", ours.display());
    make(&ours).map_err(in_ours)?;
    // Everyone may write there: another one may have made it.
    let made = fs::symlink_metadata(&ours).map_err(in_ours)?;
    if !made.is_dir() || made.uid() != user {
        return Err(format!(
            "{} is no folder of this user's: expected one, or none. Set {DISK} to a folder",
            ours.display()
        ));
    }
    remove_old(&ours);
    Ok(ours.join(name))
}

/// The number of a process and when it was started: no other process has had both. None if there is
/// no such process, or it cannot be known.
fn process(number: u32) -> Option<String> {
    let start = match cfg!(target_os = "linux") {
        true => {
            let stat = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
            // The name, in parentheses, may hold anything; see proc_pid_stat(5). The start is the
            // 22nd field, in ticks since the machine was.
            let (_, fields) = stat.rsplit_once(')')?;
            let ticks = fields.split_whitespace().nth(22 - 3)?;
            let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
            format!("{ticks}-{}", boot.get(..8).unwrap_or("0"))
        }
        false => {
            let mut ps = Command::new("ps");
            let ps = ps.args(["-o", "lstart=", "-p", &number.to_string()]);
            let ps = ps.env("LC_ALL", "C").env("TZ", "UTC").output().ok()?;
            let words = String::from_utf8(ps.stdout).ok()?;
            let words: Vec<&str> = words.split_whitespace().collect();
            (!words.is_empty()).then(|| words.join("-"))?
        }
    };
    Some(format!("{number}-{start}"))
}

/// Removes the folders of processes that are gone, unless a node of theirs still runs. What cannot be
/// removed stays.
fn remove_old(ours: &Path) {
    for entry in fs::read_dir(ours).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = name
            .split('-')
            .next()
            .and_then(|number| number.parse().ok());
        let is_old = number.is_some_and(|number| process(number).as_ref() != Some(&name));
        if is_old && let Ok(locks) = lock_all(&entry.path()) {
            log::debug!(
                "removed {}, of a process that is gone",
                entry.path().display()
            );
            let _ = fs::remove_dir_all(entry.path());
            drop(locks);
        }
    }
}

/// The locks of all nodes in the folder of a process.
fn lock_all(path: &Path) -> io::Result<Vec<File>> {
    fs::read_dir(path)?
        .map(|node| lock(&node?.path(), Duration::ZERO))
        .collect()
}

/// Makes a folder and those above it, so that they stay.
fn make(path: &Path) -> io::Result<()> {
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
    match fs::DirBuilder::new().mode(0o700).create(path) {
        // Another node was first.
        Err(e) if e.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made?,
    }
    File::open(above)?.sync_all()
}

/// Locks a node's folder. The lock ends with its process, however that ends.
fn lock(path: &Path, patience: Duration) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options
        .write(true)
        .create(true)
        .truncate(false)
        .open(path.join(LOCK))?;
    let mut waited = Duration::ZERO;
    loop {
        // SAFETY: it is given a file that is open, and no memory.
        if unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } == 0 {
            return Ok(file);
        }
        match io::Error::last_os_error() {
            e if e.kind() == ErrorKind::Interrupted => {}
            e if e.kind() != ErrorKind::WouldBlock => return Err(e),
            _ if waited >= patience => {
                return Err(io::Error::other(format!(
                    "another process uses this folder, and still does after {patience:?}: two \
                     nodes of the same name?"
                )));
            }
            _ => {
                #[expect(clippy::disallowed_methods, reason = "the node has not begun")]
                std::thread::sleep(NAP);
                waited += NAP;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_told_apart_by_their_start() {
        let me = process(std::process::id()).expect("this process runs");
        assert_eq!(process(std::process::id()), Some(me.clone()));
        assert!(me.starts_with(&format!("{}-", std::process::id())));
        assert_eq!(process(u32::MAX), None);
    }

    #[test]
    fn what_belongs_to_a_process_that_is_gone_is_removed_unless_a_node_runs() {
        let ours = std::env::temp_dir().join(format!("maelstrom-node-test-{}", std::process::id()));
        let mine = process(std::process::id()).expect("this process runs");
        let nodes = [&*mine, "4294967295-1-a", "4294967295-2-b", "notes"].map(|name| {
            let node = ours.join(name).join("n1");
            make(&node).unwrap();
            node
        });
        let lock = lock(&nodes[2], Duration::ZERO).unwrap();
        remove_old(&ours);
        assert_eq!(
            nodes.clone().map(|node| node.is_dir()),
            [true, false, true, true]
        );
        drop(lock);
        remove_old(&ours);
        assert_eq!(nodes.map(|node| node.is_dir()), [true, false, false, true]);
        fs::remove_dir_all(ours).unwrap();
    }

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
        fs::remove_dir_all(path).unwrap();
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
