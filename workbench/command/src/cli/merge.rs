//! `workbench merge`: the parts of a sweep as one.

use std::path::PathBuf;

use hunt::sweep::{Report, Sweep};
use simulation::summary::Verdict;
use verdict::Validity;

use super::test::results;

/// Put the parts of a sweep together, as --results wrote them, and say what came of it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What --results wrote
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Where to write all of it, in the order of the seeds
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Where to write it as a page
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<u8, String> {
    let mut whole: Option<Sweep> = None;
    for path in &args.files {
        let part = results::read(path)?;
        match &mut whole {
            Some(whole) => whole.merge(part).map_err(|e| results::about(path, &e))?,
            None => whole = Some(part),
        }
    }
    let Some(whole) = whole else {
        return Err("expected what --results wrote".to_owned());
    };
    if let Some(path) = &args.output {
        results::write(path, &whole)?;
    }
    if let Some(path) = &args.page {
        let page = page::Sweep(&whole).to_string();
        std::fs::write(path, page).map_err(|e| results::about(path, &e))?;
    }
    super::print(&Report(&whole).to_string())?;
    Ok(match whole.verdict() {
        Verdict::Valid => Validity::Valid,
        Verdict::Unknown => Validity::Unknown,
        Verdict::Invalid => Validity::Invalid,
    }
    .exit_status())
}
