//! `workbench new`: a node in a crate of its own, outside this workspace.
//!
//! What it starts as is the challenge `echo`, which is compiled and tested with everything
//! else, and so cannot go stale: its node, its broken example, its tests. The library is
//! taken from where this command was installed from. (`new/echo` holds links to its files, which
//! `build.rs` follows: a package may hold nothing that is outside its folder.)

mod source;

use std::fs;
use std::path::{Path, PathBuf};

use source::Source;

/// Start a node in a crate of its own: it works, is tested over many seeds, and comes with
/// an example that is broken
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder to make, whose name is the crate's: lower-case words joined by hyphens
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    /// The repository that the library is taken from. Without it, the one that this command
    /// was installed from
    #[arg(long, value_name = "URL", conflicts_with = "path")]
    git: Option<String>,

    /// A copy of that repository on this machine, to take the library from
    #[arg(long, value_name = "FOLDER")]
    path: Option<PathBuf>,
}

macro_rules! echo {
    ($file:literal) => {
        include_str!(concat!(env!("OUT_DIR"), "/", $file))
    };
}

/// What a new crate starts as: each file, and what it is made from.
const FILES: [(&str, &str); 11] = [
    ("Cargo.toml", include_str!("new/Cargo.toml.in")),
    ("README.md", include_str!("new/README.md.in")),
    ("justfile", include_str!("new/justfile.in")),
    (".gitignore", "/target\n/store\n/maelstrom\n"),
    ("src/lib.rs", echo!("lib.rs")),
    ("src/main.rs", echo!("main.rs")),
    ("examples/shared-buffer.rs", echo!("shared-buffer.rs")),
    ("tests/it/main.rs", include_str!("new/tests.rs.in")),
    ("tests/it/echo.rs", echo!("tests.rs")),
    ("tests/seeds.rs", echo!("seeds.rs")),
    ("tests/it/broken.rs", include_str!("new/broken.rs.in")),
];

pub(super) fn run(args: &Args) -> Result<u8, String> {
    let folder = &args.folder;
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    check_name(&name)?;
    if folder.exists() {
        return Err(format!(
            "there is a {} already: expected a folder to make",
            folder.display()
        ));
    }
    let source = match (&args.git, &args.path) {
        (Some(url), _) => Source::Git(url.clone()),
        (None, Some(path)) => Source::copy(path)?,
        (None, None) => Source::of_this_command()?,
    };
    let made = files(&name, &source).try_for_each(|(file, text)| write(folder, file, &text));
    if let Err(why) = made {
        let _ = fs::remove_dir_all(folder);
        return Err(why);
    }
    super::print(&format!(
        "{folder} is an echo node in a crate of its own, and takes the library from\n\
         {source}. It works as it is:\n\
         \x20   cd {folder}\n\
         \x20   cargo test\n\
         \x20   workbench test -w echo\n\
         and has an example that does not:\n\
         \x20   workbench test -w echo --example shared-buffer --node-count 1 --concurrency 10 --rate 100 --time-limit 5\n\
         Now make it do what your challenge asks, in src/lib.rs.\n",
        folder = folder.display(),
    ))?;
    Ok(0)
}

/// The files of a new crate, and what is in them.
fn files<'a>(
    name: &'a str,
    source: &'a Source,
) -> impl Iterator<Item = (&'static str, String)> + 'a {
    let snake = name.replace('-', "_");
    FILES.into_iter().map(move |(file, text)| {
        let text = text
            .replace("use echo::", &format!("use {snake}::"))
            .replace("echo::Echo)", &format!("{snake}::Echo)"))
            .replace("{name}", name)
            .replace("{snake}", &snake);
        (file, source.put_into(&text))
    })
}

fn write(folder: &Path, file: &str, text: &str) -> Result<(), String> {
    let path = folder.join(file);
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(&path, text))
        .map_err(|e| format!("cannot write {}: {e}", path.display()))
}

/// A name that Cargo and Rust take, and that nothing else has.
fn check_name(name: &str) -> Result<(), String> {
    let is_word = |word: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        !word.is_empty() && word.chars().all(plain)
    };
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
    if !begins || !name.split('-').all(is_word) {
        return Err(format!(
            "{name:?} is no name for a crate here: expected lower-case words joined by hyphens, such \
             as my-node"
        ));
    }
    // What Rust, Cargo, or a dependency of a new crate is called.
    const TAKEN: [&str; 59] = [
        "abstract",
        "alloc",
        "as",
        "async",
        "await",
        "become",
        "box",
        "break",
        "const",
        "continue",
        "core",
        "crate",
        "do",
        "dyn",
        "else",
        "enum",
        "extern",
        "false",
        "final",
        "fn",
        "for",
        "gen",
        "if",
        "impl",
        "in",
        "let",
        "log",
        "loop",
        "macro",
        "maelstrom-node",
        "match",
        "mod",
        "move",
        "mut",
        "override",
        "priv",
        "proc-macro",
        "pub",
        "ref",
        "return",
        "seeds",
        "self",
        "serde",
        "serde-json",
        "simulation",
        "static",
        "std",
        "struct",
        "super",
        "test",
        "trait",
        "true",
        "try",
        "type",
        "unsafe",
        "use",
        "where",
        "workloads",
        "yield",
    ];
    match TAKEN.contains(&name) {
        true => Err(format!(
            "{name:?} is taken, by Rust or by a crate that a node stands on"
        )),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_crates() {
        for name in ["my-node", "raft2", "a"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in [
            "", "My-node", "my_node", "-a", "a-", "a--b", "2pc", "fn", "test", "serde", "é", "a b",
        ] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn what_is_started_speaks_of_itself() {
        let source = Source::Git("https://example.org/nodes".into());
        for (file, text) in files("my-node", &source) {
            let other = ["{name}", "{snake}", "{source", "use echo::", " echo::Echo"];
            let left = other.into_iter().find(|word| text.contains(word));
            assert_eq!(left, None, "{file}");
        }
        let (_, manifest) = files("my-node", &source).next().unwrap();
        assert!(manifest.contains("name = \"my-node\""), "{manifest}");
        assert!(
            manifest.contains("simulation = { git = \"https://example.org/nodes\" }"),
            "{manifest}"
        );
    }
}
