//! This program's own cases, and what it says when it is asked as tools ask: it runs itself.

use std::process::{Command, ExitCode};

/// Where this stands in the environment, this is the program that is asked.
const ASKED: &str = "SEEDS_ASKED";

fn is_asked() -> bool {
    std::env::var_os(ASKED).is_some()
}

fn main() -> ExitCode {
    if is_asked() {
        return seeds::main([
            seeds::sweep("below_three", 0..5, |seed| {
                assert!(seed < 3, "{seed} is not below 3")
            }),
            seeds::sweep("even", 0..3, |seed| {
                if seed % 2 == 1 {
                    panic!("odd")
                }
            }),
        ]);
    }
    let cases: [(&str, fn()); 4] = [
        ("nextest_lists_a_case_a_seed", nextest_lists_a_case_a_seed),
        ("one_is_run_by_its_name", one_is_run_by_its_name),
        (
            "all_are_run_and_those_that_fail_are_named",
            all_are_run_and_those_that_fail_are_named,
        ),
        (
            "other_seeds_are_given_by_the_environment",
            other_seeds_are_given_by_the_environment,
        ),
    ];
    seeds::main(cases.map(|(name, test)| seeds::sweep(name, 0..1, move |_| test())))
}

/// Its status and what it prints on stdout and stderr.
fn ask(seeds: &str, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments).env(ASKED, "1").env("SEEDS", seeds);
    command
        .env("CARGO_PKG_NAME", "my-node")
        .env("RUST_BACKTRACE", "0");
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let status = output.status.code().unwrap();
    (status, text(output.stdout), text(output.stderr))
}

fn nextest_lists_a_case_a_seed() {
    let (status, listed, _) = ask("", &["--list", "--format", "terse"]);
    assert_eq!(status, 0);
    let expected = "\
below_three::seed_0: test
below_three::seed_1: test
below_three::seed_2: test
below_three::seed_3: test
below_three::seed_4: test
even::seed_0: test
even::seed_1: test
even::seed_2: test
";
    assert_eq!(listed, expected);
    // It asks for those that are ignored, too: there are none.
    let (status, listed, _) = ask("", &["--list", "--format", "terse", "--ignored"]);
    assert_eq!((status, &*listed), (0, ""));
}

fn one_is_run_by_its_name() {
    // As nextest runs it.
    let (status, said, _) = ask("", &["--exact", "below_three::seed_1", "--nocapture"]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("test below_three::seed_1 ... ok"), "{said}");
    assert!(said.contains("1 passed; 0 failed"), "{said}");
    assert_eq!(said.matches(" ... ").count(), 1, "{said}");
    // A part of a name does, and any number of them.
    let arguments = [
        "seed_0", "--list", "--skip", "even", "--format", "terse", "seed_4",
    ];
    let (_, listed, _) = ask("", &arguments);
    assert_eq!(
        listed,
        "below_three::seed_0: test\nbelow_three::seed_4: test\n"
    );
}

fn all_are_run_and_those_that_fail_are_named() {
    let (status, said, _) = ask("", &[]);
    assert_eq!(status, 101, "{said}");
    for line in [
        "3 is not below 3",
        "again: cargo test --package my-node --test cases -- --exact below_three::seed_3",
        "4 is not below 3",
        "again: cargo test --package my-node --test cases -- --exact below_three::seed_4",
        "odd",
        "again: cargo test --package my-node --test cases -- --exact even::seed_1",
    ] {
        assert!(
            said.lines().any(|it| it == line),
            "expected {line:?} in:\n{said}"
        );
    }
    assert!(said.contains("5 passed; 3 failed"), "{said}");
}

fn other_seeds_are_given_by_the_environment() {
    let (status, said, _) = ask("7", &[]);
    assert_eq!(status, 101);
    let expected =
        "again: SEEDS=7 cargo test --package my-node --test cases -- --exact even::seed_7";
    assert!(said.lines().any(|it| it == expected), "{said}");
    let (_, listed, _) = ask("40..42", &["--list", "--format", "terse", "even"]);
    assert_eq!(listed, "even::seed_40: test\neven::seed_41: test\n");
    for wrong in ["seven", "3..", "5..5", "18446744073709551615"] {
        let (status, _, said) = ask(wrong, &["--list"]);
        let expected = format!(
            "SEEDS: expected a seed or a range of them, such as 17 or 0..100, got {wrong:?}\n"
        );
        assert_eq!((status, said), (2, expected));
    }
}
