//! What is kept of a run: `store/<workload>/<timestamp>/` with `results.edn`,
//! `results.json`, `history.edn`, `history.txt`, `messages.jsonl`, `events.jsonl`,
//! `jepsen.log`, the charts `latency-raw.svg`, `latency-quantiles.svg`,
//! `rate.svg` and `messages-in-flight.svg`, the messages as arrows in
//! `messages.svg`, the operations as boxes in `timeline.html`, a log of each node
//! in `node-logs/`, proofs of what is wrong in `anomalies/`, and `index.html`, which
//! shows all of it. Where keys are judged one by one, `independent/<key>/` has the
//! history, the results and the timeline of each. In a few lines it is `summary.json`. The link `store/current`
//! leads to the run that was begun last, `store/latest` and `store/<workload>/latest`
//! to the one that ended last, and `store/index.html` lists all.

mod independent;

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use history::History;
use history::edn::Value;
use page::listing;
use page::run::{Brief, Page, Tail};
use picture::plot::{self, fault};
use picture::proof::Drawing;
use picture::timeline::timeline;
use programs::log_name;
use simulation::run::{Event, EventLine, Message, MessageEvent};
use simulation::summary::Summary;

/// The folder of one run.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    folder: PathBuf,
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
        let name = jiff::ZonedDateTime::now()
            .strftime("%Y%m%dT%H%M%S%.3f%z")
            .to_string();
        let parent = root.join(workload);
        fs::create_dir_all(&parent).map_err(|e| cannot("make", &parent, &e))?;
        let folder = (0..100)
            .map(|n| match n {
                0 => name.clone(),
                n => format!("{name}-{n}"),
            })
            .find_map(|name| {
                let folder = parent.join(&name);
                match fs::create_dir(&folder) {
                    // Another run in the same millisecond.
                    Err(e) if e.kind() == io::ErrorKind::AlreadyExists => None,
                    made => Some(made.map(|()| folder)),
                }
            })
            .unwrap_or_else(|| Err(io::ErrorKind::AlreadyExists.into()))
            .map_err(|e| cannot("make a folder in", &parent, &e))?;
        let logs = folder.join("node-logs");
        fs::create_dir(&logs).map_err(|e| cannot("make", &logs, &e))?;
        let path = folder.join("jepsen.log");
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
        let below = self.folder.strip_prefix(&self.root).unwrap_or(&self.folder);
        link(&self.root.join("current"), below)
    }

    /// Takes the folder away again: its run could not begin. So are those above it, if
    /// there is nothing else in them.
    pub fn discard(self) {
        let _ = fs::remove_dir_all(&self.folder);
        let current = self.root.join("current");
        if !current.exists() {
            let _ = fs::remove_file(current);
        }
        for folder in [self.folder.parent(), Some(&*self.root)]
            .into_iter()
            .flatten()
        {
            let _ = fs::remove_dir(folder);
        }
    }

    /// Leads the links to the last run here. While it goes on, they lead to the one
    /// before it, and only `current` to this.
    fn link_latest(&self) -> io::Result<()> {
        let (Some(parent), Some(name)) = (self.folder.parent(), self.folder.file_name()) else {
            return Ok(());
        };
        link(&parent.join("latest"), Path::new(name))?;
        let workload = Path::new(parent.file_name().unwrap_or_default());
        link(&self.root.join("latest"), &workload.join(name))
    }

    /// The run's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the nodes' logs go.
    pub fn node_logs(&self) -> PathBuf {
        self.folder.join("node-logs")
    }

    /// Adds a line to `jepsen.log`, with the time.
    pub fn log(&mut self, line: &str) {
        let now = jiff::ZonedDateTime::now();
        // As logback writes it, with and without its encoder for JSON. A log that
        // cannot be written is no reason to end the run.
        let _ = match self.json_log {
            true => {
                let entry = serde_json::json!({
                    "@timestamp": now.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
                    "level": "INFO",
                    "logger_name": "workbench",
                    "message": line,
                });
                writeln!(self.log, "{entry}")
            }
            false => {
                let now = now.strftime("%Y-%m-%d %H:%M:%S,%3f");
                writeln!(self.log, "{now}\tINFO\t[main] workbench: {line}")
            }
        };
    }

    /// Begins `messages.jsonl`: a line for each message as it is sent, with the
    /// whole of it, and another with its number when it is received. And
    /// `events.jsonl`: a line for whatever else the run does.
    ///
    /// # Errors
    /// When it cannot be written: what, and why.
    pub fn journal(&self) -> io::Result<Journal> {
        let begin = |name| {
            let path = self.folder.join(name);
            let file = File::create(&path).map_err(|e| cannot("write", &path, &e))?;
            Ok::<_, io::Error>(JournalFile {
                out: BufWriter::with_capacity(1 << 18, file),
                failed: None,
                path,
            })
        };
        Ok(Journal {
            messages: begin("messages.jsonl")?,
            written: 0,
            events: begin("events.jsonl")?,
        })
    }

    /// Writes the history, so that it is there however long it takes to judge it.
    ///
    /// # Errors
    /// When it cannot be written: what, and why.
    pub fn write_history(&self, history: &History) -> io::Result<()> {
        self.file("history.edn", |out| history.write_edn(out))?;
        self.file("history.txt", |out| history.write_text(out))
    }

    /// Writes the results, the charts and the summary, and the list of all runs anew.
    ///
    /// # Errors
    /// When something cannot be written: what, and why.
    pub fn write(&self, results: &Value, page: &Page<'_>) -> io::Result<()> {
        self.link_latest()?;
        let history = page.history;
        self.file("results.edn", |out| {
            out.write_all(results.pretty().as_bytes())
        })?;
        self.file("results.json", |out| {
            serde_json::to_writer_pretty(&mut *out, &results.to_json())?;
            writeln!(out)
        })?;
        let pictures = plot::files(history, page.recording);
        for (name, svg) in &pictures {
            self.file(name, |out| out.write_all(svg.as_bytes()))?;
        }
        let summary = page.summary;
        let title = format!("{}, seed {}", summary.workload, summary.seed);
        let faults = fault::of_run(history, page.recording);
        let timeline = timeline(history, &faults, Some(summary.concurrency), &title);
        self.file("timeline.html", |out| out.write_all(timeline.as_bytes()))?;
        self.write_independent(results, page)?;
        draw(&self.folder.join("anomalies"), page.drawings)?;
        // After the others, since it links to them.
        let files = self.files();
        let page = Page {
            pictures: &pictures,
            files: &files,
            ..*page
        };
        self.file("index.html", |out| write!(out, "{page}"))?;
        // Last, since whatever lists this run by its summary finds all of it.
        self.write_summary(summary)
    }

    /// Writes what there is of each key.
    fn write_independent(&self, results: &Value, page: &Page<'_>) -> io::Result<()> {
        let faults = fault::of_run(page.history, page.recording);
        for part in independent::parts(page.history, results) {
            let folder = self.folder.join(&part.folder);
            fs::create_dir_all(&folder).map_err(|e| cannot("make", &folder, &e))?;
            let file = |name| part.folder.join(name);
            self.file(file("history.edn"), |out| part.history.write_edn(out))?;
            self.file(file("results.edn"), |out| {
                out.write_all(part.results.pretty().as_bytes())
            })?;
            let title = format!("{}, key {}", page.summary.workload, part.key);
            let timeline = timeline(
                &part.history,
                &faults,
                Some(page.summary.concurrency),
                &title,
            );
            self.file(file("timeline.html"), |out| {
                out.write_all(timeline.as_bytes())
            })?;
        }
        Ok(())
    }

    /// Writes a page that is just the summary, for what is no single run.
    ///
    /// # Errors
    /// When something cannot be written: what, and why.
    pub fn write_brief(&self, summary: &Summary) -> io::Result<()> {
        self.link_latest()?;
        self.file("index.html", |out| write!(out, "{}", Brief(summary)))?;
        self.write_summary(summary)
    }

    /// Writes the summary, and the list of all runs anew.
    ///
    /// # Errors
    /// When something cannot be written: what, and why.
    fn write_summary(&self, summary: &Summary) -> io::Result<()> {
        self.file(SUMMARY, |out| {
            serde_json::to_writer_pretty(&mut *out, summary)?;
            writeln!(out)
        })?;
        listing::write(&self.root)
    }

    /// The ends of the nodes' logs. What cannot be read is left out.
    pub fn tails(&self, nodes: &[String]) -> Vec<Tail> {
        let most = MOST_LOG.min(MOST_LOGS / nodes.len().max(1));
        let tails = nodes.iter().filter_map(|node| {
            let path = self.node_logs().join(log_name(node));
            Some(Tail {
                node: node.clone(),
                ..tail(&path, most).ok()?
            })
        });
        tails.collect()
    }

    /// The names of the run's files, sorted.
    pub fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = (fs::read_dir(&self.folder).into_iter().flatten().flatten())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        // It is written last.
        names.push(SUMMARY.into());
        names.sort();
        names
    }

    fn file(
        &self,
        name: impl AsRef<Path>,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let path = self.folder.join(name);
        let written = File::create(&path).and_then(|file| {
            let mut out = BufWriter::new(file);
            write(&mut out)?;
            out.flush()
        });
        written.map_err(|e| cannot("write", &path, &e))
    }
}

