//! Recorded histories, judged here as the genuine checkers judged them.
//!
//! A few cases are kept beside this file; where the whole collection is at hand
//! (`shared/conformance` beside the project), all of it is tried, and of the
//! workloads that have no checker yet, the statistics and the availability.

#![allow(
    clippy::print_stdout,
    reason = "figures for whoever asks with --nocapture"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use history::History;
use serde_json::{Value, json};
use simulation::{judge, workload};
use verdict::{self, Availability};

/// How many differences are shown.
const SHOWN: usize = 20;

fn folders() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kept = here.join("tests/conformance");
    let all = here.join("../../../shared/conformance");
    [kept, all]
        .into_iter()
        .filter(|folder| folder.is_dir())
        .collect()
}

/// Which part of the results differs, and how.
fn differences(case: &Path) -> Vec<String> {
    let expect = fs::read_to_string(case.with_extension("expect.json"));
    let expect: Value =
        serde_json::from_str(&expect.expect("a verdict beside the history")).unwrap();
    let history = History::read(&fs::read_to_string(case).unwrap()).unwrap();
    let availability: Option<Availability> = match &expect["options"]["availability"] {
        Value::Null => None,
        Value::String(text) => Some(text.parse().unwrap()),
        number => Some(number.to_string().parse().unwrap()),
    };
    let models = &expect["options"]["consistency_models"];
    let workload = workload::find(case_workload(case), &options(models));
    let checked = match &workload {
        Some(workload) => judge::judge_history(&**workload, &history, availability),
        None => verdict::compose([
            ("stats", verdict::stats::check(&history)),
            (
                "availability",
                verdict::availability::check(&history, availability),
            ),
        ]),
    };
    let results = checked.results.to_json();

    let mut differences = Vec::new();
    let mut compare = |what: &str, expected: &Value, found: &Value| {
        if expected != found {
            differences.push(format!("{what}: expected {expected}, found {found}"));
        }
    };
    for section in ["stats", "availability"] {
        // One case has neither: the genuine checkers never ended.
        if expect.get(section).is_some() {
            compare(section, &expect[section], &results[section]);
        }
    }
    if workload.is_some() && expect.get("error").is_none() {
        let mut found = results["workload"].clone();
        // Jepsen's order is that of a hash map.
        if let (Some(Value::Array(errors)), "echo") = (found.get_mut("errors"), case_workload(case))
        {
            errors.sort_by_key(Value::to_string);
        }
        let expected = &expect["workload_results"];
        brief_operations(&mut found);
        if case_workload(case) == "lin-kv" {
            verdicts_on_keys(expected, &mut found);
        }
        let expected = expected.as_object().unwrap();
        let keys = expected.keys().chain(found.as_object().unwrap().keys());
        // Cases of anomalies are told in another way, and replies are judged
        // beyond the verdict.
        let is_txn = case_workload(case).starts_with("txn-");
        for key in keys.filter(|key| !is_txn || isolation(&expect).contains(&&***key)) {
            let expected = expected.get(key).unwrap_or(&Value::Null);
            // Errors are told in another way, but there are as many.
            match case_workload(case) {
                "kafka" if expected.get("errs").is_some() => {
                    compare(key, &expected["count"], &found[key]["count"]);
                }
                // The text of an exception, or one of our own.
                "kafka" if key == "error" => {
                    compare(
                        key,
                        &json!(expected.is_null()),
                        &json!(found[key].is_null()),
                    );
                }
                _ => compare(key, expected, &found[key]),
            }
        }
        if expect["source"] == "synthetic" {
            compare("valid", &expect["valid"], &results["workload"]["valid?"]);
        } else {
            compare("valid", &expect["valid"], &results["valid?"]);
            compare(
                "status",
                &expect["exit_status"],
                &json!(checked.valid.exit_status()),
            );
        }
        let is_fine = results["valid?"] == true;
        if !is_fine && checked.findings.is_empty() {
            differences.push("no finding says what is wrong".into());
        }
    }
    differences
}

/// What a verdict on isolation consists of.
const ISOLATION: [&str; 4] = ["valid?", "anomaly-types", "not", "also-not"];

/// The same, as far as the genuine checker says it each time: its search for
/// cycles stops after a second.
fn isolation(expect: &Value) -> Vec<&'static str> {
    let depends_on_time = expect["nondeterministic"] == true;
    let parts = ISOLATION.into_iter();
    parts
        .filter(|part| !depends_on_time || *part != "anomaly-types")
        .collect()
}

/// The options that have these consistency models.
fn options(models: &Value) -> workload::Options {
    let models = models.as_array().map_or(&[][..], Vec::as_slice);
    let names: Vec<&str> = models.iter().map(|name| name.as_str().unwrap()).collect();
    let mut options = workload::Options::default();
    if !names.is_empty() {
        options.txn.consistency_models = names.join(",").parse().unwrap();
    }
    options
}

