//! What is said of programs that keep the rules of lockstep, and of some that break one each.

use std::path::Path;
use std::time::Duration;

use programs::Program;
use programs::conformance::{Options, Report, assert_kept, test};

use crate::built::example;

fn lockstep_test(bin: &Path, args: &[&str]) -> std::io::Result<Report> {
    let logs = tempfile::tempdir().unwrap();
    let program = Program {
        bin: bin.to_owned(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        logs: logs.path().to_owned(),
        disks: logs.path().to_owned(),
        show_stderr: None,
    };
    let options = Options {
        patience: Duration::from_secs(4),
        ..Options::default()
    };
    test(&program, &options)
}

#[track_caller]
fn tells(report: &Report, parts: &[&str]) {
    let said = report.to_string();
    for part in parts {
        assert!(said.contains(part), "{part:?} is missing:\n{said}");
    }
}

/// The names of the rules that were broken.
fn broken(report: &Report) -> Vec<&'static str> {
    report
        .broken()
        .into_iter()
        .map(|rule| rule.name())
        .collect()
}

#[test]
fn a_node_without_a_library_keeps_every_rule() {
    let logs = tempfile::tempdir().unwrap();
    let bin = example("set");
    let report = assert_kept(bin.to_str().unwrap(), &[], logs.path());
    let rules = [
        "agree     kept: its first line is = lockstep",
        "init      kept: init_ok, with init's msg_id",
        "end       kept: each of 5 turns",
        "lines     kept: ",
        "quiet     kept: ",
        "deadline  kept: ",
        "wake      kept: before and at each deadline, 20 wake-ups",
        "time      kept: so does one that is up to 905 ms later",
        "same      kept: 61 turns: two lives side by side say the same",
        "reply     kept: 6 answers to 6 requests of g-set",
        "skip      kept: 5 lines, and it went on",
        "large     kept: a request of 1 MiB was answered",
        "many      kept: 100 requests at the same time, all answered",
        "ahead     kept: 100 lines at once, and the same was said",
        "sync      kept: it answered when its disk had",
        "failed    kept: it said why, and exited with failure",
        "again     kept: from 1 files it shows what it did before",
        "eof       kept: it ended with its input",
    ];
    tells(&report, &rules);
    assert_eq!(report.not_tried(), []);
}

/// Each by its rule, and by no other.
#[test]
fn a_program_that_breaks_a_rule_is_convicted_by_that_rule() {
    let bin = example("out_of_step");
    assert_eq!(broken(&lockstep_test(&bin, &["none"]).unwrap()), [""; 0]);
    // They wait more than they work: several at a time.
    let cases: [(&str, &[&str]); 24] = [
        ("agree", &["told:     nothing yet", "came:     starting"]),
        ("agree on another version", &["came:     = lockstep 7"]),
        (
            "init",
            &[r#"came:     {"body":{"in_reply_to":null,"type":"init_ok"}"#],
        ),
        (
            "end",
            &[
                "the end of its turn, = TIME or = -, within 4s",
                "came:     nothing",
            ],
        ),
        (
            "lines",
            &[
                "expected: a message, an object of src, dest and body",
                "}= 100000000\n",
            ],
        ),
        (
            "quiet",
            &["expected: nothing until its next turn", r#""type":"late""#],
        ),
        (
            "quiet before init",
            &["told:     nothing yet", "came:     = -"],
        ),
        (
            "deadline",
            &["that is not before now, 500000000", "came:     = 499999999"],
        ),
        (
            "wake",
            &[
                "expected: the same deadline, = ",
                "and no message before it",
            ],
        ),
        (
            "wake never ends",
            &["expected: a later deadline, or none, after 1000 turns"],
        ),
        ("time", &["from one that was told it later, in real time"]),
        (
            "same",
            &["from another one with the same seed", r#""chance":"#],
        ),
        (
            "reply",
            &["expected: an answer with its request's msg_id as in_reply_to, from n1"],
        ),
        (
            "skip",
            &[
                "told:     1000000 no message",
                "it has ended: exit status 101",
            ],
        ),
        ("large", &["it has ended: exit status 0"]),
        (
            "many",
            &["came:     none to 50 of them within 60 s of its time"],
        ),
        (
            "ahead",
            &[
                ", and 99 more",
                "expected: the end of its turn, = TIME or = -, within 4s",
            ],
        ),
        (
            "sync",
            &["expected: its answer after = synced", r#""type":"add_ok""#],
        ),
        (
            "sync twice",
            &["expected: no second = sync before the first is answered"],
        ),
        (
            "failed",
            &["= failed input/output error", "expected: = failed and why"],
        ),
        ("failed with success", &["came:     exit status 0"]),
        (
            "again",
            &[
                r#"{"type":"read_ok","value":[1]}"#,
                r#"came:     {"type":"read_ok","value":[]}"#,
            ],
        ),
        (
            "eof",
            &[
                "expected: its end, with exit status 0, and no word",
                "came:     it went on",
            ],
        ),
        ("eof with failure", &["came:     exit status 1"]),
    ];
    let convict = |(fault, parts): &(&str, &[&str])| {
        let report = lockstep_test(&bin, &[fault]).unwrap();
        tells(&report, parts);
        let rule = fault.split(' ').next().unwrap();
        assert_eq!(broken(&report), [rule], "{fault}:\n{report}");
    };
    std::thread::scope(|scope| {
        for cases in cases.chunks(6) {
            scope.spawn(|| cases.iter().for_each(convict));
        }
    });
}

/// What is wrong with a line is told as by a run.
#[test]
fn a_line_that_is_none_of_the_protocols_is_broken_by_lines() {
    let bin = example("out_of_step");
    let report = lockstep_test(&bin, &["end without a number"]).unwrap();
    let expected = "expected: \"= \" and its next deadline in nanoseconds, or \"= -\"";
    tells(&report, &[expected, "came:     = soon"]);
    assert_eq!(broken(&report), ["lines"]);
}

#[cfg(unix)]
#[test]
fn a_program_that_knows_nothing_of_it_has_not_agreed() {
    let folder = tempfile::tempdir().unwrap();
    let node = crate::built::script(folder.path(), "#!/bin/sh\nexec cat >/dev/null");
    let report = lockstep_test(&node, &[]).unwrap();
    let parts = [
        "agree     BROKEN",
        "init      not tried: ",
        "came:     nothing",
    ];
    tells(&report, &parts);
}

#[test]
fn a_program_that_is_missing_is_no_program() {
    let missing = lockstep_test(Path::new("/missing"), &[]);
    let why = missing.unwrap_err().to_string();
    assert!(why.contains("expected the path of an executable"), "{why}");
}
