//! The command line as a shell takes it again: what a run tells of how to repeat
//! it.

/// This command as it was given.
pub(super) fn this_command() -> String {
    let words = std::env::args().skip(1).map(|word| quoted(&word));
    let words: Vec<String> = std::iter::once(this_program()).chain(words).collect();
    words.join(" ")
}

/// How this program was called, so that the same words call it again.
fn this_program() -> String {
    match std::env::var_os("CARGO_PKG_NAME") {
        // By `cargo run`, for which the workspace has an alias.
        Some(package) if package == env!("CARGO_PKG_NAME") => "cargo workbench".into(),
        // By `cargo run` as well: a command with workloads of its own.
        Some(package)
            if std::env::current_exe().is_ok_and(|exe| exe.file_stem() == Some(&package)) =>
        {
            format!("cargo run --package {} --", package.to_string_lossy())
        }
        _ => std::env::args()
            .next()
            .map_or("workbench".into(), |name| quoted(&name)),
    }
}

/// This command with this seed, in place of whichever it had.
pub(super) fn repeat_command(seed: u64) -> String {
    let mut words = vec![this_program()];
    let mut args = std::env::args().skip(1);
    let mut seeded = false;
    while let Some(arg) = args.next() {
        if arg == "--" && !seeded {
            words.push(format!("--seed {seed}"));
            seeded = true;
        }
        match arg.split('=').next() {
            Some("--seed" | "--seeds" | "--test-count") if !seeded => {
                if !arg.contains('=') {
                    args.next();
                }
            }
            _ => words.push(quoted(&arg)),
        }
    }
    if !seeded {
        words.push(format!("--seed {seed}"));
    }
    words.join(" ")
}

/// The word as a shell wants it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:%+@".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}
