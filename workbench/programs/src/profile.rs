//! The profiles that Cargo builds programs in.

use std::ffi::OsStr;
use std::path::Path;

/// The profile `quick` where the workspace of this manifest has one, as it has where
/// `workbench new` has been.
pub fn quick_or_release(manifest: Option<&Path>) -> &'static str {
    let manifest = manifest.and_then(|manifest| std::fs::read_to_string(manifest).ok());
    let mut lines = manifest.iter().flat_map(|text| text.lines());
    match lines.any(|line| line.trim() == "[profile.quick]") {
        true => "quick",
        false => "release",
    }
}

/// What Cargo keeps in the folder of a profile, one or another by its version and settings. (It
/// marks the folder above, too, but only if it has made that itself, and not where one is built for
/// a named target.)
const CARGOS: [&str; 3] = [".cargo-lock", ".cargo-artifact-lock", ".fingerprint"];

/// The profile that a program was built in, which its folder is named after; `release`,
/// if it was taken elsewhere.
pub fn of(program: &Path) -> String {
    let folder = program.parent().unwrap_or(Path::new(""));
    let is_cargos = CARGOS.iter().any(|name| folder.join(name).exists());
    match folder.file_name().and_then(OsStr::to_str) {
        Some("debug") if is_cargos => "dev".into(),
        Some(profile) if is_cargos => profile.into(),
        _ => "release".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_built_as_the_command_was() -> std::io::Result<()> {
        let target = tempfile::tempdir()?;
        let built = |folder: &str| of(&target.path().join(folder).join("workbench"));
        assert_eq!(
            built("quick"),
            "release",
            "nothing says that it is Cargo's folder"
        );
        for (folder, kept) in [("quick", ".cargo-lock"), ("debug", ".fingerprint")] {
            let folder = target.path().join(folder);
            std::fs::create_dir(&folder)?;
            std::fs::write(folder.join(kept), "")?;
        }
        assert_eq!(built("quick"), "quick");
        assert_eq!(built("debug"), "dev");
        assert_eq!(of(Path::new("workbench")), "release");
        Ok(())
    }

    #[test]
    fn elsewhere_it_is_built_quickly_where_it_is_said_how() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let manifest = folder.path().join("Cargo.toml");
        assert_eq!(quick_or_release(Some(&manifest)), "release");
        std::fs::write(&manifest, "[profile.release]\nlto = \"fat\"\n")?;
        assert_eq!(quick_or_release(Some(&manifest)), "release");
        std::fs::write(&manifest, "[profile.quick]\ninherits = \"release\"\n")?;
        assert_eq!(quick_or_release(Some(&manifest)), "quick");
        Ok(())
    }
}
