//! What is kept of a run, where Maelstrom keeps it: its log, its results, a folder for
//! each key, and the links to it.

use specimens::scripted;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::shell::{self, Folder};
use history::History;
use history::edn;
use serde_json::json;
use simulation::recording::Recording;
use simulation::run::Config;
use simulation::{Judged, Limits};
use workbench::store::Store;

/// Registers on one node, of which that of key 1 shows what nobody wrote.
fn keep_registers(store: &mut Store) {
    let config = Config {
        rate: 40.0,
        time_limit: Duration::from_secs(5),
        concurrency: 4,
        partitions: Some(Duration::from_secs(1)),
        ..Config::for_nodes(1).seed(1)
    };
    let mut values = BTreeMap::new();
    let (outcome, checked) = scripted::run("lin-kv", &config, |node, line| {
        let request = scripted::body(line);
        let key = request["key"].as_i64().unwrap_or(0);
        let value = values.entry(key).or_insert(json!(null));
        let fields = match (&*scripted::kind(line), key) {
            ("read", 0) => json!({"value": value}),
            ("read", _) => json!({"value": 99}),
            ("write", 0) => {
                *value = request["value"].clone();
                json!({})
            }
            ("cas", 0) if request["from"] == *value => {
                *value = request["to"].clone();
                json!({})
            }
            ("cas", _) => {
                let error = scripted::reply_with(node, line, json!({"code": 22, "text": "no"}));
                return vec![error.replace("cas_ok", "error")];
            }
            _ => json!({}),
        };
        vec![scripted::reply_with(node, line, fields)]
    });
    let run = Judged {
        workload: "lin-kv",
        config,
        virtual_time: true,
        outcome,
        recording: Recording::default(),
        checked,
        limits: Limits::default(),
    };
    let summary = run.summary("2026-01-31T12:00:00+01:00".into(), "workbench test".into());
    store.log("valid? false");
    store.folder().write_history(&run.outcome.history).unwrap();
    store.keep(&run.kept(&summary)).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn each_key_of_lin_kv_has_a_folder() {
    let root = Folder::new("independent");
    let mut store = Store::create(root.path(), "lin-kv").unwrap();
    keep_registers(&mut store);
    store.folder().journal().unwrap().flush().unwrap();
    let run = store.folder().path();
    assert_eq!(
        names(run).join(" "),
        "anomalies events.jsonl findings.json history.edn history.txt independent index.html jepsen.log latency-quantiles.svg \
         latency-raw.svg messages-in-flight.svg messages.jsonl messages.svg node-logs rate.svg \
         results.edn results.json schedule.jsonl summary.json timeline.html"
    );
    assert_eq!(names(&run.join("independent")), ["0", "1"]);
    let read = |name: &str| fs::read_to_string(run.join(name)).unwrap();
    let results = edn::read(&read("results.edn")).unwrap();
    let by_key = results.get("workload").and_then(|w| w.get("results"));
    let by_key = by_key.unwrap().to_json();
    let (mut ops, mut faults) = (0, 0);
    for (key, valid) in [("0", true), ("1", false)] {
        let folder = format!("independent/{key}");
        assert_eq!(
            names(&run.join(&folder)),
            ["history.edn", "results.edn", "timeline.html"]
        );
        let results = edn::read(&read(&format!("{folder}/results.edn"))).unwrap();
        assert_eq!(results.to_json(), by_key[key]);
        assert_eq!(results.to_json()["valid?"], valid);
        let history = History::read(&read(&format!("{folder}/history.edn"))).unwrap();
        let clients = history.clients().count();
        assert!(clients > 100, "{clients}");
        assert!(
            history
                .clients()
                .all(|(_, op)| op.f == "cas" || op.value.items().is_none())
        );
        ops += clients;
        faults += history.ops().len() - clients;
        assert!(read(&format!("{folder}/timeline.html")).contains(&format!("lin-kv, key {key}")));
    }
    // Each operation is under one key, each fault under both.
    let history = History::read(&read("history.edn")).unwrap();
    let clients = history.clients().count();
    assert_eq!(ops, clients);
    assert_eq!(faults, 2 * (history.ops().len() - clients));
    assert!(faults > 8, "{faults}");
}

#[test]
fn links_lead_to_the_run_that_goes_on_and_to_the_last_that_ended() {
    let root = Folder::new("links");
    let led = |link: &str| fs::read_link(root.path().join(link)).ok();
    let mut first = Store::create(root.path(), "lin-kv").unwrap();
    let at =
        |store: &Store| PathBuf::from("lin-kv").join(store.folder().path().file_name().unwrap());
    assert_eq!((led("current"), led("latest")), (None, None));
    first.link_current().unwrap();
    assert_eq!((led("current"), led("latest")), (Some(at(&first)), None));
    keep_registers(&mut first);
    let second = Store::create(root.path(), "lin-kv").unwrap();
    second.link_current().unwrap();
    assert_eq!(led("current"), Some(at(&second)));
    assert_eq!(led("latest"), Some(at(&first)));
    assert_eq!(
        led("lin-kv/latest"),
        first.folder().path().file_name().map(PathBuf::from)
    );
    let log = fs::read_to_string(root.path().join("latest/jepsen.log")).unwrap();
    assert!(log.ends_with("valid? false\n"), "{log}");
}

/// No file can be longer than 4 KiB, as on a disk that is nearly full.
#[test]
fn a_full_disk_keeps_the_verdict_from_nobody() {
    let folder = Folder::new("full-disk");
    let node = folder.node(&format!("{}exit 3\n", shell::INIT));
    for seeds in [&["--seeds", "5..6"][..], &[]] {
        let test = folder.command(&node);
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"]);
        command.arg(test.get_program()).args(test.get_args());
        command
            .args(["--node-count", "1", "--time-limit", "1"])
            .args(seeds)
            .env("LONGER_THAN_A_FILE_CAN_BE", "x".repeat(100_000));
        let output = command.output().unwrap();
        shell::tells(
            &output,
            1,
            &["echo: INVALID", "exit status 3", "cannot write"],
        );
    }
    // What fits is there.
    let results = folder.read("store/latest/results.edn");
    assert!(
        results.contains("it ended by itself during the test: exit status 3"),
        "{results}"
    );
}

/// As by the runs of `--seeds`, and by several commands at a time.
#[test]
fn links_are_made_by_many_at_once() {
    let root = Folder::new("many-links");
    let stores: Vec<Store> = (0..8)
        .map(|_| Store::create(root.path(), "echo").unwrap())
        .collect();
    std::thread::scope(|scope| {
        for store in &stores {
            scope.spawn(|| (0..200).for_each(|_| store.link_current().unwrap()));
        }
    });
    assert!(root.path().join("current/node-logs").exists());
    assert_eq!(names(root.path()), ["current", "echo"]);
}

/// What `workbench page` is for: the folder has all of a run that its page shows.
#[test]
fn a_page_is_made_again_from_what_a_folder_holds() {
    let folder = Folder::new("page");
    let script = format!("{}exit 3\n", shell::INIT);
    folder.run(&script, &[]);
    let (run, page) = ("store/latest", "store/latest/index.html");
    let first = folder.read(page);
    assert!(first.contains("exit status 3"));
    for name in ["index.html", "rate.svg", "messages.svg", "timeline.html"] {
        fs::remove_file(folder.path().join(run).join(name)).unwrap();
    }
    let path = folder.path().join(run);
    let output = shell::workbench(&["page", path.to_str().unwrap()]).output();
    shell::tells(&output.unwrap(), 0, &["store/latest/index.html\n"]);
    assert!(folder.read(page) == first);
    fs::remove_file(path.join("events.jsonl")).unwrap();
    let output = shell::workbench(&["page", path.to_str().unwrap()]).output();
    shell::tells(&output.unwrap(), 255, &["cannot read", "events.jsonl"]);
}

/// Answers what it is asked, an echo, in real time.
const ECHO: &str = r#"
read line
echo '{"src":"n0","dest":"c0","body":{"type":"init_ok","in_reply_to":1}}'
while read line; do
  echo "$line" | sed -n 's/.*"src":"\(c[0-9]*\)".*"echo":\("[^"]*"\).*"msg_id":\([0-9]*\).*/{"src":"n0","dest":"\1","body":{"type":"echo_ok","echo":\2,"in_reply_to":\3}}/p'
done
"#;

#[test]
#[expect(clippy::disallowed_methods, reason = "the run is in real time, too")]
fn a_run_that_goes_on_can_be_watched() {
    let folder = Folder::new("going");
    let mut command = folder.command(&folder.node(ECHO));
    command.args([
        "--live",
        "--node-count",
        "1",
        "--time-limit",
        "4",
        "--rate",
        "5",
    ]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut seen = String::new();
    while child.try_wait().unwrap().is_none() {
        let page = folder.read("store/current/index.html");
        if page.contains("http-equiv=\"refresh\"") {
            seen = page;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(seen.contains("goes on</span>"), "{seen}");
    assert!(
        seen.contains(" operations begun, ") && seen.contains("echo"),
        "{seen}"
    );
    let page = folder.read("store/current/index.html");
    assert!(
        page.contains("<title>valid: echo, ") || page.contains("<title>invalid: echo, "),
        "{page}"
    );
    assert!(!page.contains("http-equiv=\"refresh\""));
    assert!(!folder.path().join("store/current/index.html.new").exists());
}
