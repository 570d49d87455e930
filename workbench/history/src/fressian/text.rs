//! Strings. Java's are of 16-bit units, which Fressian writes one by one: a character
//! beyond them, such as 😀, is two of three bytes each, which is no UTF-8.

/// The text of these bytes; none, if they are of no such form. Half a character is
/// replaced.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    let mut units = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, behind @ ..] = rest {
        let length = match first {
            0x00..=0x7f => 1,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            _ => return None,
        };
        let more = behind.get(..length - 1)?;
        let is_more = |byte: &u8| (0x80..=0xbf).contains(byte);
        if !more.iter().all(is_more) {
            return None;
        }
        let mark = [0, 0x7f, 0x1f, 0x0f][length];
        let unit = u16::from(first & mark);
        units.push(
            more.iter()
                .fold(unit, |u, b| (u << 6) | u16::from(b & 0x3f)),
        );
        rest = &behind[length - 1..];
    }
    Some(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_put_together() {
        for (bytes, expected) in [
            (&b"plain"[..], "plain"),
            ("é€😀".as_bytes(), "é€😀"),
            (b"\xed\xa0\xbd\xed\xb8\x80!", "😀!"),
            (b"\xed\xa0\xbd!", "\u{fffd}!"),
            (b"\xc0\x80", "\0"),
            (b"\xe2\x82\xac\xed\xa0\xbd\xed\xb8\x80", "€😀"),
        ] {
            assert_eq!(text(bytes).as_deref(), Some(expected), "{bytes:x?}");
        }
        for bytes in [&b"\xff"[..], b"\x80", b"\xe2\x82", b"\xc3a", b"\xf0\x9f"] {
            assert_eq!(text(bytes), None, "{bytes:x?}");
        }
    }
}
