//! How long a verdict may take. Checkers know no clock: the same history has the same
//! verdict, on any machine. But a person who waits does, so the command breaks off what
//! takes longer than it was told, and says that there is no verdict.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use verdict::Checked;

/// What a budget is unless one says otherwise, in seconds.
pub(super) const USUAL: &str = "60";

/// A budget from a flag, in seconds.
///
/// # Errors
/// What was expected.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().unwrap_or(f64::NAN);
    match (0.001..=1e6).contains(&seconds) {
        true => Ok(Duration::from_secs_f64(seconds)),
        false => Err("expected a number of seconds from 0.001 to 1000000".into()),
    }
}

/// Looks at the clock while a verdict is made.
pub(super) struct Watch {
    /// Whether it is known how this ends: with a verdict, or without.
    is_settled: Arc<AtomicBool>,
    /// Gone when the verdict is there.
    _waits: Sender<()>,
}

impl Watch {
    /// After this time, unless it is settled by then, says so in this way and ends the
    /// command.
    pub(super) fn new(budget: Duration, say: impl FnOnce(&Checked) + Send + 'static) -> Self {
        let (waits, is_over) = mpsc::channel();
        let is_settled = Arc::new(AtomicBool::new(false));
        let settled = is_settled.clone();
        let watch = move || {
            let waited = is_over.recv_timeout(budget);
            if waited == Err(RecvTimeoutError::Timeout) && !settled.swap(true, Ordering::SeqCst) {
                let checked = out_of_time(budget);
                say(&checked);
                std::process::exit(checked.valid.exit_status().into());
            }
        };
        // Without a thread to spare there is no budget.
        drop(thread::Builder::new().spawn(watch));
        Watch {
            is_settled,
            _waits: waits,
        }
    }

    /// There is a verdict. If time was up before, this does not return: the command ends.
    pub(super) fn settle(self) {
        while self.is_settled.swap(true, Ordering::SeqCst) {
            thread::park();
        }
    }
}

fn out_of_time(budget: Duration) -> Checked {
    Checked::unknown(format!(
        "there was no verdict after {} s: --time-budget grants more",
        budget.as_secs_f64()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_in_seconds() {
        assert_eq!(parse("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(parse(USUAL), Ok(Duration::from_secs(60)));
        for text in ["0", "-1", "NaN", "inf", "1e7", "soon"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
