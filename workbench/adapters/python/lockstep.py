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

The protocol is in workbench/LOCKSTEP.md. Not here: a disk. Python 3.8 or newer.
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
        self._input = sys.stdin.buffer
        self._is_init = True

    def end(self, deadline):
        """Ends the turn, and waits for the next: True if it has come, False at the end."""
        if self.is_over:
            return False
        if not self._is_init:
            # A deadline that has passed is one for now.
            end = "-" if deadline is None else max(deadline, self.now)
            sys.stdout.write("= %s\n" % end)
        sys.stdout.flush()
        line = self._line()
        while self._is_init and (line == b"= again" or (line or b"").startswith(b"= file ")):
            line = self._line()  # a disk, which this node does not have
        if line is None:
            return False
        if self._is_init:
            self._is_init = False
            self.inbox.append(line)
            return True
        now, space, event = line.partition(b" ")
        if not now.isdigit():
            sys.exit("lockstep: expected a time in nanoseconds and a message, found %r" % line[:200])
        if event.startswith(b"= "):
            sys.exit("lockstep: expected no answer to what was not asked for, found %r" % line[:200])
        self.now = int(now)
        if space:
            self.inbox.append(event)
        return True

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
