//! The calls that a module can import, and their types: preview 1's.

/// Defines all calls that return an error number, with the linker of an engine: its `Caller`,
/// `Error` and `State` are those where this stands, and `call` there does what is asked for.
macro_rules! define_calls {
    ($linker:ident) => { define_calls! { $linker =>
        args_get(places: u32, bytes: u32);
        args_sizes_get(count: u32, size: u32);
        environ_get(places: u32, bytes: u32);
        environ_sizes_get(count: u32, size: u32);
        clock_res_get(id: u32, at: u32);
        clock_time_get(id: u32, precision: u64, at: u32);
        fd_advise(fd: u32, at: u64, len: u64, advice: u32);
        fd_allocate(fd: u32, at: u64, len: u64);
        fd_close(fd: u32);
        fd_datasync(fd: u32);
        fd_fdstat_get(fd: u32, at: u32);
        fd_fdstat_set_flags(fd: u32, flags: u32);
        fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64);
        fd_filestat_get(fd: u32, at: u32);
        fd_filestat_set_size(fd: u32, size: u64);
        fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, which: u32);
        fd_pread(fd: u32, buffers: u32, count: u32, at: u64, read: u32);
        fd_prestat_get(fd: u32, at: u32);
        fd_prestat_dir_name(fd: u32, at: u32, len: u32);
        fd_pwrite(fd: u32, buffers: u32, count: u32, at: u64, written: u32);
        fd_read(fd: u32, buffers: u32, count: u32, read: u32);
        fd_readdir(fd: u32, at: u32, len: u32, cookie: u64, used: u32);
        fd_renumber(from: u32, to: u32);
        fd_seek(fd: u32, offset: i64, whence: u32, at: u32);
        fd_sync(fd: u32);
        fd_tell(fd: u32, at: u32);
        fd_write(fd: u32, buffers: u32, count: u32, written: u32);
        path_create_directory(fd: u32, path: u32, len: u32);
        path_filestat_get(fd: u32, follow: u32, path: u32, len: u32, at: u32);
        path_filestat_set_times(
            fd: u32, follow: u32, path: u32, len: u32, accessed: u64, modified: u64, which: u32
        );
        path_link(
            fd: u32, follow: u32, path: u32, len: u32, new_fd: u32, new_path: u32, new_len: u32
        );
        path_open(
            fd: u32, follow: u32, path: u32, len: u32, how: u32, base: u64, inheriting: u64,
            flags: u32, opened: u32
        );
        path_readlink(fd: u32, path: u32, len: u32, at: u32, room: u32, used: u32);
        path_remove_directory(fd: u32, path: u32, len: u32);
        path_rename(fd: u32, path: u32, len: u32, new_fd: u32, new_path: u32, new_len: u32);
        path_symlink(target: u32, target_len: u32, fd: u32, path: u32, len: u32);
        path_unlink_file(fd: u32, path: u32, len: u32);
        poll_oneoff(subscriptions: u32, events: u32, count: u32, happened: u32);
        random_get(at: u32, len: u32);
        sched_yield();
        sock_accept(fd: u32, flags: u32, at: u32);
        sock_shutdown(fd: u32, how: u32);
    }};
    ($linker:ident => $($name:ident($($arg:ident: $ty:ty),*);)*) => {$(
        $linker.func_wrap(
            PREVIEW_1,
            stringify!($name),
            |mut caller: Caller<'_, State>, $($arg: $ty),*| -> Result<u32, Error> {
                call(&mut caller, |host, guest| host.$name(guest, $($arg),*))
            },
        )?;
    )*};
}

pub(super) use define_calls;
