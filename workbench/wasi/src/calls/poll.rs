//! `poll_oneoff`: waiting for a time, for input, or for whichever comes first.

use super::Host;
use super::clock::Clock;
use crate::descriptors::Open;
use crate::errno::{Call, Errno};
use crate::guest::Guest;

const SUBSCRIPTION: u32 = 48;
const EVENT: u32 = 32;
/// How many things may be waited for at once.
const MOST: u32 = 100_000;

/// What is waited for.
enum Awaited {
    /// A time, by the module's clock.
    Time(u64),
    Stdin,
    /// Nothing: it is so already, and this much can be read.
    Ready(u64),
    Wrong(Errno),
}

struct Subscription {
    user_data: u64,
    kind: u8,
    awaited: Awaited,
}

impl Host {
    pub(crate) fn poll_oneoff(
        &mut self,
        guest: &mut Guest<'_>,
        subscriptions: u32,
        events: u32,
        count: u32,
        happened: u32,
    ) -> Call {
        if count == 0 || count > MOST {
            return Err(Errno::INVAL.into());
        }
        // Nothing waits before it is known where to write what came of it.
        guest.bytes(events, count * EVENT)?;
        guest.bytes(happened, 4)?;
        let at = |i: u32| {
            subscriptions
                .checked_add(i * SUBSCRIPTION)
                .ok_or(Errno::FAULT)
        };
        let awaited = (0..count).map(|i| self.subscription(guest, at(i)?));
        let awaited = awaited.collect::<Result<Vec<_>, Errno>>()?;
        let times = awaited.iter().filter_map(|it| match it.awaited {
            Awaited::Time(at) => Some(at),
            _ => None,
        });
        let deadline = times.min();
        let awaits_stdin = awaited
            .iter()
            .any(|it| matches!(it.awaited, Awaited::Stdin));
        let mut is_ready = awaited
            .iter()
            .any(|it| matches!(it.awaited, Awaited::Ready(_) | Awaited::Wrong(_)));
        loop {
            is_ready |= awaits_stdin && self.world.is_readable();
            is_ready |= deadline.is_some_and(|at| at <= self.world.now());
            if is_ready {
                break;
            }
            self.turn(deadline)?;
        }
        let mut written = 0;
        for it in &awaited {
            written += u32::from(self.event(guest, events + written * EVENT, it)?);
        }
        Ok(guest.write_u32(happened, written)?)
    }

    fn subscription(&self, guest: &Guest<'_>, at: u32) -> Result<Subscription, Errno> {
        guest.bytes(at, SUBSCRIPTION)?;
        let kind = guest.u8(at + 8)?;
        let awaited = match kind {
            0 => self.time(guest, at),
            1 | 2 => self.descriptor(guest.u32(at + 16)?, kind == 1),
            _ => return Err(Errno::INVAL),
        };
        Ok(Subscription {
            user_data: guest.u64(at)?,
            kind,
            awaited: awaited.unwrap_or_else(Awaited::Wrong),
        })
    }

    fn time(&self, guest: &Guest<'_>, at: u32) -> Result<Awaited, Errno> {
        let (clock, timeout) = (Clock::of(guest.u32(at + 16)?)?, guest.u64(at + 24)?);
        let is_absolute = guest.u16(at + 40)? & 1 != 0;
        let now = self.world.now();
        Ok(Awaited::Time(match (is_absolute, clock) {
            (false, _) => now.saturating_add(timeout),
            (true, Clock::Monotonic) => timeout,
            (true, Clock::Wall) => timeout.saturating_sub(self.wall() - now),
        }))
    }

    fn descriptor(&self, fd: u32, reads: bool) -> Result<Awaited, Errno> {
        let descriptor = self.open.get(fd)?;
        match (&descriptor.open, reads) {
            (Open::Stdin, true) => Ok(Awaited::Stdin),
            (Open::Stdout | Open::Stderr, false) => Ok(Awaited::Ready(0)),
            (Open::File(file), reads) => {
                let len = file.borrow().bytes.len() as u64;
                let left = len.saturating_sub(descriptor.position);
                Ok(Awaited::Ready(if reads { left } else { 0 }))
            }
            _ => Err(Errno::BADF),
        }
    }

    /// Writes what came of it, if something did.
    fn event(&self, guest: &mut Guest<'_>, at: u32, it: &Subscription) -> Result<bool, Errno> {
        let (mut error, mut readable, mut hung_up) = (0, 0, 0);
        match it.awaited {
            Awaited::Time(time) if time > self.world.now() => return Ok(false),
            Awaited::Time(_) => {}
            Awaited::Stdin if !self.world.is_readable() => return Ok(false),
            Awaited::Stdin => {
                readable = self.world.stdin().len() as u64;
                hung_up = u16::from(self.world.is_over());
            }
            Awaited::Ready(count) => readable = count,
            Awaited::Wrong(errno) => error = errno.0,
        }
        let mut bytes = [0; EVENT as usize];
        bytes[..8].copy_from_slice(&it.user_data.to_le_bytes());
        bytes[8..10].copy_from_slice(&error.to_le_bytes());
        bytes[10] = it.kind;
        bytes[16..24].copy_from_slice(&readable.to_le_bytes());
        bytes[24..26].copy_from_slice(&hung_up.to_le_bytes());
        guest.write(at, &bytes)?;
        Ok(true)
    }
}
