//! Numbers as Clojure writes them.

use super::Value;

/// The number that a token is.
pub(super) fn number(token: &str) -> Option<Value> {
    if let Some(int) = plain(token).map(Value::Int).or_else(|| integer(token)) {
        return Some(int);
    }
    if let Some((numerator, denominator)) = token.split_once('/') {
        let (numerator, denominator): (f64, f64) =
            (numerator.parse().ok()?, denominator.parse().ok()?);
        return Some(Value::Float(numerator / denominator));
    }
    let float = token.strip_suffix('M').unwrap_or(token);
    let float: f64 = float.parse().ok()?;
    Some(Value::Float(float))
}

/// A decimal integer as nearly all are: without more ado, and of no more digits than any
/// `i64` holds.
fn plain(token: &str) -> Option<i64> {
    let (is_negative, digits) = match token.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, token),
    };
    let is_short = (1..=18).contains(&digits.len());
    if !is_short || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    let mut int = 0;
    for byte in digits.bytes() {
        int = 10 * int + i64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    Some(if is_negative { -int } else { int })
}

/// An integer as Clojure writes it: `12`, `12N`, `0x1f`, `037`, `2r1010`.
fn integer(token: &str) -> Option<Value> {
    let (sign, unsigned) = match token.strip_prefix(['+', '-']) {
        Some(unsigned) if token.starts_with('-') => ("-", unsigned),
        Some(unsigned) => ("", unsigned),
        None => ("", token),
    };
    let lower = unsigned.to_ascii_lowercase();
    let plain = lower.strip_suffix('n').unwrap_or(&lower);
    let is_octal =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() && b < b'8');
    let (radix, digits) = if let Some(digits) = plain.strip_prefix("0x") {
        (16, digits)
    } else if let Some((radix, digits)) = lower.split_once('r') {
        let radix = radix.parse().ok()?;
        ((2..=36).contains(&radix).then_some(radix)?, digits)
    } else {
        match plain.strip_prefix('0') {
            Some(digits) if is_octal(digits) => (8, digits),
            _ => (10, plain),
        }
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let int = i128::from_str_radix(&format!("{sign}{digits}"), radix);
    Some(match int {
        Ok(int) => Value::from(int),
        // Only in base 10 are there digits of any number.
        Err(_) if radix == 10 => Value::BigInt(format!("{sign}{digits}").into()),
        Err(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_many_forms() {
        for (token, int) in [
            ("0", 0),
            ("-0", 0),
            ("999999999999999999", 999_999_999_999_999_999),
            ("1000000000000000000", 1_000_000_000_000_000_000),
            ("-7", -7),
            ("+7", 7),
            ("7N", 7),
            ("0x1f", 31),
            ("-0X1F", -31),
            ("017", 15),
            ("2r1010", 10),
            ("36rZ", 35),
            ("0009", 9),
        ] {
            let found = number(token).and_then(|value| value.as_int());
            assert_eq!(found, Some(int), "{token}");
        }
        for token in ["0x", "2r2", "37r1", "1x", "r1", "0xg"] {
            assert!(number(token).is_none(), "{token}");
        }
        let float = |token: &str| match number(token) {
            Some(Value::Float(float)) => float,
            other => panic!("{token}: {other:?}"),
        };
        assert_eq!(float("1.5M"), 1.5);
        assert_eq!(float("3/4"), 0.75);
        assert_eq!(float("-1e3"), -1000.0);
    }
}
