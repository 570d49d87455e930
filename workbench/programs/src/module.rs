//! Nodes that are WebAssembly modules: by what they are run, and what they are given of the machine.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Program;

/// The program that runs modules: one of its own, so that nothing else has an engine.
pub const RUNNER: &str = "workbench-wasi";
/// The environment variable that names another one.
const NAMED: &str = "WORKBENCH_WASI";

/// Whether a node is a module: by the name of its file.
pub fn is_one(bin: &Path) -> bool {
    bin.extension() == Some(OsStr::new("wasm"))
}

/// What a module is given, and other programs have anyway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Folders that it reads: see [`folder`].
    pub folders: Vec<String>,
    /// Variables of its environment: see [`variable`].
    pub env: Vec<String>,
}

impl Given {
    /// Looks whether the node can be given that.
    ///
    /// # Errors
    /// When it is no module, and something is given.
    pub fn is_for(&self, bin: &Path) -> Result<(), String> {
        match is_one(bin) || self.folders.is_empty() && self.env.is_empty() {
            true => Ok(()),
            false => Err(
                "--folder and --env are for WebAssembly modules: other programs have the folders \
                 and the environment of this machine"
                    .to_owned(),
            ),
        }
    }
}

/// A folder: `PATH`, or `PATH:GUEST` with an absolute path by which the module knows it.
///
/// # Errors
/// When it is written otherwise, or there is none.
pub fn folder(text: &str) -> Result<String, String> {
    // Behind a single letter is, on Windows, the path of a drive.
    let named = text.rsplit_once(':');
    let named = named.filter(|(path, _)| !cfg!(windows) || path.len() != 1);
    let (path, guest) = named.unwrap_or((text, "/"));
    if path.is_empty() || !guest.starts_with('/') {
        return Err("expected PATH, or PATH:/PATH with the one by which the node knows it".into());
    }
    match Path::new(path).is_dir() {
        true => Ok(text.to_owned()),
        false => Err(format!("expected a folder, found none at {path}")),
    }
}

/// A variable: `NAME=VALUE`.
///
/// # Errors
/// When it is written otherwise.
pub fn variable(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((name, _)) if !name.is_empty() => Ok(text.to_owned()),
        _ => Err("expected NAME=VALUE".into()),
    }
}

/// The program that the environment names to run modules, if it does.
///
/// # Errors
/// When there is none.
pub fn runner_of_environment() -> Result<Option<PathBuf>, String> {
    let Some(named) = std::env::var_os(NAMED).map(PathBuf::from) else {
        return Ok(None);
    };
    match named.is_file() {
        true => Ok(Some(named)),
        false => Err(format!(
            "{NAMED}: expected the path of {RUNNER}, found no file at {}",
            named.display()
        )),
    }
}

/// The one that stands where this program does.
///
/// # Errors
/// When there is none; what to do.
pub fn runner_beside_this_one() -> Result<PathBuf, String> {
    let beside =
        std::env::current_exe().map(|own| own.with_file_name(format!("{RUNNER}{EXE_SUFFIX}")));
    let beside = beside.ok().filter(|beside| beside.is_file());
    beside.ok_or_else(|| {
        format!(
            "expected {RUNNER} beside this program, which runs WebAssembly modules: from a clone, \
             cargo install --locked --profile quick --path workbench/wasi"
        )
    })
}

/// Has a module made ready before its nodes are started, each of which has to answer soon. What
/// is wrong with it, the nodes say.
pub fn prepare(runner: &Path, module: &Path) {
    let mut command = Command::new(runner);
    command.arg("--prepare").arg(module);
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
    let _ = quiet.stderr(Stdio::null()).status();
}

impl Program {
    /// The same, run by another program, if there is one: it is told what is given, this one's path,
    /// and then the arguments.
    #[must_use]
    pub fn run_by(mut self, runner: Option<&Path>, given: &Given) -> Program {
        if let Some(runner) = runner {
            let module = std::mem::replace(&mut self.bin, runner.to_owned());
            let folders = given.folders.iter().flat_map(|it| ["--folder", it]);
            let env = given.env.iter().flat_map(|it| ["--env", it]);
            let flags = folders.chain(env).map(str::to_owned);
            let before = flags.chain([module.to_string_lossy().into_owned()]);
            self.args.splice(0..0, before);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_looked_at() {
        let here = std::env::temp_dir();
        for text in [here.display().to_string(), format!("{}:/a", here.display())] {
            assert_eq!(folder(&text), Ok(text));
        }
        let form = "expected PATH, or PATH:/PATH with the one by which the node knows it";
        assert_eq!(folder("lib:usr"), Err(form.to_owned()));
        assert_eq!(folder(":/usr"), Err(form.to_owned()));
        let none = "expected a folder, found none at no/folder";
        assert_eq!(folder("no/folder:/a"), Err(none.to_owned()));
        assert_eq!(variable("A=1=2"), Ok("A=1=2".to_owned()));
        for text in ["A", "=1"] {
            assert_eq!(variable(text), Err("expected NAME=VALUE".to_owned()));
        }
    }

    #[test]
    fn a_module_is_told_behind_what_it_is_given() {
        let program = Program {
            bin: "node.wasm".into(),
            args: vec!["--eager".into()],
            logs: PathBuf::new(),
            disks: PathBuf::new(),
            show_stderr: None,
        };
        let given = Given {
            folders: vec!["a".into(), "b:/c".into()],
            env: vec!["D=e".into()],
        };
        assert_eq!(given.is_for(Path::new("node.wasm")), Ok(()));
        let refused = given.is_for(Path::new("node")).unwrap_err();
        let why = "--folder and --env are for WebAssembly modules: other programs have the folders";
        assert!(refused.starts_with(why), "{refused}");
        assert_eq!(Given::default().is_for(Path::new("node")), Ok(()));
        assert_eq!(program.clone().run_by(None, &given).args, ["--eager"]);
        let run = program.run_by(Some(Path::new("runner")), &given);
        let told = "--folder a --folder b:/c --env D=e node.wasm --eager";
        assert_eq!(
            (run.bin, run.args.join(" ")),
            ("runner".into(), told.into())
        );
    }
}
