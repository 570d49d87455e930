//! A seed as a test case.
//!
//! A `#[test]` that goes through a hundred seeds is one case: it ends at the first that fails, on
//! one core. Here each seed is a case with a name, such as `whatever_happens::seed_17`, so whatever
//! lists, chooses, shards, repeats and retries tests does so with seeds: `cargo test`, and
//! [cargo-nextest](https://nexte.st), which runs each in a process of its own.
//!
//! ```toml
//! [[test]]
//! name = "seeds"
//! harness = false
//! ```
//!
//! ```no_run
//! //! tests/seeds.rs
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     seeds::main([seeds::sweep("whatever_happens", 0..100, |seed| {
//!         // simulate(&Config::rough(seed, 3), ...).assert_valid();
//!     })])
//! }
//! ```
//!
//! ```text
//! cargo test --test seeds                            # all of them
//! cargo test --test seeds -- --exact whatever_happens::seed_17
//! SEEDS=0..10000 cargo nextest run --test seeds --partition count:1/4
//! ```
//!
//! `SEEDS` in the environment, `17` or `0..10000`, takes the place of the seeds of every sweep.
//! The binary's flags are those of other tests (`--list`, `--exact`, `--skip`, `--test-threads`,
//! ...). What a case prints is shown as it comes.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

/// A test for each of some seeds.
pub struct Sweep {
    name: String,
    seeds: Range<u64>,
    test: Arc<dyn Fn(u64) + Send + Sync>,
}

/// The cases `NAME::seed_N` for each N of the seeds. A case fails if the test panics.
///
/// ```
/// let sweep = seeds::sweep("whatever_happens", 0..100, |seed| assert!(seed < 100));
/// ```
pub fn sweep(name: &str, seeds: Range<u64>, test: impl Fn(u64) + Send + Sync + 'static) -> Sweep {
    let name = name.to_owned();
    let test = Arc::new(test);
    Sweep { name, seeds, test }
}

/// Does what the arguments of this program ask for, which are those of a binary of tests, and
/// gives the status to end with: 0 if no case failed, 101 if one did, 2 if `SEEDS` is no seeds.
#[must_use]
pub fn main(sweeps: impl IntoIterator<Item = Sweep>) -> ExitCode {
    let (flags, filters) = apart(std::env::args());
    let arguments = Arguments::from_iter(flags);
    let chosen = match variable("SEEDS").map(|text| parse(&text)).transpose() {
        Ok(chosen) => chosen,
        Err(why) => {
            eprintln!("SEEDS: {why}");
            return ExitCode::from(2);
        }
    };
    let cases = sweeps.into_iter().flat_map(|sweep| {
        let seeds = chosen.clone().unwrap_or(sweep.seeds.clone());
        seeds.map(move |seed| case(&sweep, seed))
    });
    let is_asked_for = |case: &Trial| {
        let names = |filter: &String| match arguments.exact {
            true => case.name() == filter,
            false => case.name().contains(filter),
        };
        filters.is_empty() || filters.iter().any(names)
    };
    libtest_mimic::run(&arguments, cases.filter(is_asked_for).collect()).exit_code()
}

/// Parts the arguments into flags, with this program in front, and filters, of which a binary of
/// tests takes any number and libtest-mimic one.
fn apart(arguments: impl IntoIterator<Item = String>) -> (Vec<String>, Vec<String>) {
    const WITH_VALUE: [&str; 6] = [
        "--test-threads",
        "--logfile",
        "--skip",
        "--color",
        "--format",
        "-Z",
    ];
    let mut arguments = arguments.into_iter();
    let (mut flags, mut filters) = (Vec::from_iter(arguments.next()), Vec::new());
    while let Some(argument) = arguments.next() {
        if !argument.starts_with('-') {
            filters.push(argument);
            continue;
        }
        let has_value = WITH_VALUE.contains(&&*argument);
        flags.push(argument);
        if has_value {
            flags.extend(arguments.next());
        }
    }
    (flags, filters)
}

fn case(sweep: &Sweep, seed: u64) -> Trial {
    let name = format!("{}::seed_{seed}", sweep.name);
    let is_usual = sweep.seeds.contains(&seed);
    let test = sweep.test.clone();
    Trial::test(name.clone(), move || {
        catch_unwind(AssertUnwindSafe(|| test(seed))).map_err(|panic| match words(&*panic) {
            Some(words) => Failed::from(format!(
                "{words}\n\nagain: {}",
                again(&name, seed, is_usual)
            )),
            None => resume_unwind(panic),
        })
    })
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> Option<&str> {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
}

/// The command that runs one case again.
fn again(name: &str, seed: u64, is_usual: bool) -> String {
    let seeds = match is_usual {
        true => String::new(),
        false => format!("SEEDS={seed} "),
    };
    let package = variable("CARGO_PKG_NAME").map(|it| format!("--package {it} "));
    let package = package.unwrap_or_default();
    // `target/debug/deps/seeds-0123456789abcdef`
    let program = std::env::args().next().unwrap_or_default();
    let stem = Path::new(&program).file_stem().unwrap_or_default();
    let stem = stem.to_string_lossy();
    let target = stem.rsplit_once('-').map_or(&*stem, |(target, _)| target);
    format!("{seeds}cargo test {package}--test {target} -- --exact {name}")
}

#[expect(clippy::disallowed_methods, reason = "what a test is run with")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// `17`, or `0..100`.
fn parse(text: &str) -> Result<Range<u64>, String> {
    let wrong =
        || format!("expected a seed or a range of them, such as 17 or 0..100, got {text:?}");
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
    let seeds = match text.split_once("..") {
        Some((from, to)) => number(from)?..number(to)?,
        None => {
            let seed = number(text)?;
            seed..seed.checked_add(1).ok_or_else(wrong)?
        }
    };
    if seeds.is_empty() {
        Err(wrong())
    } else {
        Ok(seeds)
    }
}
