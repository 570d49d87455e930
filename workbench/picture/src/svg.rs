//! Text and numbers as SVG wants them, for charts and for proofs.

use std::fmt;

/// Text within an element or an attribute, without characters that XML does not
/// allow. It may have several lines.
pub struct Text<'a>(pub &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\n' => f.write_str("\n"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => f.write_str("\u{fffd}"),
            c => write!(f, "{c}"),
        })
    }
}

/// Text within an element only: the quotes, of which JSON has many, stay short.
pub struct Inner<'a>(pub &'a str);

impl fmt::Display for Inner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = self.0.split('"');
        write!(f, "{}", Text(parts.next().unwrap_or_default()))?;
        parts.try_for_each(|part| write!(f, "\"{}", Text(part)))
    }
}

/// A length in pixels, to a tenth. What is no number is 0.
pub struct Px(pub f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        match (tenths / 10, tenths % 10) {
            (whole, 0) => write!(f, "{whole}"),
            (0, part) if part < 0 => write!(f, "-0.{}", -part),
            (whole, part) => write!(f, "{whole}.{}", part.abs()),
        }
    }
}

/// A whole number with commas between its thousands.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::from(if number < 0 { "-" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with as many of its digits as a step of this size between ticks
/// needs.
pub fn decimal(number: f64, step: f64) -> String {
    // A little more, since the logarithm of 0.001 may be just below -3.
    let places = (-(step.log10() + 1e-9).floor()).clamp(0.0, 9.0) as usize;
    match places {
        0 => grouped(number.round() as i64),
        places => format!("{number:.places$}"),
    }
}

/// The text, and an ellipsis in place of what is beyond this many characters.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// About how wide text of 12 pixels is, in pixels: no font is at hand to ask.
pub fn width(text: &str) -> f64 {
    text.chars().count() as f64 * 6.5
}

/// Asserts that this is XML whose elements are closed in order, with neither
/// infinities nor what is no number, and smaller than this.
#[cfg(test)]
#[track_caller]
pub fn assert_sound(svg: &str, most_bytes: usize) {
    let is_allowed = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    assert!(svg.chars().all(is_allowed), "a control character");
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some((text, tail)) = rest.split_once('<') {
        assert!(!text.contains('>'), "a stray > in {text}");
        let (tag, tail) = tail.split_once('>').expect("a tag that does not end");
        rest = tail;
        assert_eq!(tag.matches('"').count() % 2, 0, "an open quote in {tag}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap_or_default()),
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
    assert!(!svg.contains("NaN") && !svg.contains("inf\"") && !svg.contains("inf "));
    for (at, _) in svg.match_indices('&') {
        assert!(
            ["amp;", "lt;", "gt;", "quot;"]
                .iter()
                .any(|name| svg[at + 1..].starts_with(name))
        );
    }
    assert!(svg.len() < most_bytes, "{} bytes", svg.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let px: Vec<String> = [0.0, 1.04, -0.26, 12.96, f64::NAN]
            .iter()
            .map(|&x| Px(x).to_string())
            .collect();
        assert_eq!(px, ["0", "1", "-0.3", "13", "0"]);
        assert_eq!(grouped(-1_234_567), "-1,234,567");
        assert_eq!(grouped(999), "999");
        assert_eq!(decimal(0.30000000000000004, 0.1), "0.3");
        assert_eq!(decimal(15_000.0, 5000.0), "15,000");
    }

    #[test]
    fn text_cannot_break_out() {
        assert_eq!(
            Text("a<b> & \"c\"\u{1}").to_string(),
            "a&lt;b&gt; &amp; &quot;c&quot;\u{fffd}"
        );
        assert_eq!(Inner("\"<\"").to_string(), "\"&lt;\"");
        assert_eq!(cut("partition", 4), "part…");
    }
}
