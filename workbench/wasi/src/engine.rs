//! What executes a module: one of two engines, which count its instructions and stop it at the same
//! calls. All that a module sees of its node is the same with both.
//!
//! - **Interpreted** ([`interpreted`]): built in half a minute.
//! - **Compiled** ([`compiled`], a feature): it takes minutes to build, and a module runs many times
//!   faster.

use std::fmt::Write as _;
use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::rc::Rc;

use rng::Rng;

use crate::calls::{EPOCH, Host};
use crate::descriptors::Descriptors;
use crate::disk::Disk;
use crate::errno::{Call, Stop};
use crate::world::{Agreed, End};
use crate::{Node, sections};

#[cfg(feature = "compiled")]
mod compiled;
mod imports;
mod interpreted;

/// How much memory a module may have, in bytes.
const MEMORY: usize = 1 << 30;
/// The module of the imports that there are.
const PREVIEW_1: &str = "wasi_snapshot_preview1";

/// What executes a module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Engine {
    /// An interpreter, [wasmi](https://docs.rs/wasmi).
    Interpreted,
    /// A compiler, [wasmtime](https://docs.rs/wasmtime) with Cranelift.
    #[cfg(feature = "compiled")]
    Compiled {
        /// The folder in which compiled modules are kept. What is there is executed as it is: nobody
        /// else may write there. None: it is compiled for this node alone.
        kept: Option<std::path::PathBuf>,
    },
}

impl Engine {
    /// The fastest that there is.
    pub fn best() -> Engine {
        #[cfg(feature = "compiled")]
        return Engine::Compiled {
            kept: compiled::folder(),
        };
        #[cfg(not(feature = "compiled"))]
        Engine::Interpreted
    }

    /// Does what has to be done once for all nodes that run a module: it is compiled, if that is kept.
    ///
    /// # Errors
    /// When it is none that can be run; what was expected.
    pub fn prepare(&self, module: &[u8]) -> Result<(), String> {
        load(self, module).map(drop)
    }

    /// How many instructions a turn may have: some seconds.
    pub fn fuel(&self) -> u64 {
        match self {
            // All of a block that is entered count, and in Go's modules those are large.
            Engine::Interpreted => 20_000_000_000,
            #[cfg(feature = "compiled")]
            Engine::Compiled { .. } => 5_000_000_000,
        }
    }
}

/// A module that an engine has read.
trait Execute {
    /// Runs it to its end.
    fn execute(self: Box<Self>, guest: Guarded) -> Ended;
}

/// How a module has ended.
struct Ended {
    guest: Guarded,
    /// How much fuel was left in its last turn.
    left: u64,
    how: Result<(), Fault>,
}

/// Why a module has not come to the end of `_start`.
enum Fault {
    /// It is over, as one of its calls has it.
    End(End),
    /// It had too many instructions.
    OutOfFuel,
    /// What it did cannot be done: what, and where, the innermost call first, as far as that is known.
    Trap(String, Vec<String>),
    /// It could not even begin.
    Other(String),
}

/// How a node ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its exit code: 0 if it ended as it should.
    pub code: u32,
    /// How many instructions it has executed.
    pub instructions: u64,
    /// How many messages it was given, `init` among them.
    pub messages: u64,
}

impl Outcome {
    pub(crate) fn code(&self) -> ExitCode {
        match (self.code, self.code as u8) {
            (0, _) => ExitCode::SUCCESS,
            (_, 0) => ExitCode::FAILURE,
            (_, code) => ExitCode::from(code),
        }
    }
}

/// What the engine keeps beside the module.
struct Guarded {
    host: Host,
    meter: Meter,
}

impl Guarded {
    /// What the module is given of a call, with that much fuel left; and the fuel that it goes on
    /// with, if the call has ended its turn.
    fn settle(&mut self, came: Call, left: u64) -> (Result<u32, End>, Option<u64>) {
        let Guarded { host, meter } = self;
        let mut fuel = None;
        if meter.turns != host.world.turn {
            meter.count(left);
            meter.turns = host.world.turn;
            if host.world.messages >= meter.said_at {
                meter.said_at *= 10;
                let words = meter.words(host.world.messages);
                if let Err(end) = host.world.write_log(words.as_bytes()) {
                    return (Err(end), None);
                }
            }
            fuel = Some(meter.fuel);
        }
        let errno = match came {
            Ok(()) => Ok(0),
            Err(Stop::Errno(errno)) => Ok(errno.0.into()),
            Err(Stop::End(end)) => Err(end),
        };
        (errno, fuel)
    }
}

/// Counts instructions.
struct Meter {
    /// How many a turn may have.
    fuel: u64,
    /// How many there were, in all turns that are over,
    instructions: u64,
    /// and in the first one, in which the program starts.
    first: u64,
    /// How many turns are counted.
    turns: u64,
    /// After how many messages that is said.
    said_at: u64,
}

