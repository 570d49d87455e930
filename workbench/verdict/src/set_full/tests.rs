//! Histories as a transcript, and what becomes of each element.

use std::collections::BTreeMap;

use super::*;

/// A line each: time in ms, process, type, function, value.
fn history(transcript: &str) -> History {
    let lines = transcript.lines().map(|line| {
        let mut words = line.trim().splitn(5, ' ');
        let mut word = || words.next().expect("five words in each line");
        let (time, process, typ, f, value) = (word(), word(), word(), word(), word());
        let (ms, fraction) = time.split_once('.').unwrap_or((time, ""));
        format!(
            "{{:time {ms}{fraction:0<6}, :process {process}, :type :{typ}, :f :{f}, :value {value}}}\n"
        )
    });
    History::read(&lines.collect::<String>()).unwrap()
}

fn result(checked: &Checked, key: &str) -> String {
    checked.results.get(key).unwrap_or(&Value::Nil).to_string()
}

/// The verdict, and which elements are stable (how many), lost, never read and
/// stale.
fn judge(transcript: &str) -> String {
    let checked = check(&history(transcript), "add", Rules::Maelstrom);
    format!(
        "{:?}: {} stable, lost {}, never read {}, stale {}",
        checked.valid,
        result(&checked, "stable-count"),
        result(&checked, "lost"),
        result(&checked, "never-read"),
        result(&checked, "stale"),
    )
}

#[test]
fn a_read_after_the_acknowledgement_misses_the_element() {
    let transcript = "10 0 invoke add 17
                      11 0 ok add 17
                      12 1 invoke read nil
                      13 1 ok read []";
    assert_eq!(
        judge(transcript),
        "Invalid: 0 stable, lost (17), never read (), stale ()"
    );
    assert_eq!(
        check(&history(transcript), "add", Rules::Maelstrom).sentences(),
        [
            "element 17 is lost: it was acknowledged by operation 1, and was never read; the read \
             of client 1 (operations 2 to 3) misses it"
        ]
    );
}

#[test]
fn what_jepsen_lets_pass_is_found_nevertheless() {
    let transcript = "10 0 invoke add 17
                      11 0 ok add 17
                      12 1 invoke read nil
                      13 1 ok read [17 18 17]
                      14 0 invoke add 18";
    let checked = check(&history(transcript), "add", Rules::Maelstrom);
    assert_eq!(checked.valid, Validity::Valid);
    assert_eq!(
        checked.sentences(),
        [
            "element 18 is in the read that ended as operation 3, but nobody had begun to add it \
             (Jepsen lets this pass)",
            "element 17 is more than once in the read that ended as operation 3 (Jepsen lets this \
             pass)",
        ]
    );
}

#[test]
fn a_read_that_overlaps_the_addition_may_miss_it() {
    assert_eq!(
        judge(
            "10 1 invoke read nil
             10 0 invoke add 17
             11 0 ok add 17
             13 1 ok read []"
        ),
        "Unknown: 0 stable, lost (), never read (17), stale ()"
    );
}

#[test]
fn an_element_is_known_from_the_first_read_on_that_returns_it() {
    let transcript = "10 0 invoke add 17
                      11 1 invoke read nil
                      12 1 ok read [17]
                      13 1 invoke read nil
                      17 1 ok read []
                      20 0 info add 17";
    assert_eq!(
        judge(transcript),
        "Invalid: 0 stable, lost (17), never read (), stale ()"
    );
    let checked = check(&history(transcript), "add", Rules::Maelstrom);
    assert_eq!(
        result(&checked, "lost-latencies"),
        "{0 0, 0.5 0, 0.95 0, 0.99 0, 1 0}"
    );
    assert_eq!(
        checked.sentences(),
        [
            "element 17 is lost: it was read by operation 2, and was last seen by the read that \
             began as operation 1; the read of client 1 (operations 3 to 4) misses it"
        ]
    );
}

