//! Small histories, a line for each transaction that succeeded unless it says
//! otherwise, and the anomalies that they show.

mod ends;
mod permutations;

use rng::Rng;

use super::*;

/// The history of transactions that follow each other, each by a client of its
/// own: outcome and transaction.
fn history(transcript: &str) -> History {
    let mut text = String::new();
    for (client, line) in transcript.trim().lines().enumerate() {
        let (outcome, transaction) = line.trim().split_once(' ').unwrap();
        for outcome in ["invoke", outcome]
            .into_iter()
            .filter(|typ| *typ != "begun")
        {
            text += &format!(
                "{{:type :{outcome}, :process {client}, :f :txn, :value {transaction}}}\n"
            );
        }
    }
    History::read(&text).unwrap()
}

/// These models, by these rules.
fn options(models: &model::Models, rules: Rules) -> Options {
    Options {
        rules,
        models: models.clone(),
        ..Options::default()
    }
}

/// The verdict on lists or registers, by what writes there are, and the
/// anomalies.
fn judged(transcript: &str, model: &str) -> String {
    let history = history(transcript);
    let models: model::Models = model.parse().unwrap();
    let checked = match transcript.contains(":append") {
        true => check_list_append(&history, &options(&models, Rules::Maelstrom)),
        false => check_rw_register(&history, &options(&models, Rules::Maelstrom)),
    };
    let part = |key| checked.results.get(key).cloned().unwrap_or_default();
    format!("{} {}", part("valid?"), part("anomaly-types"))
}

#[test]
fn lists_show_what_happened() {
    for (transcript, model, expected) in [
        (
            "ok [[:append 1 1] [:r 1 [1]]]
             ok [[:append 1 2] [:r 1 [1 2]]]",
            "strict-serializable",
            "true nil",
        ),
        (
            "fail [[:append 1 1]]
             ok [[:r 1 [1]]]",
            "read-committed",
            "false (:G1a :empty-transaction-graph)",
        ),
        (
            "ok [[:append 1 1] [:append 1 2]]
             ok [[:r 1 [1]]]",
            "read-committed",
            "false (:G1b)",
        ),
        (
            "ok [[:append 1 1] [:append 2 1]]
             ok [[:append 1 2] [:append 2 2]]
             ok [[:r 1 [1 2]] [:r 2 [2 1]]]",
            "read-uncommitted",
            "false (:G0)",
        ),
        (
            "ok [[:append 1 1] [:r 2 [2]]]
             ok [[:append 2 2] [:r 1 [1]]]",
            "read-committed",
            "false (:G1c)",
        ),
        // Old, but not wrong, unless time counts.
        (
            "ok [[:append 1 1]]
             ok [[:r 1 nil]]
             ok [[:r 1 [1]]]",
            "serializable",
            "true nil",
        ),
        (
            "ok [[:append 1 1]]
             ok [[:r 1 nil]]
             ok [[:r 1 [1]]]",
            "strict-serializable",
            "false (:G-single-item-realtime)",
        ),
        (
            "ok [[:append 1 1] [:r 1 nil]]",
            "read-atomic",
            "false (:empty-transaction-graph :internal)",
        ),
        (
            "ok [[:r 1 [1]] [:append 1 1]]",
            "read-atomic",
            "false (:empty-transaction-graph :future-read)",
        ),
        (
            "fail [[:append 1 1]]
             ok [[:append 1 2]]
             ok [[:r 1 [1 2]]]",
            "read-committed",
            "false (:G1a :dirty-update)",
        ),
        (
            "ok [[:append 1 1]]
             ok [[:append 1 2]]
             ok [[:r 1 [1 1 2]]]",
            "read-uncommitted",
            "false (:duplicate-elements)",
        ),
        // Of what was lost track of, anything may be true.
        (
            "begun [[:append 1 1]]
             info [[:append 1 2]]
             ok [[:r 1 [1 2]]]",
            "strict-serializable",
            "true nil",
        ),
    ] {
        assert_eq!(
            judged(transcript, model),
            expected,
            "{model}:\n{transcript}"
        );
    }
}

#[test]
fn registers_show_less() {
    for (transcript, model, expected) in [
        (
            "ok [[:w 1 1]]
             ok [[:r 1 1] [:w 1 2]]",
            "strict-serializable",
            "true ()",
        ),
        (
            "ok [[:r 1 nil] [:w 2 1]]
             ok [[:r 2 nil] [:w 1 1]]",
            "snapshot-isolation",
            "true ()",
        ),
        (
            "ok [[:r 1 nil] [:w 2 1]]
             ok [[:r 2 nil] [:w 1 1]]",
            "serializable",
            "false (:G2-item)",
        ),
        (
            "ok [[:w 1 1]]
             ok [[:r 1 1] [:w 1 2]]
             ok [[:r 1 1] [:w 1 3]]",
            "snapshot-isolation",
            "false (:lost-update)",
        ),
        (
            "ok [[:r 1 1] [:w 1 2]]
             ok [[:r 1 2] [:w 1 1]]",
            "read-uncommitted",
            "false (:cyclic-versions)",
        ),
        (
            "ok [[:r 1 7]]
             ok [[:w 1 1] [:r 1 2]]",
            "causal-cerone",
            "false (:empty-transaction-graph :internal)",
        ),
    ] {
        assert_eq!(
            judged(transcript, model),
            expected,
            "{model}:\n{transcript}"
        );
    }
}

