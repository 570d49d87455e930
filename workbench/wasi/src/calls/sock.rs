//! Sockets, of which there are none.

use super::Host;
use crate::errno::{Call, Errno};
use crate::guest::Guest;

impl Host {
    pub(crate) fn sock_accept(
        &mut self,
        _: &mut Guest<'_>,
        fd: u32,
        _flags: u32,
        _at: u32,
    ) -> Call {
        self.open.get(fd)?;
        Err(Errno::NOTSOCK.into())
    }

    pub(crate) fn sock_shutdown(&mut self, _: &mut Guest<'_>, fd: u32, _how: u32) -> Call {
        self.open.get(fd)?;
        Err(Errno::NOTSOCK.into())
    }
}
