//! `workbench draw`: a picture of some of a run's messages, for a text about it.

use std::path::PathBuf;

use picture::plot::{self, Excerpt};
use simulation::folder::Folder;

/// Draw some messages of a run as arrows between its nodes; the picture is
/// printed as SVG
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// From when on, in seconds since the start
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    from: f64,

    /// How many messages at most
    #[arg(long, value_name = "NUM", default_value_t = Excerpt::default().messages)]
    messages: usize,

    /// The run's folder
    #[arg(value_name = "FOLDER", default_value = "store/latest")]
    folder: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<u8, String> {
    let (history, recording) = Folder::open(args.folder.clone()).read_run()?;
    let excerpt = Excerpt {
        from: (args.from * 1e9) as i64,
        messages: args.messages,
    };
    super::print(&plot::messages(&history, &recording, &excerpt))?;
    Ok(0)
}
