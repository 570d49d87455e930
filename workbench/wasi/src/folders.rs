//! Folders of the machine, which a module reads and cannot change: scripts, and the library of a
//! language.
//!
//! What is in them is looked at when the node starts, and what a file holds when it is first opened.
//! Names are listed in their order, and all times are 0, so that nothing hangs on how a folder was
//! made. Links are followed.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::str::FromStr;

use crate::tree::{Dir, DirRef, Entry, File, Times};

/// How deep folders may lie in each other: links can lead in a circle.
const DEEPEST: usize = 64;

/// A folder of the machine, and where a module finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Where it is.
    pub host: PathBuf,
    /// The path by which the module knows it, which begins with `/`.
    pub guest: String,
}

impl FromStr for Folder {
    type Err = String;

    /// Reads `PATH`, which the module finds under its last name, or `PATH:GUEST`.
    fn from_str(text: &str) -> Result<Folder, String> {
        let wrong = || format!("expected PATH or PATH:/NAME, found {text:?}");
        // Behind a single letter is, on Windows, the path of a drive.
        let named = text.rsplit_once(':');
        let named = named.filter(|(host, _)| !cfg!(windows) || host.len() != 1);
        let (host, guest) = match named {
            Some((host, guest)) => (Path::new(host), guest.to_owned()),
            None => {
                let host = Path::new(text);
                let name = host.file_name().and_then(|name| name.to_str());
                (host, format!("/{}", name.ok_or_else(wrong)?))
            }
        };
        let parts = guest.strip_prefix('/').ok_or_else(wrong)?.split('/');
        let are_names = parts
            .clone()
            .all(|part| !matches!(part, "" | "." | "..") && !part.contains('\0'));
        match are_names && !host.as_os_str().is_empty() {
            true => Ok(Folder {
                host: host.to_owned(),
                guest,
            }),
            false => Err(wrong()),
        }
    }
}

impl Folder {
    /// Looks at what is in it, and numbers that.
    pub(crate) fn read(&self, inode: &mut impl FnMut() -> u64) -> Result<DirRef, String> {
        read(&self.host, inode, 0)
    }
}

fn read(folder: &Path, inode: &mut impl FnMut() -> u64, depth: usize) -> Result<DirRef, String> {
    let failed = |e: std::io::Error| format!("cannot read the folder {}: {e}", folder.display());
    if depth > DEEPEST {
        return Err(format!(
            "expected at most {DEEPEST} folders in each other, found {}: a link may lead in a circle",
            folder.display()
        ));
    }
    let mut dir = Dir::new(inode());
    dir.is_read_only = true;
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().into_string().map_err(|name| {
            let folder = folder.display();
            format!("expected names in UTF-8 in {folder}, found {name:?}")
        })?;
        found.push((name, entry.path()));
    }
    found.sort();
    for (name, path) in found {
        // A link that leads nowhere is not there.
        let Ok(metadata) = fs::metadata(&path) else {
            continue;
        };
        let entry = if metadata.is_dir() {
            Entry::Dir(read(&path, inode, depth + 1)?)
        } else if metadata.is_file() {
            Entry::File(Rc::new(RefCell::new(File {
                inode: inode(),
                bytes: Vec::new(),
                unread: Some((path, metadata.len())),
                is_read_only: true,
                stored: None,
                times: Times::default(),
                is_rewritten: false,
            })))
        } else {
            continue;
        };
        dir.entries.insert(name, entry);
    }
    Ok(Rc::new(RefCell::new(dir)))
}
