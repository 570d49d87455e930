//! What a run's folder holds for a person to look at, beside its data: charts, the
//! diagram of its messages, `timeline.html`, `anomalies/` with proofs, and `index.html`,
//! which shows all of it.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use picture::plot::{self, Fault, fault};
use picture::proof::{self, Drawing};
use picture::timeline::timeline;
use simulation::folder::{Folder, Kept, SUMMARY, cannot, independent};
use simulation::name::log_name;
use simulation::summary::Summary;

use crate::brief::Brief;
use crate::run::{Page, Subject, Tail};

/// How much of a log a page shows, and of all logs together, in bytes.
const MOST_LOG: usize = 12_000;
const MOST_LOGS: usize = 240_000;

/// Draws a run, and writes its page to its folder, which has its data.
///
/// # Errors
/// When something cannot be written: what, and why.
pub fn write(folder: &Folder, run: &Kept<'_>) -> io::Result<()> {
    let Kept {
        summary,
        history,
        recording,
        findings,
        problems,
        ..
    } = *run;
    let text = |name: &str, text: &str| folder.file(name, |out| out.write_all(text.as_bytes()));
    let pictures = plot::files(history, recording);
    for (name, svg) in &pictures {
        text(name, svg)?;
    }
    let title = format!("{}, seed {}", summary.workload, summary.seed);
    let faults = fault::of_run(history, recording);
    let concurrency = Some(summary.concurrency);
    text(
        "timeline.html",
        &timeline(history, &faults, concurrency, &title),
    )?;
    write_independent(folder, run, &faults)?;
    let drawings = proof::drawings(history, findings, Some(recording));
    draw(&folder.path().join("anomalies"), &drawings)?;
    // After the others, since it links to them.
    let page = Page {
        subject: Subject::Run(summary),
        findings,
        problems,
        history,
        recording,
        pictures: &pictures,
        drawings: &drawings,
        logs: &tails(folder, &summary.nodes),
        files: &files(folder),
    };
    folder.file("index.html", |out| write!(out, "{page}"))
}

/// Writes a page that is just the summary, for what is no single run.
///
/// # Errors
/// When it cannot be written: what, and why.
pub fn write_brief(folder: &Folder, summary: &Summary) -> io::Result<()> {
    folder.file("index.html", |out| write!(out, "{}", Brief(summary)))
}

/// Writes the timeline of each key.
fn write_independent(folder: &Folder, run: &Kept<'_>, faults: &[Fault]) -> io::Result<()> {
    for part in independent::parts(run.history, run.results) {
        let title = format!("{}, key {}", run.summary.workload, part.key);
        let concurrency = Some(run.summary.concurrency);
        let timeline = timeline(&part.history, faults, concurrency, &title);
        let name = part.folder.join("timeline.html");
        folder.file(name, |out| out.write_all(timeline.as_bytes()))?;
    }
    Ok(())
}

/// The names of the run's files, sorted.
fn files(folder: &Folder) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        // It may be there, from before, or come last.
        .filter(|name| name != SUMMARY && name != "index.html")
        .collect();
    names.push(SUMMARY.into());
    names.sort();
    names
}

/// The ends of the nodes' logs. What cannot be read is left out.
fn tails(folder: &Folder, nodes: &[String]) -> Vec<Tail> {
    let most = MOST_LOG.min(MOST_LOGS / nodes.len().max(1));
    let tails = nodes.iter().filter_map(|node| {
        let path = folder.node_logs().join(log_name(node));
        Some(Tail {
            node: node.clone(),
            ..tail(&path, most).ok()?
        })
    });
    tails.collect()
}

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
