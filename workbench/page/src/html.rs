//! HTML that is escaped by the way it is written: only what stands in the source is
//! markup, and everything else is text, in elements and in attributes alike.
//!
//! `html!` writes its parts one after another: a literal as it is, `(value)` escaped,
//! and `[Made(..)]` as it is, for what was escaped when it was made. A value of a run
//! can be in the last only where someone has written `Made`.
//!
//! Its own rather than a crate's: such templates are procedural macros, and maud 0.27
//! stands on a second `syn`, which every first `cargo workbench` would have to build.

use std::fmt::{self, Display, Write};

use picture::svg::Text;

/// Markup that was made elsewhere, and escaped there: SVG, a style, a script.
pub(crate) struct Made<T>(pub(crate) T);

impl<T: Display> Display for Made<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Writes a value as text.
pub(crate) fn text(out: &mut dyn Write, value: &dyn Display) -> fmt::Result {
    struct Escaped<'a>(&'a mut dyn Write);
    impl Write for Escaped<'_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            write!(self.0, "{}", Text(text))
        }
    }
    write!(Escaped(out), "{value}")
}

/// Writes markup as it is.
pub(crate) fn made<T: Display>(out: &mut dyn Write, markup: &Made<T>) -> fmt::Result {
    write!(out, "{markup}")
}

/// Writes these parts. The function around it ends with the first error.
macro_rules! html {
    ($out:expr, $($part:tt)*) => {{
        $($crate::html::part!($out, $part);)*
        std::fmt::Result::Ok(())
    }};
}

macro_rules! part {
    ($out:expr, ($value:expr)) => {
        $crate::html::text(&mut *$out, &$value)?
    };
    ($out:expr, [$markup:expr]) => {
        $crate::html::made(&mut *$out, &$markup)?
    };
    ($out:expr, $literal:literal) => {
        std::fmt::Write::write_str(&mut *$out, $literal)?
    };
}

pub(crate) use {html, part};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_in_the_source_is_markup() {
        fn write(out: &mut String, name: &str) -> fmt::Result {
            html!(out, "<p class=\"" (name) "\">" (1.5) [Made("<br>")] "</p>")
        }
        let mut out = String::new();
        write(&mut out, "<b title=\"&\">").unwrap();
        assert_eq!(
            out,
            "<p class=\"&lt;b title=&quot;&amp;&quot;&gt;\">1.5<br></p>"
        );
    }
}
