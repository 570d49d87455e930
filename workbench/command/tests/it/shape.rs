//! `results.edn` has the keys that Maelstrom's has, with values of the same kind:
//! whoever reads the one with a program, reads the other. Keys of ours beside them are
//! no harm.
//!
//! Shapes are written as values: `int` stands for any integer, `(int)` for a list of
//! them, `*` for any key. They were taken from results of Maelstrom v0.2.4.

use history::History;
use history::edn::{self, Value};
use simulation::judge;
use specimens::scripted;

/// What all runs have; in it, `workload` stands for what the workload's checker says.
const ALL: &str = "
    {:perf {:latency-graph {:valid? bool}, :rate-graph {:valid? bool}, :valid? bool},
     :timeline {:valid? bool},
     :exceptions {:valid? bool},
     :stats {:valid? bool, :count int, :ok-count int, :fail-count int, :info-count int,
             :by-f {* {:valid? bool, :count int, :ok-count int, :fail-count int,
                       :info-count int}}},
     :availability {:valid? bool, :ok-fraction float},
     :workload workload,
     :valid? bool}";

/// Names for what comes up often.
const NAMED: &[(&str, &str)] = &[
    (
        "op",
        "#jepsen.history.Op{:index int, :time int, :type keyword, :process int, :f keyword,
                            :value any}",
    ),
    (
        "final",
        "#jepsen.history.Op{:index int, :time int, :type keyword, :process int, :f keyword,
                            :value any, :final? bool}",
    ),
    (
        "call",
        "{:process int, :type keyword, :f keyword, :value any, :index int, :time int}",
    ),
    ("register", "#knossos.model.CASRegister{:value any}"),
    (
        "set-full",
        "{:valid? bool, :attempt-count int, :stable-count int, :lost-count int,
          :never-read-count int, :stale-count int, :duplicated-count int,
          :lost (any), :never-read (any), :stale (any), :duplicated {},
          :worst-stale ({:element any, :outcome keyword, :stable-latency int,
                         :lost-latency nil, :known op, :last-absent op}),
          :stable-latencies {* int}}",
    ),
    (
        "data",
        "{:type keyword, :key any, :value any, :a-mop-index int, :b-mop-index int}",
    ),
    (
        "over",
        "{:type keyword, :key any, :value any, :value' any, :a-mop-index int, :b-mop-index int}",
    ),
    ("later", "{:type keyword, :a' op, :b op}"),
    ("read", "{:op op, :mop [any], :writer op}"),
    ("internal", "{:op op, :mop [any], :expected any}"),
    ("lost-update", "{:key any, :value any, :txns [op]}"),
];

/// Whether a value is of this shape; else where it is not.
fn fits(shape: &Value, value: &Value, path: &str) -> Result<(), String> {
    let wrong = || Err(format!("{path}: expected {shape}, found {value}"));
    let all = |shapes: &[Value], values: &[Value]| {
        let [shape] = shapes else {
            return match values.is_empty() {
                true => Ok(()),
                false => wrong(),
            };
        };
        let mut items = values.iter().enumerate();
        items.try_for_each(|(i, value)| fits(shape, value, &format!("{path} {i}")))
    };
    match (shape, value) {
        (Value::Symbol(name), value) => {
            if let Some((_, shape)) = NAMED.iter().find(|(known, _)| **known == **name) {
                return fits(&edn::read(shape).unwrap(), value, path);
            }
            let is_it = match &**name {
                "any" => true,
                "int" => matches!(value, Value::Int(_)),
                "float" => matches!(value, Value::Float(_)),
                "bool" => matches!(value, Value::Bool(_)),
                "keyword" => matches!(value, Value::Keyword(_)),
                "string" => matches!(value, Value::Str(_)),
                other => panic!("{other} is no shape"),
            };
            if is_it { Ok(()) } else { wrong() }
        }
        (Value::Nil, Value::Nil) => Ok(()),
        (Value::List(shapes), Value::List(values))
        | (Value::Vector(shapes), Value::Vector(values))
        | (Value::Set(shapes), Value::Set(values)) => all(shapes, values),
        (Value::Tagged(shape), Value::Tagged(value)) if shape.tag == value.tag => {
            fits(&shape.value, &value.value, path)
        }
        // Each item has a shape of its own.
        (Value::Tagged(shapes), value) if shapes.tag == "each" => {
            let (shapes, values) = (
                shapes.value.items().unwrap(),
                value.items().unwrap_or_default(),
            );
            if shapes.len() != values.len() || !matches!(value, Value::List(_)) {
                return wrong();
            }
            let mut pairs = shapes.iter().zip(values).enumerate();
            pairs.try_for_each(|(i, (shape, value))| fits(shape, value, &format!("{path} {i}")))
        }
        (Value::Map(shapes), Value::Map(entries)) => {
            for (key, shape) in shapes.iter() {
                let is_any = *key == Value::Symbol("*".into());
                let found: Vec<_> = entries.iter().filter(|(k, _)| is_any || k == key).collect();
                if found.is_empty() {
                    return Err(format!("{path}: expected {key}, found {value}"));
                }
                for (key, value) in found {
                    fits(shape, value, &format!("{path} {key}"))?;
                }
            }
            Ok(())
        }
        _ => wrong(),
    }
}

