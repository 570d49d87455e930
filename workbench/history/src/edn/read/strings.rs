//! Strings, patterns and characters, with their escapes.

use super::seen::Candidate;
use super::{Reader, Result};
use crate::edn::Value;

impl Reader<'_> {
    /// A regular expression, whose backslashes are its own.
    pub(super) fn pattern(&mut self) -> Result<Value> {
        let start = self.at;
        self.at += 1;
        let mut is_escaped = false;
        while let Some(c) = self.peek() {
            self.bump(c);
            match c {
                '"' if !is_escaped => {
                    return Ok(self.text[start + 1..self.at - 1].into());
                }
                _ => is_escaped = c == '\\' && !is_escaped,
            }
        }
        let (line, column) = self.position(start);
        let expected = format!("\" of the pattern in line {line}, column {column}");
        Err(self.error(expected, "the end"))
    }

    pub(super) fn string(&mut self) -> Result<Value> {
        let start = self.at;
        self.at += 1;
        // Most have no escapes: nothing more than the text is kept.
        let bytes = self.text.as_bytes();
        let mut end = self.at;
        while let Some(byte) = bytes.get(end)
            && !matches!(byte, b'"' | b'\\')
        {
            end += 1;
        }
        if bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            let candidate = Candidate::string(&self.text[start..self.at]);
            if let Some(known) = candidate.and_then(|candidate| self.seen.get(candidate)) {
                return Ok(known.clone());
            }
            let value = self.text[start + 1..end].into();
            if let Some(candidate) = candidate {
                self.seen.put(candidate, &value);
            }
            return Ok(value);
        }
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let ends = |byte: u8| matches!(byte, b'"' | b'\\');
            let plain = rest.bytes().position(ends).unwrap_or(rest.len());
            text.push_str(&self.rest()[..plain]);
            self.at += plain;
            let escape = self.at;
            match self.peek() {
                Some('"') => {
                    self.at += 1;
                    return Ok(text.into());
                }
                Some(_) => {
                    self.at += 1;
                    let c = self.peek().unwrap_or(' ');
                    self.at += self.peek().map_or(0, char::len_utf8);
                    text.push(match c {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        '"' | '\\' | '/' => c,
                        'u' => self.utf16(escape)?,
                        '0'..='7' => self.octal(c),
                        _ => {
                            let expected = r"an escape such as \n or \u00e9";
                            return Err(self.error_at(escape, expected, format_args!("\\{c}")));
                        }
                    });
                }
                None => {
                    let (line, column) = self.position(start);
                    let expected = format!("\" of the string in line {line}, column {column}");
                    return Err(self.error(expected, "the end"));
                }
            }
        }
    }

    /// The character of `\101`, of which the first digit has been read.
    fn octal(&mut self, first: char) -> char {
        let mut code = first.to_digit(8).unwrap_or_default();
        for _ in 0..2 {
            let digit = self.peek().and_then(|c| c.to_digit(8));
            let Some(digit) = digit.filter(|digit| code * 8 + digit < 256) else {
                break;
            };
            self.at += 1;
            code = code * 8 + digit;
        }
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// The character of `\uXXXX`, or of two such that are a surrogate pair;
    /// the `\u` has been read.
    fn utf16(&mut self, escape: usize) -> Result<char> {
        let mut units = Vec::new();
        loop {
            let unit = self
                .rest()
                .get(..4)
                .and_then(|hex| u16::from_str_radix(hex, 16).ok());
            let Some(unit) = unit else {
                return Err(self.error_at(
                    escape,
                    "four hexadecimal digits after \\u",
                    self.found(),
                ));
            };
            self.at += 4;
            units.push(unit);
            if units.len() == 1
                && (0xd800..0xdc00).contains(&unit)
                && self.rest().starts_with("\\u")
            {
                self.at += 2;
                continue;
            }
            let decoded = char::decode_utf16(units).next();
            return Ok(decoded
                .and_then(std::result::Result::ok)
                .unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }

    pub(super) fn character(&mut self) -> Result<Value> {
        let start = self.at;
        self.at += 1;
        let Some(first) = self.peek() else {
            return Err(self.error("a character after \\", "the end"));
        };
        self.bump(first);
        let name = format!("{first}{}", self.token());
        let mut chars = name.chars();
        let c = match (&*name, chars.next(), chars.next()) {
            ("newline", ..) => '\n',
            ("return", ..) => '\r',
            ("space", ..) => ' ',
            ("tab", ..) => '\t',
            ("formfeed", ..) => '\u{c}',
            ("backspace", ..) => '\u{8}',
            (_, Some(c), None) => c,
            (_, Some(base @ ('u' | 'o')), _) => {
                { u32::from_str_radix(&name[1..], if base == 'u' { 16 } else { 8 }) }
                    .ok()
                    .and_then(char::from_u32)
                    .ok_or_else(|| self.error_at(start, "a character", format_args!("\\{name}")))?
            }
            _ => return Err(self.error_at(start, "a character", format_args!("\\{name}"))),
        };
        Ok(Value::Char(c))
    }
}
