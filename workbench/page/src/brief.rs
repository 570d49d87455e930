//! The page of what is no single run, such as the runs of `--seeds`: the verdict on many,
//! in a sentence.

use std::fmt;

use picture::palette;
use picture::svg::Text;
use simulation::summary::Summary;

use crate::run::STYLE;

/// A page without a run: the verdict on many, in a sentence, with the command.
#[derive(Debug)]
pub struct Brief<'a>(pub &'a Summary);

impl fmt::Display for Brief<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Brief(summary) = self;
        write!(
            f,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <title>{word}: {name}</title>\n<style>{colours}{STYLE}</style>\n</head>\n<body>\n\
             <main><header class=\"{word}\"><h1>{name} <span class=\"verdict\">{word}</span></h1>\n\
             <p class=\"sentence\">{sentence}</p>\n<pre>{command}</pre>\n\
             <p>{began} · <a href=\"../../index.html\">all runs</a></p></header></main>\n\
             </body>\n</html>\n",
            word = summary.verdict.word(),
            name = Text(&summary.workload),
            colours = palette::custom_properties("body", ""),
            sentence = Text(&summary.sentence),
            command = Text(&summary.command),
            began = Text(&summary.began),
        )
    }
}
