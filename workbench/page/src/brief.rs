//! The page of what is no single run, such as the runs of `--seeds`: the verdict on many,
//! in a sentence.

use std::fmt;

use picture::palette;
use simulation::summary::Summary;

use crate::html::{Made, html};
use crate::run::STYLE;

/// A page without a run: the verdict on many, in a sentence, with the command.
#[derive(Debug)]
pub struct Brief<'a>(pub &'a Summary);

impl fmt::Display for Brief<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Brief(summary) = self;
        let word = summary.verdict.word();
        html!(
            f,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>"
            (word) ": " (summary.workload) "</title>\n<style>"
            [Made(palette::custom_properties("body", ""))] [Made(STYLE)]
            "</style>\n</head>\n<body>\n<main><header class=\"" (word) "\"><h1>"
            (summary.workload) " <span class=\"verdict\">" (word) "</span></h1>\n\
             <p class=\"sentence\">" (summary.sentence) "</p>\n<pre>" (summary.command)
            "</pre>\n<p>" (summary.began) " · <a href=\"../../index.html\">all runs</a></p>\
             </header></main>\n</body>\n</html>\n"
        )
    }
}