impl Meter {
    /// A turn is over, in which that much fuel was left.
    fn count(&mut self, left: u64) {
        self.instructions += self.fuel.saturating_sub(left);
        if self.turns == 0 {
            self.first = self.instructions;
        }
    }

    fn words(&self, messages: u64) -> String {
        let Meter {
            instructions,
            first,
            ..
        } = *self;
        let mean = (instructions - first) / (messages - 1).max(1);
        format!(
            "workbench-wasi: {messages} messages, {instructions} instructions: {first} until init \
             was answered, {mean} for each message since\n"
        )
    }
}

/// Reads a module for the engine that is wanted.
///
/// # Errors
/// When it is none that can be run; what was expected.
fn load(engine: &Engine, module: &[u8]) -> Result<Box<dyn Execute>, String> {
    match engine {
        Engine::Interpreted => interpreted::load(module),
        #[cfg(feature = "compiled")]
        Engine::Compiled { kept } => compiled::load(module, kept.as_deref()),
    }
}

pub(crate) fn run(
    node: Node<'_>,
    input: Box<dyn BufRead>,
    output: Box<dyn Write>,
    log: Box<dyn Write>,
) -> Result<Outcome, String> {
    let agreed = Agreed::new(input, output, log).map_err(|e| e.to_string())?;
    let module = load(&node.engine, node.module)?;
    let Some((world, start)) = agreed.start().map_err(|e| e.to_string())? else {
        return Ok(Outcome {
            code: 0,
            instructions: 0,
            messages: 0,
        });
    };
    let mut disk = Disk::new(start.files)?;
    let mut folders = vec![("/".to_owned(), Rc::clone(disk.root()))];
    for folder in &node.folders {
        let read = folder.read(&mut || disk.inode())?;
        folders.push((folder.guest.clone(), read));
    }
    let host = Host {
        open: Descriptors::new(folders, sections::is_made_by_go(node.module)),
        world,
        disk,
        args: node.args,
        environ: ["PWD=/".to_owned()].into_iter().chain(node.env).collect(),
        rng: Rng::new(node.seed),
        disk_failed: None,
        started: u64::try_from(node.started_at.as_nanos())
            .map_or(u64::MAX, |passed| EPOCH.saturating_add(passed)),
    };
    let meter = Meter {
        fuel: node.fuel,
        instructions: 0,
        first: 0,
        turns: 0,
        said_at: 10,
    };
    finish(module.execute(Guarded { host, meter }))
}

/// Says how it ended, and what it has cost.
fn finish(ended: Ended) -> Result<Outcome, String> {
    let Guarded { host, mut meter } = ended.guest;
    meter.count(ended.left);
    let mut words = String::new();
    let mut code = 1;
    match ended.how {
        Ok(()) | Err(Fault::End(End::Over)) => code = 0,
        Err(Fault::End(End::Exit(own))) => code = own,
        Err(Fault::End(End::Broken(why)) | Fault::Other(why)) => {
            let _ = writeln!(words, "fatal error: {why}");
        }
        Err(Fault::OutOfFuel) => {
            let _ = writeln!(
                words,
                "fatal error: a turn without end: more than {} instructions, and it neither \
                 waits nor reads",
                meter.fuel
            );
        }
        Err(Fault::Trap(what, calls)) => {
            let _ = writeln!(words, "fatal error: trap: {what}");
            for call in calls {
                let _ = writeln!(words, "    in {call}");
            }
        }
    }
    words += &meter.words(host.world.messages);
    let outcome = Outcome {
        code,
        instructions: meter.instructions,
        messages: host.world.messages,
    };
    // Whoever ends as soon as its disk has failed does so for that.
    let failed = host.disk_failed.filter(|_| code != 0);
    let why = failed.filter(|(turn, _)| *turn == host.world.turn);
    match host.world.finish(&words, why.map(|(_, why)| why)) {
        Ok(()) | Err(End::Over) => Ok(outcome),
        Err(end) => Err(end.to_string()),
    }
}

/// What a module must be, in the words of whoever finds it otherwise.
mod expected {
    use super::PREVIEW_1;

    pub(super) const START: &str = "expected a command, which exports the function _start: a \
                                    library does nothing by itself";
    pub(super) const MEMORY: &str = "expected that it exports its memory, under that name";

    pub(super) fn module(why: impl std::fmt::Display) -> String {
        format!("expected a WebAssembly module: {why}")
    }

    pub(super) fn function(from: &str, name: &str) -> String {
        format!(
            "expected that it imports functions alone, found {from}.{name}: a node shares no memory"
        )
    }

    pub(super) fn preview_1(from: &str, name: &str) -> String {
        format!(
            "it called {from}.{name}, and a node has {PREVIEW_1} alone: compile it for WASI preview \
             1, such as with GOOS=wasip1, or for wasm32-wasi or wasm32-wasip1"
        )
    }
}
