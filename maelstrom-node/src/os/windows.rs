//! Of Windows: stdin cannot be waited for, and a folder not be synced.

use std::fs::File;
use std::io::{self, Read};
use std::os::windows::io::AsHandle;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

/// How much is read at once.
const READ: usize = 64 << 10;

/// A duplicate of stdin, without std's locks and buffers.
pub(crate) fn stdin() -> io::Result<File> {
    Ok(File::from(io::stdin().as_handle().try_clone_to_owned()?))
}

/// The same of stdout.
#[expect(clippy::disallowed_methods, reason = "these are the messages")]
pub(crate) fn stdout() -> io::Result<File> {
    Ok(File::from(io::stdout().as_handle().try_clone_to_owned()?))
}

/// Input that can be waited for: a thread reads it.
pub(crate) struct Source {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Option<io::Result<Vec<u8>>>,
    /// How much of the piece was taken.
    taken: usize,
}

impl Source {
    pub(crate) fn new(mut file: File) -> io::Result<Self> {
        let (sender, pieces) = sync_channel(1);
        let mut piece = move || {
            let mut piece = vec![0; READ];
            let len = file.read(&mut piece)?;
            piece.truncate(len);
            Ok(piece)
        };
        // At the end, and when it fails, it does so again and again.
        let read = move || while sender.send(piece()).is_ok() {};
        thread::Builder::new().name("stdin".into()).spawn(read)?;
        Ok(Source {
            pieces,
            piece: None,
            taken: 0,
        })
    }

    /// Whether there is input, or its end, within this time.
    pub(crate) fn wait(&mut self, time: Duration) -> io::Result<bool> {
        if self.piece.is_none() {
            self.piece = self.pieces.recv_timeout(time).ok();
        }
        Ok(self.piece.is_some())
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let next = || self.pieces.recv().map_err(io::Error::other).flatten();
        let piece = self.piece.take().unwrap_or_else(next)?;
        let len = (&piece[self.taken..]).read(buffer)?;
        self.taken += len;
        match self.taken == piece.len() {
            true => self.taken = 0,
            false => self.piece = Some(Ok(piece)),
        }
        Ok(len)
    }
}

/// Makes a folder, for whom the one above it is.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir(path)
}

/// Which files are in a folder: Windows keeps a journal of that, and lets nobody wait for it.
pub(crate) struct Entries;

impl Entries {
    pub(crate) fn of(_folder: &Path) -> io::Result<Self> {
        Ok(Entries)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// There is nothing to be asked for.
pub(crate) fn forget_cached(_file: &File) {}

/// The folder of the process that has started this one.
pub(crate) fn parents_folder() -> Result<PathBuf, String> {
    let disk = crate::DISK;
    Err(format!(
        "no folder for the disk: cannot tell, on Windows, which process has started this one. Set \
         {disk} to a folder"
    ))
}
