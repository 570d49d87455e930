//! Programs that know nothing of lockstep and only react, in virtual time.

use std::path::Path;
use std::time::Duration;

use programs::{Clock, Program, Programs};
use simulation::Judged;
use simulation::nemesis::{NodeFault, NodeFaults};
use simulation::run::{self, Config};
use simulation::workload::Workload;
use workloads::broadcast::{Broadcast, Topology};
use workloads::echo::Echo;

use crate::built::{is_here, script};

/// One process for each line: what is asked, by sed, and the answer.
const SHELL: &str = r#"#!/bin/sh
while read -r line; do
    get() { printf '%s' "$line" | sed "s/.*\"$1\":$2.*/\1/"; }
    dest=$(get dest '"\([^"]*\)"') src=$(get src '"\([^"]*\)"') id=$(get msg_id '\([0-9]*\)')
    case $line in
    *'"init"'*) body='"type":"init_ok"' ;;
    *) body="\"type\":\"echo_ok\",\"echo\":$(get echo '\("[^"]*"\)')" ;;
    esac
    echo "{\"src\":\"$dest\",\"dest\":\"$src\",\"body\":{$body,\"in_reply_to\":$id}}"
done
"#;

/// Floods, with a thread beside the one that reads.
const PYTHON: &str = r#"#!/usr/bin/env python3
import json, queue, sys, threading

me, seen, neighbours = None, set(), []
requests = queue.SimpleQueue()

def send(dest, body):
    print(json.dumps({"src": me, "dest": dest, "body": body}), flush=True)

def work():
    global me, neighbours
    while True:
        request = json.loads(requests.get())
        body = request["body"]
        reply = {"type": body["type"] + "_ok", "in_reply_to": body.get("msg_id")}
        if body["type"] == "init":
            me = body["node_id"]
        elif body["type"] == "topology":
            neighbours = body["topology"][me]
        elif body["type"] == "read":
            reply["messages"] = list(seen)
        elif body["message"] not in seen:
            seen.add(body["message"])
            for neighbour in neighbours:
                send(neighbour, {"type": "broadcast", "message": body["message"]})
        if "msg_id" in body:
            send(request["src"], reply)

threading.Thread(target=work, daemon=True).start()
for line in sys.stdin:
    requests.put(line)
"#;

const JAVASCRIPT: &str = r#"#!/usr/bin/env node
let me, neighbours = [];
const seen = new Set();
const send = (dest, body) => console.log(JSON.stringify({ src: me, dest, body }));
require('readline').createInterface({ input: process.stdin }).on('line', async (line) => {
  const { src, body } = JSON.parse(line);
  const reply = { type: `${body.type}_ok`, in_reply_to: body.msg_id };
  if (body.type === 'init') me = body.node_id;
  else if (body.type === 'topology') neighbours = body.topology[me];
  else if (body.type === 'read') reply.messages = [...seen];
  else if (!seen.has(body.message)) {
    seen.add(body.message);
    await null;
    neighbours.forEach((it) => send(it, { type: 'broadcast', message: body.message }));
  }
  if (body.msg_id !== undefined) send(src, reply);
});
"#;

const GO: &str = r#"package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

type message struct {
	Src  string         `json:"src"`
	Dest string         `json:"dest"`
	Body map[string]any `json:"body"`
}

func main() {
	var me string
	var neighbours []any
	var lock sync.Mutex
	seen := []any{}
	send := func(dest string, body map[string]any) {
		line, _ := json.Marshal(message{me, dest, body})
		fmt.Println(string(line))
	}
	handle := func(m message) {
		lock.Lock()
		defer lock.Unlock()
		kind := m.Body["type"].(string)
		reply := map[string]any{"type": kind + "_ok", "in_reply_to": m.Body["msg_id"]}
		switch kind {
		case "init":
			me = m.Body["node_id"].(string)
		case "topology":
			neighbours = m.Body["topology"].(map[string]any)[me].([]any)
		case "read":
			reply["messages"] = seen
		case "broadcast":
			is_new := true
			for _, other := range seen {
				is_new = is_new && other != m.Body["message"]
			}
			if is_new {
				seen = append(seen, m.Body["message"])
				for _, to := range neighbours {
					send(to.(string), map[string]any{"type": kind, "message": m.Body["message"]})
				}
			}
		}
		if m.Body["msg_id"] != nil {
			send(m.Src, reply)
		}
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var m message
		if json.Unmarshal(lines.Bytes(), &m) == nil {
			go handle(m)
		}
	}
}
"#;

/// Runs it; what came of it, or why it was refused.
fn run_once(
    bin: &Path,
    config: &Config,
    workload: &mut dyn Workload,
) -> Result<run::Outcome, String> {
    let logs = tempfile::tempdir().unwrap();
    let program = Program {
        bin: bin.to_owned(),
        args: vec![],
        logs: logs.path().to_owned(),
        disks: logs.path().to_owned(),
        show_stderr: None,
    };
    let host = Programs::start(&program, &config.nodes, Clock::reactive(config));
    let mut host = host.map_err(|e| e.to_string())?;
    let outcome = run::run(config, workload, &mut host, &mut ());
    match host.refused() {
        Some(why) => Err(why.to_owned()),
        None => Ok(outcome),
    }
}

