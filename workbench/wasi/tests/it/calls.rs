//! What a program is started with, and its descriptors.

use crate::module::{FUEL, module, run, told};

#[test]
fn arguments_and_environment_are_chosen() {
    let start = r#"
      (call $say (call $args_sizes_get (i32.const 16) (i32.const 20)))
      (call $say (i32.load (i32.const 16)))
      (call $say (i32.load (i32.const 20)))
      (call $say (call $args_get (i32.const 1024) (i32.const 2048)))
      (drop (call $write (i32.const 1) (i32.load (i32.const 1028)) (i32.const 5)))
      (drop (call $write (i32.const 1) (i32.const 128) (i32.const 1)))
      (call $say (call $environ_sizes_get (i32.const 16) (i32.const 20)))
      (call $say (i32.load (i32.const 16)))
      (call $say (call $environ_get (i32.const 1024) (i32.const 2048)))
      (drop (call $write (i32.const 1) (i32.load (i32.const 1024)) (i32.load (i32.const 20))))
      (call $say (call $args_get (i32.const 65530) (i32.const 2048)))
      (call $say (call $args_sizes_get (i32.const -2) (i32.const 20)))"#;
    let ran = run(
        &module("\\n", start),
        "{init}\n",
        &["--eager", "ü"],
        7,
        FUEL,
    );
    assert_eq!(
        ran.lines(),
        [
            "0",
            "3",
            "21",
            "0",
            "--eag",
            "0",
            "1",
            "0",
            "PWD=/\u{0}21",
            "21"
        ]
    );
}

#[test]
fn descriptors_0_to_2_are_pipes_and_3_is_the_folder() {
    let start = r#"
      (local $fd i32)
      (loop $next
        (call $say (call $fd_fdstat_get (local.get $fd) (i32.const 1024)))
        (call $say (i32.load8_u (i32.const 1024)))
        (call $say (call $fd_prestat_get (local.get $fd) (i32.const 1024)))
        (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $fd) (i32.const 5))))
      (call $say (call $fd_prestat_get (i32.const 3) (i32.const 1024)))
      (call $say (i32.load (i32.const 1028)))
      (call $say (call $fd_prestat_dir_name (i32.const 3) (i32.const 1024) (i32.const 1)))
      (drop (call $write (i32.const 1) (i32.const 1024) (i32.const 1)))
      (drop (call $write (i32.const 1) (i32.const 128) (i32.const 1)))
      (call $say (call $fd_prestat_dir_name (i32.const 3) (i32.const 1024) (i32.const 0)))
      (call $say (call $fd_prestat_dir_name (i32.const 0) (i32.const 1024) (i32.const 1)))
      (call $say (call $fd_seek (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 16)))
      (call $say (call $fd_tell (i32.const 1) (i32.const 16)))
      (call $say (call $write (i32.const 0) (i32.const 128) (i32.const 1)))
      (call $say (call $write (i32.const 3) (i32.const 128) (i32.const 1)))
      (call $say (call $read (i32.const 1) (i32.const 1024) (i32.const 1)))
      (call $say (call $fd_sync (i32.const 1)))
      (call $say (call $fd_filestat_get (i32.const 0) (i32.const 1024)))
      (call $say (i32.load8_u (i32.const 1040)))
      (call $say (call $fd_fdstat_set_flags (i32.const 0) (i32.const 64)))
      (call $say (call $fd_fdstat_set_rights (i32.const 0) (i64.const 2) (i64.const 0)))
      (call $say (call $fd_fdstat_set_rights (i32.const 0) (i64.const 64) (i64.const 0)))
      (call $say (call $fd_close (i32.const 0)))
      (call $say (call $fd_close (i32.const 0)))"#;
    let ran = told(&module("\\n", start), "{init}\n");
    let each = "0 0 8 0 0 8 0 0 8 0 3 0 8 0 8";
    let then = "0 1 0 / 37 8 70 70 8 8 -8 28 0 0 28 0 76 0 8";
    assert_eq!(ran.lines().join(" "), format!("{each} {then}"));
}

/// A vector of buffers: what is read goes from one to the next, and a wrong one is an error.
#[test]
fn buffers_are_filled_one_after_the_other() {
    let start = r#"
      (i32.store (i32.const 1024) (i32.const 2048)) (i32.store (i32.const 1028) (i32.const 2))
      (i32.store (i32.const 1032) (i32.const 2060)) (i32.store (i32.const 1036) (i32.const 0))
      (i32.store (i32.const 1040) (i32.const 2070)) (i32.store (i32.const 1044) (i32.const 100))
      (call $say (call $fd_read (i32.const 0) (i32.const 1024) (i32.const 3) (i32.const 16)))
      (call $say (i32.load (i32.const 16)))
      (drop (call $write (i32.const 1) (i32.const 2048) (i32.const 2)))
      (drop (call $write (i32.const 1) (i32.const 2070) (i32.const 5)))
      (i32.store (i32.const 1044) (i32.const 65535))
      (call $say (call $fd_read (i32.const 0) (i32.const 1024) (i32.const 3) (i32.const 16)))
      (call $say (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 3) (i32.const 16)))
      (call $say (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 0x20000000) (i32.const 16)))
      (call $say (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 2) (i32.const -1)))"#;
    let ran = told(&module("", start), "{init}\n");
    assert_eq!(ran.lines(), ["0", "7", "{init}", "21", "21", "21", "21"]);
}

#[test]
fn stderr_is_the_log() {
    let start = "(call $say (call $write (i32.const 2) (i32.const 128) (i32.const 6)))";
    let ran = told(&module("hello\\n", start), "{init}\n");
    assert_eq!(ran.lines(), ["0"]);
    assert_eq!(ran.log.lines().next(), Some("hello"));
}
