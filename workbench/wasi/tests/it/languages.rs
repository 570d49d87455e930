//! The examples, from their sources: in each language a broadcast that repeats what is not
//! acknowledged, and a proxy of lin-kv, in runs and held against the rules of lockstep. A language
//! that is not installed here is said to be left out; those that are interpreted need an interpreter
//! that is a module itself, which a variable names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use programs::conformance::assert_kept;
use programs::in_lockstep;
use simulation::Judged;
use simulation::run::Config;
use simulation::workload::Workload;
use workloads::broadcast::{Broadcast, Topology};
use workloads::lin_kv::LinKv;

const PROGRAM: &str = env!("CARGO_BIN_EXE_workbench-wasi");

/// Whether a program can be run; if not, it is said.
fn is_here(program: &str, arg: &str) -> bool {
    let output = Command::new(program).arg(arg).output();
    let is_here = output.is_ok_and(|output| output.status.success());
    if !is_here {
        eprintln!("left out: there is no {program} here");
    }
    is_here
}

/// Zig, under its own name or that of its package for Python.
fn zig_here() -> Option<&'static str> {
    let mut names = ["zig", "python-zig"].into_iter();
    names.find(|name| is_here(name, "version"))
}

/// An interpreter compiled to WASI: the path that this variable holds.
#[allow(clippy::disallowed_methods)] // a test has an environment, a node has none
fn interpreter(variable: &str) -> Option<String> {
    let path = std::env::var(variable).ok();
    if path.is_none() {
        eprintln!("left out: {variable} names no interpreter that is a WebAssembly module");
    }
    path
}

/// Builds both nodes: a command for each, that makes a module at the path from the name.
fn check_built(build: impl Fn(&Path, &str) -> Command) {
    let folder = tempfile::tempdir().unwrap();
    check(|name| {
        let path = folder.path().join(format!("{name}.wasm"));
        let status = build(&path, name).status().unwrap();
        assert!(status.success(), "{name}");
        vec![path.to_str().unwrap().to_owned()]
    });
}

/// Runs both nodes, by what the program is told to run the one of this name.
fn check(node: impl Fn(&str) -> Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let mut rough = Config {
        rate: 20.0,
        time_limit: Duration::from_secs(10),
        partitions: Some(Duration::from_secs(2)),
        ..Config::for_nodes(3).seed(4)
    };
    rough.network.loss = 0.05;
    rough.network.latency.mean = Duration::from_millis(20);
    let broadcast = node("broadcast");
    let broadcast: Vec<&str> = broadcast.iter().map(String::as_str).collect();
    let sent = run(folder.path(), &broadcast, &rough, || {
        Broadcast::new(Topology::Grid)
    });
    assert!(sent > 300, "{sent}");
    let report = assert_kept(PROGRAM, &broadcast, folder.path());
    let not_tried: Vec<_> = report.not_tried().iter().map(|rule| rule.name()).collect();
    assert_eq!(not_tried, ["sync", "failed"], "it has no use for its disk");

    let config = Config {
        rate: 20.0,
        time_limit: Duration::from_secs(10),
        concurrency: 4, // several clients share a key
        ..Config::for_nodes(2).seed(4)
    };
    let proxy = node("lin-kv-proxy");
    let proxy: Vec<&str> = proxy.iter().map(String::as_str).collect();
    let sent = run(folder.path(), &proxy, &config, || {
        LinKv::new(2, Duration::ZERO)
    });
    assert!(sent > 100, "{sent}");
    assert_kept(PROGRAM, &proxy, folder.path());
}

/// Runs it twice: it is valid, and both are the same. How many messages servers have sent.
fn run<W: Workload>(
    logs: &Path,
    args: &[&str],
    config: &Config,
    workload: impl Fn() -> W,
) -> usize {
    let run = || {
        let outcome = in_lockstep(PROGRAM, args, logs, config, &mut workload());
        Judged::of(&workload(), config.clone(), outcome)
    };
    let (first, second) = (run(), run());
    assert_eq!(first.checked.sentences(), [""; 0]);
    assert_eq!(first.outcome.history, second.outcome.history);
    assert_eq!(first.outcome.messages, second.outcome.messages);
    first.outcome.messages.servers().sent.try_into().unwrap()
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

#[test]
fn go() {
    if is_here("go", "version") {
        check_built(|path, name| {
            let mut go = Command::new("go");
            go.args(["build", "-o"])
                .args([path, Path::new(&format!("./{name}"))])
                .env("GOOS", "wasip1")
                .env("GOARCH", "wasm")
                .current_dir(examples().join("go"));
            go
        });
    }
}

#[test]
fn c() {
    if let Some(zig) = zig_here() {
        check_built(|path, name| {
            let mut zig = Command::new(zig);
            zig.args([
                "cc",
                "--target=wasm32-wasi",
                "-O2",
                "-Wall",
                "-Werror",
                "-o",
            ])
            .arg(path)
            .arg(examples().join(format!("c/{name}.c")));
            zig
        });
    }
}

#[test]
fn zig() {
    if let Some(zig) = zig_here() {
        check_built(|path, name| {
            let mut zig = Command::new(zig);
            zig.args(["build-exe", "-target", "wasm32-wasi", "-O", "ReleaseSmall"])
                .arg(examples().join(format!("zig/{name}.zig")))
                .arg(format!("-femit-bin={}", path.display()))
                .current_dir(path.parent().unwrap());
            zig
        });
    }
}

/// A script in the folder of this name, which the interpreter reads.
fn script(folder: &str, interpreter: &str, args: &[&str], file: &str) -> Vec<String> {
    let folder = format!("{}:/node", examples().join(folder).display());
    let before = ["--folder", &folder, interpreter];
    let all = before.iter().chain(args).map(|arg| (*arg).to_owned());
    all.chain([format!("/node/{file}")]).collect()
}

#[test]
fn python() {
    if let Some(python) = interpreter("WASI_PYTHON") {
        check(|name| script("python", &python, &[], &format!("{name}.py")));
    }
}

#[test]
fn javascript() {
    if let Some(quickjs) = interpreter("WASI_QUICKJS") {
        check(|name| script("javascript", &quickjs, &["--std"], &format!("{name}.js")));
    }
}

/// What stands in the folders is what is tried: none is left out by its name.
#[test]
fn each_language_has_both() {
    let languages = [
        ("go", ""),
        ("c", ".c"),
        ("zig", ".zig"),
        ("python", ".py"),
        ("javascript", ".js"),
    ];
    for (folder, ending) in languages {
        let entries = fs::read_dir(examples().join(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names
            .filter(|name| name != "go.mod" && name != "json.h")
            .collect();
        names.sort();
        let expected = ["broadcast", "lin-kv-proxy"].map(|name| format!("{name}{ending}"));
        assert_eq!(names, expected);
    }
}
