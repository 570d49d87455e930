//! The layers of the workbench: arrows point downwards only.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each layer, and what it may stand on.
const LAYERS: [(&str, &[&str]); 22] = [
    ("history", &[]),
    ("finding", &["history"]),
    ("isolation", &["history", "finding"]),
    ("linearizability", &["history", "finding"]),
    ("jepsen", &["history", "finding"]),
    (
        "verdict",
        &[
            "history",
            "finding",
            "isolation",
            "linearizability",
            "jepsen",
        ],
    ),
    ("network", &["history", "maelstrom-node"]),
    ("host", &["maelstrom-node"]),
    ("recording", &["network", "host"]),
    ("cause", &["history", "finding", "recording"]),
    (
        "simulation",
        &[
            "history",
            "verdict",
            "network",
            "host",
            "recording",
            "cause",
            "maelstrom-node",
        ],
    ),
    (
        "workloads",
        &["history", "verdict", "simulation", "maelstrom-node"],
    ),
    (
        "hunt",
        &["history", "verdict", "simulation", "maelstrom-node"],
    ),
    (
        "explore",
        &[
            "history",
            "verdict",
            "network",
            "host",
            "simulation",
            "maelstrom-node",
        ],
    ),
    // For tests alone: nothing else stands on it.
    (
        "specimens",
        &["simulation", "workloads", "verdict", "maelstrom-node"],
    ),
    // For tests, too: it knows seeds alone.
    ("seeds", &[]),
    ("programs", &["simulation", "maelstrom-node"]),
    // A program of its own: it knows the protocol alone.
    ("wasi", &[]),
    // A picture is made from evidence, whatever found it.
    ("picture", &["history", "finding", "cause", "simulation"]),
    (
        "page",
        &["history", "finding", "picture", "simulation", "hunt"],
    ),
    ("serve", &["simulation", "picture", "page"]),
    (
        "command",
        &[
            "history",
            "verdict",
            "simulation",
            "workloads",
            "hunt",
            "explore",
            "programs",
            "picture",
            "page",
            "serve",
            "maelstrom-node",
        ],
    ),
];

/// Libraries that only these layers may use: a test of a challenge compiles none of them.
const ABOVE: [(&str, &str); 6] = [
    ("clap", "command"),
    ("ctrlc", "command"),
    ("httparse", "serve"),
    ("miniz_oxide", "page"),
    ("base64", "page"),
    ("wasmi", "wasi"),
];

/// The names in a section of a manifest.
fn section(manifest: &Path, name: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(manifest).unwrap();
    let section = text.split(&format!("\n[{name}]\n")).nth(1).unwrap_or("");
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split(['.', ' ', '=']).next());
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_layer_stands_on_one_above_it() {
    let workbench = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut ours: Vec<&str> = LAYERS.iter().map(|(layer, _)| *layer).collect();
    ours.extend(["workbench", "bank", "maelstrom-node", "corpus"]); // corpus: for tests alone
    for (layer, below) in LAYERS {
        let stands_on = section(&workbench.join(layer).join("Cargo.toml"), "dependencies");
        assert!(!stands_on.is_empty(), "{layer}");
        for name in stands_on {
            let is_below = !ours.contains(&&*name) || below.contains(&&*name);
            assert!(is_below, "{layer} stands on {name}");
            let owner = ABOVE.iter().find(|(library, _)| *library == name);
            let is_owner = owner.is_none_or(|(_, owner)| *owner == layer);
            assert!(is_owner, "{layer} stands on {name}");
        }
    }
}

