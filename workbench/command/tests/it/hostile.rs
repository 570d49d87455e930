//! The command against what is meant to break it: numbers, names, files and nodes.
//! Each ends at once, with a sentence that says what was expected.

use std::fs;
use std::process::Output;

use crate::shell::{Folder, said, workbench};

#[track_caller]
fn says(output: &Output, status: i32, part: &str) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains(part), "{part:?} is missing:\n{said}");
}

#[test]
fn numbers_out_of_their_range_are_refused_with_it() {
    let folder = Folder::new("numbers");
    let node = folder.node("exit 1");
    for (flags, expected) in [
        (
            "--rate 1e-300",
            "'--rate <RATE>': expected 0, or 0.000001 to 1,000,000 operations a second",
        ),
        ("--rate 1e300", "expected 0, or 0.000001 to 1,000,000"),
        ("--rate nan", "expected 0, or 0.000001 to 1,000,000"),
        ("--rate -1", "expected 0, or 0.000001 to 1,000,000"),
        ("--rate five", "expected 0, or 0.000001 to 1,000,000"),
        ("--time-limit 1e300", "expected 0 to 1,000,000 seconds"),
        ("--time-limit -1", "expected 0 to 1,000,000 seconds"),
        ("--time-limit inf", "expected 0 to 1,000,000 seconds"),
        (
            "--nemesis-interval 1e-320",
            "expected 0.001 to 1,000,000 seconds",
        ),
        (
            "--nemesis-interval 0",
            "expected 0.001 to 1,000,000 seconds",
        ),
        ("--node-count 100000", "100000 is not in 1..=1000"),
        ("--node-count 0", "0 is not in 1..=1000"),
        (
            "--concurrency 0n",
            "expected a number from 1 to 10,000, or a multiple",
        ),
        (
            "--latency 18446744073709551615",
            "18446744073709551615 is not in 0..=3600000",
        ),
        ("--loss 1.5", "expected 0 to 1"),
        ("--loss nan", "expected 0 to 1"),
        (
            "--concurrency 0",
            "expected a number from 1 to 10,000, or a multiple",
        ),
        (
            "--concurrency 10001",
            "expected a number from 1 to 10,000, or a multiple",
        ),
        (
            "--concurrency 99999999999999999999n",
            "expected a number from 1 to 10,000, or a multiple",
        ),
        (
            "--concurrency 9999n",
            "--concurrency: expected 1 to 10,000 clients, found 49995",
        ),
        ("--key-count 0", "0 is not in 1..=100000"),
        (
            "--max-txn-length 4294967295",
            "4294967295 is not in 1..=1000",
        ),
        (
            "--max-writes-per-key 4294967295",
            "4294967295 is not in 1..=1000000",
        ),
        (
            "--test-count 18446744073709551615",
            "18446744073709551615 is not in 1..=10000",
        ),
        (
            "--seeds 0..18446744073709551615",
            "of 1,000,000,000 seeds at most",
        ),
        (
            "--seeds 5..2",
            "expected a range such as 0..100, the second greater",
        ),
        (
            "--rate 1e6 --time-limit 1e6",
            "--rate: expected 10,000,000 operations at most",
        ),
        (
            "--node-count 1000 --nemesis partition --nemesis-interval 0.001",
            "--nemesis-interval: expected partitions that cut 10,000,000 pairs of nodes at most",
        ),
    ] {
        let flags: Vec<&str> = flags.split(' ').collect();
        says(
            &folder.command(&node).args(flags).output().unwrap(),
            254,
            expected,
        );
    }
    assert!(!folder.path().join("store").exists(), "nothing ran");
}

