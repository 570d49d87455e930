//! `workbench assert`: limits on results that are there already, also those of
//! Maelstrom itself.

use std::path::PathBuf;

use history::edn;
use verdict::assertion::{self, Assertion};

/// Compare the figures of a run, also one of Maelstrom, with limits
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The results, such as store/latest/results.edn
    results: PathBuf,

    /// A limit on a figure, such as 'net.servers.msgs-per-op < 20'
    #[arg(required = true, value_name = "LIMIT")]
    limits: Vec<Assertion>,
}

pub(super) fn run(args: &Args) -> Result<u8, String> {
    let path = args.results.display();
    let text = std::fs::read_to_string(&args.results);
    let text = text.map_err(|e| format!("cannot read {path}: {e}"))?;
    let results =
        edn::read(&text).map_err(|e| format!("{path}: {e}\nexpected a results.edn: one map"))?;
    let checked = assertion::check(&results, &args.limits);
    for finding in checked.sentences() {
        super::print(&format!("{finding}\n"))?;
    }
    if checked.findings.is_empty() {
        super::print(&format!(
            "{path}: within all {} limits\n",
            args.limits.len()
        ))?;
    }
    Ok(checked.valid.exit_status())
}
