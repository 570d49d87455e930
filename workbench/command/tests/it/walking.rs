//! Walking through a run: it stands still at a moment, and says what is under way.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::shell::{Folder, said, tells, workbench};

/// Goes in lockstep, answers each echo, and notes it to n1.
const NOTES: &str = r#"
read line
src=$(echo "$line" | sed 's/.*"src":"\([^"]*\)".*/\1/')
me=$(echo "$line" | sed 's/.*"node_id":"\([^"]*\)".*/\1/')
id=$(echo "$line" | sed 's/.*"msg_id":\([0-9]*\).*/\1/')
echo '= lockstep'
echo '{"src":"'$me'","dest":"'$src'","body":{"type":"init_ok","in_reply_to":'$id'}}'
echo '= -'
while read now line; do
  case "$line" in *'"echo"'*)
    echo '{"src":"'$me'","dest":"n1","body":{"type":"note"}}'
    echo "$line" | sed 's/"src":"\([^"]*\)","dest":"\([^"]*\)"/"src":"\2","dest":"\1"/; s/"type":"echo"/"type":"echo_ok"/; s/"msg_id"/"in_reply_to"/; s/"id":[0-9]*,//'
  esac
  echo '= -'
done
"#;

/// Two notes are under way when the second would be dropped.
const SCHEDULE: &str = r#"{"schedule":1,"workload":"echo","nodes":["n0","n1"],"clients":1,"time-limit":1,"partitions":true}
{"operation":{"at":0.1,"client":0,"f":"echo","value":"\"one\""}}
{"operation":{"at":0.15,"client":0,"f":"echo","value":"\"two\""}}
{"message":{"from":"n0","to":"n1","nth":0,"takes":[0.25]}}
{"message":{"from":"n0","to":"n1","nth":1,"takes":[0.25]}}
{"partition":{"at":0.2,"shape":"one","cut":[["n0","n1"]]}}
"#;

/// What is said of it in between.
const STOPPED: &str = r#"at 0.300000 s, before anything of that moment:
n0
  did last:
    0.150000 s received {"id":7,"src":"c2","dest":"n0","body":{"echo":"two","msg_id":2,"type":"echo"}}
    0.150000 s sent {"id":8,"src":"n0","dest":"n1","body":{"type":"note"}}
    0.150000 s sent {"id":9,"src":"n0","dest":"c2","body":{"echo":"two","in_reply_to":2,"type":"echo_ok"}}
  inbox: nothing is under way
n1
  did last:
    nothing in the main phase
  inbox: 2 messages are under way, due at
    0.349000 s {"id":5,"src":"n0","dest":"n1","body":{"type":"note"}}
    0.400000 s {"id":8,"src":"n0","dest":"n1","body":{"type":"note"}} (the partition drops it)
"#;

/// A replay of that with these flags, its store in the folder.
fn replay(folder: &Folder, script: &str, flags: &[&str]) -> Command {
    let schedule = folder.path().join("schedule.jsonl");
    fs::write(&schedule, SCHEDULE).unwrap();
    let mut command = workbench(&["replay"]);
    command.arg(schedule).args(flags).arg("--bin");
    command.arg(folder.node(script)).arg("--store");
    command.arg(folder.path().join("store"));
    command
}

fn replayed(folder: &Folder, flags: &[&str]) -> Output {
    replay(folder, NOTES, flags).output().unwrap()
}

fn latest(folder: &Folder) -> PathBuf {
    fs::canonicalize(folder.path().join("store/latest")).unwrap()
}

#[test]
fn a_run_stops_at_a_moment_and_says_what_is_under_way() {
    let folder = Folder::new("until");
    let stopped = replayed(&folder, &["--until", "300ms"]);
    tells(&stopped, 0, &[""]);
    assert_eq!(said(&stopped), STOPPED);
    // It is not judged, and nothing is kept of it.
    let left = fs::read_dir(folder.path().join("store/echo"));
    assert_eq!(left.map_or(0, Iterator::count), 0);

    // At the moment itself, it has not happened; a nanosecond later it has.
    let until = |at: &str| said(&replayed(&folder, &["--until", at, "--node", "n1"]));
    assert!(until("0.349s").contains("nothing in the main phase"));
    let later = until("0.349000001s");
    assert!(later.contains("0.349000 s received"), "{later}");
    assert!(!later.contains("n0\n"), "{later}");
}

