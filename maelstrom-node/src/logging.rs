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
        .format(|out, record| writeln!(out, "{}", line_of(record)))
        .try_init();
}

#[cfg(feature = "env_logger")]
fn line_of(record: &log::Record<'_>) -> String {
    let id = current_node();
    let (level, target, args) = (record.level(), record.target(), record.args());
    format!(
        "{} {level:5} {target}: {args}",
        id.as_deref().unwrap_or("-")
    )
}

#[cfg(not(feature = "env_logger"))]
pub(crate) fn init() {}

#[cfg(feature = "env_logger")]
mod ear {
    use std::cell::RefCell;
    use std::marker::PhantomData;

    use log::{Log, Metadata, Record};

    use super::{current_node, line_of};

    thread_local! {
        static EAR: RefCell<Option<Ear>> = const { RefCell::new(None) };
    }

    struct Ear {
        node: String,
        filter: env_logger::Logger,
        heard: Vec<String>,
    }

    /// While it lives, what a node logs on this thread is kept: see [`listen`].
    #[derive(Debug)]
    pub struct Listening(PhantomData<*const ()>); // to be dropped on its own thread

    impl Drop for Listening {
        fn drop(&mut self) {
            EAR.set(None);
        }
    }

    /// Keeps what the node of this name logs on this thread, for [`heard`], in place of whom was
    /// listened to before; `filter` says what it is to log, as `RUST_LOG` does for [`run`](crate::run).
    /// For whoever drives [engines](crate::Engine), whose program then has this logger.
    ///
    /// # Errors
    /// When the program has another logger.
    pub fn listen(node: &str, filter: &str) -> Result<Listening, log::SetLoggerError> {
        struct Logger;

        impl Log for Logger {
            fn enabled(&self, metadata: &Metadata<'_>) -> bool {
                EAR.with_borrow(|ear| ear.as_ref().is_some_and(|it| it.filter.enabled(metadata)))
            }

            fn log(&self, record: &Record<'_>) {
                // What is written may log, too, and must find the ear free.
                let is_heard = EAR.with_borrow(|ear| {
                    let ear = ear.as_ref().filter(|ear| ear.filter.matches(record));
                    ear.is_some_and(|ear| current_node().is_some_and(|id| *id == *ear.node))
                });
                if is_heard {
                    let line = line_of(record);
                    EAR.with_borrow_mut(|ear| {
                        ear.iter_mut().for_each(|ear| ear.heard.push(line.clone()));
                    });
                }
            }

            fn flush(&self) {}
        }

        static SET: std::sync::Mutex<bool> = std::sync::Mutex::new(false);
        let mut is_set = SET
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if !*is_set {
            log::set_logger(&Logger)?;
            *is_set = true;
        }
        let filter = env_logger::Builder::new().parse_filters(filter).build();
        // Others may listen on other threads.
        log::set_max_level(log::max_level().max(filter.filter()));
        EAR.set(Some(Ear {
            node: node.to_owned(),
            filter,
            heard: Vec::new(),
        }));
        Ok(Listening(PhantomData))
    }

    /// What was [listened](listen) to on this thread since this was last asked: lines as
    /// [`run`](crate::run) writes them to stderr.
    pub fn heard() -> Vec<String> {
        EAR.with_borrow_mut(|ear| {
            ear.as_mut()
                .map_or_else(Vec::new, |ear| std::mem::take(&mut ear.heard))
        })
    }
}

#[cfg(feature = "env_logger")]
pub use ear::{Listening, heard, listen};

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
