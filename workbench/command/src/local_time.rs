//! The date and the time of day where this machine is, as its C library knows them: for the
//! names of folders and the lines of logs, which people read. No run depends on them.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(unix)]
use libc::{gmtime_r, localtime_r};
use libc::{time_t, tm};

/// A moment, as the clock on the wall shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LocalTime {
    year: i64,
    /// From 1 to 12.
    month: i32,
    /// From 1 to 31.
    day: i32,
    hour: i32,
    minute: i32,
    second: i32,
    millis: u32,
    /// How many seconds the time here is ahead of UTC.
    ahead: i64,
}

impl LocalTime {
    #[expect(clippy::disallowed_methods, reason = "a run has its own time")]
    pub(crate) fn now() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        LocalTime::at(now.unwrap_or_default())
    }

    /// So long after 1970 began in UTC; the time in UTC, if the system cannot say what it is
    /// here.
    fn at(since_epoch: Duration) -> Self {
        let seconds = since_epoch.as_secs() as time_t;
        // SAFETY: all of both are numbers, and pointers that may be null.
        let (mut utc, mut tm): (tm, tm) = unsafe { std::mem::zeroed() };
        // SAFETY: all is this function's own. The zone is read from the environment, which this
        // program does not change.
        unsafe {
            gmtime_r(&raw const seconds, &raw mut utc);
            if localtime_r(&raw const seconds, &raw mut tm).is_null() {
                tm = utc;
            }
        }
        let days = match tm.tm_year - utc.tm_year {
            0 => tm.tm_yday - utc.tm_yday,
            years => years,
        };
        let minutes = (days * 24 + tm.tm_hour - utc.tm_hour) * 60 + tm.tm_min - utc.tm_min;
        LocalTime {
            year: i64::from(tm.tm_year) + 1900,
            month: tm.tm_mon + 1,
            day: tm.tm_mday,
            hour: tm.tm_hour,
            minute: tm.tm_min,
            second: tm.tm_sec,
            millis: since_epoch.subsec_millis(),
            ahead: i64::from(minutes * 60 + tm.tm_sec - utc.tm_sec),
        }
    }

    /// As Jepsen names the folder of a run: `20251031T235900.007+0100`.
    pub(crate) fn folder_name(self) -> String {
        let date = format!("{:04}{:02}{:02}", self.year, self.month, self.day);
        let time = format!("{:02}{:02}{:02}", self.hour, self.minute, self.second);
        format!("{date}T{time}.{:03}{}", self.millis, self.zone(""))
    }

    /// To the second, as in ISO 8601: `2025-10-31T23:59:00+01:00`.
    pub(crate) fn to_the_second(self) -> String {
        format!("{}T{}{}", self.date(), self.time(), self.zone(":"))
    }

    /// The same to the millisecond: `2025-10-31T23:59:00.007+01:00`.
    pub(crate) fn to_the_millisecond(self) -> String {
        let (date, time, zone) = (self.date(), self.time(), self.zone(":"));
        format!("{date}T{time}.{:03}{zone}", self.millis)
    }

    fn date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    fn time(&self) -> String {
        format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second)
    }

    fn zone(&self, between: &str) -> String {
        let sign = if self.ahead < 0 { '-' } else { '+' };
        let minutes = self.ahead.unsigned_abs() / 60;
        format!("{sign}{:02}{between}{:02}", minutes / 60, minutes % 60)
    }
}

/// As on Unix: the pointer, unless it fails.
#[cfg(windows)]
unsafe fn localtime_r(seconds: *const time_t, tm: *mut tm) -> *mut tm {
    // SAFETY: the caller's.
    match unsafe { libc::localtime_s(tm, seconds) } {
        0 => tm,
        _ => std::ptr::null_mut(),
    }
}

#[cfg(windows)]
unsafe fn gmtime_r(seconds: *const time_t, tm: *mut tm) {
    // SAFETY: the caller's.
    unsafe { libc::gmtime_s(tm, seconds) };
}

/// As logback writes it at the beginning of a line: `2025-10-31 23:59:00,007`.
impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {},{:03}", self.date(), self.time(), self.millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_jepsen_logback_and_iso_8601_have_it() {
        let time = LocalTime {
            year: 2025,
            month: 10,
            day: 31,
            hour: 23,
            minute: 59,
            second: 0,
            millis: 7,
            ahead: 3600,
        };
        assert_eq!(time.folder_name(), "20251031T235900.007+0100");
        assert_eq!(time.to_the_second(), "2025-10-31T23:59:00+01:00");
        assert_eq!(time.to_the_millisecond(), "2025-10-31T23:59:00.007+01:00");
        assert_eq!(time.to_string(), "2025-10-31 23:59:00,007");
        let behind = |ahead| LocalTime { ahead, ..time }.zone(":");
        assert_eq!([0, -12_600].map(behind), ["+00:00", "-03:30"]);
    }

    #[test]
    fn it_is_the_time_in_utc_and_how_far_it_is_ahead() {
        // Wherever this test runs: 2001-09-09T01:46:40Z is on the 8th or the 9th.
        let time = LocalTime::at(Duration::from_millis(1_000_000_000_250));
        let of_day = (time.hour * 60 + time.minute) * 60 + time.second;
        let seconds = i64::from(time.day - 9) * 86_400 + i64::from(of_day) - time.ahead;
        assert_eq!((time.year, time.month, time.millis), (2001, 9, 250));
        assert_eq!(seconds, (60 + 46) * 60 + 40);
    }
}
