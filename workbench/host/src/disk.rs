//! A node's disk: what it has promised to keep, what it may lose, and when it fails.
//!
//! A disk takes [`Command`]s at once and keeps none of them for sure until a
//! [`Command::Sync`] is done, which costs time. When the node is killed, what came after
//! the last sync is lost, wholly or in part; which part is drawn, file by file:
//!
//! - nothing of it is there, or all of it;
//! - it is there up to some byte, and was torn there;
//! - some of its sectors are there, and zeros in the place of the others.
//!
//! A whole file that takes the place of another ([`Command::Replace`]) is there or is
//! not. What a disk keeps and what it loses, once it is told to fail, says [`Health`].

use std::collections::BTreeMap;
use std::time::Duration;

use maelstrom_node::Rng;
use maelstrom_node::disk::{Command, Files};
use serde::{Deserialize, Serialize};

/// What is lost or kept as a whole when not all of a file's end was written, in bytes.
const SECTOR: usize = 512;

/// How fast disks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long a sync takes on average: uniform from half of that to one and a half
    /// times.
    pub sync: Duration,
}

impl Default for Config {
    /// A good one: a sync takes a millisecond.
    fn default() -> Self {
        Config {
            sync: Duration::from_millis(1),
        }
    }
}

/// What is wrong with a disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// Nothing.
    #[default]
    Well,
    /// A sync takes 50 to 500 milliseconds.
    Slow,
    /// There is no space left: syncs fail, since there is something to be written.
    Full,
    /// Syncs fail, and nobody knows why.
    Failing,
    /// It says that a sync is done, and keeps nothing of it. No node can keep a promise on
    /// such a disk.
    Lying,
}

/// A disk, and all that is on it.
#[derive(Debug)]
pub(super) struct Disk {
    config: Config,
    health: Health,
    rng: Rng,
    /// What survives whatever comes.
    kept: Files,
    /// What was done since, of which only [`Command::Sync`] is left out.
    open: Vec<Command>,
    sync: Option<Sync>,
}

/// A sync that is under way.
#[derive(Clone, Copy, Debug)]
struct Sync {
    done: Duration,
    /// How many of the open commands it is about.
    covers: usize,
}

impl Disk {
    /// An empty one; what is drawn follows from the seed.
    pub(super) fn new(config: Config, seed: u64) -> Self {
        Disk {
            config,
            health: Health::Well,
            rng: Rng::new(seed),
            kept: Files::new(),
            open: Vec::new(),
            sync: None,
        }
    }

    pub(super) fn be(&mut self, health: Health) {
        self.health = health;
    }

    /// Takes what a node wants done.
    pub(super) fn take(&mut self, now: Duration, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Sync => {
                    let mean = self.config.sync;
                    let takes = match self.health {
                        Health::Slow => Duration::from_micros(50_000 + self.rng.below(450_000)),
                        _ => mean / 2 + mean.mul_f64(self.rng.f64()),
                    };
                    self.sync = Some(Sync {
                        done: now + takes,
                        covers: self.open.len(),
                    });
                }
                command => self.open.push(command),
            }
        }
    }

    /// Whether a sync that is wanted now is done later, and not at once.
    pub(super) fn takes_time(&self) -> bool {
        self.config.sync >= Duration::from_nanos(2)
    }

    /// When the sync that is under way is done.
    pub(super) fn due(&self) -> Option<Duration> {
        self.sync.map(|sync| sync.done)
    }

    /// What came of the sync, if it is done by now.
    pub(super) fn done(&mut self, now: Duration) -> Option<Result<(), String>> {
        let sync = self.sync.take_if(|sync| sync.done <= now)?;
        Some(match self.health {
            Health::Well | Health::Slow => {
                for command in self.open.drain(..sync.covers) {
                    apply(&mut self.kept, command);
                }
                Ok(())
            }
            Health::Lying => Ok(()),
            Health::Full => Err("no space left on device".to_owned()),
            Health::Failing => Err("input/output error".to_owned()),
        })
    }

    /// The node is gone: of what was not synced, part may be lost.
    pub(super) fn crash(&mut self) {
        self.sync = None;
        let mut by_file: BTreeMap<String, Vec<Command>> = BTreeMap::new();
        for command in self.open.drain(..) {
            let file = match &command {
                Command::Append { file, .. }
                | Command::Truncate { file, .. }
                | Command::Replace { file, .. } => file.clone(),
                Command::Sync => continue,
            };
            by_file.entry(file).or_default().push(command);
        }
        for (file, commands) in by_file {
            match self.rng.below(4) {
                0 => {}
                1 => commands
                    .into_iter()
                    .for_each(|command| apply(&mut self.kept, command)),
                2 => self.torn(commands),
                _ => self.in_sectors(&file, commands),
            }
        }
    }

    /// Up to some byte.
    fn torn(&mut self, commands: Vec<Command>) {
        let whole = self.rng.below(commands.len() as u64) as usize;
        for (place, mut command) in commands.into_iter().enumerate().take(whole + 1) {
            if place == whole {
                let Command::Append { bytes, .. } = &mut command else {
                    break;
                };
                bytes.truncate(self.rng.below(bytes.len() as u64 + 1) as usize);
            }
            apply(&mut self.kept, command);
        }
    }

    /// Some sectors of what was written at the file's end.
    fn in_sectors(&mut self, file: &str, commands: Vec<Command>) {
        for command in commands {
            if let Command::Append { .. } = command {
                let begin = self.kept.get(file).map_or(0, Vec::len);
                apply(&mut self.kept, command);
                let written = self
                    .kept
                    .get_mut(file)
                    .map_or(&mut [][..], |all| &mut all[begin..]);
                // Sectors are those of the file.
                let first = SECTOR - begin % SECTOR;
                let (head, tail) = written.split_at_mut(first.min(written.len()));
                for sector in std::iter::once(head).chain(tail.chunks_mut(SECTOR)) {
                    if self.rng.chance(0.5) {
                        sector.fill(0);
                    }
                }
            } else if self.rng.chance(0.5) {
                apply(&mut self.kept, command);
            } else {
                break; // what came after it would not fit
            }
        }
    }

    /// What is on it, to a node that begins anew.
    pub(super) fn files(&self) -> Files {
        self.kept.clone()
    }
}

