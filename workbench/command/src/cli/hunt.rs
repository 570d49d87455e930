//! `workbench hunt`: many runs of the kind that `test` makes one of.

use std::time::Duration;

use super::test;

/// For how long a hunt goes on at most, in seconds.
const LONGEST: u64 = 30 * 86_400;

/// Look for a run that fails: each draws which faults there are and how often, and those
/// that come to something new are changed and tried again. Without flags that say what may
/// go wrong (--nemesis, --loss, ...), it is partitions, pauses and messages that are lost,
/// late or come twice
#[derive(Debug, clap::Args)]
#[group(skip)] // it would have the name of that of `test`
pub(super) struct Args {
    /// For how long, in seconds, or with a unit, such as 10m or 2h
    #[arg(long = "for", value_name = "TIME", default_value = "60", value_parser = time)]
    time: Duration,

    #[command(flatten)]
    pub(super) test: test::Args,
}

fn time(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) if text.ends_with('h') => (number, 3600),
        Some(number) => (number, 1),
        None => (text, 1),
    };
    let seconds = number.parse::<u64>().ok();
    let seconds = seconds.and_then(|number| number.checked_mul(unit));
    match seconds {
        Some(seconds) if (1..=LONGEST).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err("expected a time from 1s to 720h, such as 90, 90s, 10m or 2h".to_owned()),
    }
}

pub(super) fn run(args: &Args) -> Result<u8, String> {
    test::hunt(&args.test, args.time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, seconds) in [
            ("1", 1),
            ("90", 90),
            ("90s", 90),
            ("10m", 600),
            ("720h", LONGEST),
        ] {
            assert_eq!(time(text), Ok(Duration::from_secs(seconds)));
        }
        for text in [
            "",
            "0",
            "m",
            "1d",
            "-1",
            "1.5h",
            "721h",
            "18446744073709551615h",
        ] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
