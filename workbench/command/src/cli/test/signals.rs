//! Ctrl-C, SIGTERM and SIGHUP: the first ends what goes on, whatever that is, and what
//! was done until then is judged and kept; the second ends the process at once.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::cli::INTERRUPTED;
use crate::terminal;

/// How long a run may take to notice that it was interrupted.
const NOTICED: Duration = Duration::from_secs(3);

/// What goes on.
#[derive(Clone, Debug)]
enum Stage {
    /// Runs that look now and then whether they were interrupted.
    Running,
    /// A verdict is being found, on the history in this folder, and this is the command
    /// that finds it again.
    Judging(PathBuf, String),
}

/// Whether this process was told to end.
#[derive(Clone, Debug)]
pub(super) struct Signals {
    interrupted: Arc<AtomicBool>,
    stage: Arc<Mutex<Stage>>,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system does not let it: why.
    pub(super) fn listen() -> Result<Self, String> {
        let signals = Signals {
            interrupted: Arc::default(),
            stage: Arc::new(Mutex::new(Stage::Running)),
        };
        let heard = signals.clone();
        ctrlc::set_handler(move || heard.signal())
            .map_err(|e| format!("cannot listen to Ctrl-C: {e}"))?;
        Ok(signals)
    }

    /// Whether the first signal has come.
    pub(super) fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// A run goes on, or several.
    pub(super) fn running(&self) {
        self.set(Stage::Running);
    }

    /// The history in this folder is being judged, which may take long.
    pub(super) fn judging(&self, folder: &Path, workload: &str) {
        let history = folder.join("history.edn");
        let check = format!("workbench check -w {workload} {}", history.display());
        self.set(Stage::Judging(folder.to_owned(), check));
    }

    fn set(&self, stage: Stage) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }

    fn signal(&self) {
        if self.interrupted.swap(true, Ordering::Relaxed) {
            end("interrupted twice");
        }
        let stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        match &*stage {
            Stage::Judging(folder, check) => end(&format!(
                "interrupted before there was a verdict; the run is in {}, and this judges it: {check}",
                folder.display()
            )),
            Stage::Running => {
                let signals = self.clone();
                // A second signal must be heard meanwhile.
                let _ = thread::Builder::new().spawn(move || signals.insist());
            }
        }
    }

    /// Ends the process if a run does not end.
    fn insist(&self) {
        #[expect(
            clippy::disallowed_methods,
            reason = "the run has this long, in real time"
        )]
        thread::sleep(NOTICED);
        let stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        if let Stage::Running = *stage {
            end("interrupted; the run did not come to its end in time, and has no verdict");
        }
    }
}

/// The nodes end with this process.
fn end(why: &str) -> ! {
    terminal::tell(&format!("workbench: {why}"));
    std::process::exit(i32::from(INTERRUPTED));
}
