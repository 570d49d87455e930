//! Modules that ask for anything: none of them crashes their host, or goes on without end.

use rng::Rng;

use workbench_wasi::Node;

use crate::module::{engines, module, node, run, run_by};

/// The calls, with the widths of their arguments.
const CALLS: [(&str, &str); 42] = [
    ("args_sizes_get", "ii"),
    ("args_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("environ_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "ili"),
    ("fd_advise", "illi"),
    ("fd_allocate", "ill"),
    ("fd_close", "i"),
    ("fd_sync", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "ill"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "il"),
    ("fd_filestat_set_times", "illi"),
    ("fd_pread", "iiili"),
    ("fd_prestat_get", "ii"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_pwrite", "iiili"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiili"),
    ("fd_renumber", "ii"),
    ("fd_seek", "ilii"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiilli"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiillii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("random_get", "ii"),
    ("sched_yield", ""),
    ("sock_accept", "iii"),
    ("sock_shutdown", "ii"),
];

/// A number as programs use them, or none that makes sense.
fn number(rng: &Rng) -> i64 {
    match rng.below(8) {
        0..4 => rng.below(6) as i64,
        4 => 128 + rng.below(20) as i64,
        5 => 1024 + rng.below(64) as i64 * 8,
        6 => 65_536 - rng.below(64) as i64,
        _ => rng.u64() as i64,
    }
}

fn call(rng: &Rng) -> String {
    let (name, arguments) = *rng.choose(&CALLS).unwrap_or(&CALLS[0]);
    let mut text = format!("(call ${name}");
    for argument in arguments.chars() {
        match argument {
            'i' => text += &format!(" (i32.const {})", number(rng) as i32),
            _ => text += &format!(" (i64.const {})", number(rng)),
        }
    }
    text + ")"
}

#[test]
fn whatever_a_module_asks_for_it_ends_and_the_same_way_again() {
    let rng = Rng::new(1);
    let mut succeeded = 0;
    let mut calls = 0;
    for _ in 0..300 {
        let start: String = (0..60)
            .map(|_| format!("(call $say {})\n", call(&rng)))
            .collect();
        let module = module("abc/d.log../../x\\00\\ff", &start);
        let lines: String = (1..30)
            .map(|i| format!("{} {{}}\n", i * 1_000_000))
            .collect();
        let lines = format!("{{init}}\n{lines}");
        let ran = run(&module, &lines, &[], 7, 1_000_000);
        let numbers = ran
            .lines()
            .into_iter()
            .filter_map(|line| line.parse::<u32>().ok());
        for errno in numbers {
            calls += 1;
            succeeded += u64::from(errno == 0);
        }
        assert!(ran.outcome.is_ok(), "{ran:?}\n{start}");
        assert!(!ran.log.contains("trap"), "{ran:?}\n{start}");
        let again = run(&module, &lines, &[], 7, 1_000_000);
        assert_eq!((ran.said, ran.log), (again.said, again.log), "{start}");
    }
    assert!(
        calls > 3_000 && succeeded > 500,
        "{calls} calls, {succeeded} succeeded"
    );
}

/// A module with a few bytes that are not as they were is refused, or does something; it never
/// takes its host with it.
#[test]
fn a_damaged_module_is_refused_or_ends() {
    let rng = Rng::new(2);
    let sound = module(
        "hello\\n",
        "(loop $l (call $say (call $read (i32.const 0) (i32.const 2048) (i32.const 9))) (br_if $l (i32.load (i32.const 8))))",
    );
    let (mut refused, mut ended) = (0, 0);
    for _ in 0..2_000 {
        let mut damaged = sound.clone();
        for _ in 0..=rng.below(3) {
            let at = rng.below(damaged.len() as u64) as usize;
            damaged[at] = rng.u64() as u8;
        }
        // Not the same by each engine: one looks at a function only when it is called.
        for engine in engines() {
            let node = Node {
                fuel: 100_000,
                engine,
                ..node(&damaged)
            };
            match run_by(&node, "{init}\n1 {}\n2 {}\n").outcome {
                Ok(_) => ended += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(
        refused > 200 && ended > 200,
        "{refused} refused, {ended} ended"
    );
}
