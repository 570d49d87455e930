//! What only the engine that compiles has: calls that led to a trap, and modules that are kept.
//! That all else is the same, each other test sees.

use std::fs;

use workbench_wasi::{Engine, Node};

use crate::module::{module, module_with, node, run_by};

#[test]
fn a_trap_says_by_which_calls_it_came() {
    let more = "(func $inner (param i32) (drop (i32.div_u (i32.const 1) (local.get 0)))) \
                (func $outer (call $inner (i32.const 0)))";
    let module = module_with(more, "", "(call $outer)");
    let node = Node {
        engine: Engine::Compiled { kept: None },
        ..node(&module)
    };
    let ran = run_by(&node, "{init}\n");
    let said: Vec<&str> = ran.log.lines().take(4).collect();
    let start = said.last().unwrap();
    let expected = [
        "fatal error: trap: integer divide by zero",
        "    in inner",
        "    in outer",
    ];
    assert_eq!(said[..3], expected);
    assert!(start.starts_with("    in function "), "{start}");
}

#[test]
fn a_module_is_kept_and_one_that_is_damaged_there_is_compiled_again() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let run = |number: u32| {
        let module = module("", &format!("(call $say (i32.const {number}))"));
        let engine = Engine::Compiled {
            kept: Some(kept.clone()),
        };
        let node = Node {
            engine,
            ..node(&module)
        };
        assert_eq!(run_by(&node, "{init}\n").lines(), [number.to_string()]);
    };
    let compiled = || {
        let entries = fs::read_dir(&kept).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|is| is == "cwasm"));
        paths
    };
    run(1);
    run(1);
    assert_eq!(compiled().len(), 1);
    run(2);
    assert_eq!(compiled().len(), 2);
    for path in compiled() {
        fs::write(path, "no module").unwrap();
    }
    run(1);
    run(2);
    for path in compiled() {
        assert!(fs::metadata(path).unwrap().len() > 1_000);
    }
}
