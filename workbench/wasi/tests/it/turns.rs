//! Time and messages.

use std::time::Duration;

use workbench_wasi::Node;

use crate::module::{module, module_with, node, run, run_node, told};

/// Copies a line of stdin to stdout, as often as there is something to read.
const ECHO: &str = r#"
  (local $len i32)
  (loop $again
    (local.set $len (call $read (i32.const 0) (i32.const 2048) (i32.const 4096)))
    (if (i32.le_s (local.get $len) (i32.const 0)) (then (return)))
    (drop (call $write (i32.const 1) (i32.const 2048) (local.get $len)))
    (br $again))"#;

#[test]
fn reading_an_empty_stdin_ends_the_turn() {
    let ran = told(
        &module("", ECHO),
        "{init}\n5 {one}\n6 {two}\n6 {three}\n9\n",
    );
    assert_eq!(
        ran.said,
        "= lockstep\n{init}\n= -\n{one}\n= -\n{two}\n= -\n{three}\n= -\n= -\n"
    );
    let outcome = ran.outcome.unwrap();
    assert_eq!((outcome.code, outcome.messages), (0, 4));
    assert!(
        ran.log.starts_with("workbench-wasi: 4 messages, "),
        "{}",
        ran.log
    );
}

#[test]
fn half_a_line_waits_for_its_end_and_none_is_taken_for_the_protocol() {
    let start = r#"
      (drop (call $write (i32.const 1) (i32.const 128) (i32.const 3)))
      (drop (call $read (i32.const 0) (i32.const 2048) (i32.const 4096)))
      (drop (call $read (i32.const 0) (i32.const 2048) (i32.const 4096)))
      (drop (call $write (i32.const 1) (i32.const 131) (i32.const 12)))
      (drop (call $read (i32.const 0) (i32.const 2048) (i32.const 4096)))
      (drop (call $write (i32.const 1) (i32.const 143) (i32.const 4)))"#;
    let ran = told(
        &module("onetwo\\n= 7\\n= -\\nlast", start),
        "{init}\n5 {}\n6 {}\n",
    );
    assert_eq!(ran.said, "= lockstep\n= -\nonetwo\n = 7\n = -\n= -\nlast");
}

#[test]
fn a_clock_shows_the_time_of_the_turn_and_a_reading_takes_a_nanosecond() {
    let say_time = r#"
      (func $time (param $id i32)
        (call $say (call $clock_time_get (local.get $id) (i64.const 1) (i32.const 16)))
        (call $say64 (i64.load (i32.const 16))))"#;
    let start = r#"
      (call $time (i32.const 1)) (call $time (i32.const 1)) (call $time (i32.const 0))
      (call $say (call $clock_time_get (i32.const 9) (i64.const 1) (i32.const 16)))
      (call $say (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const -4)))
      (call $say (call $clock_res_get (i32.const 1) (i32.const 16)))
      (call $say64 (i64.load (i32.const 16)))
      (drop (call $read (i32.const 0) (i32.const 2048) (i32.const 4096)))
      (drop (call $read (i32.const 0) (i32.const 2048) (i32.const 4096)))
      (call $time (i32.const 1)) (call $time (i32.const 0))"#;
    let ran = told(&module_with(say_time, "", start), "{init}\n5000 {}\n");
    assert_eq!(
        ran.lines(),
        [
            "0",
            "1",
            "0",
            "2",
            "0",
            "1577836800000000003",
            "28",
            "21",
            "0",
            "1",
            "= -",
            "0",
            "5001",
            "0",
            "1577836800000005002"
        ]
    );
}

/// One that is started again does not live in the past.
#[test]
fn the_wall_clock_goes_on_where_the_run_is() {
    let start = r#"
      (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 16)))
      (call $say64 (i64.load (i32.const 16)))"#;
    let module = module("", start);
    let node = Node {
        started_at: Duration::from_millis(1500),
        ..node(&module)
    };
    assert_eq!(
        run_node(&node, "= again\n{init}\n").lines(),
        ["1577836801500000001"]
    );
}

#[test]
fn sleeping_ends_the_turn_with_a_deadline_and_a_message_waits_meanwhile() {
    let start = r#"
      (call $sleep (i64.const 1000))
      (call $say (i32.const 1))
      (call $sleep (i64.const 0))
      (call $say (i32.const 2))
      (call $say (call $read (i32.const 0) (i32.const 2048) (i32.const 4096)))"#;
    let ran = told(&module("", start), "{init}\n400 {}\n1000\n");
    assert_eq!(ran.lines(), ["= 1000", "= 1000", "1", "2", "10"]);
}

