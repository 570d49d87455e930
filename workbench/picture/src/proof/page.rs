//! The sheet that a proof is drawn on: a headline, what is to be said in plain
//! words, a legend, and below them the marks. It grows with what is drawn on it,
//! so nothing is cut off.
//!
//! Classes have a prefix of their own and there are no ids, so that a page may
//! hold many; the colours are those of [`plot`](crate::plot).

use std::fmt::Write;

use crate::palette;
use crate::svg::{Px, Text};

/// No picture is wider, in pixels.
pub(super) const WIDTH: f64 = 1000.0;
/// The space around everything.
pub(super) const MARGIN: f64 = 14.0;
/// A line of text.
pub(super) const LINE: f64 = 18.0;
/// A character of the marks, which are of one width.
pub(super) const CHAR: f64 = 7.3;
/// How many characters of the headline and of a note fit on a line.
const TITLE_CHARS: usize = 100;
const NOTE_CHARS: usize = 145;
/// How many lines of a headline or a note are shown.
const MOST_LINES: usize = 4;

/// Where a text is, beside its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A picture that is being drawn.
pub(super) struct Page {
    title: String,
    marks: String,
    right: f64,
    bottom: f64,
}

impl Page {
    /// A page with its headline and its notes; those that are empty are left
    /// out.
    pub(super) fn new(title: &str, notes: &[String]) -> Self {
        let mut page = Page {
            title: title.to_owned(),
            marks: String::new(),
            right: 0.0,
            bottom: 10.0,
        };
        let titles = wrapped(title, TITLE_CHARS).into_iter();
        let notes = notes.iter().flat_map(|note| wrapped(note, NOTE_CHARS));
        let lines = titles.map(|line| ("title", 9.6, 20.0, line));
        for (class, each, line, text) in lines.chain(notes.map(|line| ("note", 6.6, LINE, line))) {
            page.bottom += line;
            page.right = page.right.max(MARGIN + columns(&text) as f64 * each);
            let y = Px(page.bottom - 4.0);
            let _ = writeln!(
                page.marks,
                "<text class=\"proof-{class}\" x=\"{MARGIN}\" y=\"{y}\">{}</text>",
                Text(&text)
            );
        }
        page.bottom += 6.0;
        page
    }

    /// Squares of these classes with what they stand for.
    pub(super) fn legend(&mut self, entries: &[(&str, &str)]) {
        let (mut x, y) = (MARGIN, self.bottom + 4.0);
        let mut y = y;
        for (class, text) in entries {
            let wide = 20.0 + wide(text) + 18.0;
            if x + wide > WIDTH {
                (x, y) = (MARGIN, y + LINE);
            }
            self.rect((x + 1.0, y + 1.0), (13.0, 11.0), class);
            self.text((x + 20.0, y + 11.0), "soft", Anchor::Start, text);
            x += wide;
        }
        self.bottom = y + LINE + 4.0;
    }

    /// Below everything that is drawn so far.
    pub(super) fn bottom(&self) -> f64 {
        self.bottom
    }