#[test]
fn what_counts_is_which_read_began_last() {
    // Process 1 begins later and sees it; process 2 begins earlier, ends later
    // and does not.
    assert_eq!(
        judge(
            "10 0 invoke add 17
             11 0 ok add 17
             20 2 invoke read nil
             21 1 invoke read nil
             22 1 ok read [17]
             23 2 ok read []"
        ),
        "Valid: 1 stable, lost (), never read (), stale (17)"
    );
}

#[test]
fn stale_means_missed_for_a_millisecond_after_it_was_known() {
    // The latency counts from the acknowledgement to just after the invocation
    // of the last read that missed it.
    let until = |ms: &str| {
        format!(
            "10 0 invoke add 17
             20 0 ok add 17
             {ms} 1 invoke read nil
             25 1 ok read []
             26 1 invoke read nil
             27 1 ok read [17]"
        )
    };
    assert_eq!(
        judge(&until("20.999998")),
        "Valid: 1 stable, lost (), never read (), stale ()"
    );
    assert_eq!(
        judge(&until("20.999999")),
        "Valid: 1 stable, lost (), never read (), stale (17)"
    );
    assert_eq!(
        judge(&until("20")),
        "Valid: 1 stable, lost (), never read (), stale ()"
    );
    assert_eq!(
        judge(&until("21")),
        "Valid: 1 stable, lost (), never read (), stale (17)"
    );
    let checked = check(&history(&until("24")), "add", Rules::Maelstrom);
    assert_eq!(
        result(&checked, "worst-stale"),
        "({:element 17, :outcome :stable, :stable-latency 4, :lost-latency nil, \
         :known #jepsen.history.Op{:index 1, :time 20000000, :type :ok, :process 0, :f :add, \
         :value 17}, \
         :last-absent #jepsen.history.Op{:index 2, :time 24000000, :type :invoke, :process 1, \
         :f :read, :value nil}})"
    );
}

#[test]
fn failed_and_uncertain_additions_need_not_show() {
    assert_eq!(
        judge(
            "1 0 invoke add 1
             2 0 fail add 1
             3 0 invoke add 2
             4 0 info add 2
             5 1 invoke add 3
             6 1 info add 3
             7 2 invoke read nil
             8 2 ok read [3 99 3]"
        ),
        "Valid: 1 stable, lost (), never read (1 2), stale ()"
    );
}

#[test]
fn an_element_that_is_added_again_starts_afresh() {
    assert_eq!(
        judge(
            "1 0 invoke add 1
             2 0 ok add 1
             3 1 invoke read nil
             4 1 ok read []
             5 0 invoke add 1
             6 0 info add 1"
        ),
        "Unknown: 0 stable, lost (), never read (1), stale ()"
    );
}

#[test]
fn reads_that_ended_before_the_addition_say_nothing() {
    // A slow read from before is still under way while others come and go.
    assert_eq!(
        judge(
            "1 9 invoke read nil
             2 1 invoke read nil
             3 1 ok read []
             4 1 invoke read nil
             5 1 ok read [7]
             6 0 invoke add 7
             7 0 ok add 7
             8 1 invoke read nil
             9 1 ok read [7]
             10 9 ok read []"
        ),
        "Valid: 1 stable, lost (), never read (), stale ()"
    );
}

#[test]
fn elements_can_be_anything() {
    assert_eq!(
        judge(
            "1 0 invoke add \"a\"
             2 0 ok add \"a\"
             3 1 invoke add [1 -2]
             4 1 ok add [1 -2]
             5 2 invoke add 99999999999999999999
             6 2 ok add 99999999999999999999
             7 3 invoke add nil
             8 3 ok add nil
             9 2 invoke read nil
             10 2 ok read #{99999999999999999999N (1 -2)}"
        ),
        "Invalid: 2 stable, lost (nil \"a\"), never read (), stale ()"
    );
}