/// A shape of all results, with this one of the workload's.
fn whole(workload: &str) -> Value {
    edn::read(&ALL.replace("workload workload", &format!("workload {workload}"))).unwrap()
}

fn results(workload: &str, text: &str, models: &str) -> Value {
    let mut options = workloads::Options::default();
    options.txn.consistency_models = models.parse().unwrap();
    let workload = workloads::find(workload, &options).unwrap();
    let history = History::read(text).unwrap();
    let results = judge::history(&*workload, &history, None, verdict::Rules::Maelstrom).results;
    // As whoever reads the file sees it.
    edn::read(&results.pretty()).unwrap()
}

#[track_caller]
fn holds(workload: &str, text: &str, models: &str, shape: &str) {
    let results = results(workload, text, models);
    if let Err(why) = fits(&whole(shape), &results, workload) {
        panic!("{why}\nin {}", results.pretty());
    }
}

#[test]
fn a_shape_is_told_from_others() {
    let differs = |shape: &str, value: &str| {
        let (shape, value) = (edn::read(shape).unwrap(), edn::read(value).unwrap());
        fits(&shape, &value, "it").unwrap_err()
    };
    assert_eq!(differs("(int)", "[1]"), "it: expected (int), found [1]");
    assert_eq!(differs("[int]", "[1 :a]"), "it 1: expected int, found :a");
    assert_eq!(
        differs("{:a int}", "{:b 1}"),
        "it: expected :a, found {:b 1}"
    );
    assert_eq!(
        differs("{* {:n ()}}", "{:x {:n (1)}}"),
        "it :x :n: expected (), found (1)"
    );
    assert!(differs("op", "{:index 1}").starts_with("it: expected #jepsen.history.Op{"));
    assert_eq!(
        differs("#each (int nil)", "(1)"),
        "it: expected #each (int nil), found (1)"
    );
}

/// Of a workload, a history of the corpus and the shape of its results.
const RECORDED: &[(&str, &str, &str)] = &[
    (
        "broadcast",
        "lost-after-seen-006",
        "{:valid? bool, :lost (int), :lost-latencies {* int}}",
    ),
    ("broadcast", "stale-001", "set-full"),
    ("echo", "wrong-001", "{:valid? bool, :errors ([any])}"),
    (
        "g-counter",
        "diverged-006",
        "{:valid? bool, :errors (final), :final-reads (int), :acceptable ([int])}",
    ),
    (
        "g-counter",
        "only-info-011",
        "{:valid? bool, :errors nil, :final-reads (int), :acceptable ([int])}",
    ),
    ("g-set", "one-node-misses-007", "set-full"),
    (
        "kafka",
        "clean-info-059",
        "{:valid? bool, :worst-realtime-lag {:time float, :process int, :key any, :lag float},
          :bad-error-types (), :error-types (), :info-txn-causes (any)}",
    ),
    (
        "kafka",
        "duplicate-066",
        "{:bad-error-types (keyword), :error-types (keyword), :info-txn-causes (any),
          :duplicate {:count int,
                      :errs ({:key any, :value any, :count int, :offsets [int]})}}",
    ),
    (
        "kafka",
        "inconsistent-offsets-067",
        "{:inconsistent-offsets {:count int,
                                 :errs ({:key any, :offset int, :index int, :values #{any}})}}",
    ),
    (
        "kafka",
        "nonmonotonic-poll-088",
        "{:nonmonotonic-poll {:count int,
                              :errs ({:key any, :values [any], :delta int, :ops [op]})}}",
    ),
    (
        "lin-kv",
        "heavy-info-113",
        "{:valid? bool, :failures [],
          :results {* {:valid? bool, :timeline {:valid? bool},
                       :linearizable {:valid? bool, :model register, :final-paths (),
                                      :configs ({:model register, :last-op call,
                                                 :pending [call]})}}}}",
    ),
    (
        "lin-kv",
        "stale-read-061",
        "{:valid? bool, :failures [any],
          :results {0 {:valid? bool, :timeline {:valid? bool},
                       :linearizable {:valid? bool, :op call, :previous-ok call, :last-op call,
                                      :final-paths ([{:op call, :model any}]),
                                      :configs ({:model register, :last-op call,
                                                 :pending [call]})}}}}",
    ),
    (
        "pn-counter",
        "off-by-one-009",
        "{:valid? bool, :errors (final), :final-reads (int), :acceptable ([int])}",
    ),
    (
        "unique-ids",
        "ties-010",
        "{:valid? bool, :attempted-count int, :acknowledged-count int, :duplicated-count int,
          :duplicated {* int}, :range [any]}",
    ),
];

