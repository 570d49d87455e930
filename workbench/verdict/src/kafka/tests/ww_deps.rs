//! Cycles through sends that are in two orders, by the offsets of two keys.

use super::*;

/// What is wrong, what was found in all, and what is told.
fn judged(transcript: &str, options: impl Into<Options>) -> [String; 3] {
    let checked = check(&history(transcript), options);
    let names = |key: &str| match checked.results.get(key) {
        Some(names) => names.to_string(),
        None => checked.sentences().concat(),
    };
    let told = checked.findings.iter().map(|finding| &*finding.anomaly);
    let told: Vec<&str> = told.collect();
    [
        names("bad-error-types"),
        names("error-types"),
        told.join(" "),
    ]
}

const SOUND: Options = Options {
    rules: Rules::Sound,
    ww_deps: true,
};
const MAELSTROM: Options = Options {
    rules: Rules::Maelstrom,
    ww_deps: true,
};

/// Two transactions send to two keys, and each is first in one of them.
const G0: &str = r#"0 invoke send [[:send :x :a] [:send :y :a]]
1 invoke send [[:send :x :b] [:send :y :b]]
0 ok send [[:send :x [0 :a]] [:send :y [1 :a]]]
1 ok send [[:send :x [1 :b]] [:send :y [0 :b]]]
2 invoke poll [[:poll]]
2 ok poll [[:poll {:x [[0 :a] [1 :b]], :y [[0 :b] [1 :a]]}]]"#;

/// A transaction polls what another sent, and sends before that.
const G1C: &str = r#"0 invoke txn [[:send :x :a] [:send :y :c]]
1 invoke txn [[:poll] [:send :y :b]]
0 ok txn [[:send :x [0 :a]] [:send :y [2 :c]]]
1 ok txn [[:poll {:x [[0 :a]]}] [:send :y [1 :b]]]
2 invoke poll [[:poll]]
2 ok poll [[:poll {:x [[0 :a]], :y [[1 :b] [2 :c]]}]]"#;

#[test]
fn sends_in_two_orders_are_told_if_one_asks() {
    for rules in [Rules::Sound, Rules::Maelstrom] {
        assert_eq!(judged(G0, rules), ["()", "()", ""]);
        assert_eq!(judged(G1C, rules), ["()", "()", ""]);
    }
    for options in [SOUND, MAELSTROM] {
        let found = ["()", "(:G0 :PL-1-cycle-exists)", "G0"];
        assert_eq!(judged(G0, options), found);
        let found = ["()", "(:G1c :PL-2-cycle-exists)", "G1c"];
        assert_eq!(judged(G1C, options), found);
    }
    let checked = check(&history(G0), SOUND);
    assert_eq!(checked.valid, Validity::Valid);
    assert_eq!(
        checked.sentences(),
        [
            "in no possible order: client 1's send (operation 3) sent message :b to key :x right \
             behind message :a, which client 0's send (operation 2) sent; client 0's send \
             (operation 2) sent message :a to key :y right behind message :b, which client 1's \
             send (operation 3) sent"
        ]
    );
    let checked = check(&history(G1C), SOUND);
    let cycle = checked.results.get("G1c").unwrap().get("errs").unwrap();
    let steps = cycle.items().unwrap()[0].get("steps").unwrap();
    let kinds = steps.items().unwrap().iter().map(|step| {
        let [key, value] = ["key", "value"].map(|name| step.get(name).unwrap());
        format!("{} {key} {value}", step.get("type").unwrap())
    });
    assert_eq!(kinds.collect::<Vec<_>>(), [":wr :x :a", ":ww :y :b"]);
}

/// What began when another had ended has the smaller offset.
#[test]
fn the_clock_and_offsets_may_contradict_each_other() {
    let transcript = r#"0 invoke send [[:send :x 1]]
0 ok send [[:send :x [1 1]]]
1 invoke send [[:send :x 2]]
1 ok send [[:send :x [0 2]]]
2 invoke poll [[:poll]]
2 ok poll [[:poll {:x [[0 2] [1 1]]}]]"#;
    assert_eq!(judged(transcript, Rules::Sound), ["()", "()", ""]);
    for options in [SOUND, MAELSTROM] {
        let found = [
            "()",
            "(:G0-realtime :strong-PL-1-cycle-exists)",
            "G0-realtime",
        ];
        assert_eq!(judged(transcript, options), found);
    }
}

/// Jepsen allows every cycle then; but one that polls prove is as wrong as without.
#[test]
fn what_polls_prove_stays_wrong() {
    let polls = r#"0 invoke txn [[:send :a 1] [:poll]]
1 invoke txn [[:send :b 1] [:poll]]
0 ok txn [[:send :a [0 1]] [:poll {:b [[0 1]]}]]
1 ok txn [[:send :b [0 1]] [:poll {:a [[0 1]]}]]
"#;
    let found = "(:G1c :PL-2-cycle-exists)";
    assert_eq!(judged(polls, Rules::Maelstrom), [found, found, "G1c"]);
    assert_eq!(judged(polls, SOUND), [found, found, "G1c"]);
    assert_eq!(judged(polls, MAELSTROM), ["()", found, "G1c"]);
    // With another that is none without offsets, both are counted.
    let others = G1C.lines().map(|line| format!("1{line}\n"));
    let both = polls.to_owned() + &others.collect::<String>();
    let count = |options| {
        let results = check(&history(&both), options).results;
        results.get("G1c").unwrap().get("count").cloned()
    };
    assert_eq!(count(SOUND), Some(Value::Int(2)));
    assert_eq!(count(MAELSTROM), Some(Value::Int(2)));
    assert_eq!(judged(&both, SOUND)[0], found);
}

/// Sends that no poll contradicts are in an order, which is one.
#[test]
fn offsets_alone_make_no_circle() {
    assert_eq!(
        judged(THREE_SENDS, SOUND),
        ["(:unseen)", "(:unseen)", "unseen"]
    );
    let nobody = r#"0 ok send [[:send :x [0 1]]]
1 ok poll [[:poll {:x [[0 1] [1 77]]}]]"#;
    assert_eq!(judged(nobody, SOUND)[0], "(:garbage-read)");
}
