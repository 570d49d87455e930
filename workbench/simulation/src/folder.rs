//! The folder of a run, as far as it holds data: `history.edn` and `history.txt`,
//! `messages.jsonl`, `events.jsonl`, `schedule.jsonl`, `results.edn` and `results.json`,
//! `findings.json`, the nodes' logs, `independent/<key>/` where keys are judged one by one,
//! and `summary.json`. Whatever shows a run can be made from it again: [`Folder::read`] gives it back.

pub mod independent;
mod journal;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use history::History;
use history::edn::{self, Value};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use verdict::finding::{self, Finding};

use crate::recording::Recording;
use crate::run::Problem;
use crate::summary::Summary;

pub use journal::Journal;

/// The run in a few lines. It is written last: whoever finds a run by it finds all of it.
pub const SUMMARY: &str = "summary.json";

/// The run as a list of choices ([`schedule`](crate::schedule)), if it was in virtual time.
pub const SCHEDULE: &str = "schedule.jsonl";

/// What of a run is kept and shown.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a> {
    /// It in a few lines.
    pub summary: &'a Summary,
    /// What clients did and saw.
    pub history: &'a History,
    /// The messages, and what the run told of itself.
    pub recording: &'a Recording,
    /// What is wrong.
    pub findings: &'a [Finding],
    /// What the nodes did wrong beside their replies.
    pub problems: &'a [Problem],
    /// All that the checkers say.
    pub results: &'a Value,
}

/// A run, read back from its folder.
#[derive(Debug)]
pub struct Stored {
    summary: Summary,
    history: History,
    recording: Recording,
    found: Found,
    results: Value,
}

impl Stored {
    /// What there is of it.
    pub fn kept(&self) -> Kept<'_> {
        Kept {
            summary: &self.summary,
            history: &self.history,
            recording: &self.recording,
            findings: &self.found.findings,
            problems: &self.found.problems,
            results: &self.results,
        }
    }
}

/// What is wrong with a run.
#[derive(Debug)]
struct Found {
    findings: Vec<Finding>,
    problems: Vec<Problem>,
}

/// `findings.json`.
#[derive(Deserialize)]
struct FoundJson<'a> {
    #[serde(borrow)]
    findings: &'a RawValue,
    problems: Vec<Problem>,
}

impl Found {
    fn read(json: &str) -> serde_json::Result<Self> {
        let FoundJson { findings, problems } = serde_json::from_str(json)?;
        let findings = finding::read(findings.get())?;
        Ok(Found { findings, problems })
    }
}