/// Waits for stdin, for 3 µs by one clock and for a moment by the other, at once, and says what
/// has happened: how many, which, and how much there is to read.
#[test]
fn whatever_comes_first_of_many_ends_the_wait() {
    let more = r#"
      (func $wait (param $wall i64)
        (memory.fill (i32.const 1024) (i32.const 0) (i32.const 400))
        (i64.store (i32.const 1024) (i64.const 11))
        (i32.store8 (i32.const 1032) (i32.const 1))
        (i64.store (i32.const 1072) (i64.const 22))
        (i32.store (i32.const 1088) (i32.const 1))
        (i64.store (i32.const 1096) (i64.const 3000))
        (i64.store (i32.const 1120) (i64.const 33))
        (i64.store (i32.const 1144) (local.get $wall))
        (i32.store16 (i32.const 1160) (i32.const 1))
        (call $say (call $poll_oneoff (i32.const 1024) (i32.const 1200) (i32.const 3) (i32.const 16)))
        (call $say (i32.load (i32.const 16)))
        (call $say64 (i64.load (i32.const 1200)))
        (call $say64 (i64.load (i32.const 1216)))
        (call $say (i32.load16_u (i32.const 1224))))
      (func $drain (drop (call $read (i32.const 0) (i32.const 2048) (i32.const 4096))))"#;
    let start = r#"
      (call $wait (i64.const 1577836800000000700))
      (call $drain)
      (call $wait (i64.const 1577836800000000700))
      (call $wait (i64.const 1577836800000009999))
      (call $wait (i64.const 1577836800000009999))
      (call $drain)
      (call $wait (i64.const 1577836800000009999))
      (call $wait (i64.const 1577836800000009999))"#;
    let ran = told(
        &module_with(more, "", start),
        "{init}\n700\n3700\n4000 {}\n7000\n",
    );
    let expected = [
        "0 1 11 7 0 = 700",  // init is there
        "0 1 33 0 0 = 3700", // the wall clock's moment
        "0 1 22 0 0 = 6700", // 3 µs
        "0 1 11 3 0 = 7000", // a message
        "0 1 22 0 0 = 9999", // 3 µs once more
        "0 1 11 0 1",        // the end of the input
    ];
    assert_eq!(ran.lines().join(" "), expected.join(" "));
}

#[test]
fn what_cannot_be_waited_for_is_said_at_once() {
    let start = r#"
      (memory.fill (i32.const 1024) (i32.const 0) (i32.const 400))
      (i32.store8 (i32.const 1032) (i32.const 1))
      (i32.store (i32.const 1040) (i32.const 77))
      (call $say (call $poll_oneoff (i32.const 1024) (i32.const 1200) (i32.const 1) (i32.const 16)))
      (call $say (i32.load (i32.const 16)))
      (call $say (i32.load16_u (i32.const 1208)))
      (i32.store8 (i32.const 1032) (i32.const 2))
      (i32.store (i32.const 1040) (i32.const 1))
      (call $say (call $poll_oneoff (i32.const 1024) (i32.const 1200) (i32.const 1) (i32.const 16)))
      (call $say (i32.load16_u (i32.const 1208)))
      (call $say (call $poll_oneoff (i32.const 1024) (i32.const 1200) (i32.const 0) (i32.const 16)))
      (call $say (call $poll_oneoff (i32.const 1024) (i32.const -8) (i32.const 1) (i32.const 16)))
      (i32.store8 (i32.const 1032) (i32.const 3))
      (call $say (call $poll_oneoff (i32.const 1024) (i32.const 1200) (i32.const 1) (i32.const 16)))"#;
    let ran = told(&module("", start), "{init}\n");
    assert_eq!(ran.lines(), ["0", "1", "8", "0", "0", "28", "21", "28"]);
}

#[test]
fn a_stdin_that_does_not_block_says_so() {
    let start = r#"
      (call $say (call $fd_fdstat_set_flags (i32.const 0) (i32.const 4)))
      (call $say (call $read (i32.const 0) (i32.const 2048) (i32.const 4096)))
      (call $say (call $read (i32.const 0) (i32.const 2048) (i32.const 4096)))
      (call $say (call $fd_fdstat_set_flags (i32.const 0) (i32.const 0)))
      (call $say (call $read (i32.const 0) (i32.const 2048) (i32.const 4096)))
      (call $say (call $read (i32.const 0) (i32.const 2048) (i32.const 4096)))"#;
    let ran = told(&module("", start), "{init}\n5 {}\n");
    assert_eq!(ran.lines(), ["0", "7", "-6", "0", "= -", "3", "= -", "0"]);
}

/// In 1 ms steps: so it says nothing before its time.
#[test]
fn busy_waiting_gets_there_and_lets_the_world_keep_up() {
    let start = r#"
      (loop $again
        (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 16)))
        (br_if $again (i64.lt_u (i64.load (i32.const 16)) (i64.const 2500000))))
      (call $say (i32.const 1))
      (loop $again
        (drop (call $sched_yield))
        (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 16)))
        (br_if $again (i64.lt_u (i64.load (i32.const 16)) (i64.const 3400000))))
      (call $say (i32.const 2))"#;
    let lines = "{init}\n1000000\n1500000 {}\n2000000\n3000000\n3100000\n4100000\n";
    let ran = told(&module("", start), lines);
    assert_eq!(
        ran.lines(),
        ["= 1000000", "= 2000000", "= 2000000", "1", "= 3000000", "2"]
    );
}

#[test]
fn random_numbers_follow_from_the_seed() {
    let start = r#"
      (call $say (call $random_get (i32.const 2048) (i32.const 11)))
      (call $say64 (i64.load (i32.const 2048)))
      (call $say64 (i64.load (i32.const 2056)))
      (call $say (call $random_get (i32.const 65530) (i32.const 11)))"#;
    let module = module("", start);
    let said = |seed| run(&module, "{init}\n", &[], seed, 1_000_000).said;
    assert_eq!(said(1), said(1));
    assert_ne!(said(1), said(2));
    let lines: Vec<String> = said(1).lines().map(str::to_owned).collect();
    assert!(
        lines[3].parse::<u64>().unwrap() < 1 << 24,
        "three bytes: {lines:?}"
    );
    assert_eq!((&*lines[1], &*lines[4]), ("0", "21"));
}