/// A node that shows how many echoes it has answered, if it is asked.
#[test]
fn a_state_is_shown_where_a_run_stops() {
    let folder = Folder::new("states");
    let counts = NOTES.replace(
        "  esac\n",
        "    n=$((n + 1))\n  esac\n  echo '= state {\"term\":1,\"echoes\":'$((n))'}'\n",
    );
    let said = |flags: &[&str]| said(&replay(&folder, &counts, flags).output().unwrap());
    let node = ["--until", "0.2s", "--node", "n0"];
    let told = said(&node);
    let state = "sent {\"id\":9,\"src\":\"n0\",\"dest\":\"c2\",\"body\":{\"echo\":\"two\",\"in_reply_to\":2,\
                 \"type\":\"echo_ok\"}}\n  state:\n    echoes: 2\n    term: 1\n  inbox: nothing";
    assert!(told.contains(state), "{told}");
    // The run is the same as one in which nothing is shown, and its events have what changed.
    tells(&replayed(&folder, &[]), 0, &["echo: valid"]);
    let plain = fs::read(latest(&folder).join("messages.jsonl")).unwrap();
    assert!(said(&[]).contains("echo: valid"));
    assert!(plain == fs::read(latest(&folder).join("messages.jsonl")).unwrap());
    let events = fs::read_to_string(latest(&folder).join("events.jsonl")).unwrap();
    let states: Vec<&str> = events
        .lines()
        .filter(|line| line.contains("state"))
        .collect();
    assert_eq!(states.len(), 3, "{events}"); // n1 is asked nothing but notes
    assert!(
        states[1].ends_with(
            r#""event":"state","node":0,"changes":[{"op":"replace","path":"/echoes","value":2}]}"#
        ),
        "{states:?}"
    );

    // What is no JSON is no state.
    let wrong = counts.replace("= state {", "= state is {");
    let refused = replay(&folder, &wrong, &[]).output().unwrap();
    tells(
        &refused,
        1,
        &["expected its state as JSON, found \"= state is {"],
    );
}

#[test]
fn a_process_is_left_standing_for_a_debugger() {
    let folder = Folder::new("attach");
    tells(&replayed(&folder, &[]), 0, &["echo: valid"]);
    let plain = fs::read(latest(&folder).join("messages.jsonl")).unwrap();

    let flags = ["--until", "0.3s", "--node", "n1", "--attach"];
    let mut command = replay(&folder, NOTES, &flags);
    let mut running = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    let told = loop {
        let line = next();
        if line.contains("gdb -p") {
            break line;
        }
    };
    assert!(next().ends_with("Enter to go on"));
    let id = told.split("gdb -p ").nth(1).unwrap();
    let id = id.split(',').next().unwrap();
    let process = Command::new("ps")
        .args(["-o", "stat=,args=", "-p", id])
        .output();
    let process = said(&process.unwrap());
    // It sleeps, in a read, and is the node.
    assert!(process.starts_with('S'), "{told}: {process}");
    assert!(process.contains("/node"), "{told}: {process}");

    running.stdin.take().unwrap().write_all(b"\n").unwrap();
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(
        rest.iter().any(|line| line.starts_with("echo: valid")),
        "{rest:?}"
    );
    assert_eq!(running.wait().unwrap().code(), Some(0));
    let walked = fs::read(latest(&folder).join("messages.jsonl")).unwrap();
    assert!(plain == walked);
}

