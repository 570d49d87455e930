//! Log lines that say which node they are of.
//!
//! stdout belongs to the messages; logs go to stderr, where Maelstrom collects
//! them. `RUST_LOG` sets what is logged (`info` by default; `trace` shows every
//! message).

use std::cell::RefCell;

use crate::NodeId;

thread_local! {
    static CURRENT: RefCell<Option<NodeId>> = const { RefCell::new(None) };
}

/// Says which node runs on this thread now.
pub(crate) fn set_current(id: &NodeId) {
    CURRENT.with_borrow_mut(|current| match current {
        Some(current) if current == id => {}
        _ => *current = Some(id.clone()),
    });
}

/// The node that runs on this thread, for a logger's use: several can share a
/// process when they are simulated.
pub fn current_node() -> Option<NodeId> {
    CURRENT.with_borrow(Clone::clone)
}

/// Sends the log to stderr, each line with the node's name. Does nothing if
/// there is a logger already, or without the feature `env_logger`.
#[cfg(feature = "env_logger")]
pub(crate) fn init() {
    use std::io::Write;

    let filter = env_logger::Env::default().default_filter_or("info");
    let _ = env_logger::Builder::from_env(filter)
        .format(|out, record| {
            let id = current_node();
            writeln!(
                out,
                "{} {:5} {}: {}",
                id.as_deref().unwrap_or("-"),
                record.level(),
                record.target(),
                record.args()
            )
        })
        .try_init();
}

#[cfg(not(feature = "env_logger"))]
pub(crate) fn init() {}

/// The line as text, cut where it gets long, without control characters: the log
/// may be read on a terminal.
pub(crate) fn excerpt(line: &[u8]) -> String {
    const LONGEST: usize = 500;
    let line = line.trim_ascii();
    let mut shown = String::with_capacity(line.len().min(LONGEST) + 32);
    for char in String::from_utf8_lossy(&line[..line.len().min(LONGEST)]).chars() {
        match char.is_control() {
            true => shown.extend(char.escape_default()),
            false => shown.push(char),
        }
    }
    if line.len() > LONGEST {
        shown.push_str(&format!("... ({} bytes)", line.len()));
    }
    shown
}
