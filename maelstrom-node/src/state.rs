//! What a node shows of its [state](crate::Server::state), as JSON text: for whoever walks through
//! a run. It is asked after a turn, by a simulator alone, and never in real time.

use std::io::{self, Write};

use serde::Serialize;

/// How much of a state is shown, in bytes of JSON text (8 KiB). Of one that is larger, the
/// beginning is shown, as a string.
pub const MOST_STATE: usize = 8 << 10;

/// The state as JSON text on one line; none if it is `null`, as of a server that shows nothing.
pub(crate) fn shown(state: &impl Serialize) -> Option<String> {
    let mut text = Bounded(Vec::new());
    let written = serde_json::to_writer(&mut text, state);
    let is_cut = text.0.len() >= MOST_STATE;
    let shown = String::from_utf8_lossy(&text.0);
    match written {
        Ok(()) if shown == "null" => None,
        Ok(()) => Some(shown.into_owned()),
        Err(_) if is_cut => {
            let most = MOST_STATE >> 10;
            Some(quoted(&format!(
                "{shown}... (cut here: it has more than {most} KiB)"
            )))
        }
        Err(e) => Some(quoted(&format!("cannot be shown: {e}"))),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Takes so much, and then no more: what is too large is not even written to its end.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = MOST_STATE - self.0.len();
        self.0.extend_from_slice(&bytes[..bytes.len().min(left)]);
        match bytes.len() <= left {
            true => Ok(bytes.len()),
            false => Err(io::Error::other("too large")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_state_is_json_on_a_line_and_cut_where_it_is_large() {
        assert_eq!(shown(&()), None);
        assert_eq!(
            shown(&BTreeMap::from([("term", 2)])).as_deref(),
            Some(r#"{"term":2}"#)
        );
        assert_eq!(shown(&"a\nb").as_deref(), Some(r#""a\nb""#));
        let fits = "x".repeat(MOST_STATE - 2);
        assert_eq!(shown(&fits), Some(format!("\"{fits}\"")));
        let cut = shown(&vec!["ä"; MOST_STATE]).expect("shown");
        let cut: String = serde_json::from_str(&cut).expect("a string");
        assert!(cut.starts_with(r#"["ä","ä","#), "{cut}");
        assert!(
            cut.ends_with("... (cut here: it has more than 8 KiB)"),
            "{cut}"
        );
        assert!(cut.len() < MOST_STATE + 60, "{}", cut.len());
        let odd = BTreeMap::from([((1, 2), 3)]);
        let why = r#""cannot be shown: key must be a string""#;
        assert_eq!(shown(&odd).as_deref(), Some(why));
    }
}
