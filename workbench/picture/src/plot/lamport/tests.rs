//! Diagrams of odd runs: well-formed and small, with one arrow for each message,
//! and time going down.

use std::time::Duration;

use simulation::nemesis::Shape;
use simulation::run::{Event, Message, MessageEvent};

use super::*;
use crate::svg::assert_sound;

/// A run as it is told, a line for each event: `5 n0 n1 {"type":"x"}` is sent at
/// 5 ms, `7 #0` is the arrival of the first that was sent, `7 !0` its end at a dead node. What sets nodes up is what
/// looks like it.
fn recording(lines: &str) -> Recording {
    let mut recording = Recording::default();
    tell_nodes(&mut recording);
    let mut sent: Vec<(String, String)> = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (time, rest) = line.split_once(' ').unwrap();
        let time = Duration::from_millis(time.parse().unwrap());
        if let Some(id) = rest.strip_prefix(['#', '!']) {
            let id: usize = id.parse().unwrap();
            let (src, dest) = &sent[id];
            let event = match rest.starts_with('#') {
                true => MessageEvent::Received,
                false => MessageEvent::Lost,
            };
            tell(&mut recording, event, time, id, (src, dest), b"");
            continue;
        }
        let mut words = rest.splitn(3, ' ');
        let mut next = || words.next().unwrap().to_owned();
        let (src, dest, body) = (next(), next(), next());
        let line = format!("{{\"src\":\"{src}\",\"dest\":\"{dest}\",\"body\":{body}}}");
        let ends = (&*src, &*dest);
        tell(
            &mut recording,
            MessageEvent::Sent,
            time,
            sent.len(),
            ends,
            line.as_bytes(),
        );
        if body.starts_with("{\"type\":\"init") {
            let message = sent.len() as u64;
            let event = Event::Ask {
                message,
                operation: None,
            };
            recording.event(time, &event);
        }
        sent.push((src, dest));
    }
    recording
}

/// n0 to n99.
fn tell_nodes(recording: &mut Recording) {
    let nodes = (0..100).map(|i| format!("n{i}")).collect();
    recording.event(Duration::ZERO, &Event::Nodes { nodes });
}

fn tell(
    recording: &mut Recording,
    event: MessageEvent,
    time: Duration,
    id: usize,
    (src, dest): (&str, &str),
    line: &[u8],
) {
    recording.message(Message {
        event,
        time,
        id: id as u64,
        src,
        dest,
        line,
    });
}

fn default(recording: &Recording) -> String {
    messages(&History::default(), recording, &Excerpt::default())
}

fn whole(recording: &Recording) -> String {
    let excerpt = Excerpt {
        from: i64::MIN,
        ..Excerpt::default()
    };
    messages(&History::default(), recording, &excerpt)
}

/// The words of all `<text>` in the first group of this class.
fn group<'a>(svg: &'a str, class: &str) -> Vec<&'a str> {
    let begin = format!("<g class=\"{class}\"");
    let group = svg.split(&*begin).nth(1).unwrap();
    texts(group.split("</g>").next().unwrap(), "<text")
}

/// The words of all elements that begin so.
fn texts<'a>(svg: &'a str, begin: &str) -> Vec<&'a str> {
    let inner = svg.split(begin).skip(1);
    let inner = inner.map(|rest| rest.split_once('>').unwrap().1);
    inner.map(|rest| rest.split('<').next().unwrap()).collect()
}

/// How far down an arrow begins and ends.
fn heights(svg: &str) -> Vec<(f64, f64)> {
    let lines = svg.split("class=\"lamport-hit\" d=\"M").skip(1);
    let lines = lines.map(|rest| {
        let line = rest.split('"').next().unwrap();
        let (from, to) = line.split_once(['L', 'C']).unwrap();
        let last = |text: &str| text.rsplit(' ').next().unwrap().parse().unwrap();
        (last(from), last(to))
    });
    lines.collect()
}

/// Five nodes that are set up, of which n0 tells the others something; one
/// message is lost, and one arrives twice.
const GOSSIP: &str = r#"
    0 c0 n0 {"type":"init","msg_id":1,"node_id":"n0","node_ids":["n0","n2","n10"]}
    0 c1 n2 {"type":"init","msg_id":1,"node_id":"n2","node_ids":["n0","n2","n10"]}
    0 c2 n10 {"type":"init","msg_id":1,"node_id":"n10","node_ids":["n0","n2","n10"]}
    0 #0
    0 #1
    0 #2
    0 n0 c0 {"type":"init_ok","in_reply_to":1}
    0 #3
    0 n2 c1 {"type":"init_ok","in_reply_to":1}
    0 #4
    0 n10 c2 {"type":"init_ok","in_reply_to":1}
    0 #5
    3 c3 n0 {"type":"broadcast","message":5,"msg_id":1}
    3 #6
    3 n0 n2 {"type":"gossip","messages":[5]}
    3 n0 n10 {"type":"gossip","messages":[5]}
    3 n0 c3 {"type":"broadcast_ok","in_reply_to":1}
    3 #9
    50 #7
    60 #7
    2400 n2 seq-kv {"type":"read","key":"x","msg_id":1}
    2400 #10
    2400 seq-kv n2 {"type":"error","code":20,"text":"no such key","in_reply_to":1}
    2400 #11
