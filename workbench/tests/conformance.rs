//! Recorded histories, judged here as the genuine checkers judged them.
//!
//! A few cases are kept beside this file; where the whole collection is at hand
//! (`shared/conformance` beside the project), all of it is tried.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use workbench::checker::Availability;
use workbench::history::History;
use workbench::{verdict, workload};

fn folders() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kept = here.join("tests/conformance");
    let all = here.join("../../shared/conformance");
    [kept, all]
        .into_iter()
        .filter(|folder| folder.is_dir())
        .collect()
}

/// Which case, and what differs.
fn differences(case: &Path, name: &str) -> Vec<String> {
    let expect = fs::read_to_string(case.with_extension("").with_extension("expect.json"));
    let expect: Value =
        serde_json::from_str(&expect.expect("a verdict beside the history")).unwrap();
    let history = History::read(&fs::read_to_string(case).unwrap()).unwrap();
    let availability: Option<Availability> = match &expect["options"]["availability"] {
        Value::Null => None,
        Value::String(text) => Some(text.parse().unwrap()),
        number => Some(number.to_string().parse().unwrap()),
    };
    let workload = workload::find(name, &Default::default()).unwrap();
    let results = verdict::judge_history(&*workload, &history, availability)
        .results
        .to_json();

    let mut differences = Vec::new();
    let mut compare = |what: &str, expected: &Value, found: &Value| {
        if expected != found {
            let case = case.file_stem().unwrap_or_default().display();
            differences.push(format!(
                "{name}/{case} {what}: expected {expected}, found {found}"
            ));
        }
    };
    for section in ["stats", "availability"] {
        compare(section, &expect[section], &results[section]);
    }
    if expect["error"].is_null() {
        let valid = &expect["workload_results"]["valid?"];
        compare("valid?", valid, &results["workload"]["valid?"]);
        for (key, expected) in expect["workload_results"].as_object().unwrap() {
            let mut found = results["workload"][key].clone();
            if key == "errors"
                && let Value::Array(errors) = &mut found
            {
                errors.sort_by_key(Value::to_string);
            }
            compare(key, expected, &found);
        }
    }
    differences
}

#[test]
fn every_verdict_is_that_of_the_genuine_checker() {
    let mut tried = 0;
    let mut differing = Vec::new();
    for folder in folders() {
        for (name, _) in workload::ALL {
            let cases = fs::read_dir(folder.join(name)).expect("a folder for each workload");
            for case in cases.map(|case| case.unwrap().path()) {
                if case.extension().is_some_and(|ending| ending == "edn") {
                    tried += 1;
                    differing.extend(differences(&case, name));
                }
            }
        }
    }
    eprintln!("{tried} histories");
    assert!(tried >= 6);
    let shown = &differing[..differing.len().min(20)];
    assert!(
        differing.is_empty(),
        "{} of {tried} differ:\n{}",
        differing.len(),
        shown.join("\n")
    );
}

#[test]
fn ids_of_several_types_have_no_order_but_no_twin_either() {
    let ok = |value: &str, i: usize| {
        format!(
            "{{:index {i}, :time {i}, :type :ok, :process {i}, :f :generate, :value {value}}}\n"
        )
    };
    let judge = |text: &str| {
        let history = History::read(text).unwrap();
        let workload = workload::find("unique-ids", &Default::default()).unwrap();
        verdict::judge_history(&*workload, &history, None)
            .results
            .to_json()["workload"]["valid?"]
            .clone()
    };
    assert_eq!(
        judge(&[ok("1", 0), ok("\"1\"", 1)].concat()),
        json!("unknown")
    );
    assert_eq!(judge(&[ok("1", 0), ok("2.5", 1)].concat()), json!(true));
    assert_eq!(judge(&ok("{\"a\" 1}", 0)), json!(true));
    assert_eq!(judge(&[ok("[1]", 0), ok("[1]", 1)].concat()), json!(false));
}
