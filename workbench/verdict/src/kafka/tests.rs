use super::*;

mod ww_deps;

/// A line each: client, type, function, value and further keys.
fn history(transcript: &str) -> History {
    let lines = transcript.lines().enumerate().map(|(i, line)| {
        let words: Vec<&str> = line.trim().splitn(4, ' ').collect();
        let (process, typ, f, value) = (words[0], words[1], words[2], words[3]);
        let time = (i + 1) * 1_000_000_000;
        format!(
            "{{:index {i}, :time {time}, :process {process}, :type :{typ}, :f :{f}, \
             :value {value}}}\n"
        )
    });
    History::read(&lines.collect::<String>()).unwrap()
}

/// The kinds of errors, but for what a short transcript cannot help.
fn errors(transcript: &str) -> String {
    let checked = check(&history(transcript), Rules::Maelstrom);
    let Some(names) = checked.results.get("error-types") else {
        return format!("unknown: {}", checked.sentences().concat());
    };
    let names = names.items().unwrap().iter();
    let names: Vec<String> = names.map(|name| name.to_string().split_off(1)).collect();
    names.join(" ")
}

fn findings(transcript: &str) -> Vec<String> {
    check(&history(transcript), Rules::Maelstrom).sentences()
}

const THREE_SENDS: &str = r#"0 invoke send [[:send "a" 1]]
0 ok send [[:send "a" [0 1]]]
0 invoke send [[:send "a" 2]]
0 ok send [[:send "a" [1 2]]]
0 invoke send [[:send "a" 3]]
0 ok send [[:send "a" [2 3]]]
1 invoke poll [[:poll]]
"#;

fn after_three_sends(transcript: &str) -> String {
    THREE_SENDS.to_owned() + transcript
}

#[test]
fn a_log_in_order_is_valid() {
    let checked = check(
        &history(&after_three_sends(
            r#"1 ok poll [[:poll {"a" [[0 1] [1 2] [2 3]]}]]"#,
        )),
        Rules::Maelstrom,
    );
    assert_eq!(
        checked.results.to_string(),
        "{:valid? true, :worst-realtime-lag {:time 7.0, :process 1, :key \"a\", :lag 0.0}, \
         :bad-error-types (), :error-types (), :info-txn-causes ()}"
    );
    assert!(checked.findings.is_empty());
}

