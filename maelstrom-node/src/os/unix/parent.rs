//! The folder that belongs to the process that has started this one, as long as that runs.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::DISK;
use crate::folder::place::{lock, make};

/// The folder of the process that has started this one.
pub(crate) fn parents_folder() -> Result<PathBuf, String> {
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
}
