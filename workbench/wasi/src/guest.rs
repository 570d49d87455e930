//! A module's memory, as its host reads and writes it: every address is looked at, and a wrong
//! one is the module's error ([`Errno::FAULT`]).

use std::ops::Range;

use crate::errno::Errno;

/// The memory that a module exports.
pub(crate) struct Guest<'a>(pub(crate) &'a mut [u8]);

impl Guest<'_> {
    fn range(&self, at: u32, len: u32) -> Result<Range<usize>, Errno> {
        let end = u64::from(at) + u64::from(len);
        match end <= self.0.len() as u64 {
            true => Ok(at as usize..end as usize),
            false => Err(Errno::FAULT),
        }
    }

    pub(crate) fn bytes(&self, at: u32, len: u32) -> Result<&[u8], Errno> {
        Ok(&self.0[self.range(at, len)?])
    }

    pub(crate) fn bytes_mut(&mut self, at: u32, len: u32) -> Result<&mut [u8], Errno> {
        let range = self.range(at, len)?;
        Ok(&mut self.0[range])
    }

    pub(crate) fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Errno> {
        let len = u32::try_from(bytes.len()).map_err(|_| Errno::FAULT)?;
        self.bytes_mut(at, len)?.copy_from_slice(bytes);
        Ok(())
    }

    fn array<const N: usize>(&self, at: u32) -> Result<[u8; N], Errno> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(at, N as u32)?);
        Ok(array)
    }

    pub(crate) fn u8(&self, at: u32) -> Result<u8, Errno> {
        Ok(self.array::<1>(at)?[0])
    }

    pub(crate) fn u16(&self, at: u32) -> Result<u16, Errno> {
        Ok(u16::from_le_bytes(self.array(at)?))
    }

    pub(crate) fn u32(&self, at: u32) -> Result<u32, Errno> {
        Ok(u32::from_le_bytes(self.array(at)?))
    }

    pub(crate) fn u64(&self, at: u32) -> Result<u64, Errno> {
        Ok(u64::from_le_bytes(self.array(at)?))
    }

    pub(crate) fn write_u32(&mut self, at: u32, value: u32) -> Result<(), Errno> {
        self.write(at, &value.to_le_bytes())
    }

    pub(crate) fn write_u64(&mut self, at: u32, value: u64) -> Result<(), Errno> {
        self.write(at, &value.to_le_bytes())
    }

    /// The buffers of a vector of them: where each is, and how long.
    pub(crate) fn buffers(&self, at: u32, count: u32) -> Result<Vec<(u32, u32)>, Errno> {
        let all = self.bytes(at, count.checked_mul(8).ok_or(Errno::FAULT)?)?;
        let word = |four: &[u8]| four.iter().rev().fold(0, |all, b| all << 8 | u32::from(*b));
        let buffers = all
            .chunks_exact(8)
            .map(|two| (word(&two[..4]), word(&two[4..])));
        let buffers: Vec<_> = buffers.collect();
        for (at, len) in &buffers {
            self.range(*at, *len)?;
        }
        Ok(buffers)
    }

    /// All that the buffers of a vector hold, one behind the other.
    pub(crate) fn gather(&self, at: u32, count: u32, most: usize) -> Result<Vec<u8>, Errno> {
        let mut all = Vec::new();
        for (at, len) in self.buffers(at, count)? {
            all.extend_from_slice(self.bytes(at, len)?);
            if all.len() > most {
                return Err(Errno::FBIG);
            }
        }
        Ok(all)
    }

    /// Puts as much of this into the buffers of a vector as they hold, and says how much that is.
    pub(crate) fn scatter(&mut self, at: u32, count: u32, from: &[u8]) -> Result<u32, Errno> {
        let mut rest = from;
        for (at, len) in self.buffers(at, count)? {
            let (now, then) = rest.split_at(rest.len().min(len as usize));
            self.write(at, now)?;
            rest = then;
        }
        u32::try_from(from.len() - rest.len()).map_err(|_| Errno::INVAL)
    }
}
