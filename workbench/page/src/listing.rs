//! The list of all runs, `index.html` in the store: a page of its own, made anew
//! from the `summary.json` of every run whenever one ends.

mod page;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use simulation::folder::cannot;
use simulation::summary::Summary;

/// How many runs are shown: a page with more is slow, and nobody reads it.
const MOST_RUNS: usize = 1000;
/// The largest summary that is read, in bytes. They have a few thousand.
const MOST_BYTES: u64 = 1 << 20;

/// The runs of a store, the newest first.
struct Listing {
    runs: Vec<Run>,
    /// How many there are, shown or not.
    total: usize,
}

/// A run's folder.
struct Run {
    /// The folder above it.
    workload: OsString,
    /// Its own name, which is when it began. Empty if `workload` cannot be read.
    name: OsString,
    /// Whether it has a page, `index.html`.
    page: bool,
    kept: Kept,
}

/// What is known of a run.
enum Kept {
    Summary(Box<Summary>),
    /// Nothing: it is under way, was broken off, or is from before there were
    /// summaries.
    Nothing,
    /// There is something, but it cannot be read; this is why.
    Unreadable(String),
}

/// Writes the list to `index.html` in a store, in place of an older one.
///
/// # Errors
/// When the store cannot be read, or the list not written: what, and why.
pub fn write(root: &Path) -> io::Result<()> {
    settle(|| page(root), |page| replace(root, page))
}

/// Other runs may end at the same moment, each writing the list that it sees.
/// Whoever wrote it looks again; what was written in between is seen then, or
/// by whoever wrote that.
fn settle(
    look: impl Fn() -> io::Result<String>,
    mut write: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let mut seen = look()?;
    loop {
        write(&seen)?;
        let now = look()?;
        if now == seen {
            return Ok(());
        }
        seen = now;
    }
}

/// The list of the runs that are in a store now, as HTML.
///
/// # Errors
/// When the store cannot be read: why.
pub fn page(root: &Path) -> io::Result<String> {
    Ok(page::page(&read(root)?))
}

/// Nobody ever sees half a page: it is written beside, then renamed.
fn replace(root: &Path, page: &str) -> io::Result<()> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let beside = root.join(format!(".index.html.{}-{number}", std::process::id()));
    let path = root.join("index.html");
    let written = fs::write(&beside, page).and_then(|()| rename(&beside, &path));
    written.map_err(|e| {
        let _ = fs::remove_file(&beside);
        cannot("write", &path, &e)
    })
}

/// Gives a file the name of another one. Windows refuses that as long as somebody else does it.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    for _ in 0..200 {
        match fs::rename(from, to) {
            Err(e) if cfg!(windows) && e.kind() == io::ErrorKind::PermissionDenied => {
                #[expect(clippy::disallowed_methods, reason = "other processes need the time")]
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            renamed => return renamed,
        }
    }
    fs::rename(from, to)
}

fn read(root: &Path) -> io::Result<Listing> {
    let mut runs = Vec::new();
    for workload in folders(root).map_err(|e| cannot("read", root, &e))? {
        match folders(&root.join(&workload)) {
            Ok(names) => {
                let of_this = names.into_iter().map(|name| (name, workload.clone(), None));
                runs.extend(of_this);
            }
            Err(e) => runs.push((OsString::new(), workload, Some(e))),
        }
    }
    // A run is named after the moment it began.
    runs.sort_by(|(name, workload, _), (other, other_workload, _)| {
        (other, workload).cmp(&(name, other_workload))
    });
    let total = runs.len();
    runs.truncate(MOST_RUNS);
    let runs = runs.into_iter().map(|(name, workload, error)| {
        let folder = root.join(&workload).join(&name);
        Run {
            page: folder.join("index.html").is_file(),
            kept: match error {
                Some(e) => Kept::Unreadable(format!("cannot read the folder: {e}")),
                None => kept(&folder),
            },
            workload,
            name,
        }
    });
    Ok(Listing {
        runs: runs.collect(),
        total,
    })
}

/// The names of the folders in a folder, without links such as `latest`.
fn folders(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let hidden = OsStr::as_encoded_bytes(&entry.file_name()).starts_with(b".");
        if !hidden && entry.file_type()?.is_dir() {
            names.push(entry.file_name());
        }
    }
    Ok(names)
}

fn kept(folder: &Path) -> Kept {
    match summary(&folder.join("summary.json")) {
        Ok(summary) => Kept::Summary(Box::new(summary)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Kept::Nothing,
        Err(e) => Kept::Unreadable(format!("cannot read summary.json: {e}")),
    }
}

fn summary(path: &Path) -> io::Result<Summary> {
    // To open a pipe would be to wait for whoever writes to it.
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut text = Vec::new();
    let read = File::open(path)?
        .take(MOST_BYTES + 1)
        .read_to_end(&mut text)?;
    match read as u64 > MOST_BYTES {
        true => Err(io::Error::other("it is larger than 1 MB")),
        false => Ok(serde_json::from_slice(&text)?),
    }
}
