//! What a message says, in the few words beside its arrow.

use simulation::wire::{Body, Envelope};

use crate::svg::cut;

/// How much of a body is looked at, in bytes, for so few words.
const MOST_BYTES: usize = 400;
/// Fields that come first, and in this order.
const FIRST: [&str; 6] = ["code", "key", "from", "to", "value", "text"];
/// Fields that say nothing beside the type, the arrows, and the name of the node.
const UNTOLD: [&str; 4] = ["type", "msg_id", "in_reply_to", "node_ids"];

/// A message in words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Words {
    /// Its type.
    pub(super) kind: String,
    /// Its type and what matters of the rest, such as `broadcast 5`.
    pub(super) label: String,
    /// The whole body, or the whole line if it has none.
    pub(super) body: String,
}

impl Words {
    /// Those of a line, with at most so many characters of its body.
    pub(super) fn new(line: &[u8], most: usize) -> Words {
        let text = String::from_utf8_lossy(line);
        let Some((whole, body)) = Envelope::parse(&text)
            .ok()
            .and_then(|envelope| Some((envelope.body, Body::parse(envelope.body).ok()?)))
        else {
            return Words {
                kind: String::new(),
                label: "(no message)".into(),
                body: cut(&text, most),
            };
        };
        let kind = match (body.kind(), body.get("type")) {
            (Some(kind), _) => kind,
            (None, Some(kind)) => kind.get(),
            (None, None) => "(no type)",
        };
        let kind = cut(kind, 100);
        let mut fields: Vec<(&str, &str)> = (body.fields())
            .map(|(name, value)| (name, value.get()))
            .filter(|(name, _)| !UNTOLD.contains(name))
            .collect();
        // The sort is stable: the others stay in the order of the line.
        fields.sort_by_key(|(name, _)| {
            let place = FIRST.iter().position(|first| first == name);
            place.unwrap_or(FIRST.len())
        });
        let mut label = kind.clone();
        for (_, value) in fields {
            if label.len() > MOST_BYTES {
                break;
            }
            label.push(' ');
            label.push_str(&bare(value));
        }
        Words {
            kind,
            label,
            body: cut(whole, most),
        }
    }
}

/// JSON without quotes and spaces: no longer JSON, but shorter.
fn bare(json: &str) -> String {
    let is_text = json.starts_with('"');
    let kept = |c: &char| !matches!(c, '"' | '\\') && (is_text || !c.is_whitespace());
    json.chars().take(MOST_BYTES).filter(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(body: &str) -> String {
        let line = format!("{{\"src\":\"c1\",\"dest\":\"n1\",\"body\":{body}}}");
        Words::new(line.as_bytes(), 300).label
    }

    #[test]
    fn labels_are_the_type_and_what_matters() {
        for (body, words) in [
            (
                r#"{"type":"broadcast","msg_id":1,"message":5}"#,
                "broadcast 5",
            ),
            (
                r#"{"type":"echo_ok","echo":"so be it","in_reply_to":1}"#,
                "echo_ok so be it",
            ),
            (r#"{"to":3,"type":"cas","key":0,"from":2}"#, "cas 0 2 3"),
            (
                r#"{"type":"error","text":"no such key","code":20}"#,
                "error 20 no such key",
            ),
            (
                r#"{"type":"init","node_id":"n0","node_ids":["n0","n1"]}"#,
                "init n0",
            ),
            (
                r#"{"type":"txn","txn":[["r", 1, null]]}"#,
                "txn [[r,1,null]]",
            ),
            (r#"{"type":"x","a":"{\"b\":1}"}"#, "x {b:1}"),
            ("{}", "(no type)"),
            (r#"{"type":7,"a":1,"msg_id":"a1"}"#, "7 1"),
            ("5", "(no message)"),
        ] {
            assert_eq!(label(body), words);
        }
    }

    #[test]
    fn a_line_that_is_no_message_is_shown_as_it_is() {
        let words = Words::new(b"what \xff", 4);
        assert_eq!(
            (&*words.kind, &*words.label, &*words.body),
            ("", "(no message)", "what…")
        );
        let long = format!("{{\"type\":\"x\",\"a\":\"{}\"}}", "y".repeat(1 << 20));
        assert!(label(&long).len() < 1000);
    }
}
