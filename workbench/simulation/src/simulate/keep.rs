//! What an assertion leaves behind that fails: the folder of the run, with a page, below
//! Cargo's target folder. So what a test found can be looked at, not only read about.
//!
//! The run is done once more for it, since the same seed gives the same run; runs that are
//! valid cost nothing. The page is made by the command `workbench`, in a process of its
//! own: a test compiles no pages. `WORKBENCH_KEEP=0` in the environment keeps nothing, and
//! a path there is where folders go.

use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Simulated;
use crate::folder::{Folder, Kept};
use crate::summary::sentence;

/// How many runs are kept, of all tests together.
const MOST: usize = 50;
/// How long the page may take, and how long it is between two looks at it.
const PATIENCE: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(20);
/// The command, where this crate was compiled.
const COMMAND: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../command/Cargo.toml");

/// Where a run is kept.
struct Place {
    /// A store: below it are folders of workloads, and below these those of runs.
    root: PathBuf,
    /// Cargo's target folder, if this is a program in it.
    target: Option<PathBuf>,
    folder: PathBuf,
}

/// Keeps a run that is not as it should be, and says where it is to be seen, and how it
/// is run again.
pub(super) fn keep(run: &Simulated) -> String {
    let mut words = String::new();
    let test = test();
    let repeat = test.as_ref().map(|test| repeat_command(test));
    if let Some(place) = place(run, test.as_deref()) {
        let shown = match write(run, &place, repeat.clone().unwrap_or_default()) {
            Ok(()) => page(&place),
            Err(why) => format!("(the run could not be kept: {why})"),
        };
        let _ = write!(words, "\nlook at:   {shown}");
    }
    if let Some(repeat) = repeat {
        let _ = write!(words, "\nrepeat it: {repeat}");
    }
    words
}

/// The name of the test that runs, as `cargo test` takes it.
fn test() -> Option<String> {
    let thread = std::thread::current();
    match thread.name() {
        Some(name) if name != "main" => Some(name.to_owned()),
        // One test by itself is run by the main thread.
        _ => {
            let is_exact = env::args().any(|arg| arg == "--exact");
            let mut args = env::args().skip(1);
            args.find(|arg| is_exact && !arg.starts_with('-'))
        }
    }
}

fn repeat_command(test: &str) -> String {
    match package() {
        Some(package) => format!("cargo test --package {package} -- --exact {test}"),
        None => format!("cargo test -- --exact {test}"),
    }
}

/// The package under test. Cargo says so when it runs one.
fn package() -> Option<String> {
    env::var_os("CARGO_PKG_NAME")?.into_string().ok()
}

/// None, if nothing is to be kept.
fn place(run: &Simulated, test: Option<&str>) -> Option<Place> {
    let wish = env::var_os("WORKBENCH_KEEP").unwrap_or_default();
    let target = target();
    let root = match (wish.to_str(), &target) {
        (Some("0"), _) => return None,
        (Some("" | "1"), Some(target)) => target.join("workbench"),
        (Some("" | "1"), None) => env::temp_dir().join("workbench"),
        _ => std::path::absolute(wish).ok()?,
    };
    let parts = [package(), test.map(|test| test.replace("::", "."))];
    let parts: String = (parts.into_iter().flatten())
        .map(|part| part + ".")
        .collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name = parts.replace(|c| !plain(c), "-") + &run.config.seed.to_string();
    Some(Place {
        folder: root.join(run.workload).join(name),
        root,
        target,
    })
}

/// Cargo marks its target folder, unless it was there before; a test's program is in
/// `debug/deps` below it, or the like.
fn target() -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    let deps = program.parent().filter(|folder| folder.ends_with("deps"));
    let is_marked = |folder: &&Path| folder.join("CACHEDIR.TAG").is_file();
    let marked = program.ancestors().skip(1).find(is_marked);
    let target = marked.or_else(|| deps?.parent()?.parent());
    target.map(Path::to_owned)
}

