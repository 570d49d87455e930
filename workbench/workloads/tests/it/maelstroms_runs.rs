//! Runs of Maelstrom itself, of nodes that are broken in some way, judged again from their
//! histories: the results have all that Maelstrom's have, with the same values.

use std::collections::BTreeSet;

use corpus::Run;
use history::History;
use history::edn;
use serde_json::Value;
use simulation::judge;

/// Where the verdict on a run differs, and why.
const KNOWN: [(&str, &str, &str); 6] = [
    (
        "la-garbage",
        "",
        "Maelstrom breaks off where a list shows what nobody appended; here the rest is judged",
    ),
    (
        "la-2nodes",
        "workload anomaly-types",
        "its search for cycles ran out of time: cycle-search-timeout",
    ),
    (
        "la-2nodes",
        "workload anomalies",
        "its search for cycles ran out of time: cycle-search-timeout",
    ),
    (
        "lin-quiet",
        "workload results 0 linearizable configs",
        "of its two searches the one ended first that names no configurations",
    ),
    (
        "lin-quiet",
        "workload results 1 linearizable configs",
        "of its two searches the one ended first that names no configurations",
    ),
    (
        "kafka-dup",
        "workload worst-realtime-lag key",
        "no key lags behind; which one is named depends on the order of a hash map",
    ),
];

/// Of these no more is compared than how many there are, or of which kinds: the genuine
/// ones are in the order of a hash map, one of several that would do, or in other words.
const PROOFS: [&str; 4] = ["errs", "anomalies", "final-paths", "configs"];

/// The value of a flag of a run.
fn flag<'a>(run: &'a Run, name: &str) -> Option<&'a str> {
    let mut words = run.flags.split_whitespace();
    words.find(|word| *word == name)?;
    words.next()
}

/// How many proofs there are, or of which kinds of anomalies.
fn outline(proofs: &Value) -> String {
    match proofs {
        Value::Object(kinds) => format!("{:?}", kinds.keys().collect::<Vec<_>>()),
        Value::Array(proofs) => proofs.len().to_string(),
        other => other.to_string(),
    }
}

/// What of the genuine results is not found: where, and what there is instead. What is
/// found besides is ours.
fn missing(at: &[&str], expected: &Value, found: &Value, differing: &mut Vec<(String, String)>) {
    let (expected, found) = match (expected, found) {
        _ if at.last().is_some_and(|key| PROOFS.contains(key)) => {
            (outline(expected), outline(found))
        }
        (Value::Object(expected), Value::Object(found)) => {
            for (key, expected) in expected {
                let at = [at, &[key]].concat();
                let found = found.get(key).unwrap_or(&Value::Null);
                missing(&at, expected, found, differing);
            }
            return;
        }
        // Whose order is that of a hash map.
        (Value::Array(expected), Value::Array(found)) if at == ["workload", "errors"] => {
            let sorted = |errors: &[Value]| -> BTreeSet<String> {
                errors.iter().map(Value::to_string).collect()
            };
            (
                format!("{:?}", sorted(expected)),
                format!("{:?}", sorted(found)),
            )
        }
        _ => (expected.to_string(), found.to_string()),
    };
    if expected != found {
        let what = format!("expected {expected}, found {found}");
        differing.push((at.join(" "), what));
    }
}

#[test]
fn the_verdicts_on_maelstroms_runs_are_maelstroms() {
    let runs = corpus::runs();
    assert!(runs.len() >= 35, "{}", runs.len());
    let (mut differing, mut known) = (Vec::new(), BTreeSet::new());
    for run in &runs {
        let mut options = workloads::Options::default();
        if let Some(models) = flag(run, "--consistency-models") {
            options.txn.consistency_models = models.parse().unwrap();
        }
        let workload = workloads::find(flag(run, "-w").unwrap(), &options).unwrap();
        let history = History::read(&run.history).unwrap();
        let found = judge::history(&*workload, &history, None, verdict::Rules::Maelstrom).results;
        let mut expected = edn::read(&run.results).unwrap().to_json();
        // No history says what was sent.
        expected.as_object_mut().unwrap().remove("net");
        let mut differences = Vec::new();
        missing(&[], &expected, &found.to_json(), &mut differences);
        for (at, what) in differences {
            let is_known = |(name, part, _): &&(&str, &str, &str)| {
                *name == run.name && (part.is_empty() || *part == at)
            };
            match KNOWN.iter().find(is_known) {
                Some(difference) => _ = known.insert(*difference),
                None => differing.push(format!("{}: {at}: {what}", run.name)),
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    let gone: Vec<_> = KNOWN.iter().filter(|it| !known.contains(it)).collect();
    assert!(gone.is_empty(), "no longer differ: {gone:?}");
}
