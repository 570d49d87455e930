//! Where the workbench differs from Maelstrom on purpose. The list is in the README,
//! and each entry there names the tests that show it: those here, with tiny nodes, and
//! some of other files. (Where both are the same is in `maelstrom.rs`.)

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use history::{History, OpType};
use serde_json::{Value as Json, json};
use simulation::judge;
use simulation::run::Outcome;
use specimens::scripted::{body, kind, reply, reply_with, run, two_nodes};
use verdict::{Checked, Rules, Validity};

/// The names of the tests in a file's text.
fn tests(text: &str) -> impl Iterator<Item = &str> {
    let text = text.split("#[test]").skip(1);
    let text = text.filter_map(|rest| rest.trim_start().strip_prefix("fn "));
    text.filter_map(|rest| rest.split_once('(').map(|(name, _)| name))
}

/// The entries of the list in the README, and the tests that each names at its end.
fn entries(readme: &str) -> Vec<(String, Vec<String>)> {
    let (_, list) = readme
        .split_once("\n## Differences from Maelstrom\n")
        .unwrap();
    let list = list.split("\n## ").next().unwrap();
    let entries = list.split("\n- ").skip(1);
    let entries = entries.map(|entry| {
        let entry = entry.split("\n\n").next().unwrap();
        let entry = entry.split_whitespace().collect::<Vec<_>>().join(" ");
        let brackets = entry.split('(').skip(1);
        let brackets = brackets.filter_map(|rest| Some(rest.split_once(')')?.0));
        let names = brackets.flat_map(|names| names.split(", "));
        let names = names.filter_map(|name| name.strip_prefix('`')?.strip_suffix('`'));
        let names = names.map(str::to_owned).collect();
        (entry, names)
    });
    entries.collect()
}

/// All that is written in Rust below a folder.
fn texts(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(self::texts(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            texts.push(fs::read_to_string(&path).unwrap());
        }
    }
    texts
}

#[test]
fn the_list_in_the_readme_is_that_of_the_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(folder.join("../README.md")).unwrap();
    let texts = texts(&folder.join(".."));
    let known: BTreeSet<&str> = texts.iter().flat_map(|text| tests(text)).collect();
    let entries = entries(&readme);
    assert!(entries.len() > 8, "{entries:?}");
    for (entry, names) in &entries {
        assert!(!names.is_empty(), "no test: {entry}");
        for name in names {
            assert!(known.contains(&**name), "{name} is no test: {entry}");
        }
    }
    let named: BTreeSet<&str> = entries
        .iter()
        .flat_map(|(_, names)| names.iter().map(String::as_str))
        .collect();
    let here = tests(include_str!("differences.rs")).filter(|name| !name.starts_with("the_list"));
    let missing: Vec<&str> = here.filter(|name| !named.contains(name)).collect();
    assert_eq!(missing, [""; 0], "not in the README");
}

/// Echo nodes, the first of which also writes this after its first echo.
fn says(line: &str) -> (Outcome, Checked) {
    let mut to_say = Some(line.to_owned());
    run("echo", &two_nodes(), |node, line| {
        let mut said = vec![reply(node, line)];
        if node == 0 && kind(line) == "echo" {
            said.extend(to_say.take());
        }
        said
    })
}

