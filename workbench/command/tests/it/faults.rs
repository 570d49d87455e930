//! What a person is told about a node that is broken: which node, what it did,
//! its last words. And the run always comes to an end.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::shell::{Folder, INIT, is_running, tells, workbench};
use simulation::run;
use specimens::scripted::{self, reply};

#[test]
fn a_binary_that_cannot_be_run() {
    let folder = Folder::new("cannot-run");
    let missing = folder.path().join("missing");
    tells(
        &folder.test(&missing, &[]),
        255,
        &[
            "cannot run",
            "missing",
            "expected the path of an executable",
        ],
    );
    let node = folder.node("");
    fs::set_permissions(&node, fs::Permissions::from_mode(0o644)).unwrap();
    let output = folder.test(&node, &[]);
    tells(&output, 255, &["cannot run", "is it executable?"]);
    let node = folder.node("");
    fs::write(&node, "#!/no/such/interpreter\n").unwrap();
    let output = folder.test(&node, &[]);
    tells(
        &output,
        255,
        &["the interpreter that its first line names is missing"],
    );
    tells(&folder.test(folder.path(), &[]), 255, &["cannot run"]);
}

#[test]
fn a_node_that_crashes() {
    let folder = Folder::new("crashes");
    let node = folder.node(&format!("{INIT}echo 'what a pity' >&2\nexit 3\n"));
    let output = folder.test(&node, &[]);
    tells(
        &output,
        1,
        &["echo: INVALID", "node n0", "exit status 3", "| what a pity"],
    );
    let log = fs::read_to_string(folder.path().join("store/latest/node-logs/n0.log")).unwrap();
    assert_eq!(log, "what a pity\n");

    let node = folder.node("echo 'no such file' >&2\nkill -9 $$\n");
    let output = folder.test(&node, &[]);
    tells(&output, 1, &["killed by signal 9", "| no such file"]);
}

#[test]
fn a_node_that_prints_garbage_is_not_listened_to_any_more() {
    let folder = Folder::new("garbage");
    let node = folder.node(&format!(
        "echo 'starting up' >&2\n{INIT}echo 'got a message!'\ncat >/dev/null\n"
    ));
    tells(
        &folder.test(&node, &["--rate", "20"]),
        1,
        &[
            "node n0",
            "got a message!",
            "Logs belong on stderr",
            "| starting up",
            "not one echo succeeded",
        ],
    );
}

#[test]
fn a_node_that_writes_to_nobody() {
    let folder = Folder::new("nobody");
    let node = folder.node(&format!(
        "{INIT}echo '{{\"src\":\"n0\",\"dest\":\"n7\",\"body\":{{\"type\":\"hello\"}}}}'\ncat >/dev/null\n"
    ));
    tells(
        &folder.test(&node, &[]),
        1,
        &[
            "node n0",
            r#"dest "n7" is not on the network"#,
            r#""type":"hello""#,
        ],
    );
}

#[test]
fn a_node_that_answers_init_with_an_error() {
    let folder = Folder::new("init-error");
    let node = folder.node(
        "read line\necho '{\"src\":\"n0\",\"dest\":\"c0\",\"body\":{\"type\":\"error\",\"code\":13,\"in_reply_to\":1}}'\ncat >/dev/null\n",
    );
    let output = folder.test(&node, &[]);
    tells(&output, 1, &["node n0", "expected init_ok"]);
}

#[test]
fn a_node_that_hangs_leaves_no_process_behind() {
    let folder = Folder::new("hangs");
    // Neither reads nor heeds signals, and has a child.
    let marker = format!("86{}", std::process::id());
    let node = folder.node(&format!("trap '' INT TERM HUP\n{INIT}sleep {marker}\n"));
    tells(&folder.test(&node, &[]), 1, &["not one echo succeeded"]);
    assert!(!is_running(&format!("sleep {marker}")));
}

