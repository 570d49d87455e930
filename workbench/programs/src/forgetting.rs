//! Lets go of memory that a forked process has and does not need.

/// Lets go of the memory that this process has with the one that it was forked from. As long as
/// both have it, each page that the other one writes to is copied first, and each copy interrupts
/// all other processors that its threads are on. And it need not be given to each node's keeper.
///
/// What holds this stack, the thread's own variables (`errno`) and those of programs and libraries
/// stays. All else is the heaps and the stacks of threads that are not here: proc_pid_maps(5).
///
/// # Safety
/// Nothing of a heap must be used any more, by libc neither, and there be no other threads.
pub(super) unsafe fn forget() {
    const MOST: usize = 64;
    // SAFETY: as for `stand_between`. What is given back is memory that nothing here uses: nothing here
    // allocates, and there are no other threads.
    unsafe {
        let file = libc::open(
            c"/proc/self/maps".as_ptr(),
            libc::O_RDONLY | libc::O_CLOEXEC,
        );
        if file < 0 {
            return;
        }
        let mut buffer = [0u8; 4096];
        let mut maps = Maps::new([(&raw const buffer).addr(), libc::__errno_location().addr()]);
        // All are found before one changes.
        let (mut found, mut count) = ([(0, 0); MOST], 0);
        loop {
            let read = libc::read(file, buffer.as_mut_ptr().cast(), buffer.len());
            if read <= 0 {
                break;
            }
            for &byte in &buffer[..read as usize] {
                if let Some(range) = maps.next(byte)
                    && count < MOST
                {
                    found[count] = range;
                    count += 1;
                }
            }
        }
        libc::close(file);
        for &(from, to) in &found[..count] {
            let from_ptr = std::ptr::without_provenance_mut(from);
            libc::madvise(from_ptr, to - from, libc::MADV_DONTNEED);
        }
    }
}

/// Finds, byte by byte in what `/proc/PID/maps` holds, what is private, can be written to, is no
/// file's, does not follow upon a file's, and holds none of what is used.
struct Maps {
    used: [usize; 2],
    line: [u8; 96],
    len: usize,
    /// Where what is before this ends, if that is a file's, or follows upon it.
    of_file: usize,
}

impl Maps {
    fn new(used: [usize; 2]) -> Self {
        Maps {
            used,
            line: [0; 96],
            len: 0,
            of_file: 0,
        }
    }

    fn next(&mut self, byte: u8) -> Option<(usize, usize)> {
        if byte != b'\n' {
            // What is behind is the end of a path.
            if let Some(place) = self.line.get_mut(self.len) {
                *place = byte;
                self.len += 1;
            }
            return None;
        }
        let len = std::mem::take(&mut self.len);
        let mut fields = self.line[..len]
            .split(|byte| *byte == b' ')
            .filter(|it| !it.is_empty());
        let mut ends = fields.next()?.split(|byte| *byte == b'-');
        let mut end = || usize::from_str_radix(std::str::from_utf8(ends.next()?).ok()?, 16).ok();
        let (from, to) = (end()?, end()?);
        let access = fields.next()?;
        let mut fields = fields.skip(2);
        let is_no_file = fields.next()? == b"0";
        let name = fields.next();
        if !is_no_file || (name.is_none() && from == self.of_file) {
            self.of_file = to;
            return None;
        }
        let is_known = name.is_none() || name == Some(b"[heap]");
        let is_used = self.used.iter().any(|at| (from..to).contains(at));
        (is_known && access == b"rw-p" && !is_used).then_some((from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heaps_and_stacks_of_others_are_found_and_nothing_else() {
        let maps = "\
55a000000000-55a000100000 r-xp 00000000 fe:00 42 /a program/with a name that is longer than what is kept of it/or than anybody has
55a000100000-55a000101000 rw-p 00100000 fe:00 42 /a program
55a000101000-55a000102000 rw-p 00000000 00:00 0
55a000102000-55a000103000 rw-p 00000000 00:00 0
55a010000000-55a010021000 rw-p 00000000 00:00 0                          [heap]
7f0000000000-7f0000021000 rw-p 00000000 00:00 0 
7f0000021000-7f0004000000 ---p 00000000 00:00 0 
7f0004000000-7f0004200000 rw-p 00000000 00:00 0 
7f0004200000-7f0004201000 ---p 00000000 00:00 0
7f0004201000-7f0004401000 rw-p 00000000 00:00 0
7f0004401000-7f0004402000 rw-s 00000000 00:01 7 /dev/zero (deleted)
7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]
7ffc00030000-7ffc00032000 r-xp 00000000 00:00 0                          [vdso]
";
        let mut all = Maps::new([0x7f00_0420_1008, 0x7f00_0420_1010]);
        let found: Vec<_> = maps.bytes().filter_map(|byte| all.next(byte)).collect();
        let expected = [
            (0x55a0_1000_0000, 0x55a0_1002_1000),
            (0x7f00_0000_0000, 0x7f00_0002_1000),
            (0x7f00_0400_0000, 0x7f00_0420_0000),
        ];
        assert_eq!(found, expected);
    }
}
