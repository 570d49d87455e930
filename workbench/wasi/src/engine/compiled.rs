//! Modules compiled by wasmtime's Cranelift, once for all nodes that run the same one: what comes
//! of it is kept in a folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use wasmtime::{
    Caller, Config, Error, Extern, ExternType, Linker, Module, Store, StoreLimits,
    StoreLimitsBuilder, Trap, Val, ValType, WasmBacktrace,
};

use super::imports::define_calls;
use super::{Ended, Execute, Fault, Guarded, MEMORY, PREVIEW_1, expected};
use crate::calls::Host;
use crate::errno::{Call, Errno};
use crate::guest::Guest;
use crate::world::End;

/// How much stack a module may have, in bytes.
const STACK: usize = 1 << 20;
/// How many calls that led to a trap are said.
const CALLS: usize = 32;

impl std::error::Error for End {}

struct State {
    guest: Guarded,
    limits: StoreLimits,
}

struct Loaded {
    module: Module,
    linker: Linker<State>,
}

/// Where compiled modules are kept: in the user's own folder for such things.
pub(super) fn folder() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let of_user = named("XDG_CACHE_HOME").map(PathBuf::from);
    let of_user = of_user.or_else(|| Some(PathBuf::from(named("HOME")?).join(".cache")))?;
    Some(of_user.join("workbench-wasi"))
}

pub(super) fn load(module: &[u8], kept: Option<&Path>) -> Result<Box<dyn Execute>, String> {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .max_wasm_stack(STACK);
    let engine = wasmtime::Engine::new(&config).map_err(|e| e.to_string())?;
    let module = match kept {
        None => Module::new(&engine, module).map_err(|e| expected::module(format!("{e:#}")))?,
        Some(folder) => kept_module(&engine, module, folder)?,
    };
    let mut linker = Linker::new(&engine);
    define(&mut linker).map_err(|e| e.to_string())?;
    link(&mut linker, &module)?;
    Ok(Box::new(Loaded { module, linker }))
}

/// The module from the folder, or compiled and kept there. Of several nodes that want it at the same
/// time one compiles, and the others wait.
fn kept_module(engine: &wasmtime::Engine, bytes: &[u8], folder: &Path) -> Result<Module, String> {
    let failed = |what: &Path, e: &dyn std::fmt::Display| {
        format!(
            "cannot keep a compiled module at {}: {e}; XDG_CACHE_HOME can name another folder",
            what.display()
        )
    };
    fs::create_dir_all(folder).map_err(|e| failed(folder, &e))?;
    let path = folder.join(format!("{:032x}.cwasm", hash(bytes)));
    let lock = path.with_extension("lock");
    let locked = File::create(&lock).map_err(|e| failed(&lock, &e))?;
    locked.lock().map_err(|e| failed(&lock, &e))?;
    // SAFETY: what is there was written below, by a program of the same user, whose folder it is; and
    // it was renamed to that name when it was complete. Wasmtime refuses what another version or
    // configuration of it has written, which is replaced then.
    let found = unsafe { Module::deserialize_file(engine, &path) };
    if let Ok(module) = found {
        return Ok(module);
    }
    let compiled = engine
        .precompile_module(bytes)
        .map_err(|e| expected::module(format!("{e:#}")))?;
    let draft = path.with_extension("draft");
    fs::write(&draft, &compiled).map_err(|e| failed(&draft, &e))?;
    fs::rename(&draft, &path).map_err(|e| failed(&path, &e))?;
    // SAFETY: as above.
    let module = unsafe { Module::deserialize_file(engine, &path) };
    module.map_err(|e| failed(&path, &e))
}

/// The hash of Fowler, Noll and Vo (FNV-1a, 128 bits; RFC 9923), of eight bytes at a time: whoever
/// could choose modules of the same hash can run them anyway.
fn hash(bytes: &[u8]) -> u128 {
    const PRIME: u128 = (1 << 88) + 0x13b;
    let basis = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let eights = bytes.chunks(8).map(|eight| {
        let mut all = [0; 8];
        all[..eight.len()].copy_from_slice(eight);
        u128::from(u64::from_le_bytes(all))
    });
    eights
        .chain([bytes.len() as u128])
        .fold(basis, |hash: u128, eight| {
            (hash ^ eight).wrapping_mul(PRIME)
        })
}

