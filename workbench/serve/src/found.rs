//! What an address leads to: a file of the store, or a page that lists a folder.

use std::fmt::Write;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use picture::palette;
use picture::svg::{Text, grouped};
use simulation::address::Encoded;

use crate::request::Target;
use crate::response::{Refusal, Response, Status, content_type};
use page::listing;

/// How many files of a folder are listed.
const MOST_FILES: usize = 5000;

pub(super) fn find(root: &Path, target: &Target) -> Result<Response, Refusal> {
    let missing = |e: &io::Error| refusal(e, target);
    let root = fs::canonicalize(root).map_err(|e| missing(&e))?;
    let named = target
        .names
        .iter()
        .fold(root.clone(), |at, name| at.join(name));
    let path = match within(&root, &named, target) {
        // No run has ended yet that would have written it.
        Err(e) if e.status == Status::NotFound && target.names == ["index.html"] => {
            return list_of_runs(&root);
        }
        path => path?,
    };
    let metadata = fs::metadata(&path).map_err(|e| missing(&e))?;
    if !metadata.is_dir() {
        return match target.folder {
            true => Err(missing(&io::ErrorKind::NotADirectory.into())),
            false => file(&path, target),
        };
    }
    if !target.folder {
        // What is relative to a folder, needs the slash.
        return Ok(Response::moved(format!("{}/", shown(target))));
    }
    match within(&root, &path.join("index.html"), target) {
        Ok(index) => file(&index, target),
        Err(e) if e.status != Status::NotFound => Err(e),
        Err(_) if target.names.is_empty() => list_of_runs(&root),
        Err(_) => folder(&path, target).map_err(|e| missing(&e)),
    }
}

/// Where a path leads when all links are followed, if that is still in the store.
fn within(root: &Path, path: &Path, target: &Target) -> Result<PathBuf, Refusal> {
    let path = fs::canonicalize(path).map_err(|e| refusal(&e, target))?;
    match path.starts_with(root) {
        true => Ok(path),
        false => Err(Refusal::new(
            Status::Forbidden,
            format!("a link at {} leads out of the store", shown(target)),
        )),
    }
}

fn file(path: &Path, target: &Target) -> Result<Response, Refusal> {
    let open = || -> io::Result<Response> {
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() {
            // To open a pipe would be to wait for whoever writes to it.
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        let content_type = content_type(extension.unwrap_or_default());
        Ok(Response::file(
            File::open(path)?,
            metadata.len(),
            content_type,
        ))
    };
    open().map_err(|e| refusal(&e, target))
}

fn list_of_runs(root: &Path) -> Result<Response, Refusal> {
    let page = listing::page(root).map_err(|e| Refusal::new(Status::Failed, e.to_string()))?;
    Ok(Response::page(page))
}

fn refusal(e: &io::Error, target: &Target) -> Refusal {
    let shown = shown(target);
    match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename => {
            Refusal::new(Status::NotFound, format!("the store has no {shown}"))
        }
        io::ErrorKind::PermissionDenied => {
            Refusal::new(Status::Forbidden, format!("{shown} may not be read"))
        }
        _ => Refusal::new(Status::Failed, format!("cannot read {shown}: {e}")),
    }
}

/// The address, as this server would write it: never with two slashes at its
/// beginning, after which browsers expect a host.
fn shown(target: &Target) -> String {
    let mut shown = String::new();
    for name in &target.names {
        let _ = write!(shown, "/{}", Encoded(name.as_encoded_bytes()));
    }
    match shown.is_empty() {
        true => "/".into(),
        false => shown,
    }
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:0 auto;padding:28px 24px;max-width:800px;background:var(--paper);color:var(--ink);\
font:14px/1.5 ui-sans-serif,system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}\
h1{font-size:20px;font-weight:600;overflow-wrap:anywhere}\
table{width:100%;border-collapse:collapse}\
td{padding:6px 0;border-bottom:1px solid var(--grid);overflow-wrap:anywhere}\
td+td{padding-left:24px;text-align:right;white-space:nowrap;color:var(--soft);\
font-variant-numeric:tabular-nums}\
a{color:var(--ink);text-decoration-color:var(--grid);text-underline-offset:3px}";

/// The files of a folder that has no page of its own.
fn folder(path: &Path, target: &Target) -> io::Result<Response> {
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        // Through links: what they lead to is what will be seen. Broken ones, and
        // those whose end is no affair of this server's, are shown without a size.
        let link = entry.file_type()?.is_symlink();
        let metadata = entry.metadata().ok().filter(|_| !link);
        files.push((entry.file_name(), metadata));
    }
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    let title = target.names.last().map(|name| name.to_string_lossy());
    let title = title.unwrap_or_default();
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{0}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{1}{STYLE}</style>\n\
         </head>\n<body>\n<p><a href=\"../\">up</a> · <a href=\"/\">all runs</a></p>\n\
         <h1>{0}</h1>\n<table>\n",
        Text(&title),
        palette::custom_properties("body", "")
    );
    for (name, metadata) in files.iter().take(MOST_FILES) {
        let is_dir = metadata.as_ref().is_some_and(fs::Metadata::is_dir);
        let size = match metadata {
            Some(metadata) if metadata.is_file() => format!("{} B", grouped(metadata.len() as i64)),
            _ => String::new(),
        };
        let slash = if is_dir { "/" } else { "" };
        let _ = writeln!(
            html,
            "<tr><td><a href=\"./{}{slash}\">{}{slash}</a></td><td>{size}</td></tr>",
            Encoded(name.as_encoded_bytes()),
            Text(&name.to_string_lossy())
        );
    }
    html += "</table>\n";
    if let Some(more) = files.len().checked_sub(MOST_FILES + 1) {
        let _ = writeln!(html, "<p>and {} more</p>", grouped(more as i64 + 1));
    }
    html += "</body>\n</html>\n";
    Ok(Response::page(html))
}
