//! Builds a node of this workspace, where no `--bin` was given.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Builds the package of this name in release mode, or an example of it as it is
/// for tests, where it is nearly built already, and gives its executable.
///
/// # Errors
/// When there is no such thing here or it does not compile; cargo has then said
/// more on stderr.
pub(super) fn build(package: &str, example: Option<&str>) -> Result<PathBuf, String> {
    let (kind, name) = match example {
        Some(example) => ("example", example),
        None => ("bin", package),
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--package", package])
        .args([&format!("--{kind}"), name])
        .args(example.is_none().then_some("--release"))
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