impl Execute for Loaded {
    fn execute(self: Box<Self>, guest: Guarded) -> Ended {
        let fuel = guest.meter.fuel;
        let limits = StoreLimitsBuilder::new().memory_size(MEMORY).build();
        let mut store = Store::new(self.module.engine(), State { guest, limits });
        store.limiter(|state| &mut state.limits);
        let ended = store
            .set_fuel(fuel)
            .and_then(|()| self.linker.instantiate(&mut store, &self.module))
            .and_then(|instance| instance.get_typed_func::<(), ()>(&mut store, "_start"))
            .and_then(|start| start.call(&mut store, ()));
        Ended {
            left: store.get_fuel().unwrap_or_default(),
            how: ended.map_err(|e| fault(&e)),
            guest: store.into_data().guest,
        }
    }
}

fn fault(e: &Error) -> Fault {
    match (e.downcast_ref::<Trap>(), e.downcast_ref::<End>()) {
        (_, Some(end)) => Fault::End(end.clone()),
        (Some(Trap::OutOfFuel), _) => Fault::OutOfFuel,
        (Some(trap), _) => Fault::Trap(
            trap.to_string()
                .trim_start_matches("wasm trap: ")
                .to_owned(),
            calls(e),
        ),
        (None, None) => Fault::Other(e.root_cause().to_string()),
    }
}

/// The calls that led there, by the names that the module's section of names gives them.
fn calls(e: &Error) -> Vec<String> {
    let frames = e.downcast_ref::<WasmBacktrace>();
    let frames = frames.map_or(&[][..], WasmBacktrace::frames);
    let mut calls: Vec<String> = frames
        .iter()
        .take(CALLS)
        .map(|frame| match frame.func_name() {
            Some(name) => name.to_owned(),
            None => format!("function {}", frame.func_index()),
        })
        .collect();
    if let Some(more) = frames.len().checked_sub(CALLS + 1) {
        calls.push(format!("{} more", more + 1));
    }
    calls
}

fn define(linker: &mut Linker<State>) -> Result<(), Error> {
    define_calls!(linker);
    linker.func_wrap(
        PREVIEW_1,
        "proc_exit",
        |_: Caller<'_, State>, code: u32| -> Result<(), Error> { Err(Error::new(End::Exit(code))) },
    )?;
    Ok(())
}

/// Does what is asked for, on the module's memory.
fn call(
    caller: &mut Caller<'_, State>,
    does: impl FnOnce(&mut Host, &mut Guest<'_>) -> Call,
) -> Result<u32, Error> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err(Error::new(End::without_memory()));
    };
    let (bytes, state) = memory.data_and_store_mut(&mut *caller);
    let came = does(&mut state.guest.host, &mut Guest(bytes));
    let left = caller.get_fuel()?;
    let (came, fuel) = caller.data_mut().guest.settle(came, left);
    if let Some(fuel) = fuel {
        caller.set_fuel(fuel)?;
    }
    came.map_err(Error::new)
}

/// Finds what the module imports, and what it must export.
fn link(linker: &mut Linker<State>, module: &Module) -> Result<(), String> {
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        let ExternType::Func(ty) = import.ty() else {
            return Err(expected::function(from, name));
        };
        let mut results = ty.results();
        let is_errno = matches!((results.next(), results.next()), (Some(ValType::I32), None));
        let is_ours = from == PREVIEW_1 && is_errno;
        let missing = expected::preview_1(from, name);
        // What is not there says so, if it is called at all. (What is there already, stays.)
        let _ = linker.func_new(from, name, ty.clone(), move |_, _, out| match out {
            [errno] if is_ours => {
                *errno = Val::I32(i32::from(Errno::NOSYS.0));
                Ok(())
            }
            _ => Err(Error::new(End::Broken(missing.clone()))),
        });
    }
    match module.get_export("_start") {
        Some(ExternType::Func(ty)) if ty.params().len() + ty.results().len() == 0 => {}
        _ => return Err(expected::START.to_owned()),
    }
    match module.get_export("memory") {
        Some(ExternType::Memory(_)) => Ok(()),
        _ => Err(expected::MEMORY.to_owned()),
    }
}