#[test]
fn what_cannot_be_judged_is_unknown_and_says_why() {
    for (transcript, why) in [
        (
            "ok [[:append 1 1]]\nok [[:append 1 1]]",
            "1 was appended to key 1 more than once, so reads do not say by whom",
        ),
        (
            "ok [[:append 1 1] [:r 1 [1 5]]]",
            "5 was read in key 1, but nobody appended it",
        ),
        (
            "ok [[:append 1 1] [:r 1 5]]",
            "operation 0 is no transaction: expected a list or nil in [:r 1 5], found 5",
        ),
        (
            "ok [[:append 1]]\nok [[:cas 1 2]]",
            "operation 2 is no transaction: expected [:r key value] or [:append key value], \
             found [:cas 1 2]",
        ),
        (
            "ok [[:w 1 1]]\nok [[:w 1 1]]\nok [[:r 1 1]]",
            "1 was written to key 1 by more than one transaction, operations 1 and 3, so reads do \
             not say by which",
        ),
    ] {
        let history = history(transcript);
        let models = model::Models::default();
        let checked = match transcript.contains(":append") {
            true => check_list_append(&history, &options(&models, Rules::Maelstrom)),
            false => check_rw_register(&history, &options(&models, Rules::Maelstrom)),
        };
        assert_eq!(checked.valid, Validity::Unknown);
        assert_eq!(checked.sentences()[0], why);
    }
}

/// Whatever clients recorded, there is a verdict.
#[test]
fn nonsense_is_judged_too() {
    let rng = Rng::new(1);
    let pieces = [
        "[:r 1 nil]",
        "[:r 1 1]",
        "[:r 1 [1 2]]",
        "[:r 1 [2 1]]",
        "[:r 2 []]",
        "[:w 1 1]",
        "[:w 2 1]",
        "[:append 1 1]",
        "[:append 1 2]",
        "[:append \"a\" nil]",
        "[:append 2 2]",
        "[:r nil [nil]]",
        "[:r 1]",
        "[:w :x [1]]",
        "[]",
        "5",
        "[:r 2 [2 2]]",
    ];
    let outcomes = ["invoke", "ok", "fail", "info"];
    let mut verdicts = BTreeSet::new();
    for _ in 0..1000 {
        let mut text = String::new();
        // Mostly of one kind, or nothing but errors would come of it.
        let kind = rng.below(3);
        let usual = |piece: &&&str| match kind {
            0 => !piece.contains(":w") && piece.len() > 8 && !piece.ends_with("1 1]"),
            1 => !piece.contains("append") && piece.len() > 8 && !piece.ends_with("]]"),
            _ => true,
        };
        let pieces: Vec<&str> = pieces.iter().filter(usual).copied().collect();
        for _ in 0..rng.below(8) {
            let steps: Vec<&str> = (0..rng.below(4))
                .map(|_| *rng.choose(&pieces).unwrap())
                .collect();
            text += &format!(
                "{{:type :{}, :process {}, :f :txn, :value [{}]}}\n",
                rng.choose(&outcomes).unwrap(),
                rng.below(3),
                steps.join(" ")
            );
        }
        let history = History::read(&text).unwrap();
        for model in Model::ALL {
            for rules in [Rules::Sound, Rules::Maelstrom] {
                verdicts.insert(
                    check_list_append(&history, &options(&model::Models(vec![*model]), rules))
                        .valid,
                );
                verdicts.insert(
                    check_rw_register(&history, &options(&model::Models(vec![*model]), rules))
                        .valid,
                );
            }
        }
    }
    assert_eq!(verdicts.len(), 3);
}

/// The verdict by these rules, under these models, and what anomalies there are.
#[track_caller]
fn verdict(rules: Rules, models: &str, text: &str) -> (Validity, String) {
    let history = History::read(text).unwrap();
    let models: model::Models = models.parse().unwrap();
    let checked = match text.contains(":append") {
        true => check_list_append(&history, &options(&models, rules)),
        false => check_rw_register(&history, &options(&models, rules)),
    };
    let types = checked.results.get("anomaly-types");
    let types = types.map_or(String::new(), Value::to_string);
    (checked.valid, types)
}