    pub(super) fn text(&mut self, (x, y): (f64, f64), class: &str, anchor: Anchor, text: &str) {
        let anchored = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " proof-middle",
            Anchor::End => " proof-end",
        };
        let after = match anchor {
            Anchor::Start => wide(text),
            Anchor::Middle => wide(text) / 2.0,
            Anchor::End => 0.0,
        };
        self.reach(x + after, y + 5.0);
        let _ = writeln!(
            self.marks,
            "<text class=\"proof-{class}{anchored}\" x=\"{}\" y=\"{}\">{}</text>",
            Px(x),
            Px(y),
            Text(text)
        );
    }

    /// A rectangle from its upper left.
    pub(super) fn rect(&mut self, (x, y): (f64, f64), (wide, high): (f64, f64), class: &str) {
        self.reach(x + wide, y + high);
        let _ = writeln!(
            self.marks,
            "<rect class=\"proof-{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\"/>",
            Px(x),
            Px(y),
            Px(wide.max(0.0)),
            Px(high.max(0.0))
        );
    }

    /// A line through these points.
    pub(super) fn line(&mut self, points: &[(f64, f64)], class: &str) {
        let mut path = String::new();
        for (i, (x, y)) in points.iter().enumerate() {
            self.reach(*x, *y);
            let _ = write!(
                path,
                "{}{} {}",
                if i == 0 { 'M' } else { 'L' },
                Px(*x),
                Px(*y)
            );
        }
        let _ = writeln!(
            self.marks,
            "<path class=\"proof-line proof-{class}\" d=\"{path}\"/>"
        );
    }

    /// The same, with a head at the last of them.
    pub(super) fn arrow(&mut self, points: &[(f64, f64)], class: &str) {
        let [.., (fx, fy), (x, y)] = points else {
            return;
        };
        let (dx, dy) = (x - fx, y - fy);
        let length = dx.hypot(dy).max(1e-6);
        let (dx, dy) = (dx / length, dy / length);
        // The line ends within the head, so that it does not blunt the tip.
        let mut shaft = points.to_vec();
        if let Some(last) = shaft.last_mut() {
            *last = (x - dx * 6.0, y - dy * 6.0);
        }
        self.line(&shaft, class);
        let (bx, by) = (x - dx * 10.0, y - dy * 10.0);
        let _ = writeln!(
            self.marks,
            "<path class=\"proof-head proof-{class}\" d=\"M{} {}L{} {}L{} {}z\"/>",
            Px(*x),
            Px(*y),
            Px(bx - dy * 5.0),
            Px(by + dx * 5.0),
            Px(bx + dy * 5.0),
            Px(by - dx * 5.0)
        );
    }

    /// A dot.
    pub(super) fn dot(&mut self, (x, y): (f64, f64), class: &str) {
        self.reach(x + 5.0, y + 5.0);
        let _ = writeln!(
            self.marks,
            "<circle class=\"proof-{class}\" cx=\"{}\" cy=\"{}\" r=\"4.5\"/>",
            Px(x),
            Px(y)
        );
    }

    /// A cross: what did not come to be.
    pub(super) fn cross(&mut self, (x, y): (f64, f64)) {
        self.reach(x + 6.0, y + 6.0);
        let (left, top) = (Px(x - 5.5), Px(y - 5.5));
        let _ = writeln!(
            self.marks,
            "<path class=\"proof-line proof-cross\" d=\"M{left} {top}l11 11m0-11l-11 11\"/>"
        );
    }

    /// Begins a group that a pointer's tip explains.
    pub(super) fn open(&mut self, hint: &str) {
        let _ = writeln!(self.marks, "<g><title>{}</title>", Text(hint));
    }

    /// Ends it.
    pub(super) fn close(&mut self) {
        self.marks.push_str("</g>\n");
    }

    fn reach(&mut self, x: f64, y: f64) {
        self.right = self.right.max(x);
        self.bottom = self.bottom.max(y);
    }

    /// The file.
    pub(super) fn finish(self) -> String {
        let (wide, high) = (
            Px((self.right + MARGIN).ceil()),
            Px((self.bottom + MARGIN).ceil()),
        );
        let colours = palette::custom_properties(".proof", "proof-");
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"proof\" role=\"img\" \
             width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\">\n\
             <title>{}</title>\n<style>{colours}{STYLE}</style>\n\
             <rect class=\"proof-paper\" width=\"{wide}\" height=\"{high}\"/>\n{}</svg>\n",
            Text(&self.title),
            self.marks
        )
    }
}

/// How many columns a text takes where all characters are of one width, but
/// some, such as Chinese ones, of twice that.
pub(super) fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| {
            if c >= '\u{1100}' && !('\u{2000}'..'\u{2e80}').contains(&c) {
                2
            } else {
                1
            }
        })
        .sum()
}

/// How wide a text of the marks is.
pub(super) fn wide(text: &str) -> f64 {
    columns(text) as f64 * CHAR
}

/// The text without its end, if it is wider than this many columns.
pub(super) fn fitted(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let (mut taken, mut out) = (1, String::new());
    for c in text.chars() {
        taken += columns(c.encode_utf8(&mut [0; 4]));
        if taken > most {
            break;
        }
        out.push(c);
    }
    out + "…"
}

/// The lines of a text, broken between words where there are any.
pub(super) fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let word = fitted(word, most);
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(&word) <= most => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
        if lines.len() > MOST_LINES {
            lines.pop();
            if let Some(last) = lines.last_mut() {
                *last = fitted(last, most - 2) + " …";
            }
            break;
        }
    }
    lines
}

