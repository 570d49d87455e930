//! Histories as people have them, and what becomes of them.

use super::*;
use crate::Process;
use crate::edn::Value;

/// The operations, a line each, without their times.
#[track_caller]
fn ops(text: &str) -> Vec<String> {
    let found = read(text).unwrap_or_else(|e| panic!("{e}"));
    let line = |op: &crate::Op| {
        let (index, process, typ) = (op.index, op.process, op.typ.name());
        format!("{index}: {process} {typ} {} {}", op.f, op.value)
    };
    found.history.ops().iter().map(line).collect()
}

const WRITTEN: [&str; 2] = ["0: 0 invoke write [0 1]", "1: 0 ok write [0 1]"];

#[test]
fn edn_is_read_as_clojure_reads_it() {
    for text in [
        "; exported by a tool
         [{:process 0, :type :invoke, :f :write, :value [0 1]}
          {:process 0, :type :ok, :f :write, :value [0 1]}]",
        "({:process 0, :type :invoke, :f :write, :value [0 1]} ; first
          #_{:process 1 :type :ok} {:process 0, :type :ok, :f :write, :value [0 1]})",
        "{:process 0, :type :invoke,
          :f :write, :value [0 1]}
         {:process 0, :type :ok,
          :f :write, :value [0 1]}",
        "#jepsen.history.Op{:process 0x0 :type :invoke :f :write :value [2r0 01]}
         ^{:line 2} {:process 0 :type :ok :f :write :value ^:hot [0 1N] :error #:db{:code 5}}",
        "{:index nil, :time nil, :process 0, :type :invoke, :f :write, :value [0 1]}
         {:index -1, :time 1.5, :process 0, :type :ok, :f :write, :value [0 1]}",
        "{:index 7, :process 0, :type :invoke, :f :write, :value [0 1]}
         {:index 7, :process 0, :type :ok, :f :write, :value [0 1]}",
    ] {
        assert_eq!(ops(text), WRITTEN, "{text}");
    }
    let found = read(
        r#"{:type :info :process :nemesis :f :kill :value #object[java.lang.Object 0x1f "java.lang.Object@1f"]}
           {:type :ok :process 0 :f :txn :error #:db{:code 5 :_/plain 1 :other/x 2} :pattern #"a\"b"}"#,
    );
    let found = found.unwrap();
    let [kill, error] = found.history.ops() else {
        panic!("{found:?}")
    };
    assert_eq!(kill.process, Process::Nemesis);
    assert_eq!(
        kill.value.to_string(),
        r#"#object [java.lang.Object 31 "java.lang.Object@1f"]"#
    );
    assert_eq!(
        error.get("error").unwrap().to_string(),
        "{:db/code 5, :plain 1, :other/x 2}"
    );
    assert_eq!(error.get("pattern"), Some(&Value::Str(r#"a\"b"#.into())));
}

#[test]
fn json_has_keywords_where_edn_has_them() {
    for text in [
        r#"[{"process":0,"type":"invoke","f":"write","value":[0,1]},
            {"process":0,"type":"ok","f":"write","value":[0,1]}]"#,
        r#"{"process":0,"type":":invoke","f":":write","value":[0,1]}
           {"process":0,"type":":ok","f":":write","value":[0,1]}"#,
    ] {
        assert_eq!(ops(text), WRITTEN, "{text}");
    }
    assert_eq!(
        ops(
            r#"{"type":"ok","process":"a","value":[["append","x",2],["r",":y",[1]]]}
               {"type":"ok","process":3,"f":"read","value":{"0":100,"7":0}}
               {"type":"ok","process":":nemesis","f":"kill","value":["n1"]}"#
        ),
        [
            "0: 0 ok  [[:append \"x\" 2] [:r :y [1]]]",
            "1: 3 ok read {0 100, 7 0}",
            "2: :nemesis ok kill [\"n1\"]",
        ]
    );
}

#[test]
fn text_is_read_with_or_without_a_logger() {
    for text in [
        "0\t:invoke\t:write\t[0 1]\n0\t:ok\t:write\t[0 1]\n",
        "INFO  jepsen.util - 0\t:invoke\t:write\t[0 1]\nINFO  jepsen.util - 0\t:ok\t:write\t[0 1]",
        "INFO jepsen.core - Waiting\n0 :invoke :write [0 1]\n0 :ok :write [0 1]",
    ] {
        assert_eq!(ops(text), WRITTEN, "{text}");
    }
    let found = read(":nemesis\t:info\t:start\tnil\n1\t:info\t:read\tnil\t:timed-out").unwrap();
    assert_eq!(found.format, Format::Text);
    let error = found.history.ops()[1].get("error");
    assert_eq!(error, Some(&Value::keyword("timed-out")));
}

/// What is written is read again.
#[test]
fn history_txt_is_read_back() {
    let history = History::read(
        "{:process 0, :type :invoke, :f :write, :value [0 \"a b\"]}
         {:process 0, :type :info, :f :write, :value [0 \"a b\"], :error :net-timeout}",
    );
    let history = history.unwrap();
    let mut text = Vec::new();
    history.write_text(&mut text).unwrap();
    let back = read(&String::from_utf8(text).unwrap()).unwrap();
    assert_eq!(back.history, history);
}

#[test]
fn where_nobody_says_who_did_what_it_is_paired_by_what_it_is_about() {
    let found = read(
        "{:type :invoke :f :read :value nil}
         {:type :invoke :f :write :value 5}
         {:type :invoke :f :write :value 6}
         {:type :ok :f :write :value 6}
         {:type :ok :f :read :value #{5}}
         {:type :ok :f :write :value 5}",
    );
    let found = found.unwrap();
    let pairs: Vec<_> = (0..6)
        .map(|place| found.history.pair_place(place))
        .collect();
    assert_eq!(pairs, [4, 5, 3, 2, 0, 1].map(Some));
    assert!(found.notes[0].contains("no operation has a :process"));
}

/// Each line: the process that it is given, the type and the value.
#[track_caller]
fn clients(text: &str) -> Vec<String> {
    let found = read(text).unwrap();
    let ops = found.history.ops().iter();
    ops.map(|op| format!("{} {} {}", op.process, op.typ.name(), op.value))
        .collect()
}

/// No two are of one client, so none is said to be before another but by the clock.
#[test]
fn where_nobody_says_who_did_what_everybody_is_another() {
    assert_eq!(
        clients(
            "{:type :invoke :f :txn :value [[:append 1 1] [:r 2 nil]]}
             {:type :invoke :f :txn :value [[:r 1 nil]]}
             {:type :ok :f :txn :value [[:r 1 [1]]]}
             {:type :ok :f :txn :value [[:append 1 1] [:r 2 nil]]}
             {:type :ok :f :txn :value [[:r 2 []]]}"
        ),
        [
            "1 invoke [[:append 1 1] [:r 2 nil]]",
            "0 invoke [[:r 1 nil]]",
            "0 ok [[:r 1 [1]]]",
            "1 ok [[:append 1 1] [:r 2 nil]]",
            "2 ok [[:r 2 []]]"
        ]
    );
}

/// Of two reads, the end of one may be that of the other: both may have begun when the
/// first did.
#[test]
fn where_an_end_may_be_of_several_all_of_them_may_have_begun_early() {
    assert_eq!(
        clients(
            "{:type :invoke :f :read :value nil}
             {:type :invoke :f :write :value 1}
             {:type :ok :f :write :value 1}
             {:type :invoke :f :read :value nil}
             {:type :ok :f :read :value 1}
             {:type :ok :f :read :value 0}"
        ),
        [
            "1 invoke nil",
            "2 invoke nil",
            "0 invoke 1",
            "0 ok 1",
            "1 ok 1",
            "2 ok 0"
        ]
    );
    let error = read(
        "{:type :invoke :f :write :value 1}
         {:type :invoke :f :write :value 2}
         {:type :fail :f :write :value nil}",
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "line 3: expected a :process or a value by which to tell whether this is the end of the \
         operation in line 1 or of that in line 2"
    );
}

/// Jepsen's clients never do, but those of a test by hand may.
#[test]
fn a_client_that_does_several_things_at_a_time_is_several() {
    let text = "{:process 4 :type :invoke :f :write :value 1}
                {:process 7 :type :invoke :f :read :value nil}
                {:process 4 :type :invoke :f :write :value 2}
                {:process 4 :type :ok :f :write :value 1}
                {:process 7 :type :ok :f :read :value 1}
                {:process 4 :type :ok :f :write :value 2}";
    assert_eq!(
        clients(text),
        [
            "8 invoke 1",
            "7 invoke nil",
            "9 invoke 2",
            "8 ok 1",
            "7 ok 1",
            "9 ok 2"
        ]
    );
    assert_eq!(
        read(text).unwrap().notes,
        [
            "client 4 begins an operation while it has another: each is taken to be of a client of \
             its own, and completions to be of open operations of the same function and value"
        ]
    );
}

#[test]
fn what_is_no_history_is_told_what_was_expected() {
    for (text, why) in [
        (
            "\n\nnothing like it",
            "line 3: expected a history: operations as maps of EDN, such as {:process 0, :type \
             :invoke, :f :read, :value nil}, as objects of JSON, or a line each as in \
             history.txt; found \"nothing like it\"",
        ),
        (
            "{:valid? true}",
            "line 1: expected an operation with a :type, found results: they have :valid?; the \
             history is in another file",
        ),
        (
            "{:type :ok :process 0}\n[1 2]",
            "line 2: expected an operation, a map, found 1",
        ),
        (
            "{:type :ok :process 0}\n{:type :maybe}",
            "line 2: expected :invoke, :ok, :fail or :info as :type, found :maybe",
        ),
        (
            "[{:type :ok\n :process 0}",
            "line 2: column 13: expected ] of the [ in line 1, column 1, found the end",
        ),
        (
            "{\"type\":\"ok\"}\n{\"type\":",
            "line 2: expected objects of JSON: EOF while parsing a value at line 2 column 8",
        ),
    ] {
        assert_eq!(read(text).unwrap_err().to_string(), why, "{text}");
    }
    assert!(read("").unwrap().history.ops().is_empty());
}

/// Whatever becomes of a file, it is read or refused with a line that it has.
#[test]
fn what_is_broken_is_read_or_refused() {
    let whole = [
        "; a comment\n[{:process 0, :type :invoke, :f :txn, :value [[:r 1 nil] [:w 2 0x1f]]} #_x
          {:process :nemesis, :type :info, :f :start, :value #{\"n1\"}, :time 1.5e3, :index 7}]",
        "#:a{:type :ok}\n#jepsen.history.Op{:type :fail :process \"c1\" :f read :value #inst \"2026\"}
         ^:m {:type :ok, :process nil, :value {1 [2 (3 \\newline)]}}",
        r#"[{"type":"ok","f":"txn","process":3,"value":[["append","x",[1,null,"\u00e9"]]],"time":1e9}]"#,
        "{\"type\":\":info\",\"process\":-1}\n{\"type\":\"ok\",\"index\":99999999999999999999}",
        "INFO  jepsen.util - 0\t:invoke\t:read\tnil\n:nemesis\t:info\t:kill\t{:a [1]}\t\"error\"\n",
    ];
    let pieces = [
        "{", "}", "[", "]", "(", ")", "\"", "\\", "#", "#_", "#:", "^", ":", ";", ",", "\n", "\t",
        "nil", ":type", "\"type\"", "0x", "2r", "é", "\u{feff}", "1/0", "-", "N", "{\"", "[{",
    ];
    let rng = rng::Rng::new(5);
    let (mut read_whole, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let mut text: Vec<char> = rng.choose(&whole).unwrap().chars().collect();
        for _ in 0..rng.below(5) {
            let at = rng.below(text.len() as u64 + 1) as usize;
            let until = (at + rng.below(9) as usize).min(text.len());
            match rng.below(4) {
                0 => drop(text.splice(at..at, rng.choose(&pieces).unwrap().chars())),
                1 => drop(text.drain(at..until)),
                2 => text.truncate(at),
                _ => {
                    let copy = text[at..until].to_vec();
                    let to = rng.below(text.len() as u64 + 1) as usize;
                    drop(text.splice(to..to, copy));
                }
            }
        }
        let text: String = text.into_iter().collect();
        match read(&text) {
            Ok(found) => {
                read_whole += 1;
                // What was read is written, and read again as it is.
                let mut written = Vec::new();
                found.history.write_edn(&mut written).unwrap();
                let again = History::read(&String::from_utf8(written).unwrap());
                assert!(again.is_ok(), "{again:?} of {text:?}");
            }
            Err(e) => {
                refused += 1;
                let lines = text.lines().count().max(1) + 1;
                let Place::Line(line) = e.place else {
                    panic!("{e} of {text:?}")
                };
                assert!((1..=lines).contains(&line), "{e} of {text:?}");
            }
        }
    }
    assert!(
        read_whole > 3000 && refused > 3000,
        "{read_whole}, {refused}"
    );
}
