//! The small files that a fuzzer begins with, `fuzz/seeds` beside this crate: all are read,
//! and whatever becomes of them is read or refused.

use std::fs;
use std::path::Path;

use history::History;
use history::read::{Place, read_bytes};
use rng::Rng;

use crate::writer::mend;

/// The seeds of a format.
fn seeds(format: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    let files = fs::read_dir(folder.join(format)).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

const FORMATS: [&str; 7] = ["check", "edn", "fressian", "gzip", "json", "store", "text"];

#[test]
fn all_are_histories() {
    for format in FORMATS {
        let seeds = seeds(format);
        assert!(!seeds.is_empty(), "{format}");
        for (i, seed) in seeds.iter().enumerate() {
            assert!(seed.len() < 4096, "{format} {i}: {}", seed.len());
            let found = read_bytes(seed).unwrap_or_else(|e| panic!("{format} {i}: {e}"));
            assert!(!found.history.ops().is_empty(), "{format} {i}");
        }
    }
}

/// Bytes with some of them changed, taken away, doubled, or from elsewhere.
fn mutated(rng: &Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = rng.choose(seeds).unwrap().clone();
    for _ in 0..rng.below(4) + 1 {
        let at = rng.below(bytes.len() as u64 + 1) as usize;
        let until = (at + rng.below(20) as usize).min(bytes.len());
        match rng.below(7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..until)),
            2 => {
                let copy = bytes[at..until].to_vec();
                let to = rng.below(bytes.len() as u64 + 1) as usize;
                drop(bytes.splice(to..to, copy));
            }
            3 => {
                let other = rng.choose(seeds).unwrap();
                let from = rng.below(other.len() as u64) as usize;
                let piece = &other[from..(from + 30).min(other.len())];
                drop(bytes.splice(at..at, piece.iter().copied()));
            }
            4 => bytes.insert(at, rng.u64() as u8),
            _ => bytes[at..until].iter_mut().take(2).for_each(|byte| {
                *byte = match rng.below(3) {
                    0 => rng.u64() as u8,
                    1 => byte.wrapping_add(1),
                    _ => *byte ^ (1 << rng.below(8)),
                }
            }),
        }
    }
    bytes
}

#[test]
fn whatever_becomes_of_them_is_read_or_refused() {
    let rng = Rng::new(7);
    for format in FORMATS {
        let seeds = seeds(format);
        let (mut read, mut refused) = (0, 0);
        for i in 0..3000 {
            let mut bytes = mutated(&rng, &seeds);
            if format == "store" && i % 8 > 0 {
                // Else few get past the checksums.
                mend(&mut bytes);
            }
            match read_bytes(&bytes) {
                Ok(found) => {
                    read += 1;
                    // What was read is written, and read again.
                    let mut written = Vec::new();
                    found.history.write_edn(&mut written).unwrap();
                    let again = History::read(&String::from_utf8(written).unwrap());
                    assert!(again.is_ok(), "{again:?} of {bytes:x?}");
                }
                Err(e) => {
                    refused += 1;
                    let most = bytes.len().max(1);
                    let is_there = match e.place {
                        Place::Line(line) => line >= 1,
                        Place::Byte(byte) => byte <= most,
                        // An index may say that a block is anywhere.
                        Place::Block { byte, .. } => {
                            byte <= most || e.to_string().contains("the end of the file")
                        }
                    };
                    assert!(is_there, "{e} of {bytes:x?}");
                }
            }
        }
        assert!(refused > 200, "{format}: {read}, {refused}");
        assert!(read > 50 || format == "gzip", "{format}: {read}, {refused}");
    }
}
