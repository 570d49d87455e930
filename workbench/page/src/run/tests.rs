//! Pages of odd and of large runs: nothing breaks out of its place, the data says
//! what happened, and it all stays within its budget.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use finding::Evidence;
use history::edn::Value;
use history::{Op, OpType, Process};
use picture::plot;
use rng::Rng;
use serde_json::Value as Json;
use simulation::run::{Message, MessageEvent};
use simulation::summary::Summary;

use super::*;

/// A part of a page's data, as its script reads it: the columns, and the lines after
/// them.
fn unpacked(page: &str, part: &str) -> (Json, Vec<String>) {
    let (_, rest) = page.split_once(&format!("id=\"{part}-data\">")).unwrap();
    let (text, _) = rest.split_once("</script>").unwrap();
    let packed = STANDARD.decode(text).unwrap();
    let bytes = miniz_oxide::inflate::decompress_to_vec_zlib(&packed).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (columns, rest) = text.split_once('\n').unwrap();
    let lines = rest.lines().map(str::to_owned).collect();
    (serde_json::from_str(columns).unwrap(), lines)
}

/// A column of differences, as it was.
fn sums(column: &Json) -> Vec<u64> {
    let differences = column.as_array().unwrap().iter();
    let differences = differences.map(|difference| difference.as_u64().unwrap());
    let sums = differences.scan(0, |sum, difference| {
        *sum += difference;
        Some(*sum)
    });
    sums.collect()
}

fn summary(workload: &str) -> Summary {
    Summary {
        workload: workload.into(),
        verdict: Verdict::Invalid,
        interrupted: true,
        sentence: format!("{workload} is not as it should be"),
        began: "2026-01-02 03:04:05".into(),
        command: format!("workbench test -w {workload} --seed 7"),
        seed: 7,
        virtual_time: true,
        nodes: vec!["n1".into(), "n2".into(), "n10".into()],
        concurrency: 2,
        start: 0,
        figures: vec![Figure {
            name: workload.into(),
            unit: "ms".into(),
            value: Some(0.99999),
            limit: Some("< 0.5".into()),
            holds: Some(false),
        }],
    }
}

fn op(index: usize, time: i64, typ: OpType, process: i64, f: &str, value: Value) -> Op {
    Op {
        index,
        time,
        typ,
        process: Process::Client(process),
        f: f.to_owned().into(),
        value,
        extra: Vec::new(),
    }
}

/// Tells of a message that is sent at this time, in nanoseconds, and takes a
/// millisecond, unless it is lost.
fn send(
    recording: &mut Recording,
    id: u64,
    at: u64,
    (src, dest): (&str, &str),
    body: &str,
    lost: bool,
) {
    let line = format!("{{\"src\":{src:?},\"dest\":{dest:?},\"body\":{body}}}");
    for (event, time) in [
        (MessageEvent::Sent, at),
        (MessageEvent::Received, at + 1_000_000),
    ] {
        if lost && event == MessageEvent::Received {
            continue;
        }
        recording.message(Message {
            event,
            time: Duration::from_nanos(time),
            id,
            src,
            dest,
            line: line.as_bytes(),
        });
    }
}

struct Parts {
    summary: Summary,
    findings: Vec<Finding>,
    history: History,
    recording: Recording,
    drawings: Vec<Drawing>,
    logs: Vec<Tail>,
}

impl Parts {
    fn html(&self) -> String {
        let page = Page {
            subject: Subject::Run(&self.summary),
            findings: &self.findings,
            problems: &[],
            history: &self.history,
            recording: &self.recording,
            pictures: &plot::files(&self.history, &self.recording),
            drawings: &self.drawings,
            logs: &self.logs,
            files: &["history.edn".into()],
        };
        page.to_string()
    }
}

