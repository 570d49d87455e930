//! `workbench check` of histories as people have them: whatever the format, the verdict is
//! that of what happened.

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::shell::{Folder, tells, workbench};

/// A stale read of one register, in each format.
const STALE: [(&str, &str); 5] = [
    (
        "stream.edn",
        "; a test
         {:process 0, :type :invoke, :f :write, :value 1}
         {:process 0, :type :ok, :f :write, :value 1}
         {:process 1, :type :invoke, :f :read,
          :value nil}
         {:process 1, :type :ok, :f :read, :value 7}",
    ),
    (
        "vector.edn",
        "[{:process 0, :type :invoke, :f :write, :value 1} {:process 0, :type :ok, :f :write}
          {:process 1, :type :invoke, :f :read} {:process 1, :type :ok, :f :read, :value 0x7}]",
    ),
    (
        "lines.jsonl",
        r#"{"process":0,"type":"invoke","f":"write","value":1}
           {"process":0,"type":"ok","f":"write","value":1}
           {"process":1,"type":"invoke","f":"read","value":null}
           {"process":1,"type":"ok","f":"read","value":7}"#,
    ),
    (
        "array.json",
        r#"[{"process":"a","type":"invoke","f":"write","value":1},
            {"process":"a","type":"ok","f":"write","value":1},
            {"process":"b","type":"invoke","f":"read"},
            {"process":"b","type":"ok","f":"read","value":7}]"#,
    ),
    (
        "history.txt",
        "INFO  jepsen.util - 0\t:invoke\t:write\t1
INFO  jepsen.util - 0\t:ok\t:write\t1
INFO  jepsen.util - 1\t:invoke\t:read\tnil
INFO  jepsen.util - 1\t:ok\t:read\t7",
    ),
];

fn check(folder: &Folder, name: &str, args: &[&str]) -> Output {
    let mut command = workbench(&["check", "-w", "lin-kv"]);
    command.args(args).arg(folder.path().join(name));
    command.output().unwrap()
}

#[test]
fn a_history_is_read_whatever_its_format() {
    let folder = Folder::new("check");
    for (name, text) in STALE {
        fs::write(folder.path().join(name), text).unwrap();
        let packed = format!("{name}.gz");
        let file = fs::File::create(folder.path().join(&packed)).unwrap();
        let mut file = GzEncoder::new(file, Compression::default());
        file.write_all(text.as_bytes()).unwrap();
        file.finish().unwrap();
        for name in [name, &packed] {
            let output = check(&folder, name, &[]);
            assert_eq!(output.status.code(), Some(1), "{name}: {output:?}");
            // To Maelstrom there are no registers without keys.
            let output = check(&folder, name, &["--as-maelstrom"]);
            assert_ne!(output.status.code(), Some(0), "{name}");
            // Nobody knows what was there at first.
            let output = check(&folder, name, &["--initial", "7"]);
            assert_eq!(output.status.code(), Some(1), "{name}");
        }
    }
    let output = check(&folder, "array.json", &[]);
    tells(
        &output,
        1,
        &["clients have numbers here: \"a\" is 0, \"b\" is 1"],
    );
}

