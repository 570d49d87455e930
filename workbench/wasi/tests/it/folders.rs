//! Folders of the machine, which a module reads and cannot change.

use std::fs;
use std::path::Path;

use workbench_wasi::{Folder, Node};

use crate::module::{Ran, module, node, run_node};

/// `lib` with `a`, `b/c` and `d.txt`, made in another order.
fn lib(folder: &Path) -> Folder {
    let lib = folder.join("lib");
    fs::create_dir_all(lib.join("b")).unwrap();
    for (name, text) in [("d.txt", "written before"), ("a", ""), ("b/c", "deep")] {
        fs::write(lib.join(name), text).unwrap();
    }
    Folder {
        host: lib,
        guest: "/usr/lib".to_owned(),
    }
}

fn told(data: &str, start: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let module = module(data, start);
    let node = Node {
        folders: vec![lib(folder.path())],
        ..node(&module)
    };
    run_node(&node, "{init}\n")
}

/// A call on a path of the folder, which is descriptor 4; what stands at this place of the data.
fn open(at: usize, len: usize, how: u32, rights: i64) -> String {
    format!(
        "(call $say (call $path_open (i32.const 4) (i32.const 0) (i32.const {at}) (i32.const {len}) \
         (i32.const {how}) (i64.const {rights}) (i64.const -1) (i32.const 0) (i32.const 12)))"
    )
}

#[test]
fn what_is_in_it_is_listed_in_order_and_read() {
    let start = format!(
        r#"
      (call $say (call $fd_prestat_get (i32.const 4) (i32.const 1024)))
      (call $say (i32.load (i32.const 1028)))
      (call $say (call $fd_prestat_dir_name (i32.const 4) (i32.const 1024) (i32.const 8)))
      (drop (call $write (i32.const 1) (i32.const 1024) (i32.const 8)))
      (drop (call $write (i32.const 1) (i32.const 128) (i32.const 1)))
      (call $say (call $fd_prestat_get (i32.const 5) (i32.const 1024)))
      (call $say (call $fd_readdir (i32.const 4) (i32.const 2048) (i32.const 200) (i64.const 2) (i32.const 16)))
      (call $say (i32.load (i32.const 16)))
      (drop (call $write (i32.const 1) (i32.const 2072) (i32.const 1)))
      (drop (call $write (i32.const 1) (i32.const 2097) (i32.const 1)))
      (drop (call $write (i32.const 1) (i32.const 2122) (i32.const 5)))
      (drop (call $write (i32.const 1) (i32.const 128) (i32.const 1)))
      {}
      (call $say (call $fd_filestat_get (i32.load (i32.const 12)) (i32.const 1024)))
      (call $say64 (i64.load (i32.const 1056)))
      (call $say64 (i64.load (i32.const 1072)))
      (call $say (call $read (i32.load (i32.const 12)) (i32.const 2048) (i32.const 7)))
      (drop (call $write (i32.const 1) (i32.const 2048) (i32.const 7)))
      (drop (call $write (i32.const 1) (i32.const 128) (i32.const 1)))"#,
        open(129, 5, 0, 0x2 | 0x20_0000)
    );
    let ran = told("\\nd.txt", &start);
    let lines = [
        "0", "8", "0", "/usr/lib", "8", "0", "79", "abd.txt", "0", "0", "14", "0", "7", "written",
    ];
    assert_eq!(ran.lines(), lines);
}

/// The error is that of a file system which is mounted to be read.
#[test]
fn nothing_in_it_can_be_changed() {
    const ROFS: &str = "69";
    let start = format!(
        r#"
      {}
      {}
      {}
      (call $say (call $path_unlink_file (i32.const 4) (i32.const 128) (i32.const 5)))
      (call $say (call $path_create_directory (i32.const 4) (i32.const 133) (i32.const 3)))
      (call $say (call $path_remove_directory (i32.const 4) (i32.const 136) (i32.const 1)))
      (call $say (call $path_rename (i32.const 4) (i32.const 128) (i32.const 5) (i32.const 3) (i32.const 133) (i32.const 3)))
      (call $say (call $path_filestat_set_times (i32.const 4) (i32.const 0) (i32.const 128) (i32.const 5) (i64.const 1) (i64.const 1) (i32.const 5)))
      {}
      (call $say (call $write (i32.load (i32.const 12)) (i32.const 128) (i32.const 1)))
      (call $say (call $fd_filestat_set_size (i32.load (i32.const 12)) (i64.const 0)))
      (call $say (call $fd_filestat_set_times (i32.load (i32.const 12)) (i64.const 1) (i64.const 1) (i32.const 5)))"#,
        open(128, 5, 0, 0x40),
        open(128, 5, 8, 0x2),
        open(133, 3, 1, 0x2),
        open(128, 5, 0, 0x2),
    );
    // A folder that is not empty says so first.
    let mut lines = [ROFS; 12];
    lines[5] = "55";
    lines[8] = "0"; // it is opened to be read
    lines[9] = "8"; // and is not open to be written
    lines[10] = "8";
    assert_eq!(told("d.txtnewb", &start).lines(), lines);
}

#[test]
fn a_folder_is_named_by_where_it_is_and_what_it_is_called() {
    let read = |text: &str| text.parse::<Folder>();
    let folder = |host: &str, guest: &str| Folder {
        host: host.into(),
        guest: guest.to_owned(),
    };
    assert_eq!(read("some/lib"), Ok(folder("some/lib", "/lib")));
    assert_eq!(read("ab:/usr/lib"), Ok(folder("ab", "/usr/lib")));
    assert_eq!(read("a:b:/c"), Ok(folder("a:b", "/c")));
    match cfg!(windows) {
        true => assert_eq!(read("c:/lib"), Ok(folder("c:/lib", "/lib"))),
        false => assert_eq!(read("a:/usr/lib"), Ok(folder("a", "/usr/lib"))),
    }
    for wrong in ["", "..", "ab:c", ":/b", "ab:/", "ab:/c/../d", "ab:/c/"] {
        let expected = format!("expected PATH or PATH:/NAME, found {wrong:?}");
        assert_eq!(read(wrong), Err(expected));
    }
}

#[test]
fn one_that_is_not_there_is_an_error() {
    let module = module("", "");
    let node = Node {
        folders: vec!["nowhere/lib".parse().unwrap()],
        ..node(&module)
    };
    let why = run_node(&node, "{init}\n").outcome.unwrap_err();
    assert!(
        why.starts_with("cannot read the folder nowhere/lib: "),
        "{why}"
    );
}

#[test]
fn its_environment_is_chosen() {
    let start = r#"
      (drop (call $environ_sizes_get (i32.const 16) (i32.const 20)))
      (drop (call $environ_get (i32.const 1024) (i32.const 2048)))
      (drop (call $write (i32.const 1) (i32.load (i32.const 1028)) (i32.const 3)))"#;
    let module = module("", start);
    let node = Node {
        env: vec!["A=1".to_owned()],
        ..node(&module)
    };
    assert_eq!(run_node(&node, "{init}\n").lines(), ["A=1"]);
}