#[test]
fn results_have_maelstroms_shape() {
    for (workload, case, shape) in RECORDED {
        let history = corpus::case(workload, case).history;
        holds(workload, &history, "strict-serializable", shape);
    }
}

/// Transactions one after another, each by a client of its own: outcome and parts.
fn transactions(transcript: &str) -> String {
    let lines = transcript.lines().enumerate().map(|(client, line)| {
        let (outcome, parts) = line.trim().split_once(' ').unwrap();
        ["invoke", outcome]
            .map(|typ| format!("{{:type :{typ}, :process {client}, :f :txn, :value {parts}}}\n"))
            .concat()
    });
    lines.collect()
}

/// Of transactions: the workload, what happened, and the shape of an anomaly.
const ANOMALIES: &[(&str, &str, &str)] = &[
    (
        "txn-list-append",
        "ok [[:append 1 1] [:append 2 1]]
         ok [[:append 1 2] [:append 2 2]]
         ok [[:r 1 [1 2]] [:r 2 [2 1]]]",
        "{:G0 [{:cycle [op], :steps (over), :type keyword}]}",
    ),
    (
        "txn-list-append",
        "ok [[:append 1 1]]
         ok [[:r 1 nil]]
         ok [[:r 1 [1]]]",
        "{:G-single-item-realtime [{:cycle [op], :steps #each (later over), :type keyword}]}",
    ),
    (
        "txn-list-append",
        "ok [[:append 1 1] [:r 2 [2]]]
         ok [[:append 2 2] [:r 1 [1]]]",
        "{:G1c [{:cycle [op], :steps (data), :type keyword}]}",
    ),
    (
        "txn-list-append",
        "ok [[:append 1 1] [:append 1 2]]
         ok [[:r 1 [1]]]",
        "{:G1b [{:op op, :mop [any], :writer op, :element int}]}",
    ),
    (
        "txn-list-append",
        "ok [[:append 1 1] [:r 1 nil]]",
        "{:internal [internal]}",
    ),
    (
        "txn-list-append",
        "ok [[:append 1 1]]
         ok [[:append 1 2]]
         ok [[:r 1 [1 1 2]]]",
        "{:duplicate-elements [{:op op, :mop [any], :duplicates {* int}}]}",
    ),
    (
        "txn-list-append",
        "ok [[:append 1 1] [:append 1 2]]
         ok [[:r 1 [1]]]
         ok [[:r 1 [2 1]]]",
        "{:incompatible-order ({:key any, :values [[int]]})}",
    ),
    (
        "txn-list-append",
        "ok [[:append 1 1]]
         ok [[:r 1 [1]] [:append 1 2]]
         ok [[:r 1 [1]] [:append 1 3]]
         ok [[:r 1 [1 2 3]]]",
        "{:lost-update [lost-update]}",
    ),
    (
        "txn-rw-register",
        "fail [[:w 1 1]]
         ok [[:r 1 1]]",
        "{:G1a (read)}",
    ),
    (
        "txn-rw-register",
        "ok [[:w 1 1] [:w 1 2]]
         ok [[:r 1 1]]",
        "{:G1b (read)}",
    ),
    (
        "txn-rw-register",
        "ok [[:w 1 1] [:r 1 2]]",
        "{:internal (internal)}",
    ),
    (
        "txn-rw-register",
        "ok [[:w 1 1]]
         ok [[:r 1 1] [:w 1 2]]
         ok [[:r 1 1] [:w 1 3]]",
        "{:lost-update [lost-update]}",
    ),
    (
        "txn-rw-register",
        "ok [[:r 1 nil] [:w 2 1]]
         ok [[:r 2 nil] [:w 1 1]]",
        "{:G2-item [{:cycle [op], :steps (over), :type keyword}]}",
    ),
    (
        "txn-rw-register",
        "ok [[:w 1 1]]
         ok [[:r 1 1] [:w 1 2]]
         ok [[:r 1 1]]",
        "{:G-single-item-realtime [{:cycle [op], :steps #each (later over), :type keyword}]}",
    ),
];

