//! `workbench draw`: a picture of some of a run's messages, for a text about it.

use std::fs;
use std::path::PathBuf;

use history::History;
use picture::plot::{self, Excerpt};
use simulation::recording::Recording;

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
    let read = |name: &str| {
        let path = args.folder.join(name);
        let text = fs::read_to_string(&path);
        let text = text.map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        Ok::<_, String>((path.display().to_string(), text))
    };
    let (path, text) = read("history.edn")?;
    let history = History::read(&text).map_err(|e| format!("{path}: {e}"))?;
    let (path, text) = read("messages.jsonl")?;
    let mut recording = Recording::read_messages(&text).map_err(|e| format!("{path}: {e}"))?;
    let (path, text) = read("events.jsonl")?;
    (recording.read_events(&text)).map_err(|e| format!("{path}: {e}"))?;
    let excerpt = Excerpt {
        from: (args.from * 1e9) as i64,
        messages: args.messages,
    };
    super::print(&plot::messages(&history, &recording, &excerpt))?;
    Ok(0)
}