/// What Elle lets pass, or did in the version that Maelstrom has.
#[test]
fn what_is_proven_is_invalid_by_sound_rules() {
    let cases = [
        // One transaction reads nil, and then what another wrote.
        (
            "snapshot-isolation",
            "{:type :invoke, :process 0, :f :txn, :value [[:w :x 2]]}
             {:type :ok, :process 0, :f :txn, :value [[:w :x 2]]}
             {:type :invoke, :process 1, :f :txn, :value [[:r :x nil] [:r :x nil]]}
             {:type :ok, :process 1, :f :txn, :value [[:r :x nil] [:r :x 2]]}",
            "internal",
        ),
        (
            "read-atomic",
            "{:type :invoke, :process 0, :f :txn, :value [[:append :x 2]]}
             {:type :ok, :process 0, :f :txn, :value [[:append :x 2]]}
             {:type :invoke, :process 1, :f :txn, :value [[:r :x nil] [:r :x nil]]}
             {:type :ok, :process 1, :f :txn, :value [[:r :x nil] [:r :x [2]]]}",
            "internal",
        ),
        // A client's third transaction reads what its first wrote, not its second.
        (
            "strict-serializable",
            "{:type :invoke, :process 0, :f :txn, :value [[:w :x 1]]}
             {:type :ok, :process 0, :f :txn, :value [[:w :x 1]]}
             {:type :invoke, :process 0, :f :txn, :value [[:w :x 2]]}
             {:type :ok, :process 0, :f :txn, :value [[:w :x 2]]}
             {:type :invoke, :process 0, :f :txn, :value [[:r :x nil]]}
             {:type :ok, :process 0, :f :txn, :value [[:r :x 1]]}",
            "G-single-item-realtime",
        ),
        // Nobody wrote 2.
        (
            "strict-serializable",
            "{:type :invoke, :process 0, :f :txn, :value [[:w :x 1]]}
             {:type :ok, :process 0, :f :txn, :value [[:w :x 1]]}
             {:type :invoke, :process 0, :f :txn, :value [[:r :x nil]]}
             {:type :ok, :process 0, :f :txn, :value [[:r :x 2]]}",
            "garbage-read",
        ),
        (
            "read-uncommitted",
            "{:type :invoke, :process 0, :f :txn, :value [[:append :x 1]]}
             {:type :ok, :process 0, :f :txn, :value [[:append :x 1]]}
             {:type :invoke, :process 0, :f :txn, :value [[:r :x nil]]}
             {:type :ok, :process 0, :f :txn, :value [[:r :x [1 2]]]}",
            "garbage-read",
        ),
    ];
    for (models, text, anomaly) in cases {
        let (valid, types) = verdict(Rules::Sound, models, text);
        assert_eq!(valid, Validity::Invalid, "{text}");
        assert!(types.contains(anomaly), "{anomaly} is not in {types}");
        let (valid, _) = verdict(Rules::Maelstrom, models, text);
        assert_ne!(valid, Validity::Invalid, "{text}");
    }
}

/// The same transactions in another session, or at the same time, are no proof.
#[test]
fn the_order_of_time_is_only_that_of_what_was_over() {
    let stale = |model: &str, second: u8, reader: u8| {
        let text = format!(
            "{{:type :invoke, :process 0, :f :txn, :value [[:w :x 1]]}}
             {{:type :ok, :process 0, :f :txn, :value [[:w :x 1]]}}
             {{:type :invoke, :process {second}, :f :txn, :value [[:w :x 2]]}}
             {{:type :ok, :process {second}, :f :txn, :value [[:w :x 2]]}}
             {{:type :invoke, :process {reader}, :f :txn, :value [[:r :x nil]]}}
             {{:type :ok, :process {reader}, :f :txn, :value [[:r :x 1]]}}"
        );
        verdict(Rules::Sound, model, &text).0
    };
    assert_eq!(stale("strict-serializable", 1, 2), Validity::Invalid);
    assert_eq!(
        stale("strong-session-serializable", 0, 0),
        Validity::Invalid
    );
    assert_eq!(stale("strong-session-serializable", 0, 2), Validity::Valid);
    assert_eq!(stale("strong-session-serializable", 1, 1), Validity::Valid);
    assert_eq!(stale("serializable", 0, 0), Validity::Valid);
    let concurrent = "{:type :invoke, :process 0, :f :txn, :value [[:w :x 1]]}
                      {:type :invoke, :process 1, :f :txn, :value [[:w :x 2]]}
                      {:type :ok, :process 0, :f :txn, :value [[:w :x 1]]}
                      {:type :ok, :process 1, :f :txn, :value [[:w :x 2]]}
                      {:type :invoke, :process 1, :f :txn, :value [[:r :x nil]]}
                      {:type :ok, :process 1, :f :txn, :value [[:r :x 1]]}";
    let (valid, _) = verdict(Rules::Sound, "strict-serializable", concurrent);
    assert_eq!(valid, Validity::Valid);
}