#[test]
fn a_read_without_a_collection_says_nothing_good() {
    let transcript = "1 0 invoke add 1
                      2 0 ok add 1
                      3 1 invoke read nil
                      4 1 ok read 5
                      5 1 invoke read nil
                      6 1 ok read [1]";
    assert_eq!(
        judge(transcript),
        "Unknown: 1 stable, lost (), never read (), stale ()"
    );
    assert_eq!(
        check(&history(transcript), "add", Rules::Maelstrom).sentences(),
        ["the read that ended as operation 3 returned 5, which is no collection"]
    );
}

#[test]
fn a_read_of_another_collection_has_no_element() {
    for value in ["{1 1}", "\"1\"", "nil", "()", "#{2}"] {
        let transcript =
            format!("1 0 invoke add 1\n2 0 ok add 1\n3 1 invoke read nil\n4 1 ok read {value}");
        assert_eq!(
            judge(&transcript),
            "Invalid: 0 stable, lost (1), never read (), stale ()",
            "{value}"
        );
    }
}

#[test]
fn the_order_of_an_elements_keys_does_not_matter() {
    assert_eq!(
        judge(
            "1 0 invoke add {:a 1,:b 2}
             2 0 ok add {:a 1,:b 2}
             3 1 invoke read nil
             4 1 ok read [{:b 2,:a 1}]"
        ),
        "Valid: 1 stable, lost (), never read (), stale ()"
    );
}

#[test]
fn of_many_lost_elements_the_first_are_named() {
    let mut transcript = String::new();
    for i in 0..100 {
        transcript += &format!("{i} 0 invoke add {i}\n{i} 0 ok add {i}\n");
    }
    transcript += "200 0 invoke read nil\n201 0 ok read nil";
    let findings = check(&history(&transcript), "add", Rules::Maelstrom).sentences();
    assert_eq!(findings.len(), 11);
    assert_eq!(findings[10], "and 90 more elements are lost");
}

/// When an element became known, was last present and last absent.
type State = (Option<usize>, Option<usize>, Option<usize>);

/// Jepsen's definition to the letter: with every read, every element that has
/// been added by then is updated.
fn by_definition(history: &History) -> BTreeMap<Value, State> {
    let mut states: BTreeMap<Value, State> = BTreeMap::new();
    for (place, op) in history.clients() {
        match (&*op.f, op.typ.name()) {
            ("add", "invoke") => drop(states.insert(op.value.clone(), (None, None, None))),
            ("add", "ok") => {
                states.entry(op.value.clone()).and_modify(|state| {
                    state.0.get_or_insert(place);
                });
            }
            ("read", "ok") => {
                let begun = history.pair_place(place);
                for (element, (known, present, absent)) in &mut states {
                    if op.value.items().unwrap().contains(element) {
                        known.get_or_insert(place);
                        *present = begun.max(*present);
                    } else {
                        *absent = begun.max(*absent);
                    }
                }
            }
            _ => {}
        }
    }
    states
}

#[test]
fn it_agrees_with_the_definition_on_any_history() {
    let rng = rng::Rng::new(4);
    let mut outcomes = [0; 3];
    for _ in 0..2000 {
        let mut open: Vec<Option<(&str, String)>> = vec![None; 4];
        let mut transcript = Vec::new();
        for i in 0..rng.below(40) {
            let process = rng.below(4) as usize;
            let line = match open[process].take() {
                Some(("read", _)) => {
                    let seen = (0..6).filter(|_| rng.chance(0.6)).map(|e| e.to_string());
                    format!("ok read [{}]", seen.collect::<Vec<_>>().join(" "))
                }
                Some((_, element)) => {
                    let typ = ["ok", "ok", "info", "fail"][rng.below(4) as usize];
                    format!("{typ} add {element}")
                }
                None if rng.chance(0.5) => {
                    open[process] = Some(("read", String::new()));
                    "invoke read nil".into()
                }
                None => {
                    let element = rng.below(6).to_string();
                    open[process] = Some(("add", element.clone()));
                    format!("invoke add {element}")
                }
            };
            transcript.push(format!("{i} {process} {line}"));
        }
        let transcript = transcript.join("\n");
        let history = history(&transcript);
        let (mut stable, mut lost, mut never_read) = (0usize, Vec::new(), Vec::new());
        for (element, (known, present, absent)) in by_definition(&history) {
            match (known, present, absent) {
                (_, Some(present), absent) if absent < Some(present) => stable += 1,
                (Some(known), _, Some(absent)) if known < absent => lost.push(element),
                _ => never_read.push(element),
            }
        }
        outcomes[0] += stable;
        outcomes[1] += lost.len();
        outcomes[2] += never_read.len();
        let expected = [stable.into(), lost.into(), never_read.into()];
        let checked = check(&history, "add", Rules::Maelstrom);
        for (key, expected) in ["stable-count", "lost", "never-read"].iter().zip(expected) {
            assert_eq!(
                checked.results.get(key),
                Some(&expected),
                "{key} of\n{transcript}"
            );
        }
    }
    assert!(outcomes.iter().all(|count| *count > 500), "{outcomes:?}");
}

