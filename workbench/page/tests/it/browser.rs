//! A page as a person has it: in a real Chromium without a window, with its
//! mouse, its keys and its console. Chromium is driven over the DevTools
//! protocol, on pipes: no port, no driver, no other crate.
//!
//! - [`Browser`]: one Chromium, with a profile of its own.
//! - [`page`]: one page, what is done to it and what it says.
//! - [`connection`]: commands and events, as lines of JSON.
//! - [`keys`]: what a key is called.
//! - [`legible`]: whether what is written on a page can be read.
//! - [`folder`]: a folder for the files of a test.
//!
//! ```ignore
//! let Some(mut browser) = Browser::start() else { return };
//! let mut page = browser.open(&file, Size { width: 1280, height: 900 }, Scheme::Dark);
//! page.click_on("button");
//! page.wait_for("document.querySelector('dialog').open", LIMIT);
//! page.assert_quiet();
//! ```
//!
//! Where there is no Chromium, such tests pass and say so; with
//! `WORKBENCH_BROWSER=required` in the environment they fail.

mod connection;
mod folder;
mod keys;
pub(crate) mod legible;
mod page;

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use connection::Connection;
pub(crate) use folder::Folder;
pub(crate) use page::{Page, Scheme, Size};

/// How long anything may take, on a machine that is busy with other things.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

#[expect(clippy::disallowed_methods, reason = "the tests' own time")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the tests' own environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A Chromium. With it go its processes and all that it wrote.
pub(crate) struct Browser {
    connection: Connection,
    process: Process,
}

impl Browser {
    /// Starts Chromium; nothing where there is none.
    ///
    /// # Panics
    /// If `WORKBENCH_BROWSER=required` and there is none that starts.
    #[track_caller]
    pub(crate) fn start() -> Option<Browser> {
        let mut failures = Vec::new();
        let candidates = candidates();
        // As root it never has a sandbox. Others may be denied one: the pages
        // are our own, so that it does without is better than no test.
        let sandboxes: &[bool] = if is_root() { &[false] } else { &[true, false] };
        for &sandbox in sandboxes {
            for program in &candidates {
                match Browser::start_program(program, sandbox) {
                    Ok(browser) => return Some(browser),
                    Err(why) => failures.push(why),
                }
            }
        }
        if failures.is_empty() {
            failures.push("none found; set CHROMIUM to its path".to_owned());
        }
        let why = format!("no Chromium here: {}", failures.join("; "));
        let is_required = variable("WORKBENCH_BROWSER").is_some_and(|value| value == "required");
        assert!(!is_required, "{why}");
        eprintln!("skipped: {why}");
        None
    }

    fn start_program(program: &Path, sandbox: bool) -> Result<Browser, String> {
        let mut process = Process::start(program, sandbox)
            .map_err(|e| format!("{} cannot be started: {e}", program.display()))?;
        let mut connection = Connection::new(&mut process.child);
        match connection.call(None, "Browser.getVersion", json!({})) {
            Ok(_) => Ok(Browser {
                connection,
                process,
            }),
            Err(why) => Err(format!(
                "{}: {why}\n{}",
                program.display(),
                process.last_words()
            )),
        }
    }

    /// Opens a file and waits until it is loaded.
    ///
    /// # Panics
    /// If it cannot be opened.
    #[track_caller]
    pub(crate) fn open(&mut self, file: &Path, size: Size, scheme: Scheme) -> Page<'_> {
        self.visit(&page::file_url(file), size, scheme)
    }

    /// Opens a URL and waits until it is loaded. Every page begins without
    /// cookies or storage of the others.
    ///
    /// # Panics
    /// If it cannot be opened.
    #[track_caller]
    pub(crate) fn visit(&mut self, url: &str, size: Size, scheme: Scheme) -> Page<'_> {
        match Page::open(&mut self.connection, url, size, scheme) {
            Ok(page) => page,
            Err(why) => panic!("cannot open {url}: {why}"),
        }
    }

    /// The folder of its profile, and the id of its group of processes.
    pub(crate) fn traces(&self) -> (PathBuf, u32) {
        (self.process.folder.clone(), self.process.child.id())
    }
}

/// Where Chromium may be.
fn candidates() -> Vec<PathBuf> {
    if let Some(program) = variable("CHROMIUM") {
        return vec![program.into()];
    }
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    let path = variable("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let in_path = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let on_macos = ["Google Chrome", "Chromium"]
        .map(|name| PathBuf::from(format!("/Applications/{name}.app/Contents/MacOS/{name}")));
    // Several names are often links to one program.
    let mut targets = Vec::new();
    in_path
        .chain(on_macos)
        .filter(|program| match fs::canonicalize(program) {
            Ok(target) if target.is_file() && !targets.contains(&target) => {
                targets.push(target);
                true
            }
            _ => false,
        })
        .collect()
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}

/// Chromium's processes and the folder that they write to.
struct Process {
    child: Child,
    folder: PathBuf,
}

impl Process {
    fn start(program: &Path, sandbox: bool) -> std::io::Result<Process> {
        // A short name: it makes a socket within, whose path may have 100 bytes.
        let folder = tempfile::Builder::new().prefix("browser-").tempdir()?;
        // Chromium's processes go first (see `drop`).
        let folder = folder.keep();
        let said = File::create(folder.join("stderr"))?;
        let child = Command::new("sh")
            .args(["-c", RUN])
            .arg(&folder)
            .arg(program)
            .args(FLAGS)
            .args((!sandbox).then_some("--no-sandbox"))
            .arg(format!("--user-data-dir={}", folder.display()))
            .arg("about:blank")
            .envs(["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"].map(|v| (v, &folder)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(said)
            .process_group(0)
            .spawn()
            .inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;
        Ok(Process { child, folder })
    }

    /// The end of what it wrote to stderr.
    fn last_words(&self) -> String {
        let said = fs::read(self.folder.join("stderr")).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).output();
        let _ = self.child.wait();
        // Its other processes may write for another moment.
        let start = now();
        while fs::remove_dir_all(&self.folder).is_err()
            && self.folder.exists()
            && start.elapsed() < LIMIT
        {
            std::thread::yield_now();
        }
    }
}

/// Chromium takes commands from descriptor 3 and answers on 4, and ends when no
/// one can give commands any more. So it also goes, and its folder with it, when
/// the test is broken off.
const RUN: &str = r#""$@" 3<&0 4>&1 </dev/null >/dev/null; rm -rf "$0""#;

/// It has no window, asks nothing of the network by itself, and shows the same
/// colours everywhere. No proxy: a page reaches what is on this machine only.
const FLAGS: [&str; 17] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--password-store=basic",
    "--use-mock-keychain",
];
