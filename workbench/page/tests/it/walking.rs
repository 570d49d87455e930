//! The page of a run, event by event: in their order, with what is under way.

use std::time::Duration;

use serde_json::{Value, json};
use simulation::recording::{Recorded, Recording, changes};
use simulation::run::{Event, Message, MessageEvent};
use specimens::flood::Fault;

use crate::browser::{Browser, Folder, Scheme};
use crate::pages::{SIZE, broadcast, of_messages, open, text, wait_for_text};

/// What is told of n1's first events: what happens, and how many messages are under way to it.
fn told_of_n1(recording: &Recording) -> Vec<(String, usize)> {
    let names = recording.endpoints();
    let n1 = names.iter().position(|name| name == "n1").unwrap();
    let messages: Vec<Recorded<'_>> = recording.messages().collect();
    let mut events: Vec<(u64, &str, &Recorded<'_>)> = Vec::new();
    for message in &messages {
        if message.src == n1 {
            events.push((message.sent_place, "sends", message));
        }
        if let Some(place) = message.received_place.filter(|_| message.dest == n1) {
            events.push((place, "receives", message));
        }
    }
    events.sort_by_key(|(place, ..)| *place);
    let told = events.iter().map(|&(at, verb, message)| {
        let body: Value = serde_json::from_slice(message.line).unwrap();
        let kind = body["body"]["type"].as_str().unwrap();
        let is_under_way = |it: &&Recorded<'_>| {
            let arrives_later = it.received_place.is_some_and(|place| at < place);
            it.dest == n1 && it.sent_place <= at && arrives_later
        };
        let inbox = messages.iter().filter(is_under_way).count();
        (format!("n1 {verb} {kind} "), inbox)
    });
    told.collect()
}

#[test]
fn events_are_stepped_through_with_what_is_under_way() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("walked");
    let run = broadcast(Fault::NoRetry, 60.0);
    let file = folder.write("index.html", &run.html());
    let mut page = open(&mut browser, &file, SIZE, Scheme::Light);
    let expected = told_of_n1(&run.recording);
    assert!(expected.iter().take(60).any(|(_, inbox)| *inbox > 1));

    let at_n1 = "(at => { at.value = [...at.options].find(option => option.text === 'n1').value; })
        (document.getElementById('walk-at'))";
    page.eval(at_n1).unwrap();
    page.eval("document.getElementById('diagram').focus()")
        .unwrap();
    page.key("Escape");
    page.key("0");
    let condition = |(what, inbox): &(String, usize)| {
        let inbox = match inbox {
            0 => "n1: nothing".to_owned(),
            1 => "n1: 1 message".to_owned(),
            count => format!("n1: {count} messages"),
        };
        format!("text.includes('s: {what}') && text.includes('under way to {inbox}')")
    };
    let mut before = Vec::new();
    for event in &expected[..60] {
        page.key(".");
        wait_for_text(&mut page, "moment", &condition(event));
        before.push(text(&mut page, "moment"));
    }
    // Where n1 hears of a message for the first time, it is what its state gained.
    let gained: Vec<&String> = before.iter().filter(|it| it.contains("seen/")).collect();
    assert!(gained.len() > 5, "{}", gained.len());
    for told in gained {
        assert!(told.contains("receives"), "{told}");
        let (_, added) = told.split_once(": + ").unwrap();
        let added: String = added.chars().take_while(char::is_ascii_digit).collect();
        let (_, all) = told.split_once("seen: [").unwrap();
        let all = all.split(']').next().unwrap();
        assert!(all.split(',').any(|it| it == added), "{told}");
    }
    // Back again, by the button, and no further than the first.
    for told in before.iter().rev().skip(1).take(5) {
        page.click_on("#back");
        assert_eq!(text(&mut page, "moment"), *told);
    }
    let hidden = "document.getElementById('moment').hidden";
    assert_eq!(page.eval(hidden).unwrap(), false);

    // Everywhere, the next one is wherever it is.
    page.eval("document.getElementById('walk-at').value = '-1'")
        .unwrap();
    page.click_on("#forth");
    let number = |text: &str| {
        let number = text.split("event ").nth(1).unwrap();
        number.split(" of ").next().unwrap().replace(',', "")
    };
    let here: usize = number(&before[54]).parse().unwrap();
    let next: usize = number(&text(&mut page, "moment")).parse().unwrap();
    assert_eq!(next, here + 1);

    // With nothing chosen, it is nowhere.
    page.eval("document.getElementById('diagram').focus()")
        .unwrap();
    page.key("Escape");
    assert_eq!(page.eval(hidden).unwrap(), true);
    page.assert_quiet();
}

