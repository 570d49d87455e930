//! The path of an address: names with slashes between, and `%` before the code of
//! what would be no plain character.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// All but what is unreserved: letters, digits and these (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A name as part of an address.
pub struct Encoded<'a>(pub &'a [u8]);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        percent_encode(self.0, RESERVED).fmt(f)
    }
}

/// The name that is meant, or none if a `%` has no code. (The library lets that pass.)
pub fn decoded(name: &str) -> Option<Vec<u8>> {
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let mut codes = name.split('%').skip(1).map(str::as_bytes);
    let has_codes = codes.all(|code| is_digit(code.first()) && is_digit(code.get(1)));
    has_codes.then(|| percent_decode_str(name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        let encoded = Encoded(&all).to_string();
        assert!(encoded.is_ascii() && !encoded.contains(['/', '"', '<', '&', ' ']));
        assert_eq!(decoded(&encoded), Some(all));
        assert_eq!(Encoded("ä b%".as_bytes()).to_string(), "%C3%A4%20b%25");
    }

    #[test]
    fn a_percent_sign_needs_its_code() {
        for name in ["%", "%4", "%zz", "%+1", "a%2", "%%41"] {
            assert_eq!(decoded(name), None, "{name}");
        }
        assert_eq!(decoded("%2e%2E"), Some(b"..".to_vec()));
    }
}