fn config(nodes: usize) -> Config {
    let mut config = Config {
        rate: 20.0,
        time_limit: Duration::from_secs(10),
        ..Config::for_nodes(nodes).seed(7)
    };
    config.network.latency.mean = Duration::from_millis(20);
    config
}

/// Two runs are the same, and valid; and still the same if nodes are killed.
fn repeats(bin: &Path, config: &Config, workload: impl Fn() -> Box<dyn Workload>) {
    let run = |config: &Config| {
        let outcome = run_once(bin, config, &mut *workload()).unwrap();
        Judged::of(&*workload(), config.clone(), outcome)
    };
    let first = run(config);
    assert_eq!(first.checked.sentences(), [""; 0]);
    assert!(first.outcome.history.begun() > 150);
    assert_eq!(first.outcome.history, run(config).outcome.history);

    let struck = Config {
        time_limit: Duration::from_secs(5),
        node_faults: Some(NodeFaults::new(
            [NodeFault::Kill, NodeFault::Pause],
            Duration::from_secs(1),
        )),
        ..config.clone()
    };
    let (first, second) = (run(&struck), run(&struck));
    assert!(!first.outcome.deaths.is_empty());
    assert_eq!(first.outcome.history, second.outcome.history);
}

fn broadcast() -> Box<dyn Workload> {
    Box::new(Broadcast::new(Topology::Grid))
}

#[test]
fn a_script_of_the_shell_repeats() {
    let folder = tempfile::tempdir().unwrap();
    let bin = script(folder.path(), SHELL);
    repeats(&bin, &config(1), || Box::new(Echo));
}

#[test]
fn a_node_in_python_repeats() {
    if is_here("python3", "--version") {
        let folder = tempfile::tempdir().unwrap();
        repeats(&script(folder.path(), PYTHON), &config(3), broadcast);
    }
}

#[test]
fn a_node_in_javascript_repeats() {
    if is_here("node", "--version") {
        let folder = tempfile::tempdir().unwrap();
        repeats(&script(folder.path(), JAVASCRIPT), &config(3), broadcast);
    }
}

#[test]
fn a_node_in_go_repeats() {
    if is_here("go", "version") {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("main.go"), GO).unwrap();
        let built = std::process::Command::new("go")
            .args(["build", "-o", "node", "main.go"])
            .current_dir(folder.path())
            .status();
        assert!(built.unwrap().success());
        repeats(&folder.path().join("node"), &config(3), broadcast);
    }
}

#[test]
fn a_program_with_timers_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    // Which of several calls it is depends on the C library.
    let refused = |text: &str, call: &str| {
        let bin = script(folder.path(), text);
        let why = run_once(&bin, &config(1), &mut Echo).unwrap_err();
        assert!(
            why.contains("one of its threads waits in ") && why.contains(call),
            "{why}"
        );
        assert!(why.contains("leave --reactive out"), "{why}");
    };
    refused(
        "#!/bin/sh\n(while sleep 1; do :; done) &\ncat >/dev/null",
        "nanosleep",
    );
    if is_here("python3", "--version") {
        let script = "import sys, threading\nthreading.Timer(30, print).start()\nsys.stdin.read()";
        refused(&format!("#!/usr/bin/env python3\n{script}"), "futex");
        let script = "import select\nwhile True: select.select([0], [], [], 5)[0] and input()";
        refused(&format!("#!/usr/bin/env python3\n{script}"), "select");
    }
    if is_here("node", "--version") {
        let script = "setInterval(() => {}, 700);\nprocess.stdin.on('data', () => {});";
        refused(&format!("#!/usr/bin/env node\n{script}"), "epoll_");
    }
}

#[test]
fn what_only_lockstep_has_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bin = script(folder.path(), SHELL);
    let config = Config {
        node_faults: Some(NodeFaults::new([NodeFault::Clock], Duration::from_secs(1))),
        ..config(1)
    };
    let why = run_once(&bin, &config, &mut Echo).unwrap_err();
    assert!(why.contains("a reactive one has no clock"), "{why}");
}

/// Of those that ran in real time because they are unaware of lockstep.
#[test]
fn a_program_that_looks_reactive_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let timer = SHELL.replacen("while", "(while sleep 0.2; do :; done) &\nwhile", 1);
    for (text, expected) in [(SHELL, true), (&timer, false)] {
        let program = Program {
            bin: script(folder.path(), text),
            args: vec![],
            logs: folder.path().to_owned(),
            disks: folder.path().to_owned(),
            show_stderr: None,
        };
        let config = Config {
            time_limit: Duration::from_millis(300),
            ..config(1)
        };
        let mut host = Programs::start(&program, &config.nodes, Clock::of(&config)).unwrap();
        run::run(&config, &mut Echo, &mut host, &mut ());
        assert!(simulation::host::Host::is_live(&host));
        assert_eq!(host.looks_reactive(), expected, "{text}");
    }
}
