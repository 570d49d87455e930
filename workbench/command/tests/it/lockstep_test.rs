//! `workbench lockstep-test`: what it says of programs that keep the rules of lockstep, and of
//! some that break one each.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::shell::{Folder, said, tells, workbench};

/// An example of a package of the workspace, built as this test is.
fn example(package: &str, name: &str) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--package", package, "--example", name])
        .status();
    assert!(built.unwrap().success());
    let examples = Path::new(env!("CARGO_BIN_EXE_workbench")).with_file_name("examples");
    examples.join(name)
}

fn lockstep_test(bin: &Path, args: &[&str]) -> Output {
    let mut command = workbench(&["lockstep-test", "--turn-time", "2", "--bin"]);
    command.arg(bin).args(args).output().unwrap()
}

/// The rules that it says are broken.
fn broken(output: &Output) -> Vec<String> {
    let said = said(output);
    let lines = said.lines().filter_map(|line| line.strip_suffix("BROKEN"));
    let names = lines.filter(|name| !name.contains(':'));
    names.map(|name| name.trim().to_owned()).collect()
}

#[test]
fn a_node_without_a_library_keeps_every_rule() {
    let output = lockstep_test(&example("lockstep", "set"), &[]);
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
        "sync      kept: it answered when its disk had",
        "failed    kept: it said why, and exited with failure",
        "again     kept: from 1 files it shows what it did before",
        "eof       kept: it ended with its input",
        "lockstep: no rule is broken (workbench/LOCKSTEP.md)",
    ];
    tells(&output, 0, &rules);
}

/// Each by its rule, and by no other.
#[test]
fn a_program_that_breaks_a_rule_is_convicted_by_that_rule() {
    let bin = example("specimens", "out_of_step");
    tells(&lockstep_test(&bin, &["none"]), 0, &["no rule is broken"]);
    // They wait more than they work: several at a time.
    let cases: [(&str, &[&str]); 23] = [
        ("agree", &["told:     nothing yet", "came:     starting"]),
        ("agree on another version", &["came:     = lockstep 7"]),
        (
            "init",
            &[r#"came:     {"body":{"in_reply_to":null,"type":"init_ok"}"#],
        ),
        (
            "end",
            &[
                "the end of its turn, = TIME or = -, within 2s",
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
        let output = lockstep_test(&bin, &[fault]);
        tells(&output, 1, parts);
        let rule = fault.split(' ').next().unwrap();
        assert_eq!(broken(&output), [rule], "{fault}: {}", said(&output));
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
    let bin = example("specimens", "out_of_step");
    let output = lockstep_test(&bin, &["end without a number"]);
    let expected = "expected: \"= \" and its next deadline in nanoseconds, or \"= -\"";
    tells(&output, 1, &[expected, "came:     = soon"]);
    assert_eq!(broken(&output), ["lines"]);
}

#[test]
fn a_program_that_knows_nothing_of_it_has_not_agreed() {
    let folder = Folder::new("unaware");
    let node = folder.node("exec cat >/dev/null");
    let output = lockstep_test(&node, &[]);
    tells(
        &output,
        1,
        &[
            "agree     BROKEN",
            "init      not tried: ",
            "came:     nothing",
        ],
    );
    let output = lockstep_test(Path::new("missing"), &[]);
    tells(&output, 255, &["expected the path of an executable"]);
    tells(
        &workbench(&["lockstep-test"]).output().unwrap(),
        254,
        &["--bin <FILE>"],
    );
}