/// A message ends at a dead node, and a service answers a read with what it was before.
#[test]
fn what_ends_at_a_dead_node_and_what_is_old_are_told() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let mut recording = Recording::default();
    let nodes = (0..5).map(|i| format!("n{i}")).collect();
    recording.event(Duration::ZERO, &Event::Nodes { nodes });
    let states = [Value::Null, json!({"seen": [5]}), Value::Null];
    for (node, states) in [(0, &states[..2]), (1, &states)] {
        for (before, after) in states.iter().zip(&states[1..]) {
            let changes = changes(before, after);
            recording.event(Duration::ZERO, &Event::State { node, changes });
        }
    }
    let messages = [
        ("n0", "n1", r#""type":"hello""#),
        (
            "n0",
            "seq-kv",
            r#""type":"write","key":"x","value":1,"msg_id":1"#,
        ),
        ("seq-kv", "n0", r#""type":"write_ok","in_reply_to":1"#),
        (
            "n0",
            "seq-kv",
            r#""type":"write","key":"x","value":2,"msg_id":2"#,
        ),
        ("seq-kv", "n0", r#""type":"write_ok","in_reply_to":2"#),
        ("n2", "seq-kv", r#""type":"read","key":"x","msg_id":1"#),
        (
            "seq-kv",
            "n2",
            r#""type":"read_ok","value":1,"in_reply_to":1"#,
        ),
    ];
    for (id, (src, dest, body)) in messages.into_iter().enumerate() {
        let line = format!(r#"{{"src":"{src}","dest":"{dest}","body":{{{body}}}}}"#);
        let end = match dest {
            "n1" => MessageEvent::Lost,
            _ => MessageEvent::Received,
        };
        for (event, after) in [(MessageEvent::Sent, 0), (end, 2)] {
            recording.message(Message {
                event,
                time: Duration::from_millis(10 * id as u64 + after),
                id: id as u64,
                src,
                dest,
                line: line.as_bytes(),
            });
        }
    }
    let folder = Folder::new("old");
    let file = folder.write("index.html", &of_messages(recording).html());
    let mut page = open(&mut browser, &file, SIZE, Scheme::Light);
    let key = text(&mut page, "key");
    assert!(key.contains("a message that was lost"), "{key}");
    assert!(key.contains("a service answers with an old state"), "{key}");
    page.eval("document.getElementById('diagram').focus()")
        .unwrap();
    page.key("Escape");
    page.key("0");
    let mut told = Vec::new();
    for _ in 0..16 {
        page.key(".");
        told.push((text(&mut page, "moment"), text(&mut page, "chosen")));
    }
    let has = |moment: &str, chosen: &str| {
        let mut all = told.iter();
        all.any(|told| told.0.contains(moment) && told.1.contains(chosen))
    };
    let dead = "came after 2 ms to a node that was dead";
    assert!(
        has("n1 is dead, and hello from n0 is lost", dead),
        "{told:?}"
    );
    // What it showed has ended with it.
    let nothing = "n1 shows no state: it ended, and has shown none since";
    assert!(has(nothing, dead), "{told:?}");
    assert!(has("state of n0: as at the event before", ""), "{told:?}");
    let old = "an old state, which n0 had replaced with 2 20.0 ms before";
    assert!(has("seq-kv sends read_ok to n2", old), "{told:?}");
    page.assert_quiet();
}
