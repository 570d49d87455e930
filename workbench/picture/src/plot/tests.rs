//! Charts of odd histories: well-formed, finite, small, and with what matters.

use std::time::Duration;

use history::{OpType, Process};

use super::*;
use crate::svg::assert_sound;

/// No chart is larger.
const MOST_BYTES: usize = 300_000;

/// All charts of a history without messages.
fn charts(history: &History) -> Vec<String> {
    let charts = files(history, &Recording::default());
    charts[..4].iter().map(|(_, svg)| svg.clone()).collect()
}

/// A history of lines such as `5 0 invoke read`: time in ms, process, type, f
/// and perhaps a value.
fn history(lines: &str) -> History {
    let ops = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    let ops = ops.map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        let value = words.get(4).unwrap_or(&"nil");
        format!(
            "{{:time {}000000, :process {}, :type :{}, :f :{}, :value {value}}}\n",
            words[0], words[1], words[2], words[3]
        )
    });
    History::read(&ops.collect::<String>()).unwrap()
}

#[test]
fn odd_histories_have_charts() {
    let far = format!("0 0 invoke read\n{} 0 ok read", i64::MAX / 1_000_000);
    for lines in [
        "",
        "0 0 invoke read",
        "0 0 invoke read\n0 0 ok read",
        "5 0 invoke read\n3 0 ok read",
        "-7 0 invoke read\n-7 0 info read",
        "0 0 invoke read\n0 1 invoke read\n5000 0 info read\n5000 1 info read",
        "1 :nemesis info start-partition :one",
        "1 :nemesis info stop-partition\n2 :nemesis info start-\n3 :nemesis info start",
        &far,
    ] {
        for chart in charts(&history(lines)) {
            assert_sound(&chart, MOST_BYTES);
        }
    }
}

#[test]
fn names_cannot_break_a_chart() {
    let mut ops = history("0 0 invoke read\n1 0 ok read\n2 :nemesis info start-x")
        .ops()
        .to_vec();
    ops[0].f = "<script>&\"".into();
    ops[2].f = "start-</svg>".into();
    for chart in charts(&History::new(ops)) {
        assert_sound(&chart, MOST_BYTES);
        assert!(!chart.contains("<script"));
    }
}

/// A client's operation every 2 ms, of many functions and all outcomes, each
/// taking another time.
fn long(operations: i64) -> History {
    let mut ops = Vec::new();
    let mut template = history("0 0 invoke read").ops()[0].clone();
    for i in 0..operations {
        let latency = 10_000 * (1 + i * 7919 % 99_991);
        for (time, typ) in [
            (i * 2_000_000, OpType::Invoke),
            (
                i * 2_000_000 + latency,
                [OpType::Ok, OpType::Info, OpType::Fail][(i * i % 3) as usize],
            ),
        ] {
            template.time = time;
            template.typ = typ;
            template.process = Process::Client(i);
            template.f = format!("f{}", i % 9).into();
            ops.push(template.clone());
        }
    }
    History::new(ops)
}

#[test]
fn a_long_history_gives_a_small_chart_that_says_so() {
    let few = latency_raw(&long(500), &[]);
    assert!(!few.contains("Too many to show each"), "{few}");
    for operations in [10_001, 100_000] {
        let charts = charts(&long(operations));
        charts
            .iter()
            .for_each(|chart| assert_sound(chart, MOST_BYTES));
        assert!(charts[0].contains("Too many to show each"));
        assert!(charts[0].contains(">others<"));
    }
}

#[test]
fn faults_are_shaded_from_start_to_stop() {
    let history = history(
        "0 :nemesis info start-partition :majority
         0 :nemesis info start-partition [:isolated]
         100 0 invoke read
         400 0 ok read
         500 :nemesis info stop-partition
         500 :nemesis info stop-partition :network-healed
         600 :nemesis info start-kill
         1000 1 invoke read",
    );
    for chart in charts(&history) {
        assert!(
            chart.contains("<title>partition: majority, 0.000 s to 0.500 s</title>"),
            "{chart}"
        );
        assert!(chart.contains("<title>kill, 0.600 s to 1.000 s</title>"));
        assert_eq!(chart.matches("class=\"plot-fault\"").count(), 2);
        assert!(chart.contains(">partition, kill</text>"));
    }
    assert!(latency_raw(&history, &[]).contains("1 had not ended"));
    assert!(rate(&history, &[]).contains("read ok (1)"));
}

#[test]
fn what_happens_to_nodes_is_shaded_by_kind() {
    use simulation::host::Health;
    use simulation::run::Event;
    let history = history("0 0 invoke read\n1000 0 ok read");
    let mut recording = Recording::default();
    let nodes = ["n0", "n1", "n2"].map(str::to_owned).to_vec();
    let health = Health::Full;
    for (ms, event) in [
        (0, Event::Nodes { nodes }),
        (100, Event::Kill { node: 0 }),
        (100, Event::Kill { node: 2 }),
        (200, Event::Disk { node: 1, health }),
        (300, Event::Start { node: 0 }),
        (300, Event::Start { node: 2 }),
        (400, Event::Pause { node: 1 }),
    ] {
        recording.event(Duration::from_millis(ms), &event);
    }
    let faults = fault::of_run(&history, &recording);
    let shown = faults.iter().map(|fault| {
        let ends = if fault.has_ended { "" } else { ", to the end" };
        format!(
            "{} {:.1} to {:.1}{ends}",
            fault.name(),
            fault.begin,
            fault.end
        )
    });
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            "kill: n0 n2 0.1 to 0.3",
            "disk: n1 0.2 to 1.0, to the end",
            "pause: n1 0.4 to 1.0, to the end",
        ]
    );
    // And as Jepsen's histories name them.
    let history = self::history(
        "0 :nemesis info kill :one\n100 :nemesis info start :all
         200 :nemesis info pause :one\n300 :nemesis info resume :all
         400 :nemesis info start :one\n500 :nemesis info stop nil",
    );
    let names = fault::faults(&history)
        .into_iter()
        .map(|fault| fault.name());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["kill: one", "pause: one", "fault: one"]
    );
}

#[test]
fn a_message_is_in_flight_until_it_is_received() {
    let ms = Duration::from_millis;
    let messages = [
        (0, Some(10)),
        (5, Some(20)),
        (10, Some(15)),
        (12, None),
        // At once, and so never in flight.
        (0, Some(0)),
        (25, Some(25)),
    ];
    let messages = messages.map(|(from, to)| (ms(from), to.map(ms)));
    let chart = messages_in_flight(&history("0 0 invoke read\n30 0 ok read"), &[], messages);
    assert_sound(&chart, MOST_BYTES);
    assert!(chart.contains("in flight (at most 2)"), "{chart}");
    assert!(chart.contains("lost (1)"));
    // One, then two from 5 ms to 15 ms, one until 20 ms, and none until 30 ms.
    assert!(
        chart.contains("d=\"M0 150H142V0H432V150H574V300H860\""),
        "{chart}"
    );
}

#[test]
fn several_charts_fit_one_page() {
    let charts = charts(&history("0 0 invoke read\n1 0 ok read"));
    let mut ids: Vec<&str> = charts
        .iter()
        .flat_map(|chart| chart.split(" id=\"").skip(1))
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup_by_key(|rest| rest.split('"').next());
    assert_eq!((ids.len(), all), (8, 8));
    for chart in charts {
        assert!(chart.contains("prefers-color-scheme:dark"));
        assert!(chart.contains(":root[data-theme=dark] .plot{"));
    }
}
