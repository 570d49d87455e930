//! How a node ends, and what its log says then.

use crate::module::{FUEL, Ran, module, module_with, run, told};

/// Its exit code, and the first line of its log.
fn end(ran: &Ran) -> (u32, &str) {
    let code = ran.outcome.as_ref().map_or(99, |outcome| outcome.code);
    (code, ran.log.lines().next().unwrap_or_default())
}

#[test]
fn it_ends_with_its_exit_code_and_what_it_said_counts() {
    for code in [0, 3, 255] {
        let start = format!("(call $say (i32.const 5)) (call $proc_exit (i32.const {code}))");
        let ran = told(&module("", &start), "{init}\n");
        assert_eq!(end(&ran).0, code);
        assert_eq!(ran.lines(), ["5"]);
    }
}

#[test]
fn a_turn_without_end_is_an_error() {
    let forever = module("", "(loop $again (br $again))");
    let ran = run(&forever, "{init}\n", &[], 7, 1_000_000);
    let why = "fatal error: a turn without end: more than 1000000 instructions, and it neither \
               waits nor reads";
    assert_eq!(end(&ran), (1, why));
}

/// Each turn has fuel of its own: so a node may run for ever, but not without waiting.
#[test]
fn a_turn_has_fuel_of_its_own() {
    let start = r#"
      (local $i i32)
      (loop $again
        (local.set $i (i32.const 0))
        (loop $work
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $work (i32.lt_u (local.get $i) (i32.const 1000))))
        (br_if $again (call $read (i32.const 0) (i32.const 2048) (i32.const 4096))))"#;
    let turns: String = (1..100).map(|i| format!("{i} {{}}\n")).collect();
    let ran = run(
        &module("", start),
        &format!("{{init}}\n{turns}"),
        &[],
        7,
        30_000,
    );
    let outcome = ran.outcome.unwrap();
    assert_eq!((outcome.code, outcome.messages), (0, 100), "{}", ran.log);
    assert!(outcome.instructions > 500_000, "{outcome:?}");
    let said: Vec<&str> = ran.log.lines().map(|line| &line[..28]).collect();
    let counts = ["10 messages,", "100 messages", "100 messages"];
    assert_eq!(said, counts.map(|count| format!("workbench-wasi: {count}")));
}

/// As deep as a program may go; a stack that grew with the length of a loop would not hold it.
#[test]
fn a_long_loop_needs_no_stack_and_a_deep_recursion_is_a_trap() {
    let start = r#"
      (local $i i32)
      (loop $again
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 20000000))))
      (call $say (local.get $i))"#;
    assert_eq!(told(&module("", start), "{init}\n").lines(), ["20000000"]);
    let deep = "(func $deep (call $deep) (call $say (i32.const 1)))";
    let ran = told(&module_with(deep, "", "(call $deep)"), "{init}\n");
    assert_eq!(end(&ran), (1, "fatal error: trap: call stack exhausted"));
}

#[test]
fn traps_are_said() {
    for (start, why) in [
        ("unreachable", "wasm `unreachable` instruction executed"),
        (
            "(drop (i32.load (i32.const 70000)))",
            "out of bounds memory access",
        ),
        (
            "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
            "integer divide by zero",
        ),
    ] {
        let ran = told(&module("", start), "{init}\n");
        assert_eq!(end(&ran), (1, &*format!("fatal error: trap: {why}")));
    }
}

#[test]
fn a_module_that_cannot_be_a_node_is_refused_with_what_was_expected() {
    let text = |text: &str| wat::parse_str(text).unwrap();
    for (module, why) in [
        (b"#!/bin/sh".to_vec(), "expected a WebAssembly module: "),
        (
            text("(module (memory (export \"memory\") 1))"),
            "expected a command, which exports the function _start: a library does nothing by itself",
        ),
        (
            text("(module (func (export \"_start\")))"),
            "expected that it exports its memory, under that name",
        ),
        (
            text("(module (import \"env\" \"memory\" (memory 1)))"),
            "expected that it imports functions alone, found env.memory: a node shares no memory",
        ),
    ] {
        let ran = told(&module, "{init}\n");
        let refused = ran.outcome.unwrap_err();
        assert!(refused.starts_with(why), "{refused}");
        assert_eq!(ran.said, "= lockstep\n");
    }
    let ran = told(&module("", ""), "{init}\n5 = synced\n");
    assert_eq!(end(&ran).0, 0, "it ended before that line");
}

/// Some runtimes import what they need in a browser alone.
#[test]
fn what_others_would_have_to_offer_is_an_error_once_it_is_called() {
    let calls = |start: &str| {
        let text = format!(
            "(module (import \"env\" \"now\" (func $now (result i32))) (memory (export \"memory\") 1) \
             (func (export \"_start\") {start}))"
        );
        told(&wat::parse_str(text).unwrap(), "{init}\n")
    };
    assert_eq!(end(&calls("")).0, 0);
    let why = "fatal error: it called env.now, and a node has wasi_snapshot_preview1 alone: compile \
               it for WASI preview 1, such as with GOOS=wasip1, or for wasm32-wasi or wasm32-wasip1";
    assert_eq!(end(&calls("(drop (call $now))")), (1, why));
}

#[test]
fn input_that_is_none_ends_it() {
    let start = "(drop (call $read (i32.const 0) (i32.const 2048) (i32.const 4096)))";
    let twice = module("", &format!("{start} {start}"));
    let ran = told(&twice, "{init}\n5 = synced\n");
    let why =
        "fatal error: lockstep: expected no answer to what was not asked for, found 5 = synced";
    assert_eq!(end(&ran), (1, why));
    let ran = told(&twice, "{init}\nsoon {}\n");
    assert_eq!(
        end(&ran),
        (
            1,
            "fatal error: lockstep: expected a time in nanoseconds and a message, found soon {}"
        )
    );
    // Nothing was asked of it.
    let ran = told(&twice, "= again\n");
    assert_eq!(ran.said, "= lockstep\n");
    assert_eq!(ran.outcome.unwrap().code, 0);
}

/// Who waits for a time alone is not told it any more.
#[test]
fn the_end_of_the_input_ends_a_node_that_sleeps() {
    let ran = told(
        &module("", "(call $sleep (i64.const 9)) (call $say (i32.const 1))"),
        "{init}\n5\n",
    );
    assert_eq!(ran.lines(), ["= 9", "= 9"]);
    assert_eq!(end(&ran).0, 0);
}

#[test]
fn what_is_not_there_says_so_and_memory_has_a_limit() {
    let more = r#"(func $grow (param i32) (result i32) (memory.grow (local.get 0)))"#;
    let start = r#"
      (call $say (call $proc_raise (i32.const 9)))
      (call $say (call $sock_accept (i32.const 0) (i32.const 0) (i32.const 16)))
      (call $say (call $sock_accept (i32.const 9) (i32.const 0) (i32.const 16)))
      (call $say (call $sock_shutdown (i32.const 1) (i32.const 0)))
      (call $say (call $grow (i32.const 1000)))
      (call $say (call $grow (i32.const 16000)))"#;
    let ran = run(&module_with(more, "", start), "{init}\n", &[], 7, FUEL);
    assert_eq!(ran.lines(), ["52", "57", "8", "57", "1", "-1"]);
}
