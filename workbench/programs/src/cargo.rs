//! Builds a node of this workspace, where no `--bin` was given.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::{module, profile};

/// How a node is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// As it is shipped: it takes part in real time.
    Shipped,
    /// As it takes least: in virtual time nothing depends on how fast it is. As this command was,
    /// which has built half of it then, if that is of this workspace.
    Quickly,
}

/// Builds the package of this name, or an example of it, and gives its executable.
///
/// What it shares with this command, or with the tests here, is not built once more, and of an
/// example that is nearly all: Cargo builds it with what tests stand on.
///
/// # Errors
/// When there is no such thing here or it does not compile; cargo has then said
/// more on stderr.
pub fn build(package: &str, example: Option<&str>, how: Build) -> Result<PathBuf, String> {
    let (kind, name, how) = match example {
        Some(example) => ("example", example, Build::Quickly), // is not shipped
        None => ("bin", package, how),
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let own = own_package(&cargo).filter(|_| how == Build::Quickly);
    let profile = match how {
        Build::Shipped => "release".into(),
        Build::Quickly if own.is_some() => {
            profile::of(&std::env::current_exe().unwrap_or_default())
        }
        // As `cargo test` has built it.
        Build::Quickly if example.is_some() => "dev".into(),
        Build::Quickly => profile::quick_or_release(workspace(&cargo).as_deref()).into(),
    };
    let built = Command::new(&cargo)
        .args(["build", "--quiet", "--package", package])
        .args(beside(own))
        .args([&format!("--{kind}"), name])
        .args(["--profile", &profile])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("cannot run cargo to build {name}: {e}; or give --bin PATH"))?;
    if !built.status.success() {
        return Err(format!(
            "cannot build the {kind} {name} of {package} in this workspace (cargo says why, \
             above); or give --bin PATH"
        ));
    }
    let lines = String::from_utf8_lossy(&built.stdout);
    let artifacts = lines
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut executables = artifacts
        .filter(|artifact| {
            artifact["target"]["name"] == name && artifact["target"]["kind"][0] == kind
        })
        .filter_map(|artifact| artifact["executable"].as_str().map(PathBuf::from));
    executables
        .next()
        .ok_or_else(|| format!("cargo built no executable {name}"))
}

/// What runs a node that is a WebAssembly module, if it is one by its name: a program of its own,
/// so that this one has no engine. It is the one that `WORKBENCH_WASI` names, or is built if Cargo
/// runs this one, or else stands beside it.
///
/// # Errors
/// When there is none; what to do.
pub fn runner(bin: &Path) -> Result<Option<&'static Path>, String> {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    if !module::is_one(bin) {
        return Ok(None);
    }
    let found = FOUND.get_or_init(|| {
        if let Some(named) = module::runner_of_environment()? {
            return Ok(named);
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        match own_package(&cargo) {
            Some(_) => build(module::RUNNER, None, Build::Quickly),
            None => module::runner_beside_this_one(),
        }
    });
    found.as_deref().map(Some).map_err(String::clone)
}

/// The package here whose node a workload is run with, unless one says otherwise: that of its
/// name or, where there is only one, that one.
pub fn package_for(workload: &str) -> String {
    only_package().unwrap_or_else(|| workload.to_owned())
}

/// The only package of the workspace here, if it has no others.
fn only_package() -> Option<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = Command::new(cargo)
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).ok()?;
    match metadata["packages"].as_array()?.as_slice() {
        [only] => only["name"].as_str().map(str::to_owned),
        _ => None,
    }
}

/// What makes Cargo build the dependencies of a node just as they are for this command, and so
/// not again: that the command's own package is asked for, too. (It has nothing of the node's
/// name, so nothing of it is built. But a dependency has all the features that any package asks
/// for, and the macros that read flags ask for more of `syn` than serde's do, on which
/// everything stands in the end.)
fn beside(own: Option<OsString>) -> Vec<OsString> {
    own.map_or_else(Vec::new, |own| vec!["--package".into(), own])
}

/// The package that Cargo has started this command from, if it is one of the workspace here.
fn own_package(cargo: &OsStr) -> Option<OsString> {
    let package = std::env::var_os("CARGO_PKG_NAME")?;
    let folder = std::env::var_os("CARGO_MANIFEST_DIR")?;
    let manifest = workspace(cargo)?;
    Path::new(&folder)
        .starts_with(manifest.parent()?)
        .then_some(package)
}

/// The manifest of the workspace here.
fn workspace(cargo: &OsStr) -> Option<PathBuf> {
    let located = Command::new(cargo)
        .args(["locate-project", "--workspace", "--message-format", "plain"])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let manifest = String::from_utf8(located.stdout).ok()?;
    Some(PathBuf::from(manifest.trim_end()))
}