#[test]
fn what_happened_is_in_the_data() {
    let mut recording = Recording::default();
    let body = r#"{"type":"read","msg_id":5}"#;
    send(&mut recording, 0, 1000, ("c1", "n2"), body, false);
    let body = r#"{"type":"read_ok","in_reply_to":5,"value":[1,2]}"#;
    send(&mut recording, 1, 2_000_000, ("n2", "c1"), body, false);
    send(
        &mut recording,
        2,
        3_000_000,
        ("n1", "lin-kv"),
        r#"{"type":"ts"}"#,
        true,
    );
    let history = History::new(vec![
        op(0, 1000, OpType::Invoke, 0, "read", Value::Nil),
        op(1, 3_000_000, OpType::Ok, 0, "read", Value::Int(5)),
        op(2, 4_000_000, OpType::Invoke, 3, "add", Value::Int(9)),
    ]);
    let parts = Parts {
        summary: summary("g-set"),
        findings: Vec::new(),
        history,
        recording,
        drawings: Vec::new(),
        logs: Vec::new(),
    };
    let page = parts.html();
    let (messages, lines) = unpacked(&page, "messages");
    assert_eq!(
        messages["endpoints"],
        serde_json::json!(["n1", "n2", "lin-kv", "c1"])
    );
    assert_eq!(
        (&messages["nodes"], &messages["services"]),
        (&2.into(), &1.into())
    );
    assert_eq!(sums(&messages["sent"]), [1000, 2_000_000, 3_000_000]);
    assert_eq!(
        messages["took"],
        serde_json::json!([1_000_000, 1_000_000, -1])
    );
    assert_eq!(messages["src"], serde_json::json!([3, 1, 0]));
    assert_eq!(messages["answers"], serde_json::json!([0, 1, 0]));
    assert_eq!(messages["gaps"], serde_json::json!([]));
    assert_eq!(
        lines,
        [
            r#"{"type":"read","msg_id":5}"#,
            r#"{"type":"read_ok","in_reply_to":5,"value":[1,2]}"#,
            r#"{"type":"ts"}"#,
        ]
    );
    let (operations, lines) = unpacked(&page, "operations");
    assert_eq!(sums(&operations["index"]), [0, 2]);
    assert_eq!(operations["end_index"], serde_json::json!([1, -1]));
    assert_eq!(operations["outcome"], serde_json::json!([0, 1]));
    assert_eq!(lines, ["", "5", "9", ""]);
    assert!(page.contains("This page holds 2 operations and 3 messages."));
    assert!(page.contains("workbench test -w g-set --seed 7"));
}

/// Whatever it is, it stays text: in the markup and in the data's lines.
#[test]
fn nothing_breaks_out_of_its_place() {
    let hostile =
        "</script><script>alert(1)</script>\"'<img src=x onerror=alert(1)>&\u{1}\n\u{2028}";
    let mut recording = Recording::default();
    let body = serde_json::json!({"type": hostile, "x": hostile}).to_string();
    send(&mut recording, 0, 0, (hostile, "n1"), &body, false);
    send(
        &mut recording,
        1,
        0,
        ("n1", hostile),
        "{\"type\":5,\n\"y\":\n1}",
        true,
    );
    let history = History::new(vec![
        op(
            0,
            i64::MIN,
            OpType::Invoke,
            -1,
            hostile,
            Value::Str(hostile.into()),
        ),
        op(1, i64::MAX, OpType::Info, -1, hostile, Value::Nil),
        op(2, i64::MIN, OpType::Ok, i64::MAX, "read", Value::Nil),
        op(3, 0, OpType::Invoke, i64::MAX, "read", Value::Nil),
    ]);
    let mut summary = summary(hostile);
    summary.nodes.push(hostile.into());
    summary.nodes.push("n1".into());
    let parts = Parts {
        summary,
        findings: vec![Finding::statement(hostile, hostile)],
        history,
        recording,
        drawings: vec![Drawing {
            name: hostile.into(),
            title: hostile.into(),
            svg: "<svg></svg>".into(),
        }],
        logs: vec![Tail {
            node: hostile.into(),
            text: hostile.into(),
            before: u64::MAX,
        }],
    };
    let page = parts.html();
    assert!(
        !page.contains("<img") && !page.contains("alert(1)</script>"),
        "{page}"
    );
    // Those of the data, and the page's own.
    assert_eq!(page.matches("<script").count(), 3);
    assert_eq!(page.matches("</script>").count(), 3);
    let (_, lines) = unpacked(&page, "messages");
    assert_eq!(lines.len(), 2);
    let (operations, lines) = unpacked(&page, "operations");
    assert_eq!(lines.len(), 2 * 2);
    assert_eq!(operations["begin"].as_array().unwrap().len(), 2);
}

