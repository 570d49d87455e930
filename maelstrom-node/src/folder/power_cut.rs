//! Power cuts: the folder on a file system that loses what was not synced, in every way that a
//! real one may.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::task::{Context, Waker};

use super::Folder;
use super::files::FileSystem;
use crate::Rng;
use crate::disk::{Command, Disk};

/// How much a medium writes at one stroke, in bytes. Real ones write more: this tears more.
const SECTOR: usize = 16;

/// A folder in memory that knows what of it is durable, and dies after so many operations.
struct Forgetful {
    /// What files hold, and what of that is durable, whatever their names.
    contents: Vec<(Vec<u8>, Vec<u8>)>,
    /// Which of them each name is of.
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    /// What was done to names since: `None` if one was removed.
    changes: Vec<Vec<(String, Option<usize>)>>,
    operations_left: u64,
    rng: Rng,
}

impl Forgetful {
    fn new(rng: Rng) -> Self {
        Forgetful {
            contents: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            changes: Vec::new(),
            operations_left: u64::MAX,
            rng,
        }
    }

    /// The power is gone, and comes back.
    fn cut_power(mut self) -> Self {
        let mut after = Forgetful::new(self.rng.fork());
        // Any of the changes may be there or not, each wholly.
        for change in std::mem::take(&mut self.changes) {
            if self.rng.chance(0.5) {
                apply(&mut self.durable_names, change);
            }
        }
        for (name, content) in &self.durable_names {
            let content = self.left(*content);
            (after.names).insert(name.clone(), after.contents.len());
            after.contents.push((content.clone(), content));
        }
        after.durable_names = after.names.clone();
        after
    }

    /// What is left of a file: its length from before or after, or between; each sector as it was
    /// before or is after, or zeros if there was none.
    fn left(&self, content: usize) -> Vec<u8> {
        let (now, durable) = &self.contents[content];
        let (shorter, longer) = match now.len() < durable.len() {
            true => (now.len(), durable.len()),
            false => (durable.len(), now.len()),
        };
        let len = match self.rng.below(3) {
            0 => shorter,
            1 => longer,
            _ => self.rng.range(shorter as u64..longer as u64 + 1) as usize,
        };
        let mut left = durable.clone();
        left.resize(len, 0);
        let loss = self.rng.f64();
        for (number, sector) in left.chunks_mut(SECTOR).enumerate() {
            if let Some(written) = now.get(number * SECTOR..)
                && !self.rng.chance(loss)
            {
                let len = sector.len().min(written.len());
                sector[..len].copy_from_slice(&written[..len]);
            }
        }
        left
    }

    fn operation(&mut self) -> io::Result<()> {
        match self.operations_left.checked_sub(1) {
            Some(left) => self.operations_left = left,
            None => return Err(io::Error::other("the power is gone")),
        }
        Ok(())
    }

    fn change(&mut self, change: Vec<(String, Option<usize>)>) {
        apply(&mut self.names, change.clone());
        self.changes.push(change);
    }

    fn make(&mut self, name: &str) -> usize {
        self.contents.push((Vec::new(), Vec::new()));
        let content = self.contents.len() - 1;
        self.change(vec![(name.to_owned(), Some(content))]);
        content
    }
}

fn apply(names: &mut BTreeMap<String, usize>, change: Vec<(String, Option<usize>)>) {
    for (name, content) in change {
        match content {
            Some(content) => names.insert(name, content),
            None => names.remove(&name),
        };
    }
}

impl FileSystem for Forgetful {
    fn list(&mut self) -> io::Result<Vec<String>> {
        Ok(self.names.keys().cloned().collect())
    }

    fn read(&mut self, name: &str) -> io::Result<Vec<u8>> {
        Ok(self.contents[self.names[name]].0.clone())
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let content = match self.names.get(name) {
            Some(content) => *content,
            None => self.make(name),
        };
        let content = &mut self.contents[content].0;
        content.extend_from_slice(bytes);
        self.operation()
    }

    fn truncate(&mut self, name: &str, len: u64) -> io::Result<()> {
        self.contents[self.names[name]].0.truncate(len as usize);
        self.operation()
    }

