//! Histories as a transcript, and whether they have an order.
//!
//! - [`every_model`]: objects of all kinds, sound and broken, against such a search.
//! - [`every_order`]: random ones against a search that tries every order there is.
//! - [`hard`]: those that keep a search busy.
//! - [`objects`]: what is said of objects other than registers.

mod every_model;
mod every_order;
mod hard;
mod objects;

use super::*;

const MAELSTROM: Options = Options {
    rules: Rules::Maelstrom,
    initial: Value::Nil,
};

/// A line each: process, type, function, value. The key is 0.
fn history(transcript: &str) -> History {
    let lines = transcript.lines().enumerate().map(|(time, line)| {
        let words: Vec<&str> = line.trim().splitn(4, ' ').collect();
        let [process, typ, f, value] = words[..] else {
            panic!("expected four words, found {line}")
        };
        format!(
            "{{:time {time}000000, :process {process}, :type :{typ}, :f :{f}, :value [0 {value}]}}\n"
        )
    });
    History::read(&lines.collect::<String>()).unwrap()
}

/// The verdict, and what is said of it.
fn judge(transcript: &str) -> String {
    let checked = check(&history(transcript), &MAELSTROM);
    match checked.sentences().as_slice() {
        [] => format!("{:?}", checked.valid),
        sentences => sentences.join("\n"),
    }
}

#[test]
fn a_read_finds_what_was_written_last() {
    assert_eq!(
        judge(
            "0 invoke write 1
             0 ok write 1
             1 invoke read nil
             1 ok read 1"
        ),
        "Valid"
    );
    assert_eq!(
        judge(
            "0 invoke write 1
             0 ok write 1
             0 invoke write 2
             0 ok write 2
             1 invoke read nil
             1 ok read 1"
        ),
        "key 0 is not linearizable: whatever the value was before, no order explains these \
         operations: client 0 writes 2 (operations 2 to 3); client 1 reads 1 (operations 4 to 5)"
    );
}

#[test]
fn a_read_during_a_write_finds_either_value_but_not_the_new_one_and_then_the_old() {
    let transcript = |first, second| {
        format!(
            "0 invoke write 1
             0 ok write 1
             0 invoke write 2
             1 invoke read nil
             1 ok read {first}
             1 invoke read nil
             1 ok read {second}
             0 ok write 2"
        )
    };
    assert_eq!(judge(&transcript(1, 1)), "Valid");
    assert_eq!(judge(&transcript(1, 2)), "Valid");
    assert_eq!(judge(&transcript(2, 2)), "Valid");
    assert_eq!(
        judge(&transcript(2, 1)),
        "key 0 is not linearizable: whatever the value was before, no order explains these \
         operations: client 0 writes 2 (operations 2 to 7), perhaps before; client 1 reads 2 \
         (operations 3 to 4); client 1 reads 1 (operations 5 to 6)"
    );
}

#[test]
fn what_nobody_wrote_cannot_be_read() {
    assert_eq!(
        judge(
            "0 invoke write 1
             0 ok write 1
             1 invoke read nil
             1 ok read 7
             0 invoke write 7
             0 ok write 7"
        ),
        "key 0 is not linearizable: nobody can have written this before: client 1 reads 7 \
         (operations 2 to 3)"
    );
}

#[test]
fn nil_is_the_first_value_and_always_legal_to_read() {
    assert_eq!(judge("0 invoke cas [nil 1]\n0 ok cas [nil 1]"), "Valid");
    assert_eq!(
        judge("0 invoke write 1\n0 ok write 1\n1 invoke read nil\n1 ok read nil"),
        "Valid"
    );
    assert_ne!(
        judge("0 invoke write 1\n0 ok write 1\n1 invoke cas [nil 1]\n1 ok cas [nil 1]"),
        "Valid"
    );
}

#[test]
fn of_two_cas_from_one_value_one_succeeds() {
    assert_eq!(
        judge(
            "0 invoke write 1
             0 ok write 1
             0 invoke cas [1 2]
             1 invoke cas [1 3]
             0 ok cas [1 2]
             1 ok cas [1 3]"
        ),
        "key 0 is not linearizable: whatever the value was before, no order explains these \
         operations: client 0 changes 1 to 2 (operations 2 to 4); client 1 changes 1 to 3 \
         (operations 3 to 5)"
    );
}

#[test]
fn a_failed_write_did_not_happen_and_one_without_outcome_may_have_at_any_time() {
    let transcript = |typ| {
        format!(
            "0 invoke write 1
             0 {typ} write 1
             1 invoke write 2
             1 ok write 2
             1 invoke read nil
             1 ok read 1"
        )
    };
    assert_eq!(judge(&transcript("info")), "Valid");
    assert!(judge(&transcript("fail")).contains("nobody can have written this"));
    // But only once.
    let again = "1 invoke write 2
                 1 ok write 2
                 1 invoke read nil
                 1 ok read 1";
    let verdict = judge(&format!("{}\n{again}", transcript("info")));
    assert!(
        verdict.contains("client 1 reads 1 (operations 8 to 9)"),
        "{verdict}"
    );
}

