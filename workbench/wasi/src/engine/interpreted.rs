//! Modules interpreted by wasmi, which translates what is executed, when it is first.

use wasmi::errors::HostError;
use wasmi::{
    Caller, CompilationMode, Config, Error, Extern, ExternType, Linker, Module, Store, StoreLimits,
    StoreLimitsBuilder, TrapCode, Val,
};

use super::imports::define_calls;
use super::{Ended, Execute, Fault, Guarded, MEMORY, PREVIEW_1, expected};
use crate::calls::Host;
use crate::errno::{Call, Errno};
use crate::guest::Guest;
use crate::world::End;

impl HostError for End {}

struct State {
    guest: Guarded,
    limits: StoreLimits,
}

struct Loaded {
    module: Module,
    linker: Linker<State>,
}

pub(super) fn load(module: &[u8]) -> Result<Box<dyn Execute>, String> {
    let mut config = Config::default();
    config
        .consume_fuel(true)
        .compilation_mode(CompilationMode::Lazy);
    let engine = wasmi::Engine::new(&config);
    let module = Module::new(&engine, module).map_err(expected::module)?;
    let mut linker = Linker::new(&engine);
    define(&mut linker).map_err(|e| e.to_string())?;
    link(&mut linker, &module)?;
    Ok(Box::new(Loaded { module, linker }))
}

impl Execute for Loaded {
    fn execute(self: Box<Self>, guest: Guarded) -> Ended {
        let fuel = guest.meter.fuel;
        let limits = StoreLimitsBuilder::new().memory_size(MEMORY).build();
        let mut store = Store::new(self.module.engine(), State { guest, limits });
        store.limiter(|state| &mut state.limits);
        let ended = store
            .set_fuel(fuel)
            .and_then(|()| self.linker.instantiate_and_start(&mut store, &self.module))
            .and_then(|instance| instance.get_typed_func::<(), ()>(&store, "_start"))
            .and_then(|start| start.call(&mut store, ()));
        Ended {
            left: store.get_fuel().unwrap_or_default(),
            how: ended.map_err(|e| fault(&e)),
            guest: store.into_data().guest,
        }
    }
}

fn fault(e: &Error) -> Fault {
    match (e.as_trap_code(), e.downcast_ref::<End>()) {
        (Some(TrapCode::OutOfFuel), _) => Fault::OutOfFuel,
        (Some(code), _) => Fault::Trap(code.to_string(), Vec::new()),
        (None, Some(end)) => Fault::End(end.clone()),
        (None, None) => Fault::Other(e.to_string()),
    }
}

fn define(linker: &mut Linker<State>) -> Result<(), Error> {
    define_calls!(linker);
    linker.func_wrap(
        PREVIEW_1,
        "proc_exit",
        |_: Caller<'_, State>, code: u32| -> Result<(), Error> {
            Err(Error::host(End::Exit(code)))
        },
    )?;
    Ok(())
}

/// Does what is asked for, on the module's memory.
fn call(
    caller: &mut Caller<'_, State>,
    does: impl FnOnce(&mut Host, &mut Guest<'_>) -> Call,
) -> Result<u32, Error> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err(Error::host(End::without_memory()));
    };
    let (bytes, state) = memory.data_and_store_mut(&mut *caller);
    let came = does(&mut state.guest.host, &mut Guest(bytes));
    let left = caller.get_fuel()?;
    let (came, fuel) = caller.data_mut().guest.settle(came, left);
    if let Some(fuel) = fuel {
        caller.set_fuel(fuel)?;
    }
    came.map_err(Error::host)
}

/// Finds what the module imports, and what it must export.
fn link(linker: &mut Linker<State>, module: &Module) -> Result<(), String> {
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        let ExternType::Func(ty) = import.ty() else {
            return Err(expected::function(from, name));
        };
        let is_ours = from == PREVIEW_1;
        let missing = expected::preview_1(from, name);
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
        _ => return Err(expected::START.to_owned()),
    }
    match module.get_export("memory") {
        Some(ExternType::Memory(_)) => Ok(()),
        _ => Err(expected::MEMORY.to_owned()),
    }
}