/// Says on its stderr what it is told, with what it is to log, once that is set; of a note only half
/// of a line.
fn logging() -> String {
    let said = NOTES.replace(
        "read now line; do",
        "read now line; do\n  [ -z \"$RUST_LOG\" ] || case \"$line\" in \
         *note*) printf 'half a line ' >&2;; *) echo \"$me ($RUST_LOG) at $now\" >&2; esac",
    );
    assert_ne!(said, NOTES);
    said
}

#[test]
fn a_node_says_what_it_logs_at_a_moment() {
    let folder = Folder::new("log");
    let logged = |flags: &[&str]| {
        let mut command = replay(&folder, &logging(), flags);
        command.env_remove("RUST_LOG").output().unwrap()
    };
    tells(&logged(&[]), 0, &["echo: valid"]);
    let plain = fs::read(latest(&folder).join("messages.jsonl")).unwrap();

    let listen = ["--until", "0.3s", "--node", "n0", "--log", "debug"];
    let log = said(&logged(&listen));
    let begins = "n0 logs:
    0.100000 s n0 (debug) at 100000000
    0.150000 s n0 (debug) at 150000000
at 0.300000 s, before anything of that moment:
n0
  did last:
";
    assert!(log.starts_with(begins), "{log}");
    let from = |from| said(&logged(&[&listen[..], &["--from", from]].concat()));
    // The moment itself is among them, and one behind it is not.
    assert!(from("0.1s").contains("0.100000 s n0"));
    let later = from("0.1000001s");
    assert!(
        later.starts_with("n0 logs:\n    0.150000 s n0 (debug)"),
        "{later}"
    );
    let none = from("0.2s");
    let nothing =
        "n0 logged nothing between 0.200000 s and 0.300000 s: it was told RUST_LOG=debug, ";
    assert!(none.starts_with(nothing), "{none}");

    // Half a line is none yet, and nobody waits for the rest. The other nodes are not told.
    let attach = [
        "--until", "0.9s", "--node", "n1", "--log", "debug", "--attach",
    ];
    let attached = logged(&attach);
    tells(
        &attached,
        0,
        &["n1 logged nothing between 0", "echo: valid"],
    );
    let walked = fs::read(latest(&folder).join("messages.jsonl")).unwrap();
    assert!(plain == walked);
    let logs = ["n0", "n1"].map(|node| folder.read(&format!("store/latest/node-logs/{node}.log")));
    assert_eq!(logs, ["", "half a line "]);
}

#[test]
fn a_moment_that_does_not_come_is_told() {
    let folder = Folder::new("until-never");
    for (flags, status, why) in [
        (
            &["--until", "2s"][..],
            255,
            "--until 2.000000 s: expected a moment before the end of the run, at about 1.000000 s",
        ),
        (
            &["--until", "2"],
            254,
            "expected a time above 0 with its unit, such as 3.2s or 3200ms",
        ),
        (
            &["--until", "1s", "--node", "n7"],
            255,
            "--node: expected one of n0, n1, found n7",
        ),
        (&["--until", "1s", "--attach"], 254, "--node <NAME>"),
        (&["--node", "n1"], 254, "--until <TIME>"),
        (&["--until", "1s", "--log", "debug"], 254, "--node <NAME>"),
        (&["--from", "1s"], 254, "--log <FILTER>"),
        (
            &[
                "--until", "1s", "--node", "n1", "--log", "debug", "--from", "1s",
            ],
            255,
            "--from 1s: expected a moment before --until 1s",
        ),
        (
            &[
                "--until",
                "1s",
                "--node",
                "n1",
                "--log",
                "debug",
                "--reactive",
            ],
            255,
            "--log is for nodes in lockstep",
        ),
    ] {
        tells(&replayed(&folder, flags), status, &[why]);
    }
    let live = NOTES
        .replace("echo '= lockstep'\n", "")
        .replace("echo '= -'\n", "");
    let live = live.replace("read now line", "read line");
    let live = replay(&folder, &live, &["--until", "0.3s"])
        .output()
        .unwrap();
    tells(
        &live,
        255,
        &["--until is for virtual time", "workbench/LOCKSTEP.md"],
    );
}
