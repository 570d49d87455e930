//! The engine: runs the module, counts its instructions, and says how it ended.

use std::fmt::Write as _;
use std::io::{BufRead, Write};
use std::process::ExitCode;

use rng::Rng;
use wasmi::errors::HostError;
use wasmi::{
    Caller, CompilationMode, Config, Engine, Error, ExternType, Linker, Module, Store, StoreLimits,
    StoreLimitsBuilder, TrapCode, Val,
};

use crate::calls::{EPOCH, Host};
use crate::descriptors::Descriptors;
use crate::disk::Disk;
use crate::errno::{Call, Errno, Stop};
use crate::world::{Agreed, End};
use crate::{Node, imports};

/// How many instructions a turn may have: 1,000,000,000, some seconds.
pub const FUEL: u64 = 20_000_000_000;
/// How much memory a module may have, in bytes.
const MEMORY: usize = 1 << 30;
/// The module of the imports that there are.
pub(crate) const PREVIEW_1: &str = "wasi_snapshot_preview1";

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

impl HostError for End {}

/// What the engine keeps beside the module.
pub(crate) struct Guarded {
    pub(crate) host: Host,
    limits: StoreLimits,
    meter: Meter,
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

/// Gives the module what came of a call; and new fuel, if that has ended its turn.
pub(crate) fn settle(caller: &mut Caller<'_, Guarded>, came: Call) -> Result<u32, Error> {
    let left = caller.get_fuel()?;
    let Guarded { host, meter, .. } = caller.data_mut();
    if meter.turns != host.world.turn {
        meter.count(left);
        meter.turns = host.world.turn;
        if host.world.messages >= meter.said_at {
            meter.said_at *= 10;
            let words = meter.words(host.world.messages);
            host.world
                .write_log(words.as_bytes())
                .map_err(Error::host)?;
        }
        let fuel = meter.fuel;
        caller.set_fuel(fuel)?;
    }
    match came {
        Ok(()) => Ok(0),
        Err(Stop::Errno(errno)) => Ok(errno.0.into()),
        Err(Stop::End(end)) => Err(Error::host(end)),
    }
}

pub(crate) fn run(
    node: Node<'_>,
    input: Box<dyn BufRead>,
    output: Box<dyn Write>,
    log: Box<dyn Write>,
) -> Result<Outcome, String> {
    let agreed = Agreed::new(input, output, log).map_err(|e| e.to_string())?;
    let mut config = Config::default();
    config
        .consume_fuel(true)
        .compilation_mode(CompilationMode::Lazy);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, node.module)
        .map_err(|e| format!("expected a WebAssembly module: {e}"))?;
    let is_go = is_made_by_go(&module);
    let linker = link(&engine, &module)?;

    let Some((world, start)) = agreed.start().map_err(|e| e.to_string())? else {
        return Ok(Outcome {
            code: 0,
            instructions: 0,
            messages: 0,
        });
    };
    let disk = Disk::new(start.files)?;
    let host = Host {
        open: Descriptors::new(disk.root(), is_go),
        world,
        disk,
        args: node.args,
        environ: vec!["PWD=/".to_owned()],
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
    let limits = StoreLimitsBuilder::new().memory_size(MEMORY).build();
    let mut store = Store::new(
        &engine,
        Guarded {
            host,
            limits,
            meter,
        },
    );
    store.limiter(|guarded| &mut guarded.limits);
    store.set_fuel(node.fuel).map_err(|e| e.to_string())?;
    let ended = linker
        .instantiate_and_start(&mut store, &module)
        .and_then(|instance| instance.get_typed_func::<(), ()>(&store, "_start"))
        .and_then(|start| start.call(&mut store, ()));
    finish(store, ended)
}

/// Says how it ended, and what it has cost.
fn finish(mut store: Store<Guarded>, ended: Result<(), Error>) -> Result<Outcome, String> {
    let left = store.get_fuel().unwrap_or_default();
    let Guarded { host, meter, .. } = store.data_mut();
    meter.count(left);
    let mut words = String::new();
    let code = match ended.map_err(|e| (e.as_trap_code(), e)) {
        Ok(()) => 0,
        Err((Some(TrapCode::OutOfFuel), _)) => {
            let _ = writeln!(
                words,
                "fatal error: a turn without end: more than {} instructions, and it neither \
                 waits nor reads",
                meter.fuel
            );
            1
        }
        Err((Some(code), _)) => {
            let _ = writeln!(words, "fatal error: trap: {code}");
            1
        }
        Err((None, e)) => match e.downcast_ref::<End>() {
            Some(End::Exit(code)) => *code,
            Some(End::Over) => 0,
            Some(End::Broken(why)) => {
                let _ = writeln!(words, "fatal error: {why}");
                1
            }
            None => {
                let _ = writeln!(words, "fatal error: {e}");
                1
            }
        },
    };
    words += &meter.words(host.world.messages);
    let outcome = Outcome {
        code,
        instructions: meter.instructions,
        messages: host.world.messages,
    };
    let host = store.into_data().host;
    // Whoever ends as soon as its disk has failed does so for that.
    let failed = host.disk_failed.filter(|_| code != 0);
    let why = failed.filter(|(turn, _)| *turn == host.world.turn);
    match host.world.finish(&words, why.map(|(_, why)| why)) {
        Ok(()) | Err(End::Over) => Ok(outcome),
        Err(end) => Err(end.to_string()),
    }
}

/// Whether Go's own compiler has made it, by the section in which toolchains name themselves
/// (WebAssembly tool conventions, `ProducersSection.md`): the field `language` says `Go`.
fn is_made_by_go(module: &Module) -> bool {
    const FIELD: &[u8] = b"\x08language\x01\x02Go";
    module.custom_sections().any(|section| {
        section.name() == "producers" && section.data().windows(FIELD.len()).any(|it| it == FIELD)
    })
}

/// Finds what the module imports, and what it must export.
fn link(engine: &Engine, module: &Module) -> Result<Linker<Guarded>, String> {
    let mut linker = Linker::new(engine);
    imports::define(&mut linker).map_err(|e| e.to_string())?;
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        let ExternType::Func(ty) = import.ty() else {
            return Err(format!(
                "expected that it imports functions alone, found {from}.{name}: a node shares no \
                 memory"
            ));
        };
        let is_ours = from == PREVIEW_1;
        let missing = format!(
            "it called {from}.{name}, and a node has {PREVIEW_1} alone: compile it for WASI preview \
             1, such as with GOOS=wasip1, or for wasm32-wasi or wasm32-wasip1"
        );
        // What is not there says so, if it is called at all. (What is there already, stays.)
        let _ = linker.func_new(from, name, ty.clone(), move |_, _, out| match out {
            [errno @ Val::I32(_)] if is_ours => {
                *errno = Val::I32(i32::from(Errno::NOSYS.0));
                Ok(())
            }
            _ => Err(Error::host(End::Broken(missing.clone()))),
        });
    }
    match module.get_export("_start") {
        Some(ExternType::Func(ty)) if ty.params().is_empty() && ty.results().is_empty() => {}
        _ => {
            return Err(
                "expected a command, which exports the function _start: a library does nothing by \
                 itself"
                    .to_owned(),
            );
        }
    }
    match module.get_export("memory") {
        Some(ExternType::Memory(_)) => Ok(linker),
        _ => Err("expected that it exports its memory, under that name".to_owned()),
    }
}