"#;

#[test]
fn a_diagram_has_its_lanes_words_and_marks() {
    let recording = recording(GOSSIP);
    let svg = default(&recording);
    assert_sound(&svg, 300_000);
    assert_eq!(
        group(&svg, "lamport-names"),
        ["n0", "n2", "n10", "seq-kv", "c3"]
    );
    // What is said to two at once is written once.
    assert_eq!(
        group(&svg, "lamport-words"),
        [
            "broadcast 5",
            "gossip [5]",
            "broadcast_ok",
            "read x",
            "error 20 no such key"
        ]
    );
    assert_eq!(
        texts(&svg, "<text class=\"lamport-pause\""),
        ["2.4 s without messages"]
    );
    let times: Vec<&str> = texts(&svg, "<text class=\"plot-y\"");
    assert!(
        times.starts_with(&["0.003 s", "0.050 s", "2.400 s"]),
        "{times:?}"
    );
    assert!(
        svg.contains("All 6 messages after the nodes are set up."),
        "{svg}"
    );
    assert!(svg.contains("n0 → n10, sent at 0.003 s, lost, or under way at the end\n{\"type\""));
    assert!(svg.contains("arrived at 0.050 s, and 1 times more"));
    for kind in ["client", "node", "service", "error"] {
        assert!(
            svg.contains(&format!(
                "<g class=\"lamport-message lamport-{kind}\"><title>"
            )),
            "{kind}"
        );
    }
    assert!(!svg.contains("lamport-init\"><title>"));

    let svg = whole(&recording);
    assert_sound(&svg, 300_000);
    assert!(svg.contains("All 12 messages."));
    assert_eq!(svg.matches("lamport-init\"><title>").count(), 6);
}

#[test]
fn every_message_has_one_arrow_and_only_those_that_arrive_a_head() {
    let svg = whole(&recording(GOSSIP));
    assert_eq!(svg.matches("class=\"lamport-hit\"").count(), 12);
    let arrows = svg.split("<g class=\"lamport-message ").skip(1);
    let arrows: Vec<&str> = arrows
        .filter(|rest| rest.contains("\"><title>"))
        .map(|rest| rest.split("</g>").next().unwrap())
        .collect();
    let lost: Vec<_> = arrows
        .iter()
        .filter(|arrow| arrow.contains("lost,"))
        .collect();
    assert_eq!(lost.len(), 1);
    for arrow in &arrows {
        let is_lost = arrow.contains("lost,");
        assert_eq!(arrow.contains("lamport-head"), !is_lost, "{arrow}");
    }
    // It ends between the lanes n0 and n10, with a cross.
    let end = lost[0].split(" d=\"M0 ").nth(1).unwrap();
    let end = end.split_once('L').unwrap().1.split(' ').next().unwrap();
    let cross = svg.rsplit("lamport-lost\" d=\"M").next().unwrap();
    let at: i64 = cross.split(' ').next().unwrap().parse().unwrap();
    assert_eq!(end.parse::<i64>().unwrap(), at + 5);
}

/// Its arrow goes all the way, and has a cross where another has its head.
#[test]
fn a_message_to_a_dead_node_ends_there_with_a_cross() {
    let told = r#"
        0 n0 n1 {"type":"hello"}
        5 !0
    "#;
    let svg = whole(&recording(told));
    assert!(svg.contains("n0 → n1, sent at 0.000 s, lost: n1 was dead at 0.005 s"));
    let arrow = svg.rsplit("<g class=\"lamport-message ").next().unwrap();
    let line = arrow.split("class=\"lamport-line\" d=\"M").nth(1).unwrap();
    let (_, end) = line.split('"').next().unwrap().split_once('L').unwrap();
    let (x, y) = end.split_once(' ').unwrap();
    let [x, y]: [i64; 2] = [x, y].map(|at| at.parse().unwrap());
    let cross = format!(
        "lamport-lost\" d=\"M{} {}l10 10m0-10l-10 10\"",
        x - 5,
        y - 5
    );
    assert!(svg.contains(&cross), "{svg}");
    assert!(!arrow.contains("lamport-head"), "{arrow}");
}

