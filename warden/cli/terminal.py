"""The user's terminal while a command runs on a terminal of the sandbox: raw here, cooked in there, bytes both ways.

Nothing is interpreted: Ctrl-C is a byte that the sandbox's own line discipline turns into SIGINT for its foreground job.
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import termios

_CHUNK = 65536
#: Input that the sandbox's terminal has not taken yet. Above this the keyboard waits.
_PENDING_LIMIT = 1 << 20
#: How often a job in the background looks whether it came to the foreground (milliseconds): no signal tells.
_LOOK = 250


class Terminal:
    """The user's terminal on descriptors 0 and 1. Raw only while attached and in the foreground; `restore` may be called at any time."""

    def __init__(self) -> None:
        self._cooked = termios.tcgetattr(0)
        self._raw = False
        self._master = -1
        self._input_ended = False
        self._pending = bytearray()

    def size(self) -> tuple[int, int, int, int]:
        """Rows, columns, and the pixels of both."""
        try:
            return struct.unpack("4H", fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8)))
        except OSError:
            return (24, 80, 0, 0)

    def attach(self, master: int) -> None:
        """Takes the master of the sandbox's terminal and starts copying."""
        self._master = master
        os.set_blocking(master, False)
        self.resize()
        self._make_raw()

    def resize(self) -> None:
        """Gives the sandbox's terminal our size; the kernel tells its foreground job (SIGWINCH)."""
        if self._master >= 0:
            try:
                fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("4H", *self.size()))
            except OSError:
                return  # it has gone; the session's end is on the way

    def resume(self) -> None:
        """After a stop: the shell has reset the terminal, and its size may have changed."""
        self._raw = False
        self._make_raw()
        self.resize()

    def restore(self) -> None:
        """The terminal as it was found."""
        if self._raw:
            self._raw = False
            try:
                # TCSADRAIN: output that still waits is meant for the raw mode it was written under.
                termios.tcsetattr(0, termios.TCSADRAIN, self._cooked)
            except termios.error:
                return  # the terminal hung up

    def hang_up(self) -> None:
        """The user's terminal is gone: so is the sandbox's, and the kernel tells its foreground job (SIGHUP)."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def register(self, poll: select.poll) -> int | None:
        """Adds what to wait for. Returns the longest wait in milliseconds, or None."""
        if self._master < 0:
            return None
        poll.register(self._master, select.POLLIN | (select.POLLOUT if self._pending else 0))
        if not self._raw:
            self._make_raw()
        if not self._raw:
            return _LOOK
        if not self._input_ended and len(self._pending) < _PENDING_LIMIT:
            poll.register(0, select.POLLIN)
        return None

    def copy(self, ready: dict[int, int]) -> None:
        """Moves what can be moved without waiting for the sandbox."""
        if self._master < 0:
            return
        if ready.get(0):
            self._read_keyboard()
        events = ready.get(self._master, 0)
        if events & (select.POLLIN | select.POLLHUP | select.POLLERR):
            self._show()
        self._type()

    def drain(self) -> None:
        """Shows what the command wrote last. The sandbox is over, so the end of its terminal comes at once."""
        poll = select.poll()
        while self._master >= 0:
            poll.register(self._master, select.POLLIN)
            if not poll.poll(_LOOK):
                return
            self._show()

    # --- one step each ---------------------------------------------------------------------------------------------------------

    def _make_raw(self) -> None:
        if self._raw or self._master < 0 or not self._foreground():
            return
        try:
            self._cooked = termios.tcgetattr(0)
            termios.tcsetattr(0, termios.TCSADRAIN, raw(self._cooked))
            self._raw = True
        except termios.error:
            self._input_ended = True

    def _foreground(self) -> bool:
        try:
            return os.tcgetpgrp(0) == os.getpgrp()
        except OSError:
            return True

    def _read_keyboard(self) -> None:
        try:
            data = os.read(0, _CHUNK)
        except OSError:
            data = b""
        if not data:
            self._input_ended = True
            self.hang_up()
            return
        self._pending += data

    def _type(self) -> None:
        while self._pending and self._master >= 0:
            try:
                written = os.write(self._master, self._pending[:_CHUNK])
            except BlockingIOError:
                return
            except OSError:
                self._pending.clear()
                return
            del self._pending[:written]

    def _show(self) -> None:
        try:
            data = os.read(self._master, _CHUNK)
        except BlockingIOError:
            return
        except OSError:  # EIO: nobody has the other side open any more
            data = b""
        if not data:
            os.close(self._master)
            self._master = -1
            return
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(1, view) :]
            except BlockingIOError:
                select.select([], [1], [])
            except OSError:  # the user's terminal is gone
                self._input_ended = True
                return


def raw(cooked: list[int | list[bytes | int]]) -> list[int | list[bytes | int]]:
    """`cooked` attributes made raw, as cfmakeraw(3) does."""
    iflag, oflag, cflag, lflag, ispeed, ospeed, cc = cooked
    assert isinstance(iflag, int)
    assert isinstance(oflag, int)
    assert isinstance(cflag, int)
    assert isinstance(lflag, int)
    assert isinstance(cc, list)
    iflag &= ~(
        termios.IGNBRK | termios.BRKINT | termios.PARMRK | termios.ISTRIP | termios.INLCR | termios.IGNCR | termios.ICRNL | termios.IXON
    )
    oflag &= ~termios.OPOST
    lflag &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
    cflag = cflag & ~(termios.CSIZE | termios.PARENB) | termios.CS8
    characters = list(cc)
    characters[termios.VMIN], characters[termios.VTIME] = 1, 0
    return [iflag, oflag, cflag, lflag, ispeed, ospeed, characters]