#[test]
fn an_interrupt_ends_the_run_and_its_nodes() {
    let folder = Folder::new("interrupt");
    let node = folder.node(&format!("{INIT}exec sleep 60\n"));
    let child = (folder.command(&node))
        .args(["--node-count", "1", "--time-limit", "60"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Once the node has its log, the handler is in place.
    let log = folder.path().join("store/current/node-logs/n0.log");
    while !log.exists() {
        std::thread::yield_now();
    }
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    tells(&output, 130, &["interrupted"]);
    assert!(folder.path().join("store/latest/results.edn").exists());
}

#[test]
fn a_store_that_cannot_be_written_is_known_before_the_run() {
    let folder = Folder::new("store");
    let node = folder.node("touch \"$0.ran\"\n");
    fs::write(folder.path().join("store"), "a file").unwrap();
    let output = folder.test(&node, &[]);
    tells(&output, 255, &["cannot make", "store/echo"]);
    assert!(!folder.path().join("node.ran").exists());
}

#[test]
fn flags_that_make_no_sense_are_usage_errors() {
    let folder = Folder::new("usage");
    let node = folder.node("");
    let bin = node.to_str().unwrap();
    for (args, part) in [
        (
            ["-w", "nonsense"],
            "expected one of broadcast, echo, g-counter, g-set, ",
        ),
        (
            ["--availability", "1.5"],
            "expected 'total' or a number from 0 to 1",
        ),
        (["--nemesis", "earthquake"], "partition"),
        (["--latency-dist", "odd"], "constant, uniform, exponential"),
        (
            ["--consistency-models", "serializable , read-comitted"],
            "\"read-comitted\" is no consistency model; expected some of 1SR, ",
        ),
        (["--such-flag", "1"], "--such-flag"),
        (["--package", "echo"], "cannot be used with"),
        (["--example", "e"], "cannot be used with"),
        (["-w", "lin-kv"], "pass --concurrency 2n, 4n, 6n, ..."),
    ] {
        let mut command = workbench(&["test", "--bin", bin]);
        command.args(args);
        if args[0] != "-w" {
            command.args(["-w", "echo"]);
        }
        tells(&command.output().unwrap(), 254, &[part]);
    }
}

fn two_nodes(answer: impl FnMut(usize, &str) -> Vec<String>) -> run::Outcome {
    scripted::run("echo", &scripted::two_nodes(), answer).0
}

#[test]
fn a_node_that_never_answers_init() {
    let outcome = two_nodes(|node, line| match node {
        0 => vec![reply(node, line)],
        _ => vec![],
    });
    assert_eq!(outcome.history.ops().len(), 0);
    let problem = &outcome.problems[0];
    assert_eq!(problem.node, "n1");
    assert_eq!(
        problem.what,
        "no answer to init within 10 s. It wrote nothing at all to stdout"
    );
    assert_eq!(problem.last_words, ["I am 1"]);
    assert_eq!(outcome.problems.len(), 1);
}

#[test]
fn operations_of_a_silent_node_time_out_and_their_processes_are_replaced() {
    let outcome = two_nodes(|node, line| match node == 0 || line.contains("init") {
        true => vec![reply(node, line)],
        false => vec![],
    });
    assert!(outcome.problems.is_empty());
    let mut text = Vec::new();
    outcome.history.write_text(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    // Client 1 talks to n1, and so do 3, 5, ... which take its place.
    for process in [1, 3, 5, 7] {
        assert!(text.contains(&format!("{process}\t:info\t:echo")), "{text}");
    }
    assert!(!text.contains("1\t:ok"), "{text}");
    let ok = text.matches(":ok").count();
    assert!((200..400).contains(&ok), "{ok} of about 300 operations");
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let histories = [0, 1].map(|_| two_nodes(|node, line| vec![reply(node, line)]).history);
    assert_eq!(histories[0], histories[1]);
    assert!(histories[0].ops().len() > 400);
}

/// In real time a seed does not give the same run again: what was seen once counts.
#[test]
fn a_failure_in_real_time_is_not_taken_back() {
    let folder = Folder::new("flaky");
    let flag = folder.path().join("flag");
    let flag = flag.display();
    let node = folder.node(&format!(
        "{INIT}if [ ! -e {flag} ]; then touch {flag}; echo gone >&2; exit 3; fi\ncat >/dev/null"
    ));
    let output = folder.test(&node, &["--seeds", "5..6", "--rate", "1"]);
    tells(
        &output,
        1,
        &[
            "echo: INVALID with seed 5, after 1 seeds",
            "run it again: ",
            "--seed 5",
        ],
    );
    let kept =
        |name: &str| fs::read_to_string(folder.path().join("store/latest").join(name)).unwrap();
    assert!(kept("summary.json").contains(r#""verdict": "invalid""#));
    assert!(kept("index.html").contains("<span class=\"verdict\">invalid</span>"));
    let list = fs::read_to_string(folder.path().join("store/index.html")).unwrap();
    assert!(list.contains("invalid"), "{list}");
}

/// A run that went wrong has a page that says so, and how to do it again.
#[test]
fn a_run_has_a_page() {
    let folder = Folder::new("page");
    let node = folder.node(&format!("{INIT}echo 'I am <done>' >&2; exit 3"));
    folder.test(&node, &["--seed", "7", "--test-count", "2"]);
    let page = fs::read_to_string(folder.path().join("store/latest/index.html")).unwrap();
    for part in [
        "<title>invalid: echo, seed 7</title>",
        "I am &lt;done&gt;",
        "clock</dt><dd>real",
        "data-node=\"n0\"",
        "--seed 7</code>",
        "<a href=\"messages.jsonl\">",
    ] {
        assert!(page.contains(part), "{part} is not in the page");
    }
    assert!(!page.contains("--test-count"));
}
