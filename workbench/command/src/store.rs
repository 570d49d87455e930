//! The store: `store/<workload>/<timestamp>/` is the folder of a run, with its data
//! ([`simulation::folder`]), its page ([`page::folder`]) and `jepsen.log`. The link
//! `store/current` leads to the run that was begun last, `store/latest` and
//! `store/<workload>/latest` to the one that ended last, and `store/index.html` lists all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use page::listing;
use simulation::folder::{Folder, Kept, cannot};
use simulation::summary::Summary;

use crate::local_time::LocalTime;

/// The place of one run in it.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    folder: Folder,
    log: File,
    json_log: bool,
}

impl Store {
    /// Makes the folder of a new run below `root`. That this can be written to, is known
    /// before the run begins.
    ///
    /// # Errors
    /// When something cannot be written: what, and why.
    pub fn create(root: &Path, workload: &str) -> io::Result<Self> {
        let name = LocalTime::now().folder_name();
        let parent = root.join(workload);
        fs::create_dir_all(&parent).map_err(|e| cannot("make", &parent, &e))?;
        let folder = (0..100)
            .map(|n| match n {
                0 => name.clone(),
                n => format!("{name}-{n}"),
            })
            .find_map(|name| match Folder::create(parent.join(name)) {
                // Another run in the same millisecond.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => None,
                made => Some(made),
            })
            .unwrap_or_else(|| Err(io::ErrorKind::AlreadyExists.into()))
            .map_err(|e| cannot("make a folder in", &parent, &e))?;
        let path = folder.path().join("jepsen.log");
        let log = File::create(&path).map_err(|e| cannot("write", &path, &e))?;
        Ok(Store {
            root: root.to_owned(),
            folder,
            log,
            json_log: false,
        })
    }

    /// With each line of `jepsen.log` as a JSON object, if so.
    #[must_use]
    pub fn with_json_log(self, json_log: bool) -> Self {
        Store { json_log, ..self }
    }

    /// Leads the link to the run that goes on here.
    ///
    /// # Errors
    /// When it cannot be made: why.
    pub fn link_current(&self) -> io::Result<()> {
        let folder = self.folder.path();
        let below = folder.strip_prefix(&self.root).unwrap_or(folder);
        link(&self.root.join("current"), below)
    }

    /// Takes the folder away again: its run could not begin. So are those above it, if
    /// there is nothing else in them.
    pub fn discard(self) {
        let _ = fs::remove_dir_all(self.folder.path());
        let current = self.root.join("current");
        if !current.exists() {
            let _ = fs::remove_file(&current).or_else(|_| fs::remove_dir(&current));
        }
        for folder in [self.folder.path().parent(), Some(&*self.root)]
            .into_iter()
            .flatten()
        {
            let _ = fs::remove_dir(folder);
        }
    }

    /// Leads the links to the last run here. While it goes on, they lead to the one
    /// before it, and only `current` to this.
    fn link_latest(&self) -> io::Result<()> {
        let folder = self.folder.path();
        let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
            return Ok(());
        };
        link(&parent.join("latest"), Path::new(name))?;
        let workload = Path::new(parent.file_name().unwrap_or_default());
        link(&self.root.join("latest"), &workload.join(name))
    }

    /// The run's folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Adds a line to `jepsen.log`, with the time.
    pub fn log(&mut self, line: &str) {
        let now = LocalTime::now();
        // As logback writes it, with and without its encoder for JSON. A log that
        // cannot be written is no reason to end the run.
        let _ = match self.json_log {
            true => {
                let entry = serde_json::json!({
                    "@timestamp": now.to_the_millisecond(),
                    "level": "INFO",
                    "logger_name": "workbench",
                    "message": line,
                });
                writeln!(self.log, "{entry}")
            }
            false => writeln!(self.log, "{now}\tINFO\t[main] workbench: {line}"),
        };
    }

    /// Keeps a run that has ended: the verdict, the page, and the list of all runs anew. Its
    /// history and its messages are there.
    ///
    /// # Errors
    /// When something cannot be written: what, and why.
    pub fn keep(&self, run: &Kept<'_>) -> io::Result<()> {
        self.link_latest()?;
        self.folder.write_verdict(run)?;
        page::folder::write(&self.folder, run)?;
        self.end(run.summary)
    }

    /// Keeps what is no single run: a page that is just the summary.
    ///
    /// # Errors
    /// When something cannot be written: what, and why.
    pub fn keep_brief(&self, summary: &Summary) -> io::Result<()> {
        self.link_latest()?;
        page::folder::write_brief(&self.folder, summary)?;
        self.end(summary)
    }

    /// Last, since whatever lists this run by its summary finds all of it.
    fn end(&self, summary: &Summary) -> io::Result<()> {
        self.folder.write_summary(summary)?;
        listing::write(&self.root)
    }
}

/// Makes a link, in place of an older one: at once, since others may do the same.
#[cfg(unix)]
fn link(from: &Path, to: &Path) -> io::Result<()> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static MADE: AtomicU64 = AtomicU64::new(0);
    if fs::read_link(from).is_ok_and(|old| old == to) {
        return Ok(());
    }
    let made = MADE.fetch_add(1, Ordering::Relaxed);
    let new = from.with_extension(format!("{}-{made}", std::process::id()));
    let linked = std::os::unix::fs::symlink(to, &new).and_then(|()| fs::rename(&new, from));
    linked.map_err(|e| {
        let _ = fs::remove_file(&new);
        cannot("link", from, &e)
    })
}

/// The same as a junction, which everybody may make, as not everybody may a link. Where the file
/// system has none, a run is found by its name alone.
#[cfg(windows)]
fn link(from: &Path, to: &Path) -> io::Result<()> {
    use std::os::windows::process::CommandExt;
    let to = std::path::absolute(from.with_file_name("").join(to))?;
    let from = std::path::absolute(from)?;
    let _ = fs::remove_dir(&from); // takes away a link, and no folder that has something in it
    let mut mklink = std::process::Command::new("cmd");
    let (from, to) = (from.display(), to.display());
    mklink.raw_arg(format!("/d /c mklink /j \"{from}\" \"{to}\""));
    let _ = mklink.output();
    Ok(())
}
