//! A module around a few lines of text, and its transcript.

use std::cell::RefCell;
use std::io::{self, BufReader, Cursor, Write};
use std::rc::Rc;
use std::time::Duration;

use workbench_wasi::{Engine, Node, Outcome};

/// How many instructions a turn may have.
pub(crate) const FUEL: u64 = 20_000_000_000;

/// What every module here has: the calls, memory, and ways to say a number on stdout.
const PRELUDE: &str = r#"
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_res_get" (func $clock_res_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_advise" (func $fd_advise (param i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_allocate" (func $fd_allocate (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_sync" (func $fd_sync (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_datasync" (func $fd_datasync (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $fd_fdstat_set_flags (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_rights" (func $fd_fdstat_set_rights (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_get" (func $fd_filestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $fd_filestat_set_size (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_times" (func $fd_filestat_set_times (param i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func $fd_pread (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $fd_prestat_dir_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func $fd_pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $fd_renumber (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_tell" (func $fd_tell (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $path_create_directory (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_set_times" (func $path_filestat_set_times (param i32 i32 i32 i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_link" (func $path_link (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_readlink" (func $path_readlink (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_remove_directory" (func $path_remove_directory (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename" (func $path_rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink" (func $path_symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $path_unlink_file (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "proc_raise" (func $proc_raise (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $sock_accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_shutdown" (func $sock_shutdown (param i32 i32) (result i32)))
  (memory (export "memory") 1)

  ;; Writes bytes to a descriptor; the vector stands at 0, what was written at 8.
  (func $write (param $fd i32) (param $at i32) (param $len i32) (result i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $len))
    (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
  ;; Reads them, and gives how many, or the error with its sign changed.
  (func $read (param $fd i32) (param $at i32) (param $len i32) (result i32) (local $errno i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $len))
    (local.set $errno (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
    (if (local.get $errno) (then (return (i32.sub (i32.const 0) (local.get $errno)))))
    (i32.load (i32.const 8)))
  ;; Says a number on a line of its own: its digits are written downwards from 64.
  (func $say64 (param $n i64) (local $at i32)
    (local.set $at (i32.const 63))
    (i32.store8 (i32.const 63) (i32.const 10))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $n) (i64.const 10)))))
      (local.set $n (i64.div_u (local.get $n) (i64.const 10)))
      (br_if $digit (i64.ne (local.get $n) (i64.const 0))))
    (drop (call $write (i32.const 1) (local.get $at) (i32.sub (i32.const 64) (local.get $at)))))
  (func $say (param $n i32)
    (if (i32.lt_s (local.get $n) (i32.const 0))
      (then (drop (call $write (i32.const 1) (i32.const 64) (i32.const 1)))
        (local.set $n (i32.sub (i32.const 0) (local.get $n)))))
    (call $say64 (i64.extend_i32_u (local.get $n))))
  (data (i32.const 64) "-")
  ;; Opens a file of the folder, and gives its descriptor, or the error with its sign changed.
  (func $open (param $at i32) (param $len i32) (param $how i32) (param $flags i32) (result i32)
    (local $errno i32)
    (local.set $errno (call $path_open (i32.const 3) (i32.const 0) (local.get $at)
      (local.get $len) (local.get $how) (i64.const -1) (i64.const -1) (local.get $flags) (i32.const 12)))
    (if (local.get $errno) (then (return (i32.sub (i32.const 0) (local.get $errno)))))
    (i32.load (i32.const 12)))
  ;; Waits until this time from now.
  (func $sleep (param $nanos i64)
    (memory.fill (i32.const 16) (i32.const 0) (i32.const 16))
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 48))
    (i32.store (i32.const 1040) (i32.const 1))
    (i64.store (i32.const 1048) (local.get $nanos))
    (drop (call $poll_oneoff (i32.const 1024) (i32.const 1100) (i32.const 1) (i32.const 8))))
"#;

/// The module: what `_start` does, in text. From 128 on it has these bytes, from 2048 on memory.
pub(crate) fn module(data: &str, start: &str) -> Vec<u8> {
    module_with("", data, start)
}

/// The same, with more in it.
pub(crate) fn module_with(more: &str, data: &str, start: &str) -> Vec<u8> {
    let text = format!(
        "(module {PRELUDE} {more} (data (i32.const 128) \"{data}\") (func (export \"_start\") {start}))"
    );
    wat::parse_str(&text).unwrap_or_else(|e| panic!("{e}"))
}

/// What came of a node.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) outcome: Result<Outcome, String>,
    /// What it said to the workbench.
    pub(crate) said: String,
    /// Its log.
    pub(crate) log: String,
}

impl Ran {
    /// What is the same whatever the engine is: not how many instructions there were, which each
    /// counts otherwise, nor the calls that led to a trap, nor why a module is refused.
    fn comparable(&self) -> (Result<(u32, u64), &str>, &str, Vec<&str>) {
        let outcome = self.outcome.as_ref();
        let log = self
            .log
            .split("workbench-wasi: ")
            .next()
            .unwrap_or_default();
        let log = log.lines().filter(|line| !line.starts_with("    in "));
        (
            outcome
                .map(|outcome| (outcome.code, outcome.messages))
                .map_err(|why| why.split(':').next().unwrap_or(why)),
            &self.said,
            log.collect(),
        )
    }

    fn is_out_of_fuel(&self) -> bool {
        self.log.contains("a turn without end")
    }

    /// Without the first line, `= lockstep`.
    pub(crate) fn lines(&self) -> Vec<&str> {
        let mut lines = self.said.lines();
        assert_eq!(lines.next(), Some("= lockstep"));
        lines.collect()
    }
}

/// Runs a module that is told these lines, with seed 7.
pub(crate) fn told(module: &[u8], lines: &str) -> Ran {
    run(module, lines, &[], 7, FUEL)
}

pub(crate) fn run(module: &[u8], lines: &str, args: &[&str], seed: u64, fuel: u64) -> Ran {
    let args = ["node.wasm"].iter().chain(args);
    let node = Node {
        args: args.map(|arg| (*arg).to_owned()).collect(),
        seed,
        fuel,
        ..node(module)
    };
    run_node(&node, lines)
}

/// A node that runs this module.
pub(crate) fn node(module: &[u8]) -> Node<'_> {
    Node {
        module,
        args: vec![],
        env: vec![],
        folders: vec![],
        seed: 7,
        started_at: Duration::ZERO,
        fuel: FUEL,
        engine: Engine::Interpreted,
    }
}

/// Those that there are here, the default one first.
pub(crate) fn engines() -> Vec<Engine> {
    vec![
        Engine::Interpreted,
        #[cfg(feature = "compiled")]
        Engine::Compiled { kept: None },
    ]
}

/// Runs it by each engine, which has to come to the same.
pub(crate) fn run_node(node: &Node<'_>, lines: &str) -> Ran {
    let engines = engines().into_iter();
    let mut all = engines.map(|engine| {
        run_by(
            &Node {
                engine,
                ..node.clone()
            },
            lines,
        )
    });
    let first = all.next().unwrap();
    for other in all {
        // When the fuel is out depends on the engine.
        if !first.is_out_of_fuel() && !other.is_out_of_fuel() {
            assert_eq!(first.comparable(), other.comparable());
        }
    }
    first
}

/// Runs it by its engine.
pub(crate) fn run_by(node: &Node<'_>, lines: &str) -> Ran {
    let (said, log) = (Pipe::default(), Pipe::default());
    let input = BufReader::new(Cursor::new(lines.as_bytes().to_vec()));
    let outcome = node.clone().run(
        Box::new(input),
        Box::new(said.clone()),
        Box::new(log.clone()),
    );
    Ran {
        outcome,
        said: said.text(),
        log: log.text(),
    }
}

#[derive(Clone, Default)]
struct Pipe(Rc<RefCell<Vec<u8>>>);

impl Pipe {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.borrow()).into_owned()
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