#[test]
fn what_polls_went_past_is_lost() {
    let transcript = after_three_sends(r#"1 ok poll [[:poll {"a" [[1 2] [2 3]]}]]"#);
    assert_eq!(errors(&transcript), "lost-write unseen");
    assert_eq!(
        findings(&transcript),
        [
            "key \"a\": message 1 of client 0's send (operation 1) at offset 0 is lost: no poll \
             ever returned it, while polls went on to offset 2, as in client 1's poll \
             (operation 7)",
            "key \"a\": acknowledged, but never polled, up to the end: message 1 of client 0's \
             send (operation 1) (offset 0)",
        ]
    );
    // The last ones may be on their way, but not for ever.
    let transcript = after_three_sends(r#"1 ok poll [[:poll {"a" [[0 1]]}]]"#);
    assert_eq!(errors(&transcript), "unseen");
}

#[test]
fn a_poll_leaves_nothing_out_and_never_goes_back() {
    let polls = |polls: &str| errors(&after_three_sends(polls));
    let all = r#"
        2 ok poll [[:poll {"a" [[0 1] [1 2] [2 3]]}]]"#;
    let skip = format!(r#"1 ok poll [[:poll {{"a" [[0 1] [2 3]]}}]]{all}"#);
    assert_eq!(polls(&skip), "int-poll-skip");
    assert_eq!(
        findings(&after_three_sends(&skip)),
        [
            "key \"a\": client 1's poll (operation 7) went from message 1 (offset 0) to message 3 \
          (offset 2): leaving out message 2 (offset 1)"
        ]
    );
    let back = format!(r#"1 ok poll [[:poll {{"a" [[1 2] [0 1]]}}]]{all}"#);
    assert_eq!(polls(&back), "int-nonmonotonic-poll");
    let next = |from: &str, to: &str| {
        polls(&format!(
            r#"1 ok poll [[:poll {{"a" [{from}]}}]]
               1 ok poll [[:poll {{"a" [{to}]}}]]{all}"#
        ))
    };
    assert_eq!(next("[0 1]", "[1 2]"), "");
    assert_eq!(next("[0 1]", "[2 3]"), "poll-skip");
    assert_eq!(next("[0 1] [1 2]", "[1 2]"), "nonmonotonic-poll");
    assert_eq!(
        next("[0 1] [1 2]", "[0 1] [1 2] [2 3]"),
        "nonmonotonic-poll"
    );
    // A poll of nothing leaves no place to go on from.
    assert_eq!(next("", "[2 3]"), "");
}

#[test]
fn an_assignment_keeps_the_place_in_the_keys_that_stay() {
    let again = |keys: &str| {
        errors(&after_three_sends(&format!(
            r#"1 ok poll [[:poll {{"a" [[0 1] [1 2] [2 3]]}}]]
               1 ok assign {keys}
               1 ok assign ["a"]
               1 ok poll [[:poll {{"a" [[0 1]]}}]]"#
        )))
    };
    assert_eq!(again(r#"["b" "a"]"#), "nonmonotonic-poll");
    assert_eq!(again(r#"["b"]"#), "");
}

#[test]
fn a_clients_sends_get_ever_greater_offsets() {
    let transcript = r#"0 ok send [[:send "a" [1 1]]]
        0 ok send [[:send "a" [0 2]]]
        1 ok poll [[:poll {"a" [[0 2] [1 1]]}]]"#;
    assert_eq!(errors(transcript), "nonmonotonic-send");
    assert_eq!(
        findings(transcript),
        [
            "key \"a\": client 0's send (operation 0) ended with message 1 (offset 1), and client \
             0's send (operation 1) began with message 2 (offset 0): 1 back in the log"
        ]
    );
    let transcript = r#"0 ok txn [[:send "a" [0 1]] [:send "a" [2 2]]]
        1 ok send [[:send "a" [1 3]]]
        1 ok poll [[:poll {"a" [[0 1] [1 3] [2 2]]}]]"#;
    let checked = check(&history(transcript), Rules::Maelstrom);
    assert_eq!(errors(transcript), "int-send-skip");
    assert_eq!(checked.valid, Validity::Valid);
    assert!(checked.findings.is_empty());
}

#[test]
fn an_offset_has_one_message_and_a_message_one_offset() {
    let transcript = r#"0 ok send [[:send "a" [0 1]]]
        1 ok send [[:send "a" [0 2]]]
        2 ok poll [[:poll {"a" [[0 1]]}]]
        3 ok poll [[:poll {"a" [[0 2]]}]]"#;
    assert_eq!(errors(transcript), "inconsistent-offsets");
    assert_eq!(
        findings(transcript),
        [
            "key \"a\": at offset 0 there are message 1 of client 0's send (operation 0) and \
          message 2 of client 1's send (operation 1)"
        ]
    );
    let transcript = r#"0 ok send [[:send "a" [0 1]]]
        2 ok poll [[:poll {"a" [[0 1]]}]]
        3 ok poll [[:poll {"a" [[3 1]]}]]"#;
    assert_eq!(errors(transcript), "duplicate");
}

#[test]
fn refused_sends_are_not_polled_and_uncertain_ones_may_be() {
    let sent = |typ: &str, offset: &str| {
        errors(&format!(
            r#"0 {typ} send [[:send "a" 1]]
               0 ok send [[:send "a" [{offset} 2]]]
               1 ok poll [[:poll {{"a" [[0 1] [1 2]]}}]]"#
        ))
    };
    assert_eq!(sent("fail", "1"), "G1a");
    assert_eq!(sent("info", "1"), "");
    let transcript = r#"0 info send [[:send "a" 1]]
        1 ok send [[:send "a" [5 2]]]
        1 ok poll [[:poll {"a" [[5 2]]}]]"#;
    assert_eq!(errors(transcript), "");
}

#[test]
fn nobody_polls_what_is_sent_later() {
    let transcript = r#"0 invoke poll [[:poll]]
        0 ok poll [[:poll {"a" [[0 1]]}]]
        1 invoke send [[:send "a" 1]]
        1 ok send [[:send "a" [0 1]]]"#;
    assert_eq!(errors(transcript), "G1c-realtime strong-PL-2-cycle-exists");
    assert_eq!(
        findings(transcript),
        [
            "in no possible order: client 0's poll (operation 1) polled message 1 of key \"a\", \
             which client 1's send (operation 3) sent; client 0's poll (operation 1) ended before \
             client 1's send (operation 3) began"
        ]
    );
    let transcript = r#"0 invoke txn [[:send "a" 1] [:poll]]
        1 invoke txn [[:send "b" 1] [:poll]]
        0 ok txn [[:send "a" [0 1]] [:poll {"b" [[0 1]]}]]
        1 ok txn [[:send "b" [0 1]] [:poll {"a" [[0 1]]}]]"#;
    assert_eq!(errors(transcript), "G1c PL-2-cycle-exists");
    let transcript = r#"0 ok txn [[:send "a" [0 1]] [:poll {"a" [[0 1]]}]]
        1 ok poll [[:poll {"a" [[0 1]]}]]"#;
    assert_eq!(errors(transcript), "precommitted-read");
}

#[test]
fn of_many_cycles_all_are_counted_and_a_few_told() {
    let early = |i: usize| {
        format!(
            r#"0 invoke poll [[:poll]]
               0 ok poll [[:poll {{"a" [[{i} {i}]]}}]]
               1 invoke send [[:send "a" {i}]]
               1 ok send [[:send "a" [{i} {i}]]]
"#
        )
    };
    let checked = check(
        &history(&(0..30).map(early).collect::<String>()),
        Rules::Maelstrom,
    );
    let cycles = checked.results.get("G1c-realtime").unwrap();
    assert_eq!(cycles.get("count"), Some(&Value::Int(30)));
    let told = cycles.get("errs").and_then(Value::items).unwrap();
    let steps = told.iter().map(|cycle| cycle.get("steps").unwrap());
    let steps: Vec<usize> = steps.map(|steps| steps.items().unwrap().len()).collect();
    assert_eq!(steps, [2; 8]);
    let [first, .., last] = &checked.sentences()[..] else {
        panic!("no findings");
    };
    assert!(first.starts_with("in no possible order: client 0's poll (operation 1) polled"));
    assert_eq!(last, "and 20 more errors of the kind G1c-realtime");
}

#[test]
fn lag_is_how_long_there_has_been_more_than_was_seen() {
    // Offset 1 is known from second 4 on; the second poll begins at second 9.
    let transcript = after_three_sends(
        r#"1 ok poll [[:poll {"a" [[0 1]]}]]
           1 invoke poll [[:poll]]
           1 ok poll [[:poll {"a" []}]]"#,
    );
    let results = check(&history(&transcript), Rules::Maelstrom).results;
    assert_eq!(
        results.get("worst-realtime-lag").unwrap().to_string(),
        "{:time 9.0, :process 1, :key \"a\", :lag 5.0}"
    );
}

#[test]
fn there_is_no_verdict_on_what_nobody_sent() {
    let transcript = r#"0 ok poll [[:poll {"a" [[0 1]]}]]"#;
    assert_eq!(
        errors(transcript),
        "unknown: the message 1 of key \"a\" was polled, but no send of it ended"
    );
    let transcript = r#"0 ok send [[:send "a" [0 1]]]
        1 ok poll [[:poll {"a" []}]]"#;
    assert!(errors(transcript).starts_with("unknown: polls of key \"a\" returned no message"));
    assert_eq!(errors("0 ok poll [[:poll {}]]"), "empty-transaction-graph");
    assert_eq!(errors(""), "");
}

#[test]
fn other_shapes_are_no_verdict_either() {
    for (value, why) in [
        ("5", "expected a list of sends and polls, found 5"),
        (
            "[[:r 5 nil]]",
            "expected a send or a poll, found [:r 5 nil]",
        ),
        ("[[:poll 5]]", "expected a map of what is polled, found 5"),
        (
            "[[:poll {5 [[1]]}]]",
            "expected an offset and a message, found [1]",
        ),
        (
            "[[:poll {5 [[1.5 1]]}]]",
            "expected an integer as offset, found 1.5",
        ),
    ] {
        assert_eq!(
            errors(&format!("0 ok poll {value}")),
            format!("unknown: operation 0 is none of kafka's: {why}")
        );
    }
    assert_eq!(
        errors(r#"0 ok poll [[:poll {"a" [[-9223372036854775808 1] [9223372036854775807 2]]}]]"#),
        "unknown: the message 1 of key \"a\" was polled, but no send of it ended"
    );
}

/// Whatever happens, there is a verdict, and if it is not good, a sentence.
#[test]
fn every_history_gets_a_verdict() {
    let rng = rng::Rng::new(1);
    let pick = |choices: &[&str]| (*rng.choose(choices).unwrap()).to_owned();
    let mut verdicts = [0; 3];
    for _ in 0..20_000 {
        let line = |_| {
            let typ = pick(&["invoke", "ok", "ok", "ok", "info", "fail"]);
            let key = pick(&["\"a\"", "\"b\"", "5"]);
            let pair = || format!("[{} {}]", rng.below(4), rng.below(4));
            let send = match rng.chance(0.8) {
                true => format!("[:send {key} {}]", pair()),
                false => format!("[:send {key} {}]", rng.below(4)),
            };
            let pairs: String = (0..rng.below(4)).map(|_| pair() + " ").collect();
            let poll = format!("[:poll {{{key} [{pairs}]}}]");
            let (f, value) = match rng.below(8) {
                0 => ("assign", format!("[{key} \"a\"]")),
                1 => ("txn", format!("[{send} {poll}]")),
                2..5 => ("send", format!("[{send}]")),
                _ => ("poll", format!("[{poll}]")),
            };
            format!("{} {typ} {f} {value}\n", rng.below(3))
        };
        let transcript: String = (0..rng.below(12)).map(line).collect();
        let checked = check(&history(&transcript), Rules::Maelstrom);
        let is_valid = checked.valid == Validity::Valid;
        assert_eq!(is_valid, checked.findings.is_empty(), "{transcript}");
        verdicts[checked.valid as usize] += 1;
    }
    assert!(verdicts.iter().all(|count| *count > 300), "{verdicts:?}");
}

#[test]
fn whoever_subscribes_anew_begins_anew() {
    for f in ["subscribe", "assign"] {
        let text = format!(
            "0 ok send [[:send :x [0 :a]] [:send :x [1 :b]]]
             1 ok {f} [:x]
             1 ok poll [[:poll {{:x [[0 :a] [1 :b]]}}]]
             1 ok {f} [:y]
             1 ok {f} [:x]
             1 ok poll [[:poll {{:x [[0 :a] [1 :b]]}}]]"
        );
        let checked = check(&history(&text), Rules::Sound);
        assert_eq!(checked.valid, Validity::Valid, "{:?}", checked.sentences());
    }
}

#[test]
fn a_send_without_an_end_may_have_happened() {
    let open = "{:process 0, :type :invoke, :f :send, :value [[:send :x 1]]}
                {:process 1, :type :invoke, :f :poll, :value [[:poll]]}
                {:process 1, :type :ok, :f :poll, :value [[:poll {:x [[0 1]]}]]}";
    let history = History::read(open).unwrap();
    assert_eq!(check(&history, Rules::Sound).valid, Validity::Valid);
    assert_eq!(check(&history, Rules::Maelstrom).valid, Validity::Unknown);
    let nothing = check(&History::default(), Rules::Sound);
    assert_eq!(nothing.valid, Validity::Unknown);
}

#[test]
fn what_nobody_sent_cannot_be_polled() {
    let history = history(
        r#"0 invoke send [[:send "a" 1]]
           0 ok send [[:send "a" [0 1]]]
           1 invoke poll [[:poll]]
           1 ok poll [[:poll {"a" [[0 1] [1 77]]}]]"#,
    );
    let checked = check(&history, Rules::Sound);
    assert_eq!(checked.valid, Validity::Invalid);
    assert_eq!(
        checked.sentences(),
        ["client 1 (operation 3) read 77 in key \"a\", which nobody wrote"]
    );
    assert_eq!(check(&history, Rules::Maelstrom).valid, Validity::Unknown);
}

/// A client that sends again what was refused, or of which it heard nothing.
#[test]
fn of_what_was_sent_again_there_is_no_telling() {
    for first in ["fail", "info", "ok"] {
        let text = format!(
            "0 {first} send [[:send :x 5]]
             0 ok send [[:send :x [1 5]]]
             1 ok poll [[:poll {{:x [[1 5]]}}]]"
        );
        let checked = check(&history(&text), Rules::Sound);
        assert_eq!(
            checked.valid,
            Validity::Unknown,
            "{:?}",
            checked.sentences()
        );
    }
}

#[test]
fn of_what_follows_on_nothing_there_is_no_telling() {
    let history = history("0 invoke poll [[:poll]]\n0 ok poll [[:poll {}]]");
    assert_eq!(check(&history, Rules::Sound).valid, Validity::Unknown);
    assert_eq!(check(&history, Rules::Maelstrom).valid, Validity::Invalid);
}

#[test]
fn every_name_is_in_the_glossary() {
    for name in [
        "lost-write",
        "inconsistent-offsets",
        "duplicate",
        "aborted-read",
        "precommitted-read",
        "int-poll-skip",
        "int-nonmonotonic-poll",
        "poll-skip",
        "nonmonotonic-poll",
        "int-send-skip",
        "int-nonmonotonic-send",
        "nonmonotonic-send",
        "G0-realtime",
        "G1c",
        "unseen",
    ] {
        assert!(finding::glossary::meaning(name).is_some(), "{name}");
    }
}
