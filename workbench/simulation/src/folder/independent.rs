//! `independent/<key>/`: what was done with each key of a workload whose keys are
//! judged one by one, as Jepsen's independent checker keeps it. In the history of a
//! key, values are those under it; what the nemesis did is in all of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use history::edn::Value;
use history::{History, Op, Process};

/// What is kept of one key.
#[derive(Debug)]
pub struct Part<'a> {
    /// Its folder, below that of the run.
    pub folder: PathBuf,
    /// The key.
    pub key: &'a Value,
    /// Its part of the history.
    pub history: History,
    /// Its part of the results.
    pub results: &'a Value,
}

/// The parts of a run; none, if the results of its workload are not by key.
pub fn parts<'a>(history: &'a History, results: &'a Value) -> Vec<Part<'a>> {
    let by_key = results.get("workload").and_then(|w| w.get("results"));
    let Some(Value::Map(by_key)) = by_key else {
        return Vec::new();
    };
    let mut histories: BTreeMap<&Value, Vec<Op>> =
        by_key.iter().map(|(key, _)| (key, Vec::new())).collect();
    for op in history.ops() {
        match (op.process, op.value.items()) {
            (Process::Client(_), Some([key, value])) => {
                if let Some(ops) = histories.get_mut(key) {
                    let value = value.clone();
                    ops.push(Op {
                        value,
                        extra: op.extra.clone(),
                        f: op.f.clone(),
                        ..*op
                    });
                }
            }
            (Process::Client(_), _) => {}
            (Process::Nemesis, _) => histories.values_mut().for_each(|ops| ops.push(op.clone())),
        }
    }
    let mut parts = Vec::new();
    for (key, results) in by_key.iter() {
        if let (Some(folder), Some(ops)) = (folder(key), histories.remove(key)) {
            parts.push(Part {
                folder: Path::new("independent").join(folder),
                key,
                history: History::new(ops),
                results,
            });
        }
    }
    parts
}

/// The name of a key's folder; none for a key that is not a number, which no workload
/// has and which might be no name.
fn folder(key: &Value) -> Option<String> {
    match key {
        Value::Int(key) => Some(key.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use history::edn;

    #[test]
    fn each_key_has_what_was_done_with_it_and_the_faults() {
        let history = History::read(
            "{:index 0, :type :invoke, :process 0, :f :write, :value [7 1]}
             {:index 1, :type :info, :process :nemesis, :f :start-partition, :value nil}
             {:index 2, :type :invoke, :process 1, :f :read, :value [8 nil]}
             {:index 3, :type :fail, :process 0, :f :write, :value [7 1], :error [:abort nil]}
             {:index 4, :type :ok, :process 1, :f :read, :value [8 3]}",
        )
        .unwrap();
        let results = "{:workload {:results {8 {:valid? false}, 7 {:valid? true}, \"../x\" {}}}}";
        let results = edn::read(results).unwrap();
        let told = parts(&history, &results).into_iter().map(|part| {
            let mut text = Vec::new();
            part.history.write_edn(&mut text).unwrap();
            let text = String::from_utf8(text).unwrap();
            let folder = part.folder.display().to_string().replace('\\', "/");
            format!("{folder} of {}: {}\n{text}", part.key, part.results)
        });
        assert_eq!(
            told.collect::<String>(),
            "independent/8 of 8: {:valid? false}\n\
             {:index 1, :time 0, :type :info, :process :nemesis, :f :start-partition, :value nil}\n\
             {:index 2, :time 0, :type :invoke, :process 1, :f :read, :value nil}\n\
             {:index 4, :time 0, :type :ok, :process 1, :f :read, :value 3}\n\
             independent/7 of 7: {:valid? true}\n\
             {:index 0, :time 0, :type :invoke, :process 0, :f :write, :value 1}\n\
             {:index 1, :time 0, :type :info, :process :nemesis, :f :start-partition, :value nil}\n\
             {:index 3, :time 0, :type :fail, :process 0, :f :write, :value 1, :error [:abort nil]}\n"
        );
    }

    #[test]
    fn other_workloads_have_no_parts() {
        let results = edn::read("{:workload {:valid? true, :results 5}}").unwrap();
        assert!(parts(&History::default(), &results).is_empty());
    }
}