#[test]
fn models_of_clients_are_checked() {
    let cycle = "{:type :ok, :process 0, :f :txn, :value [[:append :x 1] [:append :y 1]]}
                 {:type :ok, :process 1, :f :txn, :value [[:append :x 2] [:append :y 2]]}
                 {:type :ok, :process 2, :f :txn, :value [[:r :x [1 2]] [:r :y [2 1]]]}";
    let good = "{:type :ok, :process 0, :f :txn, :value [[:append :x 1] [:append :y 1]]}
                {:type :ok, :process 2, :f :txn, :value [[:r :x [1]] [:r :y [1]]]}";
    for model in [
        "linearizable",
        "sequential",
        "causal",
        "PRAM",
        "1SR",
        "view-serializable",
        "session-serializable",
        "monotonic-reads",
        "monotonic-writes",
        "read-your-writes",
        "writes-follow-reads",
    ] {
        assert_eq!(
            verdict(Rules::Maelstrom, model, cycle).0,
            Validity::Valid,
            "{model}"
        );
        let (sound, _) = verdict(Rules::Sound, model, cycle);
        assert_ne!(sound, Validity::Valid, "{model}");
        let good = verdict(Rules::Sound, model, good);
        assert_eq!(good, (Validity::Valid, String::new()), "{model}");
    }
    let both = verdict(Rules::Sound, "causal,read-uncommitted", cycle);
    assert_eq!(both.0, Validity::Invalid);
    // What nobody wrote, no model lets anyone read.
    let garbage = "{:type :ok, :process 0, :f :txn, :value [[:r :x [1]] [:append :y 1]]}";
    assert_eq!(
        verdict(Rules::Sound, "causal", garbage).0,
        Validity::Invalid
    );
}

#[test]
fn what_nobody_did_is_not_valid() {
    for (text, why) in [
        ("", "no transaction: there is nothing to judge"),
        (
            "{:process 0, :type :ok, :f :transfer, :value {:from 0, :to 1}}",
            "operation 0",
        ),
    ] {
        let models = model::Models::default();
        let checked = check_list_append(
            &History::read(text).unwrap(),
            &options(&models, Rules::Sound),
        );
        assert_eq!(checked.valid, Validity::Unknown);
        assert!(
            checked.sentences()[0].contains(why),
            "{:?}",
            checked.findings
        );
    }
}

/// Many that read the same and then write: each depends on each.
#[test]
fn too_many_dependencies_are_told_before_they_fill_the_memory() {
    let text = |read: &str, count: u32, write: fn(u32) -> u32| -> String {
        let line = |i: u32| {
            let value = write(i);
            format!(
                "{{:type :ok, :process {i}, :f :txn, :value [[:r :x {read}] [:w :x {value}]]}}\n"
            )
        };
        (0..count).map(line).collect()
    };
    let (valid, _) = verdict(Rules::Sound, "serializable", &text("7", 600, |_| 1));
    assert_eq!(valid, Validity::Invalid);
    let history = History::read(&text("nil", 4000, |i| i)).unwrap();
    let models: model::Models = "serializable".parse().unwrap();
    let checked = check_rw_register(&history, &options(&models, Rules::Sound));
    assert_eq!(checked.valid, Validity::Unknown);
    assert!(
        checked.sentences()[0].starts_with("there are more than 4450304 dependencies between 4000"),
        "{:?}",
        checked.sentences()
    );
}

/// A value that was written twice may be of either write, whatever became of the other.
#[test]
fn a_value_that_was_written_twice_convicts_nobody() {
    for other in ["ok", "info", "fail"] {
        let text = format!(
            "{{:type :invoke, :process 0, :f :txn, :value [[:w :x 1]]}}
             {{:type :ok, :process 0, :f :txn, :value [[:w :x 1]]}}
             {{:type :invoke, :process 0, :f :txn, :value [[:w :x 2]]}}
             {{:type :ok, :process 0, :f :txn, :value [[:w :x 2]]}}
             {{:type :invoke, :process 1, :f :txn, :value [[:w :x 1]]}}
             {{:type :{other}, :process 1, :f :txn, :value [[:w :x 1]]}}
             {{:type :invoke, :process 2, :f :txn, :value [[:r :x nil]]}}
             {{:type :ok, :process 2, :f :txn, :value [[:r :x 1]]}}"
        );
        let (valid, _) = verdict(Rules::Sound, "strict-serializable", &text);
        assert_eq!(valid, Validity::Unknown, "{other}");
    }
}
