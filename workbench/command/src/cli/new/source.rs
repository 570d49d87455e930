//! Where a crate outside this workspace takes the library from.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where the library is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// In a repository.
    Git(String),
    /// In a repository, at this commit.
    Commit(String, String),
    /// In a copy of it on this machine.
    Path(PathBuf),
}

impl Source {
    /// A copy of the repository.
    ///
    /// # Errors
    /// If this is none.
    pub(super) fn copy(folder: &Path) -> Result<Self, String> {
        let folder =
            std::path::absolute(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        match folder.join("maelstrom-node/Cargo.toml").is_file() {
            true => Ok(Source::Path(folder)),
            false => Err(format!(
                "{} is no copy of the library's repository: expected the folder maelstrom-node in it",
                folder.display()
            )),
        }
    }

    /// Where this command was installed from, as Cargo has noted it, or the workspace that it is
    /// run in.
    ///
    /// # Errors
    /// If nothing says so.
    pub(super) fn of_this_command() -> Result<Self, String> {
        if let Some(folder) = std::env::var_os("CARGO_MANIFEST_DIR") {
            // By `cargo run`.
            let workspace = Path::new(&folder).ancestors().nth(2);
            if let Some(Ok(copy)) = workspace.map(Source::copy) {
                return Ok(copy);
            }
        }
        let program = std::env::current_exe().unwrap_or_default();
        let root = program
            .parent()
            .and_then(Path::parent)
            .unwrap_or(Path::new(""));
        let noted = std::fs::read_to_string(root.join(".crates.toml")).unwrap_or_default();
        let found = noted
            .lines()
            .find_map(read)
            .or_else(|| match env!("CARGO_PKG_REPOSITORY") {
                "" => None,
                url => Some(Source::Git(url.to_owned())),
            });
        found.ok_or_else(|| {
            "where is the library? Nothing says where this command is from: pass --git URL of its \
             repository, or --path FOLDER of a copy of it"
                .to_owned()
        })
    }

    /// A manifest in which `{source:FOLDER}` stands for where the crate is that has this folder in
    /// the repository: with that in its place, such as `git = "https://..."`.
    pub(super) fn put_into(&self, manifest: &str) -> String {
        let mut parts = manifest.split("{source:");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (folder, rest) = part.split_once('}').unwrap_or((part, ""));
            text += &match self {
                Source::Git(url) => format!("git = {url:?}"),
                Source::Commit(url, commit) => format!("git = {url:?}, rev = {commit:?}"),
                Source::Path(copy) => format!("path = {:?}", copy.join(folder).to_string_lossy()),
            };
            text += rest;
        }
        text
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Git(url) => f.write_str(url),
            Source::Commit(url, commit) => write!(f, "{url} at {commit}"),
            Source::Path(folder) => write!(f, "{}", folder.display()),
        }
    }
}

/// What a line of Cargo's `.crates.toml` says of this command, such as
/// `"workbench 0.1.0 (git+https://example.org/nodes#0a1b2c)" = ["workbench"]`.
fn read(line: &str) -> Option<Source> {
    let (package, _) = line.trim().strip_prefix('"')?.split_once('"')?;
    let from = package.strip_prefix(concat!(env!("CARGO_PKG_NAME"), " "))?;
    let (_, from) = from.split_once('(')?;
    let from = from.strip_suffix(')')?;
    if let Some(folder) = from.strip_prefix("path+file://") {
        // A drive has one slash more before it.
        let folder = match cfg!(windows) {
            true => folder.trim_start_matches('/'),
            false => folder,
        };
        return Source::copy(Path::new(folder).ancestors().nth(2)?).ok();
    }
    let (url, commit) = from.strip_prefix("git+")?.split_once('#')?;
    let url = url.split('?').next()?;
    Some(Source::Commit(url.to_owned(), commit.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_has_noted_where_a_command_is_from() {
        let git = r#""workbench 0.1.0 (git+https://example.org/nodes?branch=main#0a1b2c)" = ["workbench"]"#;
        let expected = Source::Commit("https://example.org/nodes".into(), "0a1b2c".into());
        assert_eq!(read(git), Some(expected));
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = format!(
            r#""workbench 0.1.0 (path+file://{})" = ["workbench"]"#,
            here.display()
        );
        let root = here.ancestors().nth(2).unwrap();
        assert_eq!(read(&path), Some(Source::Path(root.to_owned())));
        for other in [
            "[v1]",
            "",
            r#""just 1.0.0 (registry+https://example.org)" = ["just"]"#,
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