/// The looks of it; the colours are the palette's.
const STYLE: &str = "\
.proof{max-width:100%;height:auto;\
font:12px ui-sans-serif,system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}\
.proof-paper{fill:var(--proof-paper)}\
.proof text{fill:var(--proof-ink);font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,\
\"DejaVu Sans Mono\",monospace;white-space:pre}\
.proof .proof-title,.proof .proof-note{font-family:ui-sans-serif,system-ui,-apple-system,\
\"Segoe UI\",Roboto,sans-serif}\
.proof .proof-title{font-size:15px;font-weight:600}\
.proof .proof-note,.proof .proof-soft{fill:var(--proof-soft)}\
.proof .proof-name{font-weight:700}.proof .proof-wrong{fill:var(--proof-info);font-weight:700}\
.proof-middle{text-anchor:middle}.proof-end{text-anchor:end}\
.proof-box{fill:var(--proof-card);stroke:var(--proof-grid)}\
.proof-box-bad{fill:var(--proof-card);stroke:var(--proof-info);stroke-width:2.5}\
.proof-line{fill:none;stroke:var(--proof-colour);stroke-width:2}\
.proof-head,.proof-dot{fill:var(--proof-colour)}\
.proof-axis{--proof-colour:var(--proof-soft)}.proof-line.proof-axis{stroke-width:1}\
.proof-faint{--proof-colour:var(--proof-grid)}.proof-line.proof-faint{stroke-width:1}\
.proof-without{--proof-colour:var(--proof-soft)}\
.proof-line.proof-without{stroke-width:1;stroke-dasharray:2 4}\
.proof-with{--proof-colour:var(--proof-ok)}.proof-line.proof-with{stroke-width:4}\
.proof-shade{fill:var(--proof-shade);opacity:.18;rx:0}\
.proof-good{--proof-colour:var(--proof-ok);fill:var(--proof-ok)}\
.proof-bad,.proof-cross{--proof-colour:var(--proof-info);fill:var(--proof-info)}\
.proof-line.proof-cross{stroke-width:2.5}.proof-line.proof-bad{stroke-dasharray:5 3}\
.proof-line.proof-good,.proof-line.proof-bad,.proof-line.proof-cross{fill:none}\
.proof-ww{--proof-colour:var(--proof-info)}.proof-wr{--proof-colour:var(--proof-ok)}\
.proof-rw{--proof-colour:var(--proof-fail)}.proof-process{--proof-colour:var(--proof-green)}\
.proof-realtime,.proof-other{--proof-colour:var(--proof-soft)}\
.proof-line.proof-rw{stroke-dasharray:7 3}.proof-line.proof-process{stroke-dasharray:2 3}\
.proof-line.proof-realtime{stroke-dasharray:8 3 2 3}\
.proof-mark{fill:var(--proof-ok);opacity:.22}\
.proof-mark-bad{fill:var(--proof-info);opacity:.3}\
.proof-read{fill:var(--proof-ok);fill-opacity:.25;stroke:var(--proof-ok)}\
.proof-write{fill:var(--proof-fail);fill-opacity:.25;stroke:var(--proof-fail)}\
.proof-cas{fill:var(--proof-green);fill-opacity:.25;stroke:var(--proof-green)}\
.proof-perhaps{fill-opacity:.08;stroke-dasharray:4 3}\
.proof-stuck{stroke:var(--proof-info);stroke-width:3}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words_and_cut_if_it_must_be() {
        assert_eq!(wrapped("one two  three", 8), ["one two", "three"]);
        assert_eq!(wrapped("abcdefgh ij", 5), ["abcd…", "ij"]);
        assert!(wrapped("", 5).is_empty());
        let long = wrapped(&"word ".repeat(100), 10);
        assert_eq!(long.len(), MOST_LINES);
        assert!(long[3].ends_with('…') && columns(&long[3]) <= 10);
        assert_eq!((columns("漢字"), columns("→…é")), (4, 3));
        assert_eq!(fitted("漢字漢字", 6), "漢字…");
    }

    #[test]
    fn a_page_is_as_large_as_what_is_on_it() {
        let mut page = Page::new("<&>", &["a note".into(), String::new()]);
        page.text((100.0, 200.0), "name", Anchor::Start, "0123456789");
        let svg = page.finish();
        crate::svg::assert_sound(&svg, 10_000);
        assert!(svg.contains("viewBox=\"0 0 187 219\""), "{svg}");
        assert!(svg.contains("<title>&lt;&amp;&gt;</title>"));
    }
}