/// Does what a node wanted done.
pub fn apply(files: &mut Files, command: Command) {
    match command {
        Command::Append { file, bytes } => files.entry(file).or_default().extend(bytes),
        Command::Truncate { file, len } => {
            if let Some(bytes) = files.get_mut(&file) {
                bytes.truncate(usize::try_from(len).unwrap_or(usize::MAX));
            }
        }
        Command::Replace { file, bytes } => {
            files.insert(file, bytes);
        }
        Command::Sync => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;
    const LATER: Duration = Duration::from_secs(1);

    fn append(bytes: &[u8]) -> Command {
        Command::Append {
            file: "log".to_owned(),
            bytes: bytes.to_vec(),
        }
    }

    /// One that has `[1; 700]` for sure, and `[2; 700]` perhaps.
    fn written(seed: u64) -> Disk {
        let mut disk = Disk::new(Config::default(), seed);
        disk.take(NOW, vec![append(&[1; 700]), Command::Sync]);
        let due = disk.due().expect("a sync is under way");
        assert!((500..=1500).contains(&due.as_micros()), "{due:?}");
        assert_eq!(disk.done(NOW), None);
        assert_eq!(disk.done(LATER), Some(Ok(())));
        disk.take(LATER, vec![append(&[2; 700])]);
        disk
    }

    #[test]
    fn what_was_synced_is_kept_and_of_the_rest_any_part() {
        let (mut nothing, mut all, mut torn, mut sectors) = (0, 0, 0, 0);
        for seed in 0..200 {
            let mut disk = written(seed);
            disk.crash();
            let log = disk.files()["log"].clone();
            assert_eq!(log[..700], [1; 700]);
            let rest = &log[700..];
            match rest {
                [] => nothing += 1,
                rest if *rest == [2; 700] => all += 1,
                rest if rest.iter().all(|&byte| byte == 2) => torn += 1,
                rest => {
                    assert_eq!(rest.len(), 700);
                    // The first sector ends at 1024, the second is what is behind it.
                    let (head, tail) = rest.split_at(324);
                    for sector in [head, tail] {
                        let same = |byte: &u8| *byte == sector[0];
                        assert!(sector.iter().all(same), "seed {seed}");
                    }
                    sectors += 1;
                }
            }
        }
        assert!(nothing > 20 && all > 20 && torn > 20 && sectors > 10);
    }

    #[test]
    fn a_file_that_takes_the_place_of_another_is_the_old_or_the_new_one() {
        let mut kinds = std::collections::BTreeSet::new();
        for seed in 0..50 {
            let mut disk = written(seed);
            let bytes = vec![3; 10];
            let file = "log".to_owned();
            disk.take(LATER, vec![Command::Replace { file, bytes }]);
            disk.crash();
            let log = disk.files()["log"].clone();
            kinds.insert(log[0]);
            assert!(log == [3; 10] || log[..700] == [1; 700]);
        }
        assert_eq!(kinds.len(), 2);
    }

    #[test]
    fn what_fails_says_so_and_what_lies_does_not() {
        for (health, result) in [
            (Health::Slow, Ok(())),
            (Health::Full, Err("no space left on device".to_owned())),
            (Health::Failing, Err("input/output error".to_owned())),
            (Health::Lying, Ok(())),
        ] {
            let mut lost = 0;
            for seed in 0..50 {
                let mut disk = written(seed);
                disk.be(health);
                disk.take(LATER, vec![Command::Sync]);
                assert_eq!(disk.done(LATER * 2), Some(result.clone()));
                disk.crash();
                lost += usize::from(disk.files()["log"].len() < 1400);
            }
            assert_eq!(lost > 0, health != Health::Slow, "{health:?}");
        }
    }
}