#[test]
fn anomalies_have_elles_shape() {
    for (workload, transcript, anomaly) in ANOMALIES {
        let text = transactions(transcript);
        let shape = format!(
            "{{:valid? bool, :anomaly-types (keyword), :anomalies {anomaly}, :not #{{keyword}}, \
             :also-not #{{keyword}}}}"
        );
        holds(workload, &text, "strict-serializable", &shape);
    }
    let fine = transactions("ok [[:append 1 1]]\nok [[:r 1 [1]]]");
    let results = results("txn-list-append", &fine, "strict-serializable");
    assert_eq!(
        results.get("workload").unwrap().to_string(),
        "{:valid? true}"
    );
    let fine = transactions("ok [[:w 1 1]]\nok [[:r 1 1]]");
    holds(
        "txn-rw-register",
        &fine,
        "strict-serializable",
        "{:valid? bool, :anomaly-types (), :anomalies nil}",
    );
}

/// And a step says where in its two transactions its cause is.
#[test]
fn a_cycle_ends_where_it_begins() {
    let text = transactions("ok [[:append 1 1]]\nok [[:r 1 nil]]\nok [[:r 1 [1]]]");
    let results = results("txn-list-append", &text, "strict-serializable");
    let anomalies = results.get("workload").unwrap().get("anomalies").unwrap();
    let cases = anomalies
        .get("G-single-item-realtime")
        .unwrap()
        .items()
        .unwrap();
    let cycle = cases[0].get("cycle").unwrap().items().unwrap();
    let indices: Vec<_> = cycle
        .iter()
        .map(|op| op.get("index").unwrap().to_string())
        .collect();
    assert_eq!(indices, ["1", "3", "1"]);
    let steps = cases[0].get("steps").unwrap().items().unwrap();
    let over = "{:type :rw, :key 1, :value :elle.list-append/init, :value' 1, :a-mop-index 0, \
                :b-mop-index 0, ";
    assert!(steps[1].to_string().starts_with(over), "{}", steps[1]);
    let [a, b] = ["a'", "b"].map(|end| steps[0].get(end).unwrap().get("index").cloned());
    assert_eq!([a, b], [Some(Value::Int(1)), Some(Value::Int(2))]);
}

/// What a run has and a history alone has not.
#[test]
fn runs_have_the_counts_of_messages() {
    let (_, checked) = scripted::run("echo", &scripted::two_nodes(), |node, line| {
        vec![scripted::reply(node, line)]
    });
    let counts = ":send-count int, :recv-count int, :msg-count int";
    let net = format!(
        "{{:net {{:all {{{counts}, :msgs-per-op float}}, :clients {{{counts}}}, \
         :servers {{{counts}, :msgs-per-op float}}, :valid? bool}}}}"
    );
    for shape in [
        whole("{:valid? bool, :errors ()}"),
        edn::read(&net).unwrap(),
    ] {
        fits(&shape, &checked.results, "echo").unwrap();
    }
    let Value::Map(sections) = &checked.results else {
        panic!("{}", checked.results);
    };
    let names: Vec<_> = sections.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(
        names.join(" "),
        ":nodes :perf :timeline :exceptions :stats :availability :net :workload :valid?"
    );
}