/// The run in a few lines.
const SUMMARY: &str = "summary.json";
/// How much of the messages is kept, in bytes; and what each costs beside its own.
const MOST_JOURNAL: u64 = 1 << 30;
const ENTRY: u64 = 100;
/// How much of a log a page shows, and of all logs together, in bytes.
const MOST_LOG: usize = 12_000;
const MOST_LOGS: usize = 240_000;

/// The last lines of a file, this many bytes at most.
fn tail(path: &Path, most: usize) -> io::Result<Tail> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut before = length.saturating_sub(most as u64);
    file.seek(SeekFrom::Start(before))?;
    let mut bytes = Vec::new();
    file.take(most as u64).read_to_end(&mut bytes)?;
    // Not from the middle of a line, if there is another.
    if before > 0
        && let Some(end) = bytes.iter().position(|byte| *byte == b'\n')
    {
        bytes.drain(..=end);
        before += end as u64 + 1;
    }
    Ok(Tail {
        node: String::new(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
        before,
    })
}

/// Writes pictures of what is wrong to a folder, if there are any.
///
/// # Errors
/// When something cannot be written: what, and why.
pub fn draw(folder: &Path, drawings: &[Drawing]) -> io::Result<()> {
    if drawings.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(|e| cannot("make", folder, &e))?;
    for drawing in drawings {
        let path = folder.join(&drawing.name);
        fs::write(&path, &drawing.svg).map_err(|e| cannot("write", &path, &e))?;
    }
    Ok(())
}