/// Maelstrom warns, stops listening to the node, and may well call the run valid.
#[test]
fn a_wrong_line_makes_a_run_invalid() {
    for (line, expected) in [
        ("got a message!", "Logs belong on stderr"),
        ("", "Logs belong on stderr"),
        (r#"{"src":"n0","dest":"n1","body":{}} {}"#, "is no message"),
        (
            r#"{"src":"n0","dest":"n1","body":{},"ttl":3}"#,
            "\"ttl\" is no key of a message",
        ),
        (
            r#"{"src":"n0","dest":"n9","body":{}}"#,
            "dest \"n9\" is not on the network",
        ),
    ] {
        let (outcome, checked) = says(line);
        assert_eq!(checked.valid, Validity::Invalid, "{line}");
        let [problem] = &outcome.problems[..] else {
            panic!("{line}: {:?}", outcome.problems);
        };
        assert_eq!(problem.node, "n0");
        assert!(problem.what.contains(expected), "{}", problem.what);
        assert!(problem.what.contains(line), "{}", problem.what);
        // Nor is it listened to here: its clients wait in vain.
        let ops = outcome.history.ops().iter();
        let unknown = ops.filter(|op| op.typ == OpType::Info).count();
        assert!(unknown > 3, "{line}: {unknown}");
    }
}

/// Sets that lose nothing, but show an element twice and one that nobody added.
#[test]
fn what_jepsen_lets_pass_is_told() {
    let mut known: Vec<Json> = Vec::new();
    let (outcome, checked) = run("g-set", &two_nodes(), |node, line| {
        vec![match &*kind(line) {
            "read" => {
                let twice = known.iter().take(1).cloned();
                let shown: Vec<Json> = known
                    .iter()
                    .cloned()
                    .chain(twice)
                    .chain([json!("x")])
                    .collect();
                reply_with(node, line, json!({"value": shown}))
            }
            other => {
                if other == "add" {
                    known.push(body(line)["element"].take());
                }
                reply_with(node, line, json!({}))
            }
        }]
    });
    assert_eq!(checked.valid, Validity::Invalid);
    assert_eq!(as_maelstrom("g-set", &outcome).valid, Validity::Valid);
    let [invented, repeated, ..] = &checked.sentences()[..] else {
        panic!("{:?}", checked.findings);
    };
    assert!(
        invented.contains("nobody had begun to add it"),
        "{invented}"
    );
    assert!(repeated.contains("more than once"), "{repeated}");
}

/// The verdict of Maelstrom v0.2.4.
fn as_maelstrom(workload: &str, outcome: &Outcome) -> Checked {
    let workload = workloads::find(workload, &workloads::Options::default()).unwrap();
    judge::history(&*workload, &outcome.history, None, Rules::Maelstrom)
}

/// Transactions of which every read shows what nobody wrote.
fn garbage(workload: &str, shown: &Json) -> (Outcome, Checked) {
    run(workload, &two_nodes(), |node, line| {
        let mut steps = body(line)["txn"].take();
        for step in steps.as_array_mut().into_iter().flatten() {
            if step[0] == "r" {
                step[2] = shown.clone();
            }
        }
        let fields = match steps {
            Json::Null => json!({}),
            steps => json!({"txn": steps}),
        };
        vec![reply_with(node, line, fields)]
    })
}

#[test]
fn values_that_nobody_wrote_are_told() {
    let (outcome, checked) = garbage("txn-rw-register", &json!(9999));
    assert_eq!(checked.valid, Validity::Invalid);
    let maelstrom = as_maelstrom("txn-rw-register", &outcome);
    let types = |checked: &Checked| {
        let section = checked.results.get("workload").unwrap();
        section.get("anomaly-types").unwrap().to_string()
    };
    assert!(types(&checked).contains(":garbage-read"));
    assert!(!types(&maelstrom).contains(":garbage-read"));
    let section = checked.results.get("workload").unwrap();
    let cases = section.get("garbage-reads").unwrap().items().unwrap();
    assert_eq!(cases.len(), 10);
    let sentences = checked.sentences();
    let told = sentences
        .iter()
        .filter(|sentence| sentence.ends_with("which nobody wrote"));
    assert_eq!(told.count(), 10);
}

/// In Maelstrom, Elle's checker breaks off here, and there are no results at all; by its
/// rules there is no telling, then.
#[test]
fn an_element_that_nobody_appended_leaves_the_rest_judged() {
    let (outcome, sound) = garbage("txn-list-append", &json!([9999]));
    assert_eq!(sound.valid, Validity::Invalid);
    assert!(
        sound.sentences()[0].ends_with("which nobody wrote"),
        "{:?}",
        sound.findings
    );
    let checked = as_maelstrom("txn-list-append", &outcome);
    assert_eq!(checked.valid, Validity::Unknown);
    let told = "9999 was read in key";
    assert!(
        checked.sentences()[0].starts_with(told),
        "{:?}",
        checked.findings
    );
    let section = |name| {
        checked
            .results
            .get(name)
            .unwrap()
            .get("valid?")
            .unwrap()
            .to_string()
    };
    assert_eq!(section("workload"), ":unknown");
    assert_eq!(section("stats"), "true");
}

/// A history of this many operations on one register, all at the same time, of which
/// the last read makes no sense.
fn all_at_once(operations: usize) -> String {
    let rng = maelstrom_node::Rng::new(1);
    let value = || rng.below(5);
    let ops: Vec<String> = (0..operations)
        .map(|i| match i % 2 {
            0 => format!(":f :cas, :value [0 [{} {}]]", value(), value()),
            _ => format!(":f :write, :value [0 {}]", value()),
        })
        .collect();
    let lines = |typ: &str| -> String {
        let ops = ops.iter().enumerate();
        ops.map(|(i, op)| format!("{{:type :{typ}, :process {i}, {op}}}\n"))
            .collect()
    };
    lines("invoke")
        + &lines("ok")
        + "{:type :invoke, :process 0, :f :read, :value [0 nil]}\n"
        + "{:type :ok, :process 0, :f :read, :value [0 99]}\n"
}

/// Knossos goes on for as long as there is memory, Elle for a second.
#[test]
fn a_search_ends_after_so_many_steps() {
    let history = History::read(&all_at_once(100)).unwrap();
    let workload = workloads::find("lin-kv", &workloads::Options::default()).unwrap();
    let judge = || judge::history(&*workload, &history, None, Rules::Maelstrom);
    let checked = judge();
    assert_eq!(checked.valid, Validity::Unknown);
    assert!(
        checked.sentences()[0].contains("too many orders"),
        "{:?}",
        checked.findings
    );
    assert_eq!(checked, judge());
}

#[test]
fn results_have_sections_of_ours() {
    let (_, checked) = says(r#"{"src":"n0","dest":"lin-kv","body":{"type":"drop","msg_id":1}}"#);
    let section = |name| {
        checked
            .results
            .get(name)
            .map(|section| section.get("valid?").cloned())
    };
    for name in ["nodes", "services"] {
        assert_eq!(section(name), Some(Some(true.into())), "{name}");
    }
}

/// As of Jepsen's stats; a run is invalid for it, here as there.
#[test]
fn that_nothing_succeeded_proves_nothing_of_a_history() {
    let history = History::read(
        "{:process 0, :type :invoke, :f :write, :value [0 1]}
         {:process 0, :type :info, :f :write, :value [0 1]}
         {:process 1, :type :invoke, :f :read, :value [0 nil]}
         {:process 1, :type :ok, :f :read, :value [0 1]}",
    );
    let history = history.unwrap();
    let workload = workloads::find("lin-kv", &workloads::Options::default()).unwrap();
    let judged = |rules| judge::history(&*workload, &history, None, rules);
    assert_eq!(judged(Rules::Sound).valid, Validity::Valid);
    assert!(judged(Rules::Sound).sentences()[0].starts_with("not one write succeeded"));
    assert_eq!(judged(Rules::Maelstrom).valid, Validity::Invalid);
}
