//! Numbers, times and lists in words.

/// Such as `4.310 s`, of nanoseconds as in the history.
pub(crate) fn seconds(nanos: i64) -> String {
    format!("{:.3} s", nanos as f64 / 1e9)
}

/// Such as `1.8 ms` or `4.31 s`, of nanoseconds that something took.
pub(crate) fn duration(nanos: i64) -> String {
    match nanos as f64 / 1e6 {
        ms if ms < 1000.0 => format!("{ms:.1} ms"),
        ms => format!("{:.2} s", ms / 1e3),
    }
}

/// How many names a list gives.
const NAMED: usize = 4;

/// Such as `n1, n2 and n3`, or `n1, n2, n3, n4 and 3 more`.
pub(crate) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let mut shown: Vec<String> = names
        .iter()
        .take(NAMED)
        .map(|name| name.as_ref().into())
        .collect();
    if names.len() > NAMED {
        shown.push(format!("{} more", names.len() - NAMED));
    }
    match shown.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => shown.concat(),
    }
}

/// The first of a few words for one, the second for another number.
pub(crate) fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

/// Such as `a read` or `an add`.
pub(crate) fn with_article(word: &str) -> String {
    let an = word.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {word}", if an { "an" } else { "a" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end_with_and() {
        assert_eq!(listed(&["n1"]), "n1");
        assert_eq!(listed(&["n1", "n2"]), "n1 and n2");
        assert_eq!(listed(&["a", "b", "c", "d"]), "a, b, c and d");
        assert_eq!(
            listed(&["a", "b", "c", "d", "e", "f"]),
            "a, b, c, d and 2 more"
        );
        assert_eq!(listed::<&str>(&[]), "");
    }
}
