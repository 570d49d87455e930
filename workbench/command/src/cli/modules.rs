//! The flags of nodes that are WebAssembly modules.

use std::path::Path;

use programs::cargo;
use programs::module::{Given, folder, prepare, variable};

/// What a module is given, and other programs have anyway.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct ModuleFlags {
    /// Of a WebAssembly node: a folder of this machine that it reads, and cannot change, under its
    /// last name or another path, such as lib:/usr/lib; may be given several times
    #[arg(long, value_name = "PATH[:PATH]", value_parser = folder)]
    folder: Vec<String>,

    /// Of a WebAssembly node: a variable of its environment; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<String>,
}

impl ModuleFlags {
    pub(super) fn given(&self) -> Given {
        Given {
            folders: self.folder.clone(),
            env: self.env.clone(),
        }
    }

    /// What runs it, if it is a module, which is made ready.
    pub(super) fn runner(&self, bin: &Path) -> Result<Option<&'static Path>, String> {
        self.given().is_for(bin)?;
        let runner = cargo::runner(bin)?;
        if let Some(runner) = runner {
            prepare(runner, bin);
        }
        Ok(runner)
    }
}
