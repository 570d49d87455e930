//! What `workbench new` makes a node of: the files of the challenge `echo`, to which
//! `src/cli/new/echo` has links. Where git makes no links, as on Windows, it makes files that hold
//! where they lead, and these are followed here.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new("src/cli/new/echo");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo says where"));
    for entry in fs::read_dir(folder)? {
        let link = entry?;
        let mut file = link.path();
        let led_to = folder.join(fs::read_to_string(&file)?);
        if led_to.is_file() {
            file = led_to;
        }
        fs::copy(&file, out.join(link.file_name()))?;
        println!("cargo::rerun-if-changed={}", file.display());
    }
    Ok(())
}
