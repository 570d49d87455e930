//! The folder, and what becomes of it on the node's disk.

use crate::module::{module, told};

/// `a.log` at 128, `b` at 133, `d/x` at 134, `../b` at 137, `/b` at 141, `hello` at 143.
const NAMES: &str = "a.logbd/x../b/bhello";

#[test]
fn a_file_is_appended_to_and_read_back() {
    let start = r#"
      (local $fd i32)
      (local.set $fd (call $open (i32.const 128) (i32.const 5) (i32.const 1) (i32.const 0)))
      (call $say (local.get $fd))
      (call $say (call $write (local.get $fd) (i32.const 143) (i32.const 5)))
      (call $say (call $write (local.get $fd) (i32.const 143) (i32.const 2)))
      (call $say (call $fd_tell (local.get $fd) (i32.const 16)))
      (call $say (i32.load (i32.const 16)))
      (call $say (call $fd_seek (local.get $fd) (i64.const -4) (i32.const 2) (i32.const 16)))
      (call $say (call $read (local.get $fd) (i32.const 2048) (i32.const 99)))
      (drop (call $write (i32.const 1) (i32.const 2048) (i32.const 4)))
      (call $say (call $read (local.get $fd) (i32.const 2048) (i32.const 99)))
      (call $say (call $fd_seek (local.get $fd) (i64.const -9) (i32.const 1) (i32.const 16)))
      (call $say (call $fd_seek (local.get $fd) (i64.const 0) (i32.const 7) (i32.const 16)))
      (call $say (call $fd_close (local.get $fd)))"#;
    let ran = told(&module(NAMES, start), "{init}\n");
    // The node has ended: nobody waits for its disk.
    assert_eq!(
        ran.lines(),
        ["4", "0", "0", "0", "7", "0", "4", "lohe0", "28", "28", "0"]
    );
}

#[test]
fn a_sync_is_waited_for_and_its_failure_told() {
    let start = r#"
      (local $fd i32)
      (local.set $fd (call $open (i32.const 128) (i32.const 5) (i32.const 1) (i32.const 0)))
      (drop (call $write (local.get $fd) (i32.const 143) (i32.const 5)))
      (call $say (i32.const 1))
      (call $say (call $fd_sync (local.get $fd)))
      (drop (call $write (local.get $fd) (i32.const 143) (i32.const 1)))
      (call $say (call $fd_datasync (local.get $fd)))
      (drop (call $write (local.get $fd) (i32.const 143) (i32.const 1)))
      (call $say (call $fd_datasync (local.get $fd)))
      (call $say (call $read (i32.const 0) (i32.const 2048) (i32.const 99)))"#;
    let lines = "{init}\n2 {}\n3 = synced\n4 = failed no space left on device\n5 = failed input/output error\n";
    let ran = told(&module(NAMES, start), lines);
    assert_eq!(
        ran.lines(),
        [
            "1",
            "= append a.log 68656c6c6f",
            "= replace names~ 66696c6520612e6c6f6720612e6c6f670a", // file a.log a.log
            "= sync",
            "= -",
            "= -", // a message, meanwhile
            "0",
            "= append a.log 68",
            "= sync",
            "= -",
            "51",
            "= append a.log 68",
            "= sync",
            "= -",
            "29",
            "10",
        ]
    );
}

/// A program that gives up then is one whose disk has failed, and not one that ended by itself.
#[test]
fn who_ends_when_its_disk_fails_ends_for_that() {
    let after = |start: &str| {
        let start = format!("(call $say (call $fd_sync (i32.const 3))) {start}");
        let lines = "{init}\n3 = failed input/output error\n4 {}\n";
        let ran = told(&module(NAMES, &start), lines);
        let lines: Vec<String> = ran.lines().into_iter().map(str::to_owned).collect();
        (lines[2..].join(" "), ran.outcome.unwrap().code)
    };
    let failed = "29 = failed input/output error".to_owned();
    assert_eq!(
        after("(call $proc_exit (i32.const 2))"),
        (failed.clone(), 2)
    );
    assert_eq!(after("unreachable"), (failed, 1));
    // It was content, or went on.
    assert_eq!(
        after("(call $proc_exit (i32.const 0))"),
        ("29".to_owned(), 0)
    );
    let goes_on = r#"
      (drop (call $read (i32.const 0) (i32.const 2048) (i32.const 7)))
      (drop (call $read (i32.const 0) (i32.const 2048) (i32.const 7)))
      (call $proc_exit (i32.const 2))"#;
    assert_eq!(after(goes_on), ("29 = -".to_owned(), 2));
}

