//! The page of a sweep: how many seeds came to which verdict, in what ways runs failed, how
//! the figures are distributed, and the command for each seed that stands out.

use std::fmt;

use hunt::sweep;
use picture::palette;
use simulation::summary::Verdict;

use crate::html::{Made, html};
use crate::run::STYLE;

/// How many seeds are named for each way to fail.
const NAMED: usize = 100;

/// A sweep as a page.
#[derive(Debug)]
pub struct Sweep<'a>(pub &'a sweep::Sweep);

impl fmt::Display for Sweep<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sweep(sweep) = self;
        let (name, count) = (&sweep.subject.workload, sweep.lines.len());
        let word = sweep.verdict().word();
        let counts = [Verdict::Valid, Verdict::Invalid, Verdict::Unknown];
        let [valid, invalid, unknown] = counts.map(|verdict| sweep.count(verdict));
        html!(
            f,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>"
            (word) ": " (name) ", " (count) " seeds</title>\n<style>"
            [Made(palette::custom_properties("body", ""))] [Made(STYLE)]
            "</style>\n</head>\n<body>\n<main><header class=\"" (word) "\"><h1>"
            (name) " <span class=\"verdict\">" (word) "</span></h1>\n\
             <p class=\"sentence\">" (count) " seeds: " (valid) " valid, " (invalid)
            " invalid, " (unknown) " unknown.</p>\n<pre>workbench test "
            (sweep.subject.command.join(" ")) " --seed SEED</pre></header>\n"
        )?;
        let failures = sweep.failures();
        if !failures.is_empty() {
            html!(
                f,
                "<section><h2>What went wrong</h2>\n<table><thead><tr><th>failure</th>\
                      <th>runs</th><th>seeds</th></tr></thead>\n<tbody>\n"
            )?;
            for (failure, seeds) in failures {
                let named: Vec<String> = seeds.iter().take(NAMED).map(u64::to_string).collect();
                let more = seeds.len().saturating_sub(NAMED);
                html!(f, "<tr><td>" (failure) "</td><td>" (seeds.len()) "</td><td>"
                         (named.join(", ")))?;
                if more > 0 {
                    html!(f, " and " (more) " more")?;
                }
                html!(f, "</td></tr>\n")?;
            }
            html!(f, "</tbody></table></section>\n")?;
        }
        html!(
            f,
            "<section><h2>Figures, over all seeds</h2>\n<table><thead><tr><th>figure</th>\
                  <th>least</th><th>median</th><th>95 %</th><th>most</th><th>seed of the least</th>\
                  <th>seed of the most</th></tr></thead>\n<tbody>\n"
        )?;
        for figure in sweep.distributions() {
            let round = |number: f64| (number * 1e4).round() / 1e4;
            html!(f, "<tr><td>" (figure.name) "</td><td>" (round(figure.least.0)) "</td><td>"
                     (round(figure.median)) "</td><td>" (round(figure.most_of_all)) "</td><td>"
                     (round(figure.most.0)) "</td><td>" (figure.least.1) "</td><td>"
                     (figure.most.1) "</td></tr>\n")?;
        }
        html!(f, "</tbody></table></section></main>\n</body>\n</html>\n")
    }
}
