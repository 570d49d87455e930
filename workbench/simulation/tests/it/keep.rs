//! What a failing assertion leaves behind, seen from outside: tests that fail on purpose
//! run in a process of their own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use simulation::folder::Folder;
use simulation::recording::About;
use simulation::run::Config;
use simulation::summary::Verdict;
use simulation::{Simulated, simulate};
use specimens::flood::{Fault, Flood};
use tempfile::TempDir;
use workloads::broadcast::{Broadcast, Topology};

fn run(fault: Fault) -> Simulated {
    let config = Config {
        rate: 20.0,
        time_limit: Duration::from_secs(20),
        ..Config::for_nodes(5).seed(1)
    };
    let mut workload = Broadcast::new(Topology::Grid);
    simulate(&config, &mut workload, move |node| Flood::new(node, fault))
}

#[test]
#[ignore = "it fails on purpose"]
fn is_not_valid() {
    run(Fault::Loses).assert_valid();
}

#[test]
#[ignore = "it fails on purpose"]
fn is_not_invalid() {
    run(Fault::None).assert_invalid("lost");
}

#[test]
#[ignore = "others run it"]
fn is_as_it_should_be() {
    run(Fault::None).assert_valid();
    run(Fault::Loses).assert_invalid("element ");
}

/// Runs one of these, with the environment's WORKBENCH_KEEP as given, and returns what it
/// says. Cargo is this script of sh.
fn test(name: &str, keep: &Path, cargo: &str) -> String {
    let scratch = tempfile::tempdir().unwrap();
    let script = scratch.path().join("cargo");
    fs::write(&script, format!("#!/bin/sh\n{cargo}\n")).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", &format!("keep::{name}")]);
    command.env("WORKBENCH_KEEP", keep).env("CARGO", script);
    let output = command.env("PATH", "/nowhere").output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn kept(root: &TempDir) -> Vec<String> {
    let names = fs::read_dir(root.path().join("broadcast"));
    let names = names.into_iter().flatten().flatten();
    let names = names.map(|entry| entry.file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn a_failed_assertion_says_what_is_wrong_and_where_it_is_to_be_seen() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("broadcast/simulation.keep.is_not_valid.1");
    let shown = folder.display();
    for _ in 0..2 {
        let said = test("is_not_valid", root.path(), "exit 1");
        assert!(
            said.contains(
                "\nseed 1: INVALID\n- 27 elements are lost for one reason: n3 had 6 from "
            ),
            "{said}"
        );
        let end = format!(
            "\nlook at:   {shown} (its page is made by: cargo workbench page {shown})\n\
             repeat it: cargo test --package simulation -- --exact keep::is_not_valid\n"
        );
        assert!(said.contains(&end), "{said}");
        // No more than one of a test and a seed.
        assert_eq!(kept(&root), ["simulation.keep.is_not_valid.1"]);
    }
    let stored = Folder::open(folder).read().unwrap();
    let run = run(Fault::Loses);
    let kept = stored.kept();
    assert_eq!(kept.history, &run.outcome.history);
    let explained = run.explained();
    assert_eq!(kept.findings, explained.findings);
    assert_eq!(kept.results, &explained.results);
    assert_eq!(explained.findings[1..], run.checked.findings);
    assert_eq!(kept.summary.verdict, Verdict::Invalid);
    assert_eq!(
        kept.summary.command,
        "cargo test --package simulation -- --exact keep::is_not_valid"
    );
    assert!(kept.summary.began.ends_with("+00:00"));
    let messages = kept.recording.messages();
    assert_eq!(messages.len() as u64, run.outcome.messages.all.sent);
    let asks = |about: Option<About>| matches!(about, Some(About::Request(_)));
    assert!(messages.filter(|message| asks(message.about)).count() > 300);
}

#[test]
fn the_command_makes_the_page() {
    let root = tempfile::tempdir().unwrap();
    let called = root.path().join("called");
    let cargo = format!("echo \"$@\" >{}", called.display());
    let said = test("is_not_invalid", root.path(), &cargo);
    let folder = root
        .path()
        .join("broadcast/simulation.keep.is_not_invalid.1");
    assert!(
        said.contains(
            "\nexpected INVALID, and a finding that says \"lost\"; found seed 1: valid\n"
        ),
        "{said}"
    );
    let look = format!("\nlook at:   {}/index.html\n", folder.display());
    assert!(said.contains(&look), "{said}");
    let called = fs::read_to_string(called).unwrap();
    assert!(
        called.starts_with("run --quiet --offline --manifest-path "),
        "{called}"
    );
    let (store, folder) = (root.path().display(), folder.display());
    assert!(
        called.ends_with(&format!(" -- page --store {store} {folder}\n")),
        "{called}"
    );
}

#[test]
fn what_holds_leaves_nothing_and_so_does_who_wants_nothing() {
    let root = tempfile::tempdir().unwrap();
    let said = test("is_as_it_should_be", root.path(), "exit 1");
    assert!(said.contains("1 passed"), "{said}");
    let said = test("is_not_valid", Path::new("0"), "exit 1");
    assert!(said.contains("\nseed 1: INVALID\n"), "{said}");
    assert!(
        !said.contains("look at:") && said.contains("\nrepeat it: "),
        "{said}"
    );
    assert!(kept(&root).is_empty());
}
