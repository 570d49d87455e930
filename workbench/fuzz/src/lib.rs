//! What the workbench makes of whatever bytes it is given. It may refuse them; it may not
//! panic, hang or fill the memory, and what it reads it must be able to write and to read
//! again. A target each for the formats (`edn`, `json`, `text`, `fressian`, `store`, `gzip`),
//! for schedules and messages (`schedule`, `wire`), for what is made of a history that was read
//! (`check`, `models`), and for what `workbench serve` is asked (`http`).

use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::OnceLock;

use history::History;
use history::read::{Found, read_bytes};
use picture::proof;
use simulation::judge;
use simulation::recording::Recording;
use simulation::schedule::Schedule;
use simulation::wire::Envelope;
use verdict::{Checked, Rules, models};
use workloads::guess::guess;
use workloads::{Options, Registry};

/// Reads a history of any format. What is read is written, and read again.
pub fn read(bytes: &[u8]) -> Option<History> {
    let Found { history, .. } = read_bytes(bytes).ok()?;
    let mut written = Vec::new();
    history.write_edn(&mut written).expect("memory takes it");
    let text = String::from_utf8(written).expect("EDN is text");
    let again = History::read(&text).unwrap_or_else(|e| panic!("{e} of\n{text}"));
    assert_eq!(again.ops().len(), history.ops().len(), "{text}");
    Some(history)
}

/// The same of a `test.jepsen`, with the checksums that its blocks should have: no fuzzer
/// guesses those.
pub fn store(bytes: &[u8]) {
    let mut mended = b"JEPSEN".to_vec();
    mended.extend_from_slice(bytes.get(6..).unwrap_or_default());
    let mut at = 18;
    while let Some(header) = mended.get(at..at + 28) {
        let length = u64::from_be_bytes(std::array::from_fn(|i| header[i]));
        let Some(end) = at.checked_add(length as usize).filter(|_| length >= 28) else {
            break;
        };
        let Some(data) = mended.get(at + 28..end) else {
            break;
        };
        let mut crc = crc32fast::Hasher::new();
        crc.update(data);
        crc.update(&header[..8]);
        crc.update(&[0; 4]);
        crc.update(&header[12..14]);
        crc.update(&[0; 14]);
        mended[at + 8..at + 12].copy_from_slice(&crc.finalize().to_be_bytes());
        at = end;
    }
    read(&mended);
}

/// What `workbench check` does: the kind is guessed, the history judged, the results
/// printed and the proofs drawn.
pub fn check(bytes: &[u8]) {
    let Some(history) = read(bytes) else { return };
    let checked = match (guess(&history), models::guess(&history)) {
        (Some(guess), _) => {
            let workloads = Registry::default();
            let workload = workloads.find(guess.workload, &Options::default());
            let workload = workload.expect("what is guessed is known");
            judge::history(&*workload, &history, None, Rules::Sound)
        }
        (None, Some((model, _))) => model.check(&history, &models::Options::default()),
        (None, None) => return,
    };
    show(&history, &checked);
}

/// A history against the model that its last byte says.
pub fn model(bytes: &[u8]) {
    let Some((last, bytes)) = bytes.split_last() else {
        return;
    };
    let Some(history) = read(bytes) else { return };
    let model = &models::ALL[usize::from(*last) % models::ALL.len()];
    let checked = model.check(&history, &models::Options::default());
    show(&history, &checked);
}

fn show(history: &History, checked: &Checked) {
    checked.results.pretty();
    checked.results.to_json();
    proof::drawings(history, &checked.findings, None);
}

/// A `schedule.jsonl`: one that is read is written as lines that say the same.
pub fn schedule(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(schedule) = text.parse::<Schedule>() else { return };
    let written = schedule.to_string();
    let again: Schedule = written.parse().unwrap_or_else(|e| panic!("{e} of\n{written}"));
    assert_eq!(again.to_string(), written);
}

/// A message of a node, and the lines of `messages.jsonl` and `events.jsonl`, of which a page
/// is made.
pub fn wire(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Envelope::parse(text);
    let mut recording = Recording::read_messages(text).unwrap_or_default();
    let _ = recording.read_events(text);
    let _ = cause::find(&[], &History::default(), &recording);
}

/// What lies beside the store, and must not come out of it.
const SECRET: &str = "this is beside the store";

/// A store with a run in it, and a link that leads out of it; made once.
fn served() -> &'static PathBuf {
    static STORE: OnceLock<PathBuf> = OnceLock::new();
    STORE.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("workbench-fuzz-{}", std::process::id()));
        let store = folder.join("store");
        fs::create_dir_all(store.join("echo/1")).expect("a folder");
        fs::write(store.join("echo/1/index.html"), "a run").expect("a file");
        fs::write(folder.join("secret"), SECRET).expect("a file");
        let _ = std::os::unix::fs::symlink(folder.join("secret"), store.join("out"));
        store
    })
}

/// Gives bytes in pieces of this size.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let size = self.1.min(into.len());
        self.0.read(&mut into[..size])
    }
}

/// A request, however it is cut into pieces: it is answered, and with nothing from beside the
/// store.
pub fn http(bytes: &[u8]) {
    let ask = |size| {
        let mut answer = Vec::new();
        let asked = serve::exchange(served(), &mut Pieces(bytes, size), &mut answer);
        assert_eq!(asked.expect("memory takes it"), !bytes.is_empty());
        let text = String::from_utf8_lossy(&answer).into_owned();
        assert!(bytes.is_empty() || text.starts_with("HTTP/1.1 "), "{text}");
        assert!(!text.contains(SECRET), "{text}");
        text.starts_with("HTTP/1.1 200 ")
    };
    assert_eq!(ask(usize::MAX), ask(7));
}
