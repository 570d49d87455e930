//! Names: which ones nodes may have, and how any text becomes the name of a file.

use std::collections::BTreeMap;
use std::fmt;

use crate::address::Encoded;
use crate::service;

/// How long a node's name may be, in bytes.
pub const LONGEST: usize = 64;

/// What is wrong with a node's name, and what was expected.
///
/// A name is part of messages, of files' names and of what is shown on a terminal:
/// 1 to 64 of the letters a to z, digits, `-`, `_` and `.`, where the first is a letter
/// or a digit. Names that begin with `c` are those of clients, for Maelstrom as well;
/// those of services are taken, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit(String);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether nodes may have these names.
///
/// # Errors
/// The first that is unfit, or is there twice.
pub fn check_nodes(names: &[String]) -> Result<(), Unfit> {
    let mut known = BTreeMap::new();
    for name in names {
        check_node(name)?;
        // Their logs are files, and some file systems know but one case.
        if let Some(other) = known.insert(name.to_ascii_lowercase(), name) {
            return Err(Unfit(match other == name {
                true => format!("expected different names, found {name} twice"),
                false => format!(
                    "expected names that differ in more than upper and lower case, found {other} \
                     and {name}"
                ),
            }));
        }
    }
    Ok(())
}

fn check_node(name: &str) -> Result<(), Unfit> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_name = name.len() <= LONGEST
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(is_plain);
    if !is_name {
        return Err(Unfit(format!(
            "expected a name of 1 to {LONGEST} letters a to z, digits, -, _ and ., the first a \
             letter or a digit, found {}",
            quoted(name)
        )));
    }
    if name.starts_with('c') {
        return Err(Unfit(format!(
            "expected a name that does not begin with c, as clients' names do, found {name}"
        )));
    }
    if service::NAMES.contains(&name) {
        return Err(Unfit(format!(
            "expected a name that is not that of a service, found {name}"
        )));
    }
    Ok(())
}

/// The name as a string, cut where it gets long.
fn quoted(name: &str) -> String {
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}... ({} bytes)", &name[..end], name.len()),
        None => format!("{name:?}"),
    }
}

/// How long a file's name may be; most file systems take 255 bytes.
const LONGEST_FILE: usize = 120;

/// The name of a file or a folder for this text, whatever is in it: letters, digits,
/// `-`, `_`, `~` and `.` stand for themselves, other bytes are `%` and their code. It
/// leads nowhere else and is not hidden. Different texts have different names; of long
/// ones, the end is a hash.
pub fn file_name(text: &str) -> String {
    let mut name = Encoded(text.as_bytes()).to_string();
    if name.starts_with('.') {
        name.replace_range(..1, "%2E");
    }
    if name.is_empty() {
        return "%".into();
    }
    if name.len() > LONGEST_FILE {
        name.truncate(LONGEST_FILE - 17);
        name += &format!("~{:016x}", hash(text.as_bytes()));
    }
    name
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The name of a node's log.
pub fn log_name(node: &str) -> String {
    format!("{}.log", file_name(node))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str]) -> Result<(), String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        check_nodes(&names).map_err(|unfit| unfit.to_string())
    }

    #[test]
    fn a_node_has_a_plain_name() {
        let longest = "n".repeat(LONGEST);
        assert_eq!(check(&["n0", "n1", "1", "A-b_c.example", &longest]), Ok(()));
        for name in [
            "",
            " ",
            "../../victim",
            "/etc/passwd",
            "..",
            ".hidden",
            "-w",
            "a/b",
            "a\\b",
            "a b",
            "a,b",
            "n\0",
            "n1\n",
            "\u{1b}[31m",
            "n\u{202e}1",
            "n\u{200b}1",
            "ñ1",
            "％",
            &"n".repeat(LONGEST + 1),
        ] {
            let error = check(&["n0", name]).unwrap_err();
            assert!(
                error.starts_with("expected a name of 1 to 64 letters"),
                "{error}"
            );
            assert!(!error.contains(char::is_control), "{error:?}");
            assert!(error.len() < 300, "{error}");
        }
        for name in ["c", "c1", "client"] {
            let error = check(&[name]).unwrap_err();
            assert!(error.contains("as clients' names do"), "{error}");
        }
        for name in ["lin-kv", "seq-kv", "lww-kv", "lin-tso"] {
            let error = check(&[name]).unwrap_err();
            assert!(error.contains("that of a service"), "{error}");
        }
        assert_eq!(
            check(&["n1", "n2", "n1"]).unwrap_err(),
            "expected different names, found n1 twice"
        );
        assert!(
            check(&["n1", "N1"])
                .unwrap_err()
                .contains("found n1 and N1")
        );
    }

    #[test]
    fn any_text_is_the_name_of_a_file_of_its_own() {
        for (text, name) in [
            ("0", "0"),
            ("-1", "-1"),
            ("a-key", "a-key"),
            ("", "%"),
            ("%", "%25"),
            (".", "%2E"),
            ("..", "%2E."),
            ("...", "%2E.."),
            ("../../victim", "%2E.%2F..%2Fvictim"),
            ("a/b\\c d", "a%2Fb%5Cc%20d"),
            ("\0\n\u{1b}", "%00%0A%1B"),
            ("é", "%C3%A9"),
        ] {
            assert_eq!(file_name(text), name);
        }
        let (long, longer) = ("x".repeat(5000), "x".repeat(5001));
        let names = [file_name(&long), file_name(&longer)];
        assert!(names[0] != names[1] && names.iter().all(|name| name.len() == LONGEST_FILE));
        // Not cut from the middle of a code into another name.
        assert!(file_name(&"/".repeat(500)).len() <= LONGEST_FILE);
    }
}