#[test]
fn one_that_is_started_again_finds_what_was_kept() {
    let start = r#"
      (local $fd i32)
      (local.set $fd (call $open (i32.const 128) (i32.const 5) (i32.const 0) (i32.const 1)))
      (call $say (call $read (local.get $fd) (i32.const 2048) (i32.const 99)))
      (drop (call $write (i32.const 1) (i32.const 2048) (i32.const 3)))
      (call $say (call $open (i32.const 133) (i32.const 1) (i32.const 0) (i32.const 0)))
      (call $say (call $open (i32.const 134) (i32.const 3) (i32.const 0) (i32.const 0)))
      (drop (call $write (local.get $fd) (i32.const 143) (i32.const 1)))
      (call $sleep (i64.const 5))"#;
    let names = hex("file a.log b~2\nfolder d\nfile d/x x\n");
    let files = format!("= again\n= file b~2 6f6c64\n= file b 00\n= file names~ {names}\n");
    let ran = told(&module(NAMES, start), &format!("{files}{{init}}\n"));
    // `b` was never durable: it has no entry. `x` has, and what it held is lost.
    assert_eq!(ran.lines(), ["3", "old-44", "5", "= append b~2 68", "= 5"]);
    let ran = told(&module(NAMES, start), "= file names~ 66696c65\n{init}\n");
    let why = ran.outcome.unwrap_err();
    assert_eq!(
        why,
        "expected a name in the file names~ of its disk, found \"file\""
    );
}

#[test]
fn a_file_that_is_written_elsewhere_than_at_its_end_is_replaced_once_a_turn() {
    let start = r#"
      (local $fd i32)
      (local.set $fd (call $open (i32.const 128) (i32.const 5) (i32.const 1) (i32.const 0)))
      (drop (call $write (local.get $fd) (i32.const 143) (i32.const 5)))
      (call $sleep (i64.const 1))
      (i32.store (i32.const 1024) (i32.const 143)) (i32.store (i32.const 1028) (i32.const 2))
      (call $say (call $fd_pwrite (local.get $fd) (i32.const 1024) (i32.const 1) (i64.const 1) (i32.const 16)))
      (call $say (call $fd_pwrite (local.get $fd) (i32.const 1024) (i32.const 1) (i64.const 4) (i32.const 16)))
      (call $say (call $fd_filestat_set_size (local.get $fd) (i64.const 8)))
      (call $sleep (i64.const 1))
      (call $say (call $fd_filestat_set_size (local.get $fd) (i64.const 3)))
      (i32.store (i32.const 1024) (i32.const 2048)) (i32.store (i32.const 1028) (i32.const 2))
      (call $say (call $fd_allocate (local.get $fd) (i64.const 2) (i64.const 3)))
      (call $say (call $fd_pread (local.get $fd) (i32.const 1024) (i32.const 1) (i64.const 2) (i32.const 16)))
      (call $say (call $fd_filestat_set_size (local.get $fd) (i64.const 0x7fffffffffffffff)))
      (call $say (call $fd_pwrite (local.get $fd) (i32.const 1024) (i32.const 1) (i64.const -1) (i32.const 16)))
      (call $sleep (i64.const 1))"#;
    let ran = told(&module(NAMES, start), "{init}\n1\n2\n3\n");
    assert_eq!(
        ran.lines(),
        [
            "= append a.log 68656c6c6f",
            "= replace names~ 66696c6520612e6c6f6720612e6c6f670a",
            "= 1",
            "0",
            "0",
            "0",
            "= replace a.log 6868656c68650000",
            "= 2",
            "0",
            "0",
            "0",
            "51",
            "22",
            "= truncate a.log 3",
            "= append a.log 0000",
            "= 3",
        ]
    );
}

