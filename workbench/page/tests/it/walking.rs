//! The page of a run, event by event: in their order, with what is under way.

use serde_json::Value;
use simulation::recording::{Recorded, Recording};
use specimens::flood::Fault;

use crate::browser::{Browser, Folder, Scheme};
use crate::pages::{SIZE, broadcast, open, text, wait_for_text};

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
