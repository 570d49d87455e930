//! Any program as a node: what is told when it does not answer, that nothing of it is
//! left behind, and that it is ended if it goes on without end.

use std::process::Command;
use std::time::Duration;

use crate::shell::{Folder, INIT, is_running, said, tells, workbench};
use maelstrom_node::{Node, NodeId, Result, Server};
use serde_json::{Value as Json, json};
use simulation::run::Config;
use simulation::simulate;
use specimens::scripted::{self, kind, reply_with};
use workloads::echo::Echo;

/// To be asked whether it goes in lockstep costs a program nothing.
#[test]
fn a_program_is_started_once_and_told_what_maelstrom_tells_it() {
    let folder = Folder::new("once");
    let here = folder.path().display();
    let script =
        format!("echo 'starting up' >&2\nread line\necho \"$line\" >> {here}/told\ncat >/dev/null");
    let output = folder.run(&script, &["--init-timeout", "0.3", "--log-stderr"]);
    tells(&output, 1, &["no answer to init within 0.3 s"]);
    let told = folder.read("told");
    assert_eq!(told.lines().count(), 1, "{told}");
    let told: Json = serde_json::from_str(&told).unwrap();
    assert_eq!(
        told,
        json!({"id": 0, "src": "c0", "dest": "n0", "body":
            {"type": "init", "node_id": "n0", "node_ids": ["n0"], "msg_id": 1}})
    );
    // Shown as it came, and quoted once.
    assert_eq!(said(&output).matches("n0: starting up").count(), 1);
    assert_eq!(said(&output).matches("| starting up").count(), 1);
}

#[test]
fn of_an_init_that_fails_it_is_told_what_was_seen() {
    let folder = Folder::new("init");
    for (script, seen) in [
        (
            "read line; printf '{\"src\":'; cat >/dev/null",
            "It wrote 7 bytes to stdout without a newline: is its stdout buffered, and not flushed \
             after each message? They begin with {\"src\":",
        ),
        (
            "read line; echo '{\"src\":\"n0\",\"dest\":\"c0\",\"body\":{\"type\":\"init_ok\"}}'; cat >/dev/null",
            "It wrote this instead, which lacks \"in_reply_to\":1: ",
        ),
        (
            "while :; do :; done",
            "It wrote nothing at all to stdout, and is busy: it has used 0.",
        ),
        (
            "exec sleep 60",
            "It wrote nothing at all to stdout, and waits for something: it has used 0.0 s of",
        ),
        (
            "read line; echo '{\"src\":\"n0\",\"dest\":\"lin-kv\",\"body\":{\"type\":\"read\",\"key\":1}}'; cat >/dev/null",
            "What it wrote to stdout was for others, and waits for something",
        ),
    ] {
        let output = folder.run(script, &["--init-timeout", "0.5"]);
        let parts = ["no answer to init within 0.5 s. ", seen];
        tells(&output, 1, &parts);
    }
}

/// What it does after its first fault follows from that.
#[test]
fn a_node_is_accused_once() {
    let folder = Folder::new("accused");
    for (script, fault) in [
        (
            "read line; echo '{\"src\":\"\",\"dest\":\"c0\",\"body\":{\"type\":\"init_ok\",\"in_reply_to\":1}}'; cat >/dev/null",
            "it wrote a message whose src \"\" is not on the network",
        ),
        (
            "echo hello; exit 3",
            "it wrote a line to stdout that is no message",
        ),
        (
            &format!("{INIT}echo hello; sleep 0.1; exit 3"),
            "it wrote a line to stdout that is no message",
        ),
    ] {
        let output = folder.run(script, &["--rate", "20"]);
        tells(&output, 1, &[fault]);
        let said = said(&output);
        assert_eq!(said.matches("node n0, after").count(), 1, "{said}");
        assert!(!said.contains("no answer to init"), "{said}");
    }
}

/// Its last words are 32 lines, and before them why it panicked.
#[test]
fn why_a_program_panicked_is_told_however_long_the_backtrace_is() {
    let folder = Folder::new("panic");
    let script = format!(
        "{INIT}echo 'panic: assignment to entry in nil map' >&2
         i=0; while [ $i -lt 100 ]; do echo \"frame $i\" >&2; i=$((i+1)); done; exit 2"
    );
    let output = folder.run(&script, &["--rate", "20"]);
    let parts = [
        "it ended by itself during the test: exit status 2",
        "| panic: assignment to entry in nil map\n  | ... 68 more lines ...\n  | frame 68\n",
        "| frame 99\n",
    ];
    tells(&output, 1, &parts);
}

