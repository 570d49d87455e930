//! A node in a crate of its own. (That it compiles and passes its tests is seen by `.ci/run`.)

use std::fs;
use std::path::Path;

use crate::shell::{Folder, tells, workbench};

#[test]
fn a_crate_is_started_once() {
    let folder = Folder::new("new");
    let crate_folder = folder.path().join("my-node");
    let new = |folder: &Path, flags: &[&str]| {
        workbench(&["new"])
            .arg(folder)
            .args(flags)
            .output()
            .unwrap()
    };
    let git = ["--git", "https://example.org/nodes"];
    tells(
        &new(&crate_folder, &git),
        0,
        &[
            "my-node",
            "takes the library from\nhttps://example.org/nodes",
            "cargo test",
        ],
    );
    let read = |file: &str| fs::read_to_string(crate_folder.join(file)).unwrap();
    assert!(
        read("Cargo.toml").contains(r#"maelstrom-node = { git = "https://example.org/nodes" }"#)
    );
    assert!(read("src/main.rs").contains("my_node::Echo"));
    assert!(read("tests/seeds.rs").contains("use my_node::Echo;"));

    let output = new(&crate_folder, &git);
    tells(
        &output,
        255,
        &["there is a ", "already: expected a folder to make"],
    );
    let wrong = folder.path().join("My_Node");
    let output = new(&wrong, &git);
    tells(
        &output,
        255,
        &["is no name for a crate here: expected lower-case words"],
    );
    assert!(!wrong.exists());
    let other = folder.path().join("other");
    let path = folder.path().to_str().unwrap().to_owned();
    let output = new(&other, &["--path", &path]);
    tells(&output, 255, &["is no copy of the library's repository"]);
    assert!(!other.exists());
}
