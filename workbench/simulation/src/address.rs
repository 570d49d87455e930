//! The path of an address: names with slashes between, and `%` before the code of
//! what would be no plain character.

use std::fmt;

/// A name as part of an address.
pub struct Encoded<'a>(pub &'a [u8]);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|&byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                write!(f, "{}", char::from(byte))
            }
            byte => write!(f, "%{byte:02X}"),
        })
    }
}

/// The name that is meant, or none if a `%` has no code.
pub fn decoded(name: &str) -> Option<Vec<u8>> {
    let mut bytes = name.bytes();
    let mut out = Vec::with_capacity(name.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            byte => byte,
        });
    }
    Some(out)
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
