//! Clocks: one that begins at 0 with the program, and the wall clock.

use super::Host;
use crate::errno::{Call, Errno};
use crate::guest::Guest;

/// A clock, as preview 1 numbers them. The processor's time (2 and 3) is that of the first: a node
/// in virtual time has no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    Wall,
    Monotonic,
}

impl Clock {
    pub(super) fn of(id: u32) -> Result<Clock, Errno> {
        match id {
            0 => Ok(Clock::Wall),
            1..=3 => Ok(Clock::Monotonic),
            _ => Err(Errno::INVAL),
        }
    }
}

impl Host {
    pub(crate) fn clock_res_get(&mut self, guest: &mut Guest<'_>, id: u32, at: u32) -> Call {
        Clock::of(id)?;
        Ok(guest.write_u64(at, 1)?)
    }

    pub(crate) fn clock_time_get(
        &mut self,
        guest: &mut Guest<'_>,
        id: u32,
        _precision: u64,
        at: u32,
    ) -> Call {
        let clock = Clock::of(id)?;
        guest.write_u64(at, 0)?; // if that cannot be written, no time passes
        self.world.read_clock()?;
        let shown = match clock {
            Clock::Wall => self.wall(),
            Clock::Monotonic => self.world.now(),
        };
        Ok(guest.write_u64(at, shown)?)
    }
}
