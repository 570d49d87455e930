//! Rot: files whose bytes are changed in any way give what was written, an earlier state of it, or
//! an error; never anything else.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use super::{Command, Disk, Files};
use crate::Rng;

/// What was written to a disk, and what may be found of it.
struct Written {
    files: Files,
    /// What the log held since its file is this one.
    states: Vec<Vec<String>>,
    record: u64,
}

fn disk(files: Files) -> Disk {
    Disk::new(&"n1".into(), Some(Box::new(move |_| Ok(files))))
}

fn write(rng: &Rng) -> Written {
    let disk = disk(Files::new());
    let mut files = Files::new();
    let (log, mut entries) = disk.log::<String>("entries");
    let record = disk.record::<u64>("number");
    let mut states = vec![Vec::new()];
    for number in 0..5 + rng.below(40) {
        match rng.below(20) {
            0 => {
                entries = entries.split_off(rng.below(entries.len() as u64 + 1) as usize);
                log.rewrite(&entries);
                states = vec![Vec::new()];
            }
            1 => {
                entries.truncate(rng.below(entries.len() as u64 + 1) as usize);
                log.cut(entries.len());
            }
            _ => {
                let entry = format!("{number}{}", "x".repeat(rng.below(50) as usize));
                log.append(&entry);
                entries.push(entry);
            }
        }
        states.push(entries.clone());
        record.set(&number);
        let mut sync = pin!(disk.sync());
        if rng.chance(0.5) {
            let _ = sync.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
        for command in disk.take_commands() {
            command.apply(&mut files);
            if command == Command::Sync {
                disk.synced();
            }
        }
    }
    Written {
        files,
        states,
        record: record.get().expect("it was set"),
    }
}

/// Changes some bytes, as media and people do.
fn corrupt(rng: &Rng, file: &mut Vec<u8>) {
    let len = file.len() as u64;
    let place = || rng.below(len) as usize;
    match rng.below(5) {
        0 => (0..=rng.below(4)).for_each(|_| file[place()] ^= 1 << rng.below(8)),
        1 => file.truncate(place()),
        2 | 3 => {
            let start = place();
            let end = file.len().min(start + 1 + rng.below(200) as usize);
            let noise = rng.chance(0.5);
            for byte in &mut file[start..end] {
                *byte = if noise { rng.u64() as u8 } else { 0 };
            }
        }
        _ => {
            // Blocks that have changed places, or one that is there twice.
            let block = 1 + rng.below(128.min(len)) as usize;
            let blocks = file.len() / block;
            let start = || block * rng.below(blocks as u64) as usize;
            let (from, to) = (start(), start());
            let moved = file[from..from + block].to_vec();
            if rng.chance(0.5) {
                file.copy_within(to..to + block, from);
            }
            file[to..to + block].copy_from_slice(&moved);
        }
    }
}

#[test]
fn no_corruption_gives_other_data() {
    let (mut clean, mut errors, mut cuts) = (0, 0, 0);
    for seed in 0..10_000 {
        let rng = Rng::new(seed);
        let written = write(&rng);
        let mut files = written.files.clone();
        for file in files.values_mut() {
            if !file.is_empty() {
                corrupt(&rng, file);
            }
        }
        let [log_file, record_file] = ["entries.log", "number.record"]
            .map(|name| (files[name].clone(), &written.files[name]));

        let log_disk = disk(files.clone());
        let (_, entries) = log_disk.log::<String>("entries");
        let was_there = written.states.contains(&entries);
        match log_disk.failure() {
            Some(_) => errors += 1,
            None if was_there => cuts += usize::from(Some(&entries) != written.states.last()),
            None => panic!("seed {seed}: {entries:?}"),
        }
        clean += usize::from(log_file.0 == *log_file.1);

        let record_disk = disk(files);
        let number = record_disk.record::<u64>("number").get();
        match (record_disk.failure(), record_file.0.is_empty()) {
            (Some(_), false) | (None, true) => assert_eq!(number, None, "seed {seed}"),
            (None, false) => {
                assert_eq!(record_file.0, *record_file.1, "seed {seed}");
                assert_eq!(number, Some(written.record), "seed {seed}");
            }
            (Some(why), true) => panic!("seed {seed}: an empty record has no value: {why}"),
        }
    }
    // All of it happens, and most is found out.
    assert!(clean < 1_000, "{clean} logs were not changed");
    assert!(errors > 3_000 && cuts > 1_000, "{errors}, {cuts}");
}

#[test]
fn an_error_says_where_why_and_what_to_do() {
    let written = write(&Rng::new(1));
    let mut files = written.files;
    files.get_mut("entries.log").expect("it is there")[30] ^= 1;
    let disk = disk(files);
    let (log, entries) = disk.log::<String>("entries");
    assert!(log.is_empty() && entries.is_empty());
    let failure = disk.failure().expect("it is damaged");
    let said = "entries.log is damaged at byte 0: expected a frame that has the checksum which";
    assert!(failure.starts_with(said), "{failure}");
}

#[test]
fn what_another_program_wrote_is_no_entry() {
    let mut files = Files::new();
    let first = disk(Files::new());
    first.log::<String>("entries").0.append(&"text".to_owned());
    first.record::<String>("number").set(&"text".to_owned());
    for command in first.take_commands() {
        command.apply(&mut files);
    }
    let second = disk(files.clone());
    second.log::<u64>("entries");
    assert_eq!(
        second.failure(),
        Some(
            "entries.log holds something else at byte 0: expected u64 as JSON: invalid type: string \
             \"text\", expected u64 at line 1 column 6. Was it written by another version of the program?"
        )
    );
    let third = disk(files);
    assert_eq!(third.record::<u64>("number").get(), None);
    let failure = third.failure().expect("it is no number");
    let said = "number.record holds something else at byte 0";
    assert!(failure.starts_with(said), "{failure}");
}

#[test]
#[should_panic(
    expected = "expected the name of a log, 1 to 64 of a to z, 0 to 9 and -, found \"../up\""
)]
fn a_name_is_plain() {
    disk(Files::new()).log::<u64>("../up");
}

#[test]
#[should_panic(expected = "expected that the record \"term\" is opened once")]
fn a_record_is_opened_once() {
    let disk = disk(Files::new());
    disk.log::<u64>("term");
    disk.record::<u64>("term");
    disk.record::<u64>("term");
}
