//! Integers of any size, decimals and dates, as EDN has them.

use crate::edn::Value;

/// How many bytes an integer may have: some 2,500 digits.
const MOST_BYTES: usize = 1024;

/// The integer of these bytes, in two's complement, the greatest first; none, if it is
/// longer than anyone counts.
pub(super) fn integer(bytes: &[u8]) -> Option<Value> {
    if bytes.len() > MOST_BYTES {
        return None;
    }
    let is_negative = bytes.first().is_some_and(|first| *first >= 0x80);
    if bytes.len() <= 16 {
        let sign = if is_negative { -1 } else { 0 };
        let int: i128 = bytes.iter().fold(sign, |n, b| (n << 8) | i128::from(*b));
        return Some(Value::from(int));
    }
    // In base 10^9, the smallest first: each byte multiplies by 256 and adds. Of a negative
    // number, the one that has all bits otherwise is smaller by one than its opposite.
    let mut limbs: Vec<u32> = vec![];
    let flip = if is_negative { 0xff } else { 0 };
    let mut add = |factor: u64, summand: u64| {
        let mut carry = summand;
        for limb in &mut limbs {
            carry += u64::from(*limb) * factor;
            *limb = (carry % 1_000_000_000) as u32;
            carry /= 1_000_000_000;
        }
        if carry > 0 {
            limbs.push(carry as u32);
        }
    };
    for byte in bytes {
        add(256, u64::from(byte ^ flip));
    }
    add(1, u64::from(is_negative));
    let first = limbs.pop().unwrap_or_default();
    let mut digits = format!("{}{first}", if is_negative { "-" } else { "" });
    for limb in limbs.iter().rev() {
        digits.push_str(&format!("{limb:09}"));
    }
    Some(match digits.parse() {
        Ok(int) => Value::Int(int),
        Err(_) => Value::BigInt(digits.into()),
    })
}

/// An integer as a floating-point number.
pub(super) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(int) => Some(*int as f64),
        Value::BigInt(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// An integer, its decimal point so many digits from the right.
pub(super) fn decimal(unscaled: &Value, scale: i64) -> Option<f64> {
    let digits = match unscaled {
        Value::Int(int) => int.to_string(),
        Value::BigInt(digits) => digits.to_string(),
        _ => return None,
    };
    format!("{digits}e{}", -i128::from(scale)).parse().ok()
}

/// When so many milliseconds have passed since 1970, as Clojure prints it:
/// `2026-01-31T23:59:59.999-00:00`.
pub(super) fn date(milliseconds: i64) -> String {
    let (days, rest) = (
        milliseconds.div_euclid(86_400_000),
        milliseconds.rem_euclid(86_400_000),
    );
    // Years begin in March here, so that the day that is added every fourth is the last one;
    // 400 years have 146,097 days. 719,468 is from March of the year 0 to 1970.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = era * 400 + year + later;
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, milli) = (rest / 1000 % 60, rest % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}-00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_in_twos_complement() {
        let of = |bytes: &[u8]| integer(bytes).unwrap().to_string();
        assert_eq!(of(&[]), "0");
        assert_eq!(of(&[0x7f]), "127");
        assert_eq!(of(&[0xff]), "-1");
        assert_eq!(of(&[0x80, 0]), "-32768");
        assert_eq!(of(&[0, 0x80, 0, 0, 0, 0, 0, 0, 0]), "9223372036854775808N");
        assert_eq!(of(&[0xff; 40]), "-1");
        let two_to_the_200 = [&[1][..], &[0; 25]].concat();
        let digits = "1606938044258990275541962092341162602522202993782792835301376";
        assert_eq!(of(&two_to_the_200), format!("{digits}N"));
        let negative = [&[0xff][..], &[0; 25]].concat();
        assert_eq!(of(&negative), format!("-{digits}N"));
        assert_eq!(integer(&[1; 1025]), None);
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01T00:00:00.000-00:00");
        assert_eq!(date(951_782_400_000), "2000-02-29T00:00:00.000-00:00");
        assert_eq!(date(1_798_761_599_999), "2026-12-31T23:59:59.999-00:00");
        assert_eq!(date(-1), "1969-12-31T23:59:59.999-00:00");
        assert_eq!(date(-2_203_891_200_001), "1900-02-28T23:59:59.999-00:00");
        assert!(date(i64::MIN).starts_with("-2922"));
        assert!(date(i64::MAX).starts_with("2922"));
    }

    #[test]
    fn decimals_are_rounded_once() {
        assert_eq!(decimal(&Value::Int(150), 2), Some(1.5));
        assert_eq!(decimal(&Value::Int(-1), -3), Some(-1000.0));
        assert_eq!(decimal(&Value::Int(1), i64::MIN), Some(f64::INFINITY));
        assert_eq!(decimal(&Value::Nil, 0), None);
    }
}
