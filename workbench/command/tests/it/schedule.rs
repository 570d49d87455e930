//! Runs that follow the schedule of another: the same again, and the smallest that fails.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use crate::shell::{Folder, tells, workbench};

/// Goes in lockstep, and answers each echo with what nobody sent.
const WRONG: &str = r#"
read line; echo '= lockstep'
echo '{"src":"n0","dest":"c0","body":{"type":"init_ok","in_reply_to":1}}'
echo '= -'
while read now line; do
  echo "$line" | sed -n 's/.*"src":"\(c[0-9]*\)".*"msg_id":\([0-9]*\).*/{"src":"n0","dest":"\1","body":{"type":"echo_ok","echo":"?","in_reply_to":\2}}/p'
  echo '= -'
done
"#;

fn latest(folder: &Folder) -> PathBuf {
    fs::canonicalize(folder.path().join("store/latest")).unwrap()
}

/// `workbench COMMAND` on a run, or on a schedule.
fn of(command: &str, run: &std::path::Path, flags: &[&str]) -> Output {
    let mut command = workbench(&[command]);
    command.arg(run).args(flags).output().unwrap()
}

#[test]
fn a_run_is_done_again_from_its_schedule() {
    let folder = Folder::new("replay");
    let first = folder.run(WRONG, &["--rate", "20", "--seed", "3"]);
    tells(&first, 1, &["echo: INVALID", "smaller:   ", " shrink "]);
    let run = latest(&folder);
    let output = of("replay", &run, &[]);
    tells(&output, 1, &["echo: INVALID", "repeat it: ", " replay "]);
    let again = latest(&folder);
    assert_ne!(run, again);
    for name in [
        "history.edn",
        "messages.jsonl",
        "results.edn",
        "schedule.jsonl",
    ] {
        let [first, second] = [&run, &again].map(|run| fs::read(run.join(name)).unwrap());
        assert!(first == second, "{name}");
    }

    // Without its operations, nothing is wrong; with another program, it is another run.
    let text = fs::read_to_string(run.join("schedule.jsonl")).unwrap();
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("operation"))
        .collect();
    let edited = folder.path().join("edited.jsonl");
    fs::write(&edited, kept.join("\n")).unwrap();
    tells(&of("replay", &edited, &[]), 2, &["echo: unknown"]);
    let missing = folder.path().join("missing");
    let bin = ["--bin", missing.to_str().unwrap()];
    tells(&of("replay", &run, &bin), 255, &["cannot run"]);
}

#[test]
fn a_run_that_fails_is_made_smaller() {
    let folder = Folder::new("shrink");
    let first = folder.run(WRONG, &["--rate", "20", "--seed", "3"]);
    tells(&first, 1, &["echo: INVALID"]);
    let smallest = "echo: INVALID. The smallest run found: 1 node, 1 operation, 4 messages";
    let shrunk = of("shrink", &latest(&folder), &[]);
    tells(&shrunk, 1, &["made smaller in ", smallest, "as a test: "]);
    let run = latest(&folder);
    let test = fs::read_to_string(run.join("smallest.rs")).unwrap();
    assert!(test.contains("fn the_smallest_run_found()"), "{test}");
    let schedule = fs::read_to_string(run.join("schedule.jsonl")).unwrap();
    assert_eq!(schedule.lines().count(), 2, "{schedule}");
    let page = fs::read_to_string(run.join("index.html")).unwrap();
    assert!(page.contains("The smallest run found: 1 node, 1 operation, 4 messages"));

    // A sweep does so by itself, with other seeds to the same end; unless it is not to.
    let node = folder.node(WRONG);
    let sweep = |flags: &[&str]| {
        let mut command = folder.command(&node);
        command.args(["--node-count", "1", "--time-limit", "1", "--rate", "20"]);
        command
            .args(["--seeds", "5..9"])
            .args(flags)
            .output()
            .unwrap()
    };
    tells(&sweep(&[]), 1, &["INVALID with seed 5, after", smallest]);
    let unshrunk = sweep(&["--shrink=0"]);
    tells(&unshrunk, 1, &["INVALID with seed 5, after", "smaller:   "]);
    assert!(!String::from_utf8_lossy(&unshrunk.stdout).contains("smallest"));
    let left = fs::read_dir(folder.path().join("store")).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(left.into_iter().all(|name| !name.starts_with("shrinking")));
}