#[test]
fn an_old_state_is_marked_with_its_age() {
    let told = r#"
        0 n0 seq-kv {"type":"write","key":"x","value":1,"msg_id":1}
        1 #0
        1 seq-kv n0 {"type":"write_ok","in_reply_to":1}
        2 #1
        3 n0 seq-kv {"type":"write","key":"x","value":2,"msg_id":2}
        4 #2
        4 seq-kv n0 {"type":"write_ok","in_reply_to":2}
        5 #3
        6 n1 seq-kv {"type":"read","key":"x","msg_id":1}
        7 #4
        7 seq-kv n1 {"type":"read_ok","value":1,"in_reply_to":1}
        8 #5
    "#;
    let svg = whole(&recording(told));
    assert_sound(&svg, 300_000);
    assert_eq!(
        group(&svg, "lamport-words").last(),
        Some(&"read_ok 1, 3.0 ms old")
    );
    assert!(
        svg.contains(
            "arrived at 0.008 s, an old state, which n0 had replaced with 2 3.0 ms before"
        )
    );
    // At the arrow, and what it means.
    assert_eq!(svg.matches("lamport-old").count(), 2);
}

/// Messages of all sorts between so many endpoints, with times that jump.
fn storm(messages: usize, nodes: usize, body: &str) -> Recording {
    let mut recording = Recording::default();
    tell_nodes(&mut recording);
    let mut time = 0;
    let mut under_way: Vec<(usize, String, String)> = Vec::new();
    for id in 0..messages {
        let chance = id * 7919 % 101;
        time += [0, 0, 1, 40, 1500][chance % 5];
        let name = |place: usize| match place % 7 {
            0 => format!("c{}", place % nodes),
            1 => "lin-kv".to_owned(),
            _ => format!("n{}", place % nodes),
        };
        let (src, dest) = (name(id * 31), name(id * 17 + chance));
        let now = Duration::from_millis(time);
        let line = format!("{{\"src\":\"{src}\",\"dest\":\"{dest}\",\"body\":{body}}}");
        tell(
            &mut recording,
            MessageEvent::Sent,
            now,
            id,
            (&src, &dest),
            line.as_bytes(),
        );
        if chance % 10 > 0 {
            under_way.push((id, src, dest));
        }
        if chance % 3 == 0 {
            for (id, src, dest) in under_way.drain(..) {
                tell(
                    &mut recording,
                    MessageEvent::Received,
                    now,
                    id,
                    (&src, &dest),
                    b"",
                );
            }
        }
    }
    recording
}

