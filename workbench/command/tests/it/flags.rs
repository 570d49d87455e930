//! Every command line that works with Maelstrom works here, and one that was pasted
//! and came out wrong is told so.

use std::process::Output;

use crate::shell::{self, tells};
#[cfg(unix)]
use {crate::shell::Folder, std::fs};

fn workbench(args: &[&str]) -> Output {
    shell::workbench(args).output().unwrap()
}

/// Maelstrom's and Jepsen's flags, with a value where they take one.
const FLAGS: &[&[&str]] = &[
    &["-w", "echo"],
    &["--workload", "echo"],
    &["--availability", "0.9"],
    &["--availability", "99/100"],
    &["--consistency-models", "read-uncommitted , read-committed"],
    &["--concurrency", "2n"],
    &["--key-count", "10"],
    &["--latency", "10"],
    &["--latency-dist", "uniform"],
    &["--leave-db-running"],
    &["--log-net-send"],
    &["--log-net-recv"],
    &["--log-stderr"],
    &["--logging-json"],
    &["--max-txn-length", "4"],
    &["--max-writes-per-key", "16"],
    &["-n", "n1"],
    &["--node", "n2"],
    &["--node-count", "1"],
    &["--nodes", "n3, n4"],
    &["--nodes-file", "Cargo.toml"],
    &["--nemesis", "partition"],
    &["--nemesis", "partition , partition"],
    &["--nemesis-interval", "10"],
    &["--no-ssh"],
    &["--password", "root"],
    &["--rate", "5"],
    &["--rate", "10"],
    &["--ssh-private-key", "id_rsa"],
    &["--strict-host-key-checking"],
    &["--test-count", "1"],
    &["--time-limit", "1"],
    &["--topology", "tree4"],
    &["--username", "root"],
];

/// What `check` takes as well, as elle-cli and Jepsen call it.
const JUDGED_BY: &[&[&str]] = &[
    &["-c", "serializable"],
    &["-a", "G0, lost-update"],
    &["--anomalies", "G1c"],
    &["--sequential-keys"],
    &["--linearizable-keys"],
    &["--wfr-keys"],
    &["--ww-deps"],
];

/// All at once, and some twice, of which the last counts: only what comes after
/// them is refused.
#[test]
fn every_flag_of_maelstrom_test_is_taken() {
    let mut args = vec!["test"];
    args.extend(FLAGS.iter().chain(JUDGED_BY).copied().flatten());
    args.extend(["an", "argument", "--no-such-flag"]);
    let output = workbench(&args);
    tells(&output, 254, &["unexpected argument '--no-such-flag'"]);
    for flag in FLAGS {
        let output = workbench(&[&["test", "--store", "/dev/null/no"], *flag, &["-n"]].concat());
        tells(&output, 254, &["a value is required for '--node <NAME>'"]);
    }
}

/// `-w` is lin-kv if nothing else is said, which wants two clients a node.
#[test]
fn the_workload_is_lin_kv_if_none_is_named() {
    let output = workbench(&["test", "--bin", "/no/such/node"]);
    tells(
        &output,
        254,
        &[
            "lin-kv works with groups of 10 clients",
            "pass --concurrency 2n",
        ],
    );
}

#[test]
fn flags_do_not_contradict_each_other() {
    workbench::flags().debug_assert();
}

/// A node that writes its arguments and its name, run with these flags.
#[cfg(unix)]
fn told_node(folder: &Folder, args: &[&str]) -> (Output, String) {
    use std::os::unix::fs::PermissionsExt;
    let node = folder.path().join("node");
    let script = "#!/bin/sh\nprintf '<%s>' \"$@\" >&2\nread line\necho \"$line\" >&2\nexit 0\n";
    fs::write(&node, script).unwrap();
    fs::set_permissions(&node, fs::Permissions::from_mode(0o755)).unwrap();
    let store = folder.path().join("store");
    let fixed = ["test", "-w", "echo", "--time-limit", "1", "--bin"];
    let paths = [node.to_str().unwrap(), "--store", store.to_str().unwrap()];
    let output = workbench(&[&fixed[..], &paths, args].concat());
    let logs = store.join("latest/node-logs");
    let mut names: Vec<_> = fs::read_dir(logs)
        .unwrap()
        .map(|log| log.unwrap().path())
        .collect();
    names.sort();
    let logs = names.iter().map(|log| {
        let name = log.file_stem().unwrap().to_str().unwrap();
        format!("{name} {}", fs::read_to_string(log).unwrap())
    });
    (output, logs.collect())
}

