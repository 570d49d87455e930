//! The messages that carry an element: those in whose body its value occurs,
//! however the node's protocol is made.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use history::edn::Value;
use recording::Recording;

/// A message that carries an element.
#[derive(Clone, Debug, PartialEq)]
pub struct Carrier {
    /// Its number in the order of sending.
    pub id: u64,
    /// Who sent it.
    pub src: String,
    /// Whom it was for.
    pub dest: String,
    /// Nanoseconds, as in the history.
    pub sent: i64,
    /// When it arrived, likewise; none if it was lost, or under way at the end.
    pub received: Option<i64>,
    /// When it came to a node that was dead, likewise.
    pub lost: Option<i64>,
}

/// What every message has and no element is in.
const HEAD: [&str; 4] = ["type", "msg_id", "in_reply_to", "code"];

/// For each of these elements, the messages that carry it, in the order of
/// sending. What reads are answered with is left out.
pub fn find<'a>(
    recording: &Recording,
    elements: &[&'a Value],
) -> BTreeMap<&'a Value, Vec<Carrier>> {
    let sought: Vec<(&Value, Json, String)> = elements
        .iter()
        .map(|element| {
            let json = element.to_json();
            let text = json.to_string();
            (*element, json, text)
        })
        .collect();
    let mut found: BTreeMap<&Value, Vec<Carrier>> = BTreeMap::new();
    let names = recording.endpoints();
    for message in recording.messages() {
        let Ok(line) = std::str::from_utf8(message.line) else {
            continue;
        };
        // To look for its text is faster than to parse what has it not. Text
        // with escapes may be written in several ways.
        let may_be =
            |text: &String| text.contains('\\') || !text.is_ascii() || line.contains(text.as_str());
        let mut body = None;
        for (element, json, text) in sought.iter().filter(|(.., text)| may_be(text)) {
            let body = body.get_or_insert_with(|| {
                let line: Option<Json> = serde_json::from_str(line).ok();
                line.and_then(|mut line| line.get_mut("body").map(Json::take))
            });
            let Some(body) = body else {
                break;
            };
            if body.get("type").is_some_and(|kind| kind == "read_ok") {
                break;
            }
            if is_in(body, json, text) {
                found.entry(element).or_default().push(Carrier {
                    id: message.id,
                    src: names[message.src].clone(),
                    dest: names[message.dest].clone(),
                    sent: message.sent,
                    received: message.received,
                    lost: message.lost.map(|(time, _)| time),
                });
            }
        }
    }
    found
}

/// Whether an element is somewhere in a message's body, but for its head.
pub(crate) fn body_holds(body: &Json, element: &Json) -> bool {
    is_in(body, element, &element.to_string())
}

/// Whether there is a list or a map in a message's body: elements, perhaps.
pub(crate) fn has_collection(body: &Json) -> bool {
    let mut values = body.as_object().into_iter().flatten();
    values.any(|(_, value)| value.is_array() || value.is_object())
}

fn is_in(body: &Json, element: &Json, text: &str) -> bool {
    let mut entries = body.as_object().into_iter().flatten();
    entries.any(|(key, value)| !HEAD.contains(&key.as_str()) && holds(value, element, text))
}

/// Whether an element is somewhere in a value, or the name of something in it.
fn holds(value: &Json, element: &Json, text: &str) -> bool {
    if value == element {
        return true;
    }
    match value {
        Json::Array(items) => items.iter().any(|item| holds(item, element, text)),
        Json::Object(entries) => entries.iter().any(|(key, value)| {
            key == text || element == key.as_str() || holds(value, element, text)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use recording::{Message, MessageEvent};

    #[test]
    fn an_element_is_found_wherever_it_is_but_in_the_head() {
        let mut recording = Recording::default();
        let bodies = [
            r#"{"type":"gossip","msg_id":17,"in_reply_to":17}"#,
            r#"{"type":"gossip","all":[[1,[17]]]}"#,
            r#"{"type":"gossip","all":[117,171,1.7]}"#,
            r#"{"type":"gossip","seen":{"17":true}}"#,
            r#"{"type":"read_ok","messages":[17]}"#,
            r#"{"type":"gossip","text":"17 and \u0061 more"}"#,
            "no body",
        ];
        for (id, body) in (0..).zip(bodies) {
            recording.message(Message {
                event: MessageEvent::Sent,
                time: Duration::from_millis(id),
                id,
                src: "n0",
                dest: "n1",
                line: format!(r#"{{"src":"n17","dest":"n1","body":{body}}}"#).as_bytes(),
            });
        }
        let ids = |element: &Value| -> Vec<u64> {
            let found = find(&recording, &[element]);
            let carriers = found.into_values().flatten();
            carriers.map(|carrier| carrier.id).collect()
        };
        assert_eq!(ids(&Value::Int(17)), [1, 3]);
        assert_eq!(ids(&Value::Str("17 and a more".into())), [0; 0]);
        assert_eq!(ids(&Value::Str("17".into())), [3]);
        assert_eq!(ids(&Value::Int(5)), [0; 0]);
    }
}