    fn create(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let content = self.make(name);
        self.contents[content].0 = bytes.to_vec();
        self.operation()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let content = self.names[from];
        self.change(vec![
            (to.to_owned(), Some(content)),
            (from.to_owned(), None),
        ]);
        self.operation()
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.change(vec![(name.to_owned(), None)]);
        self.operation()
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        self.operation()?;
        let (now, durable) = &mut self.contents[self.names[name]];
        durable.clone_from(now);
        Ok(())
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        self.operation()?;
        self.durable_names = self.names.clone();
        self.changes.clear();
        Ok(())
    }
}

/// What was held, first to last, and from when on it was promised.
struct Promised<T> {
    states: Vec<T>,
    durable: usize,
}

impl<T: PartialEq + std::fmt::Debug> Promised<T> {
    fn new(state: T) -> Self {
        Promised {
            states: vec![state],
            durable: 0,
        }
    }

    #[track_caller]
    fn holds(&self, found: &T, seed: u64) {
        let allowed = &self.states[self.durable..];
        assert!(
            allowed.contains(found),
            "seed {seed}: {found:?} is none of {allowed:?}"
        );
    }

    fn last(&self) -> &T {
        self.states.last().expect("there is one at least")
    }
}

/// A disk in several lives, each of which ends with a power cut between any two operations.
fn lives(seed: u64) -> usize {
    let rng = Rng::new(seed);
    let mut files = Forgetful::new(rng.fork());
    let mut log_states = Promised::new(Vec::<String>::new());
    let mut record_states = Promised::new(None::<u64>);
    let mut survived = 0;
    let mut next = 0;
    for _life in 0..4 {
        let (mut folder, found) = Folder::open(files).expect("the power is there");
        let disk = Disk::new(&"n1".into(), Some(Box::new(move |_| Ok(found))));
        let (log, entries) = disk.log::<String>("entries");
        let record = disk.record::<u64>("number");
        assert_eq!(disk.failure(), None, "seed {seed}");
        log_states.holds(&entries, seed);
        record_states.holds(&record.get(), seed);
        survived += entries.len();
        log_states = Promised::new(entries);
        record_states = Promised::new(record.get());

        folder.files.operations_left = rng.below(40);
        // A sync is done, but the node has not heard of it.
        let mut is_unheard = false;
        let mut waiting = Vec::new();
        'life: loop {
            next += 1;
            let mut entries = log_states.last().clone();
            match rng.below(10) {
                0..6 => {
                    let entry = format!("{next}{}", "x".repeat(rng.below(60) as usize));
                    log.append(&entry);
                    entries.push(entry);
                }
                6 => {
                    entries.truncate(rng.below(entries.len() as u64 + 1) as usize);
                    log.cut(entries.len());
                }
                7 => {
                    entries = entries.split_off(rng.below(entries.len() as u64 + 1) as usize);
                    log.rewrite(&entries);
                }
                _ => {
                    record.set(&next);
                    record_states.states.push(Some(next));
                }
            }
            log_states.states.push(entries);

            if rng.chance(0.3) {
                let [log, record] = [log_states.states.len(), record_states.states.len()];
                waiting.push((Box::pin(disk.sync()), log - 1, record - 1));
            }
            waiting.retain_mut(|(sync, log, record)| {
                let mut context = Context::from_waker(Waker::noop());
                let is_done = sync.as_mut().poll(&mut context).is_ready();
                if is_done {
                    (log_states.durable, record_states.durable) = (*log, *record);
                }
                !is_done
            });
            for command in disk.take_commands() {
                is_unheard |= command == Command::Sync;
                if folder.run(command).is_err() {
                    break 'life;
                }
            }
            if is_unheard && rng.chance(0.5) {
                is_unheard = false;
                disk.synced();
            }
        }
        files = folder.files.cut_power();
    }
    survived
}

#[test]
fn a_power_cut_takes_nothing_that_was_synced() {
    let survived: usize = (0..3_000).map(lives).sum();
    // Not for want of anything that could be lost.
    assert!(survived > 10_000, "{survived} entries survived");
}
