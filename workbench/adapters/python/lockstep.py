"""Lockstep for Maelstrom nodes in Python: time, random numbers and stdin from the workbench, if
it asks for that; from the machine if not, as on Maelstrom. One file, to be copied beside a node.

Single-threaded, with one function that waits:

    import lockstep

    lockstep.install()
    while (line := lockstep.read(timeout)) != "":    # None: the time is over; "": the end
        ...

or, without timers, just `for line in sys.stdin`. With asyncio, `lockstep.run(main())` in the
place of `asyncio.run(main())`: its loop has virtual time, and stdin by `connect_read_pipe` or by
`run_in_executor(None, sys.stdin.readline)`.

In lockstep, `time.time`, `time.monotonic` and their like, and `time.sleep`, are virtual, and
`random` is seeded; `time.time` counts from the start of the run then. What is not: threads, other
processes, sockets, files, `os.urandom`, `secrets`, `uuid`. The order of a set of strings changes from
process to process in Python, so `install` starts the program again with a fixed one.

`lockstep.Disk(node_id)` is the node's disk: in lockstep the workbench has it, with all that can
happen to one; else it is a folder below that which MAELSTROM_DISK names.

The protocol is in workbench/LOCKSTEP.md. Python 3.8 or newer.
"""

import asyncio
import functools
import io
import os
import random
import select
import selectors
import sys
import time

_VERSION = "1"


class _Turns:
    """The pipes, turn by turn. Time is in nanoseconds."""

    def __init__(self):
        self.now = 0
        self.is_over = False
        self.inbox = []  # lines that came while the node slept
        self.files = {}  # what was on the disk when the node was started
        self._input = sys.stdin.buffer
        self._is_init = True
        self._commands = []  # for the disk
        self._syncing = []  # functions to be called when the sync that is under way is done
        self._waiting = []  # and those for the next one

    def end(self, deadline):
        """Ends the turn, and waits for the next: True if it has come, False at the end."""
        if self.is_over:
            return False
        if not self._is_init:
            # A deadline that has passed is one for now.
            end = "-" if deadline is None else max(deadline, self.now)
            sys.stdout.write("".join(self._commands) + "= %s\n" % end)
            self._commands = []
        sys.stdout.flush()
        line = self._line()
        while self._is_init and (line == b"= again" or (line or b"").startswith(b"= file ")):
            if line != b"= again":
                name, _, data = line[len(b"= file ") :].partition(b" ")
                self.files[name.decode()] = bytes.fromhex(data.decode())
            line = self._line()
        if line is None:
            return False
        if self._is_init:
            self._is_init = False
            self.inbox.append(line)
            return True
        now, space, event = line.partition(b" ")
        if not now.isdigit():
            sys.exit("lockstep: expected a time in nanoseconds and a message, found %r" % line[:200])
        if event.startswith(b"= ") and not self._syncing:
            sys.exit("lockstep: expected no answer to what was not asked for, found %r" % line[:200])
        self.now = int(now)
        if event == b"= synced":
            done, self._syncing = self._syncing, []
            for call in done:
                call()
            self._begin_sync()
        elif event.startswith(b"= "):
            # Nobody knows any more what is on the disk: = failed, and why.
            sys.stdout.write(event.decode("utf-8", "replace") + "\n")
            sys.stdout.flush()
            sys.exit("the disk has failed: " + event[len(b"= failed ") :].decode("utf-8", "replace"))
        elif space:
            self.inbox.append(event)
        return True

    def write(self, command, name, argument):
        self._commands.append("= %s %s %s\n" % (command, name, argument))

    def sync(self, done):
        """Has `done` called when all is durable that was written before."""
        self._waiting.append(done)
        self._begin_sync()

    def _begin_sync(self):
        # One at a time.
        if self._waiting and not self._syncing:
            self._syncing, self._waiting = self._waiting, []
            self._commands.append("= sync\n")

    def _line(self):
        line = self._input.readline()
        self.is_over = not line.endswith(b"\n")
        return None if self.is_over else line[:-1]


