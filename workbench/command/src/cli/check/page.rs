//! `workbench check --page`: the page of a history from elsewhere.

use std::fs;
use std::path::{Path, PathBuf};

use ::page::history::{About, html};
use history::History;
use verdict::Checked;

use crate::cli::command::this_command;
use crate::terminal;

/// Writes it, and tells where it is. `to` is a file or a folder; without it, the page is
/// beside the history.
pub(super) fn write(
    to: Option<&Path>,
    source: &Path,
    name: &str,
    history: &History,
    checked: &Checked,
) -> Result<(), String> {
    let path = path(to, source);
    let cannot = |why: &str| format!("cannot write the page to {}: {why}", path.display());
    if path == source {
        return Err(cannot("that is the history; say where, with --page=FILE"));
    }
    let source = match source.as_os_str() == "-" {
        true => "standard input".into(),
        false => source.display().to_string(),
    };
    let about = About {
        name: name.to_owned(),
        path: source,
        command: this_command(),
    };
    fs::write(&path, html(history, checked, about)).map_err(|e| cannot(&e.to_string()))?;
    terminal::tell(&format!("look at: {}", path.display()));
    Ok(())
}

fn path(to: Option<&Path>, source: &Path) -> PathBuf {
    match to {
        Some(folder) if folder.is_dir() => folder.join("index.html"),
        Some(file) => file.to_owned(),
        None if source.as_os_str() == "-" => "index.html".into(),
        None => source.with_extension("html"),
    }
}