#[test]
fn what_has_no_schedule_is_told() {
    let folder = Folder::new("no-schedule");
    let live = format!("{}while read line; do :; done\n", crate::shell::INIT);
    tells(&folder.run(&live, &["--rate", "0"]), 2, &["echo: unknown"]);
    let run = latest(&folder);
    assert!(run.join("history.edn").exists() && !run.join("schedule.jsonl").exists());
    let output = of("replay", &run, &[]);
    tells(&output, 255, &["cannot read", "schedule.jsonl"]);

    let broken = folder.path().join("broken.jsonl");
    fs::write(&broken, "{\"schedule\":1}").unwrap();
    let output = of("shrink", &broken, &[]);
    tells(
        &output,
        255,
        &["broken.jsonl: line 1 of the schedule: column 14: missing field `workload`"],
    );
    let world = r#"{"schedule":1,"workload":"echo","nodes":["n0"],"clients":1,"time-limit":1}"#;
    let stray = r#"{"operation":{"at":0,"client":7,"f":"echo","value":"1"}}"#;
    fs::write(&broken, format!("{world}\n{stray}")).unwrap();
    let output = of("replay", &broken, &["--bin", "/bin/cat"]);
    tells(
        &output,
        254,
        &["schedule: expected clients from 0 to 0, found 7"],
    );
}

/// Four processes with a part each come to what one comes to; and one that was killed goes on.
#[test]
fn a_sweep_in_parts_is_the_same_as_in_one() {
    let folder = Folder::new("shards");
    // It is right now and then: where one operation is begun at all, or none.
    let node = folder.node(&WRONG.replace(r#""echo":"?""#, r#""echo":"Please echo 7""#));
    let sweep = |flags: &[&str]| {
        let mut command = folder.command(&node);
        command.args(["--node-count", "1", "--time-limit", "0.2", "--rate", "3"]);
        command
            .args(["--seeds", "0..40", "--shrink=0"])
            .args(flags)
            .output()
            .unwrap()
    };
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let whole = file("whole.jsonl");
    let said = sweep(&["--results", &whole]);
    tells(
        &said,
        1,
        &["echo: 40 seeds: ", " valid, ", " invalid, ", "\n- "],
    );
    let parts: Vec<String> = (1..=4).map(|part| file(&format!("{part}.jsonl"))).collect();
    for (part, path) in parts.iter().enumerate() {
        let shard = format!("{}/4", part + 1);
        sweep(&["--shard", &shard, "--results", path]);
        let text = fs::read_to_string(path).unwrap();
        assert_eq!(text.lines().count(), 11, "{text}");
    }
    let merged = file("merged.jsonl");
    let page = file("sweep.html");
    let mut command = workbench(&["merge", "--output", &merged, "--page", &page]);
    let output = command.args(&parts).output().unwrap();
    tells(&output, 1, &["echo: 40 seeds: "]);
    let [all, put_together] = [&whole, &merged].map(|path| fs::read_to_string(path).unwrap());
    assert_eq!(all, put_together);
    assert!(fs::read_to_string(&page).unwrap().contains("40 seeds: "));

    // Broken off in the middle of a line.
    let torn = file("torn.jsonl");
    fs::write(&torn, &all[..all.len() / 2]).unwrap();
    sweep(&["--results", &torn]);
    assert_eq!(fs::read_to_string(&torn).unwrap(), all);
    let output = sweep(&["--results", &torn, "--latency", "3"]);
    tells(&output, 255, &["torn.jsonl: it is of another sweep"]);
}
