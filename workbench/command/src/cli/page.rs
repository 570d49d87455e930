//! `workbench page`: the page of a run, made from the data in its folder.

use std::path::PathBuf;

use page::listing;
use simulation::folder::Folder;

/// Make the page of a run from the data in its folder, such as a failed test leaves; where
/// the page is, is printed
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The store that the folder is in, to make its list of runs anew
    #[arg(long, value_name = "FOLDER")]
    store: Option<PathBuf>,

    /// The run's folder
    #[arg(value_name = "FOLDER", default_value = "store/latest")]
    folder: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<u8, String> {
    let folder = Folder::open(args.folder.clone());
    let run = folder.read()?;
    page::folder::write(&folder, &run.kept()).map_err(|e| e.to_string())?;
    if let Some(store) = &args.store {
        listing::write(store).map_err(|e| e.to_string())?;
    }
    let page = args.folder.join("index.html");
    super::print(&format!("{}\n", page.display()))?;
    Ok(0)
}