/// As a program does that replaces a file safely: the old one's bytes go once the new entry is
/// durable, and its name is free once that is durable, too.
#[test]
fn what_has_no_entry_any_more_is_emptied_after_a_sync() {
    let start = r#"
      (local $fd i32)
      (local.set $fd (call $open (i32.const 128) (i32.const 5) (i32.const 1) (i32.const 0)))
      (drop (call $write (local.get $fd) (i32.const 143) (i32.const 1)))
      (local.set $fd (call $open (i32.const 133) (i32.const 1) (i32.const 5) (i32.const 0)))
      (drop (call $write (local.get $fd) (i32.const 143) (i32.const 2)))
      (call $say (call $path_rename (i32.const 3) (i32.const 133) (i32.const 1)
        (i32.const 3) (i32.const 128) (i32.const 5)))
      (call $say (call $open (i32.const 133) (i32.const 1) (i32.const 0) (i32.const 0)))
      (drop (call $fd_sync (local.get $fd)))
      (call $sleep (i64.const 1))
      (drop (call $fd_sync (local.get $fd)))
      (call $say (call $path_unlink_file (i32.const 3) (i32.const 128) (i32.const 5)))
      (drop (call $write (local.get $fd) (i32.const 143) (i32.const 1)))
      (local.set $fd (call $open (i32.const 128) (i32.const 5) (i32.const 1) (i32.const 0)))
      (drop (call $write (local.get $fd) (i32.const 143) (i32.const 3)))
      (call $sleep (i64.const 1))"#;
    let ran = told(
        &module(NAMES, start),
        "{init}\n1 = synced\n2\n3 = synced\n4\n",
    );
    assert_eq!(
        ran.lines(),
        [
            "0",
            "-44",
            "= append a.log 68",
            "= append b 6865",
            &format!("= replace names~ {}", hex("file a.log b\n")),
            "= sync",
            "= -",
            "= replace a.log ",
            "= 2",
            "= sync",
            "= -",
            "0",
            "= append a.log 68656c",
            &format!("= replace names~ {}", hex("file a.log a.log\n")),
            "= 4",
        ]
    );
}

#[test]
fn folders_hold_files_and_no_path_leads_out() {
    let start = r#"
      (call $say (call $path_create_directory (i32.const 3) (i32.const 134) (i32.const 1)))
      (call $say (call $path_create_directory (i32.const 3) (i32.const 134) (i32.const 2)))
      (call $say (call $open (i32.const 134) (i32.const 3) (i32.const 1) (i32.const 0)))
      (call $say (call $open (i32.const 134) (i32.const 1) (i32.const 2) (i32.const 0)))
      (call $say (call $open (i32.const 134) (i32.const 3) (i32.const 2) (i32.const 0)))
      (call $say (call $open (i32.const 137) (i32.const 4) (i32.const 1) (i32.const 0)))
      (call $say (call $open (i32.const 141) (i32.const 2) (i32.const 1) (i32.const 0)))
      (call $say (call $open (i32.const 128) (i32.const 0) (i32.const 1) (i32.const 0)))
      (call $say (call $path_remove_directory (i32.const 3) (i32.const 134) (i32.const 1)))
      (call $say (call $path_unlink_file (i32.const 3) (i32.const 134) (i32.const 1)))
      (call $say (call $path_filestat_get (i32.const 3) (i32.const 0) (i32.const 134) (i32.const 1) (i32.const 1024)))
      (call $say (i32.load8_u (i32.const 1040)))
      (call $say (call $fd_readdir (i32.const 3) (i32.const 1024) (i32.const 500) (i64.const 2) (i32.const 16)))
      (call $say (i32.load (i32.const 16)))
      (drop (call $write (i32.const 1) (i32.const 1048) (i32.const 1)))
      (call $say (call $fd_readdir (i32.const 5) (i32.const 1024) (i32.const 60) (i64.const 0) (i32.const 16)))
      (call $say (i32.load (i32.const 16)))
      (call $say (call $path_unlink_file (i32.const 5) (i32.const 136) (i32.const 1)))
      (call $say (call $path_remove_directory (i32.const 3) (i32.const 134) (i32.const 1)))
      (call $say (call $path_filestat_get (i32.const 3) (i32.const 0) (i32.const 134) (i32.const 1) (i32.const 1024)))
      (call $say (call $path_link (i32.const 3) (i32.const 0) (i32.const 134) (i32.const 1) (i32.const 3) (i32.const 128) (i32.const 1)))
      (call $say (call $path_symlink (i32.const 128) (i32.const 1) (i32.const 3) (i32.const 134) (i32.const 1)))
      (call $say (call $path_readlink (i32.const 3) (i32.const 134) (i32.const 1) (i32.const 1024) (i32.const 9) (i32.const 16)))"#;
    let ran = told(&module(NAMES, start), "{init}\n");
    let expected = "0 20 4 5 -54 -63 -63 -44 55 31 0 3 0 25 d0 60 0 0 44 58 58 44";
    assert_eq!(ran.lines().join(" "), expected);
}