_turns = None  # as long as nobody asked for lockstep


class _Stdin(io.TextIOBase):
    """sys.stdin, where the next turn begins when a line is wanted that is not there."""

    def readline(self, size=-1):
        line = read()
        return line if line == "" else line + "\n"

    def readable(self):
        return True

    def fileno(self):
        return 0


class Disk:
    """A node's files, by names of letters, digits, "-", "_" and ".": all of what each holds, in
    `files`. What was written is durable after a sync; if the node is killed before, any part of it
    may be there, such as half a line.

    It is made after `init` has come. In real time it is the folder NODE below that which
    MAELSTROM_DISK names; without that variable, nothing outlives the process."""

    def __init__(self, node_id):
        self.files = {}
        self._folder = None
        if _turns is not None:
            self.files = {name: bytearray(data) for name, data in _turns.files.items()}
        elif os.environ.get("MAELSTROM_DISK"):
            self._folder = os.path.join(os.environ["MAELSTROM_DISK"], node_id)
            os.makedirs(self._folder, exist_ok=True)
            for name in os.listdir(self._folder):
                with open(os.path.join(self._folder, name), "rb") as file:
                    self.files[name] = bytearray(file.read())

    def append(self, name, data):
        """Writes bytes at the end of a file."""
        self.files.setdefault(name, bytearray()).extend(data)
        self._write("append", name, bytes(data).hex(), "ab", data)

    def replace(self, name, data):
        """Writes all of a file anew, at one stroke."""
        self.files[name] = bytearray(data)
        self._write("replace", name, bytes(data).hex(), "wb", data)

    def truncate(self, name, length):
        """Cuts a file off behind so many bytes."""
        del self.files.setdefault(name, bytearray())[length:]
        self._write("truncate", name, length, "wb", self.files[name])

    def sync(self):
        """Waits until all that was written is durable. Messages and timers wait meanwhile. Does not
        return when the disk fails: the node is over then."""
        if _turns is None:
            return
        done = []
        _turns.sync(lambda: done.append(True))
        while not done:
            if not _turns.end(None):
                sys.exit(0)

    async def synced(self):
        """The same with asyncio, where other tasks go on meanwhile."""
        if _turns is not None:
            future = asyncio.get_running_loop().create_future()
            _turns.sync(lambda: future.done() or future.set_result(None))
            await future

    def _write(self, command, name, argument, mode, data):
        if _turns is not None:
            return _turns.write(command, name, argument)
        if self._folder is None:
            return
        # A file that is written anew takes the place of the old one when it is whole.
        path = os.path.join(self._folder, name)
        draft = path if mode == "ab" else path + "~"
        with open(draft, mode) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)


def _sleep(seconds):
    until = _turns.now + _nanos(seconds)
    while _turns.now < until and _turns.end(until):
        pass


def _nanos(seconds):
    # Rounded up: to wake early would mean to wait again.
    return -int(-max(0, seconds) * 1_000_000_000 // 1)


def install():
    """Goes in lockstep if that is asked for: before anything is read, said or drawn. Gives whether
    it is."""
    global _turns
    asked = os.environ.get("MAELSTROM_LOCKSTEP")
    if asked is None or _turns is not None:
        return _turns is not None
    if not (asked.isascii() and asked.isdigit() and int(asked) < 2**64):
        sys.exit("MAELSTROM_LOCKSTEP: expected a seed, a number below 2^64, found %r" % asked)
    if _VERSION not in os.environ.get("MAELSTROM_LOCKSTEP_VERSIONS", "1").split():
        return False
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable] + sys.argv)
    _turns = _Turns()
    random.seed(int(asked))
    sys.stdin = _Stdin()
    # A node that is started again has a clock that begins anew, and a wall clock that goes on.
    started = int(os.environ.get("MAELSTROM_LOCKSTEP_TIME", "0"))
    time.time = lambda: (started + _turns.now) / 1e9
    time.time_ns = lambda: started + _turns.now
    time.monotonic = time.perf_counter = time.process_time = lambda: _turns.now / 1e9
    time.monotonic_ns = time.perf_counter_ns = time.process_time_ns = lambda: _turns.now
    time.sleep = _sleep
    sys.stdout.write("= lockstep\n")
    sys.stdout.flush()
    return True


