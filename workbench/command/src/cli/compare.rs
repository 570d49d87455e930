//! `workbench compare`: two runs beside each other.

use std::path::PathBuf;

use page::Comparison;
use simulation::folder::Folder;

/// Compare two runs: their figures, latencies and messages and, of two with the same seed in
/// virtual time, the first difference
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The first run's folder
    #[arg(value_name = "FOLDER")]
    first: PathBuf,

    /// The second run's folder
    #[arg(value_name = "FOLDER", default_value = "store/latest")]
    second: PathBuf,

    /// Where to write it as a page, with charts
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<u8, String> {
    let first = Folder::open(args.first.clone()).read()?;
    let second = Folder::open(args.second.clone()).read()?;
    let names = [&args.first, &args.second].map(|path| path.display().to_string());
    let names = [&*names[0], &*names[1]];
    let comparison = Comparison::new(names, [first.kept(), second.kept()]);
    if let Some(path) = &args.page {
        std::fs::write(path, comparison.page())
            .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    }
    super::print(&comparison.to_string())?;
    Ok(0)
}
