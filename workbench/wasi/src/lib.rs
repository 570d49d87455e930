//! Runs a WebAssembly module as a node in virtual time: any language that compiles to WASI
//! preview 1, with the sources as they are.
//!
//! `workbench test --bin node.wasm` starts this program for each node. It speaks
//! [lockstep] with the workbench, and is to the module what an operating system would be:
//!
//! - **Time** is what the workbench says. Reading a clock costs a nanosecond, so that whoever
//!   waits busily gets there, too. Waiting (`poll_oneoff`, a read of an empty stdin, `fd_sync`)
//!   ends the turn.
//! - **Random numbers** follow from the seed.
//! - **stdin** holds the messages. It does not block in programs made by Go, whose goroutines
//!   would otherwise stand still with it; it blocks in all others until they say otherwise.
//! - **stdout** is sent at the end of the turn, in whole lines; **stderr** is the node's log.
//! - **Folders** of the machine, which it reads and cannot change, are those that it is given.
//! - **The disk** is a folder, `/`, empty at first. What was not synced (`fd_sync`,
//!   `fd_datasync`) may be lost when the node is killed.
//! - Everything else fails with `ENOSYS`.
//!
//! A turn of more than [`Engine::fuel`] instructions ends the node: it would not end by itself.

mod calls;
mod descriptors;
mod disk;
mod engine;
mod errno;
mod folders;
mod guest;
mod sections;
mod tree;
mod world;

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

pub use engine::{Engine, Outcome};
pub use folders::Folder;

/// What a node's process is made of: a seed, its pipes, and a module.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// The module, WebAssembly in binary.
    pub module: &'a [u8],
    /// What the program is called with, the first being its own name.
    pub args: Vec<String>,
    /// Its environment but for `PWD`, each `NAME=VALUE`.
    pub env: Vec<String>,
    /// What it reads of the machine.
    pub folders: Vec<Folder>,
    /// What its random numbers follow from.
    pub seed: u64,
    /// How much time had passed when it was started: its wall clock goes on by that.
    pub started_at: Duration,
    /// How many instructions a turn may have. What counts as one depends on the engine.
    pub fuel: u64,
    /// What executes it.
    pub engine: Engine,
}

impl Node<'_> {
    /// Runs it to its end, on these pipes: its input, its output and its log.
    ///
    /// # Errors
    /// When the module cannot be run, with what was expected; or the input is none.
    pub fn run(
        self,
        input: Box<dyn BufRead>,
        output: Box<dyn Write>,
        log: Box<dyn Write>,
    ) -> Result<Outcome, String> {
        engine::run(self, input, output, log)
    }
}

/// The whole of the program: `workbench-wasi [--folder PATH:GUEST] [--env NAME=VALUE] FILE ARGS`,
/// where each of the flags may stand several times. `workbench-wasi --prepare FILE` comes before all
/// nodes of a run: what takes long is done once, and none of them waits for it in its first turn.
pub fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(why) => {
            #[expect(clippy::disallowed_methods, reason = "a person's text")]
            let _ = writeln!(io::stderr(), "workbench-wasi: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, String> {
    let mut args = std::env::args_os().skip(1);
    let (mut env, mut folders) = (Vec::new(), Vec::new());
    let mut only_prepares = false;
    let file = loop {
        let arg = args.next();
        let mut value = || args.next().and_then(|value| value.into_string().ok());
        match arg.as_deref().and_then(OsStr::to_str) {
            Some("--prepare") => only_prepares = true,
            Some("--folder") => folders.push(value().unwrap_or_default().parse()?),
            Some("--env") => {
                let pair = value().filter(|pair| pair.contains('='));
                env.push(pair.ok_or("--env: expected NAME=VALUE")?);
            }
            _ => break arg,
        }
    };
    let file = file.ok_or("expected the path of a WebAssembly module, and its arguments")?;
    let file = Path::new(&file);
    let read = || std::fs::read(file).map_err(|e| format!("cannot read {}: {e}", file.display()));
    if only_prepares {
        let prepared = Engine::best().prepare(&read()?);
        return prepared
            .map(|()| ExitCode::SUCCESS)
            .map_err(|why| format!("{}: {why}", file.display()));
    }
    let seed = lockstep::asked_for().map_err(|e| e.to_string())?;
    let seed = seed.ok_or(
        "expected to be started by workbench, in virtual time: `workbench test --bin FILE.wasm`, \
         without --live",
    )?;
    let module = read()?;
    let engine = Engine::best();
    let name = file.file_name().unwrap_or(file.as_os_str());
    let own = name.to_string_lossy().into_owned();
    let args = std::iter::once(own).chain(args.map(|arg| arg.to_string_lossy().into_owned()));
    let node = Node {
        module: &module,
        args: args.collect(),
        env,
        folders,
        seed,
        started_at: lockstep::started_at().map_err(|e| e.to_string())?,
        fuel: engine.fuel(),
        engine,
    };
    #[expect(clippy::disallowed_methods, reason = "the messages and the log")]
    let (output, log) = (io::stdout().lock(), io::stderr().lock());
    let input = BufReader::with_capacity(1 << 16, io::stdin().lock());
    let outcome = node
        .run(Box::new(input), Box::new(output), Box::new(log))
        .map_err(|why| format!("{}: {why}", file.display()))?;
    Ok(outcome.code())
}