/// Which verdicts on isolation differ, of those under each model that the case
/// was judged by, and how many there are.
fn differences_by_model(case: &Path) -> (usize, Vec<String>) {
    let expect = fs::read_to_string(case.with_extension("expect.json")).unwrap();
    let expect: Value = serde_json::from_str(&expect).unwrap();
    let history = History::read(&fs::read_to_string(case).unwrap()).unwrap();
    let verdicts = expect["by_model"].as_object();
    let verdicts: Vec<_> = verdicts.into_iter().flatten().collect();
    let mut differences = Vec::new();
    for (model, expected) in &verdicts {
        let workload = workload::find(case_workload(case), &options(&json!([model]))).unwrap();
        let found = workload.check(&history).results.to_json();
        for key in isolation(&expect) {
            let expected = &expected[key.trim_end_matches('?')];
            // A valid history has no anomalies, told so or not.
            let found = match &found[key] {
                Value::Array(none) if none.is_empty() && expected.is_null() => &Value::Null,
                found => found,
            };
            if expected != found {
                differences.push(format!("{model} {key}: expected {expected}, found {found}"));
            }
        }
    }
    (verdicts.len(), differences)
}

/// Leaves of operations what is known of the genuine ones: not their values, which
/// `shape.rs` is about.
fn brief_operations(found: &mut Value) {
    let known = ["index", "time", "type", "process", "f"];
    match found {
        Value::Object(map) => {
            if known.iter().all(|key| map.contains_key(*key)) {
                map.retain(|key, _| known.contains(&&**key));
            }
            map.values_mut().for_each(brief_operations);
        }
        Value::Array(items) => items.iter_mut().for_each(brief_operations),
        _ => {}
    }
}

/// What is known of the genuine verdict on each key. Of one case it is only the
/// verdict on all.
fn verdicts_on_keys(expected: &Value, found: &mut Value) {
    if let Some(Value::Object(keys)) = found.get_mut("results") {
        for result in keys.values_mut() {
            let mut linearizable = result["linearizable"].take();
            if let Some(linearizable) = linearizable.as_object_mut() {
                let known = ["valid?", "op-index", "previous-ok-index", "error"];
                linearizable.retain(|key, _| known.contains(&&**key));
            }
            *result = linearizable;
        }
    }
    if let (None, Value::Object(found)) = (expected.get("results"), found) {
        found.retain(|key, _| key == "valid?");
    }
}

/// The workload is the name of the folder that a case is in.
fn case_workload(case: &Path) -> &str {
    let folder = case.parent().and_then(Path::file_name);
    folder.and_then(|name| name.to_str()).unwrap_or_default()
}

#[test]
fn every_verdict_is_that_of_the_genuine_checker() {
    let folders = folders();
    if folders.len() < 2 {
        println!("shared/conformance is not here: only the few cases beside this file");
    }
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut differing = Vec::new();
    let mut slowest = (Duration::ZERO, PathBuf::new());
    for folder in folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
    {
        let folder = folder.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        let cases = fs::read_dir(&folder)
            .unwrap()
            .map(|case| case.unwrap().path());
        for case in cases.filter(|case| case.extension().is_some_and(|e| e == "edn")) {
            let name = case_workload(&case);
            #[expect(clippy::disallowed_methods, reason = "the tests' own time")]
            let start = Instant::now();
            let differences = differences(&case);
            slowest = slowest.max((start.elapsed(), case.clone()));
            let (tried, passed) = counts.entry(name.to_owned()).or_default();
            *tried += 1;
            *passed += usize::from(differences.is_empty());
            let case = case.file_stem().unwrap_or_default().display();
            let named = differences
                .iter()
                .map(|what| format!("{name}/{case} {what}"));
            differing.extend(named);
        }
    }
    for (name, _) in workload::ALL {
        assert!(counts.contains_key(*name), "no case of {name}");
    }
    let mut summary = String::new();
    for (name, (tried, passed)) in &counts {
        summary += &format!("{name}: {passed} of {tried}\n");
    }
    let (time, case) = &slowest;
    println!("{summary}slowest: {} in {time:?}", case.display());
    let shown: Vec<&str> = differing.iter().take(SHOWN).map(String::as_str).collect();
    assert!(
        differing.is_empty(),
        "{summary}{} differences:\n{}",
        differing.len(),
        shown.join("\n")
    );
}

#[test]
fn every_model_is_judged_as_the_genuine_checker_judges_it() {
    let (mut tried, mut differing) = (0, Vec::new());
    for folder in folders() {
        for name in ["txn-list-append", "txn-rw-register"] {
            let cases = fs::read_dir(folder.join(name)).unwrap();
            let mut cases: Vec<PathBuf> = cases.map(|case| case.unwrap().path()).collect();
            cases.sort();
            for case in cases
                .iter()
                .filter(|case| case.extension().is_some_and(|e| e == "edn"))
            {
                let (count, differences) = differences_by_model(case);
                tried += count;
                let case = case.file_stem().unwrap_or_default().display();
                let named = differences
                    .iter()
                    .map(|what| format!("{name}/{case} {what}"));
                differing.extend(named);
            }
        }
    }
    println!(
        "{tried} verdicts under a model, {} differences",
        differing.len()
    );
    assert!(tried > 0);
    let shown: Vec<&str> = differing.iter().take(SHOWN).map(String::as_str).collect();
    assert!(
        differing.is_empty(),
        "{}:\n{}",
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
        judge::judge_history(&*workload, &history, None)
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