#[test]
fn times_and_rights_are_kept() {
    let start = r#"
      (local $fd i32)
      (local.set $fd (call $open (i32.const 128) (i32.const 5) (i32.const 1) (i32.const 1)))
      (call $say (call $fd_filestat_set_times (local.get $fd) (i64.const 5) (i64.const 6) (i32.const 5)))
      (call $say (call $fd_filestat_get (local.get $fd) (i32.const 1024)))
      (call $say64 (i64.load (i32.const 1064)))
      (call $say64 (i64.load (i32.const 1072)))
      (call $say (call $path_filestat_set_times (i32.const 3) (i32.const 0) (i32.const 128) (i32.const 5) (i64.const 5) (i64.const 6) (i32.const 2)))
      (call $say (call $fd_filestat_get (local.get $fd) (i32.const 1024)))
      (call $say64 (i64.load (i32.const 1064)))
      (call $say (call $fd_filestat_set_times (local.get $fd) (i64.const 5) (i64.const 6) (i32.const 3)))
      (call $say (call $fd_advise (local.get $fd) (i64.const 0) (i64.const 0) (i32.const 5)))
      (call $say (call $fd_advise (local.get $fd) (i64.const 0) (i64.const 0) (i32.const 6)))
      (call $say (call $fd_fdstat_set_rights (local.get $fd) (i64.const 2) (i64.const 0)))
      (call $say (call $write (local.get $fd) (i32.const 143) (i32.const 1)))
      (call $say (call $read (local.get $fd) (i32.const 2048) (i32.const 1)))
      (call $say (call $fd_renumber (local.get $fd) (i32.const 2)))
      (call $say (call $fd_filestat_get (i32.const 2) (i32.const 1024)))
      (call $say (call $fd_renumber (local.get $fd) (i32.const 2)))"#;
    let ran = told(&module(NAMES, start), "{init}\n");
    let expected = "0 0 5 6 0 0 1577836800000000000 28 0 28 0 8 0 0 0 8";
    assert_eq!(ran.lines().join(" "), expected);
}

/// Opened with `FDFLAGS_SYNC`, each write waits.
#[test]
fn a_file_can_be_synced_with_each_write() {
    let start = r#"
      (local $fd i32)
      (local.set $fd (call $open (i32.const 128) (i32.const 5) (i32.const 1) (i32.const 17)))
      (call $say (call $write (local.get $fd) (i32.const 143) (i32.const 1)))"#;
    let ran = told(&module(NAMES, start), "{init}\n1 = synced\n");
    let names = format!("= replace names~ {}", hex("file a.log a.log\n"));
    assert_eq!(
        ran.lines(),
        ["= append a.log 68", &names, "= sync", "= -", "0"]
    );
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}
