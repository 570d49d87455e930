//! How logs and records are kept in files: as frames that know when they are damaged.
//!
//! | bytes | | |
//! |---|---|---|
//! | 0 to 3 | `ff 4d 4e`, then `e`, `c` or `r` | an entry, a cut or a record |
//! | 4 to 7 | checksum of the frame before it | 0 for a file's first |
//! | 8 to 11 | length of the payload | |
//! | 12 to 19 | how much of this file was durable when the frame was made | in bytes |
//! | 20 to 23 | checksum of the bytes 0 to 19 and the payload | CRC-32C |
//! | 24 to the end | payload | JSON |
//!
//! Numbers are little-endian. The byte `ff` is in no JSON, so a frame is found wherever it begins.
//!
//! A crash may leave any part of what was not synced: the last frame torn, or sectors of zeros with
//! later ones behind them. So what follows the first frame that is not whole is as a rule the remains
//! of writes that nobody was promised, and is cut off. Unless a frame, before or behind it, says that
//! more than this was durable once: then a promise is broken, and reading on would give wrong data.
//! What is written whole (a record, a log that was rewritten) says so of all its bytes in every frame.
//!
//! What was synced last has no witness behind it: if that rots away, it cannot be told from what was
//! torn.
//!
//! As each frame names the checksum of the one before it, what was left of an earlier tail never
//! follows on what was written in its place.

use super::crc::crc32c;

/// How many bytes come before the payload.
pub(super) const HEADER: usize = 24;

const MAGIC: [u8; 3] = [0xff, b'M', b'N'];

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An entry of a log.
    Entry,
    /// How many entries of a log are left: the others are forgotten.
    Cut,
    /// The value of a record.
    Record,
}

impl Kind {
    fn letter(self) -> u8 {
        match self {
            Kind::Entry => b'e',
            Kind::Cut => b'c',
            Kind::Record => b'r',
        }
    }

    fn of(letter: u8) -> Option<Kind> {
        [Kind::Entry, Kind::Cut, Kind::Record]
            .into_iter()
            .find(|kind| kind.letter() == letter)
    }
}

/// A frame that was read and is whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) kind: Kind,
    /// Where it begins in its file.
    pub(super) at: usize,
    pub(super) payload: &'a [u8],
    previous: u32,
    synced: u64,
    checksum: u32,
}

/// Writes a frame, and gives its checksum.
///
/// # Panics
/// If the payload is 4 GiB long or longer.
pub(super) fn write(
    out: &mut Vec<u8>,
    kind: Kind,
    previous: u32,
    synced: u64,
    payload: &[u8],
) -> u32 {
    let len = u32::try_from(payload.len()).expect("an entry or record is shorter than 4 GiB");
    let start = out.len();
    out.extend_from_slice(&MAGIC);
    out.push(kind.letter());
    out.extend_from_slice(&previous.to_le_bytes());
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&synced.to_le_bytes());
    let checksum = crc32c([&out[start..], payload]);
    out.extend_from_slice(&checksum.to_le_bytes());
    out.extend_from_slice(payload);
    checksum
}

/// A file that is written in one go: each of its frames says that all of it is durable.
pub(super) fn write_whole(kind: Kind, payloads: &[Vec<u8>]) -> (Vec<u8>, u32) {
    let len = payloads.iter().map(|payload| HEADER + payload.len()).sum();
    let mut out = Vec::with_capacity(len);
    let mut previous = 0;
    for payload in payloads {
        previous = write(&mut out, kind, previous, len as u64, payload);
    }
    (out, previous)
}

/// The frame that begins at this byte, or what was expected there instead.
fn read(file: &[u8], at: usize) -> Result<Frame<'_>, &'static str> {
    let bytes = &file[at..];
    let Some((header, rest)) = bytes.split_at_checked(HEADER) else {
        return Err("the 24 bytes that a frame begins with");
    };
    let number = |from: usize| u32::from_le_bytes(header[from..from + 4].try_into().expect("four"));
    let kind = Kind::of(header[3]).filter(|_| header[..3] == MAGIC);
    let kind = kind.ok_or("the first bytes of a frame")?;
    let payload = rest.get(..number(8) as usize);
    let payload = payload.ok_or("as many bytes as the frame says that it has")?;
    let checksum = number(20);
    if crc32c([&header[..20], payload]) != checksum {
        return Err("a frame that has the checksum which it says");
    }
    Ok(Frame {
        kind,
        at,
        payload,
        previous: number(4),
        synced: u64::from_le_bytes(header[12..20].try_into().expect("eight")),
        checksum,
    })
}

/// A file as far as it is whole.
#[derive(Debug)]
pub(super) struct Whole<'a> {
    pub(super) frames: Vec<Frame<'a>>,
    /// Where the frames end, in bytes.
    pub(super) len: usize,
    /// The checksum of the last one; 0 if there is none.
    pub(super) checksum: u32,
    /// What was expected at the end of the frames, if the file does not end there: the rest is the
    /// remains of a tail.
    pub(super) torn: Option<&'static str>,
}

/// What was durable once is not whole any more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Damage {
    /// Where, in bytes.
    pub(super) at: usize,
    pub(super) expected: &'static str,
    /// How many bytes were durable, as a frame says.
    pub(super) synced: u64,
}

/// Reads a log's file.
pub(super) fn read_log(file: &[u8]) -> Result<Whole<'_>, Damage> {
    let mut whole = Whole {
        frames: Vec::new(),
        len: 0,
        checksum: 0,
        torn: None,
    };
    // What the frames say was durable.
    let mut synced = 0;
    while whole.len < file.len() {
        match read(file, whole.len) {
            Err(expected) => whole.torn = Some(expected),
            Ok(frame) if frame.kind == Kind::Record => whole.torn = Some("a frame of a log"),
            Ok(frame) if frame.previous != whole.checksum => {
                whole.torn = Some("a frame that follows on the one before it");
            }
            Ok(frame) => {
                synced = frame.synced.max(synced);
                whole.checksum = frame.checksum;
                whole.len = frame.at + HEADER + frame.payload.len();
                whole.frames.push(frame);
                continue;
            }
        }
        break;
    }
    let behind = frames_behind(file, whole.len).map(|frame| frame.synced);
    let synced = behind.max().unwrap_or(0).max(synced);
    match synced > whole.len as u64 {
        true => Err(Damage {
            at: whole.len,
            expected: whole.torn.unwrap_or("more frames"),
            synced,
        }),
        false => Ok(whole),
    }
}

/// The frames that are whole from this byte on, wherever they begin.
fn frames_behind(file: &[u8], mut at: usize) -> impl Iterator<Item = Frame<'_>> {
    std::iter::from_fn(move || {
        while at < file.len() {
            at += file[at..].iter().position(|&b| b == MAGIC[0])?;
            let found = read(file, at);
            at += 1;
            if let Ok(frame) = found {
                at += HEADER - 1 + frame.payload.len();
                return Some(frame);
            }
        }
        None
    })
}

/// Reads a record's file: one frame and nothing else.
pub(super) fn read_record(file: &[u8]) -> Result<&[u8], Damage> {
    let damaged = |expected| Damage {
        at: 0,
        expected,
        synced: file.len() as u64,
    };
    let frame = read(file, 0).map_err(damaged)?;
    let is_whole = HEADER + frame.payload.len() == file.len();
    match (frame.kind, frame.previous) {
        (Kind::Record, 0) if is_whole => Ok(frame.payload),
        (Kind::Record, 0) => Err(damaged("nothing behind the frame")),
        _ => Err(damaged("the frame of a record")),
    }
}