/// The folder of a run.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes a new one.
    ///
    /// # Errors
    /// When it cannot be made; of kind [`io::ErrorKind::AlreadyExists`], if there is one.
    pub fn create(path: PathBuf) -> io::Result<Self> {
        fs::create_dir(&path).map_err(|e| cannot("make", &path, &e))?;
        let folder = Folder { path };
        let logs = folder.node_logs();
        fs::create_dir(&logs).map_err(|e| cannot("make", &logs, &e))?;
        Ok(folder)
    }

    /// One that is there.
    pub fn open(path: PathBuf) -> Self {
        Folder { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the nodes' logs are.
    pub fn node_logs(&self) -> PathBuf {
        self.path.join("node-logs")
    }

    /// Where the nodes' disks are, if they ran in real time: a folder each. It is made when
    /// one of them keeps something.
    pub fn disks(&self) -> PathBuf {
        self.path.join("disks")
    }

    /// Begins `messages.jsonl`: a line for each message as it is sent, with the whole of
    /// it, and another with its number when it is received. And `events.jsonl`: a line for
    /// whatever else the run does. And `schedule.jsonl`: a line for all that could have been
    /// otherwise.
    ///
    /// # Errors
    /// When it cannot be written: what, and why.
    pub fn journal(&self) -> io::Result<Journal> {
        Journal::begin(&self.path)
    }

    /// Writes the history, so that it is there however long it takes to judge it.
    ///
    /// # Errors
    /// When it cannot be written: what, and why.
    pub fn write_history(&self, history: &History) -> io::Result<()> {
        self.file("history.edn", |out| history.write_edn(out))?;
        self.file("history.txt", |out| history.write_text(out))
    }

    /// Writes what the checkers say.
    ///
    /// # Errors
    /// When something cannot be written: what, and why.
    pub fn write_verdict(&self, run: &Kept<'_>) -> io::Result<()> {
        self.edn("results.edn", run.results)?;
        self.json("results.json", &run.results.to_json())?;
        let Kept {
            findings, problems, ..
        } = run;
        let indented = |json: String| json.replace('\n', "\n  ");
        let findings = indented(finding::write(findings));
        let problems = indented(serde_json::to_string_pretty(problems)?);
        self.file("findings.json", |out| {
            writeln!(
                out,
                "{{\n  \"findings\": {findings},\n  \"problems\": {problems}\n}}"
            )
        })?;
        for part in independent::parts(run.history, run.results) {
            let folder = self.path.join(&part.folder);
            fs::create_dir_all(&folder).map_err(|e| cannot("make", &folder, &e))?;
            let history = |out: &mut dyn Write| part.history.write_edn(out);
            self.file(part.folder.join("history.edn"), history)?;
            self.edn(part.folder.join("results.edn"), part.results)?;
        }
        Ok(())
    }

    /// Writes the summary.
    ///
    /// # Errors
    /// When it cannot be written: what, and why.
    pub fn write_summary(&self, summary: &Summary) -> io::Result<()> {
        self.json(SUMMARY, summary)
    }

    /// Reads what was written.
    ///
    /// # Errors
    /// When something cannot be read, or is not what a run writes: what, and why.
    pub fn read(&self) -> Result<Stored, String> {
        let (history, recording) = self.read_run()?;
        Ok(Stored {
            history,
            recording,
            summary: self.parsed(SUMMARY, |text| serde_json::from_str(text))?,
            found: self.parsed("findings.json", Found::read)?,
            results: self.parsed("results.edn", edn::read)?,
        })
    }

    /// Reads what happened, without the verdict on it.
    ///
    /// # Errors
    /// Likewise.
    pub fn read_run(&self) -> Result<(History, Recording), String> {
        let mut recording = self.parsed("messages.jsonl", Recording::read_messages)?;
        self.parsed("events.jsonl", |text| recording.read_events(text))?;
        Ok((self.parsed("history.edn", History::read)?, recording))
    }

    fn parsed<T, E: ToString>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, String> {
        let path = self.path.join(name);
        let text = fs::read_to_string(&path).map_err(|e| cannot("read", &path, &e).to_string())?;
        parse(&text).map_err(|e| format!("{}: {}", path.display(), e.to_string()))
    }

    fn edn(&self, name: impl AsRef<Path>, value: &Value) -> io::Result<()> {
        self.file(name, |out| out.write_all(value.pretty().as_bytes()))
    }

    fn json(&self, name: impl AsRef<Path>, value: &impl Serialize) -> io::Result<()> {
        self.file(name, |out| {
            serde_json::to_writer_pretty(&mut *out, value)?;
            writeln!(out)
        })
    }

    /// Writes a file in the folder.
    ///
    /// # Errors
    /// When it cannot be written: what, and why.
    pub fn file(
        &self,
        name: impl AsRef<Path>,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let path = self.path.join(name);
        let written = File::create(&path).and_then(|file| {
            let mut out = BufWriter::new(file);
            write(&mut out)?;
            out.flush()
        });
        written.map_err(|e| cannot("write", &path, &e))
    }
}

/// An error that says what could not be done, and where.
pub fn cannot(what: &str, path: &Path, e: &io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("cannot {what} {}: {e}", path.display()))
}