def read(timeout=None):
    """The next line of stdin, without its newline; None when so many seconds are over before it
    comes; "" at the end."""
    if _turns is None:
        return _read_in_real_time(timeout)
    until = None if timeout is None else _turns.now + _nanos(timeout)
    while not _turns.inbox:
        if not _turns.end(until):
            return ""
        if not _turns.inbox and until is not None and _turns.now >= until:
            return None
    return _turns.inbox.pop(0).decode("utf-8", "replace")


_buffer = b""


def _read_in_real_time(timeout):
    global _buffer
    sys.stdout.flush()
    end = None if timeout is None else time.monotonic() + timeout
    while b"\n" not in _buffer:
        left = None if end is None else max(0, end - time.monotonic())
        if not select.select([0], [], [], left)[0]:
            return None
        read = os.read(0, 65536)
        if not read:
            return ""
        _buffer += read
    line, _, _buffer = _buffer.partition(b"\n")
    return line.decode("utf-8", "replace")


def run(main):
    """asyncio.run(main), in virtual time if lockstep is asked for."""
    if not install():
        return asyncio.run(main)
    loop = _Loop()
    asyncio.set_event_loop(loop)
    task = loop.create_task(main)
    task.add_done_callback(lambda _: loop.stop())
    loop.run_forever()
    return task.result() if task.done() else None


class _Idle(selectors.DefaultSelector):
    """A selector that is asked to wait when the loop has nothing left to do: the end of a turn."""

    loop = None

    def select(self, timeout=None):
        if timeout is None or timeout > 0:
            self.loop._end_turn(timeout)
        return []


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        selector = _Idle()
        super().__init__(selector)
        selector.loop = self
        self._clock_resolution = 1e-9
        self._readers = []  # protocols that stdin was connected to
        self._wanted = []  # futures of single lines

    def time(self):
        return _turns.now / 1e9

    def _end_turn(self, timeout):
        # The loop's own sum of times is rounded; what counts is the timer.
        deadline = None if timeout is None else _nanos(self._scheduled[0].when())
        if not _turns.end(deadline):
            return self._end_input()
        self._deliver()

    def _deliver(self):
        while _turns.inbox and (self._readers or self._wanted):
            line = _turns.inbox.pop(0) + b"\n"
            for protocol in self._readers:
                self.call_soon(protocol.data_received, line)
            if self._wanted:
                future = self._wanted.pop(0)
                if not future.done():
                    future.set_result(line.decode("utf-8", "replace"))

    def _end_input(self):
        if not self._readers and not self._wanted:
            return self.stop()  # nobody reads: it would wait for ever
        for protocol in self._readers:
            self.call_soon(protocol.eof_received)
            self.call_soon(protocol.connection_lost, None)
        self._readers = []
        for future in self._wanted:
            if not future.done():
                future.set_result("")
        self._wanted = []

    async def connect_read_pipe(self, protocol_factory, pipe):
        protocol = protocol_factory()
        transport = _Transport()
        protocol.connection_made(transport)
        self._readers.append(protocol)
        self._deliver()
        return transport, protocol

    def run_in_executor(self, executor, func, *args):
        # asyncio.to_thread hands over Context.run with the function behind it.
        is_partial = isinstance(func, functools.partial)
        inner = func.args[0] if is_partial and func.args else func
        future = self.create_future()
        if getattr(inner, "__self__", None) is sys.stdin:
            self._wanted.append(future)
            self._deliver()
            if _turns.is_over:
                self._end_input()
            return future
        # No thread: what it would do meanwhile could come at any time.
        try:
            future.set_result(func(*args))
        except Exception as e:
            future.set_exception(e)
        return future


class _Transport(asyncio.ReadTransport):
    """stdin, which waits for whoever reads it by itself."""

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass

    def close(self):
        pass