/// Writes what is data.
fn write(run: &Simulated, place: &Place, command: String) -> Result<(), String> {
    let said = |e: io::Error| e.to_string();
    let parent = place.root.join(run.workload);
    fs::create_dir_all(&parent).map_err(|e| format!("cannot make {}: {e}", parent.display()))?;
    // What is there is of the same test with the same seed.
    let _ = fs::remove_dir_all(&place.folder);
    prune(&place.root);
    let folder = Folder::create(place.folder.clone()).map_err(said)?;
    let mut journal = folder.journal().map_err(said)?;
    let outcome = run.again(&mut journal);
    journal.flush().map_err(said)?;
    if outcome.history != run.outcome.history {
        let why = "it was another one when it was repeated; do its nodes share what outlives them?";
        return Err(why.into());
    }
    let explained = run.explained();
    let mut summary = run.summary(now(), command);
    if run.outcome.problems.is_empty() {
        summary.sentence = sentence(&explained);
    }
    let kept = Kept {
        findings: &explained.findings,
        results: &explained.results,
        ..run.kept(&summary)
    };
    folder.write_history(&outcome.history).map_err(said)?;
    folder.write_verdict(&kept).map_err(said)?;
    folder.write_summary(&summary).map_err(said)
}

/// Makes room for one more.
fn prune(root: &Path) {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries(root).filter(|entry| entry.path().is_dir());
    let mut runs: Vec<(SystemTime, PathBuf)> = folders
        .flat_map(|workload| entries(&workload.path()))
        .filter_map(|run| Some((run.metadata().ok()?.modified().ok()?, run.path())))
        .collect();
    runs.sort();
    let more = (runs.len() + 1).saturating_sub(MOST);
    for (_, run) in runs.into_iter().take(more) {
        let _ = fs::remove_dir_all(run);
    }
}

/// Makes the page, and says where it is, or how it is made.
fn page(place: &Place) -> String {
    /// One at a time, and none after one that could not be made: the others could not,
    /// either.
    static CAN: Mutex<bool> = Mutex::new(true);
    let folder = place.folder.display();
    let mut can = CAN.lock().unwrap_or_else(PoisonError::into_inner);
    *can = *can && makers(place).iter_mut().any(succeeds);
    let command = match Path::new(COMMAND).exists() {
        true => "cargo workbench",
        false => "workbench",
    };
    match *can {
        true => format!("{folder}/index.html"),
        false => format!("{folder} (its page is made by: {command} page {folder})"),
    }
}

/// The commands that may make it: the one that this crate came with, or one that is
/// installed; that first, for a test of another workspace, where the other would have to be
/// compiled. Neither asks the network for anything.
fn makers(place: &Place) -> [Command; 2] {
    let mut ours = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    ours.args(["run", "--quiet", "--offline", "--manifest-path", COMMAND]);
    if let Some(target) = &place.target {
        ours.arg("--target-dir").arg(target);
    }
    ours.arg("--");
    let mut makers = [ours, Command::new("workbench")];
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    if !workspace.is_some_and(|workspace| Path::new(&package).starts_with(workspace)) {
        makers.reverse();
    }
    for maker in &mut makers {
        maker.arg("page").arg("--store").arg(&place.root);
        maker.arg(&place.folder).stdin(Stdio::null());
    }
    makers
}

/// Whether it does, in time: Cargo may have to compile it, and waits for whoever compiles
/// in the same folder.
#[expect(
    clippy::disallowed_methods,
    reason = "the test has failed: nothing else goes on"
)]
fn succeeds(command: &mut Command) -> bool {
    let Ok(mut child) = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
        return false;
    };
    let mut waited = Duration::ZERO;
    while waited < PATIENCE {
        match child.try_wait() {
            Ok(None) => {}
            ended => return ended.is_ok_and(|ended| ended.is_some_and(|status| status.success())),
        }
        std::thread::sleep(PAUSE);
        waited += PAUSE;
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// Now, as in ISO 8601, to the second.
#[expect(
    clippy::disallowed_methods,
    reason = "when a person ran the test, not what it does"
)]
fn now() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    date(now.unwrap_or(Duration::ZERO).as_secs())
}

/// A time since 1970 as a date in UTC.
fn date(seconds: u64) -> String {
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let begins = |year: u64| (year - 1970) * 365 + leaps(year - 1) - leaps(1969);
    let days = seconds / 86_400;
    let mut year = 1970 + days / 366;
    while begins(year + 1) <= days {
        year += 1;
    }
    let february = begins(year + 1) - begins(year) - 337;
    let mut day = days - begins(year);
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    let day = day + 1;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00+00:00"),
            (68_169_600, "1972-02-29T00:00:00+00:00"),
            (951_868_799, "2000-02-29T23:59:59+00:00"),
            (951_868_800, "2000-03-01T00:00:00+00:00"),
            (1_767_225_599, "2025-12-31T23:59:59+00:00"),
            (4_107_542_400, "2100-03-01T00:00:00+00:00"),
        ] {
            assert_eq!(date(seconds), expected);
        }
    }
}