#[test]
fn time_goes_down() {
    for nodes in [1, 3, 25, 1000] {
        let recording = storm(600, nodes, r#"{"type":"x","n":1}"#);
        let old = BTreeMap::new();
        let shown = Shown::new(&recording, &Excerpt::default(), &old);
        let lanes = Lanes::new(&recording, &shown.messages);
        let items: Vec<Item> = (shown.messages.iter())
            .map(|message| item(message, &lanes, &recording, 300, None))
            .collect();
        let (_, edges, moments) = shown.moments(&History::default(), &recording);
        let flow = Flow::new(&moments, &items, edges.len(), &lanes);
        let mut lanes_at = vec![(i64::MIN, i64::MIN); lanes.all.len()];
        let (mut last, mut last_time) = (0, i64::MIN);
        for moment in &moments {
            let (y, lane) = match moment.what {
                What::Sending(number) => (flow.items[number].0, items[number].src),
                What::Arrival(number) => {
                    assert!(flow.items[number].1 >= flow.items[number].0 + 10);
                    (flow.items[number].1, items[number].dest)
                }
                What::Edge(_) => unreachable!(),
            };
            assert!(y >= last && moment.time >= last_time);
            let (at, time) = lanes_at[lane];
            assert!(y >= at + 10 || (y == at && time == moment.time), "{at} {y}");
            lanes_at[lane] = (y, moment.time);
            (last, last_time) = (y, moment.time);
        }
        assert!(flow.height > last);
        assert!(flow.times.windows(2).all(|pair| pair[0] < pair[1]));
    }
}

#[test]
fn a_diagram_is_bounded_and_says_what_it_leaves_out() {
    let long = format!("{{\"type\":\"x\",\"a\":\"{}\"}}", "&".repeat(5000));
    for nodes in [1, 25, 1000] {
        let svg = default(&storm(5000, nodes, r#"{"type":"x","n":[1,2,3]}"#));
        assert_sound(&svg, 300_000);
        assert_eq!(heights(&svg).len(), 400);
        assert!(svg.contains("The first 400 of 5,000 messages; the run's page shows all."));
        // Fewer, if even the words beside the arrows are too much.
        let svg = default(&storm(5000, nodes, &long));
        assert_sound(&svg, 300_000);
        let drawn = heights(&svg).len();
        assert!(drawn >= 200, "{drawn}");
        assert!(svg.contains(&format!("The first {drawn} of 5,000 messages;")));
    }
    let svg = default(&storm(5000, 1000, "{}"));
    assert!(svg.contains("other nodes, n"), "{}", &svg[..4000]);
    assert!(svg.contains("share the last lane of their kind"));

    let recording = storm(5000, 3, "{}");
    let excerpt = Excerpt {
        from: 9_000_000_000,
        messages: 20,
    };
    let svg = messages(&History::default(), &recording, &excerpt);
    assert!(svg.contains("messages from 9.000 s on; the run's page shows all."));
    assert_eq!(heights(&svg).len(), 20);
    let all = Excerpt {
        messages: usize::MAX,
        ..excerpt
    };
    assert_sound(&messages(&History::default(), &recording, &all), 300_000);
    // Nothing is sent after the end: the first messages are better than none.
    let late = Excerpt {
        from: i64::MAX,
        messages: 5,
    };
    let svg = messages(&History::default(), &recording, &late);
    assert_eq!(heights(&svg).len(), 5);
}

#[test]
fn names_and_bodies_cannot_break_a_diagram() {
    assert_sound(&default(&Recording::default()), 300_000);
    let mut recording = Recording::default();
    let names = [
        "</svg>",
        "<script>&\"'",
        "\u{1}\u{fffe}",
        "c",
        "c99999999999999999999",
    ];
    for (id, line) in [
        &b"no message"[..],
        b"\xff\xfe",
        b"{\"src\":\"a\",\"dest\":\"b\",\"body\":{\"type\":\"</title><script>\",\"x\":\"]]>\"}}",
        b"{\"src\":\"a\",\"dest\":\"b\",\"body\":{\"type\":7}}",
        b"{\"src\":\"a\",\"dest\":\"b\",\"body\":{\"type\":\"error\",\"code\":-1e999}}",
        b"",
    ]
    .iter()
    .enumerate()
    {
        let ends = (names[id % 5], names[(id * 2 + 1) % 5]);
        let time = Duration::from_secs(1 << (id * 6));
        tell(&mut recording, MessageEvent::Sent, time, id, ends, line);
        tell(&mut recording, MessageEvent::Received, time, id, ends, line);
    }
    recording.event(Duration::from_secs(5), &Event::Begin);
    let history = History::read(
        "{:type :info, :process :nemesis, :f :start-</svg>, :time -5, :value :<b>}
         {:type :info, :process :nemesis, :f :start-x, :time 9223372036854775807}",
    )
    .unwrap();
    let excerpt = Excerpt {
        from: i64::MIN,
        messages: 9,
    };
    let svg = messages(&history, &recording, &excerpt);
    assert_sound(&svg, 300_000);
    assert!(!svg.contains("<script") && !svg.contains("<b>"));
    assert_eq!(heights(&svg).len(), 6);
}

#[test]
fn faults_are_shaded_between_what_was_sent_before_and_after() {
    let mut recording = recording(
        "0 n0 n1 {\"type\":\"a\"}
         0 #0
         10 n0 n1 {\"type\":\"b\"}
         20 n0 n1 {\"type\":\"c\"}
         20 #2
         30 n1 n0 {\"type\":\"d\"}",
    );
    let partition = Event::Partition {
        shape: Shape::Majority,
        deaf: vec![vec![1, 2], vec![0], vec![0]],
    };
    recording.event(Duration::from_millis(5), &partition);
    recording.event(Duration::from_millis(15), &Event::Heal);
    let history = "{:type :invoke, :process 0, :f :x, :time 40000000}";
    let history = History::read(history).unwrap();
    let svg = messages(&history, &recording, &Excerpt::default());
    assert_sound(&svg, 300_000);
    assert_eq!(
        texts(&svg, "<text class=\"lamport-fault\""),
        ["partition: majority: n0 | n1 n2", "end of partition"]
    );
    assert!(svg.contains(
        "<title>partition: majority, from 0.005 s to 0.015 s\nn0 does not hear n1, n2\n"
    ));
    let band = svg.split("<rect class=\"plot-fault\" ").nth(1).unwrap();
    let number = |name: &str| -> f64 {
        let rest = band.split(&*format!(" {name}=\"")).nth(1).unwrap();
        rest.split('"').next().unwrap().parse().unwrap()
    };
    let (top, bottom) = (number("y"), number("y") + number("height"));
    let heights = heights(&svg);
    assert!(
        heights[0].0 < top && top < heights[1].0,
        "{heights:?} {top}"
    );
    assert!(
        heights[1].0 < bottom && bottom < heights[2].0,
        "{heights:?} {bottom}"
    );
}
