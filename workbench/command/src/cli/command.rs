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
    let seed = format!("--seed {seed}");
    let args = seedless(std::env::args().skip(1));
    let end = args.iter().position(|arg| arg == "--");
    for (place, arg) in args.iter().enumerate() {
        if Some(place) == end {
            words.push(seed.clone());
        }
        words.push(quoted(arg));
    }
    if end.is_none() {
        words.push(seed);
    }
    words.join(" ")
}

/// The same command with other words behind the program's.
pub(super) fn other_command(words: &[&str]) -> String {
    let words = words.iter().map(|word| quoted(word));
    let words: Vec<String> = std::iter::once(this_program()).chain(words).collect();
    words.join(" ")
}

/// What this command, `test` or `hunt`, was told, but for what says with which seeds it runs.
pub(super) fn told() -> Vec<String> {
    let words = seedless(std::env::args().skip(1));
    let test = words
        .iter()
        .position(|word| word == "test" || word == "hunt");
    words
        .into_iter()
        .skip(test.map_or(0, |test| test + 1))
        .collect()
}

/// Words without those that say which seeds there are, and what is done with a failing one.
fn seedless(mut args: impl Iterator<Item = String>) -> Vec<String> {
    let mut words = Vec::new();
    let mut is_over = false;
    while let Some(arg) = args.next() {
        is_over |= arg == "--";
        match arg.split('=').next() {
            Some("--seed" | "--seeds" | "--test-count" | "--for" | "--shard" | "--results")
                if !is_over =>
            {
                if !arg.contains('=') {
                    args.next();
                }
            }
            Some("--shrink") if !is_over => {}
            _ => words.push(arg),
        }
    }
    words
}

/// The word as a shell wants it.
fn quoted(word: &str) -> String {
    let of_path = if cfg!(windows) { "\\" } else { "" };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:%+@".contains(c);
    match !word.is_empty() && word.chars().all(|c| is_plain(c) || of_path.contains(c)) {
        true => word.to_owned(),
        false if cfg!(windows) => format!("\"{}\"", word.replace('"', "\\\"")),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}