/// What Jepsen lets pass.
#[test]
fn what_nobody_added_or_was_refused_cannot_be_read() {
    let read = |shown: &str| {
        let text = format!(
            "{{:process 0, :type :invoke, :f :add, :value 0}}
             {{:process 0, :type :ok, :f :add, :value 0}}
             {{:process 0, :type :invoke, :f :add, :value 1}}
             {{:process 0, :type :fail, :f :add, :value 1}}
             {{:process 0, :type :invoke, :f :read, :value nil}}
             {{:process 0, :type :ok, :f :read, :value [{shown}]}}"
        );
        let history = History::read(&text).unwrap();
        let [sound, maelstrom] =
            [Rules::Sound, Rules::Maelstrom].map(|rules| check(&history, "add", rules));
        assert_eq!(maelstrom.valid, Validity::Valid);
        (sound.valid, sound.sentences())
    };
    assert_eq!(read("0"), (Validity::Valid, Vec::new()));
    assert_eq!(
        read("0 1 30"),
        (
            Validity::Invalid,
            [
                "element 30 is in the read that ended as operation 5, but nobody had begun to add \
                 it (Jepsen lets this pass)",
                "element 1 is in the read that ended as operation 5, but its add was refused \
                 (Jepsen lets this pass)",
            ]
            .map(str::to_owned)
            .into()
        )
    );
}

#[test]
fn an_element_of_whose_add_only_the_end_is_known_is_not_invented() {
    let history = History::read(
        "{:process 1, :type :invoke, :f :read, :value nil}
         {:process 1, :type :ok, :f :read, :value [5]}
         {:process 0, :type :ok, :f :add, :value 5}",
    );
    let checked = check(&history.unwrap(), "add", Rules::Sound);
    assert_eq!(checked.valid, Validity::Valid);
}

#[test]
fn each_key_is_judged_by_itself() {
    let read = |shown: &str| {
        let text = format!(
            "{{:process 0, :type :invoke, :f :add, :value [7 0]}}
             {{:process 0, :type :ok, :f :add, :value [7 0]}}
             {{:process 1, :type :invoke, :f :add, :value [8 1]}}
             {{:process 1, :type :ok, :f :add, :value [8 1]}}
             {{:process 0, :type :invoke, :f :read, :value [7 nil]}}
             {{:process 0, :type :ok, :f :read, :value [7 {shown}]}}
             {{:process 1, :type :invoke, :f :read, :value [8 nil]}}
             {{:process 1, :type :ok, :f :read, :value [8 #{{1}}]}}"
        );
        check(&History::read(&text).unwrap(), "add", Rules::Sound)
    };
    assert_eq!(read("#{0}").valid, Validity::Valid);
    let lost = read("#{}");
    assert_eq!(lost.valid, Validity::Invalid);
    let failures = lost.results.get("failures").unwrap().to_string();
    assert_eq!(failures, "[7]");
    assert_eq!(
        lost.sentences(),
        [
            "element 0 is lost: it was acknowledged by operation 1, and was never read; the read \
             of client 0 (operations 4 to 5) misses it"
        ]
    );
}
