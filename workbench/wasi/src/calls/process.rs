//! What the program was called with, its environment, and random numbers.

use super::Host;
use crate::errno::{Call, Errno};
use crate::guest::Guest;

impl Host {
    pub(crate) fn args_sizes_get(&mut self, guest: &mut Guest<'_>, count: u32, size: u32) -> Call {
        sizes(guest, &self.args, count, size)
    }

    pub(crate) fn args_get(&mut self, guest: &mut Guest<'_>, places: u32, bytes: u32) -> Call {
        strings(guest, &self.args, places, bytes)
    }

    pub(crate) fn environ_sizes_get(
        &mut self,
        guest: &mut Guest<'_>,
        count: u32,
        size: u32,
    ) -> Call {
        sizes(guest, &self.environ, count, size)
    }

    pub(crate) fn environ_get(&mut self, guest: &mut Guest<'_>, places: u32, bytes: u32) -> Call {
        strings(guest, &self.environ, places, bytes)
    }

    pub(crate) fn random_get(&mut self, guest: &mut Guest<'_>, at: u32, len: u32) -> Call {
        for eight in guest.bytes_mut(at, len)?.chunks_mut(8) {
            eight.copy_from_slice(&self.rng.u64().to_le_bytes()[..eight.len()]);
        }
        Ok(())
    }

    /// Gives way. There is nobody else; but whoever waits so must see time pass: 1 µs.
    pub(crate) fn sched_yield(&mut self, _guest: &mut Guest<'_>) -> Call {
        Ok(self.world.spend(1_000)?)
    }
}

/// How many strings there are, and how many bytes, each with a zero behind it.
fn sizes(guest: &mut Guest<'_>, strings: &[String], count: u32, size: u32) -> Call {
    let bytes: usize = strings.iter().map(|string| string.len() + 1).sum();
    let small = |number: usize| u32::try_from(number).map_err(|_| Errno::INVAL);
    guest.write_u32(count, small(strings.len())?)?;
    Ok(guest.write_u32(size, small(bytes)?)?)
}

fn strings(guest: &mut Guest<'_>, strings: &[String], places: u32, bytes: u32) -> Call {
    let (mut place, mut at) = (places, bytes);
    for string in strings {
        guest.write_u32(place, at)?;
        guest.write(at, string.as_bytes())?;
        let end = at.wrapping_add(string.len() as u32);
        guest.write(end, &[0])?;
        (place, at) = (place.wrapping_add(4), end.wrapping_add(1));
    }
    Ok(())
}