#[test]
fn nodes_have_names_not_paths() {
    let folder = Folder::new("names");
    let node = folder.node("exit 1");
    for (names, expected) in [
        (
            "../../victim",
            r#"--nodes: expected a name of 1 to 64 letters a to z, digits, -, _ and ., the first a letter or a digit, found "../../victim""#,
        ),
        ("/tmp/victim", r#"found "/tmp/victim""#),
        ("n1,,n2", r#"found """#),
        ("n1,\u{1b}[2J", r#"found "\u{1b}[2J""#),
        ("n1,n1", "expected different names, found n1 twice"),
        (
            "n1,N1",
            "expected names that differ in more than upper and lower case",
        ),
        (
            "n1,c1",
            "expected a name that does not begin with c, as clients' names do, found c1",
        ),
        (
            "lin-kv",
            "expected a name that is not that of a service, found lin-kv",
        ),
        (&"n".repeat(100_000), "(100000 bytes)"),
    ] {
        let output = folder
            .command(&node)
            .args(["--nodes", names])
            .output()
            .unwrap();
        says(&output, 254, expected);
    }
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(files.len(), 1, "nothing but the node itself: {files:?}");
}

/// What nodes write is quoted, but a terminal obeys none of it.
#[test]
fn no_control_character_reaches_a_terminal() {
    const EVIL: &str = r"\033[2J\033]0;pwned\007\033]52;c;ZWNobw==\007\342\200\256rtl\302\2331m";
    let folder = Folder::new("control");
    let unseen = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    // An answer, a line that is no message, and last words.
    let node = folder.node(&format!(
        "printf '{EVIL} log\\n' >&2
         read line
         echo '{{\"src\":\"n0\",\"dest\":\"c0\",\"body\":{{\"type\":\"init_ok\",\"in_reply_to\":1}}}}'
         read line
         echo '{{\"src\":\"n0\",\"dest\":\"c1\",\"body\":{{\"type\":\"error\",\"code\":13,\
         \"text\":\"\\u001b[2J \\u202e\",\"in_reply_to\":1}}}}'
         read line
         printf '{EVIL} line\\n'
         cat > /dev/null"
    ));
    let flags = [
        "--node-count",
        "1",
        "--rate",
        "20",
        "--time-limit",
        "1",
        "--log-stderr",
        "--log-net-send",
    ];
    let output = folder.test(&node, &flags);
    says(&output, 1, "\\u001b[2J\\u001b]0;pwned\\u0007");
    for part in ["rtl\\u009b1m log", "\\u202ertl", "line"] {
        says(&output, 1, part);
    }
    assert!(!said(&output).contains(unseen), "{:?}", said(&output));

    // The same in a history from elsewhere, in its values, its keys and its faults.
    let history = folder.path().join("history.edn");
    for text in [
        "{:type :invoke, :process 0, :f :echo, :value \"\u{1b}[2J\"}\n{:type :ok, :process 0, :f :echo, :value \"\u{202e}\"}\n",
        "{:type :invoke, :process 0, :f :\u{1b}c, :value 1}\n",
        "{:type :\u{1b}c, :process 0}\n",
        "{:type :ok, :process \u{9b}}\n",
        "[\u{1b}[2J\n",
        "\u{1b}[2J\n",
    ] {
        fs::write(&history, text).unwrap();
        for json in [&[][..], &["--json"]] {
            let mut check = workbench(&["check", "-w", "echo"]);
            let output = check.args(json).arg(&history).output().unwrap();
            assert!(
                !said(&output).contains(unseen),
                "{text:?}: {:?}",
                said(&output)
            );
        }
    }
    // And what is wrong with a flag, or with a file's name.
    for args in [
        &["test", "-w", "\u{1b}[2J"][..],
        &["check", "-w", "echo", "\u{1b}[2J"],
        &["assert", "\u{1b}[2J", "a < 1"],
        &["draw", "\u{202e}"],
        &["serve", "--store", "\u{1b}[2J"],
        &["\u{1b}[2J"],
    ] {
        let output = workbench(args).output().unwrap();
        assert!(output.status.code() >= Some(254), "{args:?}");
        assert!(
            !said(&output).contains(unseen),
            "{args:?}: {:?}",
            said(&output)
        );
    }
}
