//! A module as the nodes of a run, each a process of the program here.

use std::fs;
use std::path::Path;
use std::process::Command;

use programs::in_lockstep;
use simulation::run::{Config, Outcome};
use workloads::echo::Echo;

use crate::module::module_with;

fn run(module: &Path, logs: &Path) -> Outcome {
    let config = Config {
        seed: 5,
        ..Config::for_nodes(2)
    };
    let program = env!("CARGO_BIN_EXE_workbench-wasi");
    let module = module.to_str().unwrap();
    in_lockstep(program, &[module], logs, &config, &mut Echo)
}

#[test]
fn nodes_answer_and_the_same_seed_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.wasm");
    fs::write(
        &path,
        module_with(include_str!("echo.wat"), "", "(call $run)"),
    )
    .unwrap();
    let (one, other) = (run(&path, folder.path()), run(&path, folder.path()));
    assert!(one.problems.is_empty(), "{:?}", one.problems);
    let history = format!("{:?}", one.history);
    assert!(history.matches("Ok").count() > 100, "{history}");
    assert_eq!(history, format!("{:?}", other.history));
    let log = fs::read_to_string(folder.path().join("n0.log")).unwrap();
    assert!(log.starts_with("workbench-wasi: 10 messages, "), "{log}");
}

/// Before its nodes are started, nobody has asked for lockstep.
#[test]
fn a_module_is_prepared_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.wasm");
    let prepare = |module: &[u8]| {
        fs::write(&path, module).unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_workbench-wasi"));
        program.env("XDG_CACHE_HOME", folder.path());
        program.arg("--prepare").arg(&path).output().unwrap()
    };
    let sound = prepare(&module_with(include_str!("echo.wat"), "", "(call $run)"));
    assert!(sound.status.success(), "{sound:?}");
    assert_eq!((sound.stdout, sound.stderr), (vec![], vec![]));
    let refused = prepare(b"no module");
    assert!(!refused.status.success());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("echo.wasm: expected a WebAssembly module: "),
        "{said}"
    );
}

#[test]
fn one_that_cannot_be_run_says_why_in_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.wasm");
    fs::write(&path, "no module").unwrap();
    let outcome = run(&path, folder.path());
    let said = format!("{:?}", outcome.problems);
    assert!(
        said.contains("node.wasm: expected a WebAssembly module"),
        "{said}"
    );
}