#[cfg(unix)]
#[test]
fn arguments_of_the_node_need_no_separator() {
    let folder = Folder::new("arguments");
    for (args, told) in [
        (&["-n", "a", "x y", "--rate", "1", "z"][..], "a <x y><z>"),
        (&["-n", "a", "x", "--", "--rate", "-"], "a <x><--rate><->"),
        (&["-n", "a", "--", "–-rate"], "a <–-rate>"),
    ] {
        let (_, log) = told_node(&folder, args);
        assert!(log.starts_with(told), "{log}");
    }
}

#[cfg(unix)]
#[test]
fn nodes_are_named_one_by_one() {
    let folder = Folder::new("one-by-one");
    let (_, logs) = told_node(&folder, &["-n", "b", "--node", "a", "--nodes", "e, d"]);
    // Each has a log. They end after their first line, and the run with the first of them, so
    // not all of them live to say something.
    let names = ["a ", "b ", "d ", "e "].map(|name| logs.contains(name));
    assert_eq!(names, [true; 4], "{logs}");
    assert!(logs.contains(r#""node_ids":["e","d","b","a"]"#), "{logs}");
}

#[cfg(unix)]
#[test]
fn flags_that_mean_nothing_are_said_to() {
    let folder = Folder::new("meaningless");
    let flags = ["--username", "root", "--no-ssh", "--leave-db-running"];
    let (output, _) = told_node(&folder, &flags);
    let said = "workbench: --username, --no-ssh, --leave-db-running: this means nothing here, \
                where nodes are processes of this machine and end with the run\n";
    assert!(
        String::from_utf8_lossy(&output.stderr).starts_with(said),
        "{output:?}"
    );
}

#[cfg(unix)]
#[test]
fn the_log_can_be_json() {
    let folder = Folder::new("logging-json");
    told_node(&folder, &["--logging-json", "-n", "a"]);
    let log = fs::read_to_string(folder.path().join("store/latest/jepsen.log")).unwrap();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines.len() >= 3, "{log}");
    for line in &lines {
        assert!(
            line["@timestamp"].is_string() && line["level"] == "INFO",
            "{line}"
        );
    }
    assert_eq!(lines.last().unwrap()["message"], "valid? false");
}

#[test]
fn a_pasted_dash_is_named() {
    for (args, told) in [
        (
            &["test", "-w", "echo", "–-nemesis", "partition"][..],
            "–-nemesis: this has an en dash (U+2013) in it, as text that was pasted has; expected \
             --nemesis",
        ),
        (&["test", "—rate", "5"], "an em dash (U+2014) in it"),
        (&["serve", "–p", "8080"], "expected -p"),
        (&["–-help"], "expected --help"),
    ] {
        tells(&workbench(args), 254, &[told]);
    }
}

#[test]
fn serve_is_for_this_machine_alone_and_says_why() {
    for host in ["0.0.0.0", "::", "192.168.0.1", "example.org"] {
        for flag in ["-b", "--host"] {
            tells(
                &workbench(&["serve", flag, host]),
                254,
                &[
                    &format!("invalid value '{host}' for '--host <HOST>': expected localhost"),
                    "for this machine alone",
                    "ssh -L",
                ],
            );
        }
    }
    for host in ["localhost", "127.0.0.1", "::1", "[::1]", "127.0.0.2"] {
        let output = workbench(&["serve", "-b", host, "-p", "0", "--store", "/no/such/folder"]);
        tells(&output, 255, &["cannot read /no/such/folder"]);
    }
}