#[test]
fn each_key_is_judged_by_itself() {
    let text = "{:process 0, :type :invoke, :f :write, :value [3 1]}
                {:process 0, :type :ok, :f :write, :value [3 1]}
                {:process 1, :type :invoke, :f :read, :value [\"x\" nil]}
                {:process 1, :type :ok, :f :read, :value [\"x\" 1]}
                {:process 2, :type :invoke, :f :append, :value [4 1]}
                {:process 3, :type :invoke, :f :cas, :value [5 1]}
                {:process 3, :type :info, :f :cas, :value [5 1]}
                {:process 4, :type :ok, :f :read, :value [6 1]}";
    let checked = check(&History::read(text).unwrap(), &MAELSTROM);
    assert_eq!(checked.valid, Validity::Invalid);
    assert_eq!(
        checked.results.get("failures").unwrap().to_string(),
        "[\"x\"]"
    );
    assert_eq!(
        checked.sentences(),
        [
            "key \"x\" is not linearizable: nobody can have written this before: client 1 reads \
             1 (operations 2 to 3)",
            "key 4: operation 4 is append [4 1], expected a read, a write or a cas",
            "key 5: operation 5 is cas [5 1], expected [from to]",
            "key 6: operation 7 of client 4 ended, but never began",
        ]
    );
    let checked = check(
        &History::read("{:process 0, :type :invoke, :f :read}").unwrap(),
        &MAELSTROM,
    );
    assert_eq!(checked.valid, Validity::Unknown);
    assert_eq!(
        check(&History::default(), &MAELSTROM).valid,
        Validity::Valid
    );
}

/// The verdict by sound rules, and what is said of it.
#[track_caller]
fn soundly(text: &str, initial: &str) -> String {
    let options = Options {
        initial: history::edn::read(initial).unwrap(),
        ..Options::default()
    };
    let checked = check(&History::read(text).unwrap(), &options);
    match checked.sentences().as_slice() {
        [] => format!("{:?}", checked.valid),
        sentences => sentences.join("\n"),
    }
}

#[test]
fn a_register_needs_no_key() {
    let text = "{:process 0, :type :invoke, :f :write, :value 1}
                {:process 0, :type :ok, :f :write, :value 1}
                {:process 1, :type :invoke, :f :cas, :value [1 2]}
                {:process 1, :type :ok, :f :cas, :value [1 2]}
                {:process 1, :type :invoke, :f :read, :value nil}";
    for (found, verdict) in [
        (2, "Valid"),
        (
            1,
            "the register is not linearizable: whatever the value was before, no order explains \
             these operations: client 1 changes 1 to 2 (operations 2 to 3); client 1 reads 1 \
             (operations 4 to 5)",
        ),
    ] {
        let read = format!("{text}\n{{:process 1, :type :ok, :f :read, :value {found}}}");
        assert_eq!(soundly(&read, "nil"), verdict);
        let options = MAELSTROM;
        assert_eq!(
            check(&History::read(&read).unwrap(), &options).valid,
            Validity::Unknown
        );
    }
}

#[test]
fn a_cas_may_have_its_key_and_both_values_in_a_row() {
    assert_eq!(
        soundly(
            "{:process 0, :type :invoke, :f :cas, :value [\"k\" nil \"v0\"]}
             {:process 0, :type :ok, :f :cas, :value [\"k\" nil \"v0\"]}
             {:process 1, :type :invoke, :f :read, :value [\"k\" nil]}
             {:process 1, :type :ok, :f :read, :value [\"k\" \"v1\"]}",
            "nil"
        ),
        "key \"k\" is not linearizable: nobody can have written this before: client 1 reads \"v1\" \
         (operations 2 to 3)"
    );
}

#[test]
fn a_register_holds_at_first_what_it_is_said_to() {
    let read = "{:process 1, :type :invoke, :f :read, :value nil}
                {:process 1, :type :ok, :f :read, :value 7}";
    assert_eq!(soundly(read, "7"), "Valid");
    assert!(soundly(read, "nil").contains("nobody can have written this before"));
}

#[test]
fn what_has_no_end_or_no_value_may_have_happened() {
    for end in ["", "{:process 0, :type :info, :f :write, :value nil}"] {
        let text = format!(
            "{{:process 0, :type :invoke, :f :write, :value [0 1]}}
             {end}
             {{:process 1, :type :invoke, :f :read, :value [0 nil]}}
             {{:process 1, :type :ok, :f :read, :value [0 1]}}"
        );
        assert_eq!(soundly(&text, "nil"), "Valid", "{end}");
    }
    assert_eq!(
        soundly("", "nil"),
        "no read, write or cas: there is nothing to judge"
    );
}
