//! Arguments that were pasted from a page or a word processor, which turn two
//! hyphens into a dash and a space into one that does not break. Without this they
//! would pass for arguments of the node.

use std::ffi::{OsStr, OsString};

/// What looks like a hyphen.
const DASHES: [(char, &str); 9] = [
    ('\u{2010}', "a hyphen that is not ASCII's"),
    ('\u{2011}', "a hyphen that does not break"),
    ('\u{2012}', "a figure dash"),
    ('\u{2013}', "an en dash"),
    ('\u{2014}', "an em dash"),
    ('\u{2015}', "a horizontal bar"),
    ('\u{2212}', "a minus sign"),
    ('\u{fe63}', "a small hyphen"),
    ('\u{ff0d}', "a wide hyphen"),
];

/// What looks like a space.
const SPACES: [char; 4] = ['\u{a0}', '\u{2007}', '\u{202f}', '\u{2009}'];

/// Which of these arguments, up to `--`, is not what it looks like, what is wrong
/// with it, and what it should be.
pub(super) fn look_alike(args: impl IntoIterator<Item = OsString>) -> Option<String> {
    let mut args = args.into_iter().take_while(|arg| arg != OsStr::new("--"));
    args.find_map(|arg| wrong(arg.to_str()?))
}

fn wrong(arg: &str) -> Option<String> {
    let is_dash = |c: char| DASHES.iter().any(|(dash, _)| *dash == c);
    let name = arg.trim_start_matches(|c| c == '-' || is_dash(c));
    let hyphens = &arg[..arg.len() - name.len()];
    if hyphens.is_empty() {
        return None;
    }
    let found = (DASHES.iter())
        .find_map(|(dash, what)| Some((*dash, *what)).filter(|_| hyphens.contains(*dash)));
    let space = name.split('=').next()?.chars().find(|c| SPACES.contains(c));
    let (found, what) = match (found, space) {
        (Some(found), _) => found,
        (None, Some(space)) => (space, "a space that does not break"),
        (None, None) => return None,
    };
    // One letter, by itself or before its value, is a short flag.
    let is_short = name
        .chars()
        .nth(1)
        .is_none_or(|c| c == '=' || SPACES.contains(&c));
    let hyphens = if is_short { "-" } else { "--" };
    let expected = name.replace(SPACES, " ");
    Some(format!(
        "{arg}: this has {what} (U+{:04X}) in it, as text that was pasted has; expected \
         {hyphens}{expected}",
        u32::from(found)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(args: &[&str]) -> Option<String> {
        look_alike(args.iter().map(OsString::from))
    }

    #[test]
    fn a_pasted_dash_is_named() {
        for (arg, what, expected) in [
            ("–-nemesis", "an en dash (U+2013)", "--nemesis"),
            ("—nemesis", "an em dash (U+2014)", "--nemesis"),
            ("-–rate=5", "an en dash (U+2013)", "--rate=5"),
            ("–w", "an en dash (U+2013)", "-w"),
            ("−−node-count", "a minus sign (U+2212)", "--node-count"),
            (
                "--rate\u{a0}5",
                "a space that does not break (U+00A0)",
                "--rate 5",
            ),
            (
                "-w\u{a0}echo",
                "a space that does not break (U+00A0)",
                "-w echo",
            ),
        ] {
            assert_eq!(
                told(&["test", "-w", "echo", arg]).as_deref(),
                Some(&*format!(
                    "{arg}: this has {what} in it, as text that was pasted has; expected {expected}"
                ))
            );
        }
    }

    #[test]
    fn everything_else_is_left_alone() {
        let node_arg = ["test", "--rate", "5", "-w", "echo", "--", "–-nemesis"];
        assert_eq!(told(&node_arg), None);
        let value = [
            "--store=a–b",
            "a–b",
            "--store",
            "a\u{a0}b",
            "--store=a\u{a0}b",
            "-",
            "--x",
            "",
        ];
        assert_eq!(told(&value), None);
    }
}