/// In a session of its own, with its parent gone, and not one of its files open.
#[cfg(target_os = "linux")]
const DAEMON: &str = "setsid sh -c 'sleep MARKER >/dev/null 2>&1 </dev/null & exit 0' &";

#[cfg(target_os = "linux")]
#[test]
fn whatever_a_node_started_ends_with_it() {
    let folder = Folder::new("daemon");
    let marker = format!("91{}", std::process::id());
    let daemon = DAEMON.replace("MARKER", &marker);
    for after in ["exit 3", "cat >/dev/null"] {
        let script = format!(
            "{daemon}\n{INIT}\nps -e -o args | grep -q '[s]leep {marker}' && touch {}/was\n{after}",
            folder.path().display()
        );
        folder.run(&script, &["--rate", "20"]);
        assert!(!is_running(&format!("sleep {marker}")), "{after}");
        assert!(folder.path().join("was").exists(), "it never ran");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_workbench_leaves_no_process_behind() {
    let folder = Folder::new("killed");
    let marker = format!("87{}", std::process::id());
    let daemon = DAEMON.replace("MARKER", &format!("{marker}1"));
    let node = folder.node(&format!("{daemon}\n{INIT}exec sleep {marker}2\n"));
    let mut child = (folder.command(&node))
        .args(["--node-count", "1"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let both = [format!("sleep {marker}1"), format!("sleep {marker}2")];
    while !both.iter().all(|process| is_running(process)) {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // The kernel's signals are on their way by now.
    assert!((0..1000).any(|_| !both.iter().any(|process| is_running(process))));
}

/// Echoes, as a program that knows nothing of the workbench.
const ECHO: &str = r#"
echo life >>HERE/lives
while read line; do
    get() { printf '%s' "$line" | sed "s/.*\"$1\":$2.*/\1/"; }
    src=$(get src '"\([^"]*\)"') id=$(get msg_id '\([0-9]*\)')
    case $line in
    *'"init"'*) body='"type":"init_ok"' ;;
    *) body="\"type\":\"echo_ok\",\"echo\":\"$(get echo '"\([^"]*\)"')\"" ;;
    esac
    echo "{\"src\":\"n0\",\"dest\":\"$src\",\"body\":{$body,\"in_reply_to\":$id}}"
done
"#;

#[test]
fn any_program_is_killed_paused_and_started_again() {
    let folder = Folder::new("lives");
    let script = ECHO.replace("HERE", &folder.path().display().to_string());
    let faults = ["--nemesis", "kill,pause", "--nemesis-interval", "0.4"];
    let times = ["--time-limit", "3", "--rate", "20", "--seed", "1"];
    let output = folder.run(&script, &[faults.as_slice(), &times].concat());
    tells(&output, 0, &["echo: valid"]);
    assert!(folder.read("lives").lines().count() > 2);
    let history = folder.read("store/latest/history.edn");
    for f in [":kill", ":start", ":pause", ":resume"] {
        assert!(
            history.contains(&format!(":process :nemesis, :f {f}")),
            "{history}"
        );
    }
    let only_here = folder.run(&script, &["--nemesis", "clock"]);
    tells(
        &only_here,
        255,
        &["clock, disk and lost-writes are for virtual time"],
    );
}

#[test]
fn what_goes_on_without_end_is_ended() {
    let folder = Folder::new("endless");
    let message = r#"{"src":"n0","dest":"n0","body":{"type":"hello"}}"#;
    let long = message.replace("hello", &"hello".repeat(400));
    let lockstep = |then: &str| {
        format!(
            "read line; echo '= lockstep'
             echo '{{\"src\":\"n0\",\"dest\":\"c0\",\"body\":{{\"type\":\"init_ok\",\"in_reply_to\":1}}}}'
             {then}"
        )
    };
    for (script, fault) in [
        (
            format!("{INIT}yes | tr -d '\\n'"),
            "it wrote more than 8 MiB to stdout without a newline",
        ),
        (
            "yes | tr -d '\\n'".into(),
            "it wrote more than 8 MiB to stdout without a newline",
        ),
        (
            format!("{INIT}yes >&2"),
            "with it, the nodes have written 64 MiB to stderr",
        ),
        (
            format!("{INIT}yes | tr -d '\\n' >&2"),
            "with it, the nodes have written 64 MiB to stderr",
        ),
        // Long ones: however slow the machine is, this is the first limit that it comes to.
        (
            format!("{INIT}yes '{long}'"),
            "a flood: messages of more than 64 MiB were under way",
        ),
        (
            lockstep("echo '= 0'; while read line; do echo '= 0'; done"),
            "it asked to be woken 10021 times in 0.000 s",
        ),
        (
            lockstep("echo '= 1'; while read now line; do echo \"= $((now + 1))\"; done"),
            "it asked to be woken 10021 times in 0.000 s",
        ),
        (
            lockstep(&format!("yes '{message}'")),
            "a flood: it and the others wrote 100011 messages in 0.000 s",
        ),
        (
            lockstep("yes | tr -d '\\n'"),
            "it wrote more than 8 MiB to stdout without a newline",
        ),
        (
            lockstep("echo '= soon'; cat >/dev/null"),
            "expected \"= \" and its next deadline in nanoseconds, or \"= -\", at the end of its \
             turn, found \"= soon\"",
        ),
        (
            "echo '= lockstep 3'; cat >/dev/null".into(),
            "expected that it goes in lockstep in version 1 or 2, the ones it was asked for, found \
             version 3",
        ),
        (
            lockstep("yes '= -'"),
            "expected nothing between the end of its turn and the next one, found \"= -\\n",
        ),
    ] {
        let flags = ["--time-limit", "600", "--rate", "20", "--latency", "100000"];
        let output = folder.run(&script, &flags);
        tells(&output, 1, &["node n0, after ", fault]);
    }
}

/// A shell's limit is often lower than a hundred nodes need.
#[test]
fn the_limit_of_open_files_is_raised_for_the_nodes() {
    let folder = Folder::new("files");
    let node = folder.node("exec sleep 60");
    let command = format!(
        "ulimit -Sn 64 && exec {} test -w echo --bin {} --store {} --node-count 60 --init-timeout 0.3",
        env!("CARGO_BIN_EXE_workbench"),
        node.display(),
        folder.path().join("store").display()
    );
    let output = Command::new("sh").args(["-c", &command]).output().unwrap();
    tells(
        &output,
        1,
        &[
            "node n0, after",
            "no answer to init within 0.3 s",
            "and 55 more problems",
        ],
    );
}

/// A node that reads nothing is told no more than a pipe and 16 MiB hold.
#[test]
fn a_node_that_does_not_read_is_ended() {
    let folder = Folder::new("deaf");
    let echo = r#"{"src":"n0","dest":"n0","body":{"type":"hello","text":"TEXT"}}"#;
    let echo = echo.replace("TEXT", &"x".repeat(1 << 16));
    let output = folder.run(&format!("{INIT}yes '{echo}'"), &["--time-limit", "600"]);
    let fault = "it does not read its stdin, where more than 16 MiB wait; it was ended, and the run \
                 with it";
    tells(&output, 1, &[fault]);
}

#[test]
fn a_run_that_cannot_be_leaves_no_folder() {
    let folder = Folder::new("no-run");
    let script = format!("{INIT}cat >/dev/null");
    let output = folder.run(&script, &["--noise", "busy"]);
    tells(
        &output,
        255,
        &["--noise is for virtual time, and this program runs in real time"],
    );
    assert!(!folder.path().join("store").exists());
    let output = folder.test(&folder.path().join("missing"), &[]);
    tells(&output, 255, &["expected the path of an executable"]);
    assert!(!folder.path().join("store").exists());
    // One before it stays.
    folder.run("exit 3", &[]);
    folder.test(&folder.path().join("missing"), &[]);
    assert!(folder.path().join("store/current/results.edn").exists());
    assert_eq!(
        folder.path().join("store/echo").read_dir().unwrap().count(),
        2
    );
}

#[test]
fn what_explains_a_verdict_is_told() {
    let mut config = scripted::two_nodes();
    let set = |node: usize, line: &str| match kind(line).as_str() {
        "read" => vec![reply_with(node, line, json!({"value": []}))],
        _ => vec![reply_with(node, line, json!({}))],
    };
    let (_, checked) = scripted::run("g-set", &config, set);
    let note = "the nodes sent nothing to each other, nor to a service: each knows only what its \
                own clients told it";
    assert!(
        checked.sentences().iter().any(|said| said == note),
        "{:?}",
        checked.findings
    );

    // 250 messages for each request, and still valid.
    let hello =
        |node: usize| format!(r#"{{"src":"n{node}","dest":"n0","body":{{"type":"hello"}}}}"#);
    let (outcome, checked) =
        scripted::run("echo", &config, |node, line| match kind(line).as_str() {
            "hello" => vec![],
            "echo" => [vec![scripted::reply(node, line)], vec![hello(node); 250]].concat(),
            _ => vec![scripted::reply(node, line)],
        });
    let begun = outcome.history.begun();
    let note = format!(
        "{} messages between servers for {begun} operations: 250 for each",
        250 * begun
    );
    assert_eq!(checked.sentences(), [note]);

    // A node that never answers keeps its client for five seconds each time.
    config.concurrency = 1;
    let (_, checked) = scripted::run("echo", &config, |node, line| match kind(line).as_str() {
        "init" => vec![scripted::reply(node, line)],
        _ => vec![],
    });
    let note = "the rate was not reached: clients began 6 of about 300 operations, since all of \
                them were waiting for replies; more clients (--concurrency) begin more";
    assert!(
        checked.sentences().iter().any(|said| said == note),
        "{:?}",
        checked.findings
    );
}

/// All operations that were begun are in one of the counts.
#[test]
fn the_counts_add_up() {
    let folder = Folder::new("counts");
    let output = folder.run(&format!("{INIT}exit 3"), &["--rate", "20"]);
    tells(
        &output,
        1,
        &["1 operations: 0 ok, 0 failed, 0 unknown, 1 not ended; ok-fraction 0"],
    );
}

/// Asks to be woken a nanosecond later, for ever.
struct Restless;

impl Server for Restless {
    type Request = Json;
    type Response = Json;

    async fn handle(&self, request: Json, _from: &NodeId) -> Result<Json> {
        Ok(request)
    }
}

#[test]
fn a_node_in_process_that_never_sleeps_is_ended() {
    let simulated = simulate(&Config::for_nodes(1), &mut Echo, |node: Node| {
        let restless = node.clone();
        drop(node.spawn(async move {
            loop {
                restless.sleep(Duration::from_nanos(1)).await;
            }
        }));
        Restless
    });
    let problem = &simulated.outcome.problems[0];
    assert!(
        problem.what.starts_with("it asked to be woken 100"),
        "{}",
        problem.what
    );
    assert_eq!(simulated.outcome.problems.len(), 1);
}

#[test]
fn which_rules_of_lockstep_a_program_breaks_is_told() {
    let folder = Folder::new("rules");
    let node = folder.node("exec cat >/dev/null");
    let test = |args: &[&str]| {
        workbench(&[&["lockstep-test"], args].concat())
            .output()
            .unwrap()
    };
    let output = test(&["--turn-time", "1", "--bin", node.to_str().unwrap()]);
    let parts = [
        "agree     BROKEN",
        "init      not tried: ",
        "expected: = lockstep, as its first line, before it is told anything",
        "lockstep: 1 rule is BROKEN (workbench/LOCKSTEP.md)",
    ];
    tells(&output, 1, &parts);
    let parts = ["wake      kept: ", "lockstep: no rule is broken"];
    tells(&test(&["-p", "lockstep", "--example", "set"]), 0, &parts);
    tells(&test(&[]), 254, &["--bin <FILE>"]);
}

/// It has no engine itself. Run by Cargo, it would build the one that has; alone, it needs one
/// beside it.
#[test]
fn a_module_is_run_by_the_program_beside_this_one() {
    let folder = Folder::new("module");
    let own = folder.path().join("workbench");
    std::fs::copy(env!("CARGO_BIN_EXE_workbench"), &own).unwrap();
    let by = |runner: Option<&str>, flags: &[&str]| {
        let module = [
            "test",
            "-w",
            "echo",
            "--node-count",
            "1",
            "--bin",
            "node.wasm",
        ];
        Command::new(&own)
            .env_remove("CARGO_PKG_NAME")
            .envs(runner.map(|runner| ("WORKBENCH_WASI", runner)))
            .args(module)
            .args(flags)
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let test = |flags: &[&str]| by(None, flags);
    let missing = "expected workbench-wasi beside this program, which runs WebAssembly modules";
    tells(&test(&[]), 255, &[missing]);
    let missing = "WORKBENCH_WASI: expected the path of workbench-wasi, found no file at nowhere";
    tells(&by(Some("nowhere"), &[]), 255, &[missing]);
    let runner = folder.node("echo \"told: $*\" >&2; exit 3");
    std::fs::rename(runner, folder.path().join("workbench-wasi")).unwrap();
    let told = |before: &str| format!("told: {before}{}/node.wasm", folder.path().display());
    let output = test(&["--", "--eager"]);
    tells(&output, 1, &[&format!("{} --eager", told(""))]);
    std::fs::create_dir(folder.path().join("lib")).unwrap();
    let given = ["--env", "A=1", "--folder", "lib:/usr/lib"];
    let output = test(&given);
    tells(&output, 1, &[&told("--folder lib:/usr/lib --env A=1 ")]);
    let live = "--live is not for WebAssembly modules: they run in virtual time";
    tells(&test(&["--live"]), 255, &[live]);
}
