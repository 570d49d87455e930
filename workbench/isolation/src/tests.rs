//! Small histories, a line for each transaction that succeeded unless it says
//! otherwise, and the anomalies that they show.

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

/// The verdict on lists or registers, by what writes there are, and the
/// anomalies.
fn judged(transcript: &str, model: &str) -> String {
    let history = history(transcript);
    let models: model::Models = model.parse().unwrap();
    let checked = match transcript.contains(":append") {
        true => check_list_append(&history, &models.0),
        false => check_rw_register(&history, &models.0),
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
        let models = &model::Models::default().0;
        let checked = match transcript.contains(":append") {
            true => check_list_append(&history, models),
            false => check_rw_register(&history, models),
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
            verdicts.insert(check_list_append(&history, &[*model]).valid);
            verdicts.insert(check_rw_register(&history, &[*model]).valid);
        }
    }
    assert_eq!(verdicts.len(), 3);
}
