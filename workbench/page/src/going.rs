//! The page of a run that goes on: how far it is. A browser loads it anew every second, until the
//! page of the run is in its place.

use std::fmt;
use std::time::Duration;

use picture::palette;

use crate::html::{Made, html};
use crate::run::STYLE;

/// A run that goes on.
#[derive(Clone, Debug)]
pub struct Going<'a> {
    /// The workload's name.
    pub workload: &'a str,
    /// The command that runs it.
    pub command: &'a str,
    /// How far it is, since the start of its main phase, and when that is over.
    pub now: Duration,
    /// See `now`.
    pub end: Duration,
    /// How many operations were begun.
    pub operations: usize,
    /// How many messages were sent.
    pub messages: usize,
}

impl fmt::Display for Going<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Going {
            workload,
            command,
            operations,
            messages,
            ..
        } = self;
        let seconds = |time: Duration| format!("{:.1}", time.as_secs_f64());
        let (now, end) = (seconds(self.now), seconds(self.end));
        html!(
            f,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"refresh\" content=\"1\">\n<title>" (now) " of " (end) " s: " (workload)
            "</title>\n<style>"
            [Made(palette::custom_properties("body", ""))] [Made(STYLE)]
            "progress{width:100%;height:1.5em}</style>\n</head>\n<body>\n<main><header><h1>" (workload)
            " <span class=\"verdict\">goes on</span></h1>\n<p class=\"sentence\">" (now) " of about "
            (end) " s, " (operations) " operations begun, " (messages) " messages sent.</p>\n\
             <progress max=\"" (end) "\" value=\"" (now) "\"></progress>\n<pre>" (command)
            "</pre>\n<p><a href=\"../../index.html\">all runs</a></p></header></main>\n</body>\n</html>\n"
        )
    }
}
