//! Requests with something changed, over and over: each is answered, and with nothing from beside
//! the store. `../fuzz` goes on with it for longer.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rng::Rng;

use crate::Store;

/// The seeds of the fuzzer.
fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/http");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// One of them with a few bytes changed, left out, doubled, or from another one.
fn mutated(rng: &Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let pick = |rng: &Rng| rng.choose(seeds).unwrap();
    let mut bytes = pick(rng).clone();
    for _ in 0..rng.below(4) {
        let at = rng.below(bytes.len() as u64 + 1) as usize;
        let end = (at + 1 + rng.below(8) as usize).min(bytes.len());
        match rng.below(4) {
            0 if at < end => bytes[at] = rng.below(256) as u8,
            1 => drop(bytes.drain(at..end)),
            2 => {
                let twice = bytes[at..end].repeat(1 + rng.below(3000) as usize);
                bytes.splice(at..end, twice);
            }
            _ => {
                let other = pick(rng);
                let from = rng.below(other.len() as u64) as usize;
                bytes.splice(at..end, other[from..].iter().copied());
            }
        }
    }
    bytes
}

#[test]
fn whatever_is_asked_is_answered_from_the_store_alone() {
    let folder = Store::folder();
    let root = folder.path().join("store");
    let (rng, seeds) = (Rng::new(5), seeds());
    assert_eq!(seeds.len(), 6);
    let mut statuses: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..5000 {
        let request = mutated(&rng, &seeds);
        let mut answer = Vec::new();
        let asked = serve::exchange(&root, &mut &*request, &mut answer).unwrap();
        assert_eq!(asked, !request.is_empty());
        if !asked {
            continue;
        }
        let answer = String::from_utf8_lossy(&answer);
        let shown = String::from_utf8_lossy(&request);
        assert!(!answer.contains("a secret"), "{shown}: {answer}");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.strip_prefix("HTTP/1.1 ").unwrap().get(..3).unwrap();
        *statuses.entry(status.to_owned()).or_default() += 1;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "));
        let is_whole = body.is_empty() || length == Some(&*body.len().to_string());
        assert!(is_whole, "{shown}: {answer}");
    }
    let seen: Vec<&str> = statuses.keys().map(String::as_str).collect();
    assert_eq!(
        seen,
        ["200", "400", "403", "404", "405", "414", "421", "431"],
        "{statuses:?}"
    );
}
