//! Recorded histories, judged here as the genuine checkers judged them: all cases of the
//! corpus, and the runs of Maelstrom itself.

use corpus::Case;
use history::History;
use serde_json::{Value, json};
use simulation::judge;
use verdict::{Availability, Rules};

/// How many differences are shown.
const SHOWN: usize = 20;

/// Panics with what differs and in which case, if anything does.
#[track_caller]
fn assert_same(tried: usize, differing: &[String]) {
    let shown = &differing[..differing.len().min(SHOWN)];
    assert!(
        differing.is_empty(),
        "{} differences in {tried} verdicts:\n{}",
        differing.len(),
        shown.join("\n")
    );
}

/// Which part of the results differs, and how.
fn differences(workload_name: &str, case: &Case) -> Vec<String> {
    let expect: Value = serde_json::from_str(&case.verdict).unwrap();
    let history = History::read(&case.history).unwrap();
    let availability: Option<Availability> = match &expect["options"]["availability"] {
        Value::Null => None,
        Value::String(text) => Some(text.parse().unwrap()),
        number => Some(number.to_string().parse().unwrap()),
    };
    let models = &expect["options"]["consistency_models"];
    let workload = workloads::find(workload_name, &options(models)).unwrap();
    let checked = judge::history(&*workload, &history, availability, Rules::Maelstrom);
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
    if expect.get("error").is_none() {
        let mut found = results["workload"].clone();
        // Jepsen's order is that of a hash map.
        if let (Some(Value::Array(errors)), "echo") = (found.get_mut("errors"), workload_name) {
            errors.sort_by_key(Value::to_string);
        }
        let expected = &expect["workload_results"];
        brief_operations(&mut found);
        if workload_name == "lin-kv" {
            verdicts_on_keys(expected, &mut found);
        }
        let expected = expected.as_object().unwrap();
        let keys = expected.keys().chain(found.as_object().unwrap().keys());
        // Cases of anomalies are told in another way, and replies are judged
        // beyond the verdict.
        let is_txn = workload_name.starts_with("txn-");
        for key in keys.filter(|key| !is_txn || isolation(&expect).contains(&&***key)) {
            let expected = expected.get(key).unwrap_or(&Value::Null);
            // Errors are told in another way, but there are as many.
            match workload_name {
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
fn options(models: &Value) -> workloads::Options {
    let models = models.as_array().map_or(&[][..], Vec::as_slice);
    let names: Vec<&str> = models.iter().map(|name| name.as_str().unwrap()).collect();
    let mut options = workloads::Options::default();
    if !names.is_empty() {
        options.txn.consistency_models = names.join(",").parse().unwrap();
    }
    options
}

/// Which verdicts on isolation differ, of those under each model that the case
/// was judged by, and how many there are.
fn differences_by_model(workload_name: &str, case: &Case) -> (usize, Vec<String>) {
    let expect: Value = serde_json::from_str(&case.verdict).unwrap();
    let history = History::read(&case.history).unwrap();
    let verdicts = expect["by_model"].as_object();
    let verdicts: Vec<_> = verdicts.into_iter().flatten().collect();
    let mut differences = Vec::new();
    for (model, expected) in &verdicts {
        let workload = workloads::find(workload_name, &options(&json!([model]))).unwrap();
        let found = workload.check(&history, Rules::Maelstrom).results.to_json();
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

/// Judges all cases of a workload.
#[track_caller]
fn assert_conforms(workload_name: &str) {
    let cases = corpus::cases(workload_name);
    let differing = cases.iter().flat_map(|case| {
        let differences = differences(workload_name, case).into_iter();
        differences.map(|what| format!("{workload_name}/{} {what}", case.name))
    });
    assert_same(cases.len(), &differing.collect::<Vec<_>>());
}

/// Judges all cases of a workload under each model that the genuine checker judged them by.
#[track_caller]
fn assert_conforms_under_each_model(workload_name: &str) {
    let (mut tried, mut differing) = (0, Vec::new());
    for case in corpus::cases(workload_name) {
        let (count, differences) = differences_by_model(workload_name, &case);
        tried += count;
        let differences = differences.into_iter();
        differing.extend(differences.map(|what| format!("{workload_name}/{} {what}", case.name)));
    }
    assert!(tried > 1000, "{tried}");
    assert_same(tried, &differing);
}

/// A test for each workload, so that they are tried side by side.
macro_rules! conforms {
    ($($test:ident: $workload:literal,)*) => {
        $(#[test]
        fn $test() {
            assert_conforms($workload);
        })*

        #[test]
        fn every_workload_conforms() {
            let tried = [$($workload),*];
            for (name, _) in workloads::ALL {
                assert!(tried.contains(name), "no case of {name}");
            }
        }
    };
}

conforms! {
    broadcast: "broadcast",
    echo: "echo",
    g_counter: "g-counter",
    g_set: "g-set",
    kafka: "kafka",
    lin_kv: "lin-kv",
    pn_counter: "pn-counter",
    txn_list_append: "txn-list-append",
    txn_rw_register: "txn-rw-register",
    unique_ids: "unique-ids",
}

#[test]
fn txn_list_append_under_each_model() {
    assert_conforms_under_each_model("txn-list-append");
}

#[test]
fn txn_rw_register_under_each_model() {
    assert_conforms_under_each_model("txn-rw-register");
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
        let workload = workloads::find("unique-ids", &Default::default()).unwrap();
        judge::history(&*workload, &history, None, Rules::Maelstrom)
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
