//! Histories that the genuine checkers judged, with their verdicts, for tests of ours.
//!
//! They are packed, an archive a workload, and unpacked in memory. What they are and
//! where they come from: `README.md` beside this crate.
//!
//! ```
//! let case = corpus::case("lin-kv", "stale-read-061");
//! assert!(case.history.starts_with("{:index 0"));
//! assert!(case.verdict.contains("\"valid\": false"));
//! ```

use std::collections::BTreeMap;
use std::io::Read;

use ruzstd::decoding::StreamingDecoder;

/// How many random histories a test makes: this many, or as many as `WORKBENCH_ROUNDS` says
/// in the environment.
///
/// # Panics
/// If that is no number.
pub fn rounds(usual: usize) -> usize {
    #[expect(clippy::disallowed_methods, reason = "tests are no nodes")]
    match std::env::var("WORKBENCH_ROUNDS") {
        Ok(rounds) => rounds.parse().expect("WORKBENCH_ROUNDS is a number"),
        Err(_) => usual,
    }
}

/// A history, and how the genuine checker of its workload judged it.
pub struct Case {
    /// What was done to the history, and a number: `stale-read-061`.
    pub name: String,
    /// The history, as Jepsen writes it, an operation a line.
    pub history: String,
    /// The verdict, in JSON.
    pub verdict: String,
}

/// A run of Maelstrom itself.
pub struct Run {
    /// The workload, shortened, and what was wrong with the node: `kafka-dup`.
    pub name: String,
    /// What Maelstrom was told, but for the program: `-w kafka --node-count 1 ...`.
    pub flags: String,
    /// Its `history.edn`.
    pub history: String,
    /// Its `results.edn`.
    pub results: String,
}

/// Each workload's archive.
const WORKLOADS: [(&str, &[u8]); 10] = [
    ("broadcast", include_bytes!("../broadcast.tar.zst")),
    ("echo", include_bytes!("../echo.tar.zst")),
    ("g-counter", include_bytes!("../g-counter.tar.zst")),
    ("g-set", include_bytes!("../g-set.tar.zst")),
    ("kafka", include_bytes!("../kafka.tar.zst")),
    ("lin-kv", include_bytes!("../lin-kv.tar.zst")),
    ("pn-counter", include_bytes!("../pn-counter.tar.zst")),
    (
        "txn-list-append",
        include_bytes!("../txn-list-append.tar.zst"),
    ),
    (
        "txn-rw-register",
        include_bytes!("../txn-rw-register.tar.zst"),
    ),
    ("unique-ids", include_bytes!("../unique-ids.tar.zst")),
];

/// All cases of a workload, by name; there are 35 at least.
///
/// # Panics
///
/// If there is no workload of this name.
pub fn cases(workload: &str) -> Vec<Case> {
    let (_, archive) = WORKLOADS
        .iter()
        .find(|(name, _)| *name == workload)
        .unwrap_or_else(|| panic!("no cases of {workload}"));
    let mut files = unpack(archive);
    let names: Vec<String> = files
        .keys()
        .filter_map(|name| name.strip_suffix(".edn"))
        .map(str::to_owned)
        .collect();
    let mut take = |name: String| files.remove(&name).unwrap_or_else(|| panic!("no {name}"));
    let case = |name: String| Case {
        history: take(format!("{name}.edn")),
        verdict: take(format!("{name}.expect.json")),
        name,
    };
    names.into_iter().map(case).collect()
}

/// One case of a workload.
///
/// # Panics
///
/// If there is no such workload or case.
pub fn case(workload: &str, name: &str) -> Case {
    let mut cases = cases(workload).into_iter();
    cases
        .find(|case| case.name == name)
        .unwrap_or_else(|| panic!("no case {workload}/{name}"))
}

/// All runs of Maelstrom, by name.
pub fn runs() -> Vec<Run> {
    let mut files = unpack(include_bytes!("../runs.tar.zst"));
    let names: Vec<String> = files
        .keys()
        .filter_map(|name| name.strip_suffix("/flags"))
        .map(str::to_owned)
        .collect();
    let mut take = |name: String| files.remove(&name).unwrap_or_else(|| panic!("no {name}"));
    let run = |name: String| Run {
        flags: take(format!("{name}/flags")).trim().to_owned(),
        history: take(format!("{name}/history.edn")),
        results: take(format!("{name}/results.edn")),
        name,
    };
    names.into_iter().map(run).collect()
}

/// The files of an archive, by path.
fn unpack(archive: &[u8]) -> BTreeMap<String, String> {
    let archive = StreamingDecoder::new(archive).expect("a Zstandard frame");
    let mut archive = tar::Archive::new(archive);
    let mut files = BTreeMap::new();
    for file in archive.entries().expect("an archive") {
        let mut file = file.expect("a file in an archive");
        if !file.header().entry_type().is_file() {
            continue;
        }
        let path = file.path().expect("a path").into_owned();
        let path = path.strip_prefix(".").unwrap_or(&path).to_path_buf();
        let mut text = String::new();
        file.read_to_string(&mut text).expect("a text");
        files.insert(path.to_string_lossy().into_owned(), text);
    }
    files
}