#[test]
fn what_is_no_history_is_told_what_was_expected() {
    let folder = Folder::new("check-none");
    for (name, text, told) in [
        ("a", &b"hello"[..], "expected a history"),
        (
            "b",
            b"\xff\xfe",
            "line 1: expected text in UTF-8, found other bytes",
        ),
        (
            "c",
            b"JEPSEN\0\0\xff",
            "c: byte 6: expected a version and where the block index is",
        ),
        ("d", b"\x1f\x8b\x08", "byte 3: expected what gzip packed"),
        ("e", b"{:valid? true}", "found results"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
        let output = check(&folder, name, &[]);
        tells(&output, 255, &[told]);
    }
    fs::write(folder.path().join("empty"), "").unwrap();
    let output = check(&folder, "empty", &[]);
    assert_eq!(output.status.code(), Some(2));
}

/// elle-cli's and Knossos' names of models work as they are.
#[test]
fn a_history_is_held_against_a_model_whatever_workload_it_is_of() {
    let folder = Folder::new("check-model");
    let file = folder.path().join("history.json");
    fs::write(&file, STALE[3].1).unwrap();
    let check = |args: &[&str]| {
        let mut command = workbench(&["check"]);
        command.args(args).arg(&file).output().unwrap()
    };
    for model in ["cas-register", "register", "knossos-register"] {
        assert_eq!(check(&["-m", model]).status.code(), Some(1), "{model}");
        assert_eq!(check(&["--model", model]).status.code(), Some(1), "{model}");
    }
    assert_eq!(check(&["-m", "elle-list-append"]).status.code(), Some(2));
    let unknown = check(&["-m", "mutexes"]);
    assert_eq!(unknown.status.code(), Some(254));
    let told = String::from_utf8(unknown.stderr).unwrap();
    assert!(told.contains("list-append, txn-list-append: "), "{told}");
    let both = check(&["-m", "register", "-w", "lin-kv"]);
    assert_eq!(both.status.code(), Some(254));
}

/// Nobody has to say what is plain.
#[test]
fn what_a_history_is_of_is_guessed_and_said() {
    let folder = Folder::new("check-guess");
    let check = |text: &str| {
        fs::write(folder.path().join("history"), text).unwrap();
        let mut command = workbench(&["check"]);
        command.arg(folder.path().join("history")).output().unwrap()
    };
    let output = check(STALE[0].1);
    tells(
        &output,
        1,
        &["taken for -w lin-kv, since its operations read and write registers"],
    );
    tells(
        &check(
            "{:process 0, :type :invoke, :f :transfer, :value {:from 0, :to 1, :amount 5}}
             {:process 0, :type :ok, :f :transfer, :value {:from 0, :to 1, :amount 5}}
             {:process 1, :type :invoke, :f :read, :value nil}
             {:process 1, :type :ok, :f :read, :value {0 5, 1 7}}",
        ),
        0,
        &["taken for -m bank, since its operations transfer money"],
    );
    tells(
        &check("{:process 0, :type :ok, :f :dance, :value nil}"),
        255,
        &[
            "the operations do not say what it is a history of",
            "cas-register",
        ],
    );
}

/// Two clients hold Knossos' mutex, and a semaphore with as many permits lets them.
#[test]
fn a_model_is_told_what_it_needs_to_know() {
    let folder = Folder::new("check-permits");
    let file = folder.path().join("history.edn");
    let both = "{:process 0, :type :invoke, :f :acquire} {:process 0, :type :ok, :f :acquire}
                {:process 1, :type :invoke, :f :acquire} {:process 1, :type :ok, :f :acquire}";
    fs::write(&file, both).unwrap();
    for (args, status) in [
        (&["-m", "knossos-mutex"][..], 1),
        (&["-m", "semaphore", "--permits", "1"], 1),
        (&["-m", "semaphore", "--permits", "2"], 0),
        (&["-m", "semaphore"], 2),
        (&["-m", "fifo-queue"], 2),
    ] {
        let mut command = workbench(&["check"]);
        let output = command.args(args).arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{args:?}: {output:?}");
    }
}

/// Two transactions send to two keys, and are first in one of them.
#[test]
fn in_what_order_clients_sent_is_told_if_one_asks() {
    let folder = Folder::new("check-ww-deps");
    let file = folder.path().join("history.edn");
    let history = "
        {:process 0, :type :invoke, :f :txn, :value [[:send :x 1] [:send :y 1]]}
        {:process 1, :type :invoke, :f :txn, :value [[:send :x 2] [:send :y 2]]}
        {:process 0, :type :ok, :f :txn, :value [[:send :x [0 1]] [:send :y [1 1]]]}
        {:process 1, :type :ok, :f :txn, :value [[:send :x [1 2]] [:send :y [0 2]]]}
        {:process 2, :type :invoke, :f :poll, :value [[:poll]]}
        {:process 2, :type :ok, :f :poll, :value [[:poll {:x [[0 1] [1 2]], :y [[0 2] [1 1]]}]]}";
    fs::write(&file, history).unwrap();
    for kind in [&["-w", "kafka"][..], &["-m", "kafka", "-v", "edn"]] {
        for (args, told) in [
            (&[][..], ":error-types ()"),
            (&["--ww-deps"], ":error-types (:G0 :PL-1-cycle-exists)"),
        ] {
            let mut command = workbench(&["check"]);
            let output = command.args(kind).args(args).arg(&file).output().unwrap();
            tells(&output, 0, &[told, ":bad-error-types ()"]);
        }
    }
}

/// Of a history from elsewhere, for a model and for a workload.
#[test]
fn a_page_shows_what_a_history_is_judged_by() {
    let folder = Folder::new("check-page");
    let file = folder.path().join("recorded.edn");
    fs::write(&file, STALE[0].1).unwrap();
    let check = |args: &[&str]| {
        let mut command = workbench(&["check"]);
        command.args(args).arg(&file).output().unwrap()
    };
    let page = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    // Beside the history, in a folder, or where one says.
    let output = check(&["-m", "register", "--page"]);
    tells(&output, 1, &["look at: ", "recorded.html"]);
    assert!(page("recorded.html").contains("<title>invalid: cas-register, "));
    let at = format!("--page={}", folder.path().display());
    tells(&check(&["-w", "lin-kv", &at]), 1, &["index.html"]);
    assert!(page("index.html").contains("<title>invalid: lin-kv, "));
    assert!(page("index.html").contains("client 1 reads 7"));
    let at = format!("--page={}", folder.path().join("no/such").display());
    tells(&check(&[&at]), 255, &["cannot write the page to "]);
    let at = format!("--page={}", file.display());
    tells(&check(&[&at]), 255, &["that is the history"]);
}

/// Whatever it is held against, how many operations ended how is told.
#[test]
fn results_of_models_have_counts() {
    let folder = Folder::new("check-stats");
    let file = folder.path().join("history.edn");
    fs::write(&file, STALE[1].1.replace(":ok", ":fail")).unwrap();
    let mut command = workbench(&["check", "-m", "register", "--json"]);
    let output = command.arg(&file).output().unwrap();
    let results: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let count = |key: &str| results["stats"]["by-f"]["write"][key].clone();
    assert_eq!((count("count"), count("fail-count")), (1.into(), 1.into()));
    assert_eq!(results["stats"]["valid?"], true);
}

/// A script that calls elle-cli needs only another program's name.
#[test]
fn the_command_line_of_elle_cli_works_as_it_is() {
    let folder = Folder::new("check-elle-cli");
    let file = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let good = file(
        "good.json",
        r#"[{"type": "ok", "f": "txn", "value": [["w", "x", 1]], "process": 0},
            {"type": "ok", "f": "txn", "value": [["r", "x", 1]], "process": 1}]"#,
    );
    let bad = file(
        "bad.edn",
        "{:type :ok, :f :txn, :value [[:r :x nil] [:w :y 1]], :process 0}
         {:type :ok, :f :txn, :value [[:r :y nil] [:w :x 1]], :process 1}",
    );
    let stdout = |args: &[&str], status: i32| {
        let output = workbench(&["check"]).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let told = stdout(&["--model", "rw-register", &good, &bad], 1);
    assert_eq!(told, format!("{good} \t true\n{bad} \t false\n"));
    let all = [
        "-m",
        "elle-rw-register",
        "-f",
        "edn",
        "-c",
        "snapshot-isolation",
        "-a",
        "G0",
        "-s",
        "1000",
        "-p",
        "svg",
        "-t",
        "5000",
        "-b",
        "65536",
        "-g",
        "0",
        "-n",
        "--max-transfer",
        "5",
        "-o",
        "100",
        "-v",
        "text",
        &bad,
    ];
    assert_eq!(stdout(&all, 0), format!("{bad} \t true\n"));
    // Anomalies alone.
    for (anomalies, status) in [("G1a,G1c", 0), ("G2-item", 1)] {
        let args = ["-m", "rw-register", "-c", "", "-a", anomalies, &bad];
        stdout(&args, status);
    }
    for json in [&["-v", "json"][..], &["--verbose"], &["--output", "json"]] {
        let told = stdout(&[&["-m", "rw-register", &bad], json].concat(), 1);
        assert!(
            told.starts_with('{') && told.contains("\"valid?\": false"),
            "{told}"
        );
    }
    let drawings = folder.path().join("elle").display().to_string();
    stdout(&["-m", "rw-register", "-d", &drawings, &bad], 1);
    assert!(folder.path().join("elle/G2-item-0.svg").is_file());
    stdout(&["--version"], 0);
    stdout(
        &[
            "-m",
            "rw-register",
            &folder.path().join("none").display().to_string(),
        ],
        255,
    );
}

/// Where a workload is asked for, a model will do; the results are EDN, as of any workload.
#[test]
fn a_model_may_be_named_where_a_workload_is() {
    let folder = Folder::new("check-model-as-workload");
    let file = folder.path().join("history.edn");
    let text = "{:type :ok, :f :txn, :value [[:append :x 1]], :process 0}
                {:type :ok, :f :txn, :value [[:r :x [1 1]]], :process 1}";
    fs::write(&file, text).unwrap();
    for name in ["elle-list-append", "list-append", "txn-list-append"] {
        let output = workbench(&["check", "-w", name])
            .arg(&file)
            .output()
            .unwrap();
        tells(&output, 1, &[]);
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(told.contains(":valid? false"), "{told}");
    }
    let output = workbench(&["check", "-w", "list"])
        .arg(&file)
        .output()
        .unwrap();
    tells(&output, 254, &["expected one of broadcast, "]);
}

/// What is known of each key by itself gives an order to its versions.
#[test]
fn keys_may_be_taken_for_sequential_or_linearizable() {
    let folder = Folder::new("check-keys");
    let file = folder.path().join("history.edn");
    let check = |text: &str, flag: &str| {
        fs::write(&file, text).unwrap();
        let mut command = workbench(&["check", "-m", "rw-register", "-c", "serializable"]);
        command.args((!flag.is_empty()).then_some(flag));
        command.arg(&file).output().unwrap().status.code()
    };
    // A client writes 1 and then 2, and reads 1.
    let session = "{:type :ok, :f :txn, :value [[:w :x 1]], :process 0}
                   {:type :ok, :f :txn, :value [[:w :x 2]], :process 0}
                   {:type :ok, :f :txn, :value [[:r :x 1]], :process 0}";
    for (flag, status) in [("", 0), ("--wfr-keys", 0), ("--sequential-keys", 1)] {
        assert_eq!(check(session, flag), Some(status), "{flag}");
    }
    // The same by three clients, one after the other.
    let time = "{:type :invoke, :f :txn, :value [[:w :x 1]], :process 0}
                {:type :ok, :f :txn, :value [[:w :x 1]], :process 0}
                {:type :invoke, :f :txn, :value [[:w :x 2]], :process 1}
                {:type :ok, :f :txn, :value [[:w :x 2]], :process 1}
                {:type :invoke, :f :txn, :value [[:r :x nil]], :process 2}
                {:type :ok, :f :txn, :value [[:r :x 1]], :process 2}";
    for (flag, status) in [
        ("", 0),
        ("--sequential-keys", 0),
        ("--linearizable-keys", 1),
    ] {
        assert_eq!(check(time, flag), Some(status), "{flag}");
    }
}

/// Nobody ends the standard input, so there is never a verdict.
#[test]
fn without_a_verdict_in_time_it_is_unknown() {
    let waits = |args: &[&str]| {
        let mut command = workbench(&["check", "-w", "lin-kv", "--time-budget", "0.1"]);
        let mut child = command
            .args(args)
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(
        waits(&[]),
        "{:valid? :unknown,\n :error \"there was no verdict after 0.1 s: --time-budget grants more\"}\n"
    );
    assert!(waits(&["--json"]).contains(r#""valid?": "unknown""#));
}