/// The map of the crates is that of the manifests: each crate, and the nearest that it stands on.
#[test]
fn the_map_is_that_of_the_manifests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let (_, members) = manifest.split_once("\nmembers = [").unwrap();
    let members = members.split(']').next().unwrap().split('"').skip(1);
    let mut stands_on: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for member in members.step_by(2) {
        let manifest = root.join(member).join("Cargo.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        let name = text
            .split("name = \"")
            .nth(1)
            .and_then(|it| it.split('"').next());
        stands_on.insert(name.unwrap().to_owned(), section(&manifest, "dependencies"));
    }
    let crates: BTreeSet<String> = stands_on.keys().cloned().collect();
    fn below(name: &str, stands_on: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
        let direct = stands_on.get(name).into_iter().flatten();
        direct
            .flat_map(|it| std::iter::once(it.clone()).chain(below(it, stands_on)))
            .collect()
    }
    let nearest = crates.iter().map(|name| {
        let direct = stands_on[name].intersection(&crates);
        let further: BTreeSet<String> = direct
            .clone()
            .flat_map(|other| below(other, &stands_on))
            .collect();
        let nearest = direct.filter(|other| !further.contains(*other)).cloned();
        (name.clone(), nearest.collect::<BTreeSet<_>>())
    });
    let text = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| [`"));
    let told = rows.map(|row| {
        let names = |cell: &str| {
            let quoted = cell.split('`').skip(1).step_by(2);
            quoted.map(str::to_owned).collect::<BTreeSet<_>>()
        };
        let cells: Vec<&str> = row.split('|').collect();
        (names(cells[1]).pop_first().unwrap(), names(cells[3]))
    });
    let told: BTreeMap<_, _> = told.collect();
    for (name, nearest) in nearest {
        assert_eq!(told.get(&name), Some(&nearest), "ARCHITECTURE.md: {name}");
    }
    assert_eq!(
        told.len(),
        crates.len(),
        "ARCHITECTURE.md names what is no crate"
    );
}

/// Whoever has a history can judge it: neither the checkers nor their tests know of nodes.
#[test]
fn checkers_know_no_nodes() {
    let workbench = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for layer in [
        "history",
        "finding",
        "isolation",
        "linearizability",
        "jepsen",
        "verdict",
    ] {
        let manifest = workbench.join(layer).join("Cargo.toml");
        for name in ["dependencies", "dev-dependencies"] {
            let stands_on = section(&manifest, name);
            assert!(!stands_on.contains("maelstrom-node"), "{layer}: {name}");
        }
    }
}

/// Consensus and dissemination are for whoever brings a network and a clock: neither knows what
/// it runs on here, nor do their tests.
#[test]
fn raft_and_gossip_stand_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let allowed = ["expect-test", "raft", "rng", "serde", "serde_json"];
    for name in ["raft", "gossip", "rng", "lockstep"] {
        let manifest = root.join(name).join("Cargo.toml");
        let mut stands_on = section(&manifest, "dependencies");
        let is_alone = matches!(name, "rng" | "lockstep");
        assert_eq!(stands_on.is_empty(), is_alone, "{name}");
        stands_on.extend(section(&manifest, "dev-dependencies"));
        for other in stands_on {
            assert!(allowed.contains(&&*other), "{name} stands on {other}");
        }
    }
}

/// A challenge knows the library that nodes are written with; only its tests know what
/// they are run with.
#[test]
fn challenges_stand_on_nodes_and_their_tests_on_the_simulation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut challenges = 0;
    for folder in fs::read_dir(root).unwrap() {
        let manifest = folder.unwrap().path().join("Cargo.toml");
        if !manifest.exists() || !section(&manifest, "dev-dependencies").contains("simulation") {
            continue;
        }
        challenges += 1;
        let stands_on = section(&manifest, "dependencies");
        assert!(
            stands_on.contains("maelstrom-node"),
            "{}",
            manifest.display()
        );
        let layers = LAYERS.iter().map(|(layer, _)| *layer);
        for name in layers.chain(["workbench"]) {
            assert!(!stands_on.contains(name), "{}: {name}", manifest.display());
        }
    }
    assert!(challenges >= 10, "{challenges}");
}

/// A file is about one thing, and a crate can be read in a day.
#[test]
fn no_file_and_no_crate_is_too_long() {
    fn lines(folder: &Path, files: &mut Vec<(PathBuf, usize)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                lines(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let count = fs::read_to_string(&path).unwrap().lines().count();
                files.push((path, count));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let of = |folder: &Path| {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
    };
    let crates = of(&root).chain(of(&root.join("workbench")));
    let crates: Vec<PathBuf> = crates.filter(|it| it.join("Cargo.toml").exists()).collect();
    assert!(crates.len() > 20, "{crates:?}");
    let mut too_long = Vec::new();
    for folder in crates {
        let mut files = Vec::new();
        for part in ["src", "tests", "benches", "examples"] {
            let part = folder.join(part);
            if part.is_dir() {
                lines(&part, &mut files);
            }
        }
        let all: usize = files.iter().map(|(_, count)| count).sum();
        too_long.extend(files.into_iter().filter(|(_, count)| *count > 500));
        if all > 9_000 {
            too_long.push((folder, all));
        }
    }
    assert!(too_long.is_empty(), "{too_long:?}");
}
