//! Single members, told one thing after another, with everything that they do written below. The
//! transcripts are data, `tests/transcripts/*.txt`, as etcd's `raft/testdata` is:
//!
//! ```text
//! # What is told to whom.
//! member 0 of 3
//! after 600 ms
//!   to 1 in term 1: would you vote? log ends 0/0
//!   to 2 in term 1: would you vote? log ends 0/0
//! from 2 in term 1: would vote
//!   to 1 in term 1: vote! log ends 0/0
//! ```
//!
//! A line that begins at the margin is a command (several with `;` between them, which are told
//! before the member is asked what it does), an indented one is what came of it. An entry is
//! written `command/term`, or `<voters+learners>/term`, a position `index/term`. After a change,
//! `UPDATE_EXPECT=1 cargo test --package raft transcripts` writes them anew, and `git diff` says
//! what is different.

use expect_test::{ExpectFile, expect_file};

use crate::told::Told;

#[test]
fn elections() {
    check(expect_file!["../transcripts/elections.txt"]);
}

#[test]
fn replication() {
    check(expect_file!["../transcripts/replication.txt"]);
}

#[test]
fn reads() {
    check(expect_file!["../transcripts/reads.txt"]);
}

#[test]
fn hand_over() {
    check(expect_file!["../transcripts/hand_over.txt"]);
}

#[test]
fn members() {
    check(expect_file!["../transcripts/members.txt"]);
}

#[test]
fn snapshots() {
    check(expect_file!["../transcripts/snapshots.txt"]);
}

#[test]
fn doubts() {
    check(expect_file!["../transcripts/doubts.txt"]);
}

#[track_caller]
fn check(transcript: ExpectFile) {
    let text = transcript.data();
    assert!(text.contains("\nmember "), "it tells nobody anything");
    transcript.assert_eq(&play(&text));
}

/// Does what the commands say, and writes below each what came of it.
fn play(transcript: &str) -> String {
    let mut told = None;
    let mut played = String::new();
    for line in transcript.lines().filter(|line| !line.starts_with("  ")) {
        played += line;
        played += "\n";
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut came_of_it = String::new();
        for command in line.split("; ") {
            match command.strip_prefix("member ") {
                Some(member) => told = Some(Told::new(member)),
                None => came_of_it += &told.as_mut().expect("a member").perform(command),
            }
        }
        came_of_it += &told.as_mut().expect("a member").says();
        for line in came_of_it.lines() {
            played += &format!("  {line}\n");
        }
    }
    played
}
