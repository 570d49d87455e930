//! The adapters for other languages: their example nodes keep the rules of lockstep, repeat from
//! a seed, and run in real time where nobody asks for it.
//!
//! A language that is not installed here is said to be left out.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use programs::conformance::{Rule, assert_kept};
use programs::{Clock, Program, Programs, in_lockstep};
use simulation::Judged;
use simulation::nemesis::{NodeFault, NodeFaults};
use simulation::run::{self, Config};
use workloads::broadcast::{Broadcast, Topology};

use crate::built::{is_here, script};

fn adapters() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../adapters")
}

/// A node of broadcast that goes in lockstep with timers and a disk, and survives that it is killed.
fn check(bin: &Path) {
    let logs = tempfile::tempdir().unwrap();
    let path = bin.to_str().unwrap();
    let report = assert_kept(path, &[], logs.path());
    assert_eq!(report.not_tried(), [Rule::Ahead], "{report}");

    repeats(path, logs.path(), 20.0, None, 300);
    // Few requests: their clients wait where a node is gone.
    let faults = NodeFaults::new([NodeFault::Kill, NodeFault::Disk], Duration::from_secs(2));
    repeats(path, logs.path(), 5.0, Some(faults), 50);

    // In real time, where nobody asks.
    let program = Program {
        bin: bin.to_owned(),
        args: vec![],
        logs: logs.path().to_owned(),
        disks: logs.path().to_owned(),
        show_stderr: None,
    };
    let config = Config {
        rate: 20.0,
        time_limit: Duration::from_secs(1),
        ..Config::for_nodes(2)
    };
    let mut host = Programs::start(&program, &config.nodes, Clock::Real).unwrap();
    let mut workload = Broadcast::new(Topology::Grid);
    let outcome = run::run(&config, &mut workload, &mut host, &mut ());
    let judged = Judged::of(&workload, config, outcome);
    assert_eq!(judged.checked.sentences(), [""; 0]);
}

/// Two runs are valid, and the same; nodes send each other more than so many messages.
fn repeats(path: &str, logs: &Path, rate: f64, faults: Option<NodeFaults>, least: u64) {
    let mut config = Config {
        rate,
        time_limit: Duration::from_secs(10),
        partitions: Some(Duration::from_secs(2)),
        node_faults: faults,
        concurrency: 30,
        ..Config::for_nodes(3).seed(4)
    };
    config.network.loss = 0.05;
    config.network.latency.mean = Duration::from_millis(20);
    let workload = || Broadcast::new(Topology::Grid);
    let run = || {
        let outcome = in_lockstep(path, &[], logs, &config, &mut workload());
        Judged::of(&workload(), config.clone(), outcome)
    };
    let (first, second) = (run(), run());
    assert_eq!(first.checked.sentences(), [""; 0]);
    let sent = first.outcome.messages.servers().sent;
    assert!(sent > least, "{sent}");
    assert_eq!(first.outcome.history, second.outcome.history);
    assert_eq!(first.outcome.messages, second.outcome.messages);
}

/// At the same time, since most of it is waiting for real time.
#[test]
#[allow(clippy::disallowed_methods)] // a test has threads, a node has none
fn nodes_in_other_languages() {
    std::thread::scope(|scope| {
        if is_here("python3", "--version") {
            scope.spawn(|| check(&adapters().join("python/broadcast.py")));
            scope.spawn(|| check(&adapters().join("python/broadcast_asyncio.py")));
        }
        if is_here("node", "--version") {
            scope.spawn(|| check(&adapters().join("javascript/broadcast.js")));
        }
        if is_here("go", "version") {
            scope.spawn(go);
        }
    });
}

fn go() {
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("broadcast");
    let built = Command::new("go")
        .args(["build", "-o"])
        .args([&bin, Path::new("./examples/broadcast")])
        .current_dir(adapters().join("go"))
        .status();
    assert!(built.unwrap().success());
    check(&bin);
}

/// What a script of Python or JavaScript calls by the names that it knows follows from the seed and
/// the turns.
fn says_the_same(bin: &Path, expected: &str) {
    let mut told = String::from("{\"init\":1}\n5000000 {\"go\":1}\n");
    for at in [
        "30000000",
        "60000000 {\"more\":1}",
        "1005000000",
        "2005000000",
    ] {
        told += &format!("{at}\n");
    }
    let said = || {
        let mut node = Command::new(bin)
            .env("MAELSTROM_LOCKSTEP", "7")
            .env_remove("PYTHONHASHSEED")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = node.stdin.take().unwrap();
        std::io::Write::write_all(&mut stdin, told.as_bytes()).unwrap();
        drop(stdin);
        let output = node.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let first = said();
    let without_chance: Vec<&str> = first
        .lines()
        .filter(|line| !line.starts_with("chance"))
        .collect();
    assert_eq!(without_chance.join("\n"), expected);
    assert_eq!(first, said(), "the same seed");
}

#[test]
fn javascript_as_it_is_written_elsewhere() {
    if !is_here("node", "--version") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let adapter = adapters().join("javascript/lockstep.js");
    let text = format!(
        "#!/usr/bin/env node\nrequire({:?});\n{}",
        adapter.canonicalize().unwrap(),
        r#"
        const { setTimeout: sleep } = require('timers/promises');
        console.log('chance', Math.random(), require('crypto').randomUUID());
        const interval = setInterval(() => console.log('tick', Date.now(), new Date().getTime()), 20);
        (async () => {
          for await (const line of require('readline').createInterface({ input: process.stdin })) {
            console.log(line, process.hrtime.bigint(), performance.now());
            setImmediate(() => process.nextTick(() => console.log('immediate')));
            Promise.resolve().then(() => console.log('promise'));
            if (line.includes('more')) clearInterval(interval);
            if (line.includes('go')) sleep(1000, 'slept').then((it) => console.log(it, Date.now()));
          }
        })();
        "#
    );
    let bin = script(folder.path(), &text);
    says_the_same(
        &bin,
        "= lockstep\n\
         {\"init\":1} 0n 0\npromise\nimmediate\n= 20000000\n\
         {\"go\":1} 5000000n 5\npromise\nimmediate\n= 20000000\n\
         tick 30 30\n= 50000000\n\
         tick 60 60\n{\"more\":1} 60000000n 60\npromise\nimmediate\n= 1005000000\n\
         slept 1005\n= -\n\
         = -",
    );
}

#[test]
fn python_as_it_is_written_elsewhere() {
    if !is_here("python3", "--version") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "#!/usr/bin/env python3\nimport sys\nsys.path.insert(0, {:?})\n{}",
        adapters().join("python").canonicalize().unwrap(),
        r#"
import asyncio, random, time, lockstep

async def read():
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(line.strip(), time.monotonic_ns(), loop.time())
        if "go" in line:
            asyncio.ensure_future(later())

async def later():
    await asyncio.sleep(1)
    print("slept", time.time())

async def main():
    print("chance", random.random(), list({"a", "b", "c", "d"}))
    ticks = asyncio.ensure_future(tick())
    await read()
    ticks.cancel()

async def tick():
    while time.time() < 0.05:
        await asyncio.sleep(0.02)
        print("tick", time.time_ns())

lockstep.run(main())
"#
    );
    let bin = script(folder.path(), &text);
    says_the_same(
        &bin,
        "= lockstep\n\
         {\"init\":1} 0 0.0\n= 20000000\n\
         {\"go\":1} 5000000 0.005\n= 20000000\n\
         tick 30000000\n= 50000000\n\
         {\"more\":1} 60000000 0.06\ntick 60000000\n= 1005000000\n\
         slept 1.005\n= -\n\
         = -",
    );
}