#[test]
fn an_empty_run_has_a_page() {
    let parts = Parts {
        summary: summary("echo"),
        findings: Vec::new(),
        history: History::new(Vec::new()),
        recording: Recording::default(),
        drawings: Vec::new(),
        logs: Vec::new(),
    };
    for part in ["operations", "messages"] {
        let (columns, lines) = unpacked(&parts.html(), part);
        assert_eq!(columns["gaps"], serde_json::json!([]));
        assert!(lines.is_empty());
    }
}

/// More than any page can hold: text that does not compress.
#[test]
fn a_page_keeps_to_its_budget_and_to_what_matters() {
    let rng = Rng::new(1);
    let noise = || format!("{:x}{:x}", rng.u64(), rng.u64());
    let mut recording = Recording::default();
    let (messages, operations, every) = (150_000, 90_000, 1000);
    for id in 0..messages {
        let body = format!("{{\"type\":\"gossip\",\"noise\":\"{}\"}}", noise());
        send(&mut recording, id, id * every, ("n1", "n2"), &body, false);
    }
    let mut ops = Vec::new();
    for i in 0..operations {
        let time = 2 * i * every as i64;
        let process = i % 2;
        let value = Value::from(noise());
        ops.push(op(
            ops.len(),
            time,
            OpType::Invoke,
            process,
            "read",
            value.clone(),
        ));
        ops.push(op(ops.len(), time + 1, OpType::Ok, process, "read", value));
    }
    // That of operation 100,000 is message 100,000's.
    let moment = 100_000;
    let parts = Parts {
        summary: summary("g-set"),
        findings: vec![Finding::new(
            "wrong",
            "reads",
            [Evidence::Statement(Statement {
                words: "the read is wrong".into(),
                operations: vec![moment as usize, moment as usize + 1],
            })],
        )],
        history: History::new(ops),
        recording,
        drawings: Vec::new(),
        logs: Vec::new(),
    };
    let page = parts.html();
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    let rows = [
        ("messages", "id", messages, 1),
        ("operations", "index", operations as u64, 2),
    ];
    for (part, column, count, step) in rows {
        let (columns, lines) = unpacked(&page, part);
        let numbers = sums(&columns[column]);
        assert_eq!(lines.len(), numbers.len() * step as usize);
        assert!(numbers.len() > 5_000, "{}", numbers.len());
        let said = format!(
            "{} of {} {part}",
            grouped(numbers.len() as i64),
            grouped(count as i64)
        );
        assert!(page.contains(&said), "{said}");
        // The first ones, and those around the operation that the finding names.
        assert_eq!(numbers[..3], [0, step, 2 * step]);
        for number in (moment - 200..moment + 200).step_by(step as usize) {
            assert!(numbers.binary_search(&number).is_ok(), "{part}: {number}");
        }
        // Whatever is not there, is in a gap, and nothing else.
        let gaps: Vec<(u64, u64)> = serde_json::from_value(columns["gaps"].clone()).unwrap();
        assert!((1..5).contains(&gaps.len()), "{gaps:?}");
        for number in (0..count * step).step_by(step as usize) {
            let time = number * every;
            let is_in_gap = gaps.iter().any(|(from, to)| (*from..=*to).contains(&time));
            let is_there = numbers.binary_search(&number).is_ok();
            assert!(is_there != is_in_gap, "{part}: {number}");
        }
    }
}

#[test]
fn a_figure_is_never_on_the_wrong_side_of_its_limit() {
    let shown = |value: f64, limit: Option<&str>| {
        value_of(&Figure {
            name: String::new(),
            unit: String::new(),
            value: Some(value),
            limit: limit.map(str::to_owned),
            holds: None,
        })
    };
    assert_eq!(shown(19.9996, None), "20.000");
    assert_eq!(shown(19.9996, Some("< 20")), "19.9996");
    assert_eq!(shown(0.999_999, None), "0.999999");
    assert_eq!(shown(0.9048, None), "0.9048");
    assert_eq!(shown(0.25, None), "0.25");
    assert_eq!(shown(1234.56, None), "1234.6");
    assert_eq!(shown(2000.0, None), "2,000");
    assert_eq!(shown(1e-9, None), "0.000000001");
}
