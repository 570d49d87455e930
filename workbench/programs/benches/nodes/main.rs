//! What a node library costs: `cargo bench --package programs --bench nodes -- PROGRAM...`.
//!
//! An echo node with this library beside a loop written by hand on `serde_json` (`floor`) and beside
//! whatever other echo nodes are named, in any language: processor time for each message, the most
//! memory, and how many of [the probes](probes) they pass. Each takes its turn in each of three
//! rounds, and the median counts. Figures move from machine to machine and from hour to hour: it is
//! what they are times the floor that can be compared. Linux only: the kernel is asked.

mod floor;
mod library;
mod probes;
mod program;

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ExitCode};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use program::{FLOOR, INIT, LIBRARY, Program, echo};

/// Requests that are written at once.
const BATCH: usize = 256;
/// Batches that may be without a reply: 1,024 requests are under way.
const BATCHES: usize = 4;
/// A program is measured until it has used so much processor time, in the kernel's ticks of 10 ms.
const TICKS: u64 = 100;
const ROUNDS: usize = 3;
/// A program that says nothing for so long says nothing any more.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a program was seen to take.
struct Sample {
    /// Processor time of all of its threads for a message, in microseconds.
    cpu: f64,
    /// The most memory that was resident, in MiB.
    memory: f64,
}

/// Processor time of a process until now, user's and system's, in ticks: proc_pid_stat(5).
fn ticks(id: u32) -> Result<u64, Box<dyn Error>> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("no process")?;
    let mut fields = fields.split(' ').skip(11).map(str::parse::<u64>); // utime, stime
    match (fields.next(), fields.next()) {
        (Some(Ok(user)), Some(Ok(system))) => Ok(user + system),
        _ => Err("the kernel does not say how long it ran".into()),
    }
}

/// The most memory that was resident, in MiB: proc_pid_status(5).
fn memory(id: u32) -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib
        .ok_or("the kernel does not say its memory")?
        .parse::<f64>()?
        / 1024.0)
}

/// Asks for echoes, 1,024 at a time, until the program has used a second of processor time.
fn ask(id: u32, mut to: ChildStdin, answers: &Receiver<()>) -> Result<Sample, Box<dyn Error>> {
    let before = ticks(id)?;
    let mut asked = 0;
    loop {
        if asked >= BATCH * BATCHES && answers.recv_timeout(PATIENCE).is_err() {
            return Err(format!("of {asked} requests, some were not answered").into());
        }
        let used = ticks(id)? - before;
        if used >= TICKS {
            return Ok(Sample {
                cpu: used as f64 * 10_000.0 / asked as f64,
                memory: memory(id)?,
            });
        }
        let batch: String = (asked..asked + BATCH)
            .map(|at| echo(at + 2, &format!(r#""hello {at}""#)))
            .collect();
        to.write_all(batch.as_bytes())?;
        asked += BATCH;
    }
}

/// Starts a program, and asks while another thread reads what it answers.
fn measure(program: &Program) -> Result<Sample, Box<dyn Error>> {
    let mut child = program.start()?;
    let mut to = child.stdin.take().ok_or("no stdin")?;
    let mut from = BufReader::new(child.stdout.take().ok_or("no stdout")?);
    to.write_all(INIT.as_bytes())?;
    let mut line = String::new();
    from.read_line(&mut line)?;
    let (answered, answers) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut count = 0;
            while matches!(from.read_line(&mut line), Ok(1..)) {
                count += usize::from(line.contains("echo_ok"));
                if count == BATCH {
                    count = 0;
                    let _ = answered.send(()); // whoever asks may have seen enough
                }
                line.clear();
            }
        });
        let sample = ask(child.id(), to, &answers);
        program::end(&mut child); // which ends what it says, too
        sample
    })
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn main() -> ExitCode {
    // (Cargo adds `--bench`.)
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(FLOOR) => return floor::run(),
        Some(LIBRARY) => return library::run(),
        _ => {}
    }
    let mut programs = vec![
        Program::own("floor", FLOOR),
        Program::own("maelstrom-node", LIBRARY),
    ];
    let others = arguments.iter().filter(|it| !it.starts_with("--"));
    programs.extend(others.map(|path| Program::other(path)));

    #[expect(clippy::disallowed_methods, reason = "a benchmark quotes nobody")]
    let out = &mut std::io::stdout();
    let mut print = |line: String| writeln!(out, "{line}").expect("stdout");
    let mut samples: Vec<Vec<Sample>> = programs.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (program, samples) in programs.iter().zip(&mut samples) {
            match measure(program) {
                Ok(sample) => samples.push(sample),
                Err(error) => print(format!("{}: {error}", program.name)),
            }
        }
    }
    let cpu: Vec<f64> = samples
        .iter()
        .filter(|samples| !samples.is_empty())
        .map(|samples| median(samples.iter().map(|sample| sample.cpu).collect()))
        .collect();
    print("times the floor, us of CPU a message, MiB at most, probes passed".into());
    let mut figures = cpu.iter();
    for (program, samples) in programs.iter().zip(&samples) {
        if samples.is_empty() {
            continue;
        }
        let us = figures.next().copied().unwrap_or_default();
        let memory = median(samples.iter().map(|sample| sample.memory).collect());
        let failed = probes::failed(program);
        print(format!(
            "{:>6.2} {us:>8.2} {memory:>7.1} {:>3} of {}  {}{}",
            us / cpu[0],
            probes::PROBES.len() - failed.len(),
            probes::PROBES.len(),
            program.name,
            if failed.is_empty() {
                String::new()
            } else {
                format!(" (not: {})", failed.join(", "))
            },
        ));
    }
    ExitCode::SUCCESS
}