/// Every message of a run, as it is sent and received, and what else the run does.
#[derive(Debug)]
pub struct Journal {
    messages: JournalFile,
    /// How many bytes of messages there are.
    written: u64,
    events: JournalFile,
}

#[derive(Debug)]
struct JournalFile {
    out: BufWriter<File>,
    /// The first error, which is told at the end: the run goes on without.
    failed: Option<io::Error>,
    path: PathBuf,
}

impl JournalFile {
    fn write(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        if self.failed.is_none() {
            self.failed = write(&mut self.out).err();
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = match self.failed.take() {
            Some(e) => Err(e),
            None => self.out.flush(),
        };
        done.map_err(|e| cannot("write", &self.path, &e))
    }
}

impl Journal {
    /// Adds a message. The time is in nanoseconds since the start of the run. What is
    /// beyond a GiB is left out.
    pub fn message(&mut self, message: Message<'_>) {
        if self.written > MOST_JOURNAL {
            return;
        }
        if message.event == MessageEvent::Sent {
            self.written += message.line.len() as u64 + ENTRY;
        }
        let (time, id) = (message.time.as_nanos(), message.id);
        self.messages.write(|out| match message.event {
            MessageEvent::Sent => {
                write!(
                    out,
                    "{{\"time\":{time},\"event\":\"send\",\"id\":{id},\"message\":"
                )?;
                out.write_all(message.line.trim_ascii())?;
                out.write_all(b"}\n")
            }
            MessageEvent::Received => {
                writeln!(out, "{{\"time\":{time},\"event\":\"recv\",\"id\":{id}}}")
            }
        });
    }

    /// Adds what the run does at this time since its start.
    pub fn event(&mut self, time: Duration, event: &Event) {
        self.events.write(|out| {
            serde_json::to_writer(&mut *out, &EventLine { time, event })?;
            out.write_all(b"\n")
        });
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The first thing that went wrong.
    pub fn flush(&mut self) -> io::Result<()> {
        self.messages.flush().and(self.events.flush())
    }
}

fn cannot(what: &str, path: &Path, e: &io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("cannot {what} {}: {e}", path.display()))
}

/// Makes a link, in place of an older one: at once, since others may do the same.
fn link(from: &Path, to: &Path) -> io::Result<()> {
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
